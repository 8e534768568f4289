"""Which model is the best, when a run has lost patience, and what a guard forbids."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import split_of

from slm.data.batches import Documents
from slm.training.progress import Progress
from slm.training.selection import Guard, judge, lost_patience, overfits

GUARD = Guard(Documents(split_of([[1, 2, 3, 0]]), 8), tolerance=0.05)


def judged(losses: list[tuple[float, float]], guard: Guard | None = GUARD) -> tuple[list[bool], Progress]:
    """Verdicts on (validation loss, base loss) after steps 0, 1, 2, ..."""
    progress, verdicts = Progress(), []
    for step, (validation, base) in enumerate(losses):
        progress.step = step
        verdicts.append(judge(progress, {"validation_loss": validation, "base_loss": base}, guard))
    return verdicts, progress


def test_the_lowest_validation_loss_is_the_best():
    verdicts, progress = judged([(3.0, 1.0), (2.0, 9.0), (2.5, 9.0), (2.0, 9.0), (1.9, 9.0)], guard=None)
    assert verdicts == [True, True, False, False, True]
    assert (progress.best_step, progress.best_validation_loss, progress.estimates_since_best) == (4, 1.9, 0)


def test_a_guard_lets_no_model_pass_that_forgot_too_much():
    verdicts, progress = judged([(3.0, 1.0), (2.0, 1.04), (1.5, 1.06), (1.9, 1.05)])
    assert verdicts == [True, True, False, True]
    assert (progress.best_step, progress.best_validation_loss, progress.base_loss_before) == (3, 1.9, 1.0)


def test_patience_counts_estimates_in_a_row():
    _, progress = judged([(3.0, 1.0), (2.0, 1.0), (2.1, 1.0), (2.1, 1.0)])
    assert [lost_patience(progress, patience) for patience in (0, 1, 2, 3)] == [False, True, True, False]


def test_overfitting_is_told_once():
    _, progress = judged([(2.0, 1.0)])
    assert [overfits(progress, loss) for loss in (2.05, 2.1, 2.2)] == [False, True, False]


@pytest.mark.parametrize("tolerance", [0.0, 0.05, np.inf])
def test_the_border_belongs_to_what_is_allowed(tolerance: float):
    guard = Guard(GUARD.documents, tolerance)
    assert guard.holds(2.0 * (1 + tolerance), 2.0)
    assert tolerance == np.inf or not guard.holds(2.01 + 2 * tolerance, 2.0)
