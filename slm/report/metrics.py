"""What a run wrote down while it trained: `metrics.jsonl` read into typed, ordered points.

Resumes and rollbacks are resolved here, so that everyone else sees one line. Knows nothing about drawing.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.errors import DataError


@dataclass(frozen=True)
class Step:
    """One optimizer update. `loss` in nats per trained token; `tokens`, `seconds` from the run's start."""

    step: int
    loss: float | None
    learning_rate: float | None = None
    grad_norm: float | None = None
    tokens: int | None = None
    tokens_per_second: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class EvaluationPoint:
    """`estimate_loss()` after `step` updates, on always the same samples of both splits, in nats per token."""

    step: int
    train_loss: float | None
    validation_loss: float | None
    seconds: float | None = None
    best: bool | None = None


@dataclass(frozen=True)
class Event:
    """Something out of the ordinary: resumed, skipped, rolled_back, stopped."""

    step: int
    event: str
    message: str = ""


@dataclass(frozen=True)
class Metrics:
    """A whole `metrics.jsonl`. `unreadable` counts the lines that are none; `cut`: the last was cut short."""

    steps: tuple[Step, ...] = ()
    evaluations: tuple[EvaluationPoint, ...] = ()
    events: tuple[Event, ...] = ()
    unreadable: int = 0
    cut: bool = False

    @property
    def last_step(self) -> int:
        """The number of the last step that is known; 0 where there is none."""
        return max((point.step for point in (*self.steps, *self.evaluations)), default=0)

    @property
    def best(self) -> EvaluationPoint | None:
        """The evaluation of the model that was kept; where no line says so, the one with the lowest validation loss,
        the earliest of equals; None for an untrained model."""
        known = [point for point in self.evaluations if point.validation_loss is not None]
        trained = any(point.step > 0 for point in known)
        if not trained:
            return None
        kept = [point for point in known if point.best]
        return kept[-1] if kept else min(known, key=lambda point: point.validation_loss)

    def evaluation_at(self, step: int) -> EvaluationPoint | None:
        """The evaluation of exactly this step."""
        return next((point for point in self.evaluations if point.step == step), None)


def read_metrics(path: Path) -> Metrics:
    """Read `metrics.jsonl`; a file that is not there yet is an empty record.

    Where a resume or a rollback went back, the earlier lines from that step on are forgotten: the later line
    counts. A line cut short at the end (the process was killed while it wrote) is left out and reported.
    """
    return MetricsReader(path).read()


class MetricsReader:
    """Reads a `metrics.jsonl` that grows: each `read` takes only what was added since the last one.

    A file that became shorter was written anew and is read from its beginning.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        self._begin()

    def read(self) -> Metrics:
        """All that is known by now. Raises DataError where the file cannot be read."""
        try:
            with open(self.path, "rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:
                    self._begin()
                file.seek(self._offset)
                *whole, rest = file.read().split(b"\n")
        except FileNotFoundError:
            self._begin()
            return Metrics()
        except OSError as error:
            raise DataError(
                f"{self.path} was expected to hold the run's metrics and cannot be read: {error.strerror}"
            ) from None
        for line in whole:
            self._offset += len(line) + 1
            if line.strip():
                self._history.add(_parse(line))
        if _parse(rest) is not None:  # whole, though its line end has not come yet
            self._offset += len(rest)
            self._history.add(_parse(rest))
            rest = b""
        return self._history.metrics(cut=bool(rest.strip()))

    def _begin(self) -> None:
        self._offset, self._history = 0, _History()


class _History:
    """Takes the lines in the order of the file and keeps what is still valid."""

    def __init__(self) -> None:
        self._steps: dict[int, Step] = {}
        self._evaluations: dict[int, EvaluationPoint] = {}
        self._events: list[Event] = []
        self._unreadable = 0
        self._last = -1

    def add(self, line: dict[str, Any] | None) -> None:
        kind = line.get("kind") if line else None
        if kind == "step":
            self._add_step(line)
        elif kind == "evaluation":
            point = EvaluationPoint(
                line["step"],
                number(line, "train_loss"),
                number(line, "validation_loss"),
                number(line, "seconds"),
                line.get("best") is True,
            )
            self._evaluations[point.step] = point
        elif kind == "event":
            self._events.append(Event(line["step"], str(line.get("event", "")), str(line.get("message") or "")))
        else:
            self._unreadable += 1

    def _add_step(self, line: dict[str, Any]) -> None:
        step = line["step"]
        if step <= self._last:
            self._forget_from(step)
        names = ("loss", "learning_rate", "grad_norm", "tokens", "tokens_per_second", "seconds")
        self._steps[step] = Step(step, *(number(line, name) for name in names))
        self._last = step

    def _forget_from(self, step: int) -> None:
        self._steps = {at: point for at, point in self._steps.items() if at < step}
        self._evaluations = {at: point for at, point in self._evaluations.items() if at < step}

    def metrics(self, cut: bool) -> Metrics:
        return Metrics(
            steps=tuple(self._steps.values()),
            evaluations=tuple(self._evaluations[step] for step in sorted(self._evaluations)),
            events=tuple(self._events),
            unreadable=self._unreadable,
            cut=cut,
        )


def _parse(line: bytes) -> dict[str, Any] | None:
    """The object on this line, or None where the line is no metrics line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(record, dict) and type(record.get("step")) is int and record["step"] >= 0
    return record if whole else None


def number(record: dict[str, Any], key: str) -> Any:
    """The finite number under `key`; None where there is none (a skipped step's loss is not finite)."""
    value = record.get(key)
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if good else None
