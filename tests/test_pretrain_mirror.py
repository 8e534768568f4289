"""Training from and to places elsewhere: stopped on one machine, gone on with on another, with the same bits."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_training import (
    Watcher,
    differences,
    question_recipe,
    question_store,
    story_recipe,
    story_store,
    write_stories,
    write_tokenizer,
)

from slm.data.documents import DocumentsConfig
from slm.data.token_store import open_token_store
from slm.errors import ConfigError, DataError, NetworkError, Stopped, TrainingError
from slm.finetune import finetune, resume_finetuning
from slm.prepare import prepare
from slm.pretrain import pretrain, resume_pretraining
from slm.remote import address
from slm.remote.address import Place
from slm.remote.folders import fetch_folder, upload_folder
from slm.remote.lease import newest
from slm.stage import recorded_store
from slm.training.run_folder import RunFolder, find_run

pytestmark = pytest.mark.usefixtures("no_pictures", "places_in_memory")
RUNS = "memory://bucket/runs"


def stop_at(step: int) -> Watcher:
    def stop(number: int) -> None:
        if number == step:
            raise Stopped("enough")

    return Watcher(stop)


def test_a_run_goes_on_on_another_machine_to_the_same_bits(tmp_path: Path) -> None:
    """The first machine's run and token store are gone."""
    store = story_store(tmp_path)
    whole = pretrain(store, story_recipe(tmp_path), "whole", runs=tmp_path / "runs")
    with pytest.raises(Stopped):
        pretrain(store, story_recipe(tmp_path, mirror=RUNS), "mine", observer=stop_at(5), runs=tmp_path / "runs")
    for gone in (tmp_path / "runs" / "mine", tmp_path / "stories"):
        shutil.rmtree(gone)
    run = resume_pretraining(f"{RUNS}/mine", runs=tmp_path / "there")
    assert run.path == tmp_path / "there" / "mine"
    assert differences(run, whole) == []
    assert run.read()["state"] == "finished"
    again = find_run(f"{RUNS}/mine", tmp_path / "a_third")
    assert again.read()["state"] == "finished" and differences(again, whole) == []


def test_a_token_store_elsewhere_stays_there(tmp_path: Path) -> None:
    stores = "memory://bucket/stores/stories"
    upload_folder(story_store(tmp_path).folder, stores)
    store = fetch_folder(stores)
    with pytest.raises(Stopped):
        recipe = story_recipe(tmp_path, mirror=RUNS)
        pretrain(open_token_store(store), recipe, "mine", observer=stop_at(5), runs=tmp_path / "runs")
    shutil.rmtree(tmp_path / "cache")
    shutil.rmtree(tmp_path / "runs")
    run = resume_pretraining(f"{RUNS}/mine", runs=tmp_path / "there")
    record = run.read()
    assert record["data"]["address"] == stores and not (run.path / "token_store").exists()
    assert recorded_store(record).manifest["sha256"] == record["data"]["sha256"]


def test_documents_elsewhere_make_the_same_store(tmp_path: Path) -> None:
    store = story_store(tmp_path)
    Place("memory://bucket/stories.jsonl").put(write_stories(tmp_path / "stories.jsonl"))
    documents = DocumentsConfig(("memory://bucket/stories.jsonl",), holdout=0.2)
    said: list[str] = []
    for _ in range(2):
        other = prepare(documents, str(tmp_path / "tokenizer.json"), folder=tmp_path / "other", message=said.append)
    assert other.manifest["sha256"] == store.manifest["sha256"]
    assert "prepared before" in said[-1]
    [file] = other.manifest["sources"][0]["files"]
    assert file["name"] == "memory://bucket/stories.jsonl" and file["version"]


def test_a_cut_is_no_damaged_file_that_may_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Place("memory://bucket/stories.jsonl").put(write_stories(tmp_path / "stories.jsonl"))

    def cut(self: object, wanted: int) -> bytes:
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(address._Stream, "_once", cut)
    with pytest.raises(NetworkError, match="reset by peer"):
        tokenizer = str(write_tokenizer(tmp_path / "tokenizer.json"))
        prepare(DocumentsConfig(("memory://bucket/stories.jsonl",)), tokenizer, folder=tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.slow
def test_a_tuning_takes_its_base_with_it(tmp_path: Path) -> None:
    base = pretrain(story_store(tmp_path), story_recipe(tmp_path, mirror=RUNS), "base", runs=tmp_path / "runs")
    recipe = question_recipe(tmp_path, mirror=RUNS)
    recipe = replace(recipe, tuning=replace(recipe.tuning, replay=True, replay_share=0.2))
    questions = question_store(tmp_path)
    with pytest.raises(Stopped):
        finetune(questions, recipe, str(base.path), "tuned", stop_at(5), runs=tmp_path / "runs")
    for gone in ("runs", "stories", "questions"):
        shutil.rmtree(tmp_path / gone)
    run = resume_finetuning(f"{RUNS}/tuned", runs=tmp_path / "there")
    assert run.read()["state"] == "finished"
    results = json.loads((run.path / "evaluation.json").read_text())["results"]
    assert {result["data"] for result in results} == {"questions.jsonl", "stories.jsonl"}


def test_a_new_run_of_a_name_that_is_taken_leaves_nothing(tmp_path: Path) -> None:
    store, recipe = story_store(tmp_path), story_recipe(tmp_path, mirror=RUNS)
    with pytest.raises(Stopped):
        pretrain(store, recipe, "mine", observer=stop_at(3), runs=tmp_path / "runs")
    with pytest.raises(ConfigError, match="a run lies there"):
        pretrain(store, recipe, "mine", runs=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "mine").exists()


def test_who_works_in_the_same_folder_keeps_the_lock(tmp_path: Path) -> None:
    """A second process of this machine knows the lock of the first, which is no reason to take it over."""
    with pytest.raises(Stopped):
        recipe = story_recipe(tmp_path, mirror=RUNS)
        pretrain(story_store(tmp_path), recipe, "mine", observer=stop_at(3), runs=tmp_path / "runs")
    before = newest(Place(f"{RUNS}/mine"))
    with RunFolder(tmp_path / "runs" / "mine").hold(), pytest.raises(TrainingError, match="another process"):
        resume_pretraining("mine", runs=tmp_path / "runs")
    assert newest(Place(f"{RUNS}/mine")) == before


def test_a_bucket_that_refuses_is_found_before_the_first_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Place, content: bytes, new: bool = False) -> None:
        raise NetworkError("refused")

    monkeypatch.setattr(Place, "write", refuse)
    with pytest.raises(NetworkError, match="refused"):
        pretrain(story_store(tmp_path), story_recipe(tmp_path, mirror=RUNS), "mine", runs=tmp_path / "runs")
    assert not (tmp_path / "runs" / "mine").exists()


def test_what_is_no_run_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a run that was copied there"):
        resume_pretraining(f"{RUNS}/nothing", runs=tmp_path / "runs")
    assert RunFolder(tmp_path / "runs" / "nothing").path.exists() is False
