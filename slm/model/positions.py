"""Longer contexts from shorter ones: ways to make position embeddings for places that were never trained.

Measured in docs/experiments.md: `new` is the default, by a difference that is within the noise.
(P positions, C channels.)
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from slm.errors import ConfigError
from slm.model.gpt import GPT, INITIAL_STD, GPTConfig

METHODS = ("interpolate", "tile", "new")


def extend_positions(model: GPT, block_size: int, method: str, seed: int = 0) -> GPT:
    """A model with the same weights and `block_size` positions. Raises ConfigError for a shorter block."""
    old = model.config
    if block_size == old.block_size:
        return model
    if block_size < old.block_size:
        raise ConfigError(
            f"block_size expects at least the model's {old.block_size}, got {block_size}; its positions stay"
        )
    if model.rotary:  # angles go on as they are: nothing to make, though what is far apart was never seen so far apart
        longer = GPT(replace(old, block_size=block_size))
        longer.load_state_dict(model.state_dict())
        return longer
    weight = extended(model.transformer.wpe.weight.detach(), block_size, method, seed)
    longer = GPT(GPTConfig(**{**vars(old), "block_size": block_size}))
    longer.load_state_dict({**model.state_dict(), "transformer.wpe.weight": weight})
    return longer


def extended(weight: Tensor, size: int, method: str, seed: int = 0) -> Tensor:
    """Position embeddings (size, C) from (P, C), P < size.

    interpolate: the old ones stretched over the new length (as in Chen et al. 2023, arXiv 2306.15595, for rotary ones);
    tile: the old ones again and again (Beltagy et al. 2020, arXiv 2004.05150, for Longformer);
    new: the old ones, then fresh random rows.
    """
    if method == "interpolate":
        return F.interpolate(weight.t()[None], size=size, mode="linear", align_corners=True)[0].t().contiguous()
    if method == "tile":
        return weight.repeat(-(-size // len(weight)), 1)[:size].clone()
    if method == "new":
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn(size - len(weight), weight.size(1), generator=generator) * INITIAL_STD
        return torch.cat((weight, rows.to(weight)))
    raise ConfigError(f"positions expects one of {', '.join(METHODS)}, got {method!r}")
