"""Which of a run's models is kept as the best, and when a better one has become unlikely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slm.data.batches import Documents
from slm.training.progress import Progress

OVERFITTED = 1.03  # validation loss over the best so far, from which a person is told


@dataclass(frozen=True)
class Guard:
    """Documents of an earlier domain, and by which share their loss may rise in a model that is kept as the best."""

    documents: Documents
    tolerance: float

    def holds(self, loss: float, before: float) -> bool:
        return loss <= (1 + self.tolerance) * before


def judge(progress: Progress, losses: Mapping[str, float], guard: Guard | None) -> bool:
    """Take an estimate into `progress`; whether the present model is the best so far.

    That is the one of the lowest validation loss, among those that hold what the guard asks for. The first estimate,
    before any step, is what its losses are compared with.
    """
    if guard is not None and not progress.base_loss_before:
        progress.base_loss_before = losses["base_loss"]
    holds = guard is None or guard.holds(losses["base_loss"], progress.base_loss_before)
    best = holds and losses["validation_loss"] < progress.best_validation_loss
    progress.estimates_since_best = 0 if best else progress.estimates_since_best + 1
    if best:
        progress.best_validation_loss, progress.best_step = losses["validation_loss"], progress.step
    return best


def overfits(progress: Progress, validation_loss: float) -> bool:
    """Whether a model is clearly worse than the best; true once a run."""
    first = validation_loss > OVERFITTED * progress.best_validation_loss and not progress.overfitted
    progress.overfitted |= first
    return first


def lost_patience(progress: Progress, patience: int) -> bool:
    """Whether the last `patience` estimates brought nothing better; never for 0."""
    return 0 < patience <= progress.estimates_since_best
