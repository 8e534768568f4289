"""Documents of unequal length as one row of tokens: how attention keeps them apart, and where each token stands.

Everything in the model but attention looks at one token at a time, so it works on the tokens alone, without padding;
for attention they are laid out as padded rows, and taken back. (N tokens in all, R rows of up to T tokens.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ROW_MULTIPLE, TOKEN_MULTIPLE = 4, 64  # few shapes: kernels are chosen, and memory is found, once for each


@dataclass(frozen=True)
class Packing:
    """positions (N,) within its document of each token; places (R * T,) of each padded place's token, those beyond a
    row's end point at token 0; tokens (N,) of each token's padded place; beyond (R * T,) which places are padding."""

    positions: Tensor
    places: Tensor
    tokens: Tensor
    beyond: Tensor
    rows: int

    @property
    def row_length(self) -> int:
        """T."""
        return len(self.places) // self.rows

    @staticmethod
    def of(lengths: Tensor, device: torch.device) -> Packing:
        """For documents of these `lengths` (D,), one behind the other."""
        rows = _up(len(lengths), ROW_MULTIPLE)
        padded = torch.zeros(rows, dtype=torch.long)
        padded[: len(lengths)] = lengths
        starts = padded.cumsum(0) - padded
        offsets = torch.arange(_up(int(lengths.max()), TOKEN_MULTIPLE))
        inside = offsets < padded[:, None]  # (R, T)
        places = torch.where(inside, starts[:, None] + offsets, 0).flatten()
        tokens = inside.flatten().nonzero().squeeze(1)
        positions = offsets.expand(rows, -1)[inside]
        moved = (tensor.to(device, non_blocking=True) for tensor in (positions, places, tokens, ~inside.flatten()))
        return Packing(*moved, rows)

    def as_rows(self, x: Tensor) -> Tensor:
        """(N, W) -> (R, T, W); what stands in the padding has no meaning and no gradient."""
        return _AsRows.apply(x, self.places, self.tokens).view(self.rows, -1, x.size(1))

    def as_tokens(self, x: Tensor) -> Tensor:
        """(R, T, W) -> (N, W)."""
        return _AsTokens.apply(x.flatten(0, 1), self.places, self.tokens, self.beyond)


class _AsRows(torch.autograd.Function):
    """Each token has one place, so its gradient is taken from there: no sums, no atomic additions."""

    @staticmethod
    def forward(ctx, x: Tensor, places: Tensor, tokens: Tensor) -> Tensor:
        ctx.save_for_backward(tokens)
        return x.index_select(0, places)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (tokens,) = ctx.saved_tensors
        return gradient.index_select(0, tokens), None, None


class _AsTokens(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, places: Tensor, tokens: Tensor, beyond: Tensor) -> Tensor:
        ctx.save_for_backward(places, beyond)
        return x.index_select(0, tokens)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        places, beyond = ctx.saved_tensors
        return gradient.index_select(0, places).masked_fill_(beyond[:, None], 0), None, None, None


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
