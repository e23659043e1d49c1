"""Real programs: found, or missed with the name of their package; started and stopped by pid."""

import os
import shutil
import signal
import subprocess

import pytest

from support.addresses import accepts
from support.pace import seconds, wait_until

# Debian's own, whatever else a login shell may put first.
_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"

_PACKAGES = {
    "nginx": "nginx-light",
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "redis-benchmark": "redis-tools",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "node": "nodejs",
    "wrk": "wrk",
    "curl": "curl",
    "cmake": "cmake",
    "readelf": "binutils",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
}


def miss(what, package):
    """Skips the test, or fails it where everything should be there."""
    message = f"{what} is missing: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def need(name):
    """The path of a program from apt."""
    path = shutil.which(name, path=_PATH)
    return path or miss(name, _PACKAGES[name])


def need_file(path, package):
    return path if os.path.exists(path) else miss(path, package)


def run(argv, *, patience=30, **more):
    """Runs a program to its end and returns its CompletedProcess, output as text."""
    more = {"text": True, "capture_output": True, **more}
    return subprocess.run([need(argv[0]), *argv[1:]], timeout=seconds(patience), **more)


class Program:
    """A program that runs beside the test. It dies with the test run, however that ends."""

    def __init__(self, argv, directory, name, env=None):
        self.name = name
        self.out_path = directory / f"{name}.out"
        self.err_path = directory / f"{name}.err"
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self._process = subprocess.Popen(
                [need("setpriv"), "--pdeathsig", "KILL", "--", *argv],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=directory,
                env={**os.environ, **(env or {})})

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def stderr(self):
        return self.err_path.read_text(errors="replace")

    def wait_ready(self, probe, patience=10):
        def ready_or_dead():
            return not self.running() or probe()

        wait_until(ready_or_dead, patience, f"{self.name} to be ready")
        if not self.running():
            raise AssertionError(
                f"{self.name} ended with {self._process.returncode} at start:\n{self.stderr()}")

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait(self, patience=10):
        """The exit status; a program that does not end in time is killed and fails the test."""
        try:
            return self._process.wait(seconds(patience))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end in time:\n{self.stderr()[-2000:]}")

    def kill(self):
        if self.running():
            self._process.kill()
        self._process.wait()

    def stop(self):
        """Asks, waits, insists."""
        if self.running():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds(3))
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode


def start(argv, directory, name, address=None, env=None):
    """Starts a program and returns once `address` takes connections."""
    program = Program([need(argv[0]), *map(str, argv[1:])], directory, name, env)
    if address:
        try:
            program.wait_ready(lambda: accepts(address))
        except BaseException:
            program.kill()
            raise
    return program
