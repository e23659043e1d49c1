#!/usr/bin/python3
"""Measures the reactor beside a bare epoll loop, libuv, libevent and nginx, as Markdown tables.

See README.md for what is measured and how.
"""

import argparse
import contextlib
import dataclasses
import resource
import shutil
import statistics
import tempfile
from pathlib import Path

import measure
import peers
import proxies
from bench import table

TOOLS = {"wrk": "wrk", "taskset": "util-linux", "setpriv": "util-linux", "nginx": "nginx-light",
         "strace": "strace"}
CLOSE = ("-H", "Connection: close")


@dataclasses.dataclass
class Cost:
    """What one server's requests cost, round by round."""
    totals: list = dataclasses.field(default_factory=list)  # µs of CPU for one request
    rates: list = dataclasses.field(default_factory=list)  # requests/s
    user: int = 0  # clock ticks, over all rounds
    system: int = 0

    def take(self, server, connections, seconds, *load):
        user, system = measure.ticks(server)
        total, rate = measure.cpu_per_request(server, connections, seconds, *load)
        user_after, system_after = measure.ticks(server)
        self.totals.append(total)
        self.rates.append(rate)
        self.user += user_after - user
        self.system += system_after - system

    def columns(self, floor):
        total = statistics.median(self.totals)
        user = total * self.user / (self.user + self.system)
        ratio = statistics.median(it / its for it, its in zip(self.totals, floor.totals))
        return [f"{user:.2f}", f"{total - user:.2f}", f"{total:.2f}",
                f"{min(self.totals):.2f}–{max(self.totals):.2f}", f"{ratio:.3f}",
                f"{statistics.median(self.rates):.0f}"]


@contextlib.contextmanager
def running(names):
    """The servers, by name."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name in names:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            started[name] = peers.start(name, directory)
            stack.callback(started[name].stop)
        yield started


def rounds(started, options, connections, *load):
    """{name: Cost}. Each round takes all servers in turn, the next round from the next one on: what
    disturbs the machine disturbs all."""
    costs = {name: Cost() for name in started}
    order = list(started)
    for server in started.values():
        measure.wrk(server.address, connections, 1, *load)
    for _ in range(options.rounds):
        for name in order:
            costs[name].take(started[name], connections, options.seconds, *load)
        order.append(order.pop(0))
    return costs


def cpu_table(title, unit, costs):
    table(title, ["server", "user µs", "system µs", "total µs", "min–max", f"÷ {peers.FLOOR}",
                  f"{unit}/s"],
          [[name, *cost.columns(costs[peers.FLOOR])] for name, cost in costs.items()])


def bench_plaintext(options):
    with running(options.servers) as started:
        for connections in options.connections:
            costs = rounds(started, options, connections)
            cpu_table(f"Plaintext: CPU per request, {connections} keep-alive connections, "
                      f"{options.rounds} rounds of {options.seconds} s", "requests", costs)


def bench_churn(options):
    with running(options.servers) as started:
        costs = rounds(started, options, options.churn_connections, *CLOSE)
    cpu_table(f"Churn: CPU per connection of one request, {options.churn_connections} at a time, "
              f"{options.rounds} rounds of {options.seconds} s", "connections", costs)


def bench_idle(options):
    rows = []
    for name in options.servers:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            server = peers.start(name, Path(directory))
            try:
                growth = measure.idle_http(server, options.idle_connections, b"Hello, World!")
                own = peers.connection_object(name, Path(directory))
            finally:
                server.stop()
        rows.append([name, f"{growth:.0f}", *([str(own), f"{growth - own:.0f}"] if own else
                                              ["", ""])])
    table(f"Bytes of user memory for each idle connection, over {options.idle_connections}",
          ["server", "all", "its own object", "beyond it"], rows)


def bench_syscalls(options):
    with running(options.servers) as started:
        for connections in (1, 64):
            rows = []
            for name, server in started.items():
                measure.wrk(server.address, connections, 1)
                total, by_name = measure.syscalls_per_request(server, connections, options.seconds)
                common = sorted(by_name.items(), key=lambda item: -item[1])
                rows.append([name, f"{total:.2f}", ", ".join(
                    f"{call} {count:.2f}" for call, count in common if count >= 0.01)])
            table(f"System calls per request: {connections} keep-alive connections",
                  ["server", "calls", "of which"], rows)


def bench_spread(options):
    rows = []
    for connections in options.spread_connections:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            server = peers.start(peers.OURS, Path(directory), "--pollers", options.pollers)
            try:
                measure.wrk(server.address, connections, 1)
            finally:
                server.stop()
            _, *served = peers.said(peers.OURS, Path(directory))
        rows.append([str(connections), *map(str, served)])
    table(f"Spread: connections each of {options.pollers} pollers was given (two more than the load "
          "keeps: two only asked whether the server was up)",
          ["connections", *(f"poller {i}" for i in range(options.pollers))], rows)


BENCHES = {"plaintext": bench_plaintext, "churn": bench_churn, "idle": bench_idle,
           "syscalls": bench_syscalls, "spread": bench_spread}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benches", nargs="*", metavar="BENCH",
                        help=f"which of {', '.join(BENCHES)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2, help="length of one run of the load")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64, 128, 1024])
    parser.add_argument("--churn-connections", type=int, default=64)
    parser.add_argument("--idle-connections", type=int, default=9000)
    parser.add_argument("--pollers", type=int, default=4, help="for spread")
    parser.add_argument("--spread-connections", type=int, nargs="+", default=[4, 16, 64, 1000])
    parser.add_argument("--servers", nargs="+", choices=peers.NAMES, default=peers.NAMES)
    options = parser.parse_args()
    if wrong := set(options.benches) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(wrong))}")
    if peers.FLOOR not in options.servers:
        parser.error(f'ratios need "{peers.FLOOR}"')
    return options


def main():
    options = arguments()
    absent = [f"{tool} (apt-get install {package})" for tool, package in TOOLS.items()
              if not shutil.which(tool, path=proxies.PATH)]
    if absent:
        raise SystemExit("missing: " + ", ".join(absent))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for name in options.benches or BENCHES:
        BENCHES[name](options)


if __name__ == "__main__":
    main()
