"""With the keys and values of earlier tokens kept, the model computes what it computes without."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_model

from slm.errors import ConfigError
from slm.model.kv_cache import KVCache

MODEL = tiny_model(n_layer=3, n_head=4, n_embd=32)
IDS = torch.randint(270, (3, 16), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "splits", [[16], [1] * 16, [15, 1], [1, 15], [8, 8], [5, 1, 1, 4, 1, 4], [2, 14], [3, 3, 3, 3, 3, 1]]
)
def test_cached_logits_equal_uncached(splits: list[int]):
    with torch.no_grad():
        cache = KVCache(MODEL.config, batch_size=3)
        parts = [MODEL(part, cache) for part in IDS.split(splits, dim=1)]
        torch.testing.assert_close(torch.cat(parts, dim=1), MODEL(IDS), atol=1e-5, rtol=0)
    assert cache.length == 16


@given(splits=st.lists(st.integers(1, 6), min_size=1, max_size=5).filter(lambda splits: sum(splits) <= 16))
def test_for_any_splits(splits: list[int]):
    with torch.no_grad():
        cache = KVCache(MODEL.config, batch_size=3)
        ids = IDS[:, : sum(splits)]
        parts = [MODEL(part, cache) for part in ids.split(splits, dim=1)]
        torch.testing.assert_close(torch.cat(parts, dim=1), MODEL(ids), atol=1e-5, rtol=0)


def test_a_full_cache_takes_no_more():
    with torch.no_grad():
        cache = KVCache(MODEL.config, batch_size=3)
        MODEL(IDS, cache)
        with pytest.raises(ConfigError, match="at most 16 tokens"):
            MODEL(IDS[:, :1], cache)
    assert cache.length == 16
