"""Whether sources answer: the figures that it is judged by, the fit, and the measures of it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from rag_documents import write_records

from slm.rag.abstention import fit_judge, judge_of, names_of, probability
from slm.rag.calibration import (
    area_interval,
    area_under_roc,
    calibration_error,
    coverage_at_precision,
    fit,
    reliability,
    sigmoid,
)
from slm.rag.evidence import NAMES, AskedWords, evidence
from slm.rag.indexing import index_documents
from slm.rag.retriever import Retriever


def figures(question: str, retriever: Retriever) -> dict[str, float]:
    values = evidence(question, retriever.search(question, 10), retriever)
    return dict(zip(names_of(retriever), values.tolist(), strict=True))


def test_a_question_that_is_answered_has_all_its_words_in_one_passage(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        good = figures("glaucoma damages the optic nerve", retriever)
        bad = figures("glaucoma damages a zebra", retriever)
    assert good["coverage"] == good["rarest"] == good["head_coverage"] == 1.0
    assert good["missing"] == good["unknown"] == 0
    assert bad["coverage"] < 0.8 and bad["rarest"] == 0.0 and bad["missing"] == 1.0 and bad["unknown"] > 0.2


def test_figures_stay_between_zero_and_one_and_finite(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        for question in ("gout", "the of a", "gout " * 500, "😀", "zebra", "痛風は何ですか"):
            values = np.array(list(figures(question, retriever).values()))
            assert np.isfinite(values).all() and (values >= 0).all() and (values <= 1.0001).all(), question


def test_a_word_counts_once_in_an_index_of_several_languages(tmp_path: Path) -> None:
    records = [
        {"text": "Die Krankheiten der Augen sind in diesem Buch beschrieben, und zwar ganz genau.", "title": "a"},
        {"text": "The diseases of the eye are described in this book, in great detail, by a doctor.", "title": "b"},
    ]
    index_documents(tmp_path / "index", (str(write_records(tmp_path / "mixed.jsonl", records)),))
    with Retriever.open(tmp_path / "index") as retriever:
        asked = AskedWords.of("diseases described doctor", retriever)
        assert len(asked.words) == 3
        assert figures("diseases described doctor", retriever)["coverage"] == 1.0


def test_the_judge_prefers_what_is_answered(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        judge = judge_of(retriever)
        assert judge.names == NAMES
        good, bad = (
            probability(question, retriever.search(question, 10), retriever)
            for question in ("glaucoma damages the optic nerve", "Which zebra painted the optic ceiling in Rome?")
        )
        assert bad < 0.2 < 0.5 < good
        assert probability("x", [], retriever) == 0.0


def test_a_fit_finds_the_probabilities_that_labels_were_drawn_from() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(4000, 2))
    true = sigmoid(x @ [1.5, -0.7])
    labels = (draw.random(4000) < true).astype(float)
    weights = fit(x, labels, penalty=1e-3)
    assert weights[:2] == pytest.approx([1.5, -0.7], abs=0.15) and abs(weights[2]) < 0.15
    judge = fit_judge(x * 10 + 3, labels, ("a", "b"))
    assert np.abs(judge.probabilities(x * 10 + 3) - true).max() < 0.06
    assert calibration_error(judge.probabilities(x * 10 + 3), labels) < 0.03


def test_a_fit_of_parted_labels_and_of_a_figure_that_never_changes_ends() -> None:
    x = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    judge = fit_judge(x, np.array([0.0, 0.0, 1.0, 1.0]), ("a", "b"))
    said = judge.probabilities(x)
    assert (np.diff(said) > 0).all() and np.isfinite(said).all()


def test_both_labels_weigh_as_much_however_many_there_are() -> None:
    x = np.zeros((100, 1))
    assert fit(x, np.repeat([1.0, 0.0], [90, 10]))[-1] == pytest.approx(0, abs=1e-6)


def test_area_under_roc_by_hand() -> None:
    assert area_under_roc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert area_under_roc(np.array([1.0]), np.array([1.0])) == 0.5
    assert area_under_roc(np.array([0.0, 3.0]), np.array([1.0, 2.0])) == 0.5


def test_coverage_at_precision_by_hand() -> None:
    good, bad = np.array([0.9, 0.8, 0.3, 0.2]), np.array([0.5, 0.1])
    assert coverage_at_precision(good, bad, 0.95) == (0.5, 0.8)
    assert coverage_at_precision(good, bad, 0.6) == (1.0, 0.2)  # 1 / (1 + 0.5)
    assert coverage_at_precision(np.array([0.1]), np.array([0.9]), 0.95) == (0.0, math.inf)


def test_calibration_error_by_hand() -> None:
    said, came = np.array([0.95, 0.95, 0.05, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    assert reliability(said, came) == [(0.05, 0.0, 1), (pytest.approx(2.9 / 3), pytest.approx(2 / 3), 3)]
    assert calibration_error(said, came) == pytest.approx((0.05 + 0.9) / 4)


def test_the_interval_of_an_area_holds_it() -> None:
    draw = np.random.default_rng(2)
    good, bad = draw.normal(1, 1, 200), draw.normal(0, 1, 100)
    low, high = area_interval(good, bad)
    assert low < area_under_roc(good, bad) < high < 1 and 0.03 < high - low < 0.2
    assert area_interval(good, bad - 100) == (1.0, 1.0)
