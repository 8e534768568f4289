"""Three servers behind nginx with deploy/nginx.conf, as bench/fleet.py runs them, but for the model, which is tiny."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from serving.conftest import wait_for
from test_deploy import NGINX, bench_fleet

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not NGINX, reason="needs nginx: apt-get install nginx-light")]

STILL = 20.0  # seconds


@pytest.fixture(scope="module")
def bench() -> Any:
    return bench_fleet()


@pytest.fixture
def fleet(folders, bench, tmp_path: Path) -> Iterator[Any]:
    with bench.Fleet(str(folders["stories"].path), tmp_path, bits=32) as made:
        yield made


@pytest.fixture
def port(fleet, bench) -> Iterator[int]:
    with bench.running_nginx(NGINX, fleet.folder, fleet.ports) as made:
        yield made


def ask(port: int, content: Any, **headers: str) -> tuple[int, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(f"http://localhost:{port}/v1/completions", body, sent)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


async def with_longest_pause(work: Awaitable[Any]) -> tuple[Any, float]:
    """What `work` gives, and the most seconds for which this process, which only waits, did not come to its turn."""
    longest, working = 0.0, asyncio.ensure_future(work)
    while not working.done():
        began = time.monotonic()
        await asyncio.wait([working], timeout=0.5)
        longest = max(longest, time.monotonic() - began - 0.5)
    return await working, longest


def test_nothing_is_lost_where_one_is_killed_and_one_restarted(fleet, port, bench):
    """Nor an error told, but to those whose streams the killed one had begun; and a text is the same from each."""
    known: dict[int, str] = {}
    for event in (bench.kill_and_restart, bench.rolling):
        answers, stood = asyncio.run(with_longest_pause(bench.under_load(fleet, port, 6, event, 0)))
        if stood > STILL:
            pytest.skip(f"the machine stood still for {stood:.0f} s, longer than the times in nginx.conf are made for")
        counts = Counter(answer.outcome for _, answer in answers)
        told = f"{counts}; nginx: {(fleet.folder / 'nginx-error.log').read_text()}"
        assert counts["ok"] > 50, told
        assert set(counts) <= ({"ok", "cut"} if event is bench.kill_and_restart else {"ok"}), told
        for key, answer in answers:
            if answer.outcome == "ok":
                assert known.setdefault(key, answer.text) == answer.text


def test_what_passes_through(fleet, port, bench):
    long = {"prompt": "The", "max_tokens": 1500, "stream": True, "continue_past_context": True}
    long["logit_bias"] = {"5": 100}
    answer = asyncio.run(bench.ask(port, "127.0.1.9", long))
    assert answer.outcome == "ok" and answer.first < answer.seconds / 2  # a stream is not held back
    assert ask(port, {"prompt": "The", "max_tokens": 1}, **{"X-Forwarded-For": "203.0.113.9"})[0] == 200
    wait_for(lambda: len(clients(fleet)) == 2)
    assert set(clients(fleet)) == {"127.0.1.9", "127.0.0.1"}  # each by its address, whatever it says of itself
    for size in (3 * 2**19, 3 * 2**20):  # slm serve refuses the one, nginx the other
        status, told = ask(port, b" " * size)
        assert (status, told["error"]["code"]) == (413, "body_too_large")
    for number in range(3):
        fleet.kill(number)
    status, told = ask(port, {"prompt": "The"})
    assert (status, told["error"]["code"]) == (503, "no_server")


def clients(fleet) -> list[str]:
    lines = [line for each in fleet.folder.glob("server-*.log") for line in each.read_text().splitlines()]
    return [line["client"] for line in map(json.loads, lines) if line["event"] == "request"]
