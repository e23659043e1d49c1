"""How long things may take, and how large they are: sanitizer builds are slow."""

import os
import time

SLOW = os.environ.get("TIDEGATE_SLOW", "") not in ("", "0")


def seconds(quick):
    """A patience, stretched where the gateway is built with a sanitizer."""
    return quick * 4 if SLOW else quick


def wait_until(probe, patience=5.0, what="the expected state"):
    """Returns the first true value of `probe`; fails with its last value when none comes."""
    end = time.monotonic() + seconds(patience)
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds(patience):.0f} s in vain for {what}: {value!r}")
        time.sleep(0.01)
