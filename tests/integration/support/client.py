"""A client that says exactly what it is told to, and sees exactly how it is answered."""

import socket
import struct

from support import addresses
from support.http_wire import Wire, read_response, request
from support.pace import seconds


class Client:
    def __init__(self, address, timeout=10.0, receive_buffer=None):
        self.sock = addresses.connect(address, seconds(timeout), receive_buffer)
        self.wire = Wire(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def request(self, *args, **more):
        """Sends one request; the arguments are those of `http_wire.request`."""
        self.send(request(*args, **more))

    def response(self, method="GET"):
        return read_response(self.wire, method)

    def get(self, *args, **more):
        self.request("GET", *args, **more)
        return self.response()

    def end(self):
        """How the connection ends: "fin" or "reset". Fails on bytes, or when it stays open."""
        try:
            rest = self.wire.rest()
        except ConnectionResetError:
            return "reset"
        assert rest == b"", f"unexpected bytes before the close: {rest[:200]!r}"
        return "fin"

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()
