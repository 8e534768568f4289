"""Tokens per second of a whole training step: slm beside nanoGPT's own model, on one machine in one run.

    python bench/train.py --nanogpt path/to/nanoGPT      (a checkout of karpathy/nanoGPT)

6 layers, 384 wide, 6 heads, 50,257 tokens, 32 x 128 tokens a step, AdamW. nanoGPT is measured as it comes (float32) and
set for the CPU (bfloat16 autocast where the processor has it, compiled, its compilation not counted); the best of three
rounds of each counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import torch

from slm.device import choose_machine, cpu_has_bfloat16
from slm.model.gpt import GPT, GPTConfig
from slm.training.optimizer import make_optimizer

BATCH, BLOCK, STEPS, ROUNDS = 32, 128, 3, 3
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
    spec = importlib.util.spec_from_file_location("nanogpt_model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.GPT(module.GPTConfig(**SHAPE))
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
    # nanoGPT first: slm changes how the C library keeps memory, which would speed up whatever comes after it
    ways = {
        "nanoGPT, as it comes": nanogpt_step(arguments.nanogpt, x, y, for_cpu=False),
        f"nanoGPT, {choose_machine().precision}, compiled": nanogpt_step(arguments.nanogpt, x, y, for_cpu=True),
    }
    best = {}
    for name, step in ways.items():
        step()  # compiles, and warms up
        best[name] = min(seconds(step) for _ in range(ROUNDS))
    ours = slm_step(x, y)
    ours()
    best["slm"] = min(seconds(ours) for _ in range(ROUNDS))
    print(f"{'':<30}{'tokens/s':>10}{'slm is':>9}")
    for name, taken in best.items():
        print(f"{name:<30}{BATCH * BLOCK / taken:>10,.0f}{taken / best['slm']:>8.2f}x")


if __name__ == "__main__":
    main()
