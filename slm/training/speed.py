"""How fast this machine is: matrix products, memory, and whole training steps of a model, each in a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from slm.device import Machine, peak_memory_bytes
from slm.model.gpt import GPT, GPTConfig
from slm.training.optimizer import make_optimizer

ROWS, CHANNELS = 2048, 256  # of the products that are timed: those of a small model's step


def matrix_rate(machine: Machine, rows: int = ROWS, inputs: int = CHANNELS, outputs: int = 4 * CHANNELS) -> float:
    """FLOP/s of plain matrix products in the machine's precision: forward, and both of backward."""
    kind = getattr(torch, machine.precision)
    x, weight, gradient = (
        torch.randn(shape, device=machine.device).to(kind)
        for shape in ((rows, inputs), (outputs, inputs), (rows, outputs))
    )

    def products() -> None:
        x @ weight.mT, gradient @ weight, gradient.mT @ x

    return 3 * 2 * rows * inputs * outputs / _best_seconds(products, machine)


def memory_rate(machine: Machine) -> float:
    """Bytes a second that are read and written when 256 MB are copied."""
    source = torch.zeros(2**26, device=machine.device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _best_seconds(lambda: target.copy_(source), machine)


def training_speed(
    config: GPTConfig, tokens_per_step: int, machine: Machine, steps: int = 3
) -> tuple[float, float, int]:
    """Tokens a second of whole training steps, seconds of the optimizer in a step, and the process's peak memory."""
    model = GPT(config).to(machine.device).train()
    optimizer = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1, "muon")
    ids = torch.randint(config.vocab_size, (max(1, tokens_per_step // config.block_size), config.block_size))
    x, y = machine.to_device(ids), machine.to_device(ids.roll(-1, dims=1))
    in_optimizer = []

    def step() -> None:
        with machine.autocast():
            loss = model.loss_sum(x, y)
        (loss / y.numel()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        began = time.perf_counter()
        optimizer.step()
        in_optimizer.append(time.perf_counter() - began)
        optimizer.zero_grad(set_to_none=False)

    return y.numel() / _best_seconds(step, machine, steps), min(in_optimizer), peak_memory_bytes()


def _best_seconds(work: Callable[[], object], machine: Machine, times: int = 5) -> float:
    """The fastest of several runs: what other work on the machine slowed down says nothing about it."""
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        machine.wait()
        taken.append(time.perf_counter() - began)
    return min(taken)
