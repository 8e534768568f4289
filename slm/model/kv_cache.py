"""Keys and values of the tokens seen so far, so that each new token costs one token's work.

Knows the shape of a model and nothing else. (B batch, H heads, T tokens, D channels of a head.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from slm.model.gpt import GPTConfig


class KVCache:
    """Room for `config.block_size` tokens of `batch_size` texts; `length` of them are filled."""

    def __init__(
        self, config: GPTConfig, batch_size: int, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ):
        shape = (config.n_layer, 2, batch_size, config.n_head, config.block_size, config.n_embd // config.n_head)
        self.room = torch.zeros(shape, device=device, dtype=dtype)
        self.length = 0

    def positions(self, T: int) -> Tensor:
        """Where T more tokens of each text stand: (T,)."""
        return torch.arange(self.length, self.length + T, device=self.room.device)

    def layer(self, number: int) -> LayerCache:
        return LayerCache(self.room[number, 0], self.room[number, 1], self.length)


class LayerCache:
    """One layer's keys and values (B, H, block_size, D), of which `past` are filled."""

    def __init__(self, keys: Tensor, values: Tensor, past: int):
        self.keys, self.values, self.past = keys, values, past

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write k and v (B, H, T, D) behind the filled part; return all that is filled, (B, H, past + T, D)."""
        end = self.past + k.size(2)
        self.keys[:, :, self.past : end] = k
        self.values[:, :, self.past : end] = v
        return self.keys[:, :, :end], self.values[:, :, :end]

    def mask(self, T: int) -> Tensor | None:
        """Which of past + T tokens each of T new ones may see: (T, past + T), True where it may.

        None where no mask is needed: nothing is filled yet (plain causal), or one token comes (sees all).
        """
        if self.past == 0 or T == 1:
            return None
        ones = torch.ones(T, self.past + T, dtype=torch.bool, device=self.keys.device)
        return ones.tril(self.past)
