"""Documents for an index out of files: text, title and URL, by the readers of `slm prepare`.

Knows which columns of public data sets hold what; knows nothing of passages or of the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.data.cleaning import tidy, without_surrogates
from slm.data.files import PLAIN, Record, format_of, read_file
from slm.data.reading import Reading
from slm.errors import ConfigError, DataError, nearest

WELL_KNOWN: dict[str, tuple[str, ...]] = {
    "text": ("text", "content", "story", "document", "body", "answer", "response", "output", "completion"),
    "title": ("title", "focus", "heading", "headline", "name", "question", "instruction", "prompt", "query"),
    "url": ("url", "link", "source_url", "href", "doi"),
}
"""Names under which public data sets hold a field, in lower case, the likeliest first. Of a question and its answer the
answer is the text."""

LONGEST_TITLE = 200  # characters
_FIRST_HEADING = re.compile(r"\A\s*(?:#{1,6}[ \t]+(?P<marked>[^\n]+)|(?P<line>[^\n]{1,100})\n\s*\n)")


@dataclass(frozen=True)
class Document:
    """One document as an index takes it: clean text that is not empty."""

    text: str
    title: str
    url: str
    record: int
    """Line or record in its file."""
    unit: str
    """What `record` counts: 'line' or 'record'."""


class FieldColumns:
    """Finds text, title and URL in the records of a file. Raises ConfigError for a mapping of another field."""

    def __init__(self, mapping: Mapping[str, str]):
        for field in mapping:
            if field not in WELL_KNOWN:
                raise ConfigError(f"--column: {field!r} is no field of a document; {nearest(field, WELL_KNOWN)}")
        self._mapping = dict(mapping)

    def choose(self, names: Any, where: str) -> dict[str, str | None]:
        """The column of each field among `names`. Raises DataError where there is none for the text."""
        lower = {name.lower(): name for name in reversed(list(names))}
        chosen: dict[str, str | None] = {}
        for field, known in WELL_KNOWN.items():
            if field in self._mapping:
                chosen[field] = self._mapping[field] if self._mapping[field] in lower.values() else None
                expected = repr(self._mapping[field])
            else:
                chosen[field] = next((lower[name] for name in known if name in lower), None)
                expected = " or ".join(map(repr, known))
            if chosen[field] is None and (field == "text" or field in self._mapping):
                found = ", ".join(map(repr, list(names)[:20])) or "none"
                raise DataError(
                    f"{where}: expected a column {expected} for the {field}, found {found}; "
                    f"name the right one with --column {field}=NAME"
                )
        return chosen

    def wanted(self, names: Any, where: str) -> list[str]:
        """The columns of a table that are needed."""
        return [name for name in self.choose(names, where).values() if name]


def read_documents(reading: Reading, columns: FieldColumns) -> Iterator[Document]:
    """The documents of one file. What cannot be read is left out and counted in `reading`.

    Raises `DataError` where the text's column is missing or the separator never comes.
    """
    reading.wanted = lambda names: columns.wanted(names, reading.name)
    plain = format_of(reading.path.name) in PLAIN
    for record in read_file(reading):
        yield from record_documents(record, columns, reading, plain)


def record_documents(record: Record, columns: FieldColumns, reading: Reading, plain: bool) -> Iterator[Document]:
    """The document of one record; none where its text is empty."""
    if plain:
        text, title, url = record["text"], record.get("title") or "", ""
    else:
        chosen = columns.choose(record, str(reading))
        text, title, url = (record.get(chosen[field]) if chosen[field] else "" for field in ("text", "title", "url"))
        if not isinstance(text, str | None):
            reading.skip(f"expected text in column {chosen['text']!r}, found {type(text).__name__}")
            return
    text = clean(text or "")
    if text:
        title = _one_line(title) or _title_of(text, Path(reading.name), plain)
        yield Document(text, title, _one_line(url), reading.line, reading.unit)


def clean(text: str) -> str:
    """`text` as it is stored: tidy, with a UTF-8 form, without NUL (SQLite ends a text there)."""
    text = tidy(text).replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = without_surrogates(text)
    return text.strip()


def _one_line(value: Any) -> str:
    """A title or an address in one line; '' for what is no text."""
    return clean(" ".join(value[: 10 * LONGEST_TITLE].split()))[:LONGEST_TITLE] if isinstance(value, str) else ""


def _title_of(text: str, path: Path, plain: bool) -> str:
    """The heading that a text begins with, else the name of its file."""
    match = _FIRST_HEADING.match(text) if plain else None
    title = (match["marked"] or match["line"] or "").strip(" #\t") if match else ""
    return _one_line(title) if title and title[-1] not in ".,;:" else path.name.partition(".")[0]
