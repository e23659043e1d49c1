"""The TCP gateway: bytes in, the same bytes out, and how each end is passed on."""

import threading
import time

import pytest

from support import addresses, config
from support.client import Client
from support.deaf import Deaf
from support.origin import (await_end, close, echo_bytes, half_close, hold, read_bytes, reset,
                            send)
from support.pace import SLOW, seconds, wait_until
from support.procfs import MemoryWatch
from support.programs import run
from support.streams import Sender, check_pieces, read_exactly, send_pieces


def pipe(lab, *scripts, listener=None, **cluster):
    """A gateway in front of one origin."""
    origin = lab.origin(*scripts)
    gateway = lab.gateway(config.tcp("one", **(listener or {})),
                          clusters=[config.cluster("one", origin, **cluster)])
    return origin, gateway


# Real programs


@pytest.mark.parametrize("listen, upstream", [
    ("ipv4", "ipv4"), ("ipv6", "ipv4"), ("unix", "unix"), ("ipv4", "unix")])
def test_redis_answers_through_it(lab, listen, upstream):
    def address(kind, name):
        return {"unix": lambda: f"unix:{lab.directory}/{name}.sock", "ipv4": addresses.ipv4,
                "ipv6": addresses.ipv6}[kind]()

    redis = lab.redis(address=address(upstream, "redis"))
    gateway = lab.gateway(config.tcp("redis", address=address(listen, "in")),
                          clusters=[config.cluster("redis", redis)])
    where = gateway.address("pipe")
    cli = (["-s", where[len("unix:"):]] if listen == "unix" else
           ["-h", where.rpartition(":")[0].strip("[]"), "-p", where.rpartition(":")[2]])
    value = "v" * 100_000
    run(["redis-cli", *cli, "-x", "SET", "key"], input=value)
    assert run(["redis-cli", *cli, "GET", "key"]).stdout.rstrip("\n") == value
    for record in gateway.wait_records(2, "pipe"):
        assert (record["type"], record["reason"]) == ("tcp", "ok")
        assert record["endpoint"] == redis.address


@pytest.mark.limit(60)
def test_redis_benchmark_runs_through_it(lab):
    redis = lab.redis()
    gateway = lab.gateway(config.tcp("redis"), clusters=[config.cluster("redis", redis)])
    count = 2_000 if SLOW else 20_000
    port = addresses.port_of(gateway.address("pipe"))
    done = run(["redis-benchmark", "-p", str(port), "-c", "20", "-n", str(count), "-P", "4",
                "-t", "set,get,lrange_100", "-q"], patience=50)
    assert done.returncode == 0 and "Error" not in done.stdout + done.stderr
    gateway.wait_idle()
    assert gateway.failures() == {}
    assert {record["reason"] for record in gateway.records("pipe")} == {"ok"}


# Ends


def test_a_client_that_ends_its_side_still_hears_the_rest(lab):
    origin, gateway = pipe(lab, [await_end, send(b"last words")])
    with gateway.connect("pipe") as client:
        client.send(b"question")
        client.half_close()
        assert client.wire.rest() == b"last words"
    assert origin.conversations[0].received == b"question"
    record, = gateway.assert_settled("ok", listener="pipe")
    assert (record["bytes_in"], record["bytes_out"]) == (8, 10)


def test_an_upstream_that_ends_its_side_still_hears_the_rest(lab):
    origin, gateway = pipe(lab, [send(b"that is all"), half_close, await_end])
    with gateway.connect("pipe") as client:
        assert client.wire.rest() == b"that is all"
        client.send(b"understood")
        client.half_close()
        assert origin.conversations[0].over.wait(seconds(5))
    assert origin.conversations[0].received == b"understood"
    gateway.assert_settled("ok", listener="pipe")


def test_a_reset_of_the_upstream_reaches_the_client(lab):
    _, gateway = pipe(lab, [read_bytes(1), reset])
    with gateway.connect("pipe") as client:
        client.send(b"x")
        assert client.end() == "reset"
    gateway.assert_settled("upstream_reset", listener="pipe")


def test_a_reset_of_the_client_reaches_the_upstream(lab):
    origin, gateway = pipe(lab, [await_end])
    client = gateway.connect("pipe")
    client.send(b"x")
    wait_until(lambda: origin.conversations and origin.conversations[0].wire)
    client.reset()
    assert origin.conversations[0].over.wait(seconds(5))
    assert origin.conversations[0].end == "reset"
    gateway.assert_settled("client_reset", listener="pipe")


def test_bytes_before_a_close_are_not_lost(lab):
    """The origin sends and closes at once; the client reads late."""
    data = b"y" * 300_000
    _, gateway = pipe(lab, [send(data), close])
    with gateway.connect("pipe", receive_buffer=4096) as client:
        time.sleep(0.2)
        assert client.wire.rest() == data


def test_a_session_in_which_nothing_moves_ends(lab):
    origin, gateway = pipe(lab, [await_end], listener={"timeouts": {"idle": "300ms"}})
    with gateway.connect("pipe") as client:
        client.send(b"x")
        client.end()
    assert origin.conversations[0].over.wait(seconds(5))
    gateway.assert_settled("idle_timeout", listener="pipe")


def test_a_session_in_which_something_moves_does_not(lab):
    _, gateway = pipe(lab, [echo_bytes], listener={"timeouts": {"idle": "600ms"}})
    with gateway.connect("pipe") as client:
        for _ in range(8):
            client.send(b"x")
            assert client.wire.exactly(1) == b"x"
            time.sleep(0.15)
    gateway.assert_settled("ok", listener="pipe")


# Connecting


def test_the_next_endpoint_is_tried_when_a_connect_is_refused(lab):
    origin = lab.origin([echo_bytes])
    gateway = lab.gateway(config.tcp("two"), workers={"count": 1, "pin": False},
                          clusters=[config.cluster("two", addresses.ipv4(), origin)])
    for _ in range(2):
        with gateway.connect("pipe") as client:
            client.send(b"hello")
            assert client.wire.exactly(5) == b"hello"
    records = gateway.wait_records(2, "pipe")
    assert [record["reason"] for record in records] == ["ok", "ok"]
    assert sorted(record["tries"] for record in records) == [1, 2]
    assert {record["endpoint"] for record in records} == {origin.address}
    gateway.wait_idle()
    assert gateway.failures() == {}


def test_when_every_endpoint_refuses_the_client_is_closed(lab):
    gateway = lab.gateway(config.tcp("none"), clusters=[
        config.cluster("none", addresses.ipv4(), addresses.ipv4())])
    with gateway.connect("pipe") as client:
        client.end()
    record, = gateway.assert_settled("connect_refused", listener="pipe")
    assert record["side"] == "upstream"


def test_an_endpoint_that_does_not_answer_is_given_up(lab):
    deaf = lab.keep(Deaf())
    gateway = lab.gateway(config.tcp("deaf"), clusters=[
        config.cluster("deaf", deaf, timeouts={"connect": "300ms"})])
    with gateway.connect("pipe") as client:
        client.end()
    gateway.assert_settled("connect_timeout", listener="pipe")


# Limits


def test_past_the_listener_limit_connections_are_closed(lab):
    _, gateway = pipe(lab, [echo_bytes], listener={"max_connections": 2})
    first, second = (gateway.connect("pipe") for _ in range(2))
    for client in (first, second):
        client.send(b"x")
        assert client.wire.exactly(1) == b"x"
    with gateway.connect("pipe") as third:
        third.end()
    wait_until(lambda: gateway.failures() == {"listener_limit": 1}, what="the refusal's count")
    first.close()
    second.close()
    gateway.wait_idle()
    with gateway.connect("pipe") as after:
        after.send(b"x")
        assert after.wire.exactly(1) == b"x"


def test_past_the_endpoint_limit_sessions_wait_and_are_refused(lab):
    queue = {"size": 1, "timeout": "300ms"}
    _, gateway = pipe(lab, [echo_bytes], limits={"connections_per_endpoint": 1, "queue": queue})
    with gateway.connect("pipe") as first:
        first.send(b"x")
        assert first.wire.exactly(1) == b"x"
        with gateway.connect("pipe") as second:
            second.end()
        assert gateway.record("pipe")["reason"] == "queue_timeout"
    with gateway.connect("pipe") as third:
        third.send(b"x")
        assert third.wire.exactly(1) == b"x"


def test_a_waiting_session_gets_the_connection_that_ends(lab):
    queue = {"size": 1, "timeout": "10s"}
    _, gateway = pipe(lab, [echo_bytes], limits={"connections_per_endpoint": 1, "queue": queue})
    first = gateway.connect("pipe")
    first.send(b"x")
    assert first.wire.exactly(1) == b"x"
    with gateway.connect("pipe") as second:
        second.send(b"y")
        wait_until(lambda: gateway.scrape().sum("tidegate_upstream_queue_length") == 1)
        first.close()
        assert second.wire.exactly(1) == b"y"


# Volume


@pytest.mark.limit(60)
def test_a_large_transfer_arrives_intact_both_ways_at_once(lab):
    count = 64 if SLOW else 512  # MiB each way
    problems = []

    def mirror(talk):
        sender = threading.Thread(target=send_pieces, args=(talk.sock, count))
        sender.start()
        try:
            check_pieces(read_exactly(talk.sock), count)
        except Exception as problem:
            problems.append(problem)
        sender.join()

    _, gateway = pipe(lab, [mirror, half_close, await_end])
    with gateway.connect("pipe", timeout=50) as client:
        sender = threading.Thread(target=send_pieces, args=(client.sock, count))
        sender.start()
        check_pieces(read_exactly(client.sock), count)
        sender.join()
        client.half_close()
        assert client.end() == "fin"
    assert not problems
    record, = gateway.assert_settled("ok", listener="pipe")
    assert record["bytes_in"] == record["bytes_out"] == count << 20


@pytest.mark.parametrize("who_stalls", ["client", "upstream"])
def test_who_does_not_read_stops_the_sender_not_the_gateway(lab, who_stalls):
    """The sender is held back; the gateway keeps a bounded amount, not what was sent."""
    def flood_until_stopped(talk):
        sender = Sender(talk.sock)
        sender.start()
        floods.append(sender)
        hold(talk)
        sender.stop()

    floods = []
    _, gateway = pipe(lab, [hold if who_stalls == "upstream" else flood_until_stopped])
    with MemoryWatch(gateway.pid) as watch, gateway.connect("pipe") as client:
        if who_stalls == "upstream":
            floods.append(Sender(client.sock))
            floods[0].start()
        wait_until(lambda: floods and floods[0].held_back(), patience=15,
                   what="the sender to be held back")
        floods[0].stop()
    assert floods[0].sent > 0
    if not SLOW:
        assert watch.growth() < 8 << 20, f"grew by {watch.growth()} bytes"


def test_listening_on_several_addresses_is_one_listener_each(lab):
    origin = lab.origin([echo_bytes])
    gateway = lab.gateway(config.tcp("one", name="pipe"), config.tcp("one", name="other"),
                          clusters=[config.cluster("one", origin)])
    for name in ("pipe", "other"):
        with Client(gateway.address(name)) as client:
            client.send(b"x")
            assert client.wire.exactly(1) == b"x"
        assert gateway.record(name)["listener"] == name
