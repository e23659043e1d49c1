"""HTTP/1.1 through the gateway when everybody behaves."""

import collections
import json
import re

import pytest

from support import addresses, config
from support.client import Client
from support.http_wire import request, response
from support.origin import answer_all, half_close, read_head_only, read_one, send, serve
from support.programs import run


def as_json(message):
    """Answers with what the backend saw."""
    seen = {"line": message.start_line, "fields": message.fields,
            "body": message.body.decode("latin-1"), "trailers": message.trailers}
    return response(200, json.dumps(seen).encode(), ("X-Origin", "mirror"))


EXPECTING = (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
             b"Content-Length: 4\r\n\r\n")


def seen_by(answer):
    """The request that `as_json` told about, field names in lower case."""
    seen = json.loads(answer.body)
    fields = collections.defaultdict(list)
    for name, value in seen["fields"]:
        fields[name.lower()].append(value)
    return {**seen, "fields": fields}


@pytest.fixture(scope="module")
def gateway(shared_lab):
    """One listener in front of two nginx and of an origin that tells what it sees."""
    nginx = [shared_lab.nginx(f"nginx-{n}") for n in (1, 2)]
    for server in nginx:
        (server.root / "page.txt").write_text("a page of text\n" * 64)
    weighted = [shared_lab.nginx(f"weighted-{n}") for n in (1, 2)]
    mirror = shared_lab.origin(serve(as_json))
    routes = [
        config.route("balanced", "nginx", match={"hosts": ["nginx.example"]}),
        config.route("weighted", "weighted", match={"hosts": ["weighted.example"]}),
        config.route("changed", "mirror",
                     match={"hosts": ["test.example"], "path": {"prefix": "/changed"}},
                     request_headers={"set": {"x-set": "new"}, "add": {"x-add": "more"},
                                      "remove": ["x-remove"]}),
        config.route("teapot", respond={"status": 418, "body": "short and stout\n"},
                     match={"hosts": ["test.example"], "path": {"exact": "/teapot"}}),
        config.route("wild", respond={"status": 200, "body": "wild"},
                     match={"hosts": ["*.wild.example"]}),
        config.route("exact-host", respond={"status": 200, "body": "exact"},
                     match={"hosts": ["one.wild.example"]}),
        config.route("posts", respond={"status": 200, "body": "posts"},
                     match={"path": {"exact": "/method"}, "methods": ["POST"]}),
        config.route("gets", respond={"status": 200, "body": "gets"},
                     match={"path": {"exact": "/method"}, "methods": ["GET"]}),
        config.route("prefix", respond={"status": 200, "body": "prefix"},
                     match={"path": {"prefix": "/a"}, "hosts": ["paths.example"]}),
        config.route("longer-prefix", respond={"status": 200, "body": "longer prefix"},
                     match={"path": {"prefix": "/a/b"}, "hosts": ["paths.example"]}),
        config.route("exact-path", respond={"status": 200, "body": "exact path"},
                     match={"path": {"exact": "/a/b"}, "hosts": ["paths.example"]}),
        config.route("mirror", "mirror", match={"hosts": ["test.example"]}),
    ]
    return shared_lab.gateway(
        config.http(routes=routes),
        clusters=[
            config.cluster("nginx", *nginx),
            config.cluster("weighted", {"address": weighted[0].address, "weight": 3}, weighted[1]),
            config.cluster("mirror", mirror)],
        # Balancing is each worker's own: with one worker the spread is exact.
        workers={"count": 1, "pin": False})


def curl(gateway, *args, target="/", **more):
    return run(["curl", "-sS", "--max-time", "10", *args, gateway.url(target)], **more)


# Real programs


def test_round_robin_takes_the_two_nginx_in_turn(gateway):
    with gateway.connect() as client:
        servers = [client.get("/small", host="nginx.example").get("X-Served-By")
                   for _ in range(20)]
    assert collections.Counter(servers) == {"nginx-1": 10, "nginx-2": 10}


def test_weights_divide_the_requests(gateway):
    with gateway.connect() as client:
        servers = [client.get("/small", host="weighted.example").get("X-Served-By")
                   for _ in range(40)]
    assert collections.Counter(servers) == {"weighted-1": 30, "weighted-2": 10}


def test_curl_gets_a_file_from_nginx(gateway):
    answer = curl(gateway, "-H", "Host: nginx.example", target="/page.txt")
    assert answer.stdout == "a page of text\n" * 64


def test_curl_reuses_its_connection(gateway):
    url = gateway.url("/small")
    answer = run(["curl", "-sS", "-H", "Host: nginx.example", "-w", "%{num_connects} ",
                  "-o", "/dev/null", url, "-o", "/dev/null", url])
    assert answer.stdout == "1 0 "


def test_curl_uploads_chunked_with_expect(gateway):
    """What curl sends from a pipe: no length, and Expect when asked to."""
    answer = curl(gateway, "-H", "Host: test.example", "-H", "Expect: 100-continue", "-T", "-",
                  input="from a pipe", target="/put")
    seen = json.loads(answer.stdout)
    assert (seen["line"], seen["body"]) == ("PUT /put HTTP/1.1", "from a pipe")


def test_nginx_answers_head_204_and_304(gateway):
    with gateway.connect() as client:
        page = client.get("/page.txt", host="nginx.example")
        client.request("HEAD", "/page.txt", host="nginx.example")
        head = client.response("HEAD")
        assert head.get("Content-Length") == str(len(page.body))
        assert client.get("/no-content", host="nginx.example").status == 204
        fresh = client.get("/page.txt", ("If-None-Match", page.get("ETag")), host="nginx.example")
        assert fresh.status == 304
        assert client.get("/small", host="nginx.example").status == 200


def test_a_range_is_passed_through(gateway):
    answer = curl(gateway, "-H", "Host: nginx.example", "-r", "2-5", "-w", " %{http_code}",
                  target="/page.txt")
    assert answer.stdout == "page 206"


# Connections and messages


def test_pipelined_requests_are_answered_in_order(gateway):
    with gateway.connect() as client:
        client.send(b"".join(request("GET", f"/{n}") for n in range(50)))
        lines = [seen_by(client.response())["line"] for _ in range(50)]
    assert lines == [f"GET /{n} HTTP/1.1" for n in range(50)]


def test_pipelined_bodies_do_not_run_into_each_other(gateway):
    with gateway.connect() as client:
        client.send(request("POST", "/1", body=b"first") +
                    b"POST /2 HTTP/1.1\r\nHost: test.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"6\r\nsecond\r\n0\r\n\r\n" + request("GET", "/3"))
        assert [seen_by(client.response())["body"] for _ in range(3)] == ["first", "second", ""]


def test_a_request_may_come_byte_by_byte(gateway):
    with gateway.connect() as client:
        for byte in request("POST", "/slow", body=b"body"):
            client.send(bytes([byte]))
        assert seen_by(client.response())["body"] == "body"


def test_connection_close_is_obeyed(gateway):
    with gateway.connect() as client:
        answer = client.get("/", ("Connection", "close"))
        assert answer.get("Connection") == "close"
        assert client.end() == "fin"


def test_an_http10_client_gets_a_close(gateway):
    with gateway.connect() as client:
        client.send(b"GET /old HTTP/1.0\r\nHost: test.example\r\n\r\n")
        answer = client.response()
        assert answer.start_line == "HTTP/1.1 200 OK"
        assert seen_by(answer)["line"] == "GET /old HTTP/1.1"
        assert client.end() == "fin"


def test_an_http10_client_may_ask_for_keep_alive(gateway):
    with gateway.connect() as client:
        for _ in range(2):
            client.send(b"GET / HTTP/1.0\r\nHost: test.example\r\nConnection: keep-alive\r\n\r\n")
            assert client.response().get("Connection") == "keep-alive"


def test_an_http10_client_gets_a_chunked_body_without_chunks(lab):
    origin = lab.origin(serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(b"GET / HTTP/1.0\r\nHost: test.example\r\n\r\n")
        answer = client.response()
    assert (answer.body, answer.chunked) == (b"abcde", False)


def test_chunks_and_trailers_pass_both_ways(lab):
    origin = lab.origin([read_one, send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        b"5\r\nhello\r\n6;note=1\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n"), read_one])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n"
                    b"Trailer: X-In\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"3\r\nabc\r\n0\r\nX-In: 3\r\n\r\n")
        answer = client.response()
    assert answer.chunked and answer.body == b"hello world"
    assert answer.trailers == [("X-Sum", "11")]
    seen = origin.requests()[0]
    assert seen.chunked and seen.body == b"abc"
    assert seen.trailers == [("X-In", "3")]


def test_a_body_that_ends_with_the_connection_is_whole(lab):
    origin = lab.origin([read_one, send(b"HTTP/1.1 200 OK\r\n\r\nall of it")])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    answer = gateway.get()
    assert answer.body == b"all of it"
    assert gateway.record()["reason"] == "ok"


def test_an_upstream_of_http10_is_understood(lab):
    origin = lab.origin([read_one, send(b"HTTP/1.0 200 OK\r\n\r\nold"), half_close])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    answer = gateway.get()
    assert (answer.start_line, answer.body) == ("HTTP/1.1 200 OK", b"old")


def test_expect_100_continue_is_asked_of_the_upstream(lab):
    origin = lab.origin([read_head_only, send(b"HTTP/1.1 100 Continue\r\n\r\n"),
                         lambda talk: talk.received.extend(talk.wire.exactly(4)),
                         send(response(200, b"thanks"))])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(EXPECTING)
        assert client.wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 Continue\r\n")
        client.send(b"body")
        assert client.response().body == b"thanks"


def test_a_refused_expectation_needs_no_body(lab):
    """A final status instead of 100: the client never sends the body (RFC 9110 §10.1.1)."""
    origin = lab.origin([read_head_only, send(response(403, b"no", reason="Forbidden"))])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.send(EXPECTING)
        answer = client.response()
        assert (answer.status, answer.body) == (403, b"no")
        assert client.end() == "fin"


def test_interim_responses_are_passed_on(lab):
    origin = lab.origin([read_one, send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                                        b"HTTP/1.1 102 Processing\r\n\r\n"),
                         send(response(200, b"final")), read_one])
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    answer = gateway.get()
    assert [one.status for one in answer.interim] == [103, 102]
    assert answer.interim[0].get("Link") == "</a.css>"
    assert answer.body == b"final"


# What the upstream and the client are told


def test_the_upstream_learns_where_the_request_came_from(gateway):
    with gateway.connect() as client:
        fields = seen_by(client.get("/"))["fields"]
    assert fields["host"] == ["test.example"]
    assert fields["x-forwarded-for"] == ["127.0.0.1"]
    assert fields["x-forwarded-proto"] == ["http"]
    assert fields["x-forwarded-host"] == ["test.example"]
    assert fields["via"] == ["1.1 tidegate"]
    assert re.fullmatch(r"[\w.-]{8,128}", fields["x-request-id"][0])


def test_what_earlier_proxies_said_is_kept(gateway):
    with gateway.connect() as client:
        answer = client.get("/", ("X-Forwarded-For", "192.0.2.1"), ("Via", "1.0 first"),
                            ("X-Request-Id", "id-from-before"))
    fields = seen_by(answer)["fields"]
    assert fields["x-forwarded-for"] == ["192.0.2.1, 127.0.0.1"]
    assert fields["via"] == ["1.0 first, 1.1 tidegate"]
    assert fields["x-request-id"] == ["id-from-before"]


def test_every_request_gets_an_id_of_its_own(gateway):
    with gateway.connect() as client:
        ids = {seen_by(client.get("/"))["fields"]["x-request-id"][0] for _ in range(10)}
    assert len(ids) == 10


def test_responses_carry_via_and_a_date(gateway):
    answer = gateway.get()
    assert answer.get("Via") == "1.1 tidegate"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.get("Date"))


def test_fields_of_the_hop_end_here(gateway):
    with gateway.connect() as client:
        answer = client.get("/", ("Connection", "keep-alive, X-Private"), ("X-Private", "secret"),
                            ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"),
                            ("TE", "gzip"), ("X-Public", "yes"))
    fields = seen_by(answer)["fields"]
    for name in ("x-private", "keep-alive", "proxy-connection", "te", "connection"):
        assert name not in fields
    assert fields["x-public"] == ["yes"]


def test_fields_of_the_upstream_hop_end_here(lab):
    origin = lab.origin(serve(response(200, b"", ("Connection", "X-Private, keep-alive"),
                                       ("X-Private", "secret"), ("Keep-Alive", "timeout=5"),
                                       ("X-Public", "yes"))))
    gateway = lab.gateway(config.http("one"), clusters=[config.cluster("one", origin)])
    answer = gateway.get()
    assert answer.get("X-Private") is None and answer.get("Keep-Alive") is None
    assert answer.get("X-Public") == "yes"


def test_routes_change_request_fields(gateway):
    with gateway.connect() as client:
        answer = client.get("/changed", ("X-Set", "old"), ("X-Add", "one"), ("X-Remove", "gone"))
    fields = seen_by(answer)["fields"]
    assert fields["x-set"] == ["new"]
    assert fields["x-add"] == ["one", "more"]
    assert "x-remove" not in fields


def test_an_absolute_target_overrides_host(gateway):
    with gateway.connect() as client:
        client.send(b"GET http://test.example/path?q=1 HTTP/1.1\r\nHost: other.example\r\n\r\n")
        seen = seen_by(client.response())
    assert seen["line"] == "GET /path?q=1 HTTP/1.1"
    assert seen["fields"]["host"] == ["test.example"]


def test_options_of_the_server_itself_is_passed_on(gateway):
    with gateway.connect() as client:
        client.request("OPTIONS", "*")
        assert seen_by(client.response())["line"] == "OPTIONS * HTTP/1.1"


# Routes


@pytest.mark.parametrize("method, host, target, status, body", [
    ("GET", "test.example", "/teapot", 418, b"short and stout\n"),
    ("GET", "a.wild.example", "/", 200, b"wild"),
    ("GET", "one.wild.example", "/", 200, b"exact"),
    ("GET", "ONE.wild.example:80", "/", 200, b"exact"),
    ("GET", "any", "/method", 200, b"gets"),
    ("POST", "any", "/method", 200, b"posts"),
    ("GET", "paths.example", "/a", 200, b"prefix"),
    ("GET", "paths.example", "/a/c?x=/a/b", 200, b"prefix"),
    ("GET", "paths.example", "/a/b/c", 200, b"longer prefix"),
    ("GET", "paths.example", "/a/b", 200, b"exact path"),
    ("GET", "paths.example", "/%61/b", 200, b"exact path"),
])
def test_the_route_is_found_by_host_path_and_method(gateway, method, host, target, status, body):
    with gateway.connect() as client:
        client.request(method, target, host=host)
        answer = client.response()
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("method, host, target", [
    ("GET", "nobody.example", "/"),
    ("GET", "wild.example", "/"),
    ("GET", "paths.example", "/ab"),
    ("DELETE", "any", "/method"),
])
def test_without_a_route_the_answer_is_404_with_the_reason(gateway, method, host, target):
    with gateway.connect() as client:
        client.request(method, target, host=host)
        answer = client.response()
        assert answer.status == 404
        assert b"no_route" in answer.body
        assert client.get("/teapot").status == 418, "the connection stays usable"


def test_a_head_request_to_a_local_answer_has_no_body(gateway):
    with gateway.connect() as client:
        client.request("HEAD", "/teapot")
        assert client.response("HEAD").get("Content-Length") == "16"
        assert client.get("/teapot").body == b"short and stout\n"


# Addresses


@pytest.mark.parametrize("listen, upstream", [
    ("unix", "unix"), ("unix", "ipv4"), ("ipv4", "unix"), ("ipv6", "ipv6"), ("abstract", "ipv6")])
def test_every_kind_of_address_works_on_both_sides(lab, listen, upstream):
    def address(kind, name):
        return {"unix": lambda: f"unix:{lab.directory}/{name}.sock",
                "abstract": lambda: f"unix:@tidegate-{addresses.free_port()}",
                "ipv4": addresses.ipv4, "ipv6": addresses.ipv6}[kind]()

    nginx = lab.nginx(address=address(upstream, "up"))
    gateway = lab.gateway(config.http("one", address=address(listen, "in")),
                          clusters=[config.cluster("one", nginx)])
    with Client(gateway.address()) as client:
        assert client.get("/small").body == b"hello from nginx\n"
    record = gateway.record()
    assert record["endpoint"] == nginx.address
    client = {"ipv4": "127.0.0.1:", "ipv6": "[::1]:"}.get(listen, "unix:")
    assert record["client"].startswith(client)


def test_a_request_is_recorded_once_with_its_facts(lab):
    origin = lab.origin([answer_all(response(200, b"12345"))])
    gateway = lab.gateway(
        config.http(routes=[config.route("all", "one")]), clusters=[config.cluster("one", origin)])
    with gateway.connect() as client:
        client.request("POST", "/path?q=1", ("User-Agent", "test/1"), ("X-Request-Id", "my-id"),
                       body=b"abc")
        client.response()
    record = gateway.record()
    expected = {
        "type": "http", "listener": "web", "request_id": "my-id", "method": "POST",
        "host": "test.example", "target": "/path?q=1", "protocol": "HTTP/1.1",
        "user_agent": "test/1", "status": 200, "reason": "ok", "route": "all", "cluster": "one",
        "endpoint": origin.address, "tries": 1, "reused": False, "bytes_in": 3, "bytes_out": 5}
    assert {name: record[name] for name in expected} == expected
    assert record["total_ms"] >= record["first_byte_ms"] >= 0
    assert record["connect_ms"] >= 0
