"""Importing slm and running its tests opens no connection; and the guards of the test suite guard."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

asked = []
events = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind")
sys.addaudithook(lambda event, arguments: asked.append((event, arguments[-2:])) if event in events else None)

import socket

def connect(self, address):
    raise AssertionError(f"importing connects to {address}")

socket.socket.connect = connect

import slm

names = [module.name for module in pkgutil.walk_packages(slm.__path__, "slm.") if not module.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names), asked)
"""


def test_importing_every_module_opens_no_socket():
    run = subprocess.run([sys.executable, "-c", IMPORT_EVERYTHING], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    count, asked = run.stdout.split(maxsplit=1)
    assert asked.strip() == "[]"
    assert int(count) > 40


USE_THE_ENGINE = """
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper

shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", shape[:1], shape[1:])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), sys.argv[1])
from slm.generation.onnx_engine import open_session
open_session(Path(sys.argv[1]), 1)
"""


def test_the_engine_keeps_no_identity_to_report_under(tmp_path: Path):
    """ONNX Runtime sends nothing where CI is set, so it is not set here. It begins by writing down a device ID."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    home = tmp_path / "home"
    home.mkdir()
    environment = kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    command = [sys.executable, "-c", USE_THE_ENGINE, str(tmp_path / "model.onnx")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert [path.name for path in home.rglob("*")] == []


def test_onnxruntime_is_imported_in_one_place():
    sources = (TESTS.parent / "slm").rglob("*.py")
    plain = [path.name for path in sources if re.search(r"^\s*import onnxruntime", path.read_text("utf-8"), re.M)]
    assert plain == ["runtime.py"]


@pytest.mark.parametrize("call", [
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.create_connection(("an-example.invalid", 80), timeout=1),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.socket().bind(("0.0.0.0", 0)),
])  # fmt: skip
def test_the_suite_refuses_strangers(call, refused_hosts: list[str]):
    with pytest.raises(PermissionError, match="loopback only"):
        call()
    assert len(refused_hosts) == 1
    refused_hosts.clear()


def test_the_suite_lets_loopback_and_unix_sockets_pass(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(os.path.relpath(tmp_path / "s"))
            server.listen()
            client.connect(os.path.relpath(tmp_path / "s"))


SUITE = """
import socket
import pytest

def test_swallowed():
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    except OSError:
        pass

@pytest.mark.skipif(True, reason="the program no-such-compiler is not installed")
def test_program(): ...

def test_package():
    pytest.importorskip("no_such_package_at_all")

@pytest.mark.skipif(True, reason="this system has no named pipes")
def test_system(): ...
"""


@pytest.mark.parametrize(("in_ci", "outcome"), [
    (True, {"passed": 1, "failed": 1, "skipped": 1, "errors": 2}),  # a mark skips before the test: an error
    (False, {"passed": 1, "skipped": 3, "error": 1}),
])  # fmt: skip
def test_in_ci_what_is_missing_is_a_failure_and_elsewhere_a_skip(tmp_path: Path, in_ci: bool, outcome: dict[str, int]):
    (tmp_path / "test_guards.py").write_text(SUITE)
    environment = {name: value for name, value in os.environ.items() if name != "SLM_CI"}
    environment |= {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if in_ci:
        environment["SLM_CI"] = "1"
    options = ["-p", "conftest", "-p", "no:cacheprovider", "-q", "--rootdir", str(tmp_path), "-c", os.devnull]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)], env=environment, capture_output=True, text=True
    )
    last = run.stdout.strip().splitlines()[-1].partition(" in ")[0]
    assert {word: int(count) for count, word in map(str.split, last.split(","))} == outcome, run.stdout
    # test_swallowed passes and then fails at its end: that is one of the errors
    assert "this test asked for more than loopback: socket.getaddrinfo 192.0.2.1" in run.stdout
