"""What Qwen3's layout has in place of GPT-2's: RMSNorm, rotary positions, a gated MLP (arXiv 2505.09388, section 2).

In training on a CPU norm and rotation are one function with its own backward pass: autograd's, which goes back through
every single operation, takes five times as long. (B batch, H heads, T tokens, D channels a head, C channels.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from slm.model.gpt import GPTConfig

EPSILON = 1e-6  # under the root of RMSNorm
ROTARY_BASE = 10_000.0  # the longest wave, over 2 pi, in tokens
WIDTH_MULTIPLE = 64  # of the MLP: matrix products like even sizes


def mlp_width(config: GPTConfig) -> int:
    """Channels within the MLP: 8/3 C, at which three matrices have as many weights as GPT-2's two of 4 C."""
    return max(1, round(8 * config.n_embd / (3 * WIDTH_MULTIPLE))) * WIDTH_MULTIPLE


class RMSNorm(nn.Module):
    """Vectors (..., C) over their root mean square, times a learned gain (Zhang and Sennrich 2019, arXiv 1910.07467);
    those of queries and keys are then turned by a rotation."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor, rotation: Rotation | None = None) -> Tensor:
        if x.device.type == "cpu" and x.requires_grad:
            return _RMSNorm.apply(x, self.weight, *((rotation.cosines, rotation.sines) if rotation else (None, None)))
        x = F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), EPSILON)
        return rotation(x) if rotation else x


class SwiGLU(nn.Module):
    """The MLP whose channels are let through by gates (Shazeer 2020, arXiv 2002.05202)."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.dropout = config.dropout
        self.c_gate = nn.Linear(config.n_embd, mlp_width(config), bias=False)
        self.c_up = nn.Linear(config.n_embd, mlp_width(config), bias=False)
        self.c_proj = nn.Linear(mlp_width(config), config.n_embd, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.c_gate(x)) * self.c_up(x)
        return F.dropout(self.c_proj(x), self.dropout, self.training)


class Rotation:
    """Turns queries and keys by angles that grow with their position, so that their product tells only how far apart
    they are (Su et al. 2021, arXiv 2104.09864); channel d is paired with d + D / 2. For tokens at positions (T) or
    (B, T)."""

    def __init__(self, positions: Tensor, heads: int, head_width: int):
        waves = 1 / ROTARY_BASE ** (torch.arange(0, head_width, 2, device=positions.device) / head_width)  # (D / 2)
        angles = positions[..., None, None] * waves  # (..., T, 1, D / 2)
        angles = angles.expand(*positions.shape, heads, -1)  # below repeated in memory: long runs multiply faster
        self.cosines = torch.cat((angles.cos(), angles.cos()), dim=-1)  # (..., T, H, D)
        self.sines = angles.sin()  # (..., T, H, D / 2)

    def __call__(self, x: Tensor) -> Tensor:
        """x (B, T, H, D), turned."""
        first, second = x.chunk(2, dim=-1)
        sines = self.sines.to(x.dtype)
        return x * self.cosines.to(x.dtype) + torch.cat((-second * sines, first * sines), dim=-1)


def _turn(x: Tensor, cosines: Tensor, sines: Tensor, sign: int) -> Tensor:
    """The same in two passes through memory, or its inverse if `sign` is -1."""
    y = x * cosines
    (first, second), (y_first, y_second) = x.chunk(2, dim=-1), y.chunk(2, dim=-1)
    y_first.addcmul_(second, sines, value=-sign)
    y_second.addcmul_(first, sines, value=sign)
    return y


class _RMSNorm(torch.autograd.Function):
    """Norm and rotation, in float32 within; what can be done in place is."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, cosines: Tensor | None, sines: Tensor | None) -> Tensor:
        y = x.to(torch.float32, copy=True)
        scale = torch.linalg.vector_norm(y, dim=-1, keepdim=True)  # (..., 1)
        scale = scale.square_().div_(x.size(-1)).add_(EPSILON).rsqrt_()
        ctx.save_for_backward(x, weight, scale, cosines, sines)
        y.mul_(scale).mul_(weight)
        return (y if cosines is None else _turn(y, cosines, sines, 1)).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        x, weight, scale, cosines, sines = ctx.saved_tensors
        gradient = torch.empty_like(x, dtype=torch.float32).copy_(gradient)
        if cosines is not None:
            gradient = _turn(gradient, cosines, sines, -1)
        unit = x.to(torch.float32, copy=True).mul_(scale)
        product = gradient * unit
        weight_gradient = product.flatten(0, -2).sum(dim=0)
        along = (product @ weight).div_(-x.size(-1))[..., None]  # what would only lengthen x changes nothing
        x_gradient = gradient.mul_(weight).addcmul_(unit, along).mul_(scale)
        return x_gradient.to(x.dtype), weight_gradient, None, None
