"""Streams from slm's server beside llama.cpp's: tokens/s, time to the first token, the cost of HTTP, overload.

    python bench/serve.py MODEL [--threads 2] [--rounds 3] [--levels 1,4,16,64] [--overload 20]

MODEL is a run or model folder in GPT-2's layout. Both servers are up, each in a process of its own on loopback, and
asked in turn: slm's with 8 bits and llama.cpp's (xllamacpp) with Q8_0 of the same model, with as many places as the
highest level. They get the same requests: openings of their own, --tokens tokens each, drawn at temperature 0.8 of the
50 likeliest, never ending early. The client is a third process, on one core; its share of that core is told: near 1 it
measures itself. A ratio is the median of pairs that were measured one behind the other, of few streams more of them,
since the machine's pace changes; times to the first token are of all rounds together. The bare engine writes the same
texts without HTTP and scheduler. Needs pip install -e '.[serve,export]'.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

NOUNS = "girl boy dog cat bird fish bear frog tree star king man duck car ball cow"
PLACES = ("", " in a house", " by the sea", " on a hill")
OPENINGS = [f"Once upon a time, there was a {noun}{place}" for place in PLACES for noun in NOUNS.split()]
SETTINGS = {"temperature": 0.8, "top_k": 50, "top_p": 1.0, "min_p": 0.0}
SHORT = (24, 40)  # tokens of a request in the overload: of one length they would all end together
PAIRS = 8  # of one stream in a round; of many streams fewer
SETTLING = 5.0  # seconds of an overload that do not count: all come at once


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in PARTS:
        print(json.dumps(PARTS[sys.argv[1]](*map(json.loads, sys.argv[2:]))), flush=True)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--levels", default="1,4,16,64")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--overload", type=float, default=20.0, help="seconds a round; 0 leaves it out")
    arguments = parser.parse_args()
    levels = [int(level) for level in arguments.levels.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        prepared = part("prepare", arguments.model, f"{folder}/model.gguf")
        servers = {
            "slm": ["-m", "slm", "serve", f"model={prepared['folder']}", "--port", "0", "--bits", "8", "--threads",
                    str(arguments.threads), "--slots", str(max(levels)), "--log", os.devnull],
            "llama.cpp": [__file__, "peer", json.dumps(f"{folder}/model.gguf"), str(arguments.threads),
                          str(max(levels)), str(prepared["context"])],
        }  # fmt: skip
        found = measure(servers, levels, arguments, prepared)
    print_streams(found, levels, arguments.tokens)
    if 16 in levels:
        print_overhead(servers["slm"], arguments, prepared)
    if arguments.overload:
        print_overload(servers["slm"], prepared["end"], max(levels), arguments)


def measure(servers: dict[str, list[str]], levels: list[int], arguments: Any, prepared: dict) -> dict:
    """Results of the client by (server, level), in the order in which they were measured."""
    found: dict[tuple[str, int], list[dict]] = {(name, level): [] for name in servers for level in levels}
    running = {name: start(command) for name, command in servers.items()}
    try:
        for _, url in running.values():
            part("client", url, 1, 8, prepared["end"], 0)  # once for nothing
        for number in range(arguments.rounds):
            for level in levels:
                for _ in range(max(1, PAIRS // level)):
                    for name, (_, url) in running.items():
                        found[name, level].append(part("client", url, level, arguments.tokens, prepared["end"], number))
    finally:
        for process, _ in running.values():
            stop(process)
    return found


def rates(results: list[dict]) -> np.ndarray:
    return np.array([result["tokens"] / result["seconds"] for result in results])


def print_streams(found: dict, levels: list[int], tokens: int) -> None:
    print(f"| streams of {tokens} tokens | server | tokens/s | ratio | first token p50 | p99 | client's core |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for level in levels:
        for name in ("slm", "llama.cpp"):
            results = found[name, level]
            ratio = np.median(rates(results) / rates(found["llama.cpp", level]))
            first = 1000 * np.percentile([each for result in results for each in result["first"]], [50, 99])
            share = np.median([result["share"] for result in results])
            print(f"| {level} | {name} | {np.median(rates(results)):,.0f} | {ratio:.2f} | {first[0]:.0f} ms | "
                  f"{first[1]:.0f} ms | {100 * share:.0f} % |")  # fmt: skip


def print_overhead(command: list[str], arguments: Any, prepared: dict) -> None:
    """What HTTP and scheduler cost at 16 streams: the median of pairs with the bare engine."""
    process, url = start(command)
    pairs = []
    try:
        for number in range(1 + arguments.rounds):  # the first for nothing
            bare = part("bare", prepared["folder"], arguments.threads, 16, arguments.tokens)
            served = part("client", url, 16, arguments.tokens, prepared["end"], number)
            pairs.append((bare, served["tokens"] / served["seconds"]))
    finally:
        stop(process)
    bare, served = np.array(pairs[1:]).T
    cost = 100 * (1 - np.median(served / bare))
    print(f"\nbare engine, 16 texts: {np.median(bare):,.0f} tokens/s; HTTP and scheduler cost {cost:.1f} %")


def print_overload(command: list[str], end: int, places: int, arguments: Any) -> None:
    """Goodput with as many clients as there are places, and with ten times as many, who come again after a 429; in
    turns, since the machine's pace is not the same for long."""
    process, url = start(command)
    goodput: dict[int, list[float]] = {places: [], 10 * places: []}
    statuses: dict[int, Counter[str]] = {clients: Counter() for clients in goodput}
    share = dict.fromkeys(goodput, 0.0)
    before = after = 0.0
    try:
        for _ in range(arguments.rounds):
            for clients in goodput:
                result = part("crowd", url, clients, arguments.overload, end)
                goodput[clients].append(result["tokens"] / arguments.overload)
                statuses[clients].update(result["statuses"])
                share[clients] = max(share[clients], result["share"])
                after = memory(process)
                before = before or after  # the first are as many as there are places
    finally:
        stop(process)
    print(f"\n| clients | goodput, tokens/s | share of peak | answers by status | client's core |\n{'| --- ' * 5}|")
    for clients, those in goodput.items():
        shares = np.array(those) / np.array(goodput[places])
        told = ", ".join(f"{count:,} x {status}" for status, count in statuses[clients].items())
        spread = f"{np.median(shares):.2f} ({shares.min():.2f} to {shares.max():.2f})"
        print(f"| {clients} | {np.median(those):,.0f} | {spread} | {told} | {100 * share[clients]:.0f} % |")
    print(f"\nmemory of the server: {before:.0f} MB before, {after:.0f} MB after the overload")


# Processes


def part(name: str, *arguments: Any) -> Any:
    """Run a part of this script in a process of its own; what it prints."""
    command = [sys.executable, __file__, name, *map(json.dumps, arguments)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])


def start(command: list[str]) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while "http://" not in (line := process.stdout.readline()):
        assert line, f"{command[:3]} did not start"
    return process, "http://" + line.partition("http://")[2].partition(",")[0].strip()


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
    process.stdout.close()


def memory(process: subprocess.Popen) -> float:
    """Resident, in MB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def prepare(model: str, gguf: str) -> dict[str, Any]:
    from slm.checkpoint import load_model
    from slm.cli.sources import open_source
    from slm.export.gguf import write_gguf
    from slm.generation.engines import open_engine

    folder = open_source(model, Path("runs"))
    loaded = load_model(folder.path)
    write_gguf(loaded, Path(gguf), 8)
    open_engine(folder, "onnx", 8)  # converted now, not while it is measured
    return {"folder": str(folder.path), "context": loaded.model.config.block_size, "end": folder.tokenizer.eot_token}


def peer(gguf: str, threads: int, places: int, context: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.n_ctx, params.n_parallel, params.port = context * places, places, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 2 * places  # else streams wait for a thread
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


def bare(folder: str, threads: int, texts: int, tokens: int) -> float:
    from slm.generation.batch import Batch, GenerationConfig
    from slm.generation.engines import open_engine
    from slm.model_folder import open_model_folder

    model = open_model_folder(folder)
    engine = open_engine(model, "onnx", 8, threads)
    bias = {str(model.tokenizer.eot_token): -100.0}
    config = GenerationConfig(tokens, **SETTINGS, logit_bias=bias)
    for _ in range(2):  # once for nothing
        batch = Batch(engine, model.tokenizer)
        began = time.perf_counter()
        for opening in OPENINGS[:texts]:
            batch.add(model.tokenizer.encode_ordinary(opening), config)
        while batch.busy:
            batch.step()
        seconds = time.perf_counter() - began
        batch.close()
    return texts * tokens / seconds


# The client


def client(url: str, streams: int, tokens: int, end: int, seed: int) -> dict[str, Any]:
    """`streams` requests at once; tokens, seconds until the last has ended, times to first tokens, share of a core."""

    async def all_of_them() -> list[tuple[int, float, int]]:
        bodies = [body(OPENINGS[n % len(OPENINGS)], tokens, end, seed + n) for n in range(streams)]
        return [result[:3] for result in await asyncio.gather(*(stream(url, each) for each in bodies))]

    return measured(all_of_them)


def crowd(url: str, clients: int, seconds: float, end: int) -> dict[str, Any]:
    """`clients` who ask again and again, after a refusal when it says so; tokens of what ends in the `seconds` after
    the first SETTLING."""

    async def one(number: int, counted: float, until: float, results: list) -> None:
        draw = random.Random(number)
        while time.perf_counter() < until:
            asked = body(draw.choice(OPENINGS), draw.randint(*SHORT), end, number)
            status, first, tokens, wait = await stream(url, asked)
            results.append((status, first, tokens if counted <= time.perf_counter() <= until else 0))
            if status == 429:
                await asyncio.sleep(min(wait + draw.random(), max(0.0, until - time.perf_counter())))

    async def all_of_them() -> list[tuple[int, float, int]]:
        results: list[tuple[int, float, int]] = []
        counted = time.perf_counter() + SETTLING
        await asyncio.gather(*(one(number, counted, counted + seconds, results) for number in range(clients)))
        return results

    return measured(all_of_them)


def measured(work: Any) -> dict[str, Any]:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    began, used = time.perf_counter(), time.process_time()
    results = asyncio.run(work())
    seconds = time.perf_counter() - began
    statuses: dict[str, int] = {}
    for status, _, _ in results:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
    return {
        "tokens": sum(tokens for status, _, tokens in results if status == 200), "seconds": seconds,
        "first": [first for status, first, _ in results if status == 200], "statuses": statuses,
        "share": (time.process_time() - used) / seconds,
    }  # fmt: skip


def body(prompt: str, tokens: int, end: int, seed: int) -> bytes:
    content = {"prompt": prompt, "max_tokens": tokens, "seed": seed, "stream": True, "logit_bias": {str(end): -100}}
    return json.dumps(content | SETTINGS | {"stream_options": {"include_usage": True}}).encode()


async def stream(url: str, content: bytes) -> tuple[int, float, int, float]:
    """Status, seconds to the first event, tokens by the usage at the end, seconds to wait after a refusal."""
    host, _, port = url.removeprefix("http://").partition(":")
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content)
    first, received = 0.0, b""
    while data := await reader.read(65536):
        if not first and b"data: " in data:
            first = time.perf_counter() - began
        received += data
    writer.close()
    counts = re.findall(rb'"completion_tokens":\s*(\d+)', received)
    wait = re.search(rb"retry-after: *(\d+)", received)
    return int(received[9:12] or 0), first, int(counts[-1]) if counts else 0, float(wait[1]) if wait else 0.0


PARTS = {"prepare": prepare, "peer": peer, "bare": bare, "client": client, "crowd": crowd}

if __name__ == "__main__":
    main()
