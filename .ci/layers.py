#!/usr/bin/python3
"""Holds the sources against the layer table: an include may only point to a smaller number.

layers.py               checks every source under the root of the tree
layers.py --headers     compiles every header alone
layers.py --self-test   proves on small wrong trees that each check can fail

Prints file:line: complaint and exits with 1 when there is any.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What may stand at the top, apart from names that begin with a dot.
TOP_FOLDERS = {"gateway", "reactor", "admin", "conf", "tests", "deploy", "build"}

# A folder without an entry is an error, so that a new one is put where it belongs.
LAYERS = {
    "reactor/base": 0,
    "reactor": 1, "conf": 1, "gateway/failure": 1,
    "reactor/examples": 2, "gateway/http": 2,
    "gateway/http1": 3, "gateway/http2": 3, "gateway/route": 3, "gateway/filter": 3,
    "gateway/transport": 4, "gateway/telemetry": 4,
    "gateway/upstream": 5,
    "gateway/session": 6,
    "gateway/server": 7,
    "admin": 8,
    "gateway/main": 9,
    "tests": 10,
}

# Files that are a layer of their own.
OWN_LAYER = {
    "gateway/failure.h": "gateway/failure",
    "gateway/failure.cc": "gateway/failure",
    "gateway/main.cc": "gateway/main",
}

# Third-party headers by how their names begin, and the layers or files that may name them. What is
# not listed here and is no header of the language or the system is an error.
HOMES = {
    "openssl/": ["gateway/transport", "reactor/examples"],
    "prometheus/": ["gateway/telemetry", "admin"],
    "yaml-cpp/": ["conf"],
    "nghttp2/": ["gateway/http2"],
    "sys/epoll.h": ["reactor/epoll_backend.cc"],
    "CLI/": ["gateway/server"],
    "nlohmann/": ["admin"],
    "fmt/": ["reactor/base", "gateway/telemetry"],
    "ares.h": ["gateway/upstream"],
    "re2/": ["gateway/route"],
    "systemd/": ["gateway/server"],
    "boost/test/": [],
    "benchmark/": [],
}

SYSTEM_HEADER = re.compile(
    r"[a-z_0-9]+"  # the standard library
    r"|cxxabi\.h"  # the compiler's own: names of types
    r"|(sys|net|netinet|arpa|linux)/[a-z_0-9]+\.h"
    r"|(dirent|dlfcn|emmintrin|fcntl|grp|immintrin|netdb|poll|pthread|pwd|sched|signal|spawn"
    r"|syslog|termios|unistd)\.h")

NETWORK_HOME = "reactor/socket.cc"

# Short names are also the names of methods: they count only as `::name(`.
NETWORK_CALL = re.compile(
    r"(?<![\w>\])])::\s*(?:socket|bind|listen|accept|connect|recv|send|shutdown)\s*\("
    r"|(?<![\w.>:])(?:::\s*)?(?:accept4|socketpair|recvfrom|recvmsg|recvmmsg|sendto|sendmsg|sendmmsg"
    r"|getsockopt|setsockopt|getsockname|getpeername|sendfile)\s*\(")

# The reactor library is of use to programs that know nothing of these.
STRANGE_TO_REACTOR = re.compile(r"\b(?:https?|tls|ssl|openssl|yaml|(?:conf|gateway)(?=::))\b",
                                re.IGNORECASE)

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def layer_of(path):
    """The key in LAYERS, or None."""
    if path in OWN_LAYER:
        return OWN_LAYER[path]
    folder = os.path.dirname(path)
    if folder.split("/")[0] == "tests":
        return "tests"
    return folder if folder in LAYERS else None


def includes(text):
    """(line number, name, quoted) for every include."""
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) or found.group(2), found.group(1) is not None


def without_comments(text):
    """The same lines without what stands in comments and string literals."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    blank = lambda found: re.sub(r"[^\n]+", " ", found.group())
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def check_include(path, layer, name, sources):
    """A complaint about one quoted include, or None."""
    target = layer_of(name)
    if name not in sources:
        return f'"{name}" is no file of this tree; includes are written from its root'
    if target is None:
        return f'"{name}" belongs to no layer'
    if target == layer or LAYERS[target] < LAYERS[layer]:
        return None
    return (f'{layer} (layer {LAYERS[layer]}) must not include "{name}": '
            f"{target} is layer {LAYERS[target]}")


def check_third_party(path, layer, name):
    """A complaint about one <include>, or None."""
    if layer == "tests":
        return None
    for beginning, homes in HOMES.items():
        if name.startswith(beginning):
            if layer in homes or path in homes:
                return None
            return f"<{name}> is named only in {' and '.join(homes) or 'tests'}"
    if SYSTEM_HEADER.fullmatch(name):
        return None
    return f"<{name}> has no home: give it one in .ci/layers.py"


def check_order(path, sources):
    """Own header first; #pragma once before anything that is not a comment."""
    text = sources[path]
    if path.endswith(".h"):
        lines = [line for line in text.splitlines() if line and not line.startswith("//")]
        if not lines or lines[0] != "#pragma once":
            yield 1, "a header begins with #pragma once, after its comment"
        return
    own = path[: -len(".cc")] + ".h"
    listed = list(includes(text))
    if own in sources and (not listed or listed[0][1] != own):
        yield (listed[0][0] if listed else 1), f'the first include is its own header, "{own}"'


def check_words(path, layer, text):
    """What must not be named, whatever is included."""
    code = without_comments(text)
    for number, line in enumerate(code.splitlines(), 1):
        call = NETWORK_CALL.search(line)
        if call and path != NETWORK_HOME and layer != "tests":
            yield number, f"{call.group().strip(':( ')}() is called only in {NETWORK_HOME}"
    if layer not in ("reactor", "reactor/base"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        word = STRANGE_TO_REACTOR.search(line)
        if word:
            yield number, f'the reactor library knows nothing of "{word.group()}"'


def check_source(path, sources):
    """(line number, complaint) for everything wrong with one file."""
    layer = layer_of(path)
    if layer is None:
        yield 1, f"the folder {os.path.dirname(path) or '.'} is no layer: see LAYERS in .ci/layers.py"
        return
    text = sources[path]
    for number, name, quoted in includes(text):
        complaint = (check_include(path, layer, name, sources) if quoted
                     else check_third_party(path, layer, name))
        if complaint:
            yield number, complaint
    yield from check_order(path, sources)
    yield from check_words(path, layer, text)


def check_tree(sources, folders):
    """Every complaint about a tree, as text. `sources`: path to content; `folders`: at the top."""
    complaints = [f"{folder}/:1: only these folders stand at the top: {' '.join(sorted(TOP_FOLDERS))}"
                  for folder in sorted(folders) if folder not in TOP_FOLDERS]
    for path in sorted(sources):
        complaints += [f"{path}:{number}: {what}" for number, what in check_source(path, sources)]
    return complaints


def read_tree():
    """The sources and the top folders of the tree around this file."""
    folders = {entry.name for entry in ROOT.iterdir()
               if entry.is_dir() and not entry.name.startswith(".")}
    paths = [path for folder in folders - {"build"}
             for path in (ROOT / folder).rglob("*") if path.suffix in (".h", ".cc")]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}, folders


def compile_alone(header):
    """What the compiler says about a file that includes nothing but this header, or nothing."""
    done = subprocess.run(
        ["g++", "-std=c++20", "-fsyntax-only", f"-I{ROOT}", "-DBOOST_TEST_DYN_LINK", "-Wall",
         "-Wextra", "-Werror", "-x", "c++", "-"],
        input=f'#include "{header}"\n', text=True, capture_output=True, check=False)
    return f"{header}:1: does not compile alone\n{done.stderr}" if done.returncode else ""


def check_headers(sources):
    headers = sorted(path for path in sources if path.endswith(".h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [complaint for complaint in pool.map(compile_alone, headers) if complaint]


# name, files, what the only complaint must contain; None where there must be none.
_GOOD_HEADER = "// Says what it is.\n#pragma once\n\n#include <vector>\n"
_SELF_TEST = [
    ("down is allowed",
     {"reactor/a.h": _GOOD_HEADER, "gateway/http/b.h": '#pragma once\n#include "reactor/a.h"\n'}, None),
    ("the own folder is allowed",
     {"conf/a.h": _GOOD_HEADER, "conf/b.h": '#pragma once\n#include "conf/a.h"\n'}, None),
    ("up is not",
     {"gateway/server/a.h": _GOOD_HEADER,
      "gateway/upstream/b.cc": '\n#include "gateway/server/a.h"\n'},
     "gateway/upstream/b.cc:2: gateway/upstream (layer 5) must not include"),
    ("sideways is not",
     {"gateway/http1/a.h": _GOOD_HEADER, "gateway/route/b.cc": '#include "gateway/http1/a.h"\n'},
     "gateway/route/b.cc:1: gateway/route (layer 3) must not include"),
    ("the reactor does not read configuration",
     {"conf/a.h": _GOOD_HEADER, "reactor/base/b.cc": '#include "conf/a.h"\n'}, "must not include"),
    ("conf does not know the reactor",
     {"reactor/a.h": _GOOD_HEADER, "conf/b.cc": '#include "reactor/a.h"\n'},
     "conf (layer 1) must not include"),
    ("conf knows the reactor's base",
     {"reactor/base/a.h": _GOOD_HEADER, "conf/b.cc": '#include "reactor/base/a.h"\n'}, None),
    ("nobody includes a test",
     {"tests/a.h": _GOOD_HEADER, "admin/b.cc": '#include "tests/a.h"\n'}, "must not include"),
    ("main sees everything",
     {"admin/a.h": _GOOD_HEADER, "gateway/main.cc": '#include "admin/a.h"\n'}, None),
    ("includes are written from the root",
     {"conf/a.h": _GOOD_HEADER, "conf/b.cc": '#include "a.h"\n'}, "no file of this tree"),
    ("a header at home", {"gateway/transport/a.cc": "#include <openssl/ssl.h>\n"}, None),
    ("a header away from home", {"gateway/session/a.cc": "#include <openssl/ssl.h>\n"},
     "<openssl/ssl.h> is named only in gateway/transport"),
    ("epoll at home", {"reactor/epoll_backend.cc": "#include <sys/epoll.h>\n"}, None),
    ("epoll in the next file", {"reactor/stream.cc": "  #  include <sys/epoll.h>\n"},
     "<sys/epoll.h> is named only in reactor/epoll_backend.cc"),
    ("JSON on the data path", {"gateway/telemetry/a.cc": "#include <nlohmann/json.hpp>\n"},
     "is named only in admin"),
    ("tests are at home everywhere", {"tests/unit/a.cc": "#include <nlohmann/json.hpp>\n"}, None),
    ("a test library in the gateway", {"admin/a.cc": "#include <boost/test/unit_test.hpp>\n"},
     "is named only in tests"),
    ("a library nobody decided on", {"admin/a.cc": "#include <boost/asio.hpp>\n"}, "has no home"),
    ("a header of C", {"admin/a.cc": "#include <string.h>\n"}, "has no home"),
    ("a folder nobody decided on", {"gateway/magic/a.cc": "\n"}, "is no layer"),
    ("a file beside the layers", {"gateway/extra.cc": "\n"}, "is no layer"),
    ("a second folder at the top", {"src/a.txt": ""}, "src/:1: only these folders"),
    ("sockets at home", {"reactor/socket.cc": "int a = ::socket(1, 2, 3);\n"}, None),
    ("sockets elsewhere", {"reactor/acceptor.cc": "\nint a = ::accept4(1, x, y, 0);\n"},
     "reactor/acceptor.cc:2: accept4() is called only in reactor/socket.cc"),
    ("sockets without the global scope", {"admin/a.cc": "int a = setsockopt(1, 2, 3, &x, 4);\n"},
     "setsockopt() is called only in"),
    ("a connect of the kernel", {"admin/a.cc": "auto a = ::connect(1, x, y);\n"},
     "connect() is called only in"),
    ("methods of the same names",
     {"admin/a.cc": "auto a = b.connect(c) + d->send(e) + f::bind(g) + std::bind(h) + listen();\n"},
     None),
    ("a call in a comment", {"admin/a.cc": "// as ::connect() does\n"}, None),
    ("a call in a text", {"admin/a.cc": 'auto a = "::connect(";\n'}, None),
    ("HTTP in the reactor", {"reactor/a.cc": "// an HTTP peer\n"}, 'knows nothing of "HTTP"'),
    ("TLS in the reactor's base", {"reactor/base/a.cc": "class Tls;\n"}, 'knows nothing of "Tls"'),
    ("the gateway in the reactor", {"reactor/a.cc": "using gateway::Reason;\n"},
     'knows nothing of "gateway"'),
    ("HTTP in an example", {"reactor/examples/a.cc": "// an HTTP peer\n"}, None),
    ("an example stands on the reactor",
     {"reactor/a.h": _GOOD_HEADER, "reactor/examples/b.cc": '#include "reactor/a.h"\n'}, None),
    ("the reactor does not stand on its examples",
     {"reactor/examples/a.h": _GOOD_HEADER, "reactor/b.cc": '#include "reactor/examples/a.h"\n'},
     "reactor (layer 1) must not include"),
    ("an example makes no network system calls", {"reactor/examples/a.cc": "int a = accept4();\n"},
     "accept4() is called only in"),
    ("HTTP in the gateway", {"gateway/http/a.cc": "// an HTTP peer\n"}, None),
    ("a header without a guard", {"conf/a.h": "// Says what it is.\n#include <vector>\n"},
     "begins with #pragma once"),
    ("a header with a late guard", {"conf/a.h": "#include <vector>\n#pragma once\n"},
     "begins with #pragma once"),
    ("the own header comes first",
     {"conf/a.h": _GOOD_HEADER, "conf/a.cc": '#include "conf/a.h"\n\n#include <vector>\n'}, None),
    ("the own header comes later",
     {"conf/a.h": _GOOD_HEADER, "conf/a.cc": '#include <vector>\n\n#include "conf/a.h"\n'},
     "conf/a.cc:1: the first include is its own header"),
]


def self_test():
    wrong = []
    for name, files, wanted in _SELF_TEST:
        sources = {path: text for path, text in files.items() if path.endswith((".h", ".cc"))}
        got = check_tree(sources, {path.split("/")[0] for path in files})
        if not (got == [] if wanted is None else len(got) == 1 and wanted in got[0]):
            wrong.append(f".ci/layers.py:1: self-test: {name}: wanted {wanted!r}, got {got}")
    if compile_alone("no/such/header.h") == "":
        wrong.append(".ci/layers.py:1: self-test: a header that is not there compiles")
    return wrong


def main(arguments):
    if arguments == ["--self-test"]:
        what, complaints = f"self-test of {len(_SELF_TEST)} trees", self_test()
    elif arguments == ["--headers"]:
        sources, _ = read_tree()
        what, complaints = "headers compiled alone", check_headers(sources)
    elif not arguments:
        sources, folders = read_tree()
        what, complaints = f"{len(sources)} sources", check_tree(sources, folders)
    else:
        sys.exit(__doc__)
    print("\n".join(complaints) or f"layers: {what}: good")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
