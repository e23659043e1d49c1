"""Out of file descriptors: accepting pauses, nothing spins, and it recovers."""

import time

import pytest

from support import config, procfs
from support.http_wire import response
from support.origin import serve
from support.pace import SLOW, seconds, wait_until
from support.programs import need

FDS = 64


@pytest.mark.limit(60)
@pytest.mark.parametrize("accept", ["dedicated", "per_worker"])
def test_running_out_of_fds_pauses_accepting_and_recovers(lab, accept):
    origin = lab.origin(serve(response(200, b"served")))
    gateway = lab.gateway(
        config.http("one", timeouts={"idle": "60s"}), clusters=[config.cluster("one", origin)],
        workers={"count": 2, "pin": False, "accept": accept},
        wrapper=[need("prlimit"), f"--nofile={FDS}:{FDS}", "--"])
    assert gateway.scrape().sum("tidegate_accept_pauses_total") == 0
    clients = [gateway.connect() for _ in range(3 * FDS)]
    wait_until(lambda: _is_full(gateway), what="all fds to be in use")

    before = procfs.cpu_seconds(gateway.pid)
    time.sleep(1.0)
    spent = procfs.cpu_seconds(gateway.pid) - before
    if not SLOW:
        assert spent < 0.2, f"{spent:.2f} s of CPU in one second of having nothing to do"

    for client in clients:
        client.close()
    wait_until(lambda: _serves(gateway), patience=10, what="the gateway to serve again")
    gateway.wait_idle()
    assert gateway.scrape().sum("tidegate_accept_pauses_total") > 0


def _is_full(gateway):
    """Whether the fds are used up, and not about to be."""
    before = procfs.open_fds(gateway.pid)
    time.sleep(seconds(0.2))
    return FDS - 2 <= before == procfs.open_fds(gateway.pid)


def _serves(gateway):
    try:
        with gateway.connect(timeout=seconds(1)) as client:
            return client.get().body == b"served"
    except OSError:
        return False


def test_without_fds_for_an_upstream_the_answer_is_503(lab):
    """The client's connection took the last fd."""
    origin = lab.origin(serve(response(200, b"served")))
    gateway = lab.gateway(
        config.http("one", timeouts={"idle": "60s"}), clusters=[config.cluster("one", origin)],
        workers={"count": 1, "pin": False},
        wrapper=[need("prlimit"), f"--nofile={FDS}:{FDS}", "--"])
    clients = [gateway.connect() for _ in range(3 * FDS)]
    wait_until(lambda: _is_full(gateway), what="all fds to be in use")
    answer = clients[0].get()
    for client in clients:
        client.close()
    assert answer.status == 503 and b"out_of_resources" in answer.body
    wait_until(lambda: _serves(gateway), patience=10, what="the gateway to serve again")
