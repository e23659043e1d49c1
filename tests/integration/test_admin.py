"""The admin endpoint: health, numbers and what the gateway runs on."""

import json

import pytest

from support import config
from support.http_wire import response
from support.origin import serve
from support.pace import wait_until
from support.programs import need, run
from support.servers import Prometheus


@pytest.fixture(scope="module")
def origin(shared_lab):
    return shared_lab.origin(serve(response(200, b"served")))


@pytest.fixture(scope="module")
def gateway(shared_lab, origin):
    """A gateway that has served a little of everything."""
    gateway = shared_lab.gateway(
        config.http(routes=[
            config.route("all", "sound"),
            config.route("broken", "broken", match={"path": {"exact": "/broken"}})]),
        config.tcp("sound"),
        clusters=[config.cluster("sound", origin),
                  config.cluster("broken", "127.0.0.1:1",
                                 load_balancing={"policy": "least_request"})])
    gateway.get()
    gateway.get("/broken")
    with gateway.connect("pipe") as client:
        client.get()
    gateway.wait_records(2)
    gateway.wait_idle()
    return gateway


@pytest.mark.parametrize("page", ["/livez", "/readyz", "/healthz"])
def test_health_pages_say_yes(gateway, page):
    assert gateway.admin(page)[0] == 200


def test_pages_that_are_not_there_are_404(gateway):
    assert gateway.admin("/nothing")[0] == 404


def test_only_get_and_head_are_answered(gateway):
    assert gateway.admin("/metrics", "POST")[0] == 405
    assert gateway.admin("/metrics", "HEAD")[::2] == (200, "")


def test_promtool_finds_nothing_wrong(gateway):
    done = run(["promtool", "check", "metrics"], input=gateway.scrape().text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.limit(60)
def test_a_real_prometheus_scrapes_it(lab, gateway):
    need("prometheus")
    prometheus = lab.keep(Prometheus(lab.folder(), gateway.admin_address))
    up = wait_until(lambda: [one for one in prometheus.query("up") if one["value"][1] == "1"],
                    patience=20, what="Prometheus to find the gateway up")
    assert up[0]["metric"]["instance"] == gateway.admin_address
    build, = wait_until(lambda: prometheus.query("tidegate_build_info"))
    assert build["metric"]["version"]
    served, = prometheus.query('sum(tidegate_requests_total{listener="web"})')
    assert served["value"][1] == "2"


def test_requests_are_counted_where_they_belong(gateway):
    scrape = gateway.scrape()
    assert scrape.sum("tidegate_requests_total", listener="web") == 2
    responses = scrape.by("code", "tidegate_requests_total", listener="web")
    assert responses == {"2xx": 1, "5xx": 1}
    assert gateway.failures() == {"connect_refused": 1}
    assert scrape.sum("tidegate_upstream_requests_total", cluster="sound") == 2


def test_types_are_as_prometheus_wants_them(gateway):
    _, kind, _ = gateway.admin("/metrics")
    assert kind.startswith("text/plain; version=0.0.4")


def test_listeners_are_told_with_their_addresses(gateway):
    listeners = gateway.admin_json("/listeners")["listeners"]
    assert [one["name"] for one in listeners] == ["web", "pipe"]
    assert listeners[0]["addresses"] == [gateway.address()]
    assert listeners[0]["protocol"] == "http"


def test_a_port_of_0_shows_as_the_real_one(lab, origin):
    gateway = lab.gateway(config.http("one", address="127.0.0.1:0"),
                          clusters=[config.cluster("one", origin)])
    address, = gateway.admin_json("/listeners")["listeners"][0]["addresses"]
    gateway.config["listeners"][0]["address"] = address
    assert gateway.get().body == b"served"


def test_clusters_are_told_with_their_endpoints(gateway, origin):
    clusters = {one["name"]: one for one in gateway.admin_json("/clusters")["clusters"]}
    assert set(clusters) == {"sound", "broken"}
    endpoint, = clusters["sound"]["endpoints"]
    assert (endpoint["address"], endpoint["weight"]) == (origin.address, 1)


def test_the_configuration_is_told_with_its_defaults(gateway):
    told = gateway.admin_json("/config")
    assert told["version"] == 1
    assert [one["name"] for one in told["listeners"]] == ["web", "pipe"]
    assert "tunnel" in json.dumps(told), "defaults are filled in"
