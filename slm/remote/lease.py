"""Who may write to a run elsewhere: a lock that lies beside it, is renewed while its holder works, and else expires.

    <run>/writers/000003.json    the third writer: who, where, since when, until when

A writer makes the file after the last by a request that fails where one exists (S3's If-None-Match, Google's generation
match, O_EXCL), and only when the last one has let go or expired; so of two there is one. A holder that could not renew
in time sees at its next renewal whether another has come after it, and then writes no more. What each writes beside it
carries its number, so that even one that wakes up late overwrites nothing of the one after it. Stores that do not know
such requests are asked again after writing; there two writers within the same second may both believe to be the one.
Expiry is by the clocks of the machines, which must agree to within half a minute.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

from slm.errors import DataError, SlmError, TrainingError
from slm.remote.address import AlreadyThere, Place

HELD_SECONDS = 90.0
RENEWED_SECONDS = 25.0


class Lease:
    """The right to write to the run at `place`. `id` is this writer's; `known` the one that worked here before, which
    may be taken over from at once, since it is known to have ended."""

    def __init__(self, place: Place, known: str = ""):
        self._place, self._known, self._ended = place, known, threading.Event()
        self.id, self.number, self.lost = uuid.uuid4().hex, 0, ""
        self._since = _now()
        self._thread = threading.Thread(target=self._renew_until_ended, daemon=True)
        self._lost: Callable[[str], None] = lambda reason: None

    def acquire(self) -> None:
        """Become the writer. Raises TrainingError, with holder, machine and time, while there is another."""
        last, holder = newest(self._place)
        if holder and holder["id"] != self._known and not holder["released"] and _now() < _time(holder["until"]):
            raise self._held(holder)
        self.number = last + 1
        try:
            self._own().write(self._content(), new=True)
        except AlreadyThere:  # by another, since we looked
            raise self._held(newest(self._place)[1] or {}) from None
        if (written := _read(self._own())).get("id") != self.id:
            raise self._held(written)

    def keep(self, lost: Callable[[str], None]) -> None:
        """Renew it from now on, in a thread; `lost` is told once why it could not be kept."""
        self._lost = lost
        self._thread.start()

    def check(self) -> bool:
        """Whether this is still the writer, asked of the store. Raises NetworkError where it cannot be asked."""
        if not self.lost and newest(self._place)[0] > self.number:
            holder = newest(self._place)[1] or {}
            self.lost = f"{_told(holder)} writes to it now"
            self._lost(self.lost)
        return not self.lost

    def release(self) -> None:
        """Let go, so that the next writer need not wait."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        with contextlib.suppress(SlmError):  # it expires by itself
            if self.check():
                self._own().write(self._content(released=True))

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(RENEWED_SECONDS):
            with contextlib.suppress(SlmError):  # no network: tried again in a moment
                if not self.check():
                    return
                self._own().write(self._content())

    def _own(self) -> Place:
        return self._place / f"writers/{self.number:06d}.json"

    def _content(self, released: bool = False) -> bytes:
        until = _now() + datetime.timedelta(seconds=0 if released else HELD_SECONDS)
        values = {
            "id": self.id, "host": socket.gethostname(), "process": os.getpid(), "since": _text(self._since),
            "until": _text(until), "released": released,
        }  # fmt: skip
        return json.dumps(values, indent=1).encode()

    def _held(self, holder: dict[str, Any]) -> TrainingError:
        return TrainingError(
            f"{self._place}: {_told(holder)} writes to this run; stop it there, or, if it is gone, wait until its lock "
            f"expires at {holder.get('until')} UTC"
        )


def newest(place: Place) -> tuple[int, dict[str, Any] | None]:
    """The number of the last writer of the run at `place`, 0 where there was none, and what its lock says."""
    numbers = [int(name[:6]) for name in (place / "writers").files() if name[:6].isdigit()]
    if not numbers:
        return 0, None
    return max(numbers), _read(place / f"writers/{max(numbers):06d}.json")


def _read(place: Place) -> dict[str, Any]:
    try:
        values = json.loads(place.read())
        values["id"], values["released"], _time(values["until"])
        return values
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{place}: not a lock that slm wrote ({error!r}); remove it if nobody writes there") from None


def _told(holder: dict[str, Any]) -> str:
    return f"process {holder.get('process')} on {holder.get('host')} (since {holder.get('since')})"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _text(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds").removesuffix("+00:00")


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
