"""The reactor library alone: it builds without the gateway's libraries, installs, and serves a
program that knows nothing of this tree."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from support import addresses
from support.client import Client
from support.pace import SLOW, seconds
from support.programs import Program, need

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(SLOW, reason="the library is installed without sanitizers"),
    pytest.mark.limit(300),
]

# What the gateway wants and the library must not.
_GATEWAY_ONLY = ["CLI11", "OpenSSL", "nlohmann_json", "prometheus-cpp", "yaml-cpp"]


def cmake(*arguments):
    """Runs cmake to its end; its output is the failure's text."""
    done = subprocess.run([need("cmake"), *map(str, arguments)], text=True, timeout=seconds(280),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def configure(source, build, *settings):
    return cmake("-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=g++", *settings)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of the library alone, in which the gateway's libraries cannot be found."""
    build = tmp_path_factory.mktemp("alone")
    hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in _GATEWAY_ONLY]
    # -O0 for the time it takes; with the release preset's link-time optimisation, which must not
    # matter outside.
    configure(ROOT, build, "-DTIDEGATE_GATEWAY=OFF", "-DTIDEGATE_TESTS=OFF",
              "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
              "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", *hidden)
    cmake("--build", build)
    return build


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    cmake("--install", built, "--component", "reactor", "--prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def outside(installed, tmp_path_factory):
    """The program in tests/outside, built against the installed tree."""
    build = tmp_path_factory.mktemp("outside")
    configure(ROOT / "tests/outside", build, f"-DCMAKE_PREFIX_PATH={installed}",
              # No option that the library was built with: what the package says must be enough.
              "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-fno-lto")
    cmake("--build", build)
    return build / "outside"


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_nothing_else_is_built(built):
    made = {os.path.basename(path) for path in files_below(built)}
    assert {name for name in made if name.endswith(".a")} == {"libtidegate-base.a",
                                                              "libtidegate-reactor.a"}
    assert "tidegate" not in made


def test_the_installed_tree_is_complete_and_no_more(installed):
    files = files_below(installed)
    headers = {f"include/tidegate/{path.relative_to(ROOT)}"
               for folder in ("reactor", "reactor/base") for path in (ROOT / folder).glob("*.h")}
    assert {name for name in files if name.startswith("include/")} == headers
    rest = {re.sub(r"^lib/.*?-linux-gnu/", "lib/", name) for name in files - headers}
    package = "lib/cmake/tidegate-reactor/tidegate-reactor"
    assert rest == {"lib/libtidegate-base.a", "lib/libtidegate-reactor.a",
                    f"{package}Config.cmake", f"{package}ConfigVersion.cmake",
                    f"{package}Targets.cmake", f"{package}Targets-debug.cmake"}


def test_the_installed_files_do_not_name_the_tree_they_came_from(installed, built):
    for path in installed.rglob("*.cmake"):
        text = path.read_text()
        assert str(ROOT) not in text and str(built) not in text, path


def test_an_outside_program_serves(outside, lab):
    program = lab.keep(Program([str(outside)], lab.folder(), "outside"))
    program.wait_ready(lambda: program.out_path.read_text().endswith("\n"))
    address = program.out_path.read_text().removeprefix("listening on ").strip()
    with Client(address) as client:
        client.send(b"hello")
        assert client.wire.until(b"\n") == b"5 bytes\n"
        client.half_close()
        client.wire.rest()
    assert program.stop() == 0
    record = json.loads(program.stderr())
    assert (record["event"], record["why"], record["bytes"]) == ("client_left", "finished", 5)


def test_an_outside_program_needs_only_the_standard_libraries_and_fmt(outside):
    done = subprocess.run([need("readelf"), "-d", outside], text=True, capture_output=True,
                          check=True)
    needed = {re.sub(r"\.so.*", "", name)
              for name in re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout)}
    assert needed - {"libgcc_s", "libm", "ld-linux-x86-64"} == {"libc", "libstdc++", "libfmt"}


def test_the_first_program_of_the_readme_builds_as_it_says_and_echoes(installed, lab):
    blocks = re.findall(r"```(cpp|cmake)\n(.*?)```", (ROOT / "reactor/README.md").read_text(), re.S)
    source, lists = (dict(reversed(blocks))[language] for language in ("cpp", "cmake"))
    folder = lab.folder()
    address = addresses.ipv4()
    assert "127.0.0.1:7000" in source
    (folder / "echo.cc").write_text(source.replace("127.0.0.1:7000", address))
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(echo LANGUAGES CXX)\n" + lists)
    configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    cmake("--build", folder / "build")
    program = lab.keep(Program([str(folder / "build/echo")], folder, "echo"))
    program.wait_ready(lambda: addresses.accepts(address))
    with Client(address) as client:
        client.send(b"hello")
        client.half_close()
        assert client.wire.rest() == b"hello"


def test_another_minor_version_is_not_taken_for_this_one(installed, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(wish LANGUAGES NONE)\n"
        "find_package(tidegate-reactor 0.0.9 QUIET)\n"
        "message(STATUS \"found=${tidegate-reactor_FOUND}\")\n")
    said = cmake("-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    assert "found=0" in said
