"""metrics.jsonl, one JSON object a line, and TensorBoard when asked for. Knows nothing about how to print."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from types import TracebackType
from typing import Any

from slm.errors import import_extra


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics.jsonl that count: nothing of what a kill made undone, nor a line that it cut short."""
    kept: list[dict[str, Any]] = []
    last = 0  # step
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            line = json.loads(text)
            again = line["step"] if line["kind"] == "step" else line["step"] + 1
            if (line["kind"] == "step" and again <= last) or line.get("event") == "resumed":
                kept = [other for other in kept if other["step"] < again or other["kind"] == "event"]
            if line["kind"] == "step" or line.get("event") == "resumed":
                last = line["step"]
            kept.append(line)
    return kept


class MetricsLog:
    """Appends metrics to a file; a line that a kill cut short is ended first, so that the next one stands alone."""

    def __init__(self, path: Path, tensorboard: bool = False):
        self._file = open(path, "ab+")  # noqa: SIM115 - open as long as the log
        self._file.seek(0, 2)
        if self._file.tell():
            self._file.seek(-1, 2)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")
        self._board = None
        if tensorboard:
            import_extra("tensorboard", "tensorboard", "--set training.tensorboard=true")
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(path.parent / "tensorboard"))

    def write(self, kind: str, step: int, **values: Any) -> None:
        values = {name: None if _is_no_number(value) else value for name, value in values.items()}
        line = json.dumps({"kind": kind, "step": step, **values}, ensure_ascii=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        if self._board is not None:
            for name, value in values.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        if self._board is not None:
            self._board.close()


def _is_no_number(value: Any) -> bool:
    """NaN and infinity, for which JSON has no words."""
    return isinstance(value, float) and not math.isfinite(value)
