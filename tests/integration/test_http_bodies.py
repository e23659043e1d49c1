"""Large bodies: intact, and in constant memory."""

import subprocess

import pytest

from support import config
from support.http_wire import response
from support.origin import answer_all, hold, read_head_only, read_one, send
from support.pace import SLOW, wait_until
from support.procfs import MemoryWatch
from support.programs import need, run
from support.streams import Sender

MIB = 1 << 20
GIANT = 256 * MIB if SLOW else 2048 * MIB
# The promise for a transfer of any size. Sanitizers keep freed memory and shadow all of it.
CEILING = None if SLOW else 64 * MIB


def assert_bounded(watch):
    if CEILING:
        assert watch.samples > 3, "the transfer was over before it was measured"
        assert watch.peak["Rss"] < CEILING and watch.peak["Pss"] < CEILING, watch.peak


def make_giant(path, size):
    """A sparse file with a stamp in every MiB, so that a lost, doubled or moved piece shows."""
    with open(path, "wb") as file:
        for at in range(0, size, MIB):
            file.seek(at + at // MIB % 4000 * 256)
            file.write(b"stamp of byte %d" % at)
        file.truncate(size)
    return path


def assert_same(stream, path):
    """Compares what a stream brings with a file, piece by piece."""
    with open(path, "rb") as file:
        at = 0
        while expected := file.read(MIB):
            assert read_fully(stream, len(expected)) == expected, f"differs after byte {at}"
            at += len(expected)
    assert stream.read(1) == b"", "more came than was sent"


def read_fully(stream, count):
    """`count` bytes, or less at the end."""
    pieces = []
    while count and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


@pytest.mark.limit(90)
def test_a_2_gib_download_from_nginx_arrives_intact(lab):
    nginx = lab.nginx()
    path = make_giant(nginx.root / "giant", GIANT)
    gateway = lab.gateway(config.http("nginx"), clusters=[config.cluster("nginx", nginx)])
    with MemoryWatch(gateway.pid) as watch:
        curl = subprocess.Popen([need("curl"), "-sS", gateway.url("/giant")],
                                stdout=subprocess.PIPE)
        with curl.stdout:
            assert_same(curl.stdout, path)
        assert curl.wait(10) == 0
    assert_bounded(watch)
    record = gateway.record()
    assert (record["reason"], record["bytes_out"]) == ("ok", GIANT)


@pytest.mark.limit(90)
@pytest.mark.parametrize("how, size", [("length", GIANT), ("chunked", GIANT // 4)])
def test_a_2_gib_upload_to_nginx_arrives_intact(lab, how, size):
    nginx = lab.nginx()
    path = make_giant(lab.directory / "giant", size)
    gateway = lab.gateway(config.http("nginx"), clusters=[config.cluster("nginx", nginx)])
    coding = ["-H", "Transfer-Encoding: chunked"] if how == "chunked" else []
    with MemoryWatch(gateway.pid) as watch:
        done = run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *coding,
                    "-T", str(path), gateway.url("/upload/giant")], patience=80)
    assert done.stdout == "201", done
    stored = nginx.root / "upload/giant"
    with open(stored, "rb") as file:
        assert_same(file, path)
    stored.unlink()
    assert_bounded(watch)
    record = gateway.record()
    assert (record["reason"], record["bytes_in"]) == ("ok", size)


def flooding(head):
    """A script that answers with `head` and as much body as is taken."""
    senders = []

    def flood(talk):
        talk.send(head)
        sender = Sender(talk.sock)
        senders.append(sender)
        sender.start()
        hold(talk)
        sender.stop()

    return [read_one, flood], senders


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9999999999\r\n",
], ids=["length", "until close", "chunked"])
def test_a_client_that_does_not_read_holds_the_upstream_back(lab, head):
    script, senders = flooding(head)
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", lab.origin(script))])
    with MemoryWatch(gateway.pid) as watch, gateway.connect() as client:
        client.request()
        wait_until(lambda: senders and senders[0].held_back(), patience=15,
                   what="the upstream to be held back")
    assert senders[0].sent > 0
    if not SLOW:
        assert watch.growth() < 8 * MIB, f"grew by {watch.growth()} bytes"
    gateway.wait_idle()
    assert gateway.record()["side"] == "client"


def test_an_upstream_that_does_not_read_holds_the_client_back(lab):
    origin = lab.origin([read_head_only, hold])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    client = gateway.connect()
    with MemoryWatch(gateway.pid) as watch:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        sender = Sender(client.sock)
        sender.start()
        wait_until(sender.held_back, patience=15, what="the client to be held back")
        sender.stop()
    client.reset()  # a FIN would wait behind what the gateway does not read
    gateway.assert_settled("client_reset")
    if not SLOW:
        assert watch.growth() < 8 * MIB, f"grew by {watch.growth()} bytes"


def test_many_slow_readers_share_a_bounded_memory(lab):
    """Held-back bytes are bounded for each connection, so they are for all."""
    script, senders = flooding(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", lab.origin(script))])
    clients = [gateway.connect() for _ in range(40)]
    with MemoryWatch(gateway.pid) as watch:
        for client in clients:
            client.request()
        wait_until(lambda: len(senders) == 40 and senders[-1].held_back(), patience=20,
                   what="the upstreams to be held back")
    for client in clients:
        client.close()
    if not SLOW:
        assert watch.peak["Rss"] < 64 * MIB, watch.peak
    gateway.wait_idle()


def test_an_answer_before_the_body_is_complete_reaches_the_client(lab):
    """A backend that refuses an upload early (RFC 9112 §9.6)."""
    origin = lab.origin([read_head_only, send(response(413, b"too much", reason="Too Large"))])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nonly a part")
        answer = client.response()
        assert (answer.status, answer.body) == (413, b"too much")


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 65_536, 1_000_003])
def test_bodies_of_awkward_sizes_pass_both_ways(lab, size):
    origin = lab.origin([answer_all(lambda seen: response(200, seen.body[::-1]))])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    body = bytes(index % 251 for index in range(size))
    with gateway.connect() as client:
        client.request("POST", "/", body=body)
        assert client.response().body == body[::-1]
        halves = [body[:size // 2], body[size // 2:]]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in halves if one)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                    b"0\r\n\r\n")
        assert client.response().body == body[::-1]
