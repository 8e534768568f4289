"""Drawing the next token: which tokens may come, how often, and that rows are alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from slm.errors import ConfigError
from slm.model.sampling import Sampling, sample

LOGITS = torch.tensor([2.0, -1.0, 0.5, 3.0, 0.0, -3.0, 1.0])


def generators(count: int, seed: int = 0) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed * 1000 + n) for n in range(count)]


def draws(logits: Tensor, sampling: Sampling, count: int = 2000) -> Tensor:
    """How often each token came: (V,)."""
    generator = torch.Generator().manual_seed(1)
    tokens = sample(logits.expand(count, -1), sampling, [generator] * count)
    return torch.bincount(tokens, minlength=len(logits))


def chi_square(counts: Tensor, probabilities: Tensor) -> float:
    expected = probabilities * counts.sum()
    return ((counts - expected) ** 2 / expected).sum().item()


@given(st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=20, unique=True), st.integers(0, 100))
def test_temperature_zero_takes_the_likeliest(values: list[float], seed: int):
    logits = torch.tensor([values, values[::-1]])
    assert torch.equal(sample(logits, Sampling(temperature=0), generators(2, seed)), logits.argmax(dim=-1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_as_often_as_softmax_says(temperature: float):
    counts = draws(LOGITS, Sampling(temperature), 20_000)
    # 6 degrees of freedom: beyond 22.5 once in a thousand times, and the seed is fixed
    assert chi_square(counts, (LOGITS / temperature).softmax(dim=0)) < 22.5


def test_the_bound_would_notice_another_distribution():
    counts = draws(LOGITS, Sampling(1.1), 20_000)
    assert chi_square(counts, LOGITS.softmax(dim=0)) > 22.5


@pytest.mark.parametrize("top_k", range(1, 9))
def test_only_the_k_likeliest_come(top_k: int):
    kept = LOGITS.topk(min(top_k, 7)).indices
    counts = draws(LOGITS, Sampling(top_k=top_k, temperature=3.0))
    assert set(counts.nonzero().flatten().tolist()) == set(kept.tolist())
    probabilities = (LOGITS[kept] / 3.0).softmax(dim=0)
    if top_k > 1:
        assert chi_square(counts[kept], probabilities) < 22.5


@pytest.mark.parametrize(("top_p", "tokens"), [
    (0.01, {3}), (0.6, {3}), (0.61, {3, 0}), (0.85, {3, 0, 6}), (0.95, {3, 0, 6, 2}), (1.0, set(range(7))),
])  # fmt: skip
def test_only_the_likeliest_that_reach_p_come(top_p: float, tokens: set[int]):
    """Softmax of LOGITS, sorted: 3 has 0.60, 0 has 0.22, 6 has 0.08, 2 has 0.05, 4 has 0.03, 1 and 5 under 0.02."""
    counts = draws(LOGITS, Sampling(top_p=top_p), 20_000)
    assert set(counts.nonzero().flatten().tolist()) == tokens
    kept = torch.tensor(sorted(tokens))
    if len(tokens) > 1:
        assert chi_square(counts[kept], LOGITS[kept].softmax(dim=0)) < 22.5


def test_k_and_p_together():
    counts = draws(LOGITS, Sampling(top_k=3, top_p=0.8), 5000)
    # of the three likeliest, 3 has 0.67 and 0 has 0.24: these two reach 0.8
    assert set(counts.nonzero().flatten().tolist()) == {3, 0}


@given(seed=st.integers(0, 1000), top_k=st.integers(0, 5), top_p=st.floats(0.1, 1.0), place=st.integers(0, 4))
def test_a_row_does_not_depend_on_its_neighbours(seed: int, top_k: int, top_p: float, place: int):
    logits = torch.randn(5, 50, generator=torch.Generator().manual_seed(seed)) * 3
    sampling = Sampling(0.9, top_k, top_p)
    alone, together = generators(5, seed), generators(5, seed)
    for _ in range(3):  # its generator moves on as if the others were not there
        row = sample(logits[place : place + 1], sampling, [alone[place]])
        assert sample(logits, sampling, together)[place] == row[0]


def test_the_same_seed_draws_the_same_token():
    logits = torch.randn(4, 1000)
    assert torch.equal(sample(logits, Sampling(), generators(4)), sample(logits, Sampling(), generators(4)))


def test_a_large_vocabulary_and_large_logits():
    logits = torch.full((2, 50_257), -1e4)
    logits[0, 50_256], logits[1, 0] = 1e4, 1e4
    for sampling in (Sampling(), Sampling(top_k=50), Sampling(top_p=0.9), Sampling(temperature=0.01)):
        assert sample(logits, sampling, generators(2)).tolist() == [50_256, 0]


@pytest.mark.parametrize(("values", "message"), [
    ({"temperature": -0.1}, "temperature expects a number from 0 to 100"),
    ({"temperature": 101.0}, "temperature expects"),
    ({"temperature": float("nan")}, "temperature expects"),
    ({"top_k": -1}, "top_k expects 0"),
    ({"top_p": 0.0}, "top_p expects a probability"),
    ({"top_p": 1.01}, "top_p expects"),
    ({"top_p": float("nan")}, "top_p expects"),
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        Sampling(**values)
