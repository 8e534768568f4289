"""Recipes: those that come with slm hold what is documented, and a mistake in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from slm.config_files import from_dict, to_dict
from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.recipe import Recipe, load_recipe, recipe_names

MINIMAL = 'description = "d"\n[documents]\nsource = "texts"\n'
TUNING = 'description = "d"\nstage = "finetuning"\n[documents]\nsource = "records"\nkind = "question_answer"\n'


def write(folder: Path, content: str, name: str = "mine") -> str:
    (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return str(folder / f"{name}.toml")


# Those that come with slm


def test_the_documented_recipes_are_there():
    assert {"quick", "tinystories", "medical"} <= recipe_names().keys()


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads_and_comes_back_out_of_a_run_record(name: str):
    recipe = load_recipe(name)
    assert recipe.name == name and recipe.description.endswith(".")
    assert from_dict(Recipe, to_dict(recipe), "run.json") == recipe
    assert recipe.finetuning is None or recipe.finetuning.stage == "finetuning"


def test_tinystories_holds_the_documented_values():
    recipe = load_recipe("tinystories")
    training, model = recipe.training, recipe.model
    assert recipe.documents.source == ("hub:roneneldan/TinyStories",)
    assert (training.micro_batch_size, training.accumulation, training.batch_size) == (32, 32, 1024)
    assert (training.learning_rate, training.warmup_steps, training.steps) == (1e-4, 1000, 40_000)
    assert (training.gradient_clip, training.evaluation_interval) == (0.5, 500)
    assert (model.block_size, model.n_layer, model.n_head, model.n_embd, model.vocab_size) == (128, 6, 6, 384, 50_257)
    with torch.device("meta"):
        assert GPT(model).num_parameters() == 29_995_392


def test_tinystories_counts_in_micro_batches_and_says_so():
    recipe = load_recipe("tinystories")
    training = recipe.training
    assert training.count == "iterations"
    assert training.in_updates(training.steps) == 1250
    tokens = training.in_updates(training.steps) * training.batch_size * recipe.model.block_size
    assert tokens == 40_000 * 32 * 128 == 163_840_000
    text = recipe_names()["tinystories"].read_text(encoding="utf-8")
    assert "micro-batch" in text and "1,250 updates" in text


def test_medical_tunes_at_512():
    tuning = load_recipe("tinystories").finetuning
    assert tuning == load_recipe("medical")
    assert tuning.model.block_size == 512
    assert tuning.documents.source == ("hub:FreedomIntelligence/medical-o1-reasoning-SFT",)
    assert tuning.tuning.train_on == "response" and tuning.tuning.long_records == "cut"


def test_quick_needs_no_network():
    recipe = load_recipe("quick")
    for stage in (recipe, recipe.finetuning):
        assert all(source.startswith("samples:") for source in stage.documents.source + stage.documents.validation)


def test_recipes_that_write_stories_train_at_256_or_more():
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.model.block_size >= 256 or name == "tinystories", name


# Set differently


def test_assignments_and_sections():
    recipe = load_recipe(
        "quick", ["training.steps=7", "finetuning.training.steps=3"], model={"n_layer": 2}, training={"seed": 5}
    )
    assert (recipe.training.steps, recipe.training.seed, recipe.model.n_layer) == (7, 5, 2)
    assert recipe.finetuning.training.steps == 3
    assert recipe.training.learning_rate == load_recipe("quick").training.learning_rate


def test_other_documents_take_the_place_of_the_recipes_own():
    """None of its columns, splits or limits would fit them."""
    recipe = load_recipe("tinystories", documents={"source": "mine.txt"}, training={"seed": 5})
    assert recipe.documents == load_recipe("stories", documents={"source": "mine.txt"}).documents
    assert recipe.documents.source == ("mine.txt",) and recipe.training.seed == 5
    assert recipe.finetuning == load_recipe("tinystories").finetuning
    with pytest.raises(ConfigError, match=r"unknown key 'documents\.sauce'; did you mean 'source'"):
        load_recipe("quick", documents={"sauce": "x"})


@pytest.mark.parametrize(("assignment", "message"), [
    ("training.learning_rat=1", r"unknown key 'training\.learning_rat'; did you mean 'learning_rate'"),
    ("trainin.steps=1", "unknown key 'trainin'; did you mean 'training'"),
    ("training.steps=many", r"training\.steps expects a whole number, got 'many'"),
    ("training.steps=0", "training: steps expects a whole number from 1 up, got 0"),
    ("training.learning_rate=nan", "learning_rate expects a number from 0 up"),
    ("training.count=epochs", "count expects updates or iterations, got 'epochs'"),
    ("model.n_embd=101", "n_embd expects a multiple of n_head"),
    ("stage=dreaming", "stage expects pretraining or finetuning, got 'dreaming'"),
    ("tuning.train_on=questions", "train_on expects response, all, got 'questions'"),
    ("tuning.long_records=keep", "long_records expects cut, drop, extend"),
    ("tuning.positions=rope", "positions expects interpolate, tile, new"),
    ("documents.kind=question_answer", "documents.kind expects 'text' for pretraining"),
    ("samples.generation.top_p=2", "top_p expects a probability"),
    ("finetuning.training.batches=documents", r"training\.batches expects 'windows' for finetuning"),
    ("finetuning.training.steps=0", r"finetuning\.training: steps expects"),
])  # fmt: skip
def test_a_mistake_is_named(assignment: str, message: str):
    with pytest.raises(ConfigError, match=message) as caught:
        load_recipe("quick", [assignment])
    assert str(caught.value).startswith("recipe quick: ")


# Files of one's own


def test_a_file_of_ones_own(tmp_path: Path):
    recipe = load_recipe(write(tmp_path, MINIMAL))
    assert (recipe.name, recipe.documents.source, recipe.stage) == ("mine", ("texts",), "pretraining")
    write(tmp_path, 'finetuning = "medical"\n' + MINIMAL)
    assert load_recipe(str(tmp_path / "mine.toml")).finetuning == load_recipe("medical")


def test_a_finetuning_recipe_may_be_a_file_too(tmp_path: Path):
    tuning = write(tmp_path, TUNING, "tuning")
    recipe = load_recipe(write(tmp_path, f"finetuning = {tuning!r}\n" + MINIMAL))
    assert recipe.finetuning.name == "tuning" and recipe.finetuning.documents.source == ("records",)


def test_a_recipe_that_names_another_of_the_wrong_stage_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="finetuning expects a recipe of that stage, got 'quick' of pretraining"):
        load_recipe(write(tmp_path, 'finetuning = "quick"\n' + MINIMAL))


def test_a_recipe_that_names_itself_is_refused(tmp_path: Path):
    path = str(tmp_path / "mine.toml")
    write(tmp_path, f"finetuning = {path!r}\n" + TUNING)
    with pytest.raises(ConfigError, match="names itself"):
        load_recipe(path)


@pytest.mark.parametrize(("name", "message"), [
    ("quik", "no recipe 'quik'; did you mean 'quick'"),
    ("tiny-stories", "did you mean 'tinystories'"),
    ("zzz", "no recipe 'zzz'; known: .*medical.*quick"),
    ("no/such.toml", r"no/such\.toml: expected a TOML file, found nothing there"),
])  # fmt: skip
def test_an_unknown_recipe_is_refused_with_the_nearest(name: str, message: str):
    with pytest.raises(ConfigError, match=message):
        load_recipe(name)


def test_a_recipe_without_documents_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="missing key 'documents'"):
        load_recipe(write(tmp_path, 'description = "d"\n'))
