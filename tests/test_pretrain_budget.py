"""Pre-training by a budget of time, on a clock that ticks with every look: stopped, extended, replayed."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_training import (
    Clock,
    Watcher,
    differences,
    events,
    lines,
    metrics,
    story_recipe,
    story_store,
)

from slm.checkpoint import load_model, load_state
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, Stopped, TrainingError
from slm.model.gpt import GPT
from slm.pretrain import extend_pretraining, pretrain, replay_pretraining, resume_pretraining
from slm.training.run_folder import RunFolder

SECONDS = 3.0  # on a clock of which some 60 looks go into a second
BUDGETED: dict[str, Any] = {
    "budget_seconds": SECONDS, "batches": "documents", "initialization": "looking_back", "optimizer": "muon",
    "batch_ramp": 0.36, "schedule": "wsd", "decay_share": 0.5, "final_learning_rate_share": 0.0, "accumulation": 1,
    "warmup_share": 0.1,
}  # fmt: skip


def clock() -> Clock:
    return Clock(tick=0.016)


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("budget")


@pytest.fixture(scope="module")
def store(folder: Path) -> TokenStore:
    return story_store(folder)


def budgeted(folder: Path, store: TokenStore, name: str, time: Clock, observer: Watcher | None = None, **more: Any):
    recipe = story_recipe(folder, **BUDGETED | more)
    return pretrain(store, recipe, name, observer=observer, runs=folder / "runs", running=time)


@pytest.fixture(scope="module")
def run(folder: Path, store: TokenStore) -> RunFolder:
    """A finished run by the clock."""
    return budgeted(folder, store, "whole", clock())


def stop_at(step: int) -> Watcher:
    return Watcher(lambda done: signal.raise_signal(signal.SIGINT) if done == step else None)


def turns(run: RunFolder) -> list[tuple[str, int]]:
    """Where it was stopped and gone on with, without what else was noticed."""
    return [event for event in events(run) if event[0] in ("stopped", "resumed")]


def rates(run: RunFolder) -> list[float]:
    return [line["learning_rate"] for line in metrics(run, "step")]


# A run by the clock


def test_it_ends_with_its_budget_and_leaves_a_whole_run(folder: Path, store: TokenStore) -> None:
    time = clock()
    run = budgeted(folder, store, "ends", time)
    assert time.now == pytest.approx(SECONDS, rel=0.15)
    record = run.read()
    assert (record["state"], record["replayed"]) == ("finished", None)
    assert record["steps"] == len(metrics(run, "step")) > 15
    assert record["recipe"]["training"]["budget_seconds"] == SECONDS
    results = json.loads((run.path / "evaluation.json").read_text())["results"]
    assert [result["moment"] for result in results] == ["before", "after"]
    assert results[1]["bits_per_byte"] < results[0]["bits_per_byte"]
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == ["before_decay", "best", "last"]
    assert rates(run)[-1] < 0.1 * max(rates(run))


def test_what_it_makes_is_a_plain_gpt2(run: RunFolder) -> None:
    model = load_model(run.best).model
    assert model.state_dict().keys() == GPT(model.config).state_dict().keys()
    assert json.loads((run.best / "config.json").read_text())["model_type"] == "gpt2"


def test_twice_as_much_time_is_about_twice_as_many_steps(folder: Path, store: TokenStore, run: RunFolder) -> None:
    longer = budgeted(folder, store, "longer", clock(), budget_seconds=2 * SECONDS)
    assert 1.6 < longer.read()["steps"] / run.read()["steps"] < 2.6


def test_time_that_is_spent_before_is_missing(folder: Path, store: TokenStore, run: RunFolder) -> None:
    """Such as for reading and encoding, in the same command."""
    time = clock()
    time.now = SECONDS / 2
    late = budgeted(folder, store, "late", time)
    assert late.read()["steps"] < 0.6 * run.read()["steps"] and time.now == pytest.approx(SECONDS, rel=0.15)


def test_without_time_there_is_a_run_nevertheless(folder: Path, store: TokenStore) -> None:
    time = clock()
    time.now = 10 * SECONDS
    run = budgeted(folder, store, "none", time)
    assert run.read()["state"] == "finished" and load_model(run.best_model()).record["step"] == 0


# Stopped, and gone on with


@pytest.mark.parametrize("step", [2, 12])
def test_a_stopped_run_has_the_time_that_was_left(folder: Path, store: TokenStore, run: RunFolder, step: int) -> None:
    first, second = clock(), clock()
    with pytest.raises(Stopped):
        budgeted(folder, store, f"stopped-{step}", first, stop_at(step))
    stopped = RunFolder(folder / "runs" / f"stopped-{step}")
    assert load_state(stopped.last).values["progress"]["spent"] == pytest.approx(first.now, abs=0.1)
    resume_pretraining(stopped.name, runs=folder / "runs", running=second)
    assert first.now + second.now == pytest.approx(SECONDS, rel=0.15)
    assert stopped.read()["state"] == "finished" and turns(stopped) == [("stopped", step), ("resumed", step)]
    assert stopped.read()["steps"] == pytest.approx(run.read()["steps"], rel=0.25)
    assert rates(stopped)[-1] < 0.1 * max(rates(stopped))


# More time


def test_more_time_goes_on_from_before_the_decay(folder: Path, run: RunFolder) -> None:
    time, before = clock(), {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    kept = load_model(run.before_decay).record["step"]
    longer = extend_pretraining("whole", 2 * SECONDS, "extended", runs=folder / "runs", running=time)
    assert time.now == pytest.approx(2 * SECONDS, rel=0.15)
    record = longer.read()
    assert (record["name"], record["state"], record["extended"]) == ("extended", "finished", str(run.path))
    assert record["recipe"]["training"]["budget_seconds"] == 2 * SECONDS
    steps = metrics(longer, "step")
    assert steps[:kept] == metrics(run, "step")[:kept] and len(steps) > len(metrics(run, "step"))
    assert [line["step"] for line in lines(longer, "step")] == list(range(1, len(steps) + 1))
    assert rates(longer)[kept] == max(rates(longer))  # it had not fallen yet
    assert rates(longer)[-1] < 0.1 * max(rates(longer))
    assert turns(longer) == [("resumed", kept)]
    results = json.loads((longer.path / "evaluation.json").read_text())["results"]
    assert [result["moment"] for result in results] == ["before", "after"]
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    assert longer.before_decay.exists()  # so that it can be extended once more
    assert load_model(longer.before_decay).record["step"] > kept


def test_more_time_begins_with_the_very_weights_and_moments(folder: Path, run: RunFolder) -> None:
    class Halt(Exception):
        pass

    def halt(step: int) -> None:
        raise Halt

    with pytest.raises(Halt):
        extend_pretraining("whole", SECONDS, "halted", Watcher(halt), runs=folder / "runs", running=clock())
    halted = RunFolder(folder / "runs" / "halted")
    kept, ours = load_model(run.before_decay), load_model(halted.last)
    for name, tensor in kept.model.state_dict().items():
        assert torch.equal(ours.model.state_dict()[name], tensor), name
    moments = [load_state(path).tensors for path in (run.before_decay, halted.last)]
    assert moments[0].keys() == moments[1].keys()
    assert all(torch.equal(tensor, moments[1][name]) for name, tensor in moments[0].items())
    progress = load_state(halted.last).values["progress"]
    assert progress["spent"] == 0.0 and progress["step"] == kept.record["step"]
    resume_pretraining("halted", runs=folder / "runs", running=clock())  # a run like any other
    assert halted.read()["state"] == "finished"


def test_a_run_by_steps_cannot_be_given_more_time(folder: Path, store: TokenStore) -> None:
    pretrain(store, story_recipe(folder, steps=2), "by-steps", runs=folder / "runs")
    with pytest.raises(ConfigError, match=r"expected checkpoints/before_decay.* Start anew .*: slm train --from"):
        extend_pretraining("by-steps", 10.0, runs=folder / "runs")
    assert not (folder / "runs" / "by-steps-extended").exists()


def test_an_extension_whose_start_cannot_be_copied_leaves_no_run(
    folder: Path, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slm.pretrain.save_model", full)
    with pytest.raises(OSError, match="No space left"):
        extend_pretraining("whole", SECONDS, "no-room", runs=folder / "runs")
    assert not (folder / "runs" / "no-room").exists() and run.before_decay.exists()


# Once more


def test_a_replay_gives_the_same_bits(folder: Path, run: RunFolder) -> None:
    again = replay_pretraining("whole", "again", runs=folder / "runs")
    assert differences(again, run) == []
    record = again.read()
    assert record["state"] == "finished" and record["replayed"] == str(run.metrics.resolve())


def test_a_replay_that_was_stopped_goes_on_as_one(folder: Path, run: RunFolder) -> None:
    with pytest.raises(Stopped):
        replay_pretraining("whole", "again-stopped", stop_at(7), runs=folder / "runs")
    again = resume_pretraining("again-stopped", runs=folder / "runs")
    assert differences(again, run) == [] and turns(again) == [("stopped", 7), ("resumed", 7)]


def test_a_run_that_was_stopped_is_replayed_as_a_whole(folder: Path, store: TokenStore) -> None:
    with pytest.raises(Stopped):
        budgeted(folder, store, "in-two", clock(), stop_at(9))
    run = resume_pretraining("in-two", runs=folder / "runs", running=clock())
    assert differences(replay_pretraining("in-two", runs=folder / "runs"), run) == []


def test_what_cannot_be_replayed_is_told(folder: Path, store: TokenStore, run: RunFolder) -> None:
    pretrain(store, story_recipe(folder, steps=2), "steps", runs=folder / "runs")
    with pytest.raises(TrainingError, match="only runs by --budget can be replayed"):
        replay_pretraining("steps", runs=folder / "runs")
    source = folder / "source"
    shutil.copytree(run.best, source)
    recipe = story_recipe(folder, **BUDGETED)
    pretrain(store, recipe, "from-source", str(source), runs=folder / "runs", running=clock())
    shutil.rmtree(source)
    shutil.copytree(RunFolder(folder / "runs" / "steps").best, source)
    with pytest.raises(ConfigError, match=r"not the weights that .*from-source began with"):
        replay_pretraining("from-source", runs=folder / "runs")


def test_a_run_from_a_model_is_replayed_from_it(folder: Path, store: TokenStore, run: RunFolder) -> None:
    recipe = story_recipe(folder, **BUDGETED | {"budget_seconds": 2.0})
    more = pretrain(store, recipe, "more", str(run.best), runs=folder / "runs", running=clock())
    assert differences(replay_pretraining("more", runs=folder / "runs"), more) == []
    assert (
        lines(more, "evaluation")[0]["validation_loss"]
        == lines(RunFolder(folder / "runs" / "more-replay"), "evaluation")[0]["validation_loss"]
    )
