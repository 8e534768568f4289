"""Suites are read strictly; files find their measure, and what has none is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from slm.errors import ConfigError, DataError
from slm.evaluation.suites import find_files, load_suite, missing, suite_names

OWN = """description = "Manuals."
[[measures]]
name = "quiz"
kind = "multiple_choice"
files = ["quiz*.jsonl"]
columns = {answer = "right"}
[[measures]]
name = "replies"
kind = "answers"
files = ["asked.csv"]
train = ["past.csv"]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path / "own.toml"


def test_the_suites_that_come_with_slm_can_be_read() -> None:
    assert "medical" in suite_names()
    for name in suite_names():
        assert load_suite(name).name == name
    assert [measure.name for measure in load_suite("medical").measures] == [
        "multiple_choice", "medquad", "medical_o1", "retrieval", "citation", "abstention", "forgetting",
    ]  # fmt: skip


def test_a_suite_of_ones_own(own: Path) -> None:
    suite = load_suite(str(own))
    assert suite.name == "own" and suite.measures[0].columns == {"answer": "right"}


@pytest.mark.parametrize(("change", "said"), [
    (("quiz\"", "a b\""), "name expects letters"),
    (("multiple_choice", "multiple"), "kind expects multiple_choice, answers, retrieval"),
    (('["asked.csv"]', "[]"), "files expects at least one"),
    (("replies", "quiz"), "of different names"),
    (("train", "trian"), "unknown key"),
    (("columns = {answer = \"right\"}", 'unanswerable = ["poems"]'), "unanswerable expects some of stories, cooking"),
])  # fmt: skip
def test_a_wrong_suite_is_named(own: Path, change: tuple[str, str], said: str) -> None:
    own.write_text(OWN.replace(*change))
    with pytest.raises(ConfigError, match=said):
        load_suite(str(own))


def test_an_unknown_suite_names_the_known() -> None:
    with pytest.raises(ConfigError, match="did you mean 'medical'"):
        load_suite("medicine")


def test_files_find_their_measures(own: Path, tmp_path: Path) -> None:
    suite = load_suite(str(own))
    for name in ("quiz_1.jsonl", "asked.csv", "past.csv", "other.csv"):
        (tmp_path / name).write_text("")
    quiz, replies = find_files(suite, [str(tmp_path)])
    assert (quiz.questions, replies.questions) == (tmp_path / "quiz_1.jsonl", tmp_path / "asked.csv")
    assert quiz.train is None and replies.train == tmp_path / "past.csv"
    quiz, replies = find_files(suite, [str(tmp_path / "asked.csv"), f"quiz={tmp_path / 'other.csv'}"])
    assert (quiz.questions, replies.train) == (tmp_path / "other.csv", None)
    assert [found.questions for found in find_files(suite, [], [tmp_path])] == [
        tmp_path / "quiz_1.jsonl", tmp_path / "asked.csv",
    ]  # fmt: skip
    quiz, _ = find_files(suite, [str(tmp_path / "asked.csv")])
    assert quiz.questions is None and missing(quiz) == ("no file quiz*.jsonl; give it with --data quiz=FILE")


def test_files_that_fit_nothing_are_refused(own: Path, tmp_path: Path) -> None:
    suite = load_suite(str(own))
    with pytest.raises(DataError, match="found none there"):
        find_files(suite, ["nowhere.jsonl"])
    (tmp_path / "other.csv").write_text("")
    with pytest.raises(ConfigError, match="NAME being quiz or replies"):
        find_files(suite, [str(tmp_path / "other.csv")])
    with pytest.raises(ConfigError, match="did you mean 'quiz'"):
        find_files(suite, [f"quizz={tmp_path / 'other.csv'}"])
