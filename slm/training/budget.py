"""A budget of running time: how much there is, how much is spent, how far a run has come. Suspension does not count."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SUSPENDED_SECONDS = 5.0  # a gap this long between two heartbeats is a suspension, not work
HEARTBEAT_SECONDS = 0.25


class RunningTime:
    """Seconds that this process has run, from its start in the shell on; stretches of suspension are left out.

    A heartbeat looks at the clock four times a second, so a gap between two looks means that nothing could run: the
    machine slept, or the process was stopped (Ctrl-Z). `clock` gives seconds and never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, already: float | None = None, beat: bool = True):
        self._clock, self._lock = clock, threading.Lock()
        self._total, self._last = seconds_since_start() if already is None else already, clock()
        if beat:
            threading.Thread(target=self._beat, name="running time", daemon=True).start()

    def __call__(self) -> float:
        with self._lock:
            now = self._clock()
            if now - self._last < SUSPENDED_SECONDS:
                self._total += now - self._last
            self._last = now
            return self._total

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            self()


@dataclass
class Budget:
    """`seconds` for a whole command, of which `spent` are gone; `reserve` of them are kept for what follows training.

    `running` gives the seconds of this process; `before` are those of earlier processes that worked on the same run.
    """

    seconds: float
    running: Callable[[], float]
    before: float = 0.0
    reserve: float = 0.0

    @property
    def spent(self) -> float:
        return self.before + self.running()

    @property
    def left_for_training(self) -> float:
        return max(0.0, self.seconds - self.reserve - self.spent)

    def share_done(self, trained: float) -> float:
        """How far a run has come that has trained for `trained` seconds: from 0 up to 1, when the time is over.

        It depends on the time alone, so it reaches 1 at the deadline whether the machine slows down or speeds up.
        """
        left = self.left_for_training
        return trained / (trained + left) if left > 0 else 1.0


def seconds_since_start(process: int | str = "self") -> float:
    """Seconds since the system started this process, imports included; 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # seconds after boot, proc(5)
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
    return 0.0
