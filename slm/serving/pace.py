"""How many of something there were lately."""

from __future__ import annotations

import math
import time


class Pace:
    """About how many there were in the last `seconds`: each counts less the longer ago it was. Not for several threads.

    An exponentially decaying count; of a steady pace it gives as many as come in `seconds`.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._count, self._last = 0.0, 0.0

    @property
    def recent(self) -> float:
        return self._count * math.exp((self._last - time.monotonic()) / self.seconds)

    def add(self) -> None:
        self._count, self._last = self.recent + 1, time.monotonic()
