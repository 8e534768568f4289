"""Tokens per second of a whole training step: slm beside nanoGPT's own model, on one machine in one run.

    python bench/train.py --nanogpt path/to/nanoGPT      (a checkout of karpathy/nanoGPT)

6 layers, 384 wide, 6 heads, 50,257 tokens, 32 x 128 tokens a step, AdamW. nanoGPT is measured as it comes (float32) and
set for the CPU (bfloat16 autocast where the processor has it, compiled, its compilation not counted). All three
are in one process, whose memory slm has told the C library to keep, which helps the others too; rounds go by turns, the
best of each is shown, and the ratios within the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from peers.nanogpt import nanogpt_model

from slm.device import choose_machine, cpu_has_bfloat16
from slm.model.gpt import GPT, GPTConfig
from slm.training.optimizer import make_optimizer

BATCH, BLOCK, STEPS, ROUNDS = 32, 128, 2, 5
SHAPE = {
    "block_size": BLOCK,
    "vocab_size": 50257,
    "n_layer": 6,
    "n_head": 6,
    "n_embd": 384,
    "dropout": 0.0,
    "bias": True,
}


def slm_step(x: torch.Tensor, y: torch.Tensor) -> Callable[[], None]:
    machine = choose_machine()
    model = GPT(GPTConfig(**SHAPE)).to(machine.device)
    optimizer = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1)

    def step() -> None:
        with machine.autocast():
            loss = model.loss_sum(x, y)
        (loss / y.numel()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)

    return step


def nanogpt_step(folder: Path, x: torch.Tensor, y: torch.Tensor, for_cpu: bool) -> Callable[[], None]:
    model = nanogpt_model(folder, **SHAPE)
    optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cpu")
    forward = torch.compile(model) if for_cpu else model

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=for_cpu and cpu_has_bfloat16()):
            _, loss = forward(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def seconds(step: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - began) / STEPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nanogpt", type=Path, required=True, help="a checkout of karpathy/nanoGPT")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    x, y = torch.randint(0, 50257, (2, BATCH, BLOCK)).unbind(0)
    ways = {
        "nanoGPT, as it comes": nanogpt_step(arguments.nanogpt, x, y, for_cpu=False),
        f"nanoGPT, {choose_machine().precision}, compiled": nanogpt_step(arguments.nanogpt, x, y, for_cpu=True),
        "slm": slm_step(x, y),
    }
    for step in ways.values():
        step()  # compiles, and warms up
    taken = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, step in ways.items():
            taken[name].append(seconds(step))
    print(f"{'':<30}{'tokens/s':>10}{'slm is':>9}   (the median of the rounds, lowest to highest)")
    for name, rounds in taken.items():
        ratios = sorted(theirs / ours for theirs, ours in zip(rounds, taken["slm"], strict=True))
        times = f"{statistics.median(ratios):>8.2f}x   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{name:<30}{BATCH * BLOCK / min(rounds):>10,.0f}{times}")


if __name__ == "__main__":
    main()
