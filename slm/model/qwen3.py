"""What Qwen3's layout has in place of GPT-2's: RMSNorm, rotary positions, a gated MLP (arXiv 2505.09388, section 2).

In training on a CPU the norm and the rotation have backward passes of their own: autograd's, which goes back through
every single operation, takes six times as long. (B batch, H heads, T tokens, D channels a head, C channels.)
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
    """Vectors (..., C) over their root mean square, times a learned gain (Zhang and Sennrich 2019, 1910.07467)."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and x.requires_grad:
            return _RMSNorm.apply(x, self.weight)
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), EPSILON)


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
    they are (Su et al. 2021, arXiv 2104.09864); channel d is paired with d + D / 2."""

    def __init__(self, first: int, tokens: int, head_width: int, device: torch.device):
        waves = ROTARY_BASE ** -(torch.arange(0, head_width, 2, device=device) / head_width)  # (D / 2)
        angles = torch.arange(first, first + tokens, device=device)[:, None] * waves  # (T, D / 2)
        self.cosines = torch.cat((angles.cos(), angles.cos()), dim=1)  # (T, D)
        self.sines = torch.cat((-angles.sin(), angles.sin()), dim=1)

    def __call__(self, x: Tensor) -> Tensor:
        """x (B, H, T, D), turned."""
        return _Turned.apply(x, self.cosines.to(x.dtype), self.sines.to(x.dtype))


class _RMSNorm(torch.autograd.Function):
    """In float32 within."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        scale = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)  # (..., 1)
        scale = scale.square_().div_(x.size(-1)).add_(EPSILON).rsqrt_()
        ctx.save_for_backward(x, weight, scale)
        return (x.float() * scale).mul_(weight).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, weight, scale = ctx.saved_tensors
        gradient, unit = gradient.float(), x.float() * scale
        product = gradient * unit
        weight_gradient = product.flatten(0, -2).sum(dim=0)
        along = (product @ weight).div_(-x.size(-1))[..., None]  # what would only lengthen x changes nothing
        x_gradient = torch.addcmul(gradient * weight, unit, along).mul_(scale)
        return x_gradient.to(x.dtype), weight_gradient


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        ctx.save_for_backward(cosines, sines)
        return _turned(x, cosines, sines)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        cosines, sines = ctx.saved_tensors
        return _turned(gradient, cosines, -sines), None, None


def _turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    return torch.addcmul(x * cosines, x.roll(x.size(-1) // 2, dims=-1), sines)
