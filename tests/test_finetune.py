"""The fine-tuning stage: what is trained on, what grows, what is forgotten."""

from __future__ import annotations

import json
import shutil
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
    story_store,
)

from slm.checkpoint import load_model
from slm.data.batches import IGNORED
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import TokenStore
from slm.errors import ConfigError, DataError, Stopped
from slm.finetune import finetune, newest_pretraining, resume_finetuning
from slm.model.positions import extended
from slm.recipe import Recipe
from slm.training.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("finetune")


@pytest.fixture(scope="module")
def base(folder: Path) -> RunFolder:
    return base_run(folder, steps=30)


@pytest.fixture(scope="module")
def store(folder: Path) -> TokenStore:
    return question_store(folder)


@pytest.fixture(scope="module")
def tuned(folder: Path, base: RunFolder, store: TokenStore) -> RunFolder:
    """A finished run that learned to answer for 40 steps."""
    recipe = question_recipe(folder, steps=40, micro_batch_size=8, learning_rate=1e-2, evaluation_interval=20)
    return finetune(store, recipe, "base", "tuned", command="slm finetune", runs=folder / "runs")


def with_tuning(recipe: Recipe, **tuning: Any) -> Recipe:
    return replace(recipe, tuning=replace(recipe.tuning, **tuning))


def evaluation(run: RunFolder) -> list[dict[str, Any]]:
    return json.loads((run.path / "evaluation.json").read_text())["results"]


# What is trained on


def test_prompt_and_response_are_encoded_apart_and_joined(store: TokenStore) -> None:
    """So that training sees the very ids that a question gives: 'e' + ' a' could be one token of the whole text."""
    tokenizer, split, form = store.tokenizer, store.train, PromptFormat()
    records = map(json.loads, (store.folder.parent / "questions.jsonl").read_text().splitlines())
    questions = {(record["Question"], record["Response"]) for record in records}
    assert split.prompt_lengths is not None
    for number in range(split.documents):
        ids, length = split.document(number).tolist(), int(split.prompt_lengths[number])
        question = form.question(tokenizer.decode(ids[:length]))
        assert ids[:length] == tokenizer.encode_ordinary(f"### Question:\n{question}\n### Response:\n")
        response = tokenizer.decode(ids[length:-1])
        assert ids[length:] == [*tokenizer.encode_ordinary(response), tokenizer.eot_token]
        assert tokenizer.eot_token not in ids[:-1]
        assert (question, response) in questions


@pytest.mark.parametrize("block_size", [96, 256])
def test_the_shown_record_colours_the_response(
    folder: Path, base: RunFolder, store: TokenStore, block_size: int
) -> None:
    recipe, watcher = question_recipe(folder, steps=1), Watcher()
    recipe = replace(recipe, model=replace(recipe.model, block_size=block_size))
    finetune(store, recipe, "base", f"shown-{block_size}", watcher, runs=folder / "runs")
    [[(prompt, first), (response, second)]] = watcher.examples
    assert (first, second) == (False, True)
    assert prompt.startswith("### Question:\nWhat helps with ") and prompt.endswith("?\n### Response:\n")
    assert response.startswith("Rest for ")
    assert response.endswith("<|endoftext|>") == (block_size == 256)  # at 96 this one is cut, and has no end


def test_only_responses_count(folder: Path, base: RunFolder, store: TokenStore) -> None:
    everything = with_tuning(question_recipe(folder, steps=2), train_on="all")
    watcher = Watcher()
    runs = {
        "response": finetune(store, question_recipe(folder, steps=2), "base", "of-responses", runs=folder / "runs"),
        "all": finetune(store, everything, "base", "of-all", watcher, runs=folder / "runs"),
    }
    tokens = {name: metrics(run, "step")[0]["tokens"] for name, run in runs.items()}
    assert tokens["response"] < tokens["all"]
    [[(first_token, trained), (rest, also)]] = watcher.examples
    assert (first_token, trained, also) == ("#", False, True)  # nothing comes before the first token
    assert rest.startswith("## Question:")


def test_it_learned_to_answer(tuned: RunFolder) -> None:
    results = {(result["scored"], result["moment"]): result for result in evaluation(tuned)}
    before, after = results["responses", "before"], results["responses", "after"]
    assert after["bits_per_byte"] < 0.8 * before["bits_per_byte"]
    assert before["documents"] == after["documents"] == 8


def test_what_was_forgotten_is_measured(tuned: RunFolder, base: RunFolder) -> None:
    results = {(result["scored"], result["moment"]): result for result in evaluation(tuned)}
    assert len(results) == 4
    before, after = results["documents", "before"], results["documents", "after"]
    assert before["title"] == after["title"] == evaluation(base)[0]["title"]
    assert before["bits_per_byte"] < after["bits_per_byte"]  # half of its stories went
    assert before["bits_per_byte"] == pytest.approx(evaluation(base)[1]["bits_per_byte"], rel=0.2)


def test_answers_are_kept_from_before_and_after(tuned: RunFolder, store: TokenStore) -> None:
    own, validation = json.loads((tuned.path / "answers.json").read_text())["items"]
    assert (own["question"], own["reference"]) == ("What is flu?", None)
    assert validation["question"].startswith("What helps with ") and validation["reference"].startswith("Rest for ")
    for item in (own, validation):
        assert item["before"].keys() == item["after"].keys() == {"text", "stop"}
        assert item["before"]["text"] != item["after"]["text"]


def test_the_tuned_model_knows_its_prompt_format(tuned: RunFolder) -> None:
    loaded = load_model(tuned.best)
    assert loaded.prompt_format == PromptFormat(reasoning=False)
    assert (loaded.folder / "chat_template.jinja").is_file()
    assert loaded.record["stage"] == "finetuning" and loaded.record["parent"]["run"] == "base"


def test_the_record_names_the_parent(tuned: RunFolder, base: RunFolder) -> None:
    record = tuned.read()
    assert (record["state"], record["stage"], record["command"]) == ("finished", "finetuning", "slm finetune")
    assert (record["parent"]["run"], record["parent"]["model"]) == ("base", str(base.best))
    assert record["parent"]["sha256"] == load_model(base.best).sha256
    assert record["recipe"]["model"]["n_layer"] == 2 and record["recipe"]["model"]["block_size"] == 96


# A longer context


@pytest.mark.parametrize("method", ["interpolate", "tile", "new"])
def test_positions_grow_and_nothing_else_changes(folder: Path, base: RunFolder, store: TokenStore, method: str) -> None:
    recipe = with_tuning(question_recipe(folder, steps=1, learning_rate=0.0), positions=method)
    watcher = Watcher()
    run = finetune(store, recipe, "base", f"positions-{method}", watcher, runs=folder / "runs")
    assert f"context extended from 32 to 96 positions ({method})" in watcher.messages
    old, new = load_model(base.best).model.state_dict(), load_model(run.last).model.state_dict()
    positions = "transformer.wpe.weight"
    assert torch.equal(new.pop(positions), extended(old.pop(positions), 96, method, seed=0))
    assert all(torch.equal(new[name], old[name]) for name in old)


def test_a_shorter_block_keeps_the_models(folder: Path, base: RunFolder, store: TokenStore) -> None:
    recipe = question_recipe(folder, steps=1)
    recipe = replace(recipe, model=replace(recipe.model, block_size=8))
    watcher = Watcher()
    with pytest.raises(
        DataError, match="none of 64 records has a token to train on within 32 tokens: the prompts fill"
    ):
        finetune(store, recipe, "base", "short", watcher, runs=folder / "runs")
    assert not [message for message in watcher.messages if "extended" in message]
    assert not (folder / "runs" / "short").exists()


@pytest.mark.parametrize(
    ("fate", "said"), [("cut", "cut without an end token"), ("drop", "dropped"), ("extend", "kept whole")]
)
def test_long_records_are_counted_and_their_fate_is_told(
    folder: Path, base: RunFolder, store: TokenStore, fate: str, said: str
) -> None:
    recipe = with_tuning(question_recipe(folder, steps=1), long_records=fate)
    watcher = Watcher()
    run = finetune(store, recipe, "base", f"long-{fate}", watcher, runs=folder / "runs")
    lengths = store.train.lengths()
    block = int(lengths.max()) if fate == "extend" else 96
    assert load_model(run.last).model.config.block_size == block
    count = int((lengths > block + 1).sum())
    assert (count > 0) == (fate != "extend")
    assert any(
        f"64 records; {count} ({count / 64:.1%}) are longer than {block} tokens and are {said}" in m
        for m in watcher.messages
    )


# Where it starts from


def test_the_newest_base_run_is_the_default(folder: Path, base: RunFolder, tuned: RunFolder, store: TokenStore) -> None:
    assert newest_pretraining(folder / "runs") == base  # tuned runs are newer
    run = finetune(store, question_recipe(folder, steps=1), name="default", runs=folder / "runs")
    assert run.read()["parent"]["run"] == "base"


def test_without_any_base_run_it_says_what_to_do(folder: Path, store: TokenStore, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"expected a pre-training run in .*make one with slm train, or name a model with --from"
    ):
        finetune(store, question_recipe(folder), runs=tmp_path)


def test_any_model_folder_will_do(folder: Path, base: RunFolder, store: TokenStore, tmp_path: Path) -> None:
    source = shutil.copytree(base.best, tmp_path / "model")
    run = finetune(store, question_recipe(folder, steps=1), str(source), "foreign", runs=tmp_path / "runs")
    parent = run.read()["parent"]
    assert (parent["run"], parent["model"]) == (None, str(source))
    assert {result["scored"] for result in evaluation(run)} == {"responses"}  # nobody knows what it learned before


def test_tuning_what_is_tuned(folder: Path, tuned: RunFolder, store: TokenStore) -> None:
    run = finetune(store, question_recipe(folder, steps=1), "tuned", "again", runs=folder / "runs")
    assert run.read()["parent"]["run"] == "tuned"
    assert evaluation(run)[0]["bits_per_byte"] == pytest.approx(evaluation(tuned)[2]["bits_per_byte"], rel=1e-4)


# What is refused


def test_plain_documents_are_for_pretraining(folder: Path, base: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"holds plain documents; fine-tuning needs questions and answers \(slm prepare --kind"
    ):
        finetune(story_store(tmp_path), question_recipe(folder), "base", "x", runs=folder / "runs")
    assert not (folder / "runs" / "x").exists()


def test_questions_of_another_tokenizer_are_refused(folder: Path, base: RunFolder, store: TokenStore) -> None:
    other = shutil.copytree(base.best, folder / "other-tokenizer")
    (other / "slm.json").unlink()
    definition = json.loads((other / "tokenizer.json").read_text())
    definition["model"]["merges"].pop()
    (other / "tokenizer.json").write_text(json.dumps(definition))
    with pytest.raises(
        ConfigError, match="was tokenized by another tokenizer than the model's; prepare it with --tokenizer"
    ):
        finetune(store, question_recipe(folder), str(other), "x", runs=folder / "runs")


def test_going_on_with_what_is_finished_or_of_the_other_stage_names_the_right_command(
    folder: Path, base: RunFolder, tuned: RunFolder
) -> None:
    with pytest.raises(ConfigError, match="base is a pre-training run; go on with: slm train --resume base"):
        resume_finetuning("base", runs=folder / "runs")
    with pytest.raises(ConfigError, match=r"tuned is finished; .* Further tuning: slm finetune --from "):
        resume_finetuning("tuned", runs=folder / "runs")


def stop_at(step: int) -> Watcher:
    return Watcher(lambda done: signal.raise_signal(signal.SIGINT) if done == step else None)


def test_going_on_needs_the_base_run_no_more(folder: Path, base: RunFolder, store: TokenStore, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(base.path, runs / "base")
    whole = finetune(store, question_recipe(folder), "base", "whole", runs=runs)
    with pytest.raises(Stopped, match="go on with: slm finetune --resume part --runs "):
        finetune(store, question_recipe(folder), "base", "part", stop_at(3), runs=runs)
    shutil.rmtree(runs / "base")
    run = resume_finetuning("part", runs=runs)
    assert differences(run, whole) == []
    moments = [(result["scored"], result["moment"]) for result in evaluation(run)]
    assert moments == [
        ("responses", "before"), ("documents", "before"), ("responses", "after"), ("documents", "after"),
    ]  # fmt: skip


def test_going_on_without_the_base_text_measures_the_rest(
    folder: Path, base: RunFolder, store: TokenStore, tmp_path: Path
) -> None:
    own = question_store(tmp_path)
    text = shutil.copytree(folder / "stories", tmp_path / "base-text")
    recipe = with_tuning(question_recipe(tmp_path), base=str(text))
    with pytest.raises(Stopped):
        finetune(own, recipe, str(base.best), "part", stop_at(3), runs=tmp_path / "runs")
    shutil.rmtree(text)
    watcher = Watcher()
    run = resume_finetuning("part", watcher, tmp_path / "runs")
    assert any(message.startswith("what is forgotten cannot be measured: ") for message in watcher.messages)
    moments = [(result["scored"], result["moment"]) for result in evaluation(run)]
    assert moments == [("responses", "before"), ("documents", "before"), ("responses", "after")]


def test_padding_is_never_trained_on(folder: Path, base: RunFolder, store: TokenStore) -> None:
    """Every micro-batch's trained targets are the responses of its records, to the token."""
    from slm.data.batches import Batches, Records

    records = Records(store.train, 96)
    numbers = [number for _, number in Batches(records, 8, seed=0).sample_numbers(0)]
    expected = []
    for number in numbers:
        place = int(records.numbers[number])
        ids = store.train.document(place)[:97]
        expected += ids[int(store.train.prompt_lengths[place]) :].tolist()  # type: ignore[index]
    trained = [t for _, y in Batches(records, 8, seed=0).get_batch(0, 3) for t in y[y != IGNORED].tolist()]
    assert sorted(trained) == sorted(expected)
