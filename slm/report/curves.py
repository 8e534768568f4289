"""The arithmetic behind every curve: smoothing, thinning, axes. Pure functions of numbers.

Shared by the picture (`loss_curve`) and the page (`charts`), so that both show the same line; knows neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeVar

from slm.report.metrics import Metrics
from slm.training.expectation import Expectation

T = TypeVar("T")
Point = tuple[float, float]

# A loss that falls further than this reads better by ratio: linear, the first steps press all else flat.
LOGARITHMIC_FROM_RATIO = 4.0


@dataclass(frozen=True)
class Axis:
    """Maps values in [low, high] to [0, 1]."""

    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of `value` along the axis; beyond 0 or 1 where it lies outside."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low)

    def ticks(self, about: int = 5) -> list[float]:
        """Round numbers inside the axis, roughly `about` of them."""
        return _log_ticks(self.low, self.high, about) if self.logarithmic else _ticks(self.low, self.high, about)

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.logarithmic else value


def loss_axis(losses: Sequence[float]) -> Axis:
    """An axis with a little air around these losses, logarithmic where they span much."""
    low, high = (min(losses), max(losses)) if losses else (0.0, 1.0)
    if low > 0 and high / low > LOGARITHMIC_FROM_RATIO:
        air = (high / low) ** 0.06
        return Axis(low / air, high * air, logarithmic=True)
    air = 0.06 * (high - low) or 0.5
    return Axis(low - air, high + air)


def usual_losses(metrics: Metrics, entropy: float | None) -> list[tuple[int, float, float, float]]:
    """What stands behind the curve: (step, the lowest, the usual, the highest loss) of a run that is normal.

    `entropy` is that of the text's single tokens, in nats; nothing for a run that did not write it down.
    """
    known = [(point.step, point.tokens) for point in metrics.steps if point.tokens] if entropy else []
    return [(step, *Expectation(entropy).loss(tokens)) for step, tokens in known]


def half_window(count: int) -> int:
    """How many neighbours on each side the smoothed line averages: 2 % of the steps."""
    return count // 50


def smoothed(values: Sequence[float], half: int) -> list[float]:
    """The mean of each value and up to `half` neighbours a side; at the start no more right than left."""
    sums = [0.0, *accumulate(values)]
    last = len(values) - 1
    # A loss falls steeply at first: a window that looks ahead further than back would start the line too low.
    reach = [(min(half, at), min(half, at, last - at)) for at in range(len(values))]
    spans = [(at - left, at + right + 1) for at, (left, right) in enumerate(reach)]
    return [(sums[end] - sums[start]) / (end - start) for start, end in spans]


def envelope(points: Sequence[Point], limit: int) -> list[Point]:
    """At most about `limit` points that keep the lowest and the highest y of every stretch, in order."""
    if len(points) <= limit:
        return list(points)
    kept: list[Point] = []
    for stretch in _stretches(points, max(1, limit // 2)):
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def evenly(items: Sequence[T], limit: int) -> list[T]:
    """At most `limit` items at even distances, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[round(at * (len(items) - 1) / (limit - 1))] for at in range(limit)]


def _stretches(points: Sequence[Point], count: int) -> list[Sequence[Point]]:
    bounds = [round(at * len(points) / count) for at in range(count + 1)]
    return [points[start:end] for start, end in pairwise(bounds) if end > start]


def _ticks(low: float, high: float, about: int) -> list[float]:
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    distance = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.ceil(low / distance - 1e-9), math.floor(high / distance + 1e-9)
    return [round(at * distance, 12) for at in range(first, last + 1)]


def _log_ticks(low: float, high: float, about: int) -> list[float]:
    powers = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    choices = ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 3), (1,))
    for factors in choices:
        ticks = [round(power * factor, 12) for power in powers for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= about + 2:
            break
    return ticks
