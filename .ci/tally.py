#!/usr/bin/python3
"""Counts test cases in the reports of a run and prints `PASSED FAILED SKIPPED`.

tally.py ctest LastTest.log     the Boost.Test programs that ctest ran
tally.py pytest report.xml      a JUnit file

A program that ended without a report of its own counts as one case, failed unless ctest was content.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

_PROGRAM = re.compile(r"^\d+/\d+ Testing: ", re.MULTILINE)
_CASES = re.compile(r"^ *(\d+) test cases? out of \d+ (passed|failed|aborted|skipped)", re.MULTILINE)


def count_program(text):
    """Passed, failed, skipped of one program's part of the log."""
    counts = {"passed": 0, "failed": 0, "aborted": 0, "skipped": 0}
    for number, verdict in _CASES.findall(text):
        counts[verdict] += int(number)
    passed, skipped = counts["passed"], counts["skipped"]
    failed = counts["failed"] + counts["aborted"]
    content = re.search(r"^Test Passed\.", text, re.MULTILINE) is not None
    if not content and not failed:
        failed = 1
    if content and not passed + failed + skipped:
        passed = 1
    return passed, failed, skipped


def count_ctest(text):
    programs = _PROGRAM.split(text)[1:]
    return [sum(column) for column in zip(*map(count_program, programs))] or [0, 0, 0]


def count_pytest(text):
    suites = ElementTree.fromstring(text).iter("testsuite")
    totals = [0, 0, 0]
    for suite in suites:
        number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = number["failures"] + number["errors"]
        totals[0] += number["tests"] - failed - number["skipped"]
        totals[1] += failed
        totals[2] += number["skipped"]
    return totals


def main(kind, path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        text = None  # the run ended before it wrote a report: the stage's status tells
    count = {"ctest": count_ctest, "pytest": count_pytest}[kind]
    print(*(count(text) if text else (0, 0, 0)))


if __name__ == "__main__":
    main(*sys.argv[1:])
