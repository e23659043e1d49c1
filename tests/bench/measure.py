"""What is measured: CPU time, system calls, memory of idle connections."""

import re
import signal
import socket
import subprocess
import threading
import time

from proxies import LOAD_CORE
from support import addresses

REQUEST = b"GET / HTTP/1.1\r\nHost: bench.example\r\n\r\n"


def wrk(address, connections, seconds, *options):
    """Runs the load; returns how many requests were answered, and refuses to count failures."""
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, "wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s",
         *options, f"http://{address}/"], capture_output=True, text=True, check=True)
    if "Socket errors" in done.stdout or "Non-2xx" in done.stdout:
        raise SystemExit(f"the load saw errors:\n{done.stdout}")
    return int(re.search(r"(\d+) requests in", done.stdout)[1])


def cpu_per_request(proxy, connections, seconds, *options):
    """Microseconds of user and system time of all threads of all processes, and requests/s."""
    before = proxy.cpu_seconds()
    requests = wrk(proxy.address, connections, seconds, *options)
    return (proxy.cpu_seconds() - before) / requests * 1e6, requests / seconds


def ticks(proxy):
    """Clock ticks of user and of system time so far, over all processes: sampled, so good for a
    share over many of them and for nothing else."""
    times = []
    for pid in proxy.pids():
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        times.append((int(fields[11]), int(fields[12])))
    return tuple(map(sum, zip(*times)))


def syscalls_per_request(proxy, connections, seconds):
    """The total, and {name: share of it}, as strace counts them while the load runs."""
    attach = [part for pid in proxy.pids() for part in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", *attach],
                              stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    requests = wrk(proxy.address, connections, seconds)
    tracer.send_signal(signal.SIGINT)
    _, report = tracer.communicate(timeout=30)
    lines = re.findall(r"^\s*(\d+)\s+([a-z]\w*)$", report, re.M)
    calls = {name: int(count) for count, name in lines}
    calls.pop("total", None)
    if not calls:
        raise SystemExit(f"strace saw nothing:\n{report}")
    by_name = {name: count / requests for name, count in calls.items()}
    return sum(by_name.values()), by_name


class Sink:
    """A TCP backend that takes connections and keeps them."""

    def __init__(self):
        self.address = addresses.ipv4()
        family, where = addresses.split(self.address)
        self._listener = socket.socket(family)
        self._listener.bind(where)
        self._listener.listen(16384)
        self.taken = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.taken.append(self._listener.accept()[0])
            except OSError:
                return

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self.taken:
            sock.close()


def idle_http(proxy, count, ending=b"x" * 1024):
    """Bytes of PSS for each keep-alive connection that has had one answer and waits."""
    def one_request():
        sock = addresses.connect(proxy.address)
        sock.sendall(REQUEST)
        answer = b""
        while not answer.endswith(ending):
            answer += sock.recv(4096)
        return sock

    return _growth(proxy, count, one_request)


def idle_tcp(proxy, sink, count):
    """Bytes of PSS for each client connection with its upstream one."""
    def one_pair():
        before = len(sink.taken)
        sock = addresses.connect(proxy.address)
        while len(sink.taken) == before:
            time.sleep(0.0001)
        return sock

    return _growth(proxy, count, one_pair)


def _growth(proxy, count, open_one):
    open_one().close()  # what the first connection sets up for all is not counted
    time.sleep(1)
    before = proxy.pss()
    held = []
    try:
        for _ in range(count):
            held.append(open_one())
        time.sleep(2)
        return (proxy.pss() - before) / count
    finally:
        for sock in held:
            sock.close()
