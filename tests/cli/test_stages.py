"""run, prepare, train, finetune as a person types them."""

from __future__ import annotations

import json

from cli.conftest import tiny, tiny_tuning


def test_prepare_prints_counts_and_bytes_per_token(slm, workshop) -> None:
    outcome = slm("prepare", "stories.txt", "--separator", r"\n\n", "--out", "store")
    assert outcome.code == 0
    assert "bytes per token" in outcome.out and "slm train store" in outcome.out
    again = slm("prepare", "stories.txt", "--separator", r"\n\n", "--out", "store", "--json")
    assert "nothing to do" in again.err
    assert json.loads(again.out)["splits"]["train"]["documents"] == 57


def test_prepare_never_replaces_a_folder_of_other_files(slm, tmp_path, workshop) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    outcome = slm("prepare", "stories.txt", "--separator", r"\n\n", "--out", str(tmp_path))
    assert outcome.code == 1 and "token store or a new folder" in outcome.err
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_one_document_says_how_to_part_it(slm, workshop) -> None:
    outcome = slm("prepare", "stories.txt")
    assert outcome.code == 1 and "--separator" in outcome.err


def test_a_wrong_column_names_the_columns_found(slm, workshop) -> None:
    outcome = slm("prepare", "questions.jsonl", "--kind", "question_answer", "--column", "response=reply")
    assert outcome.code == 1
    assert "reply" in outcome.err and "answer" in outcome.err


def test_train_left_a_whole_run(workshop) -> None:
    run = workshop / "runs" / "base"
    names = {path.name for path in run.iterdir()}
    assert {
        "run.json",
        "metrics.jsonl",
        "checkpoints",
        "best_model_params.pt",
        "loss_curve.png",
        "report.html",
    } <= names
    record = json.loads((run / "run.json").read_text())
    assert record["state"] == "finished" and record["command"].startswith("slm train stories.txt")


def test_finetune_took_the_newest_base_run_and_measured_forgetting(workshop) -> None:
    record = json.loads((workshop / "runs" / "tuned" / "run.json").read_text())
    assert record["parent"]["run"] == "base"
    results = json.loads((workshop / "runs" / "tuned" / "evaluation.json").read_text())["results"]
    assert [(r["scored"], r["moment"]) for r in results] == [
        ("responses", "before"), ("documents", "before"), ("responses", "after"), ("documents", "after"),
    ]  # fmt: skip


def test_train_prints_figures_as_json(slm, workshop) -> None:
    outcome = slm("train", "stories.txt", "--separator", r"\n\n", "--name", "json", "--json", *tiny("training.steps=1"))
    assert outcome.code == 0
    assert json.loads(outcome.out)["evaluation"]["results"][1]["bits_per_byte"] > 0


def test_an_existing_run_is_not_overwritten(slm, workshop) -> None:
    outcome = slm("train", "stories.txt", "--separator", r"\n\n", "--name", "base", *tiny())
    assert outcome.code == 2 and "not overwritten" in outcome.err


def test_train_goes_on_from_a_run(slm, workshop) -> None:
    words = (
        "train",
        "stories.txt",
        "--separator",
        r"\n\n",
        "--name",
        "more",
        "--from",
        "base",
        *tiny("training.steps=1"),
    )
    assert slm(*words).code == 0
    assert json.loads((workshop / "runs" / "more" / "run.json").read_text())["parent"]["model"].endswith("best")


def test_finetune_shows_the_mask_and_the_long_records(slm, workshop) -> None:
    outcome = slm("finetune", "questions.jsonl", "--from", "base", "--name", "shown", *tiny_tuning("training.steps=1"))
    assert outcome.code == 0
    assert "what is trained on is green" in outcome.err and "longer than 48 tokens" in outcome.err


def test_questions_are_refused_where_text_is_expected(slm, workshop) -> None:
    store = next(path for path in (workshop / "token_stores").iterdir() if path.name.startswith("questions"))
    outcome = slm("train", str(store), *tiny())
    assert outcome.code == 2
