"""From a text and this machine to a choice, and from the choice to a recipe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import write_store
from tiny_training import story_recipe

from slm import plan as plan_module
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, DataError
from slm.model.gpt import GPTConfig
from slm.plan import (
    LEAST_TEXT_BYTES,
    MANY_PASSES,
    MEASURED_CHOICES,
    RUNNING_SHARE,
    budgeted_recipe,
    measured_plan,
    quick_choice,
    quick_plan,
)
from slm.recipe import load_recipe
from slm.training.planner import peak_memory

SENTENCE = "The cat sat on the mat and the dog ran in the wood, said the king. "


@pytest.fixture(autouse=True)
def machine_of_50_gflops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "matrix_rate", lambda machine: 50e9)
    monkeypatch.setattr(plan_module, "memory_rate", lambda machine: 10e9)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TokenStore:
    text = SENTENCE * 40
    documents = [f"{number} {text}" for number in range(LEAST_TEXT_BYTES // len(text) + 1)]
    return write_store(tmp_path_factory.mktemp("plan") / "store", documents, documents[:2])


def test_too_little_text_is_told_with_what_to_do_instead(tmp_path: Path) -> None:
    small = write_store(tmp_path / "small")
    message = r"expected at least 200,000 bytes of text .* got \d+; start from a trained model .* --from MODEL"
    for make in (quick_plan, measured_plan):
        with pytest.raises(DataError, match=message):
            make(small, 60.0)


def test_a_plan_is_of_this_text_and_this_time(store: TokenStore) -> None:
    plan = quick_plan(store, 600.0)
    counts = store.manifest["splits"]["train"]
    assert (plan.seconds, plan.text_bytes, plan.text_tokens) == (600.0, counts["bytes"], counts["tokens"])
    assert plan.matrix_rate == 50e9 and plan.best is plan.choices[0]
    assert all(choice.model.vocab_size == store.tokenizer.n_vocab for choice in plan.choices)
    assert [seconds for seconds, _ in plan.longer] == [1200.0, 6000.0]
    predictions = [plan.best.bits_per_byte, *(choice.bits_per_byte for _, choice in plan.longer)]
    assert predictions == sorted(predictions, reverse=True)
    assert json.loads(json.dumps(plan.as_json()))["choices"][0]["bits_per_byte"] == plan.best.bits_per_byte


def test_a_text_that_will_be_seen_too_often_is_warned_of(store: TokenStore) -> None:
    said = quick_plan(store, 30 * 86_400.0).warnings()
    assert len(said) == 1 and f"after {MANY_PASSES:.0f} passes" in said[0]
    assert not quick_plan(store, 10.0).warnings()


def test_memory_is_respected_and_by_default_the_machines(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = quick_plan(store, 600.0, memory=2**40).choices
    limit = sorted(choice.memory_bytes for choice in everything)[-3]
    fitting = [choice for choice in everything if choice.memory_bytes <= limit]
    assert quick_plan(store, 600.0, memory=limit).choices == fitting and len(fitting) == len(everything) - 2
    monkeypatch.setattr(plan_module, "memory_bytes", lambda: (0, limit / 0.8 + 10))
    assert quick_plan(store, 600.0).choices == fitting
    with pytest.raises(ConfigError, match="--memory expects at least"):
        quick_plan(store, 600.0, memory=1000)


def test_memory_that_suffices_for_this_time_but_not_for_ten_times_as_long(store: TokenStore) -> None:
    least = min(choice.memory_bytes for choice in quick_plan(store, 60.0, memory=2**40).choices)
    assert quick_plan(store, 60.0, memory=least).best.memory_bytes == least


def test_the_likeliest_choices_are_tried(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[GPTConfig] = []

    def speed(model: GPTConfig, tokens_per_step: int, machine: object) -> tuple[float, float, int]:
        tried.append(model)
        return 1e6, 1e-4, 0

    monkeypatch.setattr(plan_module, "training_speed", speed)
    said: list[tuple[str, int, int]] = []
    plan = measured_plan(store, 600.0, progress=lambda *what: said.append(what))
    assert tried == [choice.model for choice in quick_plan(store, 600.0).choices[:MEASURED_CHOICES]]
    rates = {choice.model: choice.tokens_per_second for choice in plan.choices}
    assert all(rates[model] == RUNNING_SHARE * 1e6 for model in tried) and plan.memory_rate == 10e9
    assert plan.optimizer_share == pytest.approx(1e-4 * RUNNING_SHARE * 1e6 / plan.best.tokens_per_step)
    assert said[0][1] == 0 and said[-1][1] == said[-1][2]


def test_a_model_that_exists_keeps_its_shape_and_learns_more_carefully(store: TokenStore) -> None:
    model = GPTConfig(64, store.tokenizer.n_vocab, 3, 2, 32)
    choice = quick_choice(store, 60.0, model)
    assert choice.model == model
    assert 0 < choice.learning_rate < replace(choice, learning_rate=1.0).learning_rate
    other = [c for c in quick_plan(store, 60.0).choices if c.tokens_per_step == choice.tokens_per_step]
    assert all(choice.learning_rate < c.learning_rate for c in other if c.model.n_embd <= 256)


def test_the_recipe_takes_over_what_was_chosen_and_nothing_else(store: TokenStore, tmp_path: Path) -> None:
    recipe = story_recipe(tmp_path, optimizer="muon")
    choice = quick_plan(store, 600.0).best
    made = budgeted_recipe(recipe, choice, 600.0)
    assert made.training.budget_seconds == 600.0 and made.training.learning_rate == choice.learning_rate
    assert made.training.batch_size * made.model.block_size == choice.tokens_per_step
    assert made.model == replace(choice.model, dropout=choice.dropout)
    kept = {
        "budget_seconds": 0.0, "learning_rate": recipe.training.learning_rate,
        "micro_batch_size": recipe.training.micro_batch_size, "accumulation": recipe.training.accumulation,
    }  # fmt: skip
    assert replace(made, model=recipe.model, training=replace(made.training, **kept)) == recipe


def test_a_recipe_with_another_optimizer_keeps_its_learning_rate(store: TokenStore, tmp_path: Path) -> None:
    recipe = story_recipe(tmp_path, optimizer="adamw", learning_rate=1e-3)
    assert budgeted_recipe(recipe, quick_plan(store, 600.0).best, 600.0).training.learning_rate == 1e-3


def test_a_step_is_never_empty(store: TokenStore) -> None:
    choice = quick_choice(store, 1.0, GPTConfig(4096, store.tokenizer.n_vocab, 1, 1, 32))
    recipe = budgeted_recipe(load_recipe("budget"), choice, 1.0)
    assert recipe.training.micro_batch_size == 1


def test_a_step_too_large_for_the_memory_goes_through_in_parts(
    store: TokenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, choice = story_recipe(tmp_path, optimizer="muon"), quick_plan(store, 600.0).best
    whole = budgeted_recipe(recipe, choice, 600.0).training
    assert whole.accumulation == 1
    monkeypatch.setattr(plan_module, "_free_memory", lambda: peak_memory(choice.model, choice.tokens_per_step // 4))
    parts = budgeted_recipe(recipe, choice, 600.0).training
    assert (parts.accumulation, parts.batch_size) == (4, whole.batch_size)
    monkeypatch.setattr(plan_module, "_free_memory", lambda: 0)
    assert budgeted_recipe(recipe, choice, 600.0).training.micro_batch_size == 1
