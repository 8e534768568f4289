"""How a run goes on: by steps as ever, by a clock that the tests turn, and once more as it was recorded."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_training import Clock, Watcher, differences, events, lines, metrics, trainer_of, weights_of

from slm.checkpoint import load_model, load_state
from slm.errors import Stopped, TrainingError
from slm.training.budget import Budget
from slm.training.config import TrainingConfig
from slm.training.pace import LENGTH, MARKS, ByClock, ByStep, Place, Recorded
from slm.training.run_folder import RunFolder
from slm.training.schedule import learning_rate, momentum
from slm.training.trainer import Trainer

SECONDS = 100.0
SETTINGS: dict[str, Any] = {
    "schedule": "wsd", "decay_share": 0.5, "final_learning_rate_share": 0.0, "warmup_share": 0.1, "steps": 1000,
    "accumulation": 1,
}  # fmt: skip


# By steps


def places(pace: ByStep) -> dict[str, list[int]]:
    steps = range(1, pace.steps + 1)
    asked = {"evaluates": pace.evaluates, "saves": pace.saves, "samples": pace.samples}
    return {name: [step for step in steps if is_due(step)] for name, is_due in asked.items()}


def test_a_run_of_steps_has_estimates_saves_and_samples_where_the_settings_say() -> None:
    config = TrainingConfig(steps=16, warmup_steps=3, evaluation_interval=5, save_interval=6, sample_points=5)
    pace = ByStep(config)
    assert places(pace) == {"evaluates": [5, 10, 15, 16], "saves": [6, 12, 16], "samples": [1, 4, 9, 16]}
    assert pace.place(7, trained=1e9) == Place(7, 16, 3) and Place(7, 16, 3).done == 7 / 16
    assert [pace.finished(step, 0.0) for step in (0, 15, 16, 17)] == [False, False, True, True]
    assert pace.spent == 0.0


def test_saves_come_with_estimates_unless_the_settings_say_otherwise() -> None:
    assert places(ByStep(TrainingConfig(steps=7, evaluation_interval=3, sample_points=1))) == {
        "evaluates": [3, 6, 7], "saves": [3, 6, 7], "samples": [7],
    }  # fmt: skip


def test_micro_batches_are_counted_as_the_settings_count() -> None:
    config = TrainingConfig(steps=40, warmup_steps=8, evaluation_interval=12, accumulation=4, count="iterations")
    pace = ByStep(config)
    assert pace.steps == 10 and pace.place(0, 0.0).warmup == 2
    assert places(pace)["evaluates"] == [3, 6, 9, 10]


# By the clock


def uneven(clock: Clock) -> float:
    """Steps of a second, three times as slow in the middle of the time, and then fast."""
    return 1.0 if clock.now < SECONDS / 3 else 3.0 if clock.now < 2 / 3 * SECONDS else 0.6


class Run:
    """A run by a clock that only its steps move; `at_step` is called with each step's number before time passes."""

    def __init__(
        self, folder: Path, name: str = "run", seconds_of: Callable[[Clock], float] = uneven,
        before: float | None = 0.0, at_step: Callable[[int], None] = lambda step: None, begin: float = 0.0,
        **training: Any,
    ):  # fmt: skip
        self.clock, self.begins, self.seconds_of, self.at_step = Clock(), [0.0], seconds_of, at_step
        self.budget = Budget(SECONDS, self.clock)
        self.trainer: Trainer = trainer_of(
            folder, name=name, observer=Watcher(self._step), pace=lambda config: ByClock(config, self.budget),
            clock=self.clock, write_samples=lambda step: self._pass(begin), shape={"dropout": 0.1},
            **SETTINGS | training,
        )  # fmt: skip
        self.budget.before = self.trainer.progress.spent if before is None else before
        self.folder = self.trainer.run

    def _step(self, step: int) -> None:
        self.at_step(step)
        self._pass(self.seconds_of(self.clock))
        self.begins.append(self.clock.now)

    def _pass(self, seconds: float) -> None:
        self.clock.now += seconds


@pytest.fixture(scope="module")
def uneven_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("uneven"), optimizer="muon")
    run.trainer.train()
    return run


def test_it_ends_within_a_step_of_its_deadline(uneven_run: Run) -> None:
    mean = SECONDS / uneven_run.trainer.progress.step
    assert abs(uneven_run.clock.now - SECONDS) <= mean
    assert uneven_run.trainer.pace.steps == uneven_run.trainer.progress.step  # and knows it at the end


@pytest.mark.parametrize("slow", [1.7, 4.0, 30.0])
def test_slow_steps_end_nearest_to_the_deadline(tmp_path: Path, slow: float) -> None:
    run = Run(tmp_path, seconds_of=lambda clock: slow)
    run.trainer.train()
    assert abs(run.clock.now - SECONDS) <= slow / 2 + 1e-6


def test_steps_slower_than_the_budget_are_one_step(tmp_path: Path) -> None:
    run = Run(tmp_path, seconds_of=lambda clock: 5 * SECONDS)
    assert run.trainer.train().step == 1
    assert load_model(run.folder.best).record["step"] in (0, 1) and load_model(run.folder.last).record["step"] == 1


def test_every_step_is_written_down_with_its_place_and_learning_rate(uneven_run: Run) -> None:
    config = uneven_run.trainer.config
    steps = metrics(uneven_run.folder, "step")
    assert [step["step"] for step in steps] == list(range(1, uneven_run.trainer.progress.step + 1))
    for step, begin in zip(steps, uneven_run.begins, strict=False):
        place = Place(*step["place"])
        assert place.step == pytest.approx(begin / SECONDS * LENGTH) and place.length == LENGTH
        assert place.warmup == config.warmup_share * LENGTH
        expected = learning_rate(place.step, LENGTH, config.learning_rate, place.warmup, 0.0, "wsd", 0.5)
        assert step["learning_rate"] == expected


def test_the_learning_rate_follows_the_time_and_not_the_steps(uneven_run: Run) -> None:
    peak = uneven_run.trainer.config.learning_rate
    rates = [step["learning_rate"] for step in metrics(uneven_run.folder, "step")]
    shares = [begin / SECONDS for begin in uneven_run.begins[:-1]]
    assert all(rate < peak for rate, share in zip(rates, shares, strict=True) if share < 0.1)
    assert all(rate == peak for rate, share in zip(rates, shares, strict=True) if 0.11 < share < 0.49)
    falling = [rate for rate, share in zip(rates, shares, strict=True) if share > 0.501]
    assert falling[0] < peak and all(later < earlier for earlier, later in pairwise(falling))
    assert 0 <= rates[-1] < 0.02 * peak
    halfway = next(number for number, share in enumerate(shares) if share > 0.5)
    assert halfway / len(shares) < 0.45  # so by steps it would have been elsewhere


def test_muons_momentum_follows_the_place_too(uneven_run: Run) -> None:
    last = Place(*metrics(uneven_run.folder, "step")[-1]["place"])
    groups = [group for group in uneven_run.trainer.optimizer.param_groups if "momentum" in group]
    assert {group["momentum"] for group in groups} == {momentum(last.done)} == {momentum(1.0)}


def test_estimates_and_saves_come_about_ten_times(uneven_run: Run) -> None:
    evaluated = [line["step"] for line in lines(uneven_run.folder, "evaluation")]
    assert evaluated[0] == 0 and evaluated[-1] == uneven_run.trainer.progress.step
    assert MARKS <= len(evaluated) - 1 <= MARKS + 1
    at = [uneven_run.begins[step] / SECONDS for step in evaluated]
    assert all(0.05 < later - earlier < 0.15 for earlier, later in pairwise(at[:-1]))  # evenly over the time
    assert load_model(uneven_run.folder.last).record["step"] == uneven_run.trainer.progress.step


@pytest.mark.parametrize(("begin", "marks"), [(0.2, 10), (0.6, 5), (1.0, 3), (5.0, 2)])
def test_slow_estimates_are_made_less_often(tmp_path: Path, begin: float, marks: int) -> None:
    run = Run(tmp_path, seconds_of=lambda clock: 2.0, begin=begin)
    run.trainer.train()
    evaluated = [line["step"] for line in lines(run.folder, "evaluation")]
    assert marks <= len(evaluated) - 1 <= marks + 1  # beside the one at the start


def test_few_steps_are_not_estimated_twice(tmp_path: Path) -> None:
    run = Run(tmp_path, seconds_of=lambda clock: SECONDS / 4)
    run.trainer.train()
    evaluated = [line["step"] for line in lines(run.folder, "evaluation")]
    assert evaluated == sorted(set(evaluated)) and (evaluated[0], evaluated[-1]) == (0, 4)


def test_samples_are_written_at_both_ends_alone(tmp_path: Path) -> None:
    run, written = Run(tmp_path, seconds_of=lambda clock: 6.0), []
    run.trainer.write_samples = written.append
    run.trainer.train()
    assert written == [0, run.trainer.progress.step]


def test_what_the_beginning_took_is_kept_back_for_the_end(tmp_path: Path) -> None:
    """The last estimate, samples and save, and as much again for what comes after."""
    run = Run(tmp_path, seconds_of=lambda clock: 1.0, begin=8.0)
    run.trainer.train()
    assert run.begins[-1] == pytest.approx(SECONDS - 2 * 8.0, abs=1.0)
    assert run.clock.now == pytest.approx(SECONDS - 8.0, abs=1.0)  # with the samples at the end
    assert metrics(run.folder, "step")[-1]["learning_rate"] < 0.05 * run.trainer.config.learning_rate


def test_it_says_how_many_steps_there_will_be_by_what_is_known(tmp_path: Path) -> None:
    said: list[float] = []
    run = Run(tmp_path, seconds_of=lambda clock: 2.0)

    class Counting(Watcher):
        def started(self, step: int, steps: int, tokens_per_step: int, by_clock: bool = False) -> None:
            assert by_clock

        def step(self, step: int, **figures: float | None) -> None:
            said.append(figures["steps"])
            super().step(step, **figures)

    run.trainer.observer = Counting(run._step)
    run.trainer.train()
    assert said[1:] == [50] * 49 and run.trainer.progress.step == 50


def test_nobody_is_asked_about_the_length_of_a_run_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slm.training.estimate.SECONDS_TO_MEASURE", 0.0)
    run = Run(tmp_path, seconds_of=lambda clock: 6.0)
    run.trainer.train()
    assert not run.trainer.observer.estimates


def test_the_state_before_the_decay_is_kept(uneven_run: Run) -> None:
    run = uneven_run.folder
    kept = load_model(run.before_decay).record["step"]
    rates = {step["step"]: step["learning_rate"] for step in metrics(run, "step")}
    peak = uneven_run.trainer.config.learning_rate
    assert rates[kept] == pytest.approx(peak, rel=0.05)  # the last step that it holds
    assert rates[kept + 3] < peak
    assert load_state(run.before_decay).values["progress"]["step"] == kept
    assert 0.4 < uneven_run.begins[kept] / SECONDS < 0.6


@pytest.mark.parametrize("schedule", ["cosine", "by steps"])
def test_where_no_more_time_can_be_added_it_is_not(tmp_path: Path, schedule: str) -> None:
    if schedule == "by steps":
        trainer = trainer_of(tmp_path, **SETTINGS | {"steps": 6})
    else:
        trainer = Run(tmp_path, seconds_of=lambda clock: 6.0, schedule=schedule).trainer
    trainer.train()
    assert not trainer.run.before_decay.exists()


# Stopped, and gone on with


def stop_at(step: int) -> Callable[[int], None]:
    return lambda done: signal.raise_signal(signal.SIGINT) if done == step else None


@pytest.mark.parametrize("step", [3, 20])
def test_after_a_stop_what_is_left_is_what_remains_of_the_budget(tmp_path: Path, step: int) -> None:
    first = Run(tmp_path, seconds_of=lambda clock: 2.0, at_step=stop_at(step))
    with pytest.raises(Stopped, match=f"stopped at step {step} of 50 and saved"):
        first.trainer.train()
    assert load_state(first.folder.last).values["progress"]["spent"] == first.clock.now == 2.0 * step
    second = Run(tmp_path, seconds_of=lambda clock: 2.0, before=None)
    second.clock.now = 1.5  # a new process, that took its time to start
    second.budget.before = second.trainer.progress.spent
    second.trainer.train()
    assert first.clock.now + second.clock.now == pytest.approx(SECONDS, abs=1.0)
    steps = metrics(second.folder, "step")
    assert [line["step"] for line in steps] == list(range(1, second.trainer.progress.step + 1))
    assert all(one["place"][0] < other["place"][0] for one, other in pairwise(steps))
    assert steps[-1]["learning_rate"] < 0.08 * second.trainer.config.learning_rate
    assert events(second.folder) == [("stopped", step), ("resumed", step)]


def test_a_kill_gives_back_no_more_than_was_lost(tmp_path: Path) -> None:
    """The lost steps are done again in the time that they took: less than the time between two saves."""

    def die(step: int) -> None:
        if step == 18:
            raise RuntimeError("as if killed")

    first = Run(tmp_path, seconds_of=lambda clock: 2.0, at_step=die)
    with pytest.raises(RuntimeError):
        first.trainer.train()
    second = Run(tmp_path, seconds_of=lambda clock: 2.0, before=None)
    step, spent = second.trainer.progress.step, second.trainer.progress.spent
    assert spent == 2.0 * step and 0 < first.clock.now - spent < 1.5 * SECONDS / MARKS
    second.trainer.train()
    assert spent + second.clock.now == pytest.approx(SECONDS, abs=1.0)
    assert second.trainer.progress.step == 50


def test_going_on_several_times_neither_loses_nor_gains_time(tmp_path: Path) -> None:
    used = 0.0
    for step in (4, 11, 12, 30):
        run = Run(tmp_path, seconds_of=lambda clock: 2.0, before=None, at_step=stop_at(step))
        with pytest.raises(Stopped):
            run.trainer.train()
        used += run.clock.now
        assert load_state(run.folder.last).values["progress"]["spent"] == pytest.approx(used)
    last = Run(tmp_path, seconds_of=lambda clock: 2.0, before=None)
    assert last.trainer.train().step == 50
    assert used + last.clock.now == pytest.approx(SECONDS, abs=1.0)


def test_a_run_whose_time_is_over_ends_without_another_step(tmp_path: Path) -> None:
    first = Run(tmp_path, seconds_of=lambda clock: 2.0, at_step=stop_at(30))
    with pytest.raises(Stopped):
        first.trainer.train()
    second = Run(tmp_path, before=SECONDS)
    assert second.trainer.train().step == 30
    assert lines(second.folder, "evaluation")[-1]["step"] == 30


# As it was recorded


def test_a_replay_gives_the_same_weights(uneven_run: Run) -> None:
    again = trainer_of(
        uneven_run.folder.path.parent.parent, name="again", pace=lambda config: Recorded(uneven_run.folder.metrics),
        shape={"dropout": 0.1}, **SETTINGS | {"optimizer": "muon"},
    )  # fmt: skip
    again.train()
    expected = weights_of(uneven_run.trainer.model)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights_of(again.model).items())
    assert differences(again.run, uneven_run.folder) == []  # moments, losses and estimates too
    assert [line["place"] for line in metrics(again.run, "step")] == [
        line["place"] for line in metrics(uneven_run.folder, "step")
    ]
    kept = [load_model(run.before_decay).model.state_dict() for run in (again.run, uneven_run.folder)]
    assert all(torch.equal(tensor, kept[1][name]) for name, tensor in kept[0].items())


@pytest.mark.slow
def test_a_replay_can_be_stopped_and_replayed_itself(tmp_path: Path) -> None:
    original = Run(tmp_path, "original", seconds_of=lambda clock: 8.0)
    original.trainer.train()

    def trainer(name: str, source: RunFolder, at_step: Callable[[int], None] = lambda step: None) -> Trainer:
        return trainer_of(
            tmp_path, name=name, pace=lambda config: Recorded(source.metrics), shape={"dropout": 0.1},
            observer=Watcher(at_step), **SETTINGS,
        )  # fmt: skip

    with pytest.raises(Stopped):
        trainer("first", original.folder, stop_at(7)).train()
    first = trainer("first", original.folder)
    first.train()
    second = trainer("second", first.run)
    second.train()
    assert differences(first.run, original.folder) == differences(second.run, original.folder) == []


def test_a_run_that_was_killed_and_gone_on_with_is_replayed_as_it_was_done_last(tmp_path: Path) -> None:
    def die(step: int) -> None:
        if step == 18:
            raise RuntimeError("as if killed")

    with pytest.raises(RuntimeError):
        Run(tmp_path, seconds_of=lambda clock: 2.0, at_step=die).trainer.train()
    run = Run(tmp_path, seconds_of=lambda clock: 3.0, before=None)
    run.trainer.train()
    assert len(lines(run.folder, "step")) > run.trainer.progress.step
    again = trainer_of(
        tmp_path, name="again", pace=lambda config: Recorded(run.folder.metrics), shape={"dropout": 0.1}, **SETTINGS
    )
    again.train()
    assert differences(again.run, run.folder) == []


def test_a_run_by_steps_cannot_be_replayed(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=2)
    trainer.train()
    with pytest.raises(TrainingError, match=r"step 1 does not say where it stood; only runs by --budget can be"):
        Recorded(trainer.run.metrics)


def test_a_record_is_read_by_its_steps(tmp_path: Path) -> None:
    def step(number: int, place: float) -> dict[str, Any]:
        return {"kind": "step", "step": number, "place": [place, 1000.0, 20.0]}

    content = [
        {"kind": "evaluation", "step": 0}, step(1, 0.0), step(2, 400.0), {"kind": "event", "step": 2}, step(2, 300.0),
        {"kind": "evaluation", "step": 2}, step(3, 700.0),
    ]  # fmt: skip
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in content))
    pace = Recorded(tmp_path / "metrics.jsonl")
    assert pace.steps == 3 and [pace.place(step, 1e9).step for step in range(3)] == [0.0, 300.0, 700.0]
    assert [pace.evaluates(step) for step in (1, 2, 3)] == [False, True, False]
    assert [pace.finished(step, 0.0) for step in (2, 3)] == [False, True] and pace.saves(3) and pace.spent == 0.0
