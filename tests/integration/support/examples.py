"""The reactor library's examples as programs under test."""

import os
import re
import signal

import pytest

from support import procfs
from support.client import Client
from support.gateway import binary
from support.pace import wait_until
from support.programs import Program

_SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Thread|Leak)Sanitizer|runtime error:")
_LISTENING = re.compile(r"^listening on (.+)$", re.MULTILINE)
_CONTROL = re.compile(r"^control on (.+)$", re.MULTILINE)

ANY_PORT = "127.0.0.1:0"


def example(name):
    """The path of an example, built beside the gateway."""
    path = os.path.join(os.path.dirname(binary()), "reactor/examples", f"reactor-{name}")
    if not os.path.exists(path):
        message = f"{path} is missing: cmake --build --preset dev --target reactor-examples"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return path


class Example:
    """A running example; `address` is where it says it listens."""

    def __init__(self, directory, name, *arguments):
        self.program = Program([example(name), *map(str, arguments)], directory, name)
        try:
            self.program.wait_ready(lambda: _LISTENING.search(self.stdout()))
        except BaseException:
            self.program.kill()
            raise
        self.address = _LISTENING.search(self.stdout()).group(1)
        self._fds_at_rest = procfs.open_fds(self.program.pid)

    @property
    def control_address(self):
        return _CONTROL.search(self.stdout()).group(1)

    def stdout(self):
        return self.program.out_path.read_text()

    def connect(self, **more):
        return Client(self.address, **more)

    def open_more(self):
        """File descriptors above those it had when it was ready."""
        return procfs.open_fds(self.program.pid) - self._fds_at_rest

    def wait_idle(self, spare=0):
        """Until it holds no more file descriptors than at rest, but for `spare`."""
        wait_until(lambda: self.open_more() <= spare, what="the connections to be closed")

    def end(self, number=signal.SIGTERM):
        """Asks it to end, and asserts that it did so well; returns what it printed."""
        self.program.send_signal(number)
        return self._leave()

    def _leave(self):
        status = self.program.wait(20)
        assert not _SANITIZER.search(self.program.stderr()), self.program.stderr()
        assert status == 0, f"exit status {status}:\n{self.program.stderr()}"
        return self.stdout()

    def stop(self):
        """For what a test leaves behind."""
        if self.program.running():
            self.end()
        else:
            self._leave()


def spread(printed):
    """Connections by poller, from what an example prints at its end."""
    return [int(count) for count in re.findall(r"^poller \d+: (\d+) connections$", printed,
                                               re.MULTILINE)]
