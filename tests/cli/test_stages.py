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


def test_prepare_recommends_a_vocabulary_of_its_own_where_gpt2s_fits_badly(slm, own_workshop) -> None:
    greek = [f"Ο {name} είδε την {n}η θάλασσα και χάρηκε πολύ." for n, name in enumerate(["Νίκος", "Γιώργος"] * 20)]
    (own_workshop / "greek.txt").write_text("\n\n".join(greek), encoding="utf-8")
    badly = slm("prepare", "greek.txt", "--separator", r"\n\n", "--out", "greek")
    assert badly.code == 0 and "fits this text badly" in badly.out and "--tokenizer auto" in badly.out
    english = slm("prepare", "stories.txt", "--separator", r"\n\n", "--out", "english")
    assert "fits this text badly" not in english.out
    own = slm("prepare", "greek.txt", "--separator", r"\n\n", "--out", "own", "--tokenizer", "bpe:500")
    assert own.code == 0 and "training a vocabulary of 500 tokens" in own.err and "badly" not in own.out


def test_tuning_takes_the_vocabulary_of_the_model(slm, own_workshop) -> None:
    made = slm(
        "train",
        "stories.txt",
        "--separator",
        r"\n\n",
        "--tokenizer",
        "bpe:400",
        "--name",
        "own",
        *tiny("training.steps=2"),
    )
    assert made.code == 0, made.err
    tuned = slm("finetune", "questions.jsonl", "--from", "own", "--name", "own-tuned", *tiny_tuning("training.steps=2"))
    assert tuned.code == 0, tuned.err
    again = slm("train", "token_stores/none", "--tokenizer", "bpe:400")
    assert again.code == 1 and "Traceback" not in again.err


def test_a_token_store_keeps_its_tokenizer(slm, own_workshop) -> None:
    assert slm("prepare", "stories.txt", "--separator", r"\n\n", "--out", "store").code == 0
    outcome = slm("train", "store", "--tokenizer", "bpe:400")
    assert outcome.code == 2 and "--tokenizer is for documents" in outcome.err


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
