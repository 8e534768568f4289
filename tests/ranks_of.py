"""Ranks as processes of a test: forked from the clean one that has imported everything, meeting on loopback."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tiny_training import Clock, Watcher, children, question_recipe, story_recipe, without_pictures

from slm.data.token_store import open_token_store
from slm.errors import Stopped
from slm.finetune import finetune
from slm.following import follow
from slm.pretrain import extend_pretraining, pretrain, replay_pretraining, resume_pretraining
from slm.training.ranks import ALONE, Ranks, joined

SMALL = {"micro_batch_size": 3, "evaluation_interval": 50, "learning_rate": 3e-3}


def run_cases(folder: Path, cases: list[str], steps: int, shard: bool = False, ranks: Ranks = ALONE) -> None:
    """Train each case in `folder`, which has the stores and runs/base, as a run that tells the number of ranks."""
    for case in cases:
        name, training = f"{case}-{ranks.size}", {"steps": steps}
        if ranks.size > 1:
            ranks.shards = shard
        if case == "questions":
            recipe = question_recipe(folder, **SMALL | training)
            recipe = replace(recipe, model=replace(recipe.model, dropout=0.0))
            store = open_token_store(folder / "questions")
            finetune(store, recipe, str(folder / "runs" / "base"), name, runs=folder / "runs", ranks=ranks)
        else:
            recipe = story_recipe(folder, **SMALL | KINDS[case] | training)
            recipe = replace(recipe, model=replace(recipe.model, dropout=0.0))
            pretrain(open_token_store(folder / "stories"), recipe, name, runs=folder / "runs", ranks=ranks)


def go_on_until(
    folder: Path, step: int, kind: str = "windows", shard: bool = False, ranks: Ranks = ALONE
) -> None:  # fmt: skip
    """Begin runs/going or go on with it, and ask it to stop in that step."""
    if ranks.size > 1:
        ranks.shards = shard

    def ask(number: int) -> None:
        if number == step:
            signal.raise_signal(signal.SIGTERM)

    runs, watcher = folder / "runs", Watcher(at_step=ask)
    with contextlib.suppress(Stopped):
        if (runs / "going").exists():
            resume_pretraining("going", watcher, runs, ranks=ranks)
        else:
            recipe = story_recipe(folder, **SMALL | KINDS[kind] | {"steps": 40})
            recipe = replace(recipe, model=replace(recipe.model, dropout=0.0))
            pretrain(open_token_store(folder / "stories"), recipe, "going", observer=watcher, runs=runs, ranks=ranks)


def by_the_clock(folder: Path, ranks: Ranks = ALONE) -> None:
    """A run until the time of the first rank's clock is over, one that goes on with it, one that repeats it."""
    runs, training = folder / "runs", {"budget_seconds": 3.0, "schedule": "wsd", "decay_share": 0.5}
    recipe = story_recipe(folder, **SMALL | KINDS["documents"] | training)
    recipe = replace(recipe, model=replace(recipe.model, dropout=0.0))
    store = open_token_store(folder / "stories")
    pretrain(store, recipe, "timed", runs=runs, running=Clock(tick=0.016), ranks=ranks)
    extend_pretraining("timed", 3.0, "longer", runs=runs, running=Clock(tick=0.016), ranks=ranks)
    replay_pretraining("timed", "again", runs=runs, ranks=ranks)


KINDS: dict[str, dict[str, Any]] = {
    "windows": {},
    "documents": {
        "accumulation": 1, "batches": "documents", "optimizer": "muon", "batch_ramp": 0.5, "learning_rate": 1e-3,
    },
}  # fmt: skip


def _be_rank(rank: int, size: int, port: int, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo",
    }  # fmt: skip
    torch.set_num_threads(1)
    ranks = joined()
    with without_pictures(), ranks.ending_together(), contextlib.suppress(Stopped):
        target(*arguments, ranks=ranks) if ranks.first else follow(ranks)


def in_ranks(size: int, target: Callable[..., None], *arguments: Any) -> None:
    """Call a function, with `ranks` besides, on the first of so many ranks, and have the others follow."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [
        children().Process(target=_be_rank, args=(rank, size, port, target, arguments)) for rank in range(size)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * size
