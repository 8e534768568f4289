"""Drawing the next token: which tokens may come, how often, and what a text's own draws depend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slm.errors import ConfigError
from slm.model.sampling import Sampling, adjusted, generator_for, likeliest, log_probabilities, sample

LOGITS = np.array([2.0, -1.0, 0.5, 3.0, 0.0, -3.0, 1.0], np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def draws(logits: np.ndarray, sampling: Sampling, count: int = 2000, seen: tuple[int, ...] = ()) -> np.ndarray:
    """How often each token came: (V,)."""
    generator = generator_for(1)
    tokens = [sample(logits, sampling, generator, seen) for _ in range(count)]
    return np.bincount(tokens, minlength=len(logits))


def came(logits: np.ndarray, sampling: Sampling, count: int = 2000) -> set[int]:
    return set(np.flatnonzero(draws(logits, sampling, count)).tolist())


def chi_square(counts: np.ndarray, probabilities: np.ndarray) -> float:
    expected = probabilities * counts.sum()
    return ((counts - expected) ** 2 / expected).sum()


# How often


@given(arrays(np.float32, st.integers(2, 20), elements=st.floats(-50, 50, width=32), unique=True), st.integers(0, 100))
def test_temperature_zero_takes_the_likeliest(logits: np.ndarray, seed: int):
    assert sample(logits, Sampling(temperature=0), generator_for(seed)) == logits.argmax()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_as_often_as_softmax_says(temperature: float):
    counts = draws(LOGITS, Sampling(temperature), 20_000)
    # 6 degrees of freedom: beyond 22.5 once in a thousand times, and the seed is fixed
    assert chi_square(counts, softmax(LOGITS / temperature)) < 22.5


def test_the_bound_would_notice_another_distribution():
    assert chi_square(draws(LOGITS, Sampling(1.1), 20_000), softmax(LOGITS)) > 22.5


@pytest.mark.parametrize("temperature", [1e-300, 1e-45, 1e-9])
def test_a_temperature_near_zero_takes_the_likeliest(temperature: float):
    with np.errstate(over="raise", invalid="raise"):
        assert came(LOGITS, Sampling(temperature), 50) == {3}


# Which may come


@pytest.mark.parametrize("top_k", range(1, 9))
def test_only_the_k_likeliest_come(top_k: int):
    kept = np.argsort(-LOGITS)[:top_k]
    counts = draws(LOGITS, Sampling(top_k=top_k, temperature=3.0))
    assert set(np.flatnonzero(counts)) == set(kept)
    if top_k > 1:
        assert chi_square(counts[kept], softmax(LOGITS[kept] / 3)) < 22.5


@pytest.mark.parametrize(("top_p", "tokens"), [
    (0.01, {3}), (0.6, {3}), (0.61, {3, 0}), (0.85, {3, 0, 6}), (0.95, {3, 0, 6, 2}), (1.0, set(range(7))),
])  # fmt: skip
def test_only_the_likeliest_that_reach_p_come(top_p: float, tokens: set[int]):
    """Softmax of LOGITS, sorted: 3 has 0.60, 0 has 0.22, 6 has 0.08, 2 has 0.05, 4 has 0.03, 1 and 5 under 0.02."""
    counts = draws(LOGITS, Sampling(top_p=top_p), 6000)
    assert set(np.flatnonzero(counts).tolist()) == tokens
    kept = np.array(sorted(tokens))
    if len(tokens) > 1:
        assert chi_square(counts[kept], softmax(LOGITS[kept])) < 22.5


@pytest.mark.parametrize(("min_p", "tokens"), [
    (1.0, {3}), (0.37, {3}), (0.36, {3, 0}), (0.13, {3, 0, 6}), (0.05, {3, 0, 6, 2}), (0.0, set(range(7))),
])  # fmt: skip
def test_only_tokens_with_a_share_of_the_likeliest_ones_probability_come(min_p: float, tokens: set[int]):
    """Over token 3's probability: 0 has exp(-1) = 0.368, 6 has 0.135, 2 has 0.082, 4 has 0.0498."""
    assert came(LOGITS, Sampling(min_p=min_p), 6000) == tokens


def test_the_limits_hold_together():
    # of the three likeliest, 3 has 0.67 and 0 has 0.24: these two reach 0.8
    assert came(LOGITS, Sampling(top_k=3, top_p=0.8)) == {3, 0}
    assert came(LOGITS, Sampling(top_k=3, min_p=0.2)) == {3, 0}
    assert came(LOGITS, Sampling(temperature=10.0, min_p=0.9)) == {3, 0}  # the share is that after the temperature


@given(
    logits=arrays(np.float32, st.integers(1, 300), elements=st.floats(-5, 5, width=16)), k=st.integers(1, 320)
)  # with many that are equal
def test_the_likeliest_are_those_of_a_stable_sort(logits: np.ndarray, k: int):
    assert np.array_equal(likeliest(logits, k), np.argsort(-logits, kind="stable")[:k])


@given(seed=st.integers(0, 1000), k=st.integers(1, 60), ties=st.booleans())
def test_the_likeliest_of_a_large_vocabulary(seed: int, k: int, ties: bool):
    logits = np.random.default_rng(seed).normal(size=5003).astype(np.float32)
    logits = logits.round(1) if ties else logits
    assert np.array_equal(likeliest(logits, k), np.argsort(-logits, kind="stable")[:k])


# Penalty and bias


def test_the_penalty_makes_what_was_seen_less_likely_once():
    logits = np.array([2.0, -1.0, 0.0, 3.0], np.float32)
    penalised = adjusted(logits, Sampling(repetition_penalty=2.0), seen=[0, 1, 1, 2, 0])
    assert penalised.tolist() == [1.0, -2.0, 0.0, 3.0] and logits.tolist() == [2.0, -1.0, 0.0, 3.0]
    assert adjusted(logits, Sampling(), seen=[0]) is logits
    assert adjusted(logits, Sampling(repetition_penalty=2.0)).tolist() == logits.tolist()


def test_a_bias_is_added_after_the_penalty():
    biased = adjusted(LOGITS, Sampling(repetition_penalty=2.0, logit_bias={"0": 5.0, "1": -2.0}), seen=[0])
    assert biased.tolist() == [6.0, -3.0, *LOGITS[2:].tolist()]


def test_a_bias_of_100_forces_and_of_minus_100_forbids():
    assert came(LOGITS, Sampling(logit_bias={"5": 100.0})) == {5}
    assert 3 not in came(LOGITS, Sampling(logit_bias={"3": -100.0}))


# What decides a draw


def test_a_draw_takes_one_number_whatever_the_settings():
    for sampling in (Sampling(), Sampling(0.5, 3), Sampling(top_p=0.5, min_p=0.1, repetition_penalty=1.1)):
        generator, other = generator_for(4), generator_for(4)
        sample(LOGITS, sampling, generator, [1])
        other.random()
        assert generator.random() == other.random()


def test_samples_of_a_seed_and_seeds_have_draws_of_their_own():
    firsts = {generator_for(seed, number).random() for seed in range(20) for number in range(20)}
    assert len(firsts) == 400
    assert generator_for(3, 1).random() == generator_for(3, 1).random()
    assert generator_for(-1).random() == generator_for(2**64 - 1).random()


def test_a_large_vocabulary_and_large_logits():
    for place in (0, 50_256):
        logits = np.full(50_257, -1e4, np.float32)
        logits[place] = 1e4
        for sampling in (Sampling(), Sampling(top_k=50), Sampling(top_p=0.9), Sampling(temperature=0.01)):
            assert sample(logits, sampling, generator_for(0)) == place


@given(arrays(np.float32, (3, 7), elements=st.floats(-1e4, 1e4, width=32)))
def test_log_probabilities_are_those_of_softmax(logits: np.ndarray):
    values, before = log_probabilities(logits), logits.copy()
    exact = logits.astype(np.longdouble)
    exact = exact - exact.max(axis=-1, keepdims=True)
    exact = exact - np.log(np.exp(exact).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(values, exact.astype(np.float64), rtol=1e-6, atol=1e-6)
    assert values.dtype == np.float32 and np.array_equal(logits, before)


# What is refused


@pytest.mark.parametrize(("values", "message"), [
    ({"temperature": -0.1}, "temperature expects a number from 0 to 100"),
    ({"temperature": 101.0}, "temperature expects"),
    ({"temperature": float("nan")}, "temperature expects"),
    ({"top_k": -1}, "top_k expects 0"),
    ({"top_p": 0.0}, "top_p expects a probability"),
    ({"top_p": 1.01}, "top_p expects"),
    ({"top_p": float("nan")}, "top_p expects"),
    ({"min_p": -0.1}, "min_p expects a share"),
    ({"min_p": float("nan")}, "min_p expects"),
    ({"repetition_penalty": 0.0}, "repetition_penalty expects"),
    ({"repetition_penalty": float("inf")}, "repetition_penalty expects"),
    ({"logit_bias": {"a": 1.0}}, "logit_bias expects token ids .* got a: 1.0"),
    ({"logit_bias": {"-1": 1.0}}, "logit_bias expects"),
    ({"logit_bias": {"1": 101.0}}, "logit_bias expects"),
    ({"logit_bias": {"1": float("nan")}}, "logit_bias expects"),
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        Sampling(**values)
