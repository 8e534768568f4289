"""Documents looked through for personal data: how much of which kind, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from slm.audit.personal import Found, find
from slm.data.documents import DocumentsConfig
from slm.data.files import Reading, read_file
from slm.data.sources import resolve_sources
from slm.data.split_files import evenly_spread
from slm.data.token_store import TokenStore

PLACES = 1000  # that are kept of each kind: counts go on
HINTED = 200  # documents that `hint` looks at: a tenth of a second
NOT_FOUND = (
    "names, relatives, employers, ages, dates other than of birth, pictures, and whatever tells a person without a "
    "form of its own; numbers that only words in other languages than English announce"
)


@dataclass(frozen=True)
class Place:
    """Where something stands, and its shape."""

    where: str
    masked: str


@dataclass
class Scan:
    """What was found of each kind."""

    documents: int = 0
    with_any: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    in_documents: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        kinds = {
            name: {"found": self.counts[name], "documents": self.in_documents[name],
                   "places": [vars(place) for place in self.places[name]]}
            for name in self.counts
        }  # fmt: skip
        return {"documents": self.documents, "with_any": self.with_any, "kinds": kinds, "not_looked_for": NOT_FOUND,
                "unreadable": self.unreadable}  # fmt: skip


def scan_documents(
    config: DocumentsConfig, progress: Callable[[int, int], None] = lambda done, total: None
) -> Scan:
    """Look through every text of every record, whatever its column, as a stream.

    Raises DataError where a source is missing or nothing in it can be read.
    """
    training, validation = resolve_sources(config)
    sources = (*training, *validation)
    scan, total = Scan(), sum(file.bytes for source in sources for file in source.files)
    done = 0
    for source in sources:
        for number, record in enumerate(source.records(), start=1):
            name = f"{source.source}, document {number:,}"
            scan_record(scan, record, lambda column, line, name=name: f"{name}{column}")
        for file in source.files:
            reading = Reading(file.path, file.name, config.separator, config.strict)
            for record in read_file(reading):
                scan_record(scan, record, _placing(reading))
                progress(min(done + reading.bytes_read, total - 1), total)
            if reading.skipped:
                scan.unreadable.append((reading.name, reading.problem))
            done += file.bytes
    return scan


def hint(store: TokenStore) -> str:
    """A line about personal data in a few of the training documents of a store, '' where they hold none."""
    numbers, kinds, holding = evenly_spread(store.train.documents, HINTED), {}, 0
    for number in numbers:
        found = [one.kind for one in find(store.tokenizer.decode(store.train.document(int(number))[:-1].tolist()))]
        kinds |= dict.fromkeys(found)
        holding += bool(found)
    if not holding:
        return ""
    return (
        f"what looks like personal data ({', '.join(kinds)}) stands in {holding:,} of {len(numbers):,} documents that "
        "were looked at; slm audit DOCUMENTS --personal shows all places"
    )


def _placing(reading: Reading) -> Callable[[str, int], str]:
    def place(column: str, line: int) -> str:
        if column:
            return f"{reading}{column}"
        return f"{reading.name}, {reading.unit} {max(1, reading.line) + line}"

    return place


def scan_record(scan: Scan, record: dict[str, Any], place: Callable[[str, int], str]) -> None:
    """Add what a record holds; `place` names a place by ', column NAME' ('' in plain text) and lines from the start."""
    scan.documents += 1
    kinds = set()
    for column, text in _texts(record):
        for found in find(text):
            kinds.add(found.kind)
            scan.counts[found.kind] = scan.counts.get(found.kind, 0) + 1
            kept = scan.places.setdefault(found.kind, [])
            if len(kept) < PLACES:
                kept.append(Place(place(column, _line(text, found)), found.masked))
    scan.with_any += bool(kinds)
    for kind in kinds:
        scan.in_documents[kind] = scan.in_documents.get(kind, 0) + 1


def _texts(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    alone = record.keys() <= {"text", "title"}
    for name, value in record.items():
        if isinstance(value, str):
            yield ("" if alone else f", column {name!r}"), value
        elif isinstance(value, (list, dict)):
            inner = value.values() if isinstance(value, dict) else value
            yield f", column {name!r}", "\n".join(part for part in inner if isinstance(part, str))
        elif isinstance(value, int) and not isinstance(value, bool):
            yield f", column {name!r}", f"{name}: {value}"  # a number alone says what it is by its column


def _line(text: str, found: Found) -> int:
    return text.count("\n", 0, found.start)


