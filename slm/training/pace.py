"""Where each step stands in its run, when to measure and save, and when to end: by steps, by the clock, or as recorded.

The trainer asks; what it asks depends on nothing else, so one loop serves all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from slm.errors import TrainingError
from slm.training.budget import Budget
from slm.training.config import TrainingConfig
from slm.training.metrics_log import read_lines
from slm.training.ranks import Ranks

LENGTH = 1000.0  # of a run that is measured by time, in the units of its `Place`
MARKS = 10  # at which a run by the clock is measured and saved, spread evenly; in long ones every ten minutes
LONGEST_SECONDS = 600.0
MEASURING_SHARE = 0.03  # of the time, at most, for measuring and saving: in short runs there are fewer marks


@dataclass(frozen=True)
class Place:
    """`step` of `length`, with `warmup` at the start, all in one unit: steps, or thousandths of the time."""

    step: float
    length: float
    warmup: float

    @property
    def done(self) -> float:
        return min(1.0, self.step / self.length)


class Pace(Protocol):
    """How a run goes on."""

    steps: int
    """How many steps it will have, as far as that is known by now."""

    spent: float
    """Seconds of the budget that are gone; 0 where there is none."""

    def began(self, seconds: float) -> None:
        """The work before the first step, estimate, samples and save, took `seconds`."""
        ...

    def place(self, step: int, trained: float) -> Place:
        """Where `step` (updates made before it) stands after `trained` seconds of training."""
        ...

    def finished(self, step: int, trained: float) -> bool: ...

    def evaluates(self, step: int) -> bool:
        """Whether the loss is estimated after `step` updates; asked once a step, as are the next two."""
        ...

    def saves(self, step: int) -> bool: ...

    def samples(self, step: int) -> bool: ...


class ByStep:
    """A run of a given number of steps."""

    spent = 0.0

    def __init__(self, config: TrainingConfig):
        self.steps = config.in_updates(config.steps)
        self._warmup = config.in_updates(config.warmup_steps)
        self._evaluation_interval = config.in_updates(config.evaluation_interval)
        self.save_interval = config.in_updates(config.save_interval) or self._evaluation_interval
        points = config.sample_points
        # Close together at the start, where most is learned: places grow with the square.
        self._sampled = {round(self.steps * (n / (points - 1)) ** 2) for n in range(1, points)} or {self.steps}

    def began(self, seconds: float) -> None: ...

    def place(self, step: int, trained: float) -> Place:
        return Place(step, self.steps, self._warmup)

    def finished(self, step: int, trained: float) -> bool:
        return step >= self.steps

    def evaluates(self, step: int) -> bool:
        return step == self.steps or step % self._evaluation_interval == 0

    def saves(self, step: int) -> bool:
        return step == self.steps or step % self.save_interval == 0

    def samples(self, step: int) -> bool:
        return step in self._sampled


class ByClock:
    """A run that ends when its budget does. The learning rate follows the time that is left, not a number of steps."""

    def __init__(self, config: TrainingConfig, budget: Budget):
        self._config, self._budget = config, budget
        self.steps = config.in_updates(config.steps)
        self._done, self._before, self._marks = 0.0, 0.0, MARKS
        self._step_seconds = self._trained = 0.0

    @property
    def spent(self) -> float:
        return self._budget.spent

    def began(self, seconds: float) -> None:
        """The end does the same once more, and then writes about as much again to see what was memorised."""
        self._budget.reserve += 2 * seconds
        most = max(MARKS, round(self._budget.seconds / LONGEST_SECONDS))
        self._marks = max(2, min(most, int(MEASURING_SHARE * self._budget.seconds / seconds))) if seconds else most

    def place(self, step: int, trained: float) -> Place:
        self._done = self._budget.share_done(trained)
        return Place(self._done * LENGTH, LENGTH, self._config.warmup_share * LENGTH)

    def finished(self, step: int, trained: float) -> bool:
        """When less than half a step's time is left: then stopping is nearer to the deadline than going on. One step is
        always made, so that there is a model."""
        self._before, self._done = self._done, self._budget.share_done(trained)
        if step and self._done:
            self.steps = max(step, round(step / self._done))
            latest = trained - self._trained if self._trained else trained / step
            self._step_seconds = min(latest, 2 * trained / step)  # it may have been followed by measuring and saving
        self._trained = trained
        return step > 0 and self._budget.left_for_training <= self._step_seconds / 2

    def evaluates(self, step: int) -> bool:
        return self._crossed_mark()

    def saves(self, step: int) -> bool:
        return self._crossed_mark()

    def samples(self, step: int) -> bool:
        return False

    def _crossed_mark(self) -> bool:
        return int(self._before * self._marks) != int(self._done * self._marks)


class ByFirstClock(ByClock):
    """A run by the clock on several ranks, whose first one's clock decides for all."""

    def __init__(self, config: TrainingConfig, budget: Budget, ranks: Ranks):
        super().__init__(config, budget)
        self._ranks = ranks

    def place(self, step: int, trained: float) -> Place:
        place = super().place
        return self._ranks.from_first(lambda: place(step, trained))

    def finished(self, step: int, trained: float) -> bool:
        finished = super().finished
        over, self.steps = self._ranks.from_first(lambda: (finished(step, trained), self.steps))
        return over

    def _crossed_mark(self) -> bool:
        return self._ranks.from_first(super()._crossed_mark)


class Recorded:
    """A run by the clock once more, by what its metrics.jsonl recorded: the same bits, whatever the clock says."""

    spent = 0.0

    def __init__(self, metrics: Path):
        lines = read_lines(metrics)
        self._places = [_recorded_place(line, metrics) for line in lines if line["kind"] == "step"]
        self._evaluated = {line["step"] for line in lines if line["kind"] == "evaluation"}
        self._saved = self._evaluated | {line["step"] for line in lines if line.get("event") == "stopped"}
        self.steps = len(self._places)

    def began(self, seconds: float) -> None: ...

    def place(self, step: int, trained: float) -> Place:
        return self._places[step]

    def finished(self, step: int, trained: float) -> bool:
        return step >= self.steps

    def evaluates(self, step: int) -> bool:
        return step in self._evaluated

    def saves(self, step: int) -> bool:
        return step == self.steps or step in self._saved

    def samples(self, step: int) -> bool:
        return step == self.steps


def _recorded_place(line: dict[str, Any], metrics: Path) -> Place:
    try:
        return Place(*line["place"])
    except (KeyError, TypeError):
        raise TrainingError(
            f"{metrics}: step {line['step']} does not say where it stood; only runs by --budget can be replayed"
        ) from None
