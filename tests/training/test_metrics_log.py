"""metrics.jsonl: lines that stand alone, whatever happened to the one before."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from slm.training.metrics_log import MetricsLog, read_lines


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_there_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.write("step", 1, loss=5.25)
        assert read(path) == [{"kind": "step", "step": 1, "loss": 5.25}]
        log.write("event", 1, event="resumed", message="naïve 😀")
    assert read(path)[1] == {"kind": "event", "step": 1, "event": "resumed", "message": "naïve 😀"}


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for step in (1, 2):
        with MetricsLog(path) as log:
            log.write("step", step)
    assert [line["step"] for line in read(path)] == [1, 2]


def test_a_line_that_was_cut_short_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"kind": "step", "step": 1}\n{"kind": "st')
    with MetricsLog(path) as log:
        log.write("step", 2)
    whole, cut, later = path.read_text().splitlines()
    assert cut == '{"kind": "st'
    assert (json.loads(whole)["step"], json.loads(later)["step"]) == (1, 2)


def test_a_number_that_is_none_is_written_as_null(tmp_path: Path) -> None:
    """NaN is no JSON; other programs could not read the file."""
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.write("evaluation", 3, train_loss=math.nan, validation_loss=math.inf, best=False)
    assert "NaN" not in path.read_text() and "Infinity" not in path.read_text()
    assert read(path) == [{"kind": "evaluation", "step": 3, "train_loss": None, "validation_loss": None, "best": False}]


def test_tensorboard_gets_the_same_figures(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with MetricsLog(tmp_path / "metrics.jsonl", tensorboard=True) as log:
        log.write("step", 1, loss=2.5)
        log.write("evaluation", 1, validation_loss=2.0, best=True)
        log.write("event", 1, event="resumed", message="at step 1")
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert board.Tags()["scalars"] == ["step/loss", "evaluation/validation_loss"]
    [point] = board.Scalars("step/loss")
    assert (point.step, point.value) == (1, 2.5)


def test_what_a_kill_made_undone_does_not_count(tmp_path: Path) -> None:
    """Steps 3 to 5 were lost, and 3 was done again; the last line was cut short."""

    def line(kind: str, step: int, **values: object) -> str:
        return json.dumps({"kind": kind, "step": step, **values}) + "\n"

    path = tmp_path / "metrics.jsonl"
    first = [line("step", step, loss=1.0) for step in range(1, 6)] + [
        line("evaluation", 4),
        line("event", 4, event="x"),
    ]
    again = [line("event", 2, event="resumed"), line("step", 3, loss=2.0), line("evaluation", 3)]
    path.write_text("".join([line("evaluation", 0), *first, *again]) + '[1]\n{"kind": "step", "st')
    kept = [(line["kind"], line["step"], line.get("loss")) for line in read_lines(path)]
    assert kept == [
        ("evaluation", 0, None), ("step", 1, 1.0), ("step", 2, 1.0), ("event", 4, None), ("event", 2, None),
        ("step", 3, 2.0), ("evaluation", 3, None),
    ]  # fmt: skip
