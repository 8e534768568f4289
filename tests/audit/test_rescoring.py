"""Scores without some items are the scores of the others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from evaluation.choice_files import item, record, write_records
from tiny import RECORDS, TEXTS, write_record_store, write_store

from slm.audit.held_out import HeldOut, choice_text, kept_scores, store_texts, stream_texts, suite_texts
from slm.audit.rescoring import rescored, rescored_bits, rescored_section
from slm.data.documents import DocumentsConfig, open_documents
from slm.evaluation.answers import Asked, scores_of
from slm.evaluation.bits_per_byte import DocumentLosses
from slm.evaluation.multiple_choice import ChoiceResult, figures_of
from slm.evaluation.suites import find_files, load_suite

SCORES = [(-1.0, -2.0, -3.0), (-2.0, -1.0, -3.0), (-3.0, -1.0, -2.0), (-1.0, -2.0, -2.0)]


def choices() -> HeldOut:
    items = [item(number) for number in range(4)]
    lines = [{"log_likelihoods": list(scores), "cut": False} for scores in SCORES]
    return HeldOut("quiz", list(map(choice_text, items)), [one.id for one in items], lines, items)


def test_choices_without_some() -> None:
    rows, figures = rescored(choices(), [True, False, False, False])
    left = figures_of([ChoiceResult(item(number), SCORES[number], False) for number in (1, 2, 3)])
    by_name = {row["dataset"]: row for row in left}
    assert [one["without"] for one in figures["datasets"]] == [by_name["set0"], by_name["set1"], by_name["all"]]
    assert figures["datasets"][2]["all"]["accuracy"]["share"] == 0.5
    assert by_name["all"]["accuracy"]["share"] == pytest.approx(2 / 3) and rows[2][1::2] == ("4", "3")
    rows, figures = rescored(choices(), [True] * 4)
    assert rows[0][3:] == ("0", "none") and figures["datasets"][0]["without"] is None


def test_answers_without_some() -> None:
    answers = ("a b c", "x", "a")
    lines = [{"question": f"q{n}", "references": ["a b c"], "answer": answer} for n, answer in enumerate(answers)]
    held = HeldOut("told", ["", "", ""], [], lines)
    rows, figures = rescored(held, [True, False, False])
    assert figures["without"] == scores_of(["x", "a"], [Asked("q", ("a b c",))] * 2)
    assert figures["all"]["rouge_l"]["mean"] == pytest.approx((1 + 0 + 0.5) / 3) and rows[0][1::2] == ("3", "2")
    assert rescored(held, [True] * 3)[0][0][3:] == ("0", "none")


def test_bits_per_byte_without_some() -> None:
    losses = DocumentLosses(np.array([np.log(2), 2 * np.log(2)]), np.array([1, 1]), np.array([1, 4]))
    rows, figures = rescored_bits(losses, [True, False])
    assert figures["all"]["bits_per_byte"] == pytest.approx(3 / 5)
    assert figures["without"]["bits_per_byte"] == pytest.approx(2 / 4) and rows[0][1::2] == ("2", "1")
    section = rescored_section(rows, figures)
    assert section.tables[0].rows[0][0] == "validation: bits per byte"


def test_what_a_run_has_on_record(tmp_path: Path) -> None:
    questions = write_records(tmp_path / "quiz.jsonl", [record(number) for number in range(3)])
    figures = {"quiz": {"file": str(questions)}, "told": {"file": "gone"}, "no": {}}
    sections = {name: {"figures": value} for name, value in figures.items()}
    (tmp_path / "evaluation_own.json").write_text(json.dumps({"suite": "own", "sections": sections}))
    (tmp_path / "evaluation_bad.json").write_text("{")
    write_records(tmp_path / "evaluation_own_quiz.jsonl", [
        {"dataset": f"set{number % 2}", "id": str(number), "log_likelihoods": [0, 0, 0]} for number in (2, 0, 7)
    ])  # fmt: skip
    write_records(tmp_path / "evaluation_own_told.jsonl", [{"question": "q", "references": ["r"], "answer": "a"}])
    missing: dict[str, str] = {}
    quiz, told = kept_scores(tmp_path, missing)
    assert missing == {}
    assert quiz.keys == [("set0", "2"), ("set0", "0")] and [one.id for one in quiz.items] == ["2", "0"]
    assert told.texts == ["q\nr"] and told.keys == ["q"]
    questions.unlink()
    assert [one.name for one in kept_scores(tmp_path, missing)] == ["told"]
    assert missing["quiz"].startswith("quiz: not looked for")


def test_texts_of_stores_streams_and_suites(tmp_path: Path) -> None:
    store = write_store(tmp_path / "texts")
    assert list(store_texts(store, store.train)) == list(TEXTS)
    records = write_record_store(tmp_path / "records")
    expected = [f"{one['question']}\n{one['response']}" for one in RECORDS]
    assert list(store_texts(records, records.train)) == expected
    path = write_records(tmp_path / "notes.jsonl", [{"text": f"text {number}"} for number in range(4)])
    (tmp_path / "held.txt").write_text("held<|endoftext|>text 1")
    stream = open_documents(DocumentsConfig((str(path),), (str(tmp_path / "held.txt"),)))
    assert list(stream_texts(stream, "train"))[1] == ("text 2", f"{path}, line 3")
    assert [text for text, _ in stream_texts(stream, "validation")] == ["held", "text 1"]
    write_records(tmp_path / "medical_mc_eval.jsonl", [record(number, context="so") for number in range(3)])
    write_records(tmp_path / "medquad_valid.jsonl", [{"question": "q", "answer": "a"}])
    found = list(suite_texts(find_files(load_suite("medical"), [str(tmp_path / "medical_mc_eval.jsonl"),
                                                              str(tmp_path / "medquad_valid.jsonl")])))  # fmt: skip
    assert [(one.name, len(one.texts)) for one in found] == [("multiple_choice", 3), ("medquad", 1)]
    assert found[0].texts[0].startswith("so\n") and found[1].texts == ["q\na"]
