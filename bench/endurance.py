"""What the server holds: idle connections, slow attackers, a very long row of small requests.

    python bench/endurance.py MODEL [--requests 100000] [--idle 1000] [--attackers 100]

MODEL is a run or model folder. The server runs with 8 bits in a process of its own on loopback; this one is the client.
Reported: the p99 of /health beside 64 streams and idle connections; after how long attackers who send headers or a body
a byte a second, or do not read their answer (a page, or a stream of 4,096 tokens), are cut, and what good clients, at
another address, wait meanwhile; what memory, open files and
statuses do over the requests. Needs pip install -e '.[serve]'.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from serve import OPENINGS, body, memory, prepare, start, stop, stream

HEAD = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
PAGE = b"GET /docs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ATTACKER = "127.0.0.2"  # where slow readers are, for whom the server counts by address
LONGEST = 60.0  # seconds that an attacker is waited for
QUIET = 10.0  # seconds of good clients alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--idle", type=int, default=1_000)
    parser.add_argument("--attackers", type=int, default=100)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(arguments.model, f"{folder}/model.gguf")
    command = ["-m", "slm", "serve", f"model={prepared['folder']}", "--port", "0", "--bits", "8", "--threads",
               str(arguments.threads), "--slots", "64", "--log", os.devnull]  # fmt: skip
    process, url = start(command)
    try:
        asyncio.run(beside_idle_connections(url, arguments.idle, prepared["end"]))
        asyncio.run(under_attack(url, arguments.attackers, prepared["end"]))
        asyncio.run(in_a_row(process, url, arguments.requests, prepared["end"]))
    finally:
        stop(process)


# Idle connections


async def beside_idle_connections(url: str, idle: int, end: int) -> None:
    """The time that /health takes beside 64 streams and `idle` connections, which come again when they are cut."""
    cut: Counter = Counter()
    kept = [asyncio.create_task(stay_idle(url, cut)) for _ in range(idle)]
    await asyncio.sleep(2)
    streams = [asyncio.create_task(again_and_again(url, n, end, [])) for n in range(64)]
    await asyncio.sleep(3)
    times = [await timed(health(url)) for _ in range(200)]
    for task in (*kept, *streams):
        task.cancel()
    p50, p99 = 1000 * np.percentile(times, [50, 99])
    print(f"{idle:,} idle connections and 64 streams: /health p50 {p50:.0f} ms, p99 {p99:.0f} ms; "
          f"{cut['idle']} connections were cut for idleness and came again", flush=True)  # fmt: skip


async def stay_idle(url: str, cut: Counter) -> None:
    while True:
        reader, writer = await connect(url)
        await reader.read(1)
        cut["idle"] += 1
        writer.close()


async def health(url: str) -> None:
    reader, writer = await connect(url)
    writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
    writer.close()


# Attackers


async def slow_headers(url: str) -> None:
    reader, writer = await connect(url)
    writer.write(HEAD.encode())
    await drip(reader, writer, lambda n: b"X-%d: a\r\n" % n)


async def slow_body(url: str) -> None:
    reader, writer = await connect(url)
    writer.write(HEAD.encode() + b'Content-Length: 100000\r\n\r\n{"prompt": "')
    await drip(reader, writer, lambda n: b"a")


async def slow_readers(url: str, count: int, request: bytes) -> list[float]:
    """Clients who ask and do not read the answer. They cannot see when they are cut: the server counts it."""
    loop, lines = asyncio.get_running_loop(), []
    before, began, times = await cut_so_far(url), time.perf_counter(), []
    for _ in range(count):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        line.setblocking(False)
        line.bind((ATTACKER, 0))
        await loop.sock_connect(line, address(url))
        await loop.sock_sendall(line, request)
        lines.append(line)
    while len(times) < count and time.perf_counter() < began + LONGEST:
        await asyncio.sleep(0.25)
        times += [time.perf_counter() - began] * int(await cut_so_far(url) - before - len(times))
    for line in lines:
        line.close()
    return times + [LONGEST] * (count - len(times))


async def cut_so_far(url: str) -> float:
    reader, writer = await connect(url)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    return sum(float(n) for n in re.findall(r"^slm_connections_cut_total\{[^}]*\} (\S+)", answer, re.MULTILINE))


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece: Callable[[int], bytes]) -> None:
    end = asyncio.create_task(until_cut(reader))
    number = 0
    while not end.done():
        try:
            writer.write(piece(number))
        except OSError:
            return
        number += 1
        await asyncio.wait([end], timeout=1)


async def until_cut(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        await reader.read()


async def under_attack(url: str, attackers: int, end: int) -> None:
    quiet = await good_clients(url, end, asyncio.create_task(asyncio.sleep(QUIET)))
    kinds = {
        "slow headers": lambda: asyncio.gather(*(timed(slow_headers(url)) for _ in range(attackers))),
        "slow body": lambda: asyncio.gather(*(timed(slow_body(url)) for _ in range(attackers))),
        "slow readers of a page": lambda: slow_readers(url, attackers, PAGE),
        "slow readers of a stream": lambda: slow_readers(url, attackers, endless_stream(end)),
    }
    for name, attack in kinds.items():
        work = asyncio.ensure_future(attack())
        meanwhile = await good_clients(url, end, work)
        cut = sorted(work.result())
        print(
            f"{attackers} attackers, {name}: cut after {cut[0]:.1f} to {cut[-1]:.1f} s; good clients' p50 "
            f"{1000 * meanwhile[0]:.0f} ms and p99 {1000 * meanwhile[1]:.0f} ms, alone {1000 * quiet[0]:.0f} and "
            f"{1000 * quiet[1]:.0f} ms ({meanwhile[0] / quiet[0]:.2f} and {meanwhile[1] / quiet[1]:.2f} times)",
            flush=True,
        )


def endless_stream(end: int) -> bytes:
    content = json.dumps(json.loads(body(OPENINGS[0], 4096, end, 0)) | {"continue_past_context": True}).encode()
    return HEAD.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


async def good_clients(url: str, end: int, until: asyncio.Future) -> tuple[float, float]:
    """The p50 and p99 of the time of requests of 32 tokens from four clients while `until` is not done."""
    times: list[float] = []
    clients = [asyncio.create_task(again_and_again(url, n, end, times)) for n in range(4)]
    await asyncio.wait([until])
    for task in clients:
        task.cancel()
    return tuple(np.percentile(times, [50, 99]))


async def again_and_again(url: str, number: int, end: int, times: list[float]) -> None:
    while True:
        times.append(await timed(stream(url, body(OPENINGS[number % len(OPENINGS)], 32, end, number))))


# A long row


async def in_a_row(process: Any, url: str, requests: int, end: int) -> None:
    """Four clients, each on one connection, one small request after another."""
    statuses: Counter = Counter()
    first = max(requests // 20, 100)
    await asyncio.gather(*(ask(url, first // 4, end, statuses) for _ in range(4)))
    memory_before, files_before = memory(process), files(process)
    began = time.perf_counter()
    await asyncio.gather(*(ask(url, (requests - first) // 4, end, statuses) for _ in range(4)))
    seconds = time.perf_counter() - began
    grown = 100 * (memory(process) / memory_before - 1)
    print(
        f"{sum(statuses.values()):,} requests of 4 tokens: {(requests - first) / seconds:,.0f} a second, answers by "
        f"status {dict(statuses)}; after the first {first:,} memory grew {grown:+.1f} % (from {memory_before:.0f} MB), "
        f"open files {files_before} -> {files(process)}",
        flush=True,
    )


async def ask(url: str, requests: int, end: int, statuses: Counter) -> None:
    reader, writer = await connect(url)
    for number in range(requests):
        content = body(OPENINGS[number % len(OPENINGS)], 4, end, number).replace(b'"stream": true', b'"stream": false')
        content = content.replace(b', "stream_options": {"include_usage": true}', b"")
        writer.write(HEAD.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        await reader.readexactly(length)
        statuses[int(head[9:12])] += 1
    writer.close()


def files(process: Any) -> int:
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


# Connections


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*address(url))


async def timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
