"""How words meet, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.rag.match_features import NAMES, WordWeights, match_features, words

WEIGHTS = WordWeights({"what": 99, "is": 99, "syndrome": 49}, 100)  # what, is: 1 in 1; an unknown word: log(101)
QUESTION = "What is Kearns-Sayre syndrome?"


def figures(passage: str, question: str = QUESTION) -> dict[str, float]:
    one = np.ones(1, np.float32)
    return dict(zip(NAMES, match_features(question, [passage], one, one, WEIGHTS)[0].tolist(), strict=True))


def test_weights_fall_with_the_number_of_passages():
    counted = WordWeights.of(["The cats", "the dog", "THE cat", "the"], fewest=2)
    assert counted.counts == {"cat": 2, "the": 4} and counted.documents == 4
    assert counted.weight("unheard") == pytest.approx(math.log(5))


def test_coverage_is_the_share_of_weight():
    common, some, rare = math.log(2), math.log(3), math.log(101)
    total = 2 * common + some + 2 * rare
    found = figures("The Sayre syndromes are " + "x " * 200 + "what")
    assert found["coverage"] == pytest.approx((rare + some + common) / total, abs=1e-5)
    assert found["head_coverage"] == pytest.approx((rare + some) / total, abs=1e-5)
    assert found["phrase"] == pytest.approx((rare + some) / total, abs=1e-5)
    assert found["heaviest_missing"] == pytest.approx(rare / 10, abs=1e-5)
    assert found["question_weight"] == pytest.approx(total / 30, abs=1e-5)


def test_a_phrase_may_have_hyphens_but_no_words_between():
    common, some, rare = math.log(2), math.log(3), math.log(101)
    whole = (common + 2 * rare + some) / (2 * common + some + 2 * rare)
    assert figures("It is Kearns, Sayre-syndrome")["phrase"] == pytest.approx(whole, abs=1e-5)
    assert figures("Kearns or Sayre")["phrase"] < figures("Kearns Sayre")["phrase"]


@pytest.mark.parametrize(("passage", "share"), [
    ("KSS is slow", 0.5), ("A case of KSSs", 0.5), ("kss is slow", 0), ("KST is slow", 0), ("KS", 0), ("WIKSS", 5 / 6),
])  # fmt: skip
def test_acronyms_are_spelled_by_the_question(passage: str, share: float):
    assert figures(passage)["acronym"] == pytest.approx(share)


def test_scores_are_set_against_the_best():
    features = match_features("a", ["a", "b"], np.array([4.0, 2.0]), np.array([0.1, 0.3]), WEIGHTS)
    by_name = dict(zip(NAMES, features.T.tolist(), strict=True))
    assert by_name["lexical_share"] == [1, 0.5] and by_name["lexical_place"] == [1, 0.5]
    assert by_name["dense_gap"] == pytest.approx([-0.2, 0]) and by_name["dense_place"] == [0.5, 1]


def test_no_passages():
    assert match_features("a", [], np.zeros(0), np.zeros(0), WEIGHTS).shape == (0, len(NAMES))


@given(st.text(), st.text())
def test_any_text_gives_finite_figures(question: str, passage: str):
    features = match_features(question, [passage], np.zeros(1, np.float32), np.zeros(1, np.float32), WEIGHTS)
    assert np.isfinite(features).all() and words(question) == words(question.lower())
