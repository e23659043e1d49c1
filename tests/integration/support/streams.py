"""Large transfers whose bytes can be checked on the fly: no file, no hash, constant memory."""

import random
import socket
import threading
import time

PIECE = 1024 * 1024
_NOISE = random.Random(1).randbytes(PIECE)


def piece(index):
    """The `index`-th MiB of the stream; no two are the same."""
    return index.to_bytes(8, "big") + _NOISE[8:]


def send_pieces(sock, count):
    for index in range(count):
        sock.sendall(piece(index))


def check_pieces(read_exactly, count):
    """Reads `count` pieces and fails at the first that differs."""
    for index in range(count):
        assert read_exactly(PIECE) == piece(index), f"MiB {index} differs"


def read_exactly(sock):
    """A function that reads as many bytes as it is asked for into one reused buffer."""
    buffer = bytearray(PIECE)

    def read(count):
        view = memoryview(buffer)[:count]
        while view:
            got = sock.recv_into(view)
            if not got:
                raise EOFError("the stream ended early")
            view = view[got:]
        return buffer if count == PIECE else buffer[:count]

    return read


class Sender(threading.Thread):
    """Sends to a socket until it is told to stop; `sent` is what the other side let it send."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self._sock = sock
        self._done = threading.Event()
        self.sent = 0

    def run(self):
        self._sock.settimeout(0.2)
        while not self._done.is_set():
            try:
                self.sent += self._sock.send(_NOISE)
            except socket.timeout:
                continue
            except OSError:
                return

    def stop(self):
        self._done.set()
        self.join()

    def held_back(self):
        """Whether it has sent something and can send no more for now."""
        before = self.sent
        time.sleep(0.3)
        return before > 0 and self.sent == before
