"""Pairs: what is right for a question, and what is held out."""

from __future__ import annotations

import pytest

from slm.errors import DataError
from slm.rag.pairs import key, sorted_pairs


def document(split: str, question: str, answer: str) -> tuple[str, dict[str, str]]:
    return split, {"question": question, "response": answer}


MANY = [document("train", f"Question {number}?", f"answer {number}") for number in range(8)]


def test_spellings_of_a_question_share_their_right_answers():
    two = document("validation", "What is  X-1?", "a"), document("validation", "what is x1", "b")
    pairs = sorted_pairs([*MANY, *two])
    assert {pairs.answers[number] for number in pairs.right_answers("WHAT IS X 1?")} == {"a", "b"}
    assert pairs.held_out_questions() == ["what is x1"]  # one question, by its latest spelling


def test_what_is_held_out_is_new():
    pairs = sorted_pairs([
        *MANY,
        document("validation", "question 1", "another answer"),
        document("validation", "New?", "answer 2"),
        document("validation", "Newer?", "a new answer"),
    ])  # fmt: skip
    assert [pair.question for pair in pairs.held_out] == ["Newer?"]
    assert len(pairs.train) == 8


@pytest.mark.parametrize("documents", [MANY, [*MANY[:3], document("validation", "Q?", "a")], []])
def test_too_few_are_one_line(documents):
    with pytest.raises(DataError, match="expected at least 8"):
        sorted_pairs(documents)


def test_a_question_without_letters_keeps_itself():
    assert key("???") == "???" and key("¿Qué es?") == "quées"
