"""Scores of texts against references: hand values, known properties, and the packages that define them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from evaluation.choice_files import write_records
from hypothesis import given
from hypothesis import strategies as st

from slm.errors import DataError
from slm.evaluation.answers import (
    Answered,
    Asked,
    answer_section,
    commonest_answer,
    read_questions,
    rouge_l,
    scores_of,
    token_f1,
)

WORDS = ("the", "flu", "Fever,", "a", "cold-sore", "is", "(not)", "sick", "12", "é")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@pytest.mark.parametrize(("answer", "reference", "expected"), [
    ("police killed the gunman", "police kill the gunman", 0.75),  # 3 of 4 words in order (Lin 2004, section 3)
    ("the gunman kill police", "police kill the gunman", 0.5),
    ("Fever, cough.", "fever COUGH", 1.0),
    ("a b c d", "d", 0.4),
    ("", "something", 0.0),
    ("...", "!", 0.0),
])  # fmt: skip
def test_rouge_l_by_hand(answer: str, reference: str, expected: float) -> None:
    assert rouge_l(answer, reference) == pytest.approx(expected)


@pytest.mark.parametrize(("answer", "reference", "expected"), [
    ("The flu.", "a flu", 1.0),  # no articles, no punctuation, no case
    ("flu flu fever", "flu fever pain", 2 / 3),  # flu counts once
    ("pain", "fever", 0.0),
    ("the", "an", 1.0),  # nothing is left of both
    ("", "fever", 0.0),
])  # fmt: skip
def test_token_f1_by_hand(answer: str, reference: str, expected: float) -> None:
    assert token_f1(answer, reference) == pytest.approx(expected)


@given(TEXTS, TEXTS)
def test_rouge_l_is_what_the_table_of_the_longest_common_subsequence_says(first: str, second: str) -> None:
    from slm.evaluation.answers import rouge_words

    a, b = rouge_words(first), rouge_words(second)
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    expected = 2 * table[-1, -1] / (len(a) + len(b)) if a and b else 0.0
    assert rouge_l(first, second) == pytest.approx(expected) == rouge_l(second, first)


@given(TEXTS, TEXTS)
def test_rouge_l_is_that_of_rouge_score(first: str, second: str) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer", reason="rouge-score comes with lm-eval alone")
    score = scorer.RougeScorer(["rougeL"]).score(second, first)["rougeL"].fmeasure
    assert rouge_l(first, second) == pytest.approx(score)


def test_a_question_is_asked_once_and_its_best_reference_counts(tmp_path: Path) -> None:
    lines = [("What?", "one two"), ("Who?", "me"), ("What?", "three four"), ("What?", "one two"), ("Why?", " ")]
    path = write_records(tmp_path / "q.jsonl", [{"question": q, "answer": a} for q, a in lines])
    asked = read_questions(path)
    assert asked == [Asked("What?", ("one two", "three four")), Asked("Who?", ("me",))]
    assert scores_of(["three four", "you"], asked)["rouge_l"]["mean"] == 0.5
    assert commonest_answer(path) == ("one two", 2)


def test_files_without_questions(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        read_questions(write_records(tmp_path / "q.jsonl", []))
    with pytest.raises(DataError, match="'response' or 'answer' or 'output'"):
        read_questions(write_records(tmp_path / "q.jsonl", [{"question": "What?", "says": "x"}]))
    with pytest.raises(DataError, match="plain text"):
        read_questions(tmp_path / "q.txt")


def test_the_section_sets_the_model_beside_what_needs_none() -> None:
    asked = [Asked("What is flu?", ("Flu is an illness.",)), Asked("And a cold?", ("A cold is an illness.",))]
    answered = [Answered("Flu is an illness.", "end"), Answered("", "context")]
    section = answer_section(asked, answered, "It is an illness.", "Answers", ["A note."])
    names = [row[0] for row in section.tables[0].rows]
    assert names == ["the model", "the question", "the commonest training answer"]
    scores = section.figures["scores"]
    assert scores["the model"]["rouge_l"]["mean"] == 0.5
    assert scores["the question"]["token_f1"]["mean"] == pytest.approx((4 / 6 + 2 / 5) / 2)
    assert section.figures["ended"] == 0.5 and section.notes[1].startswith("50.0 % of the answers ended")
    assert section.notes[2] == "A note." and "1 questions fill" in section.notes[3]
    assert len(answer_section(asked, answered, None, "Answers").tables[0].rows) == 2


def test_similarity_is_that_of_the_nearest_reference() -> None:
    directions = {"x": (1, 0), "y": (0, 1), "both": (0.6, 0.8)}

    def encode(texts):
        return np.array([directions.get(text, (0, 0)) for text in texts], np.float32)

    asked = [Asked("x", ("y", "both")), Asked("y", ("y",)), Asked("both", ("x",))]
    scores = scores_of(["x", "", "both"], asked, encode)
    assert scores["similarity"]["mean"] == pytest.approx((0.6 + 0 + 0.6) / 3)
