"""Real servers with generated configurations, each on a free loopback port."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

from support import addresses
from support.programs import need_file, start

_NGINX = """
daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/error.log;
{user}
events {{ worker_connections 8192; }}
http {{
  access_log off; default_type text/plain; keepalive_requests 1000000;
  client_max_body_size 0; client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen {listen} backlog=4096;
    root {directory}/www;
    add_header X-Served-By {name} always;
    location / {{ }}
    location /upload/ {{ dav_methods PUT; create_full_put_path on; }}
    location /no-content {{ return 204; }}
    location /small {{ return 200 "hello from {name}\\n"; }}
    {more}
  }}
}}
"""


class Nginx:
    """Serves `root`; PUT below /upload/ stores a file there; /small and /no-content need none."""

    def __init__(self, directory, name="nginx", address=None, more=""):
        self.address = address or addresses.ipv4()
        self.directory = directory / name
        self.root = self.directory / "www"
        self.root.mkdir(parents=True)
        path = self.directory / "nginx.conf"
        path.write_text(_NGINX.format(
            directory=self.directory, name=name, listen=self.address, more=more,
            user="user root;" if os.geteuid() == 0 else ""))
        self.program = start(["nginx", "-p", self.directory, "-c", path, "-e",
                              self.directory / "error.log"], self.directory, name, self.address)

    def stop(self):
        self.program.stop()


class Redis:
    def __init__(self, directory, address=None, name="redis"):
        self.address = address or addresses.ipv4()
        where = (["--port", 0, "--unixsocket", self.address[len("unix:"):]]
                 if self.address.startswith("unix:")
                 else ["--port", addresses.port_of(self.address), "--bind", _host(self.address)])
        self.program = start(["redis-server", *where, "--save", "", "--appendonly", "no",
                              "--dir", directory], directory, name, self.address)

    def stop(self):
        self.program.stop()


class Prometheus:
    """Scrapes `target` every 200 ms."""

    def __init__(self, directory, target):
        self.address = addresses.ipv4()
        path = directory / "prometheus.yaml"
        path.write_text(json.dumps({
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [{"job_name": "tidegate",
                                "static_configs": [{"targets": [target]}]}]}))
        self.program = start(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory / 'tsdb'}",
             f"--web.listen-address={self.address}"], directory, "prometheus", self.address)
        self.program.wait_ready(self._ready)

    def _ready(self):
        """It listens before it can answer: 503 until then."""
        try:
            urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=10).close()
        except urllib.error.HTTPError:
            return False
        return True

    def query(self, expression):
        """The result vector of an instant query."""
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def stop(self):
        self.program.stop()


class WebSocketEcho:
    """The echo server of websocket/server.js, over the `ws` package."""

    environment = {"NODE_PATH": "/usr/share/nodejs"}
    scripts = os.path.join(os.path.dirname(__file__), "websocket")

    def __init__(self, directory):
        need_file("/usr/share/nodejs/ws", "node-ws")
        self.address = addresses.ipv4()
        self.program = start(
            ["node", os.path.join(self.scripts, "server.js"), addresses.port_of(self.address)],
            directory, "ws-server", self.address, self.environment)

    def stop(self):
        self.program.stop()


def _host(address):
    return address.rpartition(":")[0].strip("[]")
