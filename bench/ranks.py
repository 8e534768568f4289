"""Several ranks on one machine: bytes sent a step, tokens/s beside as many threads of one rank, memory of each rank.

    python bench/ranks.py            (speed and bytes of a small model)
    python bench/ranks.py --memory   (memory of GPT-2's 124 million parameters: whole on each rank, and shared)

Trains on random tokens through the trainer itself. Bytes are those of the loopback device (Linux), of all programs:
have nothing else talk. The least that must be sent is a ring's: 2 (n - 1) / n of the gradients by each of n ranks
(Patarasu and Yuan 2009, "Bandwidth optimal all-reduce algorithms"), and Muon's updates once to each other rank.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from slm.data.batches import Batches, Windows
from slm.data.token_store import Split
from slm.device import peak_memory_bytes
from slm.model.gpt import GPT, GPTConfig
from slm.training.config import TrainingConfig
from slm.training.launch import choose_setup
from slm.training.observer import Observer
from slm.training.ranks import joined
from slm.training.run_folder import RunFolder
from slm.training.trainer import Trainer

SMALL = {"block_size": 256, "vocab_size": 4096, "n_layer": 6, "n_head": 6, "n_embd": 384}
GPT2 = {"block_size": 128, "vocab_size": 50257, "n_layer": 12, "n_head": 12, "n_embd": 768}


class Sent(Observer):
    """Bytes that the loopback device has sent, and the time, after each step."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []

    def step(self, step: int, **metrics: float | None) -> None:
        fields = next(line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith("lo:"))
        self.marks.append((time.perf_counter(), int(fields.split(":")[1].split()[8])))


def train(shape: dict[str, int], threads: int, rows: int, parts: int, steps: int, optimizer: str, shard: bool) -> None:
    """Be one rank; the first prints what was measured."""
    ranks = joined()
    config = TrainingConfig(
        steps=steps, micro_batch_size=rows, accumulation=parts, optimizer=optimizer, device="cpu", threads=threads,
        precision="float32", evaluation_interval=steps + 1, evaluation_samples=1, warmup_steps=1,
    )  # fmt: skip
    ids = np.random.default_rng(0).integers(0, shape["vocab_size"], 200_000).astype(np.uint16)
    split = Split(ids, np.array([0, len(ids)], np.uint64), None)
    batches = Batches(Windows(split, shape["block_size"]), config.batch_size, seed=0)
    torch.manual_seed(0)
    model, sent = GPT(GPTConfig(**shape)), Sent()
    setup = choose_setup(config, ranks)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model, batches, batches, config, setup.machine(ranks), False, RunFolder(Path(folder)), None, sent, "",
            ranks=ranks, sharded=shard,
        )  # fmt: skip
        trainer.train()
    peaks = [0.0] * ranks.size
    peaks[ranks.rank] = peak_memory_bytes() / 1e9
    peaks = ranks.sum(*peaks)
    if ranks.first:
        # The first step makes memory and connections ready.
        pairs = list(zip(sent.marks[1:], sent.marks[2:], strict=False))
        seconds = statistics.median(b[0] - a[0] for a, b in pairs)
        gradients = sum(p.numel() for p in model.parameters()) * 4
        matrices = sum(p.numel() for n, p in model.named_parameters() if p.dim() == 2 and ".h." in n) * 4
        least = 2 * (ranks.size - 1) * gradients + (optimizer == "muon") * (ranks.size - 1) * matrices
        print(json.dumps({
            "tokens_per_second": round(config.batch_size * shape["block_size"] / seconds, 1),
            "megabytes_sent": round(statistics.median(b[1] - a[1] for a, b in pairs) / 1e6, 2),
            "least_megabytes": round(least / 1e6, 2), "peak_gigabytes": [round(peak, 2) for peak in peaks],
        }))  # fmt: skip


def measured(ranks: int, shape: dict[str, int], threads: int, **settings: object) -> dict[str, object]:
    worker = [__file__, "--worker", json.dumps({"shape": shape, "threads": threads, **settings})]
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    done = subprocess.run([sys.executable, *launcher, *worker], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", action="store_true", help="of GPT-2's smallest model, in place of speed and bytes")
    parser.add_argument("--optimizer", default="muon", help="muon or adamw")
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        train(**json.loads(arguments.worker))
    elif arguments.memory:
        for ranks, shard in ((1, False), (2, False), (2, True)):
            settings = {"rows": 1, "parts": 2, "steps": 3, "optimizer": arguments.optimizer, "shard": shard}
            print(ranks, "ranks", "shared" if shard else "whole", measured(ranks, GPT2, 1, **settings), flush=True)
    else:
        for ranks, threads in ((1, 2), (2, 1), (1, 2), (2, 1)):
            settings = {"rows": 8, "parts": 1, "steps": 6, "optimizer": arguments.optimizer, "shard": False}
            print(ranks, "ranks x", threads, "threads", measured(ranks, SMALL, threads, **settings), flush=True)


if __name__ == "__main__":
    main()
