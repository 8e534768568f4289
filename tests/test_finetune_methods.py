"""Ways to tune: adapters, replay of what was known, reasoning, and what is measured of each."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_training import (
    Watcher,
    base_run,
    differences,
    metrics,
    question_recipe,
    question_store,
)

from slm.base_domain import base_domain, pretraining_run
from slm.checkpoint import load_model, load_state
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, Stopped
from slm.finetune import finetune, resume_finetuning
from slm.model.lora import LoraConfig
from slm.recipe import Recipe
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder

STEPS = {"steps": 12, "micro_batch_size": 8, "learning_rate": 1e-2, "evaluation_interval": 4}


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("methods")


@pytest.fixture(scope="module")
def base(folder: Path) -> RunFolder:
    return base_run(folder, steps=20, block_size=96)


@pytest.fixture(scope="module")
def store(folder: Path) -> TokenStore:
    return question_store(folder)


def recipe_of(folder: Path, training: dict[str, Any] = STEPS, **tuning: Any) -> Recipe:
    """As small as can be: nothing is written but one answer."""
    recipe = question_recipe(folder, **training)
    recipe = replace(recipe, evaluation=replace(recipe.evaluation, answers=0))
    recipe = replace(recipe, samples=replace(recipe.samples, questions=0))
    return replace(recipe, tuning=replace(recipe.tuning, **tuning))


def evaluation(run: RunFolder) -> dict[str, Any]:
    return json.loads((run.path / "evaluation.json").read_text())


def stop_at(step: int) -> Watcher:
    return Watcher(lambda done: signal.raise_signal(signal.SIGINT) if done == step else None)


# Adapters


@pytest.fixture(scope="module")
def tuned_by_lora(folder: Path, base: RunFolder, store: TokenStore) -> RunFolder:
    recipe = recipe_of(folder, method="lora", lora=LoraConfig(rank=4, alpha=8.0))
    recipe = replace(recipe, evaluation=replace(recipe.evaluation, answers=24))
    return finetune(store, recipe, "base", "lora", runs=folder / "runs")


def test_the_run_holds_the_merged_model_and_the_adapter(tuned_by_lora: RunFolder, base: RunFolder) -> None:
    before, after = load_model(base.best).model, load_model(tuned_by_lora.best).model
    for (name, old), new in zip(before.state_dict().items(), after.state_dict().values(), strict=True):
        adapted = name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))
        assert torch.equal(old, new) != adapted, name
    names = {path.name for path in (tuned_by_lora.best / "adapter").iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors"}
    config = json.loads((tuned_by_lora.best / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(base.best)
    kept = torch.load(tuned_by_lora.best_params, weights_only=True)
    assert all(torch.equal(kept[name], tensor) for name, tensor in after.state_dict().items())


def test_the_record_says_how_much_was_trained(tuned_by_lora: RunFolder, base: RunFolder) -> None:
    record = tuned_by_lora.read()
    assert record["parameters"] == load_model(base.best).model.num_parameters()
    assert 0 < record["trained_parameters"] < record["parameters"] / 2
    results = evaluation(tuned_by_lora)["results"]
    assert results[2]["bits_per_byte"] < results[0]["bits_per_byte"]


def test_a_stopped_tuning_with_adapters_goes_on_to_the_same_bits(
    folder: Path, base: RunFolder, store: TokenStore, tuned_by_lora: RunFolder
) -> None:
    recipe = recipe_of(folder, method="lora", lora=LoraConfig(rank=4, alpha=8.0))
    with pytest.raises(Stopped):
        finetune(store, recipe, "base", "part", stop_at(5), runs=folder / "runs")
    run = resume_finetuning("part", runs=folder / "runs")
    assert differences(run, tuned_by_lora) == []
    tensors = load_state(run.last).tensors
    assert any(name.startswith("adapter/") for name in tensors) and any(name.startswith("frozen/") for name in tensors)


def test_adapters_leave_the_context_as_it_is(folder: Path, base: RunFolder, store: TokenStore) -> None:
    recipe, watcher = recipe_of(folder, STEPS | {"steps": 1}, method="lora"), Watcher()
    recipe = replace(recipe, model=replace(recipe.model, block_size=128))
    run = finetune(store, recipe, "base", "lora-long", watcher, runs=folder / "runs")
    assert load_model(run.best).model.config.block_size == 96
    assert "context stays at 96 positions: adapters have none of their own" in watcher.messages
    extended = replace(recipe, tuning=replace(recipe.tuning, long_records="extend"))
    with pytest.raises(ConfigError, match="long_records expects 'cut' or 'drop' with method 'lora'"):
        finetune(store, extended, "base", "x", runs=folder / "runs")


@pytest.mark.parametrize(
    ("lora", "words"),
    [(LoraConfig(rank=33), "lora.rank expects 1 to 32"), (LoraConfig(targets=("q",)), "lora.targets: no matrix 'q'")],
)
def test_impossible_adapters_leave_no_run(
    folder: Path, base: RunFolder, store: TokenStore, lora: LoraConfig, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        finetune(store, recipe_of(folder, method="lora", lora=lora), "base", "x", runs=folder / "runs")
    assert not (folder / "runs" / "x").exists()


# Packing


def test_packed_records_train_as_padded_ones(folder: Path, base: RunFolder, store: TokenStore) -> None:
    losses = []
    for packing in (True, False):
        recipe = recipe_of(folder, packing=packing)
        recipe = replace(recipe, model=replace(recipe.model, dropout=0.0))
        run = finetune(store, recipe, "base", f"packing-{packing}", runs=folder / "runs")
        losses.append([line["loss"] for line in metrics(run, "step")])
    assert losses[0][0] == pytest.approx(losses[1][0], rel=1e-5)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)  # twelve updates later


# What was known before


def test_replay_holds_what_was_known(folder: Path, base: RunFolder, store: TokenStore) -> None:
    plain = finetune(store, recipe_of(folder), "base", "plain", runs=folder / "runs")
    recipe = recipe_of(folder, replay=True, replay_share=0.5, forgetting_tolerance=0.05)
    held = finetune(store, recipe, "base", "held", runs=folder / "runs")
    lost, kept = (evaluation(run)["forgetting"] for run in (plain, held))
    assert lost["tolerance"] is None and kept["tolerance"] == 0.05
    assert kept["rise"] < lost["rise"] and kept["rise"] < 0.1  # the estimate that guards is of other documents
    assert kept["rise"] == pytest.approx(kept["after"] / kept["before"] - 1)
    lines = metrics(held, "evaluation")
    before = lines[0]["base_loss"]
    assert all(line["base_loss"] <= 1.05 * before for line in lines if line["best"])
    assert "base_loss" not in metrics(plain, "evaluation")[0]


def test_a_stopped_tuning_with_replay_goes_on_to_the_same_bits(
    folder: Path, base: RunFolder, store: TokenStore
) -> None:
    recipe = recipe_of(folder, STEPS | {"steps": 8}, replay=True, replay_share=0.25)
    whole = finetune(store, recipe, "base", "replay", runs=folder / "runs")
    with pytest.raises(Stopped):
        finetune(store, recipe, "base", "replay-part", stop_at(5), runs=folder / "runs")
    assert differences(resume_finetuning("replay-part", runs=folder / "runs"), whole) == []


def test_the_base_text_is_found_through_the_lineage(folder: Path, base: RunFolder, tuned_by_lora: RunFolder) -> None:
    loaded = load_model(tuned_by_lora.best)
    assert pretraining_run(tuned_by_lora) == base
    found = base_domain("", loaded, tuned_by_lora, Observer())
    assert found.store.folder == folder / "stories" and found.prompts == ("Tom",)
    assert base_domain("", loaded, None, Observer()).store is None


def test_replay_needs_text_that_somebody_knows(folder: Path, base: RunFolder, store: TokenStore) -> None:
    with pytest.raises(ConfigError, match="nobody knows the text to replay: name it with --base"):
        finetune(store, recipe_of(folder, replay=True), str(base.best), "x", runs=folder / "runs")


def test_base_text_of_another_tokenizer_is_refused(folder: Path, base: RunFolder, store: TokenStore) -> None:
    from tiny import tiny_definition, write_store

    from slm.data.tokenizer import Tokenizer

    other = write_store(folder / "other", tokenizer=Tokenizer(tiny_definition(("t h",))))
    with pytest.raises(ConfigError, match=r"is tokenized by 'bpe:258-.*', the model by .*; name the documents"):
        finetune(store, recipe_of(folder, base=str(other.folder)), "base", "x", runs=folder / "runs")


def test_documents_of_the_base_domain_can_be_named(folder: Path, base: RunFolder, store: TokenStore) -> None:
    recipe = recipe_of(folder, STEPS | {"steps": 1}, base=str(folder / "stories.jsonl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # where the store of these documents is made
        run = finetune(store, recipe, str(base.best), "named", runs=folder / "runs")
    assert {result["scored"] for result in evaluation(run)["results"]} == {"responses", "documents"}


# The end is learned


def test_how_answers_end_is_measured(tuned_by_lora: RunFolder) -> None:
    found = evaluation(tuned_by_lora)["endings"]
    assert found["answers"] == 16 and found["max_new_tokens"] == 8
    assert all(0 <= found[name] <= 1 for name in ("ended", "repeating", "references_repeating"))


def test_a_model_that_learned_nothing_within_the_tolerance_is_told_of(
    folder: Path, base: RunFolder, store: TokenStore
) -> None:
    training = STEPS | {"steps": 3, "learning_rate": 0.3, "evaluation_interval": 3}
    recipe = recipe_of(folder, training, replay=True, replay_share=0.1, forgetting_tolerance=1e-6)
    watcher = Watcher()
    run = finetune(store, recipe, "base", "nothing", watcher, runs=folder / "runs")
    assert run.read()["best_step"] == 0
    assert any(message.startswith("every model that learned something had forgotten") for message in watcher.messages)
    assert "endings" not in evaluation(run)  # was not asked for


# Stopping early


def test_a_run_without_patience_ends_early_and_keeps_its_best(folder: Path, base: RunFolder, store: TokenStore) -> None:
    training = STEPS | {"steps": 200, "learning_rate": 0.1, "evaluation_interval": 4, "patience": 2}
    watcher = Watcher()
    run = finetune(store, recipe_of(folder, training), "base", "early", watcher, runs=folder / "runs")
    record = run.read()
    assert record["steps"] == record["best_step"] + 2 * 4 < 200
    assert any(message.startswith("ended early: nothing was better") for message in watcher.messages)
    assert load_model(run.best).record["step"] == record["best_step"]
