"""The three proxies and the backend behind them, each configured as its own manual advises."""

import glob
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
from support import addresses, procfs  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PROXY_CORE, LOAD_CORE = "0", "1"
BODY = "x" * 1024
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

NGINX = """
{module}
{user} worker_processes 1; daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 32768; }}
{body}
"""

NGINX_BACKEND = """
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  server {{ listen {backend} backlog=16384; location / {{ return 200 "{text}"; }} }}
}}
"""

NGINX_HTTP = """
http {{
  access_log {log}; keepalive_requests 100000000; keepalive_timeout 600s;
  upstream backend {{ server {backend}; keepalive 128; keepalive_requests 100000000; }}
  server {{
    listen {listen} backlog=16384;
    location / {{ proxy_pass http://backend; proxy_http_version 1.1;
                  proxy_set_header Connection ""; proxy_set_header Host $host; }}
  }}
}}
"""

NGINX_STREAM = """
stream {{
  access_log off;
  server {{ listen {listen} backlog=16384; proxy_pass {backend}; proxy_timeout 600s; }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 9600
{global_log}
defaults
  mode {mode}
{log}
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
frontend in
  bind {listen} backlog 16384
  default_backend out
backend out
{reuse}
  server one {backend}
"""


class Running:
    """A proxy or backend: pinned to one core, with its children, stopped by pid."""

    def __init__(self, name, argv, core, directory, address):
        program = shutil.which(str(argv[0]), path=PATH) or str(argv[0])
        self.name = name
        self.address = address
        with open(directory / f"{name}.log", "wb") as out:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", "taskset", "-c", core, program,
                 *map(str, argv[1:])],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=directory)
        for _ in range(500):
            if addresses.accepts(address):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        raise SystemExit(f"{name} did not start, see {directory}/{name}.log:\n"
                         + (directory / f"{name}.log").read_text())

    def pids(self):
        """The process and all that descend from it."""
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for children in glob.glob(f"/proc/{pid}/task/*/children"):
                with open(children) as file:
                    waiting.extend(map(int, file.read().split()))
        return found

    def cpu_seconds(self):
        return sum(procfs.cpu_seconds(pid) for pid in self.pids())

    def pss(self):
        return sum(procfs.memory(pid)["Pss"] for pid in self.pids())

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def backend(directory):
    """nginx answering 1 KiB without looking at a file, on the core of the load."""
    address = addresses.ipv4()
    body = NGINX_BACKEND.format(backend=address, text=BODY)
    return run_nginx("backend", body, LOAD_CORE, directory, address)


def tidegate(directory, upstream, mode="http", log=False):
    binary = os.environ.get("TIDEGATE_BIN", str(ROOT / "build/release/tidegate"))
    if not os.path.exists(binary):
        raise SystemExit(f"{binary} is missing: cmake --preset release && "
                         "cmake --build --preset release")
    address = addresses.ipv4()
    path = directory / "tidegate.yaml"
    path.write_text(json.dumps({
        "version": 1, "workers": {"count": 1, "pin": False},
        "drain": {"lame_duck": "0s", "deadline": "1s"},
        "defaults": {"timeouts": {"idle": "600s"}},
        "listeners": [{"name": "in", "address": address, "protocol": mode, "cluster": "out",
                       "access_log": {"path": str(directory / "access.log")} if log else "off"}],
        "clusters": [{"name": "out", "idle_connections": 128,
                      "endpoints": [{"address": upstream}]}]}))
    return Running("tidegate", [os.path.abspath(binary), "run", "-c", path], PROXY_CORE, directory,
                   address)


def nginx(directory, upstream, mode="http", log=False):
    address = addresses.ipv4()
    template = NGINX_HTTP if mode == "http" else NGINX_STREAM
    body = template.format(listen=address, backend=upstream,
                           log=f"{directory}/access.log combined buffer=64k" if log else "off")
    module = f"load_module {STREAM_MODULE};" if mode == "tcp" else ""
    return run_nginx("nginx", body, PROXY_CORE, directory, address, module)


def haproxy(directory, upstream, mode="http", log=False):
    address = addresses.ipv4()
    path = directory / "haproxy.cfg"
    path.write_text(HAPROXY.format(
        mode=mode, listen=address, backend=upstream,
        reuse="  http-reuse always" if mode == "http" else "",
        global_log="  log stdout format raw local0" if log else "",
        log=f"  log global\n  option {mode}log" if log else ""))
    return Running("haproxy", ["haproxy", "-db", "-f", path], PROXY_CORE, directory, address)


def run_nginx(name, body, core, directory, address, module=""):
    """nginx with one worker; `body` is what follows the events block."""
    path = directory / f"{name}.conf"
    path.write_text(NGINX.format(module=module, directory=directory, body=body,
                                 user="user root;" if os.geteuid() == 0 else ""))
    argv = ["nginx", "-p", directory, "-c", path, "-e", directory / "error.log"]
    return Running(name, argv, core, directory, address)


ALL = {"tidegate": tidegate, "nginx": nginx, "haproxy": haproxy}


def missing(name, mode):
    """Why a proxy cannot be measured here, or None."""
    if name == "nginx" and mode == "tcp" and not os.path.exists(STREAM_MODULE):
        return "apt-get install libnginx-mod-stream"
    return None
