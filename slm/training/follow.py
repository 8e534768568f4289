"""The process that tells one tracker of a run: ``python -m slm.training.follow NAME RUN``, started by `tracking`.

It reads metrics.jsonl as it grows. What is sent: the figures of every line, under the names that TensorBoard gets
(step/loss, evaluation/validation_loss), and the settings of model, training and tuning; no text, no path, no command.
A resumed run goes on in the same tracked run, whose id stands in tracking/NAME.json with the bytes that were sent.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from slm.atomic_write import write_json
from slm.redaction import redacted

INTERVAL = 1.0  # seconds between two looks
LONGEST_PAUSE = 60.0  # seconds, after failures
SETTINGS = ("model", "training", "tuning")


@dataclass(frozen=True)
class Point:
    """The figures of one line of metrics.jsonl."""

    step: int
    figures: dict[str, float]


class Tracker(Protocol):
    """A tracked run. Made from (name of the run, id of a tracked run to go on with or '', settings)."""

    id: str
    note: str
    """What the person should know, such as where it is kept; '' for nothing."""

    def log(self, points: list[Point]) -> None: ...

    def finish(self, state: str) -> None:
        """`state` is finished, stopped, failed or killed."""


def open_tracker(name: str, run: str, known: str, settings: dict[str, Any]) -> Tracker:
    from slm.training import trackers

    return trackers.TRACKERS[name](run, known, settings)


class Following:
    """One run and one tracker: what was sent, and sending what is new."""

    def __init__(self, name: str, run: Path):
        self._name, self._run = name, run
        self._record = run / "tracking" / f"{name}.json"
        self._tracker: Tracker | None = None
        self._sent = 0

    def send(self) -> None:
        """Send every whole line that was not sent. Raises whatever the tracker raises; it may be called again."""
        if self._tracker is None:
            self._open()
        while points := list(self._new_points()):
            self._tracker.log(points)
            self._sent = self._read_to
            self._remember()

    def finish(self, state: str) -> None:
        if self._tracker is not None:
            self._tracker.finish(state)

    def _open(self) -> None:
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            record = {"id": "", "bytes": 0}
        tracker = open_tracker(self._name, self._run.name, record["id"], _settings(self._run))
        self._sent = record["bytes"] if tracker.id == record["id"] else 0
        self._tracker = tracker
        self._remember()
        if tracker.note:
            say(f"note {tracker.note}")

    def _remember(self) -> None:
        self._record.parent.mkdir(exist_ok=True)
        write_json(self._record, {"id": self._tracker.id, "bytes": self._sent})

    def _new_points(self, most: int = 500) -> Iterator[Point]:
        """Figures of the next lines that are whole; `_read_to` is where they end."""
        self._read_to = self._sent
        metrics = self._run / "metrics.jsonl"
        if not metrics.is_file():  # no figures yet
            return
        with open(metrics, "rb") as file:
            file.seek(self._sent)
            for number, line in enumerate(file):
                if not line.endswith(b"\n") or number == most:
                    return
                self._read_to += len(line)
                if point := point_of(line):
                    yield point


def point_of(line: bytes) -> Point | None:
    """What a line of metrics.jsonl says in figures; None for one without, or that a kill cut short."""
    try:
        values = json.loads(line)
        kind, step = values.pop("kind"), values.pop("step")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    figures = {
        f"{kind}/{name}": float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return Point(step, figures) if figures else None


def _settings(run: Path) -> dict[str, Any]:
    """The settings that say how a run learns, by their full names."""
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    recipe = record.get("recipe", {})
    chosen = {"stage": record.get("stage"), "parameters": record.get("parameters")}
    return chosen | dict(_flat({name: recipe[name] for name in SETTINGS if name in recipe}, ""))


def _flat(values: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, (bool, int, float)) or (isinstance(value, str) and name not in ("mirror", "base")):
            yield f"{prefix}{name}", value


def follow(following: Following, ended: threading.Event, state: list[str]) -> None:
    """Send what is new, again and again, until the run has `ended`; then the rest. Says the first failure alone."""
    warned, pause = False, INTERVAL
    while True:
        last = ended.is_set()
        try:
            following.send()
            if last:
                following.finish(state[0] if state else "killed")
            pause = INTERVAL
        except Exception as error:  # trackers raise errors of many packages
            pause = min(LONGEST_PAUSE, 2 * pause)
            if not warned:
                warned = True
                say(f"warning {redacted(f'{type(error).__name__}: {error}')[:200]}")
        if last:
            return
        ended.wait(pause)


def say(line: str) -> None:
    voice.write(line + "\n")
    voice.flush()


voice = sys.stdout
"""Where the run listens; trackers print elsewhere."""


def main(name: str, run: str) -> None:
    global voice
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if hasattr(os, "nice"):
        os.nice(10)  # training comes first
    ended, state = threading.Event(), []

    def listen() -> None:
        if word := sys.stdin.read().strip():
            state.append(word)
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    follow(Following(name, Path(run)), ended, state)


if __name__ == "__main__":
    main(*sys.argv[1:])
