"""What a suite found, in the form in which it is kept, printed and shown: one section for each kind of measure.

    evaluation_<suite>.json   {"suite", "model", "sha256", "sections": {NAME: {"title", "notes", "tables", "plots",
                               "figures"}}}

Whoever measures something about a model may add a section of their own with `keep_sections`; printing and the report
show what is there, by the tables, plots and notes, and know nothing about what was measured. Without torch.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slm.atomic_write import write_json

PREFIX = "evaluation_"  # of the names of these files
AUDIT = "audit"
"""In the place of a suite's name: what `slm audit` found."""


@dataclass(frozen=True)
class Table:
    """Rows of text for people; the first column names the row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Mark:
    """A value on an axis, and the ends of its whisker: mostly a 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None


def percent_mark(share: Mapping[str, Any]) -> Mark | None:
    """What `share_of` gives, in percent; None for the share of nothing."""
    values = (share["share"], *share["interval"])
    return None if values[0] is None else Mark(*(100 * value for value in values))


def mean_mark(figure: Mapping[str, Any]) -> Mark:
    """Of a 'mean' with its 'interval'."""
    return Mark(figure["mean"], *figure["interval"])


@dataclass(frozen=True)
class Row:
    """A row of a plot: a dot, and a ring for what it is to be compared with."""

    label: str
    dot: Mark | None
    ring: Mark | None = None


@dataclass(frozen=True)
class Plot:
    """Dots and rings on one axis, a row each."""

    unit: str
    """What the axis counts."""
    rows: tuple[Row, ...]
    dot: str = ""
    """What a dot stands for; '' where the rows say it."""
    ring: str = ""
    """What a ring stands for."""
    line: float | None = None
    """Where an upright line parts the axis."""
    whiskers: str = "95 %"
    """How much of what was drawn, or of the values, lies between the ends of a whisker."""
    moments: bool = False
    """Whether ring and dot are the same thing at two moments."""


@dataclass(frozen=True)
class Section:
    """A measure's result: `tables`, `notes` and `plots` for people, `figures` (anything JSON holds) for programs."""

    title: str
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    plots: tuple[Plot, ...] = ()


@dataclass
class Findings:
    """What was found about a model or its text: `header` says which, 'missing' in it what could not be looked at."""

    header: dict[str, Any]
    sections: dict[str, Section] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What could not be measured, and why."""
        return list(self.header["missing"].values())

    def as_dict(self) -> dict[str, Any]:
        """For --json: the figures alone."""
        return {**self.header, "sections": {name: dict(section.figures) for name, section in self.sections.items()}}


def suite_path(run: Path, suite: str) -> Path:
    return run / f"{PREFIX}{suite}.json"


def keep_sections(path: Path, header: Mapping[str, Any], sections: Mapping[str, Section]) -> None:
    """Write sections under `header` (with 'sha256', the model's). Sections of other names that the file has already
    stay, where they are of the same model."""
    old: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        old = json.loads(path.read_text(encoding="utf-8"))
    same = isinstance(old, dict) and old.get("sha256") == header["sha256"] and isinstance(old.get("sections"), dict)
    kept = old["sections"] if same else {}
    new = {name: asdict(section) for name, section in sections.items()}
    write_json(path, {**header, "sections": {**kept, **new}})


def measured(folder: Path, sha256: str) -> list[dict[str, Any]]:
    """Title, tables and notes of all that the suites' files in a folder hold of the model `sha256`, for the page."""
    found = []
    for path in sorted(folder.glob(f"{PREFIX}*.json")):
        with contextlib.suppress(OSError, ValueError):
            record = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(record, dict) and record.get("sha256") == sha256:
                found += sections_of(record).values()
    return [
        {"title": one.title, "tables": [asdict(table) for table in one.tables], "notes": list(one.notes)}
        for one in found
    ]


def sections_of(record: Mapping[str, Any]) -> dict[str, Section]:
    """The sections in a file's content, as far as they can be shown; what is damaged is left out."""
    found = record.get("sections")
    listed = found.items() if isinstance(found, dict) else ()
    return {str(name): _section(str(name), value) for name, value in listed if isinstance(value, dict)}


def _section(name: str, value: dict[str, Any]) -> Section:
    tables, plots = map(_table, _dicts(value.get("tables"))), map(_plot, _dicts(value.get("plots")))
    figures = value.get("figures")
    return Section(
        str(value.get("title") or name), tuple(table for table in tables if table.columns),
        tuple(map(str, _list(value.get("notes")))), figures if isinstance(figures, dict) else {},
        tuple(plot for plot in plots if plot.rows),
    )  # fmt: skip


def _table(value: dict[str, Any]) -> Table:
    columns = tuple(map(str, _list(value.get("columns"))))
    rows = (tuple(map(str, row)) for row in _list(value.get("rows")) if isinstance(row, list))
    return Table(columns, tuple(row for row in rows if len(row) == len(columns)), str(value.get("caption") or ""))


def _plot(value: dict[str, Any]) -> Plot:
    rows = (Row(str(row.get("label") or ""), _mark(row.get("dot")), _mark(row.get("ring")))
            for row in _dicts(value.get("rows")))  # fmt: skip
    unit, dot, ring, whiskers = (str(value.get(name) or "") for name in ("unit", "dot", "ring", "whiskers"))
    rows = tuple(row for row in rows if row.dot or row.ring)
    return Plot(unit, rows, dot, ring, _number(value.get("line")), whiskers, value.get("moments") is True)


def _mark(value: Any) -> Mark | None:
    numbers = [_number(value.get(name)) for name in ("value", "low", "high")] if isinstance(value, dict) else [None]
    return None if numbers[0] is None else Mark(*numbers)


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return (item for item in _list(value) if isinstance(item, dict))


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
