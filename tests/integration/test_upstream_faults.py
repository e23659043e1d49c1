"""A backend that misbehaves: a definite answer or close, one record, one count, nothing leaked."""

import time
from dataclasses import dataclass

import pytest

from support import addresses, config
from support.deaf import Deaf
from support.http_wire import Ended, response
from support.origin import (answer_all, await_end, close, flood, half_close, hold, read_head_only,
                            read_one, reset, send, serve, sleep)
from support.pace import seconds

HEAD = b"HTTP/1.1 200 OK\r\n"
LONG = HEAD + b"Content-Length: 10\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

LISTENER_TIMEOUTS = {"idle": "400ms"}
CLUSTER_TIMEOUTS = {"connect": "300ms", "request": "400ms"}


@dataclass
class Fault:
    """A backend's script for GET and how the client and the record must see it."""

    script: list
    reason: str
    status: int      # of the record
    answered: bool   # a whole response of ours, or else the upstream's, cut short


def broken_head(data):
    """An answer that is no response."""
    return Fault([read_one, send(data), hold], "upstream_bad_head", 502, True)


def broken_body(data, reason, *after):
    """A response that begins well."""
    return Fault([read_one, send(data), *after], reason, 200, False)


FAULTS = {
    "resets at once": Fault([reset], "upstream_reset", 502, True),
    "resets after the request": Fault([read_one, reset], "upstream_reset", 502, True),
    "resets in the head": Fault([read_one, send(HEAD + b"Content-"), sleep(0.1), reset],
                                "upstream_reset", 502, True),
    "resets in the body": broken_body(LONG + b"12345", "upstream_reset", sleep(0.1), reset),
    "resets in a chunk": broken_body(CHUNKED + b"5\r\n123", "upstream_reset", sleep(0.1), reset),
    "ends its side at once": Fault([half_close, await_end], "upstream_closed", 502, True),
    "closes after the request": Fault([read_one, close], "upstream_closed", 502, True),
    "ends its side after the request": Fault([read_one, half_close, await_end],
                                             "upstream_closed", 502, True),
    "closes in the head": Fault([read_one, send(HEAD + b"Content-"), close],
                                "upstream_closed", 502, True),
    "closes after an interim response": Fault(
        [read_one, send(b"HTTP/1.1 103 Early Hints\r\n\r\n"), close], "upstream_closed", 502, True),
    "closes before its length": broken_body(LONG + b"12345", "upstream_short_body", close),
    "closes before the first byte of its length": broken_body(LONG, "upstream_short_body", close),
    "closes in a chunk": broken_body(CHUNKED + b"5\r\n123", "upstream_short_body", close),
    "closes before the last chunk": broken_body(CHUNKED + b"3\r\n123\r\n", "upstream_short_body",
                                                close),
    "closes in the trailers": broken_body(CHUNKED + b"0\r\nX: y\r\n", "upstream_short_body", close),
    "never answers": Fault([read_one, hold], "request_timeout", 504, True),
    "stalls in the head": Fault([read_one, send(HEAD + b"Content-"), hold],
                                "request_timeout", 504, True),
    "stalls in the body": broken_body(LONG + b"12345", "upstream_stalled", hold),
    "stalls in a chunk": broken_body(CHUNKED + b"5\r\n123", "upstream_stalled", hold),
    "answers garbage": broken_head(b"\x00\x01\x02garbage\r\n\r\n"),
    "answers another protocol": broken_head(b"220 mail.example ESMTP\r\n\r\n"),
    "answers endless garbage": Fault([read_one, flood(1 << 20, b"garbage " * 8192), hold],
                                     "upstream_bad_head", 502, True),
    "answers HTTP/2": broken_head(b"HTTP/2.0 200 OK\r\n\r\n"),
    "answers a status of two digits": broken_head(b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    "answers with a broken field": broken_head(HEAD + b"X : y\r\nContent-Length: 0\r\n\r\n"),
    "answers with a folded field": broken_head(HEAD + b"X: y\r\n z\r\nContent-Length: 0\r\n\r\n"),
    "answers with two lengths": broken_head(
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "answers with length and chunked": broken_head(
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "answers with an unknown coding": broken_head(HEAD + b"Transfer-Encoding: gzip\r\n\r\nx"),
    "switches protocols unasked": broken_head(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    "answers a head without an end": Fault(
        [read_one, send(HEAD), flood(1 << 20, b"X: y\r\n" * 10000), hold],
        "upstream_bad_head", 502, True),
    "sends a bad chunk size": broken_body(CHUNKED + b"3\r\nabc\r\nzz\r\n",
                                          "upstream_bad_body", hold),
    "sends a chunk longer than its size": broken_body(CHUNKED + b"3\r\nabcdef\r\n",
                                                      "upstream_bad_body", hold),
}


def faulty(lab, script, **more):
    """A gateway with a faulty cluster for every host but alive.example, whose cluster is sound."""
    origin = lab.origin(script)
    return origin, behind(lab, origin, **more)


def behind(lab, *endpoints, **more):
    sound = lab.origin(serve(response(200, b"alive")))
    return lab.gateway(
        config.http(routes=[config.route("alive", "sound", match={"hosts": ["alive.example"]}),
                            config.route("faulty", "faulty")], timeouts=LISTENER_TIMEOUTS, **more),
        clusters=[config.cluster("sound", sound),
                  config.cluster("faulty", *endpoints, timeouts=CLUSTER_TIMEOUTS)])


def assert_gateway_is_well(gateway, reason, status):
    record, = gateway.assert_settled(reason)
    assert record["status"] == status, record
    assert record["side"] == "upstream"
    assert gateway.get(host="alive.example").body == b"alive"
    gateway.wait_records(2)


@pytest.mark.parametrize("case", FAULTS)
def test_a_backend_that(lab, case):
    fault = FAULTS[case]
    origin, gateway = faulty(lab, fault.script)
    with gateway.connect() as client:
        client.request()
        if fault.answered:
            answer = client.response()
            assert answer.status == fault.status
            assert fault.reason.encode() in answer.body
        else:
            with pytest.raises((Ended, ConnectionResetError)):
                client.response()
    assert origin.conversations[0].requests or "at once" in case
    assert_gateway_is_well(gateway, fault.reason, fault.status)


@pytest.mark.parametrize("status, reason", [(502, "connect_refused"), (504, "connect_timeout")])
def test_a_backend_that_cannot_be_reached(lab, status, reason):
    upstream = addresses.ipv4() if reason == "connect_refused" else lab.keep(Deaf())
    gateway = behind(lab, upstream)
    answer = gateway.get()
    assert answer.status == status and reason.encode() in answer.body
    assert_gateway_is_well(gateway, reason, status)


def test_a_body_that_ends_by_reset_is_not_taken_for_whole(lab):
    """A body without a length ends with the connection: a reset is no such end."""
    origin, gateway = faulty(lab, [read_one, send(HEAD + b"\r\npart"), sleep(0.1), reset])
    with gateway.connect() as client:
        client.request()
        with pytest.raises((Ended, ConnectionResetError, ValueError)):
            client.response()
    assert_gateway_is_well(gateway, "upstream_reset", 200)


def test_a_backend_that_sends_more_than_its_length_loses_its_connection(lab):
    answer = response(200, b"12345") + b"and more"
    origin, gateway = faulty(lab, [read_one, send(answer), await_end])
    with gateway.connect() as client:
        for _ in range(2):
            assert client.get().body == b"12345"
    assert len(origin.conversations) == 2
    assert all(talk.over.wait(seconds(5)) for talk in origin.conversations)
    gateway.assert_settled("ok", "ok")


def test_a_backend_that_speaks_unasked_loses_its_connection(lab):
    """Bytes on an idle connection must never become the answer to the next request."""
    origin, gateway = faulty(lab, [read_one, send(response(200, b"asked")), sleep(0.2),
                                   send(response(200, b"unasked")), await_end])
    with gateway.connect() as client:
        assert client.get().body == b"asked"
        assert origin.conversations[0].over.wait(seconds(5))
        assert client.get().body == b"asked"
    assert len(origin.conversations) == 2


def test_a_backend_that_never_reads_an_upload(lab):
    _, gateway = faulty(lab, [hold])
    with gateway.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError, Answered)):
            send_until_answered(client)
    record, = gateway.assert_settled("request_timeout")
    assert record["status"] == 504


class Answered(Exception):
    pass


def send_until_answered(client):
    """Sends a body for as long as nobody answers."""
    client.sock.setblocking(False)
    end = time.monotonic() + seconds(10)
    while time.monotonic() < end:
        try:
            client.sock.send(b"x" * 65536)
        except BlockingIOError:
            time.sleep(0.01)
        try:
            client.sock.recv(1)
            raise Answered
        except BlockingIOError:
            continue
    raise AssertionError("neither answered nor closed")


# Second tries


def dies_on_the_second(*end):
    """A keep-alive backend whose first connection ends when the second request arrives on it."""
    return [read_one, send(response(200, b"first")), read_head_only, *end]


@pytest.mark.parametrize("end", [reset, close], ids=["reset", "close"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_reused_connection_that_dies_before_answering_is_replaced(lab, end, method):
    origin = lab.origin(dies_on_the_second(end), [answer_all(response(200, b"second"))])
    gateway = one_worker(lab, origin)
    with gateway.connect() as client:
        assert client.get().body == b"first"
        client.request(method, body=b"" if method == "PUT" else None)
        assert client.response().body == b"second"
    records = gateway.assert_settled("ok", "ok")
    assert [record["tries"] for record in records] == [1, 2]
    assert gateway.scrape().sum("tidegate_upstream_retries_total") == 1


def test_a_post_on_a_reused_connection_that_dies_is_not_repeated(lab):
    origin = lab.origin(dies_on_the_second(reset), [answer_all(response(200, b"second"))])
    gateway = one_worker(lab, origin)
    with gateway.connect() as client:
        assert client.get().body == b"first"
        client.request("POST", body=b"pay")
        assert client.response().status == 502
    records = gateway.assert_settled("ok", "upstream_reset")
    assert records[1]["tries"] == 1 and records[1]["reused"]
    assert len(origin.conversations) == 1


def test_a_second_try_is_the_last(lab):
    origin = lab.origin(dies_on_the_second(reset), [read_one, reset])
    gateway = one_worker(lab, origin)
    with gateway.connect() as client:
        assert client.get().body == b"first"
        assert client.get().status == 502
    gateway.assert_settled("ok", "upstream_reset")
    assert len(origin.conversations) == 2


def test_nothing_is_repeated_once_a_byte_of_the_answer_came(lab):
    origin = lab.origin(dies_on_the_second(send(b"H"), sleep(0.1), reset),
                        [answer_all(response(200, b"second"))])
    gateway = one_worker(lab, origin)
    with gateway.connect() as client:
        assert client.get().body == b"first"
        assert client.get().status == 502
    gateway.assert_settled("ok", "upstream_reset")
    assert len(origin.conversations) == 1


def test_the_next_endpoint_is_tried_when_a_connect_is_refused(lab):
    origin = lab.origin(serve())
    gateway = one_worker(lab, addresses.ipv4(), origin)
    with gateway.connect() as client:
        for _ in range(2):
            client.request("POST", body=b"safe: no byte was sent")
            assert client.response().status == 200
    records = gateway.assert_settled("ok", "ok")
    assert sorted(record["tries"] for record in records) == [1, 2]


def one_worker(lab, *endpoints):
    """Pools are each worker's own: with one worker a connection is surely reused."""
    return lab.gateway(config.http("one"), clusters=[config.cluster("one", *endpoints)],
                       workers={"count": 1, "pin": False})


def test_an_idle_connection_that_the_backend_closes_is_not_used_again(lab):
    origin = lab.origin([read_one, send(response(200, b"x")), sleep(0.2), close], serve())
    gateway = one_worker(lab, origin)
    with gateway.connect() as client:
        client.get()
        assert origin.conversations[0].over.wait(seconds(5))
        time.sleep(0.1)
        client.request("POST", body=b"once")
        assert client.response().status == 200
    assert [one["tries"] for one in gateway.assert_settled("ok", "ok")] == [1, 1]


# Limits


def queueing(lab, size, timeout):
    """A gateway whose only endpoint takes one connection and answers when it is told to."""
    origin = lab.origin([read_one, sleep(0.6), send(response(200, b"late")), await_end])
    limits = {"connections_per_endpoint": 1, "queue": {"size": size, "timeout": timeout}}
    return lab.gateway(config.http("one"), clusters=[config.cluster("one", origin, limits=limits)],
                       workers={"count": 1, "pin": False})


@pytest.mark.parametrize("size, timeout, reason", [
    (1, "200ms", "queue_timeout"), (0, "5s", "queue_full")])
def test_past_the_endpoint_limit_requests_wait_and_are_refused(lab, size, timeout, reason):
    gateway = queueing(lab, size, timeout)
    with gateway.connect() as first, gateway.connect() as second:
        first.request()
        time.sleep(0.2)
        answer = second.get()
        assert answer.status == 503 and reason.encode() in answer.body
        assert first.response().body == b"late"
    records = gateway.assert_settled(reason, "ok")
    assert records[0]["side"] == "gateway"
