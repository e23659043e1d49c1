"""What the kernel says about a process."""

import os
import threading
import time


def open_fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    """Bytes of `Rss` and `Pss`."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        fields = dict(line.split(":", 1) for line in rollup.read().splitlines()[1:])
    return {name: int(fields[name].split()[0]) * 1024 for name in ("Rss", "Pss")}


def threads(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]


def cpu_seconds(pid):
    """User and system time of all threads, exact to the scheduler's nanoseconds."""
    total = 0
    for thread in threads(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
                total += int(stat.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that just ended
    return total / 1e9


def running(pid, name):
    """How many threads whose names begin with `name` are on a processor, or wait for one."""
    count = 0
    for thread in threads(pid):
        with open(f"/proc/{pid}/task/{thread}/stat") as stat:
            own, _, rest = stat.read().partition("(")[2].rpartition(")")
        count += own.startswith(name) and rest.split()[0] == "R"
    return count


class MemoryWatch:
    """Samples a process while the block runs; `peak` holds the largest values seen."""

    def __init__(self, pid, period=0.05):
        self._pid = pid
        self._period = period
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.start = memory(pid)
        self.peak = dict(self.start)
        self.samples = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def growth(self):
        return self.peak["Pss"] - self.start["Pss"]

    def _sample(self):
        while not self._done.is_set():
            try:
                now = memory(self._pid)
            except (FileNotFoundError, ProcessLookupError):
                return
            for name, value in now.items():
                self.peak[name] = max(self.peak[name], value)
            self.samples += 1
            time.sleep(self._period)
