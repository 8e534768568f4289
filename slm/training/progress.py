"""The state of a run that is neither weights nor moments."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Progress:
    """Where a run stands; saved with every checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    evaluation_seconds: float = 0.0
    best_validation_loss: float = math.inf
    best_step: int = -1
    skipped: int = 0
    rollbacks: int = 0
    skips_in_a_row: int = 0
    rolled_back_at: int = -1
    evaluated_step: int = -1
    saved_step: int = -1
    estimates_since_best: int = 0
    base_loss_before: float = 0.0  # of the guarded documents, before the first step
    overfitted: bool = False
    save_gap: int = 0
    begin_seconds: float = 0.0
    done: float = 0.0  # the furthest share of the run so far
    spent: float = 0.0
    scaler: dict[str, Any] = field(default_factory=dict)
