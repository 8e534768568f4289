"""Measures of retrieval against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slm.rag.measures import bootstrap, ndcg_at, paired_bootstrap, recall_at

RANKINGS = [["a", "b", "c"], ["b", "c", "a"], ["c"], []]
RIGHT = [{"a"}, {"a", "c"}, {"x"}, {"a"}]


@pytest.mark.parametrize(("k", "expected"), [(1, [1, 0, 0, 0]), (2, [1, 1, 0, 0]), (3, [1, 1, 0, 0])])
def test_recall_is_whether_any_right_answer_is_among_the_first(k, expected):
    assert recall_at(RANKINGS, RIGHT, k).tolist() == expected


def test_ndcg_by_hand():
    # second question: right at places 2 and 3 of the two that could stand at 1 and 2
    second = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))
    assert ndcg_at(RANKINGS, RIGHT, 3) == pytest.approx([1, second, 0, 0])


def test_ndcg_looks_at_the_first_k_alone_and_asks_no_more_of_them():
    assert ndcg_at([["b", "a"]], [{"a"}], 1).tolist() == [0]
    assert ndcg_at([["a"]], [{"a", "b", "c"}], 1).tolist() == [1]
    assert ndcg_at([["a"]], [set()], 5).tolist() == [0]


def test_the_interval_is_that_of_the_binomial():
    values = np.repeat([1.0, 0.0], [300, 700])
    interval = bootstrap(values)
    spread = 1.96 * math.sqrt(0.3 * 0.7 / 1000)
    assert interval.mean == pytest.approx(0.3)
    assert [interval.low, interval.high] == pytest.approx([0.3 - spread, 0.3 + spread], abs=0.004)
    assert bootstrap(values) == interval  # the same seed


def test_pairs_are_kept_together():
    hard = np.repeat([1.0, 0.0], 100)  # half of the questions are hard for both
    better = hard.copy()
    better[-10:] = 1
    difference = paired_bootstrap(better, hard)
    assert difference.mean == pytest.approx(0.05)
    assert difference.excludes_zero() and difference.high - difference.low < 0.07  # apart it would be 0.14
    assert not paired_bootstrap(hard, hard).excludes_zero()
    with pytest.raises(ValueError, match="for each question"):
        paired_bootstrap(hard, hard[1:])
