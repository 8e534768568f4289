"""What holds for every test, and the small things that many of them work on.

Sockets reach loopback and unix sockets only: from the moment this file is imported anything else is refused, and the
test that tried fails. With SLM_CI set, a test that skips for a missing program, package or extra is a failure.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A loaded machine is no bug; where tests are repeated by a machine they are the same every time.
settings.register_profile("slm", deadline=None, derandomize="SLM_CI" in os.environ, max_examples=30)
settings.load_profile("slm")

# One core for each process of pytest-xdist: products that wait for a slower half take many times as long

if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})

# The longest files come first, so that no process works on one when the others are done

LONGEST = ("serving/page", "test_ranks", "test_kill", "test_pipeline", "test_browser", "serving/test_hostile")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files stay whole. Among the others those of many tests are first, as pytest-xdist has it."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (not any(name in str(item.path) for name in LONGEST), -tests[item.path]))


# Loopback only

REFUSED: list[str] = []
HOST_ARGUMENT = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}
ADDRESS_ARGUMENT = {"socket.connect": 1, "socket.sendto": 1, "socket.bind": 1}


def is_loopback(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return True  # not the name of an internet host: no name at all, or another family of sockets
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_strangers(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: Python asks it before every call of the socket module."""
    if event in HOST_ARGUMENT:
        host = arguments[HOST_ARGUMENT[event]]
    elif event in ADDRESS_ARGUMENT and isinstance(arguments[ADDRESS_ARGUMENT[event]], tuple):
        host = arguments[ADDRESS_ARGUMENT[event]][0]
    else:
        return
    if not is_loopback(host):
        REFUSED.append(f"{event} {host}")
        raise PermissionError(f"tests reach loopback only; this one asked for {host!r} ({event})")


sys.addaudithook(refuse_strangers)


@pytest.fixture(scope="session", autouse=True)
def engine_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models are converted into a cache of the tests' own, which all of them share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLM_CACHE", str(tmp_path_factory.getbasetemp() / "slm_cache"))
        yield


@pytest.fixture(autouse=True)
def refused_hosts() -> Iterator[list[str]]:
    """What was refused; a test that leaves something in it fails, also where the error was caught."""
    yield REFUSED
    refused = REFUSED.copy()
    REFUSED.clear()
    assert not refused, f"this test asked for more than loopback: {', '.join(refused)}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if REFUSED:  # outside of any test, while modules were imported
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nasked for more than loopback: {', '.join(REFUSED)}", file=sys.stderr)


@pytest.fixture(scope="session", autouse=True)
def quick_disk() -> Iterator[None]:
    """No test waits for the disk: what fsync is for cannot be seen from within a running system anyway."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny models are several times slower on two busy cores than on one; what a test chooses itself still counts."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    monkeypatch.setattr("slm.generation.engines.available_cores", lambda: 1)


# Nothing is skipped unseen

FOR_WANT_OF = re.compile(r"\b(program|package|compiler|extra|could not import)\b")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    return failed_if_something_is_missing((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return failed_if_something_is_missing((yield))


def failed_if_something_is_missing(report: Any) -> Any:
    if "SLM_CI" in os.environ and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if FOR_WANT_OF.search(reason):
            report.outcome, report.longrepr = "failed", f"{reason}: with SLM_CI everything must be there"
    return report


# Small things to work on (imported late: many tests need no torch)


@pytest.fixture(scope="session")
def gpt2() -> Any:
    """The real tokenizer."""
    from slm.data.tokenizer import gpt2_tokenizer

    return gpt2_tokenizer()


@pytest.fixture
def tokenizer() -> Any:
    """A byte-level BPE of some 270 tokens."""
    from tiny import tiny_tokenizer

    return tiny_tokenizer()


@pytest.fixture
def model() -> Any:
    """A GPT-2 of two layers with 16 positions for `tokenizer`, in evaluation mode."""
    from tiny import tiny_model

    return tiny_model()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """A token store of short documents, made by `tokenizer`."""
    from tiny import write_store

    return write_store(tmp_path / "store")


@pytest.fixture
def record_store(tmp_path: Path) -> Any:
    """A token store of questions and answers, made by `tokenizer`."""
    from tiny import write_record_store

    return write_record_store(tmp_path / "records")


@pytest.fixture
def few_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are compared on as many strings as a test has time for."""
    from slm.export import round_trip

    monkeypatch.setattr(round_trip, "STRINGS", 300)


@pytest.fixture
def places_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing lies at memory:// yet, nor in the cache of what was fetched; nobody waits before trying again."""
    import fsspec

    from slm.remote import address

    fsspec.filesystem("memory").store.clear()
    monkeypatch.setenv("SLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(address, "PAUSE", 0.0)


@pytest.fixture
def run_async() -> Any:
    """Run a coroutine, also where Playwright keeps a loop of its own in this thread."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="module")
def no_pictures() -> Iterator[None]:
    """Runs of these tests draw nothing."""
    from tiny_training import without_pictures

    with without_pictures():
        yield
