#!/usr/bin/python3
"""Measures tidegate beside nginx and HAProxy in one run and prints Markdown tables.

See README.md for what is measured and how.
"""

import argparse
import contextlib
import resource
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import measure
import proxies

NAMES = list(proxies.ALL)
TOOLS = {"wrk": "wrk", "taskset": "util-linux", "setpriv": "util-linux", "nginx": "nginx-light",
         "haproxy": "haproxy"}


@contextlib.contextmanager
def running(mode, upstream, log=False, names=NAMES):
    """The proxies in front of `upstream`, by name."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name in names:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            started[name] = proxies.ALL[name](directory, upstream, mode, log)
            stack.callback(started[name].stop)
        yield started


@contextlib.contextmanager
def http_backend():
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        server = proxies.backend(Path(directory))
        try:
            yield server.address
        finally:
            server.stop()


def table(title, header, rows):
    print(f"\n{title}\n")
    for line in (header, ["---"] + ["---:"] * (len(header) - 1), *rows):
        print("| " + " | ".join(line) + " |")
    sys.stdout.flush()


def bench_cpu(options):
    """Rounds take the proxies in turn, so that what disturbs the machine disturbs all."""
    costs = {name: [] for name in NAMES}
    rates = {name: [] for name in NAMES}
    with http_backend() as upstream, running("http", upstream, options.log) as started:
        for proxy in started.values():
            measure.cpu_per_request(proxy, options.connections, 1)
        for _ in range(options.rounds):
            for name, proxy in started.items():
                cost, rate = measure.cpu_per_request(proxy, options.connections, options.seconds)
                costs[name].append(cost)
                rates[name].append(rate)
    rows = []
    for name in NAMES:
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(costs["tidegate"], costs[name]))
        spread = f"{min(costs[name]):.2f}–{max(costs[name]):.2f}"
        rows.append([name, f"{statistics.median(costs[name]):.2f}", spread, f"{ratio:.3f}",
                     f"{statistics.median(rates[name]):.0f}"])
    logs = "with access logs" if options.log else "without access logs"
    table(f"CPU per request: 1 KiB GET, {options.connections} keep-alive connections, {logs}, "
          f"{options.rounds} rounds of {options.seconds} s",
          ["proxy", "µs of CPU (median)", "min–max", "tidegate ÷ it", "requests/s"], rows)


def bench_syscalls(options):
    rows = []
    with http_backend() as upstream, running("http", upstream) as started:
        for name, proxy in started.items():
            measure.wrk(proxy.address, 8, 1)
            total, by_name = measure.syscalls_per_request(proxy, 8, options.seconds)
            common = sorted(by_name.items(), key=lambda item: -item[1])
            detail = ", ".join(f"{call} {count:.2f}" for call, count in common if count >= 0.01)
            rows.append([name, f"{total:.2f}", detail])
    table("System calls per request: 8 keep-alive connections",
          ["proxy", "calls", "of which"], rows)


def bench_idle(options):
    rows = []
    for name in NAMES:
        with http_backend() as upstream, running("http", upstream, names=[name]) as started:
            http = f"{measure.idle_http(started[name], options.idle_connections) / 1024:.2f}"
        rows.append([name, http, idle_tcp(name, options.idle_connections)])
    table(f"KiB of PSS for each idle connection, over {options.idle_connections}",
          ["proxy", "HTTP keep-alive", "TCP pair"], rows)


def idle_tcp(name, count):
    if why := proxies.missing(name, "tcp"):
        return why
    sink = measure.Sink()
    try:
        with running("tcp", sink.address, names=[name]) as started:
            return f"{measure.idle_tcp(started[name], sink, count) / 1024:.2f}"
    finally:
        sink.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="CPU per request (the default)")
    parser.add_argument("--syscalls", action="store_true", help="system calls per request")
    parser.add_argument("--idle", action="store_true", help="memory per idle connection")
    parser.add_argument("--all", action="store_true", help="all three")
    parser.add_argument("--log", action="store_true", help="measure CPU with access logs to a file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of one run of the load")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--idle-connections", type=int, default=9000)
    return parser.parse_args()


def main():
    options = arguments()
    absent = [f"{tool} (apt-get install {package})" for tool, package in
              {**TOOLS, **({"strace": "strace"} if options.syscalls or options.all else {})}.items()
              if not shutil.which(tool, path=proxies.PATH)]
    if absent:
        raise SystemExit("missing: " + ", ".join(absent))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.cpu or options.all or not (options.syscalls or options.idle):
        bench_cpu(options)
    if options.syscalls or options.all:
        bench_syscalls(options)
    if options.idle or options.all:
        bench_idle(options)


if __name__ == "__main__":
    main()
