"""The examples that speak HTTP: techempower and websocket, with curl, wrk, node and raw bytes."""

import json
import re

import pytest

from support.examples import ANY_PORT, Example
from support.http_wire import request
from support.pace import SLOW, wait_until
from support.programs import need_file, run
from support.servers import WebSocketEcho
from support.websocket_wire import (ACCEPT, BINARY, CLOSE, CONTINUATION, KEY, PING, PONG, TEXT,
                                    close_frame, frame, read_close, read_frame)


@pytest.fixture
def start(lab):
    return lambda name, *arguments: lab.keep(Example(lab.folder(), name, *arguments))


# techempower


@pytest.fixture
def web(start):
    return start("techempower", ANY_PORT)


def test_curl_gets_both_pages(web):
    url = f"http://{web.address}"
    done = run(["curl", "-sS", "-i", f"{url}/plaintext", "--next", "-sS", f"{url}/json?x=1"])
    head, _, body = done.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK")
    assert re.search(r"^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$", head, re.MULTILINE)
    text, _, rest = body.partition("!")
    assert text == "Hello, World" and json.loads(rest) == {"message": "Hello, World!"}


def test_wrk_finds_nothing_wrong(web):
    done = run(["wrk", "-c", "32", "-t", "1", "-d", "1s", f"http://{web.address}/plaintext"])
    assert re.search(r"^ +\d+ requests in", done.stdout, re.MULTILINE), done.stdout
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout
    web.wait_idle()


def test_requests_may_come_in_pieces_cut_anywhere(web):
    whole = request("GET", "/json", ("Accept", "*/*"))
    with web.connect() as client, web.connect() as other:
        for cut in range(1, len(whole)):
            client.send(whole[:cut])
            other.get("/plaintext")  # time for the first piece to arrive alone
            client.send(whole[cut:])
            assert client.response().body == b'{"message":"Hello, World!"}'


def test_pipelined_requests_are_answered_in_order(web):
    with web.connect() as client:
        client.send((request("GET", "/plaintext") + request("GET", "/json")) * 10)
        for _ in range(10):
            assert client.response().body == b"Hello, World!"
            assert client.response().body.startswith(b"{")


def test_nothing_is_lost_when_the_answers_are_not_taken(web):
    """More answers than the kernel and the server keep; and the client is done asking."""
    count = 20_000
    with web.connect(receive_buffer=16 * 1024, timeout=25) as client:
        client.send(request("GET", "/plaintext") * count)
        client.half_close()
        assert client.wire.rest().count(b"Hello, World!") == count
    web.wait_idle()


def test_a_head_is_the_answer_to_head(web):
    with web.connect() as client:
        client.request("HEAD", "/plaintext")
        assert client.response("HEAD").get("Content-Length") == "13"
        assert client.get("/plaintext").body == b"Hello, World!"


@pytest.mark.parametrize("ask", [request("GET", "/plaintext", ("Connection", "close")),
                                 request("GET", "/plaintext", ("connection", "x, Close")),
                                 b"GET /plaintext HTTP/1.0\r\n\r\n"])
def test_a_client_that_says_so_is_left_alone_after_its_answer(web, ask):
    with web.connect() as client:
        client.send(ask + request("GET", "/json"))
        answer = client.response()
        assert (answer.status, answer.get("Connection")) == (200, "close")
        assert client.end() == "fin", "what came after it is not answered"
        client.close()
    web.wait_idle()


@pytest.mark.parametrize("method, target, status", [("GET", "/", 404), ("GET", "/plaintextx", 404),
                                                    ("DELETE", "/plaintext", 405)])
def test_other_requests_are_declined_and_the_connection_stays(web, method, target, status):
    with web.connect() as client:
        client.request(method, target)
        assert client.response().status == status
        assert client.get("/plaintext").status == 200


@pytest.mark.parametrize("wrong", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nnone\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
], ids=repr)
def test_bad_requests_are_refused_and_the_connection_ends(web, wrong):
    with web.connect() as client:
        client.send(wrong)
        assert client.response().status == 400
        assert client.end() == "fin"


@pytest.mark.parametrize("fields", [[("X", "y" * 9000)], [(f"X{i}", "y") for i in range(64)]],
                         ids=["bytes", "fields"])
def test_a_head_that_is_too_large_is_refused(web, fields):
    with web.connect() as client:
        client.request("GET", "/plaintext", *fields)
        assert client.response().status == 431
        assert client.end() == "fin"


def test_an_endless_head_is_refused(web):
    with web.connect() as client:
        client.send(b"GET /" + b"x" * 9000)
        assert client.response().status == 431


def test_silent_clients_leave(start):
    web = start("techempower", ANY_PORT, 200)
    with web.connect() as client:
        assert client.get("/plaintext").status == 200
        assert client.end() == "fin"
    web.wait_idle()


# websocket


@pytest.fixture
def echo(start):
    return start("websocket", ANY_PORT)


def handshake(**changes):
    """The request; a field whose value is None is left out."""
    fields = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": KEY,
              "Sec-WebSocket-Version": "13"}
    fields.update({name.replace("_", "-"): value for name, value in changes.items()})
    return request("GET", "/chat", *((name, value) for name, value in fields.items()
                                     if value is not None))


@pytest.fixture
def client(echo):
    """A client whose handshake is over."""
    with echo.connect() as client:
        client.send(handshake())
        assert client.response().status == 101
        yield client


def test_a_real_client_gets_its_messages_back(echo):
    need_file("/usr/share/nodejs/ws", "node-ws")
    size = 100_000 if SLOW else 1024 * 1024
    done = run(["node", f"{WebSocketEcho.scripts}/echo_client.js", f"ws://{echo.address}/",
                str(size)], env=WebSocketEcho.environment)
    assert json.loads(done.stdout) == {
        "text": "Grüße", "textIsText": True, "binary": True, "pong": "between",
        "joined": "in parts", "code": 4321}, done.stderr
    echo.wait_idle()


def test_the_handshake_proves_that_it_was_understood(echo):
    with echo.connect() as client:
        client.send(handshake(Connection="keep-alive, upgrade", Upgrade="WebSocket"))
        answer = client.response()
        assert (answer.status, answer.get("Sec-WebSocket-Accept")) == (101, ACCEPT)
        assert (answer.get("Upgrade"), answer.get("Connection")) == ("websocket", "Upgrade")


@pytest.mark.parametrize("changes, status", [
    ({"Connection": None}, 400), ({"Upgrade": "h2c"}, 400), ({"Sec_WebSocket_Key": None}, 400),
    ({"Sec_WebSocket_Key": "short=="}, 400), ({"Sec_WebSocket_Key": "=" * 24}, 400),
    ({"Sec_WebSocket_Version": "8"}, 426), ({"Sec_WebSocket_Version": None}, 426),
    ({"Content_Length": "1"}, 400), ({"X": "y" * 9000}, 431),
])
def test_wrong_handshakes_are_refused(echo, changes, status):
    with echo.connect() as client:
        client.send(handshake(**changes))
        answer = client.response()
        assert answer.status == status
        if status == 426:
            assert answer.get("Sec-WebSocket-Version") == "13"
        assert client.end() == "fin"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 1024 * 1024])
def test_messages_of_every_length_form_come_back(client, size):
    payload = bytes(range(256)) * (size // 256 + 1)
    client.send(frame(BINARY, payload[:size]))
    assert read_frame(client.wire) == (BINARY, payload[:size], True)


def test_frames_may_come_in_pieces_cut_anywhere(client):
    whole = frame(TEXT, "grün".encode() * 40) + frame(PING, b"?") + frame(BINARY, b"\xff")
    for cut in range(1, len(whole)):
        client.send(whole[:cut])
        client.send(whole[cut:])
        assert read_frame(client.wire) == (TEXT, "grün".encode() * 40, True)
        assert read_frame(client.wire) == (PONG, b"?", True)
        assert read_frame(client.wire) == (BINARY, b"\xff", True)


def test_bytes_may_come_one_by_one(client):
    for byte in frame(TEXT, b"a" * 130) + frame(PING, b"still there"):
        client.send(bytes([byte]))
    assert read_frame(client.wire) == (TEXT, b"a" * 130, True)
    assert read_frame(client.wire) == (PONG, b"still there", True)


def test_frames_may_come_together_with_the_handshake(echo):
    with echo.connect() as client:
        client.send(handshake() + frame(TEXT, b"eager"))
        client.response()
        assert read_frame(client.wire).payload == b"eager"


def test_fragments_are_put_together_and_pings_may_stand_between(client):
    character = "ü".encode()
    client.send(frame(TEXT, b"a" + character[:1], final=False) + frame(PING, b"now")
                + frame(CONTINUATION, b"", final=False) + frame(CONTINUATION, character[1:]))
    assert read_frame(client.wire) == (PONG, b"now", True)
    assert read_frame(client.wire) == (TEXT, "aü".encode(), True)


def test_pongs_that_nobody_asked_for_are_ignored(client):
    client.send(frame(PONG, b"hello?") + frame(TEXT, b"next"))
    assert read_frame(client.wire).payload == b"next"


@pytest.mark.parametrize("wrong", [
    frame(TEXT, b"plain", masked=False), frame(TEXT, reserved=4), frame(3), frame(11),
    frame(CONTINUATION, b"of what"), frame(TEXT, b"a", final=False) + frame(TEXT, b"b"),
    frame(PING, b"in parts", final=False), frame(PING, b"x" * 126),
    frame(TEXT, b"a", length=16), frame(TEXT, b"a", length=64), frame(CLOSE, b"1"),
    close_frame(999), close_frame(1004), close_frame(1005), close_frame(1006), close_frame(1015),
    close_frame(2999), close_frame(5000),
    b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(4),
], ids=lambda wrong: wrong[:12].hex())
def test_what_breaks_the_protocol_ends_the_connection(client, wrong):
    client.send(wrong + frame(TEXT, b"never answered"))
    # A length of 2^64 - 1 is a size as well as a mistake.
    assert read_close(client.wire) in ([1002, 1009] if wrong[1] == 0xFF else [1002])


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xc3",
                                  b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"a\x80",
                                  b"\xe2\x28\xa1", b"\xf0\x9f\x98"], ids=bytes.hex)
def test_text_that_is_no_utf8_ends_the_connection(client, text):
    client.send(frame(TEXT, text))
    assert read_close(client.wire) == 1007


def test_a_reason_that_is_no_utf8_ends_the_connection(client):
    client.send(close_frame(1000, b"\xff"))
    assert read_close(client.wire) == 1007


@pytest.mark.parametrize("text", ["\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"])
def test_text_at_the_borders_of_utf8_passes(client, text):
    client.send(frame(TEXT, text.encode()))
    assert read_frame(client.wire).payload == text.encode()


def test_a_message_that_is_too_large_ends_the_connection(client):
    limit = 1024 * 1024
    client.send(frame(BINARY, bytes(limit), final=False) + frame(CONTINUATION, b"1"))
    assert read_close(client.wire) == 1009


def test_an_announced_size_is_enough_to_refuse(client):
    client.send(frame(BINARY, bytes(1024 * 1024 + 1))[:14])
    assert read_close(client.wire) == 1009


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1014, 3000, 4999])
def test_a_close_is_answered_with_its_code(client, code):
    client.send(close_frame(code, b"bye") + frame(TEXT, b"too late"))
    assert read_close(client.wire) == code


def test_a_close_without_a_code_is_answered_so(client):
    client.send(frame(CLOSE))
    assert read_close(client.wire) is None


def test_an_ending_server_says_so(echo, client):
    client.send(frame(PING))
    read_frame(client.wire)
    echo.program.send_signal(15)
    assert read_close(client.wire) == 1001
    client.close()
    echo.stop()


def test_a_client_that_does_not_take_its_echo_gets_all_of_it_later(echo):
    count, size = 64, 256 * 1024
    with echo.connect(receive_buffer=16 * 1024) as client:
        client.send(handshake())
        client.response()
        client.sock.setblocking(False)
        wire = b"".join(frame(BINARY, bytes([i]) * size) for i in range(count))
        sent = 0
        try:
            while sent < len(wire):
                sent += client.sock.send(wire[sent:sent + 65536])
        except BlockingIOError:
            pass
        client.sock.settimeout(20)
        whole = sent // len(frame(BINARY, bytes(size)))
        for i in range(whole):
            assert read_frame(client.wire).payload == bytes([i]) * size
    wait_until(lambda: echo.open_more() == 0)
