#!/usr/bin/python3
"""What no formatter looks at: trailing white space and the newline at the end of a file.

text.py FILE...: prints file:line: complaint and exits with 1 when there is any.
"""

import sys


def problems(content):
    """(line, complaint) for everything wrong with the bytes of one file."""
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.endswith(b"\r"):
            yield number, "line ends with CR LF"
        elif line != line.rstrip():
            yield number, "trailing white space"
    if content and not content.endswith(b"\n"):
        yield len(lines), "no newline at the end of the file"
    if content.endswith(b"\n\n"):
        yield len(lines) - 1, "empty line at the end of the file"


def main(paths):
    found = False
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if b"\0" in content:
            continue
        for number, complaint in problems(content):
            found = True
            print(f"{path}:{number}: {complaint}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
