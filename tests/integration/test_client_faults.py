"""A client that misbehaves: one definite answer or close, one record, one count, nothing leaked."""

import select
import time

import pytest

from support import config
from support.http_wire import Ended, request, response
from support.origin import (answer_all, await_end, flood, read_head_only, read_one, send, serve,
                            sleep)
from support.pace import seconds, wait_until

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
TIMEOUTS = {"client_header": "400ms", "client_body": "400ms", "idle": "400ms"}


def gateway_before(lab, *script, **timeouts):
    origin = lab.origin(list(script) or serve(response(200, b"served")))
    gateway = lab.gateway(config.http("one", timeouts=timeouts or TIMEOUTS),
                          clusters=[config.cluster("one", origin)])
    return origin, gateway


def assert_upstream_let_go(origin):
    """The connection to the backend does not outlive the client's half of it."""
    for talk in origin.conversations:
        assert talk.over.wait(seconds(5))


LEAVES = {
    "in the request line": b"GET / HT",
    "in a field": b"GET / HTTP/1.1\r\nHost: a\r\nX-Unfini",
    "before the last line of the head": b"GET / HTTP/1.1\r\nHost: a\r\n",
    "before its body": POST,
    "in its body": POST + b"12345",
    "before the first chunk": CHUNKED,
    "in a chunk": CHUNKED + b"5\r\n123",
    "before the last chunk": CHUNKED + b"5\r\n12345\r\n",
    "in the trailers": CHUNKED + b"0\r\nX: y\r\n",
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("phase", LEAVES)
def test_a_client_that_leaves(lab, phase, how):
    origin, gateway = gateway_before(lab, read_one)
    client = gateway.connect()
    client.send(LEAVES[phase])
    time.sleep(0.05)
    getattr(client, how)()
    record, = gateway.assert_settled("client_closed" if how == "close" else "client_reset")
    assert (record["status"], record["side"]) == (0, "client")
    assert_upstream_let_go(origin)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_while_the_backend_thinks(lab, how):
    origin, gateway = gateway_before(lab, read_one, await_end, idle="10s")
    client = gateway.connect()
    client.request()
    wait_until(origin.requests)
    getattr(client, how)()
    record, = gateway.assert_settled("client_closed" if how == "close" else "client_reset")
    assert record["status"] == 0
    assert_upstream_let_go(origin)


def test_a_client_that_leaves_in_the_response(lab):
    origin, gateway = gateway_before(
        lab, read_one, send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
        flood(100_000_000))
    client = gateway.connect()
    client.request()
    client.wire.exactly(1000)
    client.reset()
    record, = gateway.assert_settled("client_reset")
    assert record["status"] == 200
    assert_upstream_let_go(origin)


def test_a_client_that_never_reads_its_response(lab):
    origin, gateway = gateway_before(
        lab, read_one, send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
        flood(100_000_000))
    with gateway.connect() as client:
        client.request()
        record, = gateway.assert_settled("client_stalled")
    assert record["status"] == 200
    assert_upstream_let_go(origin)


def test_a_client_that_only_reads_slowly_is_served(lab):
    size = 3_000_000
    _, gateway = gateway_before(lab, answer_all(response(200, b"x" * size)))
    with gateway.connect(receive_buffer=65536) as client:
        client.request()
        left = size
        client.wire.until(b"\r\n\r\n")
        while left:
            take = min(left, size // 20)
            client.wire.exactly(take)
            left -= take
            time.sleep(0.05)
    gateway.assert_settled("ok")


def test_a_client_that_says_nothing_is_closed(lab):
    _, gateway = gateway_before(lab)
    with gateway.connect() as client:
        assert client.end() == "fin"
    gateway.assert_settled()


def test_a_client_that_comes_and_goes_leaves_no_record(lab):
    _, gateway = gateway_before(lab)
    for _ in range(10):
        gateway.connect().close()
        gateway.connect().reset()
    wait_until(lambda: gateway.scrape().sum("tidegate_connections_total") == 20)
    gateway.assert_settled()


def test_a_client_that_stays_idle_after_a_response_is_closed(lab):
    _, gateway = gateway_before(lab)
    with gateway.connect() as client:
        client.get()
        assert client.end() == "fin"
    gateway.assert_settled("ok")


def test_a_client_that_stops_in_the_head_gets_408(lab):
    _, gateway = gateway_before(lab)
    with gateway.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHo")
        answer = client.response()
        assert answer.status == 408 and b"client_header_timeout" in answer.body
        assert client.end() == "fin"
    gateway.assert_settled("client_header_timeout")


def test_a_client_that_trickles_its_head_gets_408(lab):
    """Each byte is progress, yet the head has one deadline from its first byte."""
    _, gateway = gateway_before(lab)
    with gateway.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nX: ")
        began = time.monotonic()
        while not has_input(client.sock):
            client.send(b"y")
            time.sleep(0.05)
            assert time.monotonic() - began < seconds(3)
        assert client.response().status == 408
    gateway.assert_settled("client_header_timeout")


def has_input(sock):
    return bool(select.select([sock], [], [], 0)[0])


@pytest.mark.parametrize("start", [POST, CHUNKED, CHUNKED + b"5\r\n12"],
                         ids=["before the body", "before a chunk", "in a chunk"])
def test_a_client_that_stops_in_the_body_gets_408(lab, start):
    origin, gateway = gateway_before(lab, read_one)
    with gateway.connect() as client:
        client.send(start)
        answer = client.response()
        assert answer.status == 408 and b"client_body_timeout" in answer.body
        assert client.end() == "fin"
    gateway.assert_settled("client_body_timeout")
    assert_upstream_let_go(origin)


def test_a_client_that_trickles_its_body_is_served(lab):
    """Between two reads there is progress: slow is allowed, silent is not."""
    origin, gateway = gateway_before(lab, answer_all(response(200, b"patient")))
    with gateway.connect() as client:
        client.send(POST)
        for byte in b"0123456789":
            time.sleep(0.1)
            client.send(bytes([byte]))
        assert client.response().body == b"patient"
    assert origin.requests()[0].body == b"0123456789"
    gateway.assert_settled("ok")


def test_a_client_that_sends_more_than_its_length_breaks_only_itself(lab):
    origin, gateway = gateway_before(lab)
    with gateway.connect() as client:
        client.send(POST + b"0123456789and some more\r\n\r\n")
        assert client.response().body == b"served"
        answer = client.response()
        assert answer.status == 400 and b"bad_request" in answer.body
        assert client.end() == "fin"
    gateway.assert_settled("ok", "bad_request")
    assert [seen.body for seen in origin.requests()] == [b"0123456789"]


def test_a_client_that_breaks_its_chunks_after_the_head_was_passed_on(lab):
    origin, gateway = gateway_before(lab, read_head_only, await_end)
    with gateway.connect() as client:
        client.send(CHUNKED + b"5\r\n12345\r\n")
        wait_until(lambda: origin.conversations and origin.conversations[0].received)
        client.send(b"zz\r\n")
        answer = client.response()
        assert answer.status == 400 and b"bad_chunk" in answer.body
        assert client.end() == "fin"
    gateway.assert_settled("bad_chunk")
    assert_upstream_let_go(origin)
    body = origin.conversations[0].received.partition(b"\r\n\r\n")[2]
    assert body == b"5\r\n12345\r\n", "it must not look complete"


def test_a_client_that_pipelines_and_leaves(lab):
    origin, gateway = gateway_before(lab, read_one, sleep(0.2), send(response(200, b"late")),
                                     await_end)
    client = gateway.connect()
    client.send(request() * 3)
    wait_until(origin.requests)
    client.reset()
    records = wait_until(gateway.records)
    assert records[0]["reason"] == "client_reset"
    gateway.wait_idle()
    assert len(gateway.records()) == 1, "what was not begun is not recorded"


def test_a_half_closed_client_gets_what_it_asked_for_or_a_definite_end(lab):
    """The gateway takes a client's FIN for leaving: it cannot know whether anybody still reads."""
    _, gateway = gateway_before(lab, read_one, sleep(0.2), send(response(200, b"late")))
    with gateway.connect() as client:
        client.request()
        client.half_close()
        try:
            answered = client.response().status == 200
        except (Ended, ConnectionResetError):
            answered = False
    gateway.assert_settled("ok" if answered else "client_closed")
