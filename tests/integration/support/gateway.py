"""The gateway under test as a process: configuration in; answers, records and numbers out."""

import collections
import http.client
import json
import os
import re
import signal
from pathlib import Path

import pytest

from support import addresses, procfs
from support.client import Client
from support.pace import wait_until
from support.programs import Program
from support.prometheus_text import Scrape

_ROOT = Path(__file__).resolve().parents[3]
_SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Thread|Leak)Sanitizer|runtime error:")

# Stopping is part of nearly every test and not its subject: short, but not cutting what ends soon.
_DRAIN = {"lame_duck": "0s", "deadline": "2s"}


def binary():
    """The program under test."""
    path = os.environ.get("TIDEGATE_BIN", str(_ROOT / "build/dev/tidegate"))
    if not os.path.exists(path):
        message = f"{path} is missing: cmake --preset dev && cmake --build --preset dev"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return os.path.abspath(path)


class Tidegate:
    """One running gateway. Listeners without an access_log get one whose records can be read."""

    def __init__(self, directory, *, listeners, clusters=(), wrapper=(), **keys):
        self.directory = directory
        self.leaves_with = 0
        self.admin_address = addresses.ipv4()
        self.config = self._complete(listeners, list(clusters), keys)
        self.config_path = directory / "tidegate.yaml"
        # JSON is YAML, and no YAML library is needed to write it.
        self.config_path.write_text(json.dumps(self.config, indent=1))
        self.program = Program([*wrapper, binary(), "run", "-c", str(self.config_path)], directory,
                               "tidegate")
        try:
            self.program.wait_ready(self.ready)
        except BaseException:
            self.program.kill()
            raise
        self._fds_at_rest = min(self._held_fds() for _ in range(3))

    def _complete(self, listeners, clusters, keys):
        for listener in listeners:
            listener.setdefault("access_log", {"path": str(self._log_path(listener["name"]))})
        return {"version": 1, "workers": {"count": 2, "pin": False},
                "admin": {"address": self.admin_address}, "drain": _DRAIN, **keys,
                "listeners": listeners, "clusters": clusters}

    def _log_path(self, listener):
        return self.directory / f"access-{listener}.log"

    @property
    def pid(self):
        return self.program.pid

    def address(self, listener="web"):
        return next(one["address"] for one in self.config["listeners"] if one["name"] == listener)

    def url(self, target="/", listener="web"):
        return f"http://{self.address(listener)}{target}"

    def connect(self, listener="web", **more):
        return Client(self.address(listener), **more)

    def get(self, target="/", listener="web", host="test.example"):
        """One request over a connection of its own."""
        with self.connect(listener) as client:
            return client.get(target, host=host)

    # Admin

    def admin(self, path, method="GET"):
        """Status, content type and text of an admin page."""
        link = http.client.HTTPConnection(self.admin_address, timeout=10)
        try:
            link.request(method, path, headers={"Connection": "close"})
            answer = link.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()
        finally:
            link.close()

    def admin_json(self, path):
        status, kind, text = self.admin(path)
        assert (status, kind.split(";")[0]) == (200, "application/json"), text
        return json.loads(text)

    def ready(self):
        try:
            return self.admin("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def scrape(self):
        return Scrape(self.admin("/metrics")[2])

    def failures(self):
        """Requests and TCP sessions that did not end well and connections refused, by reason."""
        scrape = self.scrape()
        counts = collections.Counter()
        for name in ("tidegate_request_failures_total", "tidegate_session_failures_total"):
            if name in scrape.samples:  # there is one where there is such a listener
                counts.update(scrape.by("reason", name))
        counts.update(scrape.by("reason", "tidegate_connections_closed_total",
                                reason="listener_limit"))
        return counts

    # Records

    def records(self, listener="web"):
        """Every access-log record written so far."""
        path = self._log_path(listener)
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def wait_records(self, count=1, listener="web"):
        """The records once there are `count`; more is a failure at once."""
        wait_until(lambda: len(self.records(listener)) >= count,
                   what=f"{count} access-log records of {listener}")
        records = self.records(listener)
        assert len(records) == count, records
        return records

    def record(self, listener="web"):
        """The only record there is."""
        return self.wait_records(1, listener)[0]

    # Idleness

    def active(self):
        """What is in flight now: connections and requests of clients, requests to endpoints."""
        scrape = self.scrape()
        return {name: scrape.sum(name) for name in (
            "tidegate_connections_active", "tidegate_requests_active",
            "tidegate_upstream_requests_active") if name in scrape.samples}

    def wait_idle(self):
        """Returns once nothing is in flight."""
        wait_until(lambda: not any(self.active().values()) or None, what="an idle gateway")

    def _held_fds(self):
        """Open fds, less the upstream connections that rest in the pools."""
        idle = self.scrape().sum("tidegate_upstream_connections_idle")
        return procfs.open_fds(self.pid) - int(idle)

    def assert_settled(self, *reasons, listener="web"):
        """One record for each of `reasons` in this order, one count for each that is no good end,
        and afterwards nothing in flight and no fd more than at rest. Returns the records."""
        records = self.wait_records(len(reasons), listener)
        assert [record["reason"] for record in records] == list(reasons), records
        self.wait_idle()
        failed = collections.Counter(reason for reason in reasons if reason != "ok")
        assert self.failures() == failed
        wait_until(lambda: self._held_fds() <= self._fds_at_rest, what="all fds to be closed")
        return records

    # The end

    def stop(self, patience=15):
        """SIGTERM; asserts that the gateway leaves, or has left, with `leaves_with` and without a
        sanitizer's complaint."""
        if self.program.running():
            self.program.send_signal(signal.SIGTERM)
        status = self.program.wait(patience)
        self.assert_clean()
        assert status == self.leaves_with, f"status {status}\n{self.program.stderr()[-4000:]}"

    def assert_clean(self):
        text = self.program.stderr()
        found = _SANITIZER.search(text)
        assert not found, text[found.start() if found else 0:][:8000]
