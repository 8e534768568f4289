"""A comparison as plain values for other programs: one dictionary, or a CSV file. Knows nothing about reading runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slm import atomic_write
from slm.errors import DataError
from slm.report.compare import Group, RunComparison
from slm.report.compared_run import ComparedRun

COLUMNS = (
    *("run", "seed", "step", "seconds", "tokens", "flops", "train_loss", "validation_loss"),
    *("bits_per_byte_estimate", "bits_per_byte", "interval_low", "interval_high"),
)


def as_dictionary(comparison: RunComparison) -> dict[str, Any]:
    """Groups, their runs, the settings that differ by group, and the notes."""
    labels = [group.label for group in comparison.groups]
    return {
        "scored": comparison.title,
        "groups": [_group(group) for group in comparison.groups],
        "differences": {key: dict(zip(labels, row, strict=True)) for key, row in comparison.differences.items()},
        "notes": list(comparison.notes),
    }


def _group(group: Group) -> dict[str, Any]:
    costs = {name: group.mean(name) for name in ("seconds", "tokens", "flops", "tokens_per_second")}
    return {
        "label": group.label,
        "bits_per_byte": group.bits_per_byte,
        "interval": group.interval,
        "interval_over": "documents" if len(group.runs) == 1 else "seeds",
        "seeds": group.seeds,
        **costs,
        "runs": [
            {"name": run.name, "seed": run.seed, "bits_per_byte": run.result.bits_per_byte, "seconds": run.seconds}
            for run in group.runs
        ],
    }


def write_csv(comparison: RunComparison, path: Path) -> None:
    """Write a row for each evaluation of each run, and after them one with its final figure and all that it took.

    Raises DataError where the file cannot be written; an old one stays whole.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for run in comparison.runs:
        writer.writerows(_rows(run))
    write_file(path, text.getvalue().encode())


def write_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all. Raises DataError where that cannot be done."""
    try:
        atomic_write.write_bytes(path, content)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}): name a file in a folder that exists and can be written"
        ) from None


def _rows(run: ComparedRun) -> Iterator[dict[str, Any]]:
    name = {"run": run.name, "seed": run.seed}
    for point in run.curve:
        yield name | {
            "step": point.step, "seconds": point.seconds, "tokens": point.tokens, "flops": point.flops,
            "train_loss": point.train_loss, "validation_loss": point.validation_loss,
            "bits_per_byte_estimate": point.bits_per_byte,
        }  # fmt: skip
    low, high = run.result.interval or (None, None)
    yield name | {
        "step": run.stage.metrics.last_step, "seconds": run.seconds, "tokens": run.tokens, "flops": run.flops,
        "bits_per_byte": run.result.bits_per_byte, "interval_low": low, "interval_high": high,
    }  # fmt: skip
