"""The servers of tests/bench/peers and nginx, each answering "Hello, World!" on one thread."""

import os
from pathlib import Path

from proxies import PROXY_CORE, ROOT, Running, run_nginx
from support import addresses

NGINX_PLAINTEXT = """
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 60s;
  server {{
    listen {listen} backlog=4096;
    location / {{ default_type text/plain; return 200 "Hello, World!"; }}
  }}
}}
"""

# The name in the tables, and the program.
PROGRAMS = {"bare epoll": "bare_epoll", "tidegate-reactor": "reactor_plaintext",
            "libuv": "libuv_plaintext", "libevent": "libevent_plaintext"}
FLOOR, OURS = "bare epoll", "tidegate-reactor"
NAMES = [*PROGRAMS, "nginx"]


def folder():
    return Path(os.environ.get("TIDEGATE_PEERS", ROOT / "build/bench/tests/bench/peers"))


def start(name, directory):
    """A running server; `directory` takes its files and output."""
    address = addresses.ipv4()
    if name == "nginx":
        body = NGINX_PLAINTEXT.format(listen=address)
        return run_nginx(name, body, PROXY_CORE, directory, address)
    program = (folder() / PROGRAMS[name]).resolve()
    if not program.exists():
        raise SystemExit(f"{program} is missing: cmake --preset bench && "
                         "cmake --build --preset bench")
    argv = [program, "--port", addresses.port_of(address)]
    return Running(PROGRAMS[name], argv, PROXY_CORE, directory, address)


def connection_object(name, directory):
    """Bytes of the object that a server makes for each connection itself, as it says; 0: unknown."""
    if name == "nginx":
        return 0
    return int((directory / f"{PROGRAMS[name]}.log").read_text().split()[1])
