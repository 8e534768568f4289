"""What a suite found, in the form in which it is kept, printed and shown: one section for each kind of measure.

    evaluation_<suite>.json   {"suite", "model", "sha256", "sections": {NAME: {"title", "notes", "tables", "figures"}}}

Whoever measures something about a model may add a section of their own with `keep_sections`; printing and the report
show what is there, by the tables and notes, and know nothing about what was measured. Without torch.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slm.atomic_write import write_json


@dataclass(frozen=True)
class Table:
    """Rows of text for people; the first column names the row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A measure's result: `tables` and `notes` for people, `figures` (anything JSON holds) for programs."""

    title: str
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


def suite_path(run: Path, suite: str) -> Path:
    return run / f"evaluation_{suite}.json"


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


def sections_of(record: Mapping[str, Any]) -> dict[str, Section]:
    """The sections in a file's content, as far as they can be shown; what is damaged is left out."""
    found = record.get("sections")
    listed = found.items() if isinstance(found, dict) else ()
    return {str(name): _section(str(name), value) for name, value in listed if isinstance(value, dict)}


def _section(name: str, value: dict[str, Any]) -> Section:
    tables = (_table(table) for table in _list(value.get("tables")) if isinstance(table, dict))
    figures = value.get("figures")
    return Section(
        str(value.get("title") or name), tuple(table for table in tables if table.columns),
        tuple(map(str, _list(value.get("notes")))), figures if isinstance(figures, dict) else {},
    )  # fmt: skip


def _table(value: dict[str, Any]) -> Table:
    columns = tuple(map(str, _list(value.get("columns"))))
    rows = (tuple(map(str, row)) for row in _list(value.get("rows")) if isinstance(row, list))
    return Table(columns, tuple(row for row in rows if len(row) == len(columns)), str(value.get("caption") or ""))


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
