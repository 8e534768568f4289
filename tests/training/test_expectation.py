"""What the loss is compared with: the entropy of single tokens, and a reference that falls."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slm.training.expectation import BAND, REFERENCE, Expectation, entropy_of


def test_the_entropy_of_tokens_is_that_of_their_shares() -> None:
    assert entropy_of(np.array([0, 1, 2, 3], np.uint16), 10) == pytest.approx(math.log(4))
    assert entropy_of(np.array([7] * 50, np.uint16), 10) == 0.0
    assert entropy_of(np.array([0, 0, 0, 1]), 2) == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))


def test_the_reference_falls_and_is_read_between_its_points() -> None:
    tokens, ratios = zip(*REFERENCE, strict=True)
    assert list(tokens) == sorted(tokens) and list(ratios) == sorted(ratios, reverse=True)
    low, middle, high = Expectation(2.0).loss(math.sqrt(tokens[2] * tokens[3]))
    assert middle == pytest.approx(2.0 * (ratios[2] + ratios[3]) / 2)
    assert (low, high) == pytest.approx((middle * BAND[0], middle * BAND[1]))
