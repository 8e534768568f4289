"""How good a ranking is, question by question, and whether one ranking beats another: pure functions of lists.

A question may have several right answers; any of them counts. Knows nothing of passages or indexes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95

Rankings = Sequence[Sequence[Hashable]]
"""For each question what was found, the best first."""
Right = Sequence[Collection[Hashable]]
"""For each question its right answers."""


def recall_at(rankings: Rankings, right: Right, k: int) -> np.ndarray:
    """For each question 1.0 where a right answer is among the first `k` found, else 0.0; shape (questions,)."""
    pairs = zip(rankings, right, strict=True)
    return np.array([float(any(found in answers for found in ranking[:k])) for ranking, answers in pairs])


def ndcg_at(rankings: Rankings, right: Right, k: int) -> np.ndarray:
    """For each question the discounted gain of its first `k`, as a share of the best that could be; (questions,).

    A right answer at place i (from 1) gains 1 / log2(i + 1): Järvelin & Kekäläinen 2002, with two grades. A question
    without a right answer has 0.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    shares = np.zeros(len(rankings))
    for row, (ranking, answers) in enumerate(zip(rankings, right, strict=True)):
        gains = np.array([float(found in answers) for found in ranking[:k]])
        if best := discounts[: len(answers)].sum():
            shares[row] = (gains * discounts[: len(gains)]).sum() / best
    return shares


@dataclass(frozen=True)
class Interval:
    """A mean over questions and the interval around it that holds the share `LEVEL` of resampled means."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def bootstrap(values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The mean of `values` (questions,) and its interval: percentiles over resamples of the questions (Efron 1979)."""
    count = len(values)
    random = np.random.default_rng(seed)
    means = np.array([values[random.integers(count, size=count)].mean() for _ in range(resamples)])
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(values.mean()), float(low), float(high))


def paired_bootstrap(
    values: np.ndarray, baseline: np.ndarray, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """How much more `values` are than `baseline`, question by question: both are resampled together, so that what
    makes a question hard for both falls out of the difference."""
    if values.shape != baseline.shape:
        raise ValueError(f"expected two figures for each question, got shapes {values.shape} and {baseline.shape}")
    return bootstrap(values - baseline, resamples, seed)
