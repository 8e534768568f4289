"""Intervals, against values worked out by hand and against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from slm.evaluation.intervals import mean_interval, percent_with_interval, share_of, wilson_interval, with_interval


@pytest.mark.parametrize(("right", "total", "low", "high"), [
    (5, 10, 0.2366, 0.7634),  # z^2 = 3.8415: middle 0.5, half 1.96 / 13.8415 * 10 * sqrt(0.025 + 0.0096)
    (0, 10, 0.0, 0.2775),  # z^2 / (10 + z^2)
    (10, 10, 0.7225, 1.0),
    (1, 4, 0.0456, 0.6994),
    (0, 0, 0.0, 1.0),
])  # fmt: skip
def test_wilson(right: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_figures_for_people() -> None:
    assert percent_with_interval(share_of(5, 10)) == "50.0 (23.7–76.3)" and share_of(0, 0)["share"] is None
    assert percent_with_interval(share_of(0, 0)) == "none" and with_interval(0.5, (0.25, 1)) == "0.500 (0.250–1.000)"


def test_a_mean_of_equal_values_is_certain() -> None:
    assert mean_interval([0.25] * 7) == (0.25, 0.25)


def test_the_interval_of_a_mean_is_nearly_two_standard_errors_wide() -> None:
    values = np.random.default_rng(1).normal(3, 1, 400)
    low, high = mean_interval(values)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)
    assert (low, high) == mean_interval(values) != mean_interval(values, seed=1)
