"""Cross-entropy of a linear head, without ever holding all logits. (N rows, C channels, V vocabulary.)

With GPT-2's 50,257 tokens the logits of one micro-batch of 32 x 128 would take 0.8 GB, and moving them through
memory costs more than half of a training step on a CPU. Here a few rows at a time go through the head, and their
gradients are made at once, while the logits are still in the cache. Softmax and sums are float32 in every
precision; only the matrix products take the lower one (torch's own linear_cross_entropy rounds the loss to bfloat16).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

IGNORED = -1  # target of a token that is not trained on
HEAD_ROWS = 2048  # rows that go through the head together: large matrix products, 206 MB of bfloat16 logits
SOFTMAX_ROWS = 64  # rows whose float32 softmax is worked on together: 13 MB, which stays in a CPU's cache
ALIGNED = 16  # float32 logits have a row of a multiple of so many: a quarter faster products than rows of 50,257


def linear_cross_entropy_sum(x: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum over rows of -log softmax(x @ weight.T)[target], in nats, skipping rows whose target is `IGNORED`.

    x (N, C), weight (V, C), targets (N,) integers. Matrix products take autocast's type where it is on.
    """
    device = x.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
    rows = (targets != IGNORED).nonzero().squeeze(1)
    if len(rows) < len(targets):  # fine-tuning trains on some of the tokens: the head is not computed for the others
        x, targets = x[rows], targets[rows]
    if not torch.is_grad_enabled():  # which a function does not see: it would make gradients
        x, weight = x.detach(), weight.detach()
    with torch.autocast(device, enabled=False):
        return _LinearCrossEntropySum.apply(x.to(dtype), weight, targets)


@torch.no_grad()
def linear_cross_entropy_rows(x: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """-log softmax(x @ weight.T)[target] of each row, in nats and float32: (N,). For evaluation; no gradients."""
    parts = range(0, len(x), SOFTMAX_ROWS)
    losses = [
        F.cross_entropy((x[i : i + SOFTMAX_ROWS] @ weight.T).float(), targets[i : i + SOFTMAX_ROWS], reduction="none")
        for i in parts
    ]
    return torch.cat(losses) if losses else x.new_zeros(0, dtype=torch.float32)


class _LinearCrossEntropySum(torch.autograd.Function):
    """Forward computes the gradients too; backward only scales them."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        total = torch.zeros((), dtype=torch.float32, device=x.device)
        needs_gradient = any(ctx.needs_input_grad)
        x_gradient = torch.empty_like(x)
        weight = weight if weight.dtype == x.dtype else _room("weight", weight.shape, x).copy_(weight)
        trains_weight = ctx.needs_input_grad[1]
        weight_gradient = torch.empty(weight.shape, device=x.device) if trains_weight else None
        if trains_weight and not len(x):
            weight_gradient.zero_()
        vocabulary = len(weight)
        width = vocabulary if x.dtype != torch.float32 else -(-vocabulary // ALIGNED) * ALIGNED
        for start in range(0, len(x), HEAD_ROWS):
            rows = slice(start, min(start + HEAD_ROWS, len(x)))
            padded = _room("logits", (HEAD_ROWS, width), x)[: rows.stop - rows.start]
            logits = padded[:, :vocabulary]
            torch.mm(x[rows], weight.T, out=logits)  # (rows, V)
            padded[:, vocabulary:] = -torch.inf  # which softmax makes to 0
            total += _softmax_in_place(padded, targets[rows], needs_gradient)
            if needs_gradient:
                torch.mm(logits, weight, out=x_gradient[rows])
            if trains_weight and x.dtype == torch.float32:
                torch.addmm(weight_gradient, logits.T, x[rows], beta=float(start > 0), out=weight_gradient)
            elif trains_weight:
                # Of the transposed weight: in that layout bfloat16's product is half as fast again on a CPU.
                product = torch.mm(x[rows].T, logits, out=_room("product", weight.shape[::-1], weight)).T
                if start == 0:
                    weight_gradient.copy_(product)
                else:  # by way of a copy: adding bfloat16 to float32 takes four times as long
                    weight_gradient += _room("gradient", weight.shape, weight_gradient).copy_(product)
        ctx.gradients = x_gradient, weight_gradient
        return total

    @staticmethod
    def backward(ctx, scale: Tensor) -> tuple[Tensor, Tensor | None, None]:
        x_gradient, weight_gradient = ctx.gradients
        del ctx.gradients  # so that autograd may add what else comes to the weight's in place
        return x_gradient * scale, None if weight_gradient is None else weight_gradient.mul_(scale), None


_rooms: dict[str, Tensor] = {}


def _room(use: str, shape: Sequence[int], like: Tensor) -> Tensor:
    """Memory for intermediate results, the same in every step: fresh memory costs the system more than the arithmetic
    on it, and blocks of many sizes fragment the heap. Nothing in it lives on after a call."""
    room = _rooms.get(use)
    if room is None or (room.shape, room.dtype, room.device) != (torch.Size(shape), like.dtype, like.device):
        room = _rooms[use] = torch.empty(shape, dtype=like.dtype, device=like.device)
    return room


def _softmax_in_place(logits: Tensor, targets: Tensor, needs_gradient: bool) -> Tensor:
    """The summed loss of logits (N, V); turns them into d loss / d logits = softmax - one_hot, in place."""
    total = torch.zeros((), dtype=torch.float32, device=logits.device)
    whole = logits.dtype == torch.float32  # needs no other room for its softmax
    room = None if whole else _room("softmax", (SOFTMAX_ROWS, logits.size(1)), total)
    least = torch.finfo(torch.float32).tiny  # so that no token costs more than 87 nats, rather than infinitely many
    for start in range(0, len(logits), SOFTMAX_ROWS):
        part, places = (x[start : start + SOFTMAX_ROWS] for x in (logits, targets[:, None]))
        softmax = torch.softmax(part, dim=-1, dtype=torch.float32, out=part if whole else room[: len(part)])
        total -= softmax.gather(1, places).clamp_(min=least).log_().sum()
        if needs_gradient:
            softmax.scatter_add_(1, places, softmax.new_full((len(part), 1), -1.0))
            if not whole:
                part.copy_(softmax)
    return total
