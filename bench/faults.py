"""Does a run that is not normal say so? Faults planted into the first part of runs, and clean runs beside them.

    python bench/faults.py STORE [STORE ...] --seeds 3 --share 0.15 --tokens 1500000

Each run does the first `share` of a run of so many tokens in all, with the planner's settings for that many. A fault
must be told of by then; a clean run must be silent. Prints a line for each run and the count of both kinds of error.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from slm.data.batches import Documents, PackedBatches
from slm.data.token_store import Split, TokenStore, open_token_store
from slm.device import choose_machine
from slm.model import attention, gpt
from slm.model.gpt import GPT, GPTConfig
from slm.model.initialization import initialize_looking_back
from slm.recipe import load_recipe
from slm.training.expectation import Expectation, entropy_of
from slm.training.optimizer import make_optimizer
from slm.training.planner import learning_rate, tokens_per_step
from slm.training.schedule import batch_share, momentum
from slm.training.watch import Watch

BATCH_RAMP = load_recipe("budget").training.batch_ramp
SHAPES = ((128, 4), (192, 4), (256, 4), (256, 6))


@dataclass
class Setting:
    """What a fault may spoil."""

    split: Split
    rate: float
    model: GPT
    shift: int = 0


def shuffled(setting: Setting) -> None:
    order = np.random.default_rng(0).permutation(len(setting.split.tokens))
    setting.split = replace(setting.split, tokens=np.asarray(setting.split.tokens)[order])


def high_rate(setting: Setting) -> None:
    setting.rate *= 10


def low_rate(setting: Setting) -> None:
    setting.rate /= 10


def shifted(setting: Setting) -> None:
    setting.shift = 1


def copied(setting: Setting) -> None:
    setting.shift = -1


def frozen(setting: Setting) -> None:
    for parameter in setting.model.transformer.h[1].mlp.parameters():
        parameter.requires_grad_(False)


def clean(setting: Setting) -> None:
    pass


FAULTS: dict[str, Callable[[Setting], None]] = {
    "learning rate x 10": high_rate, "learning rate / 10": low_rate, "labels shifted by one": shifted,
    "labels are the inputs": copied, "shuffled text": shuffled, "a frozen layer": frozen, "no causal mask": clean,
}  # fmt: skip


@contextlib.contextmanager
def mask_of(name: str) -> Iterator[None]:
    """Attention that sees the future, for the fault of that name."""

    def sees_all(q: Tensor, k: Tensor, v: Tensor, dropout: float = 0.0) -> Tensor:
        return torch.nn.functional.scaled_dot_product_attention(q, k, v)

    if name == "no causal mask":
        gpt.causal_attention = sees_all
    try:
        yield
    finally:
        gpt.causal_attention = attention.causal_attention


def run(
    store: TokenStore, fault: str, seed: int, total: int, share: float, width: int, layers: int
) -> tuple[float, str]:
    """Train until something is told, or `share` is done; returns the share done and what was told."""
    torch.manual_seed(seed)
    machine = choose_machine()
    model = GPT(GPTConfig(256, store.tokenizer.n_vocab, layers, max(1, width // 64), width))
    initialize_looking_back(model)
    size = tokens_per_step(total)
    setting = Setting(store.train, learning_rate(size, width), model)
    FAULTS.get(fault, clean)(setting)
    optimizer = make_optimizer(model, setting.rate, (0.9, 0.95), 0.1, "muon")
    batches = PackedBatches(Documents(setting.split, 256), size, seed)
    watch = Watch(Expectation(entropy_of(store.train.tokens, store.tokenizer.n_vocab)), model)
    step = seen = 0
    while seen < share * total:
        part = batch_share(seen / total, BATCH_RAMP)
        ((x, y, lengths),) = batches.get_batch(step, size // 256, seen=seen, share=part)
        x, y = torch.from_numpy(x), torch.from_numpy(y).roll(-setting.shift)
        for group in optimizer.param_groups:
            group["lr"] = setting.rate * min(1.0, (seen + 1024) / (0.02 * total))
            if "momentum" in group:
                group["momentum"] = momentum(seen / total)
        with machine.autocast():
            loss = model.loss_sum(x, y, torch.from_numpy(lengths)) / len(y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        step, seen = step + 1, seen + len(y)
        if told := watch.look(step, seen, loss.item()):
            return seen / total, told[0]
    return share, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", nargs="+", type=Path, metavar="STORE")
    parser.add_argument("--seeds", type=int, default=3, help="of each fault")
    parser.add_argument("--clean", type=int, default=20, help="clean runs")
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--tokens", type=int, default=1_500_000)
    given = parser.parse_args()
    stores = [open_token_store(folder) for folder in given.stores]
    jobs = [("clean", seed) for seed in range(given.clean)]
    jobs += [(fault, seed) for fault in FAULTS for seed in range(given.seeds)]
    wrong = {"false alarms": 0, "faults not told": 0}
    for number, (fault, seed) in enumerate(jobs):
        store, (width, layers) = stores[number % len(stores)], SHAPES[number // len(stores) % len(SHAPES)]
        with mask_of(fault):
            done, told = run(store, fault, seed, given.tokens, given.share, width, layers)
        wrong["false alarms"] += fault == "clean" and bool(told)
        wrong["faults not told"] += fault != "clean" and not told
        print(f"{fault:<24}{store.folder.name:<14}{layers} x {width:<6}seed {seed:<4}{done:>6.1%}  {told}", flush=True)
    clean_runs, faulty = given.clean, len(jobs) - given.clean
    print(
        f"false alarms: {wrong['false alarms']} of {clean_runs}; faults not told: "
        f"{wrong['faults not told']} of {faulty}"
    )


if __name__ == "__main__":
    main()
