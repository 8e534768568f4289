"""How fast this machine is: matrix products, memory, and whole training steps of a model, each in a second or two."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from slm.device import Machine, peak_memory_bytes
from slm.model.gpt import GPT, GPTConfig
from slm.training.optimizer import make_optimizer

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
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


def training_speed(config: GPTConfig, batches: Sequence[Batch], machine: Machine) -> tuple[float, float, int]:
    """Tokens a second of whole training steps, seconds of the optimizer in a step, and the process's peak memory.

    `batches` are steps of the text that will be trained on: inputs (N,), targets (N,) and the lengths of the documents
    in each. They are to be different ones, as in a run: the same over again would find its memory and kernels ready.
    """
    model = GPT(config).to(machine.device).train()
    optimizer = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1, "muon")
    in_optimizer, taken = [], []
    for batch in batches:
        x, y, lengths = (torch.from_numpy(part) for part in batch)
        x, y = machine.to_device(x), machine.to_device(y)
        began = time.perf_counter()
        with machine.autocast():
            loss = model.loss_sum(x, y, lengths)
        (loss / y.numel()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        machine.wait()
        stepped = time.perf_counter()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        machine.wait()
        taken.append(time.perf_counter() - began)
        in_optimizer.append(time.perf_counter() - stepped)
    # The first step warms up. The middle of the others, not the best: a run too has to live with what slows it down.
    return y.numel() / statistics.median(taken[1:]), statistics.median(in_optimizer[1:]), peak_memory_bytes()


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
