"""Causal attention by plain products: the same function as torch's, in values, gradients and in what it may see."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from slm.model import attention
from slm.model.attention import QUERIES, causal_attention

LENGTHS = (1, 7, QUERIES, QUERIES + 2, 300)


def queries_keys_values(length: int, dtype: torch.dtype = torch.bfloat16, seed: int = 0) -> list[Tensor]:
    """Three (2, 3, T, 16), as they come from one linear layer: not contiguous."""
    generator = torch.Generator().manual_seed(seed)
    qkv = torch.randn(2, length, 3, 3, 16, generator=generator).to(dtype)
    return [x.detach().requires_grad_() for x in qkv.permute(2, 0, 3, 1, 4)]


def torchs(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def relative_error(ours: Tensor, exact: Tensor) -> float:
    return ((ours.float() - exact).norm() / exact.norm()).item()


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the plain products were taken."""
    calls: list[int] = []
    forward = attention._CausalAttention.forward

    def counted(ctx, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        calls.append(1)
        return forward(ctx, q, k, v)

    monkeypatch.setattr(attention._CausalAttention, "forward", staticmethod(counted))
    return calls


@pytest.mark.parametrize("length", LENGTHS)
def test_values_and_gradients_are_torchs_within_the_rounding(length: int, used: list[int]):
    ours = queries_keys_values(length)
    exact = [x.detach().float().requires_grad_() for x in ours]
    weights = torch.randn(2, 3, length, 16, generator=torch.Generator().manual_seed(1))
    y, expected = causal_attention(*ours), torchs(*exact)
    assert used and y.dtype == torch.bfloat16 and y.shape == expected.shape
    assert relative_error(y, expected) < 0.01
    gradients = torch.autograd.grad((y * weights).sum(), ours)
    of_exact = torch.autograd.grad((expected * weights).sum(), exact)
    for name, gradient, other in zip("qkv", gradients, of_exact, strict=True):
        if length == 1 and name != "v":  # a single token looks at itself whatever the scores are
            assert max(gradient.abs().max(), other.abs().max()) < 1e-6
            continue
        assert relative_error(gradient, other) < 0.015, name


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_the_future_changes_nothing(length: int, used: list[int]):
    for first in {1, length // 2, length - 1, min(QUERIES, length - 1)}:
        inputs, others = queries_keys_values(length), queries_keys_values(length, seed=5)
        changed = [
            torch.cat((x[:, :, :first], other[:, :, first:]), dim=2).detach().requires_grad_()
            for x, other in zip(inputs, others, strict=True)
        ]
        y, other_y = causal_attention(*inputs), causal_attention(*changed)
        assert torch.equal(y[:, :, :first], other_y[:, :, :first])
        assert not torch.equal(y[:, :, first:], other_y[:, :, first:])
        for gradient in torch.autograd.grad(y[:, :, :first].sum(), inputs):
            assert not gradient[:, :, first:].any()
    assert used


def test_what_is_not_finite_in_the_future_stays_there(used: list[int]):
    q, k, v = queries_keys_values(300)
    expected = causal_attention(q, k, v)[:, :, :QUERIES]
    with torch.no_grad():
        k[:, :, QUERIES:] = torch.nan
        v[:, :, QUERIES:] = torch.inf
    assert torch.equal(causal_attention(q, k, v)[:, :, :QUERIES], expected)


def test_float32_goes_torchs_way(used: list[int]):
    inputs = queries_keys_values(40, torch.float32)
    assert torch.equal(causal_attention(*inputs), torchs(*inputs)) and not used


def test_without_gradients_it_goes_torchs_way(used: list[int]):
    inputs = [x.detach() for x in queries_keys_values(40)]
    assert torch.equal(causal_attention(*inputs), torchs(*inputs)) and not used


def test_dropout_goes_torchs_way_and_drops(used: list[int]):
    inputs = queries_keys_values(40)
    torch.manual_seed(0)
    y = causal_attention(*inputs, dropout=0.5)
    torch.manual_seed(0)
    expected = F.scaled_dot_product_attention(*inputs, is_causal=True, dropout_p=0.5)
    assert torch.equal(y, expected) and not used
    assert not torch.allclose(y, torchs(*inputs), atol=0.1)
