"""Fixtures and the time limit that every test has."""

import contextlib
import itertools
import signal

import pytest

from support.gateway import Tidegate
from support.origin import Origin
from support.pace import seconds
from support.servers import Nginx, Redis

_DEFAULT_LIMIT = 30


class TooLong(BaseException):
    """Past every `except Exception` and `except OSError` of a test, as a time limit must be."""


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): the test's own time limit")


@contextlib.contextmanager
def _limit(item):
    marker = item.get_closest_marker("limit")
    allowed = int(seconds(marker.args[0] if marker else _DEFAULT_LIMIT))

    def late(_number, _frame):
        raise TooLong(f"took longer than {allowed} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(allowed)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    with _limit(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    with _limit(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    with _limit(item):
        yield


class Lab:
    """Starts what a test needs, and stops it in reverse order whatever happens in between."""

    def __init__(self, directory, stack):
        self.directory = directory
        self._stack = stack
        self._numbers = itertools.count()

    def keep(self, thing):
        """Stops `thing` at the end of the test."""
        self._stack.callback(thing.stop)
        return thing

    def folder(self):
        path = self.directory / str(next(self._numbers))
        path.mkdir()
        return path

    def origin(self, *scripts, **more):
        return self.keep(Origin(*scripts, **more))

    def nginx(self, name="nginx", **more):
        return self.keep(Nginx(self.folder(), name, **more))

    def redis(self, **more):
        return self.keep(Redis(self.folder(), **more))

    def gateway(self, *listeners, clusters=(), **keys):
        return self.keep(
            Tidegate(self.folder(), listeners=list(listeners), clusters=clusters, **keys))


@pytest.fixture
def lab(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Lab(tmp_path, stack)


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory, request):
    """A lab for what the tests of one file share."""
    with contextlib.ExitStack() as stack:
        yield Lab(tmp_path_factory.mktemp(request.module.__name__), stack)
