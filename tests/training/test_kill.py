"""A process may die at any moment: what was saved is whole, and going on gives the bits of a run that never died.

Children come from a fork server, so that each of the many starts at once.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_model
from tiny_training import (
    Killed,
    children,
    crash_in,
    differences,
    in_child,
    metrics,
    save_checkpoint,
    story_recipe,
    story_store,
    train_or_resume,
    weights_of,
)

from slm.atomic_write import existing_folder
from slm.checkpoint import load_model, load_state
from slm.pretrain import pretrain, resume_pretraining
from slm.training.run_folder import RunFolder

pytest.importorskip("ckpt_chaos", reason="needs the package ckpt-chaos")
KILLS = 50
MODES = ("before", "torn")


def crash_points(target: Any, arguments: tuple[Any, ...], watched: Path, mode: str) -> Any:
    """Die at the first change of a file, the second, and so on; yields after each, until none is left to die at."""
    event = 0
    while True:
        event += 1
        try:
            in_child(crash_in, target, arguments, watched, event, mode)
        except Killed as killed:
            assert killed.args == (137,), f"at change {event} of a file it failed by itself"
            yield event
        else:
            return


def seed_of(folder: Path) -> int:
    """The seed of the whole checkpoint at `folder`; every tensor is checked."""
    loaded, state = load_model(folder), load_state(folder)
    seed = loaded.record["seed"]
    assert state.values == {"seed": seed}
    for name, tensor in weights_of(tiny_model(seed)).items():
        assert loaded.model.state_dict()[name].equal(tensor) and state.tensors[f"exp_avg/{name}"].equal(tensor * 2)
    return seed


@pytest.mark.parametrize("mode", MODES)
def test_a_crash_at_any_file_of_a_save_leaves_a_whole_checkpoint(tmp_path: Path, mode: str) -> None:
    first, last = tmp_path / "first", tmp_path / "checkpoints" / "last"
    save_checkpoint(first, seed=1)
    shutil.copytree(first, last)
    seeds: list[int] = []
    for _ in crash_points(save_checkpoint, (last, 2), tmp_path / "checkpoints", mode):
        seeds.append(seed_of(last))
        save_checkpoint(last, seed=3)  # the next save finds its way through what was left
        assert seed_of(last) == 3
        assert [path.name for path in last.parent.iterdir()] == ["last"]
        shutil.rmtree(last)
        shutil.copytree(first, last)
    assert seed_of(last) == 2
    assert seeds == sorted(seeds) and set(seeds) == {1, 2}  # the old one up to some moment, then the new one
    assert seeds.count(1) > len([path for path in last.rglob("*") if path.is_file()])


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_crash_at_any_file_of_a_run_is_gone_on_from(tmp_path: Path, mode: str) -> None:
    training = {"steps": 2, "save_interval": 1, "evaluation_interval": 1}
    whole = pretrain(story_store(tmp_path), story_recipe(tmp_path, **training), "whole", runs=tmp_path / "runs")
    run = RunFolder(tmp_path / "runs" / "run")
    ends: Counter[str] = Counter()
    spared = set() if mode == "before" else {"steps", "estimates"}  # this mode also halves the log, which no kill does
    for event in crash_points(train_or_resume, (tmp_path, "run", training), run.path, mode):
        if not (run.path / "run.json").exists():
            ends["not begun"] += 1  # nothing was done yet
        else:
            ends[run.state()] += 1
            if run.state() != "finished":  # as it is when only the report was still to be written
                resume_pretraining("run", runs=tmp_path / "runs")
                assert not list(run.path.rglob(".*.tmp"))
            assert set(differences(run, whole)) <= spared, f"after change {event} of a file"
        shutil.rmtree(run.path, ignore_errors=True)
    assert ends["interrupted"] > 20


@pytest.mark.slow
def test_killed_fifty_times_at_random(tmp_path: Path) -> None:
    training = {"steps": 150, "save_interval": 2, "evaluation_interval": 30}
    whole = pretrain(story_store(tmp_path), story_recipe(tmp_path, **training), "whole", runs=tmp_path / "runs")
    pace = metrics(whole, "step")[-1]["seconds"] / 150
    draw, kills, during_saves, number = random.Random(0), 0, 0, 0
    while kills < KILLS:
        number += 1
        run = RunFolder(tmp_path / "runs" / f"killed-{number}")
        while kills < KILLS and killed_somewhere(tmp_path, run, training, pace, draw):
            kills += 1
            during_saves += any(path.name != "best" and path.name != "last" for path in run.last.parent.glob("*"))
            assert_little_is_lost(run, interval=2)
        train_to_the_end(tmp_path, run, training)
        assert differences(run, whole) == []
        assert not list(run.path.rglob(".*.tmp"))
    print(f"{kills} kills in {number} runs, {during_saves} of them during a save")
    assert during_saves >= 5


def killed_somewhere(folder: Path, run: RunFolder, training: dict[str, Any], pace: float, draw: random.Random) -> bool:
    """Work on the run in a process that is killed at a random moment; False where it was done before that."""
    process = children().Process(target=train_or_resume, args=(folder, run.name, training))
    size = run.metrics.stat().st_size if run.metrics.exists() else 0
    process.start()
    if draw.random() < 0.8:  # the others die while they start, or wherever they are by then
        while process.is_alive() and not (run.metrics.exists() and run.metrics.stat().st_size > size):
            time.sleep(0.001)
        time.sleep(draw.random() * 8 * pace)
    else:
        while process.is_alive() and not (run.path / "run.json").exists():
            time.sleep(0.001)
        time.sleep(draw.random() * 0.2)
    process.kill()
    process.join()
    assert process.exitcode in (0, -9)
    return process.exitcode == -9 and run.state() == "interrupted"


def assert_little_is_lost(run: RunFolder, interval: int) -> None:
    """The newest checkpoint is whole and at most one save interval behind the log."""
    logged = max((line["step"] for line in metrics(run, "step")), default=0) if run.metrics.exists() else 0
    if not existing_folder(run.last).exists():
        assert logged == 0
        return
    loaded, state = load_model(run.last), load_state(run.last)
    assert loaded.record["step"] == state.values["progress"]["step"] >= logged - interval
    load_model(run.best_model())


def train_to_the_end(folder: Path, run: RunFolder, training: dict[str, Any]) -> None:
    if run.state() != "finished":
        in_child(train_or_resume, folder, run.name, training)
    assert run.read()["state"] == "finished"
