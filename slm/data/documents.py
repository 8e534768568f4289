"""Documents from any source, as one stream of clean records that are split into training and validation.

Puts the pieces together: sources, files, columns, cleaning. Knows nothing of tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from slm.data.cleaning import Deduplicator, hold_out, tidy, without_surrogates
from slm.data.columns import FIELDS, Columns
from slm.data.files import PLAIN, format_of, read_file
from slm.data.reading import Reading
from slm.data.sources import Source, SourceFile, resolve_sources
from slm.errors import ConfigError, DataError

CLEANING_VERSION = 1
"""Raised whenever this package would make other documents from the same files."""


@dataclass(frozen=True)
class DocumentsConfig:
    """Which documents to read, and how. Raises `ConfigError` that names the field."""

    source: tuple[str, ...]
    """Where documents come from: files, folders, globs, addresses (s3://...), 'hub:owner/name', 'samples:stories'."""
    validation: tuple[str, ...] = ()
    """Sources of validation documents; where empty, the dataset's own validation split, else some are held out."""
    kind: str = "text"
    """'text', or 'question_answer' for records of a question, a response and perhaps the reasoning between."""
    columns: dict[str, str] = field(default_factory=dict)
    """Column of each field (text; question, reasoning, response); those left out are found by well-known names."""
    config: str = ""
    """Configuration of a hub dataset; its default where empty."""
    split: str = "train"
    """Split of a hub dataset to train on."""
    validation_split: str = ""
    """Split of a hub dataset to validate on; where empty, validation, valid, val or dev if it has one."""
    revision: str = ""
    """Branch, tag or commit of a hub dataset; its main branch where empty."""
    separator: str = "<|endoftext|>"
    """What stands between two documents in .txt files; a file without it is one document."""
    strict: bool = False
    """Stop at the first file or line that cannot be read, instead of counting it."""
    holdout: float = 0.05
    """Share of the documents that is held out for validation where there is no validation split or source."""
    limit: int = 0
    """Read at most so many documents of the training sources; 0 reads all."""
    seed: int = 0
    """Seed of the choice which documents are held out."""

    def __post_init__(self) -> None:
        for name in ("source", "validation"):
            value = getattr(self, name)
            items = (value,) if isinstance(value, (str, Path)) else value
            object.__setattr__(self, name, tuple(map(str, items)))
            if not all(item.strip() for item in getattr(self, name)):
                raise ConfigError(f"{name}: expected files, folders, globs, hub: or samples: names, got {value!r}")
        if not self.source:
            raise ConfigError("source: expected at least one file, folder, glob, hub: or samples: name, got none")
        Columns(self.kind, self.columns)
        self._check_hub_fields()
        if not self.separator:
            raise ConfigError("separator: expected the text between two documents, got ''")
        if not 0 < self.holdout <= 0.5:
            raise ConfigError(f"holdout: expected a share above 0 and up to 0.5, got {self.holdout}")
        if self.limit < 0:
            raise ConfigError(f"limit: expected a number of documents, or 0 for all, got {self.limit}")

    def _check_hub_fields(self) -> None:
        if not self.split:
            raise ConfigError("split: expected the name of a split, got ''")
        if any(source.startswith("hub:") for source in self.source + self.validation):
            return
        for name in ("config", "revision", "validation_split"):
            if getattr(self, name):
                raise ConfigError(f"{name}: {getattr(self, name)!r} applies to hub: sources alone, and there is none")
        if self.split != "train":
            raise ConfigError(f"split: {self.split!r} applies to hub: sources alone, and there is none")


@dataclass
class Counts:
    """What became of the documents: `read` is the sum of the four that follow it."""

    read: int = 0
    empty: int = 0
    duplicates: int = 0
    train: int = 0
    validation: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """File and reason, one entry a file, however many of its lines could not be read."""


class DocumentStream:
    """Clean documents from all sources of a config, read anew each time it is iterated.

    Yields (split, record): split is 'train' or 'validation', record maps 'text', or 'question', 'reasoning' ('' where
    there is none) and 'response', to text. Validation sources come first, so that a training document that also
    stands there is dropped as a duplicate. Raises `DataError` for a wrong column, for anything unreadable when
    strict, and at the end when either split got no document.
    """

    def __init__(self, config: DocumentsConfig, training: tuple[Source, ...], validation: tuple[Source, ...]):
        self.config = config
        self.counts = Counts()
        self._training = training
        self._validation = validation
        self.ordered_sources = validation + training
        self._bytes_done = 0
        self._reading = Reading(Path())

    @property
    def sources(self) -> list[dict[str, Any]]:
        """What a manifest keeps of the sources: files with sizes and dates, commits, versions."""
        return [source.manifest() for source in self.ordered_sources]

    @property
    def synthetic(self) -> bool:
        """Are built-in samples among the sources?"""
        return any(source.synthetic for source in self.ordered_sources)

    @property
    def notes(self) -> list[str]:
        """What a person should be told about the sources: skipped files, a copy from the cache."""
        return list(dict.fromkeys(note for source in self.ordered_sources for note in source.notes()))

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over all that decides what comes out: settings, files, commits, versions."""
        identities = [[source.identity() for source in sources] for sources in (self._training, self._validation)]
        content = json.dumps([CLEANING_VERSION, asdict(self.config), identities], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def bytes_total(self) -> int | None:
        """Bytes of all files as they lie on disk; None when built-in samples are among them."""
        if self.synthetic:
            return None
        return sum(file.bytes for source in self.ordered_sources for file in source.files)

    @property
    def bytes_read(self) -> int:
        """How many of those bytes have been read so far; may be asked from another thread."""
        return self._bytes_done + self._reading.bytes_read

    @property
    def place(self) -> str:
        """File and line of the document at hand, '' where it is of no file."""
        return "" if self._reading.path == Path() else str(self._reading)

    def __iter__(self) -> Iterator[tuple[str, dict[str, str]]]:
        self.counts = Counts()
        self._bytes_done = 0
        seen = Deduplicator()
        held_out = hold_out(self.config.holdout, self.config.seed)
        if self._validation:
            yield from self._clean(self._values(self._validation), repeat(True), seen)
            held_out = repeat(False)
        values = self._values(self._training)
        yield from self._clean(islice(values, self.config.limit or None), held_out, seen)
        values.close()  # it may have stopped in the middle of a file
        self._check_splits()

    def _clean(
        self, documents: Iterator[list[str]], held_out: Iterator[bool], seen: Deduplicator
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """Drop empty documents and duplicates, and say for each that stays which split it belongs to."""
        counts = self.counts
        fields = FIELDS[self.config.kind]
        for values in documents:
            counts.read += 1
            values, content = clean(values)
            if not content:
                counts.empty += 1
                continue
            if not seen.is_new(content):
                counts.duplicates += 1
                continue
            if next(held_out):
                counts.validation += 1
                yield "validation", dict(zip(fields, values, strict=True))
            else:
                counts.train += 1
                yield "train", dict(zip(fields, values, strict=True))

    def _values(self, sources: tuple[Source, ...]) -> Generator[list[str], None, None]:
        """The fields of every document of the sources, as they stand there."""
        for source in sources:
            columns = Columns(self.config.kind, self.config.columns)
            for record in source.records():
                yield columns.read(record, source.source)
            for file in source.files:
                self._reading = reading_of(file, self.config, columns)
                try:
                    yield from file_values(self._reading, columns)
                finally:
                    self._file_done(self._reading, file.bytes)

    def _file_done(self, reading: Reading, size: int) -> None:
        self._reading = Reading(Path())
        self._bytes_done += size
        if reading.skipped:
            self.counts.unreadable.append((reading.name, and_more(reading.problem, reading.skipped)))

    def _check_splits(self) -> None:
        """Raise `DataError` when there is nothing to train on or nothing to validate on."""
        counts = self.counts
        kept = counts.train + counts.validation
        if counts.train and counts.validation:
            return
        if kept and not self._validation:
            raise DataError(
                f"expected at least 2 documents, so that one can be held out for validation, found {kept}"
                f"{self._losses()}; say with --separator what stands between two documents, or name "
                "documents to validate on with --validation"
            )
        purpose, sources = ("validate", self._validation) if counts.train else ("train", self._training)
        names = ", ".join(source.source for source in sources)
        raise DataError(f"expected documents to {purpose} on in {names}, found none{self._losses()}")

    def _losses(self) -> str:
        """How documents were lost, in brackets, '' where none were."""
        counts = self.counts
        losses = [f"{counts.empty:,} empty"] * bool(counts.empty)
        losses += [f"{counts.duplicates:,} duplicates"] * bool(counts.duplicates)
        losses += [f"{name}: {reason}" for name, reason in counts.unreadable[:1]]
        return f" ({'; '.join(losses)})" if losses else ""


def reading_of(file: SourceFile, config: DocumentsConfig, columns: Columns, **limits: Any) -> Reading:
    """How `file` is read; `limits` are its `begin` and `end`."""
    wanted = partial(columns.choose, where=file.name)
    return Reading(
        file.path, file.name, config.separator, config.strict, wanted=wanted, address=file.address, **limits
    )


def file_values(reading: Reading, columns: Columns) -> Iterator[list[str]]:
    """The fields of every document of one file, as they stand there."""
    if columns.kind == "text" and format_of(reading.path.name) in PLAIN:
        for record in read_file(reading):
            yield [record["text"]]
    else:
        for record in read_file(reading):
            yield columns.read(record, reading)


def clean(values: list[str]) -> tuple[list[str], bytes]:
    """The fields of a document, tidied, and its content, by which it is known again: b"" where it is empty."""
    values = list(map(tidy, values))
    if not (values[0] and values[-1]):  # what stands between, the reasoning, may be empty
        return values, b""
    try:
        return values, b"\xff".join(map(str.encode, values))  # a byte that UTF-8 never has
    except UnicodeEncodeError:
        values = list(map(without_surrogates, values))
        return values, b"\xff".join(map(str.encode, values))


def and_more(problem: str, count: int) -> str:
    """The first of `count` problems of a file, and how many came after it."""
    return f"{problem} and {count - 1} more" if count > 1 else problem


def open_documents(config: DocumentsConfig) -> DocumentStream:
    """Find all sources of `config` and fetch those on the hub, without reading the documents.

    Raises `DataError` where a source is missing or has no file that can be read, `NetworkError` where it must be
    fetched and cannot be, `ConfigError` for a name that means nothing.
    """
    training, validation = resolve_sources(config)
    return DocumentStream(config, training, validation)
