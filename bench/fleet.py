"""Three slm serve behind nginx while some are killed and restarted; and whether it pays to be sticky.

    python bench/fleet.py MODEL [--nginx nginx] [--rounds 3] [--clients 16] [--plain] [--turns 0]

MODEL is a run or model folder. nginx runs with deploy/nginx.conf, but for the ports, as a process of this script; the
servers with 8 bits and one thread each; clients in this process send requests without a pause, half of them streams,
one of eight long, each with a seed, so that a text that comes twice has to be the same. A request is *lost* where no
answer came although nothing had been sent of one, *cut* where its stream had begun. With --plain nginx is told nothing
but the addresses. With --turns N conversations of N turns are measured instead, each turn behind all that was said
before it, with nginx choosing by the least connections, by the client's address, and by the beginning of the prompt.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from serve import OPENINGS, start, stop

CONFIG = Path(__file__).parent.parent / "deploy" / "nginx.conf"
SERVERS = 3
KEYS = 64  # different requests
SHORT, LONG = 48, 500  # tokens
READY_PAUSE = 3.0  # seconds between two restarts: over nginx's fail_timeout
OUTCOMES = ("ok", "lost", "5xx", "cut", "other")
BEGINNING = 'map $request_body $slm_beginning { "~\\"prompt\\": *\\"(?<slm_words>.{1,64})" $slm_words; }\n'
CHOICES = {
    "least connections": ("least_conn;", ""),
    "client's address": ("hash $remote_addr consistent;", ""),
    "prompt's beginning": ("hash $slm_beginning consistent;", BEGINNING),
}


@dataclass
class Answer:
    """What came of a request: one of OUTCOMES, the text, seconds to its first byte and to its end."""

    outcome: str
    text: str
    first: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--nginx", default=shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--words", type=int, default=12, help="of a turn's question")
    arguments = parser.parse_args()
    if not arguments.nginx:
        raise SystemExit("expected nginx; apt-get install nginx-light brings it, or give --nginx PATH")
    with tempfile.TemporaryDirectory() as folder, Fleet(arguments.model, Path(folder)) as fleet:
        if arguments.turns:
            stickiness(fleet, arguments)
        else:
            faults(fleet, arguments)


# The fleet


class Fleet:
    """slm serve on ports of their own; each can be killed, and restarted as an operator would."""

    def __init__(self, model: str, folder: Path, servers: int = SERVERS, bits: int = 8):
        self.model, self.folder, self.bits = model, folder, bits
        self.ports = [free_port() for _ in range(servers)]
        self.processes: list[subprocess.Popen | None] = [None] * servers

    def __enter__(self) -> Fleet:
        for number in range(len(self.ports)):
            self.begin(number)
        return self

    def __exit__(self, *_: Any) -> None:
        for process in self.processes:
            if process is not None and process.poll() is None:
                stop(process)

    def begin(self, number: int) -> None:
        """Start one; returns when it takes requests."""
        command = ["-m", "slm", "serve", f"model={self.model}", "--port", str(self.ports[number]), "--bits",
                   str(self.bits), "--threads", "1", "--slots", "16", "--drain", "2m", "--trusted-proxy", "127.0.0.1",
                   "--log", str(self.folder / f"server-{number}.log")]  # fmt: skip
        self.processes[number], _ = start(command)

    def kill(self, number: int) -> None:
        process = self.processes[number]
        process.kill()
        process.wait()
        process.stdout.close()

    def restart(self, number: int) -> None:
        """SIGTERM, let what runs finish, and start anew."""
        process = self.processes[number]
        process.send_signal(signal.SIGTERM)
        code = process.wait(150)
        process.stdout.close()
        assert code == 0, f"a server that was told to stop ended with {code}"
        self.begin(number)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextlib.contextmanager
def running_nginx(program: str, folder: Path, ports: list[int], change: Callable[[str], str] = str) -> Any:
    """nginx with the configuration of `deploy/`, as `change` alters it; gives its port."""
    port = free_port()
    process = subprocess.Popen([program, *nginx_words(folder, CONFIG.read_text(), ports, port, change)])
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, (folder / "nginx-error.log").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def nginx_words(folder: Path, text: str, ports: list[int], port: int, change: Callable[[str], str]) -> list[str]:
    """Write a whole configuration around that of the site, with these ports; the words that nginx is called with."""
    for number, each in enumerate(ports):
        text = text.replace(f"127.0.0.1:{8001 + number}", f"127.0.0.1:{each}")
    (folder / "site.conf").write_text(change(text.replace("127.0.0.1:8080", f"127.0.0.1:{port}")))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;\n" if not os.getuid() else ""  # the folder is this user's alone
    (folder / "nginx.conf").write_text(
        f"{user}worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nevents {{ worker_connections 4096; }}\n"
        f"http {{\nlog_format ours '$upstream_addr $status';\naccess_log {folder}/access.log ours;\n{temporary}\n"
        f"include {folder}/site.conf;\n}}\n"
    )
    return ["-e", str(folder / "nginx-error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


# What is killed and restarted


def faults(fleet: Fleet, arguments: Any) -> None:
    known: dict[int, str] = {}
    events: dict[str, Callable[[Fleet, int], Awaitable[None]]] = {
        "nothing": quiet, "one killed, one restarted": kill_and_restart, "each restarted in turn": rolling,
    }  # fmt: skip
    print("| nginx | what happens | sent | ok | lost | 5xx | cut streams | other | texts that differ | p50 | p99 | "
          f"first byte p99 |\n{'| --- ' * 12}|")  # fmt: skip
    name, change = ("plain", plain) if arguments.plain else ("deploy/nginx.conf", str)
    with running_nginx(arguments.nginx, fleet.folder, fleet.ports, change) as port:
        for what, event in events.items():
            rounds = (under_load(fleet, port, arguments.clients, event, n) for n in range(arguments.rounds))
            print_row(name, what, [each for one in rounds for each in asyncio.run(one)], known)


def plain(text: str) -> str:
    """The configuration as one would write it first: the addresses and nothing about what fails."""
    text = re.sub(r" max_fails=\d+ fail_timeout=\w+", "", text)
    return re.sub(r"\n *(proxy_next_upstream|proxy_connect_timeout|error_page)[^;]*;", "", text)


async def quiet(fleet: Fleet, number: int) -> None:
    await asyncio.sleep(15)


async def kill_and_restart(fleet: Fleet, number: int) -> None:
    """SIGKILL of one; while it is gone another is restarted; then the first comes back."""
    killed, other = number % SERVERS, (number + 1) % SERVERS
    await asyncio.sleep(4)
    fleet.kill(killed)
    await asyncio.sleep(READY_PAUSE)
    await asyncio.to_thread(fleet.restart, other)
    await asyncio.to_thread(fleet.begin, killed)
    await asyncio.sleep(READY_PAUSE)


async def rolling(fleet: Fleet, number: int) -> None:
    for each in range(SERVERS):
        await asyncio.to_thread(fleet.restart, each)
        await asyncio.sleep(READY_PAUSE)


async def under_load(
    fleet: Fleet, port: int, clients: int, event: Callable[[Fleet, int], Awaitable[None]], number: int
) -> list[tuple[int, Answer]]:
    """The requests of `clients` who ask until `event` is over, each at an address of its own; by their keys."""
    found: list[tuple[int, Answer]] = []
    over = False

    async def client(which: int) -> None:
        key = which * 7
        while not over:
            key = (key + 1) % KEYS
            found.append((key, await ask(port, f"127.0.1.{which + 1}", request(key))))

    working = [asyncio.create_task(client(which)) for which in range(clients)]
    await event(fleet, number)
    over = True
    await asyncio.gather(*working)
    return found


def request(key: int) -> dict[str, Any]:
    tokens = LONG if key % 8 == 0 else SHORT
    prompt = OPENINGS[key % len(OPENINGS)]
    return {"prompt": prompt, "max_tokens": tokens, "seed": key, "stream": key % 2 == 1 or key % 16 == 0,
            "continue_past_context": True}  # fmt: skip


def print_row(name: str, what: str, answers: list[tuple[int, Answer]], known: dict[int, str]) -> None:
    counts = Counter(answer.outcome for _, answer in answers)
    good = [(key, answer) for key, answer in answers if answer.outcome == "ok"]
    differ = sum(known.setdefault(key, answer.text) != answer.text for key, answer in good)
    p50, p99 = np.percentile([answer.seconds for _, answer in good], [50, 99])
    first = np.percentile([answer.first for _, answer in good], 99)
    numbers = " | ".join(f"{counts[each]:,}" for each in OUTCOMES)
    print(f"| {name} | {what} | {len(answers):,} | {numbers} | {differ} | {p50:.2f} s | {p99:.2f} s | {first:.2f} s |",
          flush=True)  # fmt: skip


# One request


async def ask(port: int, address: str, content: dict[str, Any]) -> Answer:
    body = json.dumps(content).encode()
    head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    began, first, received = time.perf_counter(), 0.0, b""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        while data := await reader.read(65536):
            first = first or time.perf_counter() - began
            received += data
        writer.close()
    outcome, text = outcome_of(received, content["stream"])
    return Answer(outcome, text, first, time.perf_counter() - began)


def outcome_of(received: bytes, streams: bool) -> tuple[str, str]:
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head[9:12] or 0)
    if b"transfer-encoding: chunked" in head.lower():
        body = joined(body)
    if not status:
        return "lost", ""
    if status != 200:
        return "5xx" if status >= 500 else "other", ""
    if not streams:
        try:
            return "ok", json.loads(body)["choices"][0]["text"]
        except ValueError:
            return "lost", ""
    if not body.endswith(b"data: [DONE]\n\n"):
        return "cut", ""
    events = [json.loads(line[6:]) for line in body.split(b"\n\n")[:-2]]
    return "ok", "".join(event["choices"][0]["text"] for event in events if event["choices"])


def joined(body: bytes) -> bytes:
    """The chunks of a body without their sizes."""
    made = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        made, body = made + body[:length], body[length + 2 :]
    return made


# Whether it pays to be sticky


def stickiness(fleet: Fleet, arguments: Any) -> None:
    rates: dict[str, list[float]] = {name: [] for name in CHOICES}
    firsts: dict[str, list[float]] = {name: [] for name in CHOICES}
    most: dict[str, list[float]] = {name: [] for name in CHOICES}
    for number in range(arguments.rounds):
        for name, (how, before) in CHOICES.items():
            (fleet.folder / "access.log").unlink(missing_ok=True)
            change = lambda text, how=how, before=before: before + text.replace("least_conn;", how)  # noqa: E731
            with running_nginx(arguments.nginx, fleet.folder, fleet.ports, change) as port:
                began = time.perf_counter()
                found = asyncio.run(conversations(port, arguments, number))
                rates[name].append(len(found) / (time.perf_counter() - began))
            firsts[name] += found
            servers = Counter((fleet.folder / "access.log").read_text().split()[::2])
            most[name].append(max(servers.values()) / servers.total())
    print(f"| nginx chooses by | turns a second | first byte p50 | p99 | of the busiest server |\n{'| --- ' * 5}|")
    for name in CHOICES:
        p50, p99 = 1000 * np.percentile(firsts[name], [50, 99])
        rate, low, high = np.median(rates[name]), min(rates[name]), max(rates[name])
        print(f"| {name} | {rate:.1f} ({low:.1f} to {high:.1f}) | {p50:.0f} ms | {p99:.0f} ms | "
              f"{np.mean(most[name]):.0%} of the turns |")  # fmt: skip


async def conversations(port: int, arguments: Any, number: int) -> list[float]:
    """Seconds to the first byte of each turn of each client, whose prompts hold what was asked and said before."""
    words = " ".join(OPENINGS).split()

    async def one(which: int) -> list[float]:
        own = np.random.default_rng([number, which])  # the same conversations for each way to choose
        said, firsts = f"Number {which} of {number}: ", []
        for turn in range(arguments.turns):
            said += " ".join(own.choice(words, arguments.words)) + ". "
            content = {"prompt": said, "max_tokens": 16, "seed": turn, "stream": True}
            answer = await ask(port, f"127.0.1.{which + 1}", content)
            assert answer.outcome == "ok", f"turn {turn}: {answer.outcome}; fewer --turns or --words fit the context"
            said += answer.text + " "
            firsts.append(answer.first)
        return firsts

    found = await asyncio.gather(*(one(which) for which in range(arguments.clients)))
    return [first for firsts in found for first in firsts]


if __name__ == "__main__":
    sys.exit(main())
