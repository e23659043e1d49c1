"""Upgrade: the connection becomes a tunnel."""

import json

import pytest

from support import config
from support.http_wire import response
from support.origin import (await_end, echo_bytes, half_close, hold, read_head_only, reset, send,
                            serve, sleep)
from support.pace import SLOW, wait_until
from support.programs import need_file, run
from support.servers import WebSocketEcho

SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n")
ASK = (b"GET /tunnel HTTP/1.1\r\nHost: test.example\r\nConnection: Upgrade\r\n"
       b"Upgrade: test\r\n\r\n")


def tunnel(lab, *script, **timeouts):
    """A gateway in front of an origin that switches protocols and goes on with `script`."""
    origin = lab.origin([read_head_only, send(SWITCH), *script])
    more = {"timeouts": timeouts} if timeouts else {}
    gateway = lab.gateway(config.http("one", **more), clusters=[config.cluster("one", origin)])
    return origin, gateway


def test_a_websocket_client_talks_through_it(lab):
    need_file("/usr/share/nodejs/ws", "node-ws")
    server = lab.keep(WebSocketEcho(lab.folder()))
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", server)])
    size = 256 * 1024 if SLOW else 4 * 1024 * 1024
    done = run(["node", f"{WebSocketEcho.scripts}/client.js", f"ws://{gateway.address()}/chat?x=1",
                str(size)], env=WebSocketEcho.environment)
    assert json.loads(done.stdout) == {
        "path": "/chat?x=1", "text": "Grüße", "binary": True, "pong": "are you there",
        "code": 4001, "reason": "as asked"}, done.stderr
    record = gateway.record()
    assert (record["status"], record["reason"]) == (101, "ok")
    assert record["bytes_in"] > size and record["bytes_out"] > size


def test_bytes_pass_both_ways_after_the_switch(lab):
    _, gateway = tunnel(lab, echo_bytes)
    with gateway.connect() as client:
        client.send(ASK + b"sent before the answer came ")
        answer = client.response()
        assert (answer.status, answer.get("Upgrade")) == (101, "test")
        client.send(b"and after")
        expected = b"sent before the answer came and after"
        assert client.wire.exactly(len(expected)) == expected


def test_a_client_that_ends_its_side_still_hears_the_rest(lab):
    origin, gateway = tunnel(lab, await_end, send(b"last words"))
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        client.send(b"bye")
        client.half_close()
        assert client.wire.rest() == b"last words"
    assert origin.conversations[0].received.endswith(b"bye")
    assert gateway.record()["reason"] == "ok"


def test_a_reset_by_the_upstream_reaches_the_client_as_one(lab):
    _, gateway = tunnel(lab, send(b"half of"), sleep(0.2), reset)
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        assert client.wire.exactly(7) == b"half of"
        assert client.end() == "reset", "it must not look like an orderly end"
    gateway.assert_settled("upstream_reset")


def test_a_reset_by_the_client_reaches_the_upstream_as_one(lab):
    origin, gateway = tunnel(lab, await_end)
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        client.reset()
    gateway.assert_settled("client_reset")
    assert origin.conversations[0].over.wait(5)
    assert origin.conversations[0].end == "reset"


def test_an_upstream_that_ends_its_side_still_hears_the_rest(lab):
    origin, gateway = tunnel(lab, send(b"that is all"), half_close, await_end)
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        assert client.wire.rest() == b"that is all"
        client.send(b"understood")
    assert origin.conversations[0].over.wait(5)
    assert origin.conversations[0].received.endswith(b"understood")


def test_a_silent_tunnel_is_closed(lab):
    origin, gateway = tunnel(lab, hold, tunnel="300ms")
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        client.end()
    assert gateway.record()["reason"] == "tunnel_timeout"
    gateway.wait_idle()
    assert gateway.failures() == {"tunnel_timeout": 1}


def test_an_upstream_may_decline_the_upgrade(lab):
    origin = lab.origin(serve(response(200, b"no tunnel here")))
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(ASK)
        assert client.response().body == b"no tunnel here"
        assert client.get("/").body == b"no tunnel here"


@pytest.mark.parametrize("protocol", ["h2c", "websocket, h2c-14"])
def test_http2_is_not_tunnelled(lab, protocol):
    origin = lab.origin(serve(response(200, b"plain")))
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        assert client.get("/", ("Connection", "upgrade"), ("Upgrade", protocol)).body == b"plain"
    seen = origin.requests()[0]
    assert seen.get("Upgrade") is None and seen.get("Connection") is None


def test_an_open_tunnel_counts_as_active(lab):
    _, gateway = tunnel(lab, echo_bytes)
    with gateway.connect() as client:
        client.send(ASK)
        client.response()
        wait_until(lambda: gateway.active()["tidegate_connections_active"] == 1)
    gateway.wait_idle()
