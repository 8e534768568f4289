"""How the model of a run lies on its ranks: whole on one, whole on each, or (`slm.training.sharded`) a share on each.

torch does it; here stands what differs for the trainer. Knows nothing about batches.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from slm.device import Machine
from slm.model.gpt import GPT
from slm.model.lora import load_weights
from slm.training.ranks import Ranks

Compute = Callable[[Tensor], Tensor]


class Whole:
    """One rank. `model` is what is trained."""

    in_step = False
    """Whether all ranks must compute equally many micro-batches."""

    def __init__(self, model: GPT):
        self.model = model

    def loss_sum(self, inputs: Tensor, targets: Tensor, lengths: Tensor | None) -> Tensor:
        """The model's, in training."""
        return self.model.loss_sum(inputs, targets, lengths)

    def adding_up(self, last: bool) -> contextlib.AbstractContextManager:
        """Around a micro-batch and its backward pass; after the `last` of a step the gradients are the step's mean over
        ranks."""
        return contextlib.nullcontext()

    def once(self, compute: Compute, stack: Tensor, rows: int) -> Tensor:
        """`compute` of matrices (n, rows, columns), each of them on one rank. Of `stack` and of the result this rank
        has what it keeps of the matrices."""
        return compute(stack)

    def load(self, source: GPT, kept: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint, as `slm.model.lora.load_weights` does."""
        load_weights(self.model, source, kept)

    def laid_out(self, tensor: Tensor, parameter: Tensor) -> Tensor:
        """A whole tensor as `parameter`, which has its shape, lies on the ranks."""
        return tensor

    def collect(self) -> None:
        """Bring the weights that are saved, sampled and measured up to date on the first rank."""

    def write_shards(self, folder: Path, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Write what is spread over ranks; returns what is not, and lies whole on each."""
        return tensors


class Replicated(Whole):
    """The whole model on each rank (Li et al. 2020, arXiv 2006.15704). Gradients are averaged while the backward pass
    goes on, once a step."""

    def __init__(self, model: GPT, ranks: Ranks):
        super().__init__(model)
        self._ranks = ranks
        # The buckets that are sent are the gradients themselves, without a copy.
        self._model = DistributedDataParallel(_LossSum(model), gradient_as_bucket_view=True)

    def loss_sum(self, inputs: Tensor, targets: Tensor, lengths: Tensor | None) -> Tensor:
        return self._model(inputs, targets, lengths)

    def adding_up(self, last: bool) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext() if last else self._model.no_sync()

    def once(self, compute: Compute, stack: Tensor, rows: int) -> Tensor:
        each = -(-len(stack) // self._ranks.size)
        mine = stack.new_zeros(each, *stack.shape[1:])
        part = stack[self._ranks.rank * each : (self._ranks.rank + 1) * each]
        if len(part):
            mine[: len(part)] = compute(part)
        gathered = stack.new_empty(each * self._ranks.size, *stack.shape[1:])
        dist.all_gather(list(gathered.chunk(self._ranks.size)), mine)
        return gathered[: len(stack)]


class _LossSum(nn.Module):
    """DistributedDataParallel looks at `forward` alone."""

    def __init__(self, model: GPT):
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, targets: Tensor, lengths: Tensor | None) -> Tensor:
        return self.model.loss_sum(inputs, targets, lengths)


def parallel(model: GPT, ranks: Ranks, machine: Machine, sharded: bool) -> Whole:
    if sharded:
        from slm.training.sharded import Sharded  # which takes a second to import

        return Sharded(model, ranks, machine)
    return Whole(model) if ranks.size == 1 else Replicated(model, ranks)
