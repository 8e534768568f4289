"""Rankings: the best of many scores, several rankings as one. Pure; knows nothing of where scores come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

FUSION = 60  # of reciprocal rank fusion, as its authors have it (Cormack, Clarke and Büttcher, 2009)

Ranking = list[tuple[int, float]]
"""(passage, score), the best first."""


def best(passages: np.ndarray, scores: np.ndarray, k: int, above: float = -np.inf) -> Ranking:
    """The `k` rows of the highest scores, of those above a bound; equal ones in the order of their rows."""
    if k < len(scores):
        bound = np.partition(scores, -k)[-k]
        rows = np.flatnonzero(scores >= bound)
    else:
        rows = np.arange(len(scores))
    rows = rows[scores[rows] > above]
    rows = rows[np.argsort(-scores[rows], kind="stable")][:k]
    return [(int(passages[row]), float(scores[row])) for row in rows]


def fuse(rankings: Mapping[str, Ranking], k: int = FUSION) -> Ranking:
    """Every passage by the sum of 1 / (k + rank) over the rankings; equal ones in the order of their numbers."""
    scores: dict[int, float] = {}
    for ranking in rankings.values():
        for rank, (passage, _) in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def only(passages: np.ndarray, scores: np.ndarray, allowed: Sequence[int], otherwise: float) -> np.ndarray:
    """The scores, with `otherwise` for passages that are not allowed."""
    return np.where(np.isin(passages, np.asarray(allowed, np.int64)), scores, np.float32(otherwise))
