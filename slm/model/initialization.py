"""First weights that a short training gets further with; the model stays a plain GPT-2 or Qwen3.

Much of a short run goes into finding out where tokens stand, and into heads that look at the token before. Both can be
there from the start: positions as sines and cosines (Vaswani et al. 2017, arXiv 1706.03762, section 3.5), of which a
head finds the token k places back by turning them, since sin and cos of a sum are linear in those of its parts; that
attention may be given a pattern at the start is from Trockman and Kolter 2023 (arXiv 2305.09828). Rotary positions are
there without that, so that a Qwen3 only takes the sizes of the weights.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from slm.model.gpt import GPT, INITIAL_STD

OFFSETS = (1, 2, 3, 4, 5, 6, 8, 12)  # how far back the heads of the first block look; the last head is free
SLOWEST = 10_000.0  # the longest wave, over 2 pi, in tokens


@torch.no_grad()
def initialize_looking_back(model: GPT) -> None:
    """Draw the matrices and positions of `model` anew, from torch's global generator; embeddings of tokens stay."""
    width = model.config.n_embd
    for name, parameter in model.named_parameters():
        if name.endswith("c_proj.weight"):  # a block adds nothing at first (Zhang et al. 2019, arXiv 1901.09321)
            nn.init.zeros_(parameter)
        elif parameter.dim() == 2 and ".h." in name:
            bound = math.sqrt(3 / width) / 2
            nn.init.uniform_(parameter, -bound, bound)
    if model.rotary:  # positions are in the queries and keys themselves
        return
    frequencies = SLOWEST ** -(torch.arange(width // 2) / (width // 2))
    model.transformer.wpe.weight.copy_(_waves(model.config.block_size, width, frequencies))
    _look_back(model.transformer.h[0].attn.c_attn.weight, model.config.n_head, frequencies)


def _waves(positions: int, width: int, frequencies: Tensor) -> Tensor:
    """(positions, width): sines in the first half of the channels, cosines in the second, as large as embeddings."""
    angles = torch.arange(positions)[:, None] * frequencies
    waves = torch.cat((angles.sin(), angles.cos()), dim=1) * INITIAL_STD * math.sqrt(2)
    return nn.functional.pad(waves, (0, width - waves.size(1)))


def _look_back(c_attn: Tensor, heads: int, frequencies: Tensor) -> None:
    """Add to queries and keys what makes head n look `OFFSETS[n]` tokens back."""
    width, count = c_attn.size(1), len(frequencies)
    queries, keys = c_attn[:width].view(heads, -1, width), c_attn[width : 2 * width].view(heads, -1, width)
    chosen = torch.linspace(0, int(0.6 * count), width // heads // 2).long()  # of the faster waves
    sine, cosine = 2 * torch.arange(len(chosen)), 2 * torch.arange(len(chosen)) + 1
    for head, offset in zip(range(heads - 1), OFFSETS, strict=False):
        turn = frequencies[chosen] * offset
        queries[head, sine, chosen] += turn.cos()
        queries[head, sine, count + chosen] -= turn.sin()
        queries[head, cosine, count + chosen] += turn.cos()
        queries[head, cosine, chosen] += turn.sin()
        keys[head, sine, chosen] += 1
        keys[head, cosine, count + chosen] += 1
