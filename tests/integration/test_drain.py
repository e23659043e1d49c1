"""SIGTERM: nothing that was accepted is lost, and the gateway leaves with 0."""

import re
import signal
import subprocess
import threading
import time

import pytest

from support import config
from support.client import Client
from support.http_wire import Ended, Wire, read_response, request, response
from support.origin import answer_all, await_end, echo_bytes, hold, read_one, send, serve, sleep
from support.pace import seconds, wait_until
from support.programs import need


def draining(lab, *script, lame_duck="0s", deadline="10s", **more):
    origin = lab.origin(list(script) or serve(response(200, b"served")))
    gateway = lab.gateway(config.http("one"), config.tcp("one"),
                          clusters=[config.cluster("one", origin)],
                          drain={"lame_duck": lame_duck, "deadline": deadline}, **more)
    return origin, gateway


def ends_within(gateway, patience):
    """The exit status; fails when the gateway takes longer."""
    began = time.monotonic()
    status = gateway.program.wait(patience)
    assert time.monotonic() - began < seconds(patience)
    return status


# Under load


@pytest.mark.limit(60)
@pytest.mark.parametrize("accept", ["dedicated", "per_worker"])
def test_wrk_loses_no_request(lab, accept):
    nginx = lab.nginx(more="location /status { stub_status; }")
    gateway = lab.gateway(config.http("nginx"), clusters=[config.cluster("nginx", nginx)],
                          workers={"count": 2, "pin": False, "accept": accept},
                          drain={"lame_duck": "300ms", "deadline": "10s"})
    wrk = subprocess.Popen(
        [need("wrk"), "-t", "1", "-c", "32", "-d", "3", "--timeout", "20", gateway.url("/small")],
        stdout=subprocess.PIPE, text=True)
    time.sleep(1.0)
    gateway.program.send_signal(signal.SIGTERM)
    assert ends_within(gateway, 8) == 0
    summary, _ = wrk.communicate(timeout=30)
    answered = int(re.search(r"(\d+) requests in", summary)[1])
    assert answered > 100
    assert "Non-2xx" not in summary, summary
    # A refused connect shows in wrk as a connect or write error, and comes once the listener is
    # closed. A request that was sent and not answered is a read error or a timeout.
    errors = re.search(r"Socket errors: .*read (\d+), write \d+, timeout (\d+)", summary)
    assert errors is None or errors.groups() == ("0", "0"), summary
    assert served_by(nginx) == answered
    # Not one record for each: a log that cannot keep up drops lines rather than wait.
    assert {record["reason"] for record in gateway.records()} == {"ok"}


def served_by(nginx):
    """How many requests nginx has answered, not counting this one."""
    with Client(nginx.address) as client:
        counts = client.get("/status").body.split(b"\n")[2]
    return int(counts.split()[2]) - 1


class Visitor(threading.Thread):
    """Sends requests one after the other, over connections it keeps, until nobody listens."""

    def __init__(self, gateway, number):
        super().__init__(daemon=True)
        self._gateway = gateway
        self._number = number
        self.answered = []
        self.lost = []  # (target, what happened)

    def run(self):
        while True:
            try:
                client = self._gateway.connect()
            except OSError:
                return
            with client:
                self._converse(client)

    def _converse(self, client):
        while True:
            target = f"/{self._number}/{len(self.answered) + len(self.lost)}"
            try:
                client.request("GET", target)
                answer = client.response()
            except (Ended, OSError) as problem:
                self.lost.append((target, repr(problem)))
                return
            assert answer.body == target.encode()
            self.answered.append(target)
            if answer.get("Connection") == "close":
                return


@pytest.mark.limit(60)
@pytest.mark.parametrize("accept", ["dedicated", "per_worker"])
def test_every_request_that_was_accepted_is_answered(lab, accept):
    def slow_echo(seen):
        time.sleep(0.003)
        return response(200, seen.target.encode())

    origin, gateway = draining(lab, answer_all(slow_echo), lame_duck="200ms",
                               workers={"count": 2, "pin": False, "accept": accept})
    visitors = [Visitor(gateway, number) for number in range(16)]
    for visitor in visitors:
        visitor.start()
    time.sleep(1.0)
    gateway.program.send_signal(signal.SIGTERM)
    assert ends_within(gateway, 8) == 0
    for visitor in visitors:
        visitor.join(seconds(5))
    answered = [target for visitor in visitors for target in visitor.answered]
    assert len(answered) > 100
    assert [visitor.lost for visitor in visitors if visitor.lost] == []
    assert sorted(seen.target for seen in origin.requests()) == sorted(answered)
    assert len(gateway.records()) == len(answered)


# Phase by phase


def test_in_the_lame_duck_only_readiness_changes(lab):
    _, gateway = draining(lab, lame_duck="1500ms")
    with gateway.connect() as before:
        before.get()
        gateway.program.send_signal(signal.SIGTERM)
        wait_until(lambda: gateway.admin("/readyz")[0] == 503, patience=1, what="readiness to end")
        assert gateway.admin("/livez")[0] == 200
        assert before.get().body == b"served"
        assert gateway.get().body == b"served", "new connections are still welcome"
        assert before.end() == "fin"
    assert ends_within(gateway, 3) == 0


def test_idle_connections_are_closed_after_the_lame_duck(lab):
    _, gateway = draining(lab, lame_duck="200ms", deadline="30s")
    with gateway.connect() as used, gateway.connect() as fresh:
        used.get()
        gateway.program.send_signal(signal.SIGTERM)
        assert used.end() == "fin" and fresh.end() == "fin"
        assert ends_within(gateway, 2) == 0, "nobody is waited for"
    assert [record["reason"] for record in gateway.records()] == ["ok"]


def test_a_response_under_way_is_finished(lab):
    _, gateway = draining(lab, read_one, send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"),
                          sleep(0.5), send(b"done"), await_end)
    with gateway.connect() as client:
        client.request()
        client.wire.until(b"half")
        gateway.program.send_signal(signal.SIGTERM)
        assert client.wire.exactly(4) == b"done"
        assert client.end() == "fin"
    assert ends_within(gateway, 2) == 0
    assert gateway.record()["reason"] == "ok"


def test_a_request_under_way_is_answered_with_a_close(lab):
    _, gateway = draining(lab, read_one, sleep(0.5), send(response(200, b"late")), await_end)
    with gateway.connect() as client:
        client.request()
        time.sleep(0.1)
        gateway.program.send_signal(signal.SIGTERM)
        answer = client.response()
        assert (answer.body, answer.get("Connection")) == (b"late", "close")
        assert client.end() == "fin"
    assert ends_within(gateway, 2) == 0


def test_an_upload_under_way_is_finished(lab):
    origin, gateway = draining(lab)
    with gateway.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf")
        time.sleep(0.1)
        gateway.program.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.send(b"done")
        assert client.response().body == b"served"
    assert ends_within(gateway, 2) == 0
    assert origin.requests()[0].body == b"halfdone"


def test_what_is_left_at_the_deadline_is_cut(lab):
    _, gateway = draining(lab, read_one, hold, deadline="500ms")
    with gateway.connect() as client:
        client.request()
        time.sleep(0.1)
        gateway.program.send_signal(signal.SIGTERM)
        client.sock.settimeout(seconds(3))
        with pytest.raises((Ended, ConnectionResetError)):
            answer = client.response()
            assert answer.status == 503
            raise Ended
    assert ends_within(gateway, 2) == 0
    record = gateway.record()
    assert (record["reason"], record["side"]) == ("draining", "gateway")


def test_a_tcp_session_lives_until_the_deadline(lab):
    _, gateway = draining(lab, echo_bytes, deadline="700ms")
    with gateway.connect("pipe") as client:
        client.send(b"a")
        assert client.wire.exactly(1) == b"a"
        gateway.program.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.send(b"b")
        assert client.wire.exactly(1) == b"b"
        client.end()
    assert ends_within(gateway, 2) == 0
    assert gateway.record("pipe")["reason"] == "draining"


def test_a_tcp_session_may_end_by_itself(lab):
    _, gateway = draining(lab, echo_bytes, deadline="30s")
    with gateway.connect("pipe") as client:
        client.send(b"a")
        assert client.wire.exactly(1) == b"a"
        gateway.program.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert ends_within(gateway, 2) == 0
    assert gateway.record("pipe")["reason"] == "ok"


def test_nobody_new_is_accepted_after_the_lame_duck(lab):
    _, gateway = draining(lab, read_one, hold, deadline="2s")
    with gateway.connect() as client:
        client.request()
        time.sleep(0.1)
        gateway.program.send_signal(signal.SIGTERM)
        wait_until(lambda: _refuses(gateway), patience=1, what="the listener to close")
    assert ends_within(gateway, 4) == 0


def _refuses(gateway):
    try:
        gateway.connect().close()
    except ConnectionRefusedError:
        return True
    return False


# Signals


def test_sigint_drains_too(lab):
    _, gateway = draining(lab)
    gateway.program.send_signal(signal.SIGINT)
    assert ends_within(gateway, 2) == 0


def test_a_second_sigterm_does_not_wait(lab):
    _, gateway = draining(lab, read_one, hold, lame_duck="20s", deadline="20s")
    with gateway.connect() as client:
        client.request()
        time.sleep(0.1)
        gateway.program.send_signal(signal.SIGTERM)
        wait_until(lambda: gateway.admin("/readyz")[0] == 503)
        gateway.program.send_signal(signal.SIGTERM)
        gateway.leaves_with = 128 + signal.SIGTERM  # not orderly: what a shell calls ended by TERM
        assert ends_within(gateway, 1) == gateway.leaves_with


def test_sigusr1_reopens_the_logs(lab):
    _, gateway = draining(lab)
    log = gateway.directory / "access-web.log"
    gateway.get("/before")
    gateway.wait_records(1)
    rotated = log.rename(log.with_suffix(".1"))
    gateway.program.send_signal(signal.SIGUSR1)
    wait_until(log.exists, what="a new log file")
    gateway.get("/after")
    assert gateway.record()["target"] == "/after"
    assert rotated.read_text().count("\n") == 1


def test_pipelined_requests_before_the_signal_are_answered(lab):
    """All were accepted: they sat in the gateway's buffer when it was told to stop."""
    def slow(seen):
        time.sleep(0.1)
        return response(200, seen.target.encode())

    _, gateway = draining(lab, answer_all(slow))
    with gateway.connect() as client:
        client.send(b"".join(request("GET", f"/{n}") for n in range(5)))
        wire = Wire(client.sock)
        assert read_response(wire).body == b"/0"
        gateway.program.send_signal(signal.SIGTERM)
        answers = []
        try:
            while not answers or answers[-1].get("Connection") != "close":
                answers.append(read_response(wire))
        except (Ended, ConnectionResetError):
            pytest.fail("the connection ended without saying so")
        assert [one.body for one in answers] == [b"/%d" % n for n in range(1, len(answers) + 1)]
    assert ends_within(gateway, 3) == 0
