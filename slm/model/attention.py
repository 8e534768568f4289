"""Causal attention by plain matrix products, for training on a CPU in a low precision.

torch's fused attention for CPUs works through small tiles, which in bfloat16 costs three times what the same products
cost as a few large ones (docs/experiments.md). Here the scores of a block of queries are held whole, and kept for the
backward pass. (B batch, H heads, T tokens, D channels a head.)
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

QUERIES = 128  # queries that are worked on together: what lies behind the last one of them is not computed


def causal_attention(q: Tensor, k: Tensor, v: Tensor, dropout: float = 0.0) -> Tensor:
    """softmax(q k^T / sqrt(D)) v, each token seeing itself and those before it; all (B, H, T, D).

    The same function as torch's scaled_dot_product_attention, by whichever way is faster.
    """
    if q.device.type == "cpu" and q.dtype == torch.bfloat16 and q.requires_grad and not dropout:
        return _CausalAttention.apply(q.contiguous(), k.contiguous(), v.contiguous())
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)


class _CausalAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        y, kept = torch.empty_like(v), []
        for rows in _blocks(q.size(2)):
            seen = slice(rows.stop)
            scores = (q[:, :, rows] @ k[:, :, seen].mT).mul_(1 / math.sqrt(q.size(3)))  # (B, H, rows, seen)
            scores[..., rows] += _hidden(rows.stop - rows.start, scores)
            kept.append(torch.softmax(scores, dim=-1))
            y[:, :, rows] = kept[-1] @ v[:, :, seen]
        ctx.save_for_backward(q, k, v, *kept)
        return y

    @staticmethod
    def backward(ctx, y_gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v, *kept = ctx.saved_tensors
        q_gradient, k_gradient, v_gradient = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for rows, weights in zip(_blocks(q.size(2)), kept, strict=True):
            seen, part = slice(rows.stop), y_gradient[:, :, rows].contiguous()
            v_gradient[:, :, seen] += weights.mT @ part
            gradient = torch._softmax_backward_data(part @ v[:, :, seen].mT, weights, -1, weights.dtype)
            gradient.mul_(1 / math.sqrt(q.size(3)))
            q_gradient[:, :, rows] = gradient @ k[:, :, seen]
            k_gradient[:, :, seen] += gradient.mT @ q[:, :, rows]
        return q_gradient, k_gradient, v_gradient


def _blocks(tokens: int) -> list[slice]:
    return [slice(first, min(first + QUERIES, tokens)) for first in range(0, tokens, QUERIES)]


def _hidden(tokens: int, like: Tensor) -> Tensor:
    """-inf above the diagonal: what a query must not see."""
    return torch.full((tokens, tokens), -math.inf, dtype=like.dtype, device=like.device).triu_(1)
