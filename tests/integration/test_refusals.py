"""Requests that two parsers could read differently, or none should read, over a real socket."""

import pytest

from support import config
from support.http_wire import request, response
from support.origin import serve

HOST = b"Host: test.example\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(fields=b"", line=b"GET / HTTP/1.1", host=HOST):
    return line + b"\r\n" + host + fields + b"\r\n"


def post(fields, body=b""):
    return get(fields, b"POST / HTTP/1.1") + body


REFUSALS = {
    # Framing
    "two different lengths": (post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"),
                              400, "ambiguous_framing"),
    "two equal lengths": (post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"),
                          400, "ambiguous_framing"),
    "a list of lengths": (post(b"Content-Length: 3, 3\r\n", b"abc"), 400, "ambiguous_framing"),
    "length with chunked": (post(b"Content-Length: 3\r\n" + CHUNKED, b"0\r\n\r\n"),
                            400, "ambiguous_framing"),
    "chunked with length": (post(CHUNKED + b"Content-Length: 3\r\n", b"0\r\n\r\n"),
                            400, "ambiguous_framing"),
    "a signed length": (post(b"Content-Length: +3\r\n", b"abc"), 400, "ambiguous_framing"),
    "a negative length": (post(b"Content-Length: -1\r\n"), 400, "ambiguous_framing"),
    "a hexadecimal length": (post(b"Content-Length: 0x3\r\n", b"abc"), 400, "ambiguous_framing"),
    "an empty length": (post(b"Content-Length: \r\n"), 400, "ambiguous_framing"),
    "a length past 64 bits": (post(b"Content-Length: 18446744073709551617\r\n", b"a"),
                              400, "ambiguous_framing"),
    "chunked twice": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
                      400, "ambiguous_framing"),
    "chunked not last": (post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
                         400, "ambiguous_framing"),
    "chunked in HTTP/1.0": (get(CHUNKED, b"POST / HTTP/1.0") + b"0\r\n\r\n",
                            400, "ambiguous_framing"),
    "an unknown coding": (post(b"Transfer-Encoding: gzip\r\n", b"x"), 501, "unknown_coding"),
    "a coding under chunked": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
                               501, "unknown_coding"),
    "a near miss of chunked": (post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
                               501, "unknown_coding"),
    # Chunks
    "a chunk size of words": (post(CHUNKED, b"zz\r\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "an empty chunk size": (post(CHUNKED, b"\r\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a signed chunk size": (post(CHUNKED, b"+3\r\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a prefixed chunk size": (post(CHUNKED, b"0x3\r\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a space after a chunk size": (post(CHUNKED, b"3 \r\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a bare LF after a chunk size": (post(CHUNKED, b"3\nabc\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a chunk longer than its size": (post(CHUNKED, b"3\r\nabcd\r\n0\r\n\r\n"), 400, "bad_chunk"),
    "a chunk size past 64 bits": (post(CHUNKED, b"10000000000000003\r\nabc\r\n"), 400, "bad_chunk"),
    "a folded trailer": (post(CHUNKED, b"0\r\nA: b\r\n c\r\n\r\n"), 400, "bad_chunk"),
    # Lines
    "a bare LF after the request line": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400, "bad_request"),
    "a bare LF after a field": (b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, "bad_request"),
    "a bare CR in a value": (get(b"X: a\rb\r\n"), 400, "bad_request"),
    "NUL in a value": (get(b"X: a\0b\r\n"), 400, "bad_request"),
    "NUL in a name": (get(b"X\0Y: a\r\n"), 400, "bad_request"),
    "a folded field": (get(b"X: a\r\n b\r\n"), 400, "bad_request"),
    "a space before the first field": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "bad_request"),
    "a space before a colon": (get(b"Content-Length : 3\r\n"), 400, "bad_request"),
    "a tab before a colon": (get(b"Content-Length\t: 3\r\n"), 400, "bad_request"),
    "a field without a colon": (get(b"nonsense\r\n"), 400, "bad_request"),
    "a field without a name": (get(b": value\r\n"), 400, "bad_request"),
    "a name that is no token": (get(b"X(Y): a\r\n"), 400, "bad_request"),
    # The request line
    "garbage": (b"garbage\r\n\r\n", 400, "bad_request"),
    "binary garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
    "two spaces": (get(line=b"GET  / HTTP/1.1"), 400, "bad_request"),
    "a space at the end of the line": (get(line=b"GET / HTTP/1.1 "), 400, "bad_request"),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400, "bad_request"),
    "a fragment": (get(line=b"GET /a#b HTTP/1.1"), 400, "bad_request"),
    "an encoded NUL": (get(line=b"GET /a%00b HTTP/1.1"), 400, "bad_request"),
    "a target without a slash": (get(line=b"GET a HTTP/1.1"), 400, "bad_request"),
    "HTTP/2.0": (get(line=b"GET / HTTP/2.0"), 505, "bad_version"),
    "HTTP/1.2": (get(line=b"GET / HTTP/1.2"), 505, "bad_version"),
    "CONNECT": (get(line=b"CONNECT test.example:443 HTTP/1.1"), 501, "unknown_method"),
    # Host
    "no Host": (get(host=b""), 400, "bad_host"),
    "two Hosts": (get(b"Host: other.example\r\n"), 400, "bad_host"),
    "a Host with a path": (get(host=b"Host: a/b\r\n"), 400, "bad_host"),
    "a Host with user information": (get(host=b"Host: me@a\r\n"), 400, "bad_host"),
    "an empty Host": (get(host=b"Host: \r\n"), 400, "bad_host"),
    # Expectations and limits
    "an unknown expectation": (get(b"Expect: a-miracle\r\n"), 417, "expectation_failed"),
    "a target too long": (get(line=b"GET /" + b"a" * 600 + b" HTTP/1.1"), 414, "target_too_long"),
    "a head too large": (get(b"X: " + b"a" * 3000 + b"\r\n"), 431, "head_too_large"),
    "a head that never ends": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000, 431, "head_too_large"),
    "too many fields": (get(b"X: y\r\n" * 40), 431, "head_too_large"),
    "a length over the limit": (post(b"Content-Length: 1001\r\n"), 413, "body_too_large"),
    "chunks over the limit": (post(CHUNKED, b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n"),
                              413, "body_too_large"),
}


@pytest.fixture(scope="module")
def origin(shared_lab):
    return shared_lab.origin(serve(response(200, b"served")))


@pytest.fixture(scope="module")
def gateway(shared_lab, origin):
    limits = {"head_size": "2KiB", "fields": 32, "target_size": "512B", "body_size": "1000B"}
    return shared_lab.gateway(config.http("one", limits=limits),
                              clusters=[config.cluster("one", origin)])


@pytest.mark.parametrize("case", REFUSALS)
def test_it_is_refused_with_one_answer_and_a_close(gateway, origin, case):
    bytes_sent, status, reason = REFUSALS[case]
    records, failures, served = len(gateway.records()), gateway.failures(), len(origin.requests())
    with gateway.connect() as client:
        # What would be smuggled, were the message read otherwise.
        client.send(bytes_sent + request("GET", "/smuggled"))
        answer = client.response()
        assert answer.status == status
        assert answer.get("Connection") == "close"
        assert reason.encode() in answer.body
        assert client.end() == "fin", "the answer must not be cut off by a reset"
    record, = gateway.wait_records(records + 1)[records:]
    assert (record["status"], record["reason"], record["side"]) == (status, reason, "client")
    gateway.wait_idle()
    after = gateway.failures()
    assert after[reason] == failures.get(reason, 0) + 1
    assert sum(after.values()) == sum(failures.values()) + 1
    assert len(origin.requests()) == served, "nothing of it may reach the upstream as a request"


def test_every_refusal_left_nothing_behind(gateway):
    gateway.wait_idle()
    assert gateway.get().body == b"served"


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\r\nHost: A\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n003;a=b\r\nabc\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
], ids=["a capital host", "an empty line before", "an unusual method", "no space after a colon",
        "white space around a value", "capital chunked", "leading zeros and an extension",
        "an IPv6 host", "HTTP/1.0 without Host"])
def test_what_looks_odd_but_is_right_is_served(gateway, sent):
    with gateway.connect() as client:
        client.send(sent)
        assert client.response().body == b"served"
