"""How good a model of a size becomes that sees so much text: a fit to runs of this recipe, and what it predicts.

    bits per byte = floor + size_factor / weights^size_power + data_factor / text^data_power

(Hoffmann et al. 2022, arXiv 2203.15556, equation 2), of whose last term very short runs have less. Text that is seen
again counts less each time (Muennighoff et al. 2023, arXiv 2305.16264, equation 5). Made anew on another machine or
text: python bench/scaling.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch


@dataclass(frozen=True)
class Point:
    """One finished run: weights of the blocks, bytes of text seen, different ones among them, bits per byte."""

    weights: float
    seen: float
    unique: float
    bits_per_byte: float


@dataclass(frozen=True)
class Law:
    """The fitted numbers; text in megabytes, weights in millions. `spread` is the standard deviation of what came over
    what was predicted, as a share, for runs that the fit had not seen."""

    floor: float
    size_factor: float
    size_power: float
    data_factor: float
    data_power: float
    repeats: float
    spread: float

    def predict(self, weights: float, seen: float, unique: float) -> tuple[float, tuple[float, float]]:
        """Bits per byte, and where 19 of 20 runs end."""
        data = effective_bytes(seen, unique, self.repeats) / 1e6
        value = self.floor + self.size_factor / (weights / 1e6) ** self.size_power
        value += self.data_factor / data**self.data_power * float(np.interp(math.log(data), *SHORT_RUNS))
        return value, (value * (1 - 2 * self.spread), value * (1 + 2 * self.spread))

    def scaled(self, factor: float, spread: float) -> Law:
        """For a text on which everything comes out `factor` times as high, known with this `spread`."""
        return replace(
            self, floor=self.floor * factor, size_factor=self.size_factor * factor,
            data_factor=self.data_factor * factor, spread=spread,
        )  # fmt: skip

    def for_text(self, entropy: float) -> Law:
        """For a text whose single tokens have this entropy, in bits per byte: as a first guess all of its figures are
        higher or lower by as much as that is. How much is left to learn between the tokens differs more, so the
        interval is wide; a pilot run narrows it."""
        factor = entropy / TEXT_ENTROPY
        return self if abs(factor - 1) < 0.02 else self.scaled(factor, OTHER_TEXT_SPREAD)

    def after(self, pilot: Point, doubt: float = 0.0) -> Law:
        """For the text of a pilot run: all of its figures are higher or lower by as much as the pilot's is. `doubt` is
        the standard deviation of the pilot's figure, as a share, for the documents that it was scored on."""
        expected, _ = self.predict(pilot.weights, pilot.seen, pilot.unique)
        return self.scaled(pilot.bits_per_byte / expected, math.hypot(PILOT_SPREAD, doubt))


def effective_bytes(seen: float, unique: float, repeats: float) -> float:
    """What `seen` bytes, of which `unique` are different, are worth in bytes that are all different."""
    again = max(0.0, seen / unique - 1)
    return min(seen, unique) + unique * repeats * (1 - math.exp(-again / repeats))


def fit(points: Sequence[Point], steps: int = 400) -> Law:
    """The law that fits `points` best, by relative error; its spread is of predictions that leave each point out."""
    law = _fit(points, steps)
    left_out = [
        (point, _fit([other for other in points if other is not point], steps)) for point in points if len(points) > 3
    ]
    errors = [
        math.log(point.bits_per_byte / of.predict(point.weights, point.seen, point.unique)[0]) for point, of in left_out
    ]
    spread = math.sqrt(sum(error**2 for error in errors) / max(1, len(errors)))
    return replace(law, spread=spread)


def _fit(points: Sequence[Point], steps: int) -> Law:
    """Least squares of the logarithms, with a weak pull to the powers that larger models are known to have."""
    values = torch.tensor([-1.0, -1.5, -1.0, 0.0, -1.0, 2.7], dtype=torch.float64, requires_grad=True)  # logarithms
    columns = [[p.weights / 1e6 for p in points], [p.seen / 1e6 for p in points], [p.unique / 1e6 for p in points]]
    weights, seen, unique = (torch.tensor(column, dtype=torch.float64) for column in columns)
    target = torch.tensor([math.log(p.bits_per_byte) for p in points], dtype=torch.float64)
    short = torch.from_numpy(np.interp([math.log(min(p.seen, p.unique) / 1e6) for p in points], *SHORT_RUNS))
    usual = torch.tensor([-0.7, -1.5, -1.0, 0.0, -1.0, 2.7], dtype=torch.float64)
    optimizer = torch.optim.LBFGS([values], max_iter=steps, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        floor, size_factor, size_power, data_factor, data_power, repeats = values.exp()
        again = (seen / unique - 1).clamp(min=0)
        data = torch.minimum(seen, unique) + unique * repeats * (1 - torch.exp(-again / repeats))
        predicted = floor + size_factor / weights**size_power + short * data_factor / data**data_power
        total = ((predicted.log() - target) ** 2).sum() + 1e-4 * ((values - usual) ** 2).sum()
        total.backward()
        return total

    optimizer.step(loss)
    return Law(*values.detach().exp().tolist(), spread=0.0)


LAW = Law(0.431, 0.176, 0.4055, 1.033, 0.5325, 13.7, 0.03)
"""Fitted to seven runs of 2 to 30 minutes on stories (docs/experiments.md, section 10), but for `spread`, which is set
wider than the fit's own 0.014: the speed of a machine is not known that well beforehand."""
TEXT_ENTROPY = 2.149
"""Of the text that the law was fitted to: bits per byte of its single tokens."""
SHORT_RUNS = (np.log([0.11, 0.5, 2.5, 8.0]), (0.377, 0.59, 0.91, 1.0))
"""Logarithms of megabytes of text, and how much of the power law's last term runs on so little have, less than the runs
of the fit saw: there it is far too high (docs/experiments.md, section 10)."""
OTHER_TEXT_SPREAD, PILOT_SPREAD = 0.20, 0.05
"""Standard deviations of a prediction, as shares of it, on another text and after a pilot run on it."""
