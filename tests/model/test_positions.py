"""Longer contexts: what of the old position embeddings stays where it was."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model

from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.model.positions import METHODS, extend_positions, extended

OLD = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [9, 16, 21, 512])
def test_shapes(method: str, size: int):
    before = OLD.clone()
    longer = extended(OLD, size, method)
    assert longer.shape == (size, 6) and longer.dtype == torch.float32 and longer.is_contiguous()
    assert torch.equal(OLD, before)
    assert torch.equal(longer, extended(OLD, size, method))


def test_tiling_repeats():
    longer = extended(OLD, 20, "tile")
    for place in range(20):
        assert torch.equal(longer[place], OLD[place % 8])


def test_new_rows_come_after_the_old_ones():
    longer = extended(OLD, 4000, "new", seed=1)
    assert torch.equal(longer[:8], OLD)
    assert longer[8:].std().item() == pytest.approx(0.02, rel=0.05)
    assert not torch.equal(longer, extended(OLD, 4000, "new", seed=2))


def test_interpolation_stretches_from_the_first_to_the_last():
    longer = extended(OLD, 15, "interpolate")
    torch.testing.assert_close(longer[::2], OLD)
    torch.testing.assert_close(longer[1::2], (OLD[1:] + OLD[:-1]) / 2)
    for size in (9, 32, 511):
        ends = extended(OLD, size, "interpolate")[[0, -1]]
        torch.testing.assert_close(ends, OLD[[0, -1]])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bias", [True, False])
def test_a_longer_model_reads_longer_texts(method: str, bias: bool):
    model = tiny_model(bias=bias, dropout=0.25)
    longer = extend_positions(model, 40, method)
    assert vars(longer.config) == vars(model.config) | {"block_size": 40}
    ids = torch.arange(40)[None]
    with torch.no_grad():
        logits = longer.eval()(ids)
        assert logits.shape == (1, 40, 270) and torch.isfinite(logits).all()
        same = torch.allclose(logits[:, :16], model(ids[:, :16]), atol=1e-5)
    assert same is (method in ("tile", "new"))  # where the first rows stay, so do short texts
    assert model.config.block_size == 16


def test_the_same_length_is_the_same_model(model: GPT):
    assert extend_positions(model, 16, "interpolate") is model


def test_a_shorter_block_or_an_unknown_way_is_refused(model: GPT):
    with pytest.raises(ConfigError, match="at least the model's 16, got 8"):
        extend_positions(model, 8, "tile")
    with pytest.raises(ConfigError, match="one of interpolate, tile, new, got 'rope'"):
        extend_positions(model, 32, "rope")
