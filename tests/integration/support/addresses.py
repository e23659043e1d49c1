"""Addresses in the gateway's own text form: "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock"."""

import random
import socket

# Below the kernel's ephemeral range, so that no outgoing connection takes a port between our
# finding it free and a program's binding it.
_PORTS = range(20000, 32000)
_given = set()


def free_port():
    """A loopback TCP port nobody listens on, never handed out twice in one run."""
    while True:
        port = random.choice(_PORTS)
        if port not in _given and _bindable(socket.AF_INET, "127.0.0.1", port):
            _given.add(port)
            return port


def _bindable(family, host, port):
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def ipv4():
    return f"127.0.0.1:{free_port()}"


def ipv6():
    return f"[::1]:{free_port()}"


def port_of(address):
    return int(address.rpartition(":")[2])


def split(address):
    """The socket family and what bind(2) or connect(2) want for an address."""
    if address.startswith("unix:"):
        path = address[len("unix:"):]
        return socket.AF_UNIX, "\0" + path[1:] if path.startswith("@") else path
    host, _, port = address.rpartition(":")
    if host.startswith("["):
        return socket.AF_INET6, (host[1:-1], int(port))
    return socket.AF_INET, (host, int(port))


def connect(address, timeout=10.0, receive_buffer=None):
    """A connected socket; a small `receive_buffer` keeps the kernel from reading ahead for us."""
    family, where = split(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(where)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def accepts(address):
    """Whether somebody takes connections there."""
    try:
        connect(address, timeout=1.0).close()
    except OSError:
        return False
    return True
