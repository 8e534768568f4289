"""What a run takes: the disk, asked for before the first step, and the time, once the first steps were measured."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from slm.errors import TrainingError

# float32 weights and two moments, old and new side by side while one replaces the other; best twice; the .pt twice.
DISK_BYTES_PER_PARAMETER = 2 * 12 + 2 * 4 + 2 * 4
BEFORE_DECAY_BYTES_PER_PARAMETER = 12  # float32 weights and two moments once more
DISK_BYTES_BESIDES = 10_000_000
SECONDS_TO_MEASURE = 20.0


class StepTimer:
    """How long a step takes, by its micro-batches but the very first, which warms up and compiles."""

    def __init__(self) -> None:
        self._micro_batches, self._steps, self._seconds, self._told = 0, 0.0, 0.0, False

    def add(self, share: float, seconds: float) -> None:
        """A micro-batch, this share of a step, took so many seconds."""
        self._micro_batches += 1
        if self._micro_batches > 1:
            self._steps += share
            self._seconds += seconds

    @property
    def seconds_per_step(self) -> float:
        """0 while nothing is known."""
        return self._seconds / self._steps if self._steps else 0.0

    def measured_for_the_first_time(self) -> bool:
        """Whether enough was measured to say how long a run will take: true once."""
        first = not self._told and self._steps > 0 and self._seconds >= SECONDS_TO_MEASURE
        self._told |= first
        return first


def disk_needed(parameters: int, keeps_before_decay: bool) -> int:
    """Bytes that the checkpoints of a run come to; one by the clock keeps the state before its decay too."""
    each = DISK_BYTES_PER_PARAMETER + (BEFORE_DECAY_BYTES_PER_PARAMETER if keeps_before_decay else 0)
    return each * parameters + DISK_BYTES_BESIDES


def require_disk(run: Path, needed: int) -> None:
    """Raises TrainingError where the folder of a run cannot be written, or has too little room."""
    free = shutil.disk_usage(run).free
    if free < needed:
        raise TrainingError(
            f"{run}: expected {needed / 1e9:.2f} GB of free disk for checkpoints, found "
            f"{free / 1e9:.2f} GB; make room or choose another folder with --runs"
        )
    if not os.access(run, os.W_OK):
        raise TrainingError(f"{run}: cannot be written; mend its permissions or choose another folder with --runs")
