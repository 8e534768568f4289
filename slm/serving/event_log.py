"""One line of JSON for each event: never a prompt, a text, a key, nor a control character."""

from __future__ import annotations

import datetime
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO


class EventLog:
    """Writes to a stream; ASCII alone, so that nothing in a value can begin a new line or move a cursor."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream or sys.stderr

    def write(self, event: str, **values: Any) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": event, **values}, default=str)
        try:
            print(line.replace("\x7f", "\\u007f"), file=self._stream, flush=True)
        except (OSError, ValueError):  # a closed pipe stops no server
            self._stream = open_null()

    def failure(self, where: str) -> None:
        """In an except block: what kind of error it is, and from where. Its message may quote a prompt: untold."""
        kind, _, trace = sys.exc_info()
        frames = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(trace)[-6:]]
        self.write("failure", where=where, error=kind.__name__ if kind else "", frames=frames)


def open_null() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")
