"""Which of a record's columns is the text, the question, the reasoning, the response.

Knows the names that public datasets use and what a person mapped; knows nothing of files or of cleaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slm.errors import ConfigError, DataError, nearest

FIELDS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "question_answer": ("question", "reasoning", "response"),
}
"""The fields of a document, by kind."""

OPTIONAL = ("reasoning",)

WELL_KNOWN: dict[str, tuple[str, ...]] = {
    "text": ("text", "content", "story", "document", "body"),
    "question": ("question", "instruction", "prompt", "query"),
    "reasoning": ("complex_cot", "reasoning", "rationale", "chain_of_thought", "cot"),
    "response": ("response", "answer", "output", "completion"),
}
"""Names under which public datasets hold a field, in lower case, the likeliest first."""


class Columns:
    """Reads the fields of one kind of document out of records.

    `mapping` goes from our field to their column; a field that it leaves out is found by its well-known names,
    in any case. Raises `ConfigError` for a mapping of a field that the kind does not have.
    """

    def __init__(self, kind: str, mapping: Mapping[str, str]):
        if kind not in FIELDS:
            raise ConfigError(f"kind: expected text or question_answer, got {kind!r}")
        for field in mapping:
            if field not in FIELDS[kind]:
                raise ConfigError(f"columns: {field!r} is no field of kind {kind!r}; {nearest(field, FIELDS[kind])}")
        self.kind = kind
        self.fields = FIELDS[kind]
        self._mapping = dict(mapping)
        self._chosen: dict[tuple[str, ...], tuple[str | None, ...]] = {}

    def choose(self, names: Iterable[str], where: str) -> tuple[str | None, ...]:
        """The column of each field among `names`, None for an optional field that is not there.

        After the fields may stand one more: Alpaca's 'input', a second part of the question. Raises `DataError`
        when a needed column is missing; `where` says which file, for the message.
        """
        names = tuple(names)
        chosen = [self._column(field, names, where) for field in self.fields]
        if self.kind == "question_answer" and chosen[0].lower() == "instruction":
            chosen += [name for name in names if name.lower() == "input"][:1]
        return tuple(chosen)

    def _column(self, field: str, names: tuple[str, ...], where: str) -> str | None:
        if field in self._mapping:
            if self._mapping[field] in names:
                return self._mapping[field]
            raise DataError(self._missing(field, repr(self._mapping[field]), names, where))
        lower = {name.lower(): name for name in reversed(names)}
        for known in WELL_KNOWN[field]:
            if known in lower:
                return lower[known]
        if field in OPTIONAL:
            return None
        raise DataError(self._missing(field, " or ".join(map(repr, WELL_KNOWN[field])), names, where))

    def _missing(self, field: str, expected: str, names: tuple[str, ...], where: str) -> str:
        found = ", ".join(map(repr, names[:20])) or "none"
        return (
            f"{where}: expected a column {expected} for the {field}, found {found}; "
            f"name the right one with --column {field}=NAME{self._other_kind(names)}"
        )

    def _other_kind(self, names: tuple[str, ...]) -> str:
        """A hint for records of the other kind, since that is the likeliest mistake."""
        other = "text" if self.kind == "question_answer" else "question_answer"
        lower = {name.lower() for name in names}
        needed = (WELL_KNOWN[field] for field in FIELDS[other] if field not in OPTIONAL)
        if any(lower.isdisjoint(known) for known in needed):
            return ""
        return f", or read it as kind {other!r}"

    def read(self, record: Mapping[str, Any], where: Any) -> list[str]:
        """The fields of `record` in the order of `fields`, '' for what is null or absent and optional.

        Raises `DataError` for a missing column and for a value that is not text. `str(where)` says which file
        and line.
        """
        names = tuple(record)
        chosen = self._chosen.get(names)
        if chosen is None:
            if len(self._chosen) > 1000:  # records without a fixed set of keys
                self._chosen.clear()
            chosen = self._chosen[names] = self.choose(names, str(where))
        values = list(map(record.get, chosen))
        for index, value in enumerate(values):
            if type(value) is not str:
                values[index] = self._text(value, chosen[index], where)
        if len(values) > len(self.fields):
            addition = values.pop()
            values[0] += f"\n{addition}" if addition.strip() else ""
        return values

    def _text(self, value: Any, name: str, where: Any) -> str:
        if value is None:
            return ""
        raise DataError(
            f"{where}: expected text in column {name!r}, found {type(value).__name__}; "
            "name a column that holds text with --column FIELD=NAME"
        )
