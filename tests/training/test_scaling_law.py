"""The law of size and text: it is found again from points that follow it, and says what anyone would expect."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from slm.training.scaling_law import LAW, PILOT_SPREAD, Law, Point, effective_bytes, fit

TRUE = Law(0.5, 0.25, 0.4, 1.1, 0.35, 4.0, 0.0)
SIZES, TEXTS = (0.4e6, 1e6, 3e6, 9e6), (2e6, 8e6, 30e6)
UNIQUE = 12e6


def points_of(law: Law, noise: float = 0.0) -> list[Point]:
    signs = (1, -1, -1, 1, 1, -1)
    made = []
    for weights in SIZES:
        for seen in TEXTS:
            value = law.predict(weights, seen, UNIQUE)[0]
            made.append(Point(weights, seen, UNIQUE, value * (1 + noise * signs[len(made) % len(signs)])))
    return made


@pytest.fixture(scope="module")
def fitted() -> Law:
    return fit(points_of(TRUE))


@pytest.mark.parametrize("weights", [0.4e6, 2e6, 9e6])
@pytest.mark.parametrize("seen", [2e6, 15e6, 30e6])
def test_the_law_is_found_again(fitted: Law, weights: float, seen: float) -> None:
    predicted, _ = fitted.predict(weights, seen, UNIQUE)
    assert predicted == pytest.approx(TRUE.predict(weights, seen, UNIQUE)[0], rel=0.01)


def test_its_spread_says_how_far_off_predictions_are(fitted: Law) -> None:
    noisy = fit(points_of(TRUE, noise=0.05))
    assert fitted.spread < 0.01 and 0.04 < noisy.spread < 0.15
    value, (low, high) = noisy.predict(1e6, 1e7, UNIQUE)
    assert (low, high) == pytest.approx((value * (1 - 2 * noisy.spread), value * (1 + 2 * noisy.spread)))


def test_few_points_give_a_law_too() -> None:
    law = fit(points_of(TRUE)[::5])
    assert law.spread == 0.0 and all(math.isfinite(value) for value in vars(law).values())


@pytest.mark.parametrize("law", [TRUE, LAW], ids=["another", "ours"])
def test_more_weights_and_more_text_predict_fewer_bits(law: Law) -> None:
    by_size = [law.predict(weights, 1e7, 1e9)[0] for weights in (1e5, 1e6, 1e7, 1e8)]
    by_text = [law.predict(1e6, seen, 1e9)[0] for seen in (1e5, 1e6, 1e7, 1e8)]
    by_unique = [law.predict(1e6, 1e8, unique)[0] for unique in (1e5, 1e6, 1e7, 1e8)]
    for predictions in (by_size, by_text, by_unique):
        assert all(later < earlier for earlier, later in pairwise(predictions))
        assert predictions[-1] > law.floor


def test_our_law_is_of_numbers_that_make_sense() -> None:
    low, high = LAW.predict(3e6, 3e7, 3e7)[1]
    assert 0.3 < low < high < 3.0 and all(value > 0 for value in vars(LAW).values())


def test_text_that_is_seen_again_counts_less_each_time() -> None:
    worth = [effective_bytes(passes * 1e6, 1e6, 4.0) for passes in (0.5, 1, 2, 3, 10, 100, 1000)]
    assert worth[:2] == [0.5e6, 1e6]
    assert all(later >= earlier for earlier, later in pairwise(worth))
    assert 1.8e6 < worth[2] < 2e6 and worth[3] - worth[2] < worth[2] - worth[1]
    assert worth[-1] == pytest.approx(5e6)  # never more than `repeats` passes beside the first
    assert effective_bytes(4e6, 1e6, replace(TRUE, repeats=15.0).repeats) > effective_bytes(4e6, 1e6, 4.0)


@pytest.mark.parametrize("off", [1.0, 1.3, 0.6])
def test_a_pilot_sets_the_level_and_says_how_sure_it_is(off: float) -> None:
    pilot = Point(1e6, 2e6, 1e9, off * LAW.predict(1e6, 2e6, 1e9)[0])
    for law, spread in ((LAW.after(pilot), PILOT_SPREAD), (LAW.after(pilot, 0.12), math.hypot(PILOT_SPREAD, 0.12))):
        for weights, seen in ((1e6, 2e6), (3e6, 3e7)):
            value, (low, high) = law.predict(weights, seen, 1e9)
            assert value == pytest.approx(off * LAW.predict(weights, seen, 1e9)[0])
            assert (high - low) / value == pytest.approx(4 * spread)
