"""The loss of a batch as a step trains on it, and of fixed samples, by which a run is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from slm.data.batches import IGNORED, Batches, PackedBatches, filled_up
from slm.device import Machine
from slm.training.config import TrainingConfig
from slm.training.parallel import Whole
from slm.training.ranks import Ranks
from slm.training.selection import Guard


def loss_sum(machine: Machine, function: Callable[..., Tensor], x: Any, y: Any, lengths: Any = None) -> Tensor:
    """`function`, `slm.model.gpt.GPT.loss_sum` or the like, of a batch, on the machine and in its precision."""
    inputs, targets = (machine.to_device(torch.from_numpy(array)) for array in (x, y))
    with machine.autocast():
        return function(inputs, targets, None if lengths is None else torch.from_numpy(lengths))


def count_trained(batches: list[tuple[Any, ...]]) -> int:
    """Tokens that the loss counts."""
    return int(sum((batch[1] != IGNORED).sum() for batch in batches))


class LossEstimate:
    """Fixed samples of train and validation, and of guarded documents: the same ones every time."""

    def __init__(
        self,
        batches: Batches | PackedBatches,
        validation: Batches | PackedBatches,
        guard: Guard | None,
        config: TrainingConfig,
    ):
        sources = {"train_loss": batches, "validation_loss": validation}
        if guard is not None:
            tokens = config.batch_size * guard.documents.block_size
            sources["base_loss"] = PackedBatches(guard.documents, tokens, config.seed)
        self._samples = {
            name: source.fixed(config.evaluation_samples, config.micro_batch_size) for name, source in sources.items()
        }

    @torch.no_grad()
    def losses(self, model: Whole, machine: Machine, ranks: Ranks) -> dict[str, float]:
        """The mean of each, in nats per trained token, over all ranks' shares of them."""
        model.model.eval()
        means = {}
        with torch.compiler.set_stance("force_eager"):
            for name, batches in self._samples.items():
                mine = batches[ranks.rank :: ranks.size]
                if model.in_step:
                    mine = filled_up(mine, -(-len(batches) // ranks.size))
                (total,) = ranks.sum(sum(loss_sum(machine, model.model.loss_sum, *batch).item() for batch in mine))
                means[name] = total / count_trained(batches)
        model.model.train()
        return means
