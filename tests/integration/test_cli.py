"""The command line: what is printed, and the exit status."""

import json
import re
import signal
import socket
import subprocess

import pytest

from support import addresses
from support.client import Client
from support.gateway import binary
from support.pace import seconds, wait_until
from support.programs import Program

GOOD = """\
version: 1
listeners:
  - { name: web, address: "127.0.0.1:8081", protocol: http, cluster: one }
clusters:
  - name: one
    endpoints: [ { address: "127.0.0.1:8082" } ]
"""


def tidegate(*args, **more):
    return subprocess.run([binary(), *args], capture_output=True, text=True, timeout=seconds(20),
                          check=False, **more)


def check(directory, text, *args):
    path = directory / "tidegate.yaml"
    path.write_text(text)
    return tidegate("check", "-c", "tidegate.yaml", *args, cwd=directory)


def test_a_good_file_passes(tmp_path):
    assert check(tmp_path, GOOD).returncode == 0


BAD = {
    "an unknown key": (GOOD.replace("protocol", "protocoll"), ["3:45", "protocol"]),
    "an unknown key at the top": (GOOD + "clutsers: []\n", ["7:1", "did you mean", "clusters"]),
    "a duplicate key": (GOOD + "version: 1\n", ["7:1"]),
    "a missing unit": (GOOD + "drain: { lame_duck: 5 }\n", ["7:21"]),
    "a dangling name": (GOOD.replace("cluster: one", "cluster: two"), ["3:70", "two"]),
    "an unterminated quote": (GOOD + 'log: { path: "stderr }\n', ["7:"]),
    "a second document": (GOOD + "---\nversion: 1\n", ["7:"]),
    "a tab": (GOOD + "drain:\n\tlame_duck: 5s\n", ["8:"]),
    "a bad address": (GOOD.replace("127.0.0.1:8082", "nowhere"), ["6:29"]),
    "a bad policy": (GOOD + "    load_balancing: { policy: fastest }\n", ["7:31", "round_robin"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_where_it_is_bad(tmp_path, case):
    text, expected = BAD[case]
    done = check(tmp_path, text)
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert f"tidegate.yaml:{expected[0]}" in output
    for word in expected[1:]:
        assert word in output


def test_every_problem_is_told_at_once(tmp_path):
    text = GOOD.replace("cluster: one", "cluster: two") + "drain: { deadline: 1 }\nx: y\n"
    done = check(tmp_path, text)
    output = done.stdout + done.stderr
    lines = set(re.findall(r"tidegate\.yaml:(\d+):\d+", output))
    assert {"3", "7", "8"} <= lines, output


def test_the_effective_configuration_means_the_same(tmp_path):
    first = check(tmp_path, GOOD, "--effective")
    assert first.returncode == 0
    assert "client_header" in first.stdout, "defaults are filled in"
    second = check(tmp_path, first.stdout, "--effective")
    assert (second.returncode, second.stdout) == (0, first.stdout)


def test_the_schema_is_json():
    done = tidegate("schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert {"version", "listeners", "clusters"} <= set(schema["properties"])


def test_the_version_is_told():
    done = tidegate("version")
    assert done.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["schema"], ["version"]])
def test_help_is_there_for_every_command(command):
    done = tidegate(*command, "--help")
    assert done.returncode == 0
    assert "--help" in done.stdout


@pytest.mark.parametrize("args", [
    ["--unknown"], ["run", "--unknown"], ["check", "-c"], ["fly"], ["run", "operand"], []],
    ids=["an unknown option", "an unknown option of a command", "an option without its value",
         "an unknown command", "a stray word", "nothing"])
def test_wrong_usage_is_status_2(args):
    done = tidegate(*args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_file_that_is_not_there_is_status_1(tmp_path, command):
    done = tidegate(command, "-c", str(tmp_path / "nothing.yaml"))
    assert done.returncode == 1
    assert "nothing.yaml" in done.stdout + done.stderr


def test_a_bad_file_does_not_run(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("version: 1\nx: y\n")
    done = tidegate("run", "-c", str(path))
    assert done.returncode == 1
    assert "bad.yaml:2:1" in done.stdout + done.stderr


def test_a_port_that_is_taken_stops_the_start(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        path = tmp_path / "taken.yaml"
        path.write_text(GOOD.replace("127.0.0.1:8081", address))
        done = tidegate("run", "-c", str(path))
    assert done.returncode == 1
    assert address in done.stdout + done.stderr


def test_without_a_file_it_answers_at_once(tmp_path):
    for address in ("127.0.0.1:8080", "127.0.0.1:9901"):
        if addresses.accepts(address):
            pytest.skip(f"{address} is taken by somebody else")
    program = Program([binary(), "run"], tmp_path, "default")
    try:
        program.wait_ready(lambda: addresses.accepts("127.0.0.1:8080"))
        with Client("127.0.0.1:8080") as client:
            assert client.get("/", host="localhost").status == 200
        with Client("127.0.0.1:9901") as client:
            assert client.get("/readyz", host="localhost").status == 200
        program.send_signal(signal.SIGTERM)
        wait_until(lambda: not program.running(), patience=20, what="the gateway to leave")
        assert program.wait() == 0
    finally:
        program.kill()
