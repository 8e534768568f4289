"""The search before a tuning: which pilots are made, what is chosen, and that nothing of them is left."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_training import (
    Watcher,
    base_run,
    question_recipe,
    question_store,
)

from slm.data.token_store import TokenStore
from slm.errors import ConfigError
from slm.finetune import finetune
from slm.recipe import Recipe
from slm.training.run_folder import RunFolder, list_runs
from slm.tuning_search import RATES, SHARES, SHORTEST_TEXT, Search

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="module")
def base(folder: Path) -> RunFolder:
    return base_run(folder, steps=20)


@pytest.fixture(scope="module")
def store(folder: Path) -> TokenStore:
    return question_store(folder)


@pytest.fixture(autouse=True)
def known_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a second by this clock, and measuring nothing: then a budget is a number of steps."""

    def measured(search: Search) -> None:
        search._seconds_a_step, search._overhead = 1.0, 0.0

    monkeypatch.setattr(Search, "_measure_speed", measured)
    monkeypatch.setattr("slm.tuning_search._measuring_seconds", lambda stage, a_document, a_token: 0.0)
    monkeypatch.setattr("slm.tuning_search.perf_counter", lambda: 0.0)


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Pilots that train nothing: their losses follow from what a test puts here."""
    made: dict[str, Any] = {"loss": lambda rate, steps: 1.0, "rise": lambda share: 0.0}

    class Progress:
        base_loss_before = 1.0

    def train(search: Search, rate: float, steps: int, share: float, observer: Any) -> tuple:
        return Progress(), {"validation_loss": made["loss"](rate, steps), "base_loss": 1 + made["rise"](share)}

    monkeypatch.setattr(Search, "_train", train)
    return made


def recipe_of(folder: Path, budget: float = 0.0, **tuning: Any) -> Recipe:
    recipe = question_recipe(folder, steps=4, micro_batch_size=8, budget_seconds=budget, learning_rate=3e-3)
    recipe = replace(recipe, evaluation=replace(recipe.evaluation, answers=0))
    return replace(recipe, tuning=replace(recipe.tuning, **tuning))


def tuned(folder: Path, store: TokenStore, recipe: Recipe, watcher: Watcher | None = None) -> dict[str, Any]:
    """The record of a run that was searched for; no step of it is made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("slm.stage._work", lambda *arguments, **named: None)
        run = finetune(store, recipe, "base", "", watcher, runs=folder / "runs", running=lambda: 0.0)
    return run.read()


def test_rates_halve_and_the_better_half_learns_for_twice_as_long(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]
) -> None:
    losses["loss"] = lambda rate, steps: abs(math.log(rate / 9e-3)) + 10 / steps  # a higher rate, and more steps, help
    record = tuned(folder, store, recipe_of(folder, budget=140.0))
    rates = [3e-3 * factor for factor in RATES["full"]]
    found = [(trial["learning_rate"], trial["steps"]) for trial in record["searched"]]
    assert found == [(rates[0], 8), (rates[1], 8), (rates[2], 8), (rates[2], 16), (rates[1], 16)]
    training = record["recipe"]["training"]
    assert (training["learning_rate"], training["budget_seconds"]) == (rates[2], 0.0)
    assert training["steps"] == 80  # 20 passes over 64 records, sooner than all the time
    assert training["patience"] > 0 and training["evaluation_interval"] == 8


def test_where_longer_is_no_better_the_run_is_short(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]
) -> None:
    losses["loss"] = lambda rate, steps: 1.0 + steps / 100
    assert tuned(folder, store, recipe_of(folder, budget=140.0))["recipe"]["training"]["steps"] == 8


def test_the_smallest_share_that_holds_half_of_the_tolerance_is_taken(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]
) -> None:
    losses["rise"] = lambda share: 0.3 - share  # 0.2 with a tenth, which is less than the tolerance
    record = tuned(folder, store, recipe_of(folder, replay=True, forgetting_tolerance=0.21))
    assert record["recipe"]["tuning"]["replay_share"] == 0.25
    assert [trial["replay_share"] for trial in record["searched"]] == [0.0, 0.1, 0.25]  # no larger one is tried
    assert record["recipe"]["training"]["steps"] == 4  # as the recipe says
    record = tuned(folder, store, recipe_of(folder, budget=1000.0, replay=True, forgetting_tolerance=0.21))
    assert record["recipe"]["tuning"]["replay_share"] == 0.25


def test_where_none_holds_the_largest_is_taken_and_that_is_said(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]
) -> None:
    losses["rise"], watcher = lambda share: 0.3, Watcher()
    record = tuned(folder, store, recipe_of(folder, replay=True), watcher)
    assert record["recipe"]["tuning"]["replay_share"] == SHARES[-1]
    told = "no share of replay held the base domain within 2.5%, half of what may be forgotten"
    assert any(message.startswith(told) for message in watcher.messages)


def test_pilots_that_diverge_are_passed_over(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]
) -> None:
    losses["loss"] = lambda rate, steps: math.nan if rate > 2e-3 else 1.0
    record = tuned(folder, store, recipe_of(folder, budget=140.0))
    assert [trial["validation_loss"] for trial in record["searched"]] == [1.0, None, None, 1.0, None]
    assert record["recipe"]["training"]["learning_rate"] == pytest.approx(1e-3)
    losses["loss"] = lambda rate, steps: math.nan
    with pytest.raises(ConfigError, match=r"every pilot diverged; set training.learning_rate lower than 3.0e-03"):
        tuned(folder, store, recipe_of(folder, budget=140.0))


def test_too_little_time_is_told(folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any]) -> None:
    watcher = Watcher()
    record = tuned(folder, store, recipe_of(folder, budget=20.0), watcher)
    assert not record["searched"] and record["recipe"]["training"]["steps"] == 40  # of half the size
    assert any("too little time to search" in message for message in watcher.messages)
    known = list_runs(folder / "runs")
    told = "the budget leaves 2 s to train, expected at least 3 for 5 steps of 8 records"
    with pytest.raises(ConfigError, match=told):
        tuned(folder, store, recipe_of(folder, budget=2.0))
    assert list_runs(folder / "runs") == known


@pytest.mark.parametrize(("budget", "accumulation", "steps", "rate"), [
    (90.0, 4, 40, 9e-3), (50.0, 2, 80, 9e-3 / 2**0.5), (20.0, 1, 80, 3e-3 / 2),
])  # fmt: skip
def test_where_few_large_steps_would_fit_they_are_smaller(
    budget: float, accumulation: int, steps: int, rate: float, folder: Path, base: RunFolder, store: TokenStore,
    losses: dict[str, Any],
) -> None:  # fmt: skip
    """Four micro-batches take a second; a search wants 87 steps. At most 20 passes over 64 records are made."""
    losses["loss"] = lambda rate, steps: 1 / rate / steps
    recipe, watcher = recipe_of(folder, budget=budget), Watcher()
    recipe = replace(recipe, training=replace(recipe.training, accumulation=4))
    training = tuned(folder, store, recipe, watcher)["recipe"]["training"]
    assert (training["accumulation"], training["steps"]) == (accumulation, steps)
    assert training["learning_rate"] == pytest.approx(rate)
    told = [message for message in watcher.messages if message.startswith("a step has ")]
    assert len(told) == (accumulation < 4)


@pytest.mark.parametrize(("overhead", "interval", "samples", "steps"), [
    (0.0, 4, 64, 40), (2.0, 17, 32, 34), (10.0, 20, 32, 20),
])  # fmt: skip
def test_where_estimates_are_slow_they_are_of_fewer_samples_and_fewer(
    overhead: float, interval: int, samples: int, steps: int, folder: Path, base: RunFolder, store: TokenStore,
    losses: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of 20 s, where a step takes half a second: 40 steps, less the time of three estimates (3 s), or of two (10 s)."""

    def measured(search: Search) -> None:
        search._seconds_a_step, search._overhead = 1.0, overhead

    monkeypatch.setattr(Search, "_measure_speed", measured)
    recipe = recipe_of(folder, budget=20.0)
    recipe = replace(recipe, training=replace(recipe.training, evaluation_samples=64))
    training = tuned(folder, store, recipe)["recipe"]["training"]
    found = training["evaluation_interval"], training["evaluation_samples"], training["steps"]
    assert found == (interval, samples, steps)


def test_where_writing_is_slow_texts_are_shorter(
    folder: Path, base: RunFolder, store: TokenStore, losses: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fifth of the budget, at a token a second."""
    monkeypatch.setattr("slm.tuning_search._seconds_to_write", lambda stage: 1.0)
    lengths = []
    for budget in (1000.0, 5000.0, 1e6):
        recipe = recipe_of(folder, budget=budget)
        samples = replace(recipe.samples, prompts=("Hm?",) * 3, questions=2)
        samples = replace(samples, generation=replace(samples.generation, max_new_tokens=300))
        made = tuned(folder, store, replace(recipe, samples=samples))["recipe"]["samples"]
        lengths.append(made["generation"]["max_new_tokens"])
    assert lengths == [SHORTEST_TEXT, 1000 // 18, 300]  # ten answers, six samples, and two of the base's opening


def test_real_pilots_leave_the_model_and_the_disk_as_they_were(
    folder: Path, base: RunFolder, store: TokenStore
) -> None:
    """The same run, to the bit, as without a search that chose the same."""
    recipe = recipe_of(folder, replay=True, forgetting_tolerance=9.0)
    run = finetune(store, recipe, "base", "searched", runs=folder / "runs")
    [trial] = run.read()["searched"]
    assert trial["replay_share"] == 0.0 and 0 < trial["validation_loss"] < 10 and trial["base_rise"] is not None
    fixed = finetune(store, recipe_of(folder), "base", "fixed", runs=folder / "runs")
    assert (run.best / "model.safetensors").read_bytes() == (fixed.best / "model.safetensors").read_bytes()
    assert not [path for path in (folder / "runs").iterdir() if path.name.startswith((".", "tmp"))]
