"""Logistic regression, and how far its probabilities can be trusted: pure functions of arrays. numpy alone.

(N questions, F figures of each.)
"""

from __future__ import annotations

import numpy as np

STEPS = 100
PENALTY = 1.0  # of the squared weights, on standardised figures


def sigmoid(x: np.ndarray | float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def fit(features: np.ndarray, labels: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Weights (F + 1,), the last one without a figure, that fit `labels` (N,) of 0 and 1; Newton's steps.

    Both labels count as much in all, however many there are of each.
    """
    x = np.hstack([features, np.ones((len(features), 1))])
    positive = labels > 0.5
    share = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum()) * len(labels)
    ridge = np.diag([penalty] * features.shape[1] + [1e-6])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = sigmoid(x @ weights)
        gradient = x.T @ (share * (p - labels)) + ridge @ weights
        hessian = (x * (share * p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def area_under_roc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The chance that a positive one scores higher than a negative one; equal scores count half (Mann-Whitney)."""
    scores = np.sort(negative)
    below = np.searchsorted(scores, positive, "left") + np.searchsorted(scores, positive, "right")
    return float(below.mean() / 2 / len(negative))


def area_interval(
    positive: np.ndarray, negative: np.ndarray, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of `area_under_roc` over questions of both kinds drawn with replacement (Efron 1979)."""
    draw = np.random.default_rng(seed)
    areas = [area_under_roc(draw.choice(positive, len(positive)), draw.choice(negative, len(negative)))
             for _ in range(resamples)]  # fmt: skip
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)


def coverage_at_precision(positive: np.ndarray, negative: np.ndarray, precision: float) -> tuple[float, float]:
    """(coverage, threshold): the largest share of positive ones above a threshold, such that among all that are above
    it the share of positive ones is at least `precision`, both kinds weighing as much in all. (0, inf) for none."""
    best = (0.0, np.inf)
    for threshold in np.unique(positive):
        kept, wrong = (positive >= threshold).mean(), (negative >= threshold).mean()
        if kept / (kept + wrong) >= precision and kept > best[0]:
            best = (float(kept), float(threshold))
    return best


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean probability, share of label 1, number) of each bin of equal width that has any, from 0 up."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    found = [places == place for place in range(bins)]
    return [
        (float(probabilities[own].mean()), float(labels[own].mean()), int(own.sum())) for own in found if own.any()
    ]


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """The expected calibration error (Naeini et al. 2015): the mean gap between what was said and what came."""
    parts = reliability(probabilities, labels, bins)
    return sum(count * abs(said - came) for said, came, count in parts) / len(labels)
