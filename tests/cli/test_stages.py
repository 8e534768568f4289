"""run, prepare, train, finetune as a person types them."""

from __future__ import annotations

import json

import pytest
from cli.conftest import STORIES, tiny, tiny_tuning

from slm.data.token_store import open_token_store


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
    words = ("stories.txt", "--separator", r"\n\n", "--tokenizer", "bpe:400", "--name", "own")
    made = slm("train", *words, *tiny("training.steps=2"))
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


def test_train_prints_figures_as_json_and_takes_the_vocabulary_of_gpt2_by_default(slm, own_workshop) -> None:
    outcome = slm("train", "stories.txt", "--separator", r"\n\n", "--name", "json", "--json", *tiny("training.steps=1"))
    assert outcome.code == 0
    assert json.loads(outcome.out)["evaluation"]["results"][1]["bits_per_byte"] > 0
    record = json.loads((own_workshop / "runs" / "json" / "run.json").read_text())
    assert record["data"]["tokenizer"]["name"] == "gpt2" and record["recipe"]["model"]["vocab_size"] == 50257
    written = slm("generate", "json", "The fox", "--max-new-tokens", "3", "--bits", "32", "--json")
    assert json.loads(written.out)["samples"][0]["tokens"] <= 3


def test_an_existing_run_is_not_overwritten(slm, workshop) -> None:
    outcome = slm("train", *STORIES, "--name", "base", *tiny())
    assert outcome.code == 2 and "not overwritten" in outcome.err


def test_train_goes_on_from_a_run(slm, workshop) -> None:
    assert slm("train", *STORIES, "--name", "more", "--from", "base", *tiny("training.steps=1")).code == 0
    assert json.loads((workshop / "runs" / "more" / "run.json").read_text())["parent"]["model"].endswith("best")


def test_finetune_shows_the_mask_and_the_long_records(slm, workshop) -> None:
    outcome = slm("finetune", "questions.jsonl", "--from", "base", "--name", "shown", *tiny_tuning("training.steps=1"))
    assert outcome.code == 0
    assert "what is trained on is green" in outcome.err and "longer than 48 tokens" in outcome.err
    assert slm("runs", "remove", "shown", "--yes").code == 0  # others take the newest


def test_questions_are_refused_where_text_is_expected(slm, workshop) -> None:
    store = next(path for path in (workshop / "token_stores").iterdir() if path.name.startswith("questions"))
    outcome = slm("train", str(store), *tiny())
    assert outcome.code == 2


# Ways to tune


def test_finetune_with_adapters_and_replay(slm, workshop) -> None:
    outcome = slm(
        "finetune", "questions.jsonl", "--from", "base", "--name", "ways", "--lora", "--lora-rank", "2",
        "--lora-targets", "c_attn,c_fc", "--replay", "--forgetting-tolerance", "0.5",
        *tiny_tuning("training.steps=2", "tuning.replay_share=0.5"),
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "base domain: " in outcome.out and "the 50% allowed" in outcome.out
    assert "end by themselves within 4 tokens" in outcome.out
    assert "beside which" in outcome.err  # how much is trained
    record = json.loads((workshop / "runs" / "ways" / "run.json").read_text())
    tuning = record["recipe"]["tuning"]
    assert tuning["lora"] == {"rank": 2, "alpha": 16.0, "targets": ["c_attn", "c_fc"]}
    assert (tuning["replay_share"], tuning["forgetting_tolerance"]) == (0.5, 0.5)
    assert slm("runs", "remove", "ways", "--yes").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lora-rank", "4"), "--lora-rank is about adapters; it goes with --lora"),
        (("--lora", "--lora-rank", "0"), "rank expects a whole number from 1 up, got 0"),
        (("--lora", "--lora-rank", "99"), "lora.rank expects 1 to 16"),
        (("--lora", "--lora-targets", "q_proj"), "no matrix 'q_proj' in this model"),
        (("--forgetting-tolerance", "0.1"), "it goes with --replay"),
        (("--replay", "--forgetting-tolerance", "0"), "forgetting_tolerance expects a share above 0"),
        (("--replay", "--set", "tuning.replay_share=1.5"), "replay_share expects a share from 0 up to but not 1"),
        (("--reasoning", "maybe"), "reasoning expects drop, keep, section, got 'maybe'"),
        (("--budget", "soon"), "--budget expects a time"),
        (("--resume", "tuned", "--lora"), "leave the other options out"),
    ],
)
def test_what_cannot_be_is_one_line(slm, workshop, words: tuple[str, ...], said: str) -> None:
    outcome = slm("finetune", "questions.jsonl", "--from", "base", "--name", "never", *words, *tiny_tuning())
    assert outcome.code != 0 and said in outcome.err
    assert not (workshop / "runs" / "never").exists()


def test_reasoning_is_dropped_kept_or_a_section(slm, own_workshop) -> None:
    records = [{"question": f"Why {n}?", "reasoning": f"Because of {n}.", "response": f"So {n}."} for n in range(40)]
    (own_workshop / "reasons.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    texts = {}
    for way in ("drop", "keep", "section"):
        words = ("--kind", "question_answer", "--reasoning", way, "--out", way)
        assert slm("prepare", "reasons.jsonl", *words).code == 0
        store = open_token_store(own_workshop / way)
        texts[way] = store.tokenizer.decode(store.train.document(0))
    assert "Because" not in texts["drop"]
    assert "### Response:\nBecause of" in texts["keep"] and "\n\nSo " in texts["keep"]
    assert "### Reasoning:\nBecause of" in texts["section"] and "\n### Response:\nSo " in texts["section"]
    without = slm("prepare", "questions.jsonl", "--kind", "question_answer", "--reasoning", "keep", "--out", "without")
    assert without.code == 1 and "expected reasoning in the records, found none" in without.err
    assert not (own_workshop / "without").exists()


def test_a_store_with_other_reasoning_is_refused(slm, workshop) -> None:
    store = next(path for path in (workshop / "token_stores").iterdir() if path.name.startswith("questions"))
    outcome = slm("finetune", str(store), "--from", "base", "--reasoning", "section", *tiny_tuning())
    assert outcome.code == 2 and "prepared with --reasoning drop, asked for is 'section'" in outcome.err
