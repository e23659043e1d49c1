"""A listener that neither takes nor refuses connections."""

import socket

from support import addresses


class Deaf:
    """Its backlog is full: the kernel drops what further clients send to open a connection."""

    def __init__(self):
        self.address = addresses.ipv4()
        family, where = addresses.split(self.address)
        self._sockets = [socket.socket(family)]
        self._sockets[0].bind(where)
        self._sockets[0].listen(0)
        for _ in range(4):
            sock = socket.socket(family)
            sock.setblocking(False)
            sock.connect_ex(where)
            self._sockets.append(sock)

    def stop(self):
        for sock in self._sockets:
            sock.close()
