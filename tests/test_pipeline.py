"""A whole recipe, and going on with one that was stopped or killed anywhere."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_training import (
    Killed,
    SignalIn,
    differences,
    in_child,
    question_recipe,
    run_recipe_until,
    story_recipe,
    without_pictures,
    write_questions,
    write_stories,
    write_tokenizer,
)

from slm.data.token_store import TokenStore
from slm.errors import ConfigError, DataError, Stopped
from slm.finetune import finetune
from slm.pipeline import PipelineResult, prepare_recipe, resume_recipe, run_recipe
from slm.recipe import Recipe
from slm.training.run_folder import RunFolder, list_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    write_tokenizer(folder / "tokenizer.json")
    write_stories(folder / "stories.jsonl")
    write_questions(folder / "questions.jsonl")
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Token stores are kept in the current folder. Only the run `whole` gets its pictures."""
    monkeypatch.chdir(folder)
    with without_pictures():
        yield


def recipe_of(folder: Path) -> Recipe:
    return replace(story_recipe(folder), finetuning=question_recipe(folder))


@pytest.fixture(scope="module")
def whole(folder: Path) -> PipelineResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return run_recipe(recipe_of(folder), "whole", command="slm run tiny", runs=folder / "runs")


def test_documents_become_answers(whole: PipelineResult) -> None:
    assert whole.tuned is not None
    assert (whole.base.name, whole.tuned.name, whole.final) == ("whole", "whole-medical", whole.tuned)
    for run in (whole.base, whole.tuned):
        assert run.read()["state"] == "finished" and run.read()["command"] == "slm run tiny"
        assert (run.path / "report.html").is_file()
    assert whole.tuned.read()["parent"]["run"] == "whole"


def test_questions_are_tokenized_as_the_stories_were(folder: Path) -> None:
    recipe = replace(recipe_of(folder), tokenizer="bpe:300")
    with pytest.raises(Stopped):
        run_recipe(recipe, "own", SignalIn("pretraining", "training", signal.SIGINT), runs=folder / "runs")
    result = resume_recipe("own", runs=folder / "runs")
    assert result.tuned is not None
    base, tuned = (run.read()["data"]["tokenizer"] for run in (result.base, result.tuned))
    assert base == tuned and base["name"].startswith("bpe:")
    assert result.tuned.read()["recipe"]["tokenizer"] == result.base.read()["data"]["folder"]


def test_the_summary_holds_what_a_person_wants_to_see(whole: PipelineResult) -> None:
    summary = json.loads(json.dumps(whole.summary()))
    assert (summary["base"], summary["tuned"]) == ("whole", "whole-medical")
    assert [(score["scored"], score["moment"]) for score in summary["scores"]] == [
        ("documents", "before"), ("documents", "after"), ("responses", "before"), ("documents", "before"),
        ("responses", "after"), ("documents", "after"),
    ]  # fmt: skip
    assert summary["stories"][0]["prompt"] == "Tom"
    assert {item["question"] for item in summary["answers"]} > {"What is flu?"}
    assert all(item["after"]["text"] is not None for item in summary["answers"])
    assert Path(summary["report"]).is_file() and "whole-medical" in summary["report"]


def test_a_recipe_without_finetuning_is_one_run(folder: Path) -> None:
    result = run_recipe(story_recipe(folder, steps=1), "alone", runs=folder / "runs")
    assert result.tuned is None and result.final.name == "alone"
    assert result.summary()["answers"] == []
    again = resume_recipe("alone", runs=folder / "runs")
    assert again == result


def test_a_finetuning_recipe_alone_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="fine-tunes a model that is there; use slm finetune --recipe tiny-medical"):
        run_recipe(question_recipe(folder), runs=folder / "runs")


def test_what_is_missing_shows_before_any_work(folder: Path, tmp_path: Path) -> None:
    recipe = recipe_of(folder)
    assert recipe.finetuning is not None
    missing = replace(recipe.finetuning.documents, source=(str(tmp_path / "nothing.jsonl"),))
    recipe = replace(recipe, finetuning=replace(recipe.finetuning, documents=missing))
    with pytest.raises(DataError, match=r"nothing\.jsonl"):
        run_recipe(recipe, "missing", runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_prepared_stores_are_used_again(folder: Path, whole: PipelineResult) -> None:
    messages: list[str] = []
    store = prepare_recipe(recipe_of(folder), messages.append)
    assert isinstance(store, TokenStore) and "nothing to do" in messages[-1]
    assert whole.base.read()["data"]["sha256"] == store.manifest["sha256"]


STAGES, MOMENTS = ("pretraining", "finetuning"), ("before", "training", "after")
everywhere = pytest.mark.parametrize(("stage", "moment"), [
    pytest.param(stage, moment, marks=() if moment == "training" else pytest.mark.slow)
    for stage, moment in itertools.product(STAGES, MOMENTS)
])  # fmt: skip


@everywhere
def test_stopped_in_any_stage_it_is_gone_on_with(folder: Path, whole: PipelineResult, stage: str, moment: str) -> None:
    name, runs = f"stopped-{stage}-{moment}", folder / "runs"
    with pytest.raises(Stopped, match=f"go on with: slm run --resume {name} --runs ") as caught:
        run_recipe(recipe_of(folder), name, SignalIn(stage, moment, signal.SIGINT), "slm run tiny", runs)
    assert caught.value.exit_code == 130
    states = {run.name.removeprefix(name): run.state() for run in list_runs(runs) if run.name.startswith(name)}
    assert states == ({"": "stopped"} if stage == "pretraining" else {"": "finished", "-medical": "stopped"})
    result = resume_recipe(name, runs=runs)
    assert_same(result, whole)
    assert [run.name for run in list_runs(runs) if run.name.startswith(name)] == [f"{name}-medical", name]


def assert_same(result: PipelineResult, whole: PipelineResult) -> None:
    assert result.tuned is not None and whole.tuned is not None
    for run, other in ((result.base, whole.base), (result.tuned, whole.tuned)):
        assert run.read()["state"] == "finished"
        assert differences(run, other) == []
    assert [item["after"] for item in result.summary()["answers"]] == [
        item["after"] for item in whole.summary()["answers"]
    ]


@everywhere
def test_killed_in_any_stage_it_is_gone_on_with(folder: Path, whole: PipelineResult, stage: str, moment: str) -> None:
    name, runs = f"killed-{stage}-{moment}", folder / "runs"
    with pytest.raises(Killed, match="-9"):
        in_child(run_recipe_until, folder, name, stage, moment)
    interrupted = [run for run in list_runs(runs) if run.name.startswith(name) and run.state() == "interrupted"]
    assert [run.read()["stage"] for run in interrupted] == [stage]
    assert_same(resume_recipe(interrupted[0].name, runs=runs), whole)  # by the name of either run


def test_killed_between_the_stages(folder: Path, whole: PipelineResult) -> None:
    result = run_recipe(replace(recipe_of(folder), finetuning=None), "between", runs=folder / "runs")
    recipe = result.base.read()["recipe"]
    result.base.update(recipe=recipe | {"finetuning": whole.base.read()["recipe"]["finetuning"]})
    assert_same(resume_recipe("between", runs=folder / "runs"), whole)


def test_another_tuning_of_the_base_is_not_taken_for_the_recipes_own(folder: Path, whole: PipelineResult) -> None:
    name, runs = "mixed", folder / "runs"
    with pytest.raises(Stopped):
        run_recipe(recipe_of(folder), name, SignalIn("finetuning", "before", signal.SIGINT), runs=runs)
    RunFolder(runs / f"{name}-medical").remove()
    other = replace(question_recipe(folder, steps=1), name="by-hand")
    finetune(prepare_recipe(question_recipe(folder)), other, name, "mixed-by-hand", runs=runs)
    result = resume_recipe(name, runs=runs)
    assert_same(result, whole)
    assert result.tuned is not None and result.tuned.name == "mixed-medical"


def test_the_samples_that_come_with_slm_make_a_pipeline(folder: Path) -> None:
    """As in the recipe `quick`, on few documents and with a tiny model."""
    recipe = recipe_of(folder)
    assert recipe.finetuning is not None
    stories = replace(recipe.documents, source=("samples:stories",), limit=60)
    questions = replace(recipe.finetuning.documents, source=("samples:medical",), limit=60)
    tuning = replace(recipe.finetuning, documents=questions, model=replace(recipe.finetuning.model, block_size=256))
    result = run_recipe(replace(recipe, documents=stories, finetuning=tuning), "samples", runs=folder / "runs")
    assert result.tuned is not None and result.tuned.read()["data"]["synthetic"]
    assert all(score["documents"] >= 1 for score in result.summary()["scores"])
