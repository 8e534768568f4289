"""Ctrl-C and SIGTERM as a request to stop at the next step boundary; the second one stops at once.

A handler that saves by itself would run in the middle of anything, a save included; here it only sets a flag.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from slm.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While entered, `signal_number` is 0 until the person asks to stop, then the signal's number."""

    def __init__(self, announce: Callable[[str], None]):
        self.signal_number = 0
        self._announce = announce
        self._old: dict[int, object] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():  # Python allows handlers there alone
            self._old = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.signal_number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number:
            raise Stopped("stopped at once; the last saved checkpoint is intact", exit_code=128 + number)
        self.signal_number = number
        self._announce("Ctrl-C" if number == signal.SIGINT else "SIGTERM")
