"""The examples of the reactor library: each does what its first lines say, with real clients."""

import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from support import addresses, procfs, streams
from support.client import Client
from support.examples import ANY_PORT, Example, example, spread
from support.pace import SLOW, wait_until
from support.programs import run
from support.servers import Redis


@pytest.fixture
def start(lab):
    return lambda name, *arguments: lab.keep(Example(lab.folder(), name, *arguments))


# All of them


def arguments_of(name, lab):
    if name == "download":
        path = lab.folder() / "file"
        path.write_bytes(b"x" * 1024 * 1024)
        return [path, ANY_PORT, ANY_PORT, 1000]
    if name == "connect_pool":
        return [ANY_PORT, lab.redis().address]
    return [ANY_PORT]


ALL = ["async_work", "connect_pool", "download", "echo", "pipeline", "reuseport", "techempower",
       "websocket"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("name", ALL)
def test_it_ends_well_while_clients_are_connected(lab, start, name, number):
    program = start(name, *arguments_of(name, lab))
    clients = [program.connect() for _ in range(5)]
    wait_until(lambda: program.open_more() >= 5)
    program.program.send_signal(number)
    for client in clients:
        with client:
            try:
                client.wire.rest()
            except ConnectionResetError:
                assert name == "download", "only half a file must not look like an end"
    program.stop()


@pytest.mark.parametrize("name", ALL)
def test_it_keeps_nothing_of_clients_that_left(lab, start, name):
    program = start(name, *arguments_of(name, lab))
    for _ in range(20):
        clients = [program.connect() for _ in range(5)]
        for i, client in enumerate(clients):
            client.send(b"h")
            client.reset() if i % 2 else client.close()
    # Idle links to Redis are there to stay.
    program.wait_idle(spare=2 if name == "connect_pool" else 0)


@pytest.mark.parametrize("name", ALL)
def test_an_address_that_is_taken_is_said(lab, name):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        taken = f"127.0.0.1:{owner.getsockname()[1]}"
        arguments = [taken if one == ANY_PORT else one for one in arguments_of(name, lab)]
        done = subprocess.run([example(name), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "in_use" in done.stderr or "cannot listen" in done.stderr


# echo


def test_what_is_sent_comes_back(start):
    program = start("echo", ANY_PORT)
    count = 4 if SLOW else 32
    with program.connect() as client:
        sender = threading.Thread(target=streams.send_pieces, args=(client.sock, count))
        sender.start()
        streams.check_pieces(streams.read_exactly(client.sock), count)
        sender.join()
        client.half_close()
        assert client.end() == "fin"
    program.wait_idle()


def test_a_client_that_does_not_take_its_echo_is_held_back(start):
    program = start("echo", ANY_PORT)
    with program.connect(receive_buffer=64 * 1024) as client:
        sender = streams.Sender(client.sock)
        sender.start()
        wait_until(sender.held_back, 20)
        sender.stop()
        client.reset()
    program.wait_idle()


def test_it_takes_any_address(lab, start):
    for address in ("[::1]:0", f"unix:{lab.folder()}/echo.sock"):
        program = start("echo", address)
        with program.connect() as client:
            client.send(b"hello")
            assert client.wire.exactly(5) == b"hello"
        program.end()


# reuseport and pipeline


def greeted_by(client):
    return int(re.fullmatch(rb"poller (\d+)\n", client.wire.until(b"\n")).group(1))


def test_with_reuseport_several_pollers_accept(start):
    program = start("reuseport", ANY_PORT)
    seen = []
    for _ in range(64):
        with program.connect() as client:
            seen.append(greeted_by(client))
    counts = spread(program.end())
    assert counts == [seen.count(poller) for poller in range(4)]
    assert sum(1 for count in counts if count) >= 2, "the kernel spreads them by a hash"


def test_the_fewest_policy_spreads_few_connections_evenly(start):
    program = start("pipeline", ANY_PORT, "fewest")
    clients = [program.connect() for _ in range(12)]
    seen = [greeted_by(client) for client in clients]
    assert sorted(seen) == sorted([0, 1, 2, 3] * 3)
    # Room on one poller is given to the next.
    leaving = clients[5]
    leaving.close()
    program.wait_idle(spare=11)
    with program.connect() as client:
        assert greeted_by(client) == seen[5]
    for client in clients:
        client.close()
    assert sum(spread(program.end())) == 13


def test_round_robin_goes_round(start):
    program = start("pipeline", ANY_PORT, "round_robin")
    seen = []
    for _ in range(8):
        with program.connect() as client:
            seen.append(greeted_by(client))
    assert [(one - seen[0]) % 4 for one in seen] == [0, 1, 2, 3] * 2
    assert spread(program.end()) == [2, 2, 2, 2]


def test_by_address_keeps_a_host_where_it_is(start):
    program = start("pipeline", ANY_PORT, "by_address")
    seen = set()
    for _ in range(8):
        with program.connect() as client:
            seen.add(greeted_by(client))
    assert len(seen) == 1
    assert sorted(spread(program.end())) == [0, 0, 0, 8]


def test_an_unknown_policy_is_refused():
    done = subprocess.run([example("pipeline"), ANY_PORT, "best"], capture_output=True, text=True)
    assert done.returncode == 2 and "fewest" in done.stderr


# async_work


def test_answers_come_when_they_are_ready(start):
    program = start("async_work", ANY_PORT)
    with program.connect() as client:
        client.send(b"10\n100\n1000\nten\n99999999\n2\n")
        client.half_close()
        lines = sorted(client.wire.rest().decode().splitlines())
    please = "a number up to 20000000, please"
    assert lines == sorted(["4 primes below 10", "25 primes below 100", "168 primes below 1000",
                            please, please, "0 primes below 2"])
    assert "questions: 4 submitted, 4 worked on, 0 not wanted" in program.end()


def test_the_poller_serves_others_meanwhile(start):
    """Both threads have long work; the poller still answers what needs none."""
    program = start("async_work", ANY_PORT)
    with program.connect() as slow, program.connect() as quick:
        slow.send(b"2000000\n" * 2)
        began = time.monotonic()
        quick.send(b"what?\n")
        assert b"please" in quick.wire.until(b"\n")
        answered = time.monotonic()
        slow.wire.until(b"\n")
        assert answered - began < time.monotonic() - began


def test_nobody_works_for_a_client_that_left(start):
    program = start("async_work", ANY_PORT)
    with program.connect() as first, program.connect() as second:
        # Keeps both threads busy, so that what comes after it waits.
        first.send(b"3000000\n" * 2)
        wait_until(lambda: procfs.running(program.program.pid, "primes") == 2)
        second.send(b"5000000\n" * 4 + b"what?\n")
        second.reset()
        first.half_close()
        assert first.wire.rest().count(b"primes below 3000000") == 2
    program.wait_idle()
    match = re.search(r"(\d+) submitted, (\d+) worked on, (\d+) not wanted", program.end())
    submitted, worked_on, unwanted = map(int, match.groups())
    assert submitted == worked_on + unwanted
    assert worked_on == 2, "what nobody waited for was not begun"


def test_too_many_questions_of_one_client_wait_their_turn(start):
    program = start("async_work", ANY_PORT)
    with program.connect() as client:
        client.send(b"1000\n" * 500)
        client.half_close()
        assert client.wire.rest() == b"168 primes below 1000\n" * 500


# connect_pool


def test_redis_answers_through_the_pool(lab, start):
    redis = lab.redis()
    program = start("connect_pool", ANY_PORT, redis.address)
    with program.connect() as client:
        client.send(b"SET colour dark blue\nGET colour\nGET nothing\nINCR n\nINCR colour\n"
                    b"SUBSCRIBE x\nGET a b\nDEL colour\nPING\n")
        client.half_close()
        commands = "commands: PING, GET key, SET key value, DEL key, INCR key"
        assert client.wire.rest().decode().splitlines() == [
            "OK", "dark blue", "(none)", "1",
            "error: ERR value is not an integer or out of range", commands, commands, "1", "PONG"]


def clients_of(redis):
    done = run(["redis-cli", "-p", str(addresses.port_of(redis.address)), "client", "list"])
    return sum("cmd=client" not in line for line in done.stdout.splitlines())


def test_many_clients_share_few_links(lab, start):
    redis = lab.redis()
    program = start("connect_pool", ANY_PORT, redis.address)
    clients = [program.connect() for _ in range(100)]
    for i, client in enumerate(clients):
        client.send(b"SET key%d value%d\nGET key%d\n" % (i, i, i))
    for i, client in enumerate(clients):
        assert client.wire.until(b"\n") == b"OK\n"
        assert client.wire.until(b"\n") == b"value%d\n" % i
    assert 1 <= clients_of(redis) <= 8, "four at most on each of two pollers"
    for client in clients:
        client.close()


def test_a_backend_that_is_away_is_said_and_found_again(lab, start):
    address = addresses.ipv4()
    program = start("connect_pool", ANY_PORT, address)
    with program.connect() as client:
        client.send(b"PING\n")
        assert client.wire.until(b"\n") == b"error: refused\n"
        lab.keep(Redis(lab.folder(), address))

        def answered():
            client.send(b"PING\n")
            return client.wire.until(b"\n") == b"PONG\n"

        wait_until(answered, 15)


def test_a_link_with_an_answer_to_come_is_not_used_again(lab, start):
    """A client leaves before its answer is there; who comes next gets its own."""
    redis = lab.redis()
    program = start("connect_pool", ANY_PORT, redis.address)
    for i in range(50):
        with program.connect() as leaver:
            leaver.send(b"SET left %s\n" % (b"x" * 3000))
            leaver.reset()
        with program.connect() as client:
            client.send(b"INCR count\n")
            assert client.wire.until(b"\n") == b"%d\n" % (i + 1)


def test_a_backend_that_says_nothing_is_given_up(lab, start):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        program = start("connect_pool", ANY_PORT, f"127.0.0.1:{deaf.getsockname()[1]}")
        with program.connect() as client:
            client.send(b"PING\n")
            assert client.wire.until(b"\n") == b"error: no answer in time\n"


# download


@pytest.fixture
def file(lab):
    path = lab.folder() / "file"
    path.write_bytes(streams.piece(1) + streams.piece(2))
    return path


def download(program):
    """What came, and how many seconds it took."""
    began = time.monotonic()
    with program.connect(timeout=60) as client:
        return client.wire.rest(), time.monotonic() - began


def test_a_file_comes_whole_and_no_faster_than_allowed(start, file):
    program = start("download", file, ANY_PORT, ANY_PORT, 2 * 1024 * 1024)
    content, took = download(program)
    assert content == file.read_bytes()
    assert took >= 0.9, "two MiB at two MiB a second"
    program.wait_idle()


def test_without_need_to_wait_it_does_not(start, file):
    program = start("download", file, ANY_PORT, ANY_PORT, 1 << 40)
    content, _ = download(program)
    assert content == file.read_bytes()


def test_the_speed_is_changed_while_a_download_runs(start, file):
    """It would take half an hour at the first speed."""
    program = start("download", file, ANY_PORT, ANY_PORT, 1000)
    with program.connect() as client, Client(program.control_address) as control:
        assert len(client.wire.exactly(50)) == 50
        control.send(b"speed fast\nspeed 0\nspeed 100000000\n")
        control.half_close()
        usage = "speed BYTES_PER_SECOND\n"
        assert control.wire.rest().decode() == usage + usage + "reached 2 pollers\n"
        assert client.wire.rest() == file.read_bytes()[50:]


def test_a_download_cut_short_by_the_server_is_a_reset(start, file):
    program = start("download", file, ANY_PORT, ANY_PORT, 1000)
    with program.connect() as client:
        client.wire.exactly(50)
        program.program.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            client.wire.rest()
    program.stop()


def test_a_slow_reader_is_waited_for(start, file):
    program = start("download", file, ANY_PORT, ANY_PORT, 1 << 40)
    with program.connect(receive_buffer=4096) as client:
        assert client.wire.exactly(1) == file.read_bytes()[:1]
        assert client.wire.rest() == file.read_bytes()[1:]


def test_the_beginning_of_a_request_may_be_anything(start, file):
    """Clients that speak first, as curl does, are not minded."""
    program = start("download", file, ANY_PORT, ANY_PORT, 1 << 40)
    done = run(["curl", "-s", "--http0.9", f"http://{program.address}/"], text=False)
    assert done.stdout == file.read_bytes()
