"""Multiple-choice questions out of files, checked one by one. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from slm.data.files import PLAIN, format_of, read_file
from slm.data.reading import Reading
from slm.errors import ConfigError, DataError, nearest

T = TypeVar("T")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

WELL_KNOWN: dict[str, tuple[str, ...]] = {
    "question": ("question", "query", "prompt"),
    "options": ("options", "choices"),
    "answer": ("answer_idx", "answer", "label", "gold"),
    "context": ("context", "passage"),
    "dataset": ("dataset", "source", "task"),
    "id": ("id",),
}
"""The fields of an item, and the columns in which they are looked for unless a suite names others."""

NEEDED = ("question", "options", "answer")


@dataclass(frozen=True)
class ChoiceItem:
    """A question with its options, of which number `gold` is right. `letters` name the options; `context` may be ''."""

    dataset: str
    id: str
    question: str
    context: str
    letters: tuple[str, ...]
    options: tuple[str, ...]
    gold: int


def read_choice_items(path: Path, columns: Mapping[str, str] | None = None) -> list[ChoiceItem]:
    """All items of a file of records; `columns` maps our fields to its own.

    Options are an object (letter to text) or a list (lettered from A); the answer is a letter. Raises ConfigError for a
    mapping of a field that an item does not have, DataError with file and line for anything that is no whole item.
    """
    for field in columns or {}:
        if field not in WELL_KNOWN:
            raise ConfigError(f"columns: {field!r} is no field of a multiple-choice item; {nearest(field, WELL_KNOWN)}")
    if format_of(path.name) in PLAIN:
        raise DataError(f"{path}: expected records with question, options and answer, such as .jsonl; found plain text")
    return list(_items(Reading(path, strict=True), columns or {}))


def _items(reading: Reading, columns: Mapping[str, str]) -> Iterator[ChoiceItem]:
    none = True
    for number, record in enumerate(read_file(reading), start=1):
        none = False
        found = {field: _value(record, field, columns, reading) for field in WELL_KNOWN}
        letters, options = _options(found["options"], reading)
        answer = str(found["answer"]).strip()
        if answer not in letters:
            raise DataError(
                f"{reading}: expected an answer among {', '.join(letters)}, found {answer!r}; mend the line"
            )
        text = {field: str(found[field] or "").strip() for field in ("question", "context", "dataset", "id")}
        if not text["question"]:
            raise DataError(f"{reading}: expected a question, found empty text; mend the line")
        name = text["dataset"] or reading.path.name.partition(".")[0]
        yield ChoiceItem(
            name, text["id"] or str(number), text["question"], text["context"], letters, options, letters.index(answer)
        )
    if none:
        raise DataError(f"{reading.name}: expected multiple-choice questions, found an empty file; name another")


def _value(record: Mapping[str, Any], field: str, columns: Mapping[str, str], reading: Reading) -> Any:
    expected = (columns[field],) if field in columns else WELL_KNOWN[field]
    for name in expected:
        if name in record:
            return record[name]
    if field in columns or field in NEEDED:
        raise DataError(
            f"{reading}: expected a column {' or '.join(map(repr, expected))} for the {field}, found "
            f"{', '.join(map(repr, list(record)[:20])) or 'none'}; name the right one in the suite's [measures.columns]"
        )
    return None


def _options(value: Any, reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(letters, texts) of an item's options."""
    if isinstance(value, list):
        value = dict(zip(LETTERS, value, strict=False)) if len(value) <= len(LETTERS) else None
    if not isinstance(value, dict) or len(value) < 2:
        raise DataError(f"{reading}: expected options as letter to text, two or more, found {value!r}"[:300])
    for letter, text in value.items():
        if not isinstance(text, str) or not text.strip():
            raise DataError(f"{reading}: expected a text for option {letter}, found {text!r}; mend the line")
    return tuple(map(str, value)), tuple(text.strip() for text in value.values())


def sample_of(items: Sequence[T], limit: int, seed: int) -> list[T]:
    """`limit` items, drawn without replacement by `seed` and kept in their order; all for 0."""
    if not limit or limit >= len(items):
        return list(items)
    chosen = np.random.default_rng(seed).choice(len(items), limit, replace=False)
    return [items[number] for number in sorted(chosen)]
