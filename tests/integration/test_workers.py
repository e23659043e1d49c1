"""Several workers, and the two ways to give them connections."""

import collections

import pytest

from support import config
from support.http_wire import response
from support.origin import serve
from support.pace import wait_until

BOTH = pytest.mark.parametrize("accept", ["dedicated", "per_worker"])


def with_workers(lab, accept, count=2, **more):
    origin = lab.origin(serve(response(200, b"served")))
    return lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)],
                       workers={"count": count, "pin": False, "accept": accept, **more})


@BOTH
def test_connections_are_spread_over_the_workers(lab, accept):
    gateway = with_workers(lab, accept)
    before = registered(gateway)
    clients = [gateway.connect() for _ in range(64)]

    def grown():
        growth = registered(gateway) - before
        return [growth[name] for name in ("worker-0", "worker-1")]

    wait_until(lambda: sum(grown()) == 64, what="all connections to be placed")
    # Fewest connections first is exact; by the kernel's hash it is 64 fair coins, of which fewer
    # than 12 show heads once in millions.
    assert min(grown()) >= (31 if accept == "dedicated" else 12), grown()
    for client in clients:
        assert client.get().body == b"served"
        client.close()
    gateway.wait_idle()


def registered(gateway):
    """File descriptors in each poller's epoll set."""
    return collections.Counter({
        labels["poller"]: value
        for labels, value in gateway.scrape().select("tidegate_poller_registered_fds")})


@BOTH
@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_workers_serves(lab, accept, count):
    gateway = with_workers(lab, accept, count)
    for _ in range(10):
        assert gateway.get().body == b"served"
    gateway.assert_settled(*["ok"] * 10)


def test_workers_may_be_pinned(lab):
    gateway = with_workers(lab, "dedicated", pin=True)
    assert gateway.get().body == b"served"


def test_every_poller_reports_its_time(lab):
    gateway = with_workers(lab, "dedicated")
    gateway.get()
    scrape = gateway.scrape()
    for name in ("tidegate_poller_busy_seconds_total", "tidegate_poller_wait_seconds_total"):
        assert {labels["poller"] for labels, _ in scrape.select(name)} >= {
            "worker-0", "worker-1", "acceptor-0"}
    assert scrape.sum("tidegate_poller_wait_seconds_total", poller="worker-0") > 0
