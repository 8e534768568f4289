"""Where the time of a training step goes, and what share of the machine's own rate of matrix products it reaches.

    python bench/step.py              (6 layers, 384 wide, 50,257 tokens, block 128, 32 x 128 tokens a step)
    python bench/step.py --width 256 --vocabulary 4096 --block 256 --rows 16 --optimizer muon

Each part is timed by itself, forward and backward, on real shapes; `the rest` is what the whole step takes beyond them.
The rate to compare with is that of plain products of the same shapes, forward and both of backward, weighted by their
share of the operations; a step's operations are 6 x the weights of its matrices (head included, embedding look-up not)
plus causal attention, for each token (slm/model/flops.py). Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from slm.device import Machine, choose_machine
from slm.model.flops import flops_per_token
from slm.model.gpt import GPT, GPTConfig
from slm.model.loss import linear_cross_entropy_sum
from slm.training.optimizer import make_optimizer
from slm.training.speed import matrix_rate

ROUNDS, TURNS = 5, 4


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the fastest round."""
    work(), work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def both_ways(machine: Machine, part: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> float:
    """Milliseconds forward and backward of a part of the model, on hidden states of this shape."""
    x = torch.randn(shape, dtype=getattr(torch, machine.precision), requires_grad=True)
    gradient = torch.randn_like(x)

    def work() -> None:
        with machine.autocast():
            part(x).backward(gradient)

    return best(work)


def parts_of_a_step(
    model: GPT, machine: Machine, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer
) -> dict[str, float]:
    config, block = model.config, model.transformer.h[0]
    shape = (*x.shape, config.n_embd)
    hidden = torch.randn(x.numel(), config.n_embd, requires_grad=True)

    def head() -> None:
        with machine.autocast():
            linear_cross_entropy_sum(hidden, model.transformer.wte.weight, y.flatten()).backward()

    def embed() -> None:
        (model.transformer.wte(x) + model.transformer.wpe(torch.arange(x.size(1)))).sum().backward()

    return {
        "attention": config.n_layer * both_ways(machine, lambda h: block.attn(block.ln_1(h)), shape),
        "MLP": config.n_layer * both_ways(machine, lambda h: block.mlp(block.ln_2(h)), shape),
        "head and loss": best(head),
        "embeddings": best(embed),
        "clipping": best(lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0)),
        "optimizer": best(optimizer.step),
    }


def own_rates(config: GPTConfig, machine: Machine, rows: int) -> list[tuple[int, float]]:
    """(weights, FLOP/s) of plain matrix products of each of the model's shapes."""
    width, head_rows = config.n_embd, min(rows, 1024)
    shapes = [(rows, width, 3 * width), (rows, width, width), (rows, width, 4 * width), (rows, 4 * width, width)]
    counted = [(inputs * outputs * config.n_layer, (n, inputs, outputs)) for n, inputs, outputs in shapes]
    counted.append((width * config.vocab_size, (head_rows, width, config.vocab_size)))
    return [(weights, matrix_rate(machine, *shape)) for weights, shape in counted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("width", 384), ("layers", 6), ("vocabulary", 50257), ("block", 128), ("rows", 32)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--optimizer", choices=("adamw", "muon"), default="adamw")
    given = parser.parse_args()
    machine = choose_machine()
    config = GPTConfig(given.block, given.vocabulary, given.layers, max(1, given.width // 64), given.width)
    model = GPT(config).train()
    optimizer = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1, given.optimizer)
    x, y = torch.randint(0, given.vocabulary, (2, given.rows, given.block)).unbind(0)

    def step() -> None:
        with machine.autocast():
            loss = model.loss_sum(x, y)
        (loss / y.numel()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)

    # In turn, since other work on the machine comes and goes; the best of each counts.
    turns = [(best(step), own_rates(config, machine, x.numel())) for _ in range(TURNS)]
    whole = min(milliseconds for milliseconds, _ in turns)
    by_shape = zip(*(rates for _, rates in turns), strict=True)
    best_rates = [(same[0][0], max(rate for _, rate in same)) for same in by_shape]
    plain = sum(weights for weights, _ in best_rates) / sum(weights / rate for weights, rate in best_rates)
    parts = parts_of_a_step(model, machine, x, y, optimizer)
    parts["the rest"] = whole - sum(parts.values())
    print(
        f"{config.n_layer} x {config.n_embd}, {config.vocab_size:,} tokens, {given.rows} x {given.block} a step,",
        end=" ",
    )
    print(f"{given.optimizer}, {machine.precision}, {machine.threads} threads")
    for name, milliseconds in {**parts, "the whole step": whole}.items():
        print(f"{name:<16}{milliseconds:>9.1f} ms{milliseconds / whole:>8.0%}")
    rate = flops_per_token(config) * x.numel() / whole * 1000
    print(
        f"{x.numel() / whole * 1000:,.0f} tokens/s, {rate / 1e9:,.0f} GFLOP/s; plain products of the same shapes ",
        end="",
    )
    print(f"{plain / 1e9:,.0f} GFLOP/s: {rate / plain:.0%}")


if __name__ == "__main__":
    main()
