"""95 % intervals: of a share of right answers, and of a mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Z = 1.959963984540054  # of the normal distribution, for 95 %
BOOTSTRAP_SAMPLES = 1000


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's score interval (1927) of right / total: it holds near 0 and 1 too, and never leaves [0, 1]."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, Z * Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = Z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The interval of the mean over items drawn with replacement (Efron 1979)."""
    numbers = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(numbers), (BOOTSTRAP_SAMPLES, len(numbers)))
    low, high = np.quantile(numbers[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def share_of(part: int, whole: int) -> dict[str, Any]:
    """A share and Wilson's interval; None as the share of nothing."""
    return {"share": part / whole if whole else None, "interval": wilson_interval(part, whole)}


def percent_with_interval(share: Mapping[str, Any]) -> str:
    """What `share_of` gives, in percent for people."""
    if share["share"] is None:
        return "none"
    return "{:.1f} ({:.1f}–{:.1f})".format(*(100 * value for value in (share["share"], *share["interval"])))


def with_interval(value: float, interval: Sequence[float]) -> str:
    """A figure and its interval for people."""
    return "{:.3f} ({:.3f}–{:.3f})".format(value, *interval)
