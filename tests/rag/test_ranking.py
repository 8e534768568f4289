"""Rankings: the best of scores, and fusion by reciprocal rank, checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from slm.rag.ranking import best, fuse, only


def test_the_best_come_first_and_equal_ones_in_their_order() -> None:
    passages, scores = np.array([10, 11, 12, 13, 14]), np.array([1.0, 3.0, 0.0, 3.0, 2.0], np.float32)
    assert best(passages, scores, 3) == [(11, 3.0), (13, 3.0), (14, 2.0)]
    assert best(passages, scores, 1) == [(11, 3.0)]
    assert best(passages, scores, 9, above=0.0) == [(11, 3.0), (13, 3.0), (14, 2.0), (10, 1.0)]
    assert best(np.zeros(0, np.int64), np.zeros(0, np.float32), 5) == []


def test_fusion_is_the_sum_of_reciprocal_ranks() -> None:
    fused = fuse({"lexical": [(1, 9.0), (2, 8.0)], "vectors": [(3, 0.9), (1, 0.8), (2, 0.1)]})
    expected = {1: 1 / 61 + 1 / 62, 2: 1 / 62 + 1 / 63, 3: 1 / 61}
    assert [number for number, _ in fused] == [1, 2, 3]
    assert dict(fused) == pytest.approx(expected)
    assert fuse({"lexical": [(7, 1.0)], "vectors": [(5, 1.0)]})[0][0] == 5


def test_only_what_is_allowed_keeps_its_score() -> None:
    assert only(np.array([1, 2, 3]), np.array([5.0, 6.0, 7.0]), [1, 3, 99], 0.0).tolist() == [5.0, 0.0, 7.0]
