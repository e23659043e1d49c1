"""Backends that misbehave on command: each connection runs a script of small steps.

A script is a list of steps; a step is a function of the Conversation. The origin's n-th connection
runs the n-th script, connections past the last run the last. When its script is over a connection
is closed.
"""

import os
import socket
import struct
import threading
import time

from support import addresses
from support.http_wire import Ended, Wire, read_request, response
from support.pace import seconds


class Conversation:
    """One accepted connection. `requests` and `received` are what the steps have read so far."""

    def __init__(self, sock, index, stopping):
        self.sock = sock
        self.wire = Wire(sock)
        self.index = index
        self.stopping = stopping
        self.requests = []
        self.received = bytearray()
        self.sent = 0
        self.end = None  # how the peer ended it, once seen: "fin" or "reset"
        self.over = threading.Event()

    def send(self, data):
        view = memoryview(data)
        while view:
            count = self.sock.send(view[:256 * 1024])
            self.sent += count
            view = view[count:]

    def run(self, script):
        try:
            for step in script:
                step(self)
        except Ended:
            self.end = "fin"
        except (ConnectionResetError, BrokenPipeError):
            self.end = "reset"
        except OSError:
            pass  # closed under us by stop(), or by reset()
        finally:
            self.sock.close()
            self.over.set()


class Origin:
    """A listening socket and a thread for each connection."""

    def __init__(self, *scripts, address=None, receive_buffer=None):
        self.address = address or addresses.ipv4()
        self.conversations = []
        self._scripts = scripts
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = []
        family, where = addresses.split(self.address)
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        if family != socket.AF_UNIX:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(where)
        self._listener.listen(1024)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def requests(self):
        """Every request read so far, connection by connection."""
        with self._lock:
            return [one for talk in self.conversations for one in talk.requests]

    def hang_up(self):
        """Closes every open connection, as a backend that restarts does."""
        with self._lock:
            for talk in self.conversations:
                _shut_down(talk.sock)

    def stop(self):
        self._stopping.set()
        _shut_down(self._listener)
        self._listener.close()
        self._acceptor.join()
        self.hang_up()
        for thread in self._threads:
            thread.join(seconds(5))
        if self.address.startswith("unix:/"):
            os.unlink(self.address[len("unix:"):])

    def _accept(self):
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(seconds(60))
            with self._lock:
                talk = Conversation(sock, len(self.conversations), self._stopping)
                self.conversations.append(talk)
            script = self._scripts[min(talk.index, len(self._scripts) - 1)]
            thread = threading.Thread(target=talk.run, args=(script,), daemon=True)
            self._threads.append(thread)
            thread.start()


def _shut_down(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


# Steps

def read_one(talk):
    """Reads one whole request."""
    talk.requests.append(read_request(talk.wire))


def read_head_only(talk):
    talk.received += talk.wire.until(b"\r\n\r\n")


def read_bytes(count):
    def step(talk):
        talk.received += talk.wire.exactly(count)
    return step


def read_to_end(talk):
    """Reads until the peer's FIN or reset."""
    talk.received += talk.wire.rest()
    talk.end = "fin"


def send(data):
    return lambda talk: talk.send(data)


def trickle(data, pause):
    """Sends one byte at a time."""
    def step(talk):
        for at in range(len(data)):
            talk.send(data[at:at + 1])
            time.sleep(pause)
    return step


def flood(count, piece=b"x" * 65536):
    """Sends `count` bytes as fast as they are taken."""
    def step(talk):
        left = count
        while left > 0:
            talk.send(piece[:left])
            left -= len(piece)
    return step


def sleep(pause):
    return lambda talk: talk.stopping.wait(pause)


def hold(talk):
    """Neither reads nor writes until the origin is stopped."""
    talk.stopping.wait(seconds(60))


def await_end(talk):
    """Sends nothing, and notes how the peer ends the connection."""
    read_to_end(talk)


def half_close(talk):
    talk.sock.shutdown(socket.SHUT_WR)


def close(talk):
    talk.sock.close()
    raise OSError("closed by the script")


def reset(talk):
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(talk)


def echo_bytes(talk):
    """Sends back what it reads, until the peer's FIN."""
    while piece := talk.sock.recv(65536):
        talk.received += piece
        talk.send(piece)
    talk.end = "fin"


def answer_all(answer):
    """Reads requests and sends `answer` to each until the peer leaves; `answer` may be a function
    of the request."""
    def step(talk):
        while True:
            read_one(talk)
            talk.send(answer(talk.requests[-1]) if callable(answer) else answer)
    return step


def serve(answer=response(200, b"hello")):
    """A script: a well-behaved keep-alive server."""
    return [answer_all(answer)]
