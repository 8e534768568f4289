"""What the server holds: idle connections, slow attackers, a very long row of small requests.

    python bench/endurance.py MODEL [--only idle,headers,body,page,stream,requests] [--attackers 100] [--idle 1000]
                              [--requests 100000]

MODEL is a run or model folder. The server runs with 8 bits in a process of its own on loopback; this one is the client,
on one core. Reported: the p99 of /health beside 64 streams and idle connections; after how long attackers who send
headers or a body a byte a second, or do not read their answer (a page, or a stream of 4,096 tokens), are cut, each from
its own beginning on, and what good clients, at another address, wait meanwhile; what memory, open files and statuses do
over the requests. --only chooses rows. Needs pip install -e '.[serve]', and Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import numpy as np
from serve import OPENINGS, body, memory, prepare, start, stop, stream

HEAD = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BODY = HEAD + 'Content-Length: 100000\r\n\r\n{"prompt": "'
PAGE = b"GET /docs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ATTACKER = "127.0.0.2"  # a machine of their own, as the server sees it, which counts by address
LONGEST = 60.0  # seconds that an attacker is waited for
QUIET = 8.0  # seconds of good clients alone, before each attack
WAVES = 3
KINDS = ("headers", "body", "page", "stream")  # what an attacker sends slowly, or does not read
ROWS = ("idle", *KINDS, "requests")


def main() -> None:
    if sys.argv[1:2] == ["attack"]:
        kind, url, *numbers = sys.argv[2:]
        print(json.dumps(attack(kind, url, *map(int, numbers))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--idle", type=int, default=1_000)
    parser.add_argument("--attackers", type=int, default=100)
    parser.add_argument("--only", default=",".join(ROWS))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    rows = arguments.only.split(",")
    if unknown := set(rows) - set(ROWS):
        parser.error(f"--only expects some of {','.join(ROWS)}, got {','.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(arguments.model, f"{folder}/model.gguf")
    command = ["-m", "slm", "serve", f"model={prepared['folder']}", "--port", "0", "--bits", "8", "--threads",
               str(arguments.threads), "--slots", "64", "--log", os.devnull]  # fmt: skip
    process, url = start(command)
    try:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # this process and the attackers, not the server
        if "idle" in rows:
            asyncio.run(beside_idle_connections(url, arguments.idle, prepared["end"]))
        if kinds := [kind for kind in KINDS if kind in rows]:
            asyncio.run(under_attack(url, kinds, arguments.attackers, prepared["end"]))
        if "requests" in rows:
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


async def under_attack(url: str, kinds: list[str], attackers: int, end: int) -> None:
    """Good clients alone and beside attackers, who are a process of their own, by turns: WAVES of each kind."""
    print("| attackers | kind | cut after | quiet p50, p99 | attacked p50, p99 | times | requests | their core |")
    print(f"|{' --- |' * 8}")
    for kind in kinds:
        quiet, attacked, cut, shares = [], [], [], []
        for _ in range(WAVES):
            shares.append(await good_clients(url, end, asyncio.sleep(QUIET), quiet))
            command = [__file__, "attack", kind, url, str(attackers), str(end)]
            attack = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=subprocess.PIPE)
            await attack.stdout.readline()  # they are about to begin
            shares.append(await good_clients(url, end, attack.wait(), attacked))
            cut += json.loads(await attack.stdout.read())
        alone, beside = (1000 * np.percentile(times, [50, 99]) for times in (quiet, attacked))
        print(
            f"| {attackers:,} | {kind} | {min(cut):.1f} to {max(cut):.1f} s | {alone[0]:.0f}, {alone[1]:.0f} ms | "
            f"{beside[0]:.0f}, {beside[1]:.0f} ms | {beside[0] / alone[0]:.2f}, {beside[1] / alone[1]:.2f} | "
            f"{len(quiet)}, {len(attacked)} | {100 * max(shares):.0f} % |",
            flush=True,
        )


def attack(kind: str, url: str, count: int, end: int) -> list[float]:
    """`count` clients who connect at once. After how many seconds each was cut, or LONGEST; in order."""
    whole = {"headers": HEAD.encode(), "body": BODY.encode(), "page": PAGE, "stream": endless_stream(end)}[kind]
    drop = {"headers": b"X: a\r\n", "body": b"a"}.get(kind)  # a second; the others do not read
    poll, lines, times = select.poll(), {}, []
    print("begins", flush=True)
    for _ in range(count):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        line.bind((ATTACKER, 0))
        line.connect(address(url))
        line.sendall(whole)
        line.setblocking(False)
        poll.register(line, select.POLLRDHUP)  # and, always, the reset of a connection
        lines[line.fileno()] = (line, time.perf_counter())
    began = next_drop = time.perf_counter()
    while lines and time.perf_counter() < began + LONGEST:
        for number, _ in poll.poll(max(0.0, 1000 * (next_drop - time.perf_counter()))):
            line, since = lines.pop(number)
            poll.unregister(line)
            line.close()
            times.append(time.perf_counter() - since)
        if time.perf_counter() >= next_drop:
            next_drop += 1
            for line, _ in lines.values() if drop else ():
                with contextlib.suppress(OSError):  # it was cut: the next look will tell
                    line.send(drop)
    return sorted(times + [LONGEST] * len(lines))


def endless_stream(end: int) -> bytes:
    content = json.dumps(json.loads(body(OPENINGS[0], 4096, end, 0)) | {"continue_past_context": True}).encode()
    return HEAD.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


async def good_clients(url: str, end: int, until: Awaitable[Any], times: list[float]) -> float:
    """The `times` of requests of 32 tokens from four clients until `until` is done; the share of a core that asking
    took."""
    began, used = time.perf_counter(), time.process_time()
    clients = [asyncio.create_task(again_and_again(url, n, end, times)) for n in range(4)]
    await until
    share = (time.process_time() - used) / (time.perf_counter() - began)
    for task in clients:
        task.cancel()
    return share


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
