"""HTTP/1.1 as a test wants to see it: exact bytes in, everything that was said out."""

from dataclasses import dataclass, field


class Ended(Exception):
    """The peer closed or reset the connection before the message was whole."""


class Wire:
    """Buffered reads from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self._buffer = bytearray()

    def more(self):
        """Whether another piece arrived; False at the peer's FIN. A reset raises."""
        piece = self.sock.recv(256 * 1024)
        self._buffer += piece
        return bool(piece)

    def until(self, marker):
        """Bytes up to and with `marker`."""
        while (at := self._buffer.find(marker)) < 0:
            if not self.more():
                raise Ended(bytes(self._buffer))
        return self._take(at + len(marker))

    def exactly(self, count):
        while len(self._buffer) < count:
            if not self.more():
                raise Ended(bytes(self._buffer))
        return self._take(count)

    def rest(self):
        """Everything up to the peer's FIN."""
        while self.more():
            pass
        return self._take(len(self._buffer))

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


@dataclass
class Message:
    start_line: str = ""
    fields: list = field(default_factory=list)  # (name, value) in order, spelling kept
    body: bytes = b""
    trailers: list = field(default_factory=list)
    chunked: bool = False
    interim: list = field(default_factory=list)  # 1xx heads before a final response

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    @property
    def status(self):
        return int(self.start_line.split(" ")[1])

    @property
    def method(self):
        return self.start_line.split(" ")[0]

    @property
    def target(self):
        return self.start_line.split(" ")[1]


def read_head(wire):
    lines = wire.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    return Message(lines[0], [_field(line) for line in lines[1:] if line])


def read_request(wire):
    message = read_head(wire)
    _read_body(wire, message, until_close=False)
    return message


def read_response(wire, method="GET"):
    """One response with its body; 1xx heads before it (but for 101) are kept in `interim`."""
    interim = []
    while True:
        message = read_head(wire)
        if message.status >= 200 or message.status == 101:
            break
        interim.append(message)
    message.interim = interim
    if method != "HEAD" and message.status not in (101, 204, 304):
        _read_body(wire, message, until_close=True)
    return message


def _field(line):
    name, _, value = line.partition(":")
    return name, value.strip()


def _read_body(wire, message, until_close):
    if "chunked" in message.get("Transfer-Encoding", "").lower():
        message.chunked = True
        _read_chunks(wire, message)
    elif (length := message.get("Content-Length")) is not None:
        message.body = wire.exactly(int(length))
    elif until_close:
        message.body = wire.rest()


def _read_chunks(wire, message):
    pieces = []
    while size := int(wire.until(b"\r\n").split(b";")[0], 16):
        pieces.append(wire.exactly(size))
        assert wire.exactly(2) == b"\r\n", "a chunk must end with CRLF"
    message.body = b"".join(pieces)
    while line := wire.until(b"\r\n")[:-2]:
        message.trailers.append(_field(line.decode("latin-1")))


def response(status=200, body=b"", *fields, reason="OK"):
    """The bytes of a response with a length; `fields` are (name, value) pairs."""
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + body


def request(method="GET", target="/", *fields, host="test.example", body=None):
    """The bytes of a request; `body` brings its own Content-Length."""
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    if body is not None:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode("latin-1") + b"\r\n" + (body or b"")
