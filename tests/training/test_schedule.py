"""The learning rate of each step, and what a recipe's numbers of steps mean."""

from __future__ import annotations

import itertools
import math

import pytest

from slm.errors import ConfigError
from slm.recipe import load_recipe
from slm.training.config import TrainingConfig
from slm.training.schedule import MOMENTUM_WARMUP, batch_share, learning_rate, momentum


def rates(steps: int, warmup: int, peak: float = 1.0, share: float = 0.1) -> list[float]:
    return [learning_rate(step, steps, peak, warmup, share) for step in range(steps)]


def test_the_rate_rises_in_equal_steps_to_the_peak() -> None:
    all_rates = rates(100, 10)
    assert all_rates[:11] == pytest.approx([(n + 1) / 11 for n in range(11)])
    assert all_rates[10] == max(all_rates) == 1.0


def test_the_rate_falls_as_a_cosine_to_its_final_share() -> None:
    all_rates = rates(101, 0, peak=2.0, share=0.25)
    assert all_rates[0] == 2.0
    assert all_rates[50] == pytest.approx(2.0 * (0.25 + 0.75 / 2))  # half-way down in the middle
    assert all_rates[25] == pytest.approx(2.0 * (0.25 + 0.75 * (0.5 + 0.5 * math.cos(math.pi / 4))))
    assert all_rates[100] == pytest.approx(0.5)
    assert all(later < earlier for earlier, later in itertools.pairwise(all_rates))


def test_wsd_stays_and_then_falls_in_a_line() -> None:
    all_rates = [learning_rate(step, 100, 2.0, 10, 0.25, "wsd", 0.4) for step in range(100)]
    assert all_rates[:10] == [pytest.approx(2.0 * (step + 1) / 11) for step in range(10)]
    assert all(rate == 2.0 for rate in all_rates[10:60])
    assert all_rates[79] == pytest.approx(0.5 + 1.5 / 2) and all_rates[-1] == pytest.approx(0.5)
    falls = [earlier - later for earlier, later in itertools.pairwise(all_rates[59:])]
    assert falls == [pytest.approx(1.5 / 40)] * 40
    assert learning_rate(99, 100, 2.0, 10, 0.25, "wsd", 0.0) == pytest.approx(0.5)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (1, 5), (5, 5), (5, 4), (3, 100)])
def test_short_runs_have_rates_too(steps: int, warmup: int) -> None:
    assert all(0 < rate <= 1 for rate in rates(steps, warmup))


def test_beyond_the_last_step_the_rate_stays() -> None:
    assert learning_rate(1000, 100, 1.0, 10, 0.1) == pytest.approx(0.1)


@pytest.mark.parametrize("schedule", ["cosine", "wsd"])
def test_places_between_steps_have_rates_between_those_of_the_steps(schedule: str) -> None:
    at = [learning_rate(place / 4, 100, 2.0, 10, 0.1, schedule, 0.4) for place in range(400)]
    assert at[::4] == [learning_rate(step, 100, 2.0, 10, 0.1, schedule, 0.4) for step in range(100)]
    for place in range(0, 392, 4):
        low, high = sorted((at[place], at[place + 4]))
        assert all(low <= rate <= high for rate in at[place : place + 4])
    assert all(0 < rate <= 2.0 for rate in at)


def test_a_run_by_the_clock_ends_near_0_and_falls_from_where_it_should() -> None:
    """In thousandths of the time, as a run by the clock counts."""
    at = {done: learning_rate(done * 1000, 1000, 1.0, 20, 0.0, "wsd", 0.5) for done in (0, 0.01, 0.02, 0.49, 0.75, 1)}
    assert at[0] == pytest.approx(1 / 21) and at[0.01] == pytest.approx(11 / 21)
    assert at[0.02] == at[0.49] == 1.0
    assert at[0.75] == pytest.approx(0.5, abs=0.005) and at[1] == 0.0


def test_momentum_rises_and_then_stays() -> None:
    assert momentum(0.0) == 0.85 and momentum(MOMENTUM_WARMUP / 2) == pytest.approx(0.90)
    assert momentum(MOMENTUM_WARMUP) == momentum(0.5) == momentum(1.0) == pytest.approx(0.95)


def test_iterations_are_micro_batches() -> None:
    config = TrainingConfig(
        count="iterations", steps=40_000, warmup_steps=1000, evaluation_interval=500, accumulation=32
    )
    assert config.in_updates(config.steps) == 1250
    assert config.in_updates(config.warmup_steps) == 31
    assert config.in_updates(config.evaluation_interval) == 16
    assert config.in_updates(1) == 1  # never less than one
    assert config.in_updates(0) == 0


def test_updates_are_updates() -> None:
    config = TrainingConfig(steps=40_000, accumulation=32)
    assert config.in_updates(config.steps) == 40_000
    assert config.batch_size == 32 * 32


def test_the_documented_recipe_is_1250_updates_of_131072_tokens() -> None:
    recipe = load_recipe("tinystories")
    training = recipe.training
    assert training.in_updates(training.steps) == 1250
    assert training.batch_size * recipe.model.block_size * 1250 == 163_840_000
    documented = {"learning_rate": 1e-4, "micro_batch_size": 32, "accumulation": 32, "warmup_steps": 1000}
    assert {key: getattr(training, key) for key in documented} == documented
    assert (training.gradient_clip, recipe.model.block_size, recipe.model.n_layer, recipe.model.n_embd) == (
        0.5,
        128,
        6,
        384,
    )
    assert recipe.finetuning is not None and recipe.finetuning.model.block_size == 512


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", 0), ("micro_batch_size", 0), ("accumulation", -1), ("evaluation_interval", 0), ("warmup_steps", -1),
        ("learning_rate", math.nan), ("learning_rate", -1.0), ("gradient_clip", math.inf), ("beta1", 1.0),
        ("final_learning_rate_share", 1.5), ("count", "epochs"), ("compile", "perhaps"), ("save_interval", -5),
        ("optimizer", "sgd"), ("schedule", "step"), ("decay_share", -0.1), ("batches", "lines"),
        ("initialization", "zeros"), ("warmup_share", 1.5), ("budget_seconds", -1.0), ("budget_seconds", math.inf),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{key} expects .* got "):
        TrainingConfig(**{key: value})  # type: ignore[arg-type]


def test_steps_grow_to_their_full_size() -> None:
    shares = [batch_share(done / 100, ramp=0.36) for done in range(101)]
    assert shares == [1 / 8] * 4 + [1 / 4] * 8 + [1 / 2] * 24 + [1.0] * 65
    assert [batch_share(done / 10, ramp=0.0) for done in range(11)] == [1.0] * 11


def test_only_whole_documents_are_trained_on_in_growing_steps() -> None:
    assert TrainingConfig(batches="documents", batch_ramp=0.3).batch_ramp == 0.3
    with pytest.raises(ConfigError, match=r'batch_ramp expects 0 unless training.batches="documents", got 0\.3'):
        TrainingConfig(batch_ramp=0.3)
