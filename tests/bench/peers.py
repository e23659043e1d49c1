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


def start(name, directory, *options):
    """A running server; `directory` takes its files and output. nginx takes no options."""
    address = addresses.ipv4()
    if name == "nginx":
        body = NGINX_PLAINTEXT.format(listen=address)
        return run_nginx(name, body, PROXY_CORE, directory, address)
    program = (folder() / PROGRAMS[name]).resolve()
    if not program.exists():
        raise SystemExit(f"{program} is missing: cmake --preset bench && "
                         "cmake --build --preset bench")
    argv = [program, "--port", addresses.port_of(address), *options]
    return Running(PROGRAMS[name], argv, PROXY_CORE, directory, address)


def said(name, directory):
    """The numbers that one of PROGRAMS has printed, beside its address, line by line."""
    lines = (directory / f"{PROGRAMS[name]}.log").read_text().splitlines()
    return [int(word) for line in lines for word in line.split() if word.isdigit()]


def connection_object(name, directory):
    """Bytes of the object that a server makes for each connection itself; 0: it does not say."""
    return said(name, directory)[0] if name in PROGRAMS else 0
