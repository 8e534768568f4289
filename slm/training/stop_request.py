"""Ctrl-C and SIGTERM as a request to stop at the next step boundary; the second one stops at once.

A handler that saves by itself would run in the middle of anything, a save included; here it only sets a flag.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from slm.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While entered, `signal_number` is 0 until the person asks to stop, then the signal's number.

    `announce` is told the name of the first signal; the second raises Stopped, which names `resume_command`.
    """

    def __init__(self, announce: Callable[[str], None], resume_command: str):
        self.signal_number = 0
        self._announce, self._resume_command = announce, resume_command
        self._handlers = _handled_by(self._handle)

    def __enter__(self) -> StopRequest:
        self._handlers.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._handlers.__exit__(None, None, None)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.signal_number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number:
            raise Stopped(
                f"stopped at once; the last saved checkpoint is intact; go on with: {self._resume_command}",
                exit_code=128 + number,
            )
        self.signal_number = number
        with contextlib.suppress(RuntimeError):  # the signal came in the middle of a print, which cannot be re-entered
            self._announce("Ctrl-C" if number == signal.SIGINT else "SIGTERM")


@contextlib.contextmanager
def stopping_at_once(resume_command: str) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise Stopped where they come: for work that is simply done again on resuming."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(f"stopped; go on with: {resume_command}", exit_code=128 + number)

    with _handled_by(stop):
        yield


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `handler` called for both signals; in threads, where Python allows no handlers, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, previous in old.items():
            signal.signal(number, previous)
