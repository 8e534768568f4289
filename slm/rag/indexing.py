"""Documents into an index: reads what changed, drops what is gone, in one transaction.

A file is known by its size and time, then by its SHA-256; a document in it by its content. So a table of a million
records with one new line costs one document. Wires reading, passages and the store; ranks nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from slm.data.documents import DocumentsConfig
from slm.data.reading import Reading
from slm.data.sources import Source, resolve_sources
from slm.errors import ConfigError, DataError
from slm.rag import stores
from slm.rag.languages import language_of
from slm.rag.passages import PASSAGE_LENGTH, split
from slm.rag.places import Place
from slm.rag.source_documents import Document, FieldColumns, read_documents, record_documents
from slm.rag.store import IndexedFile, Store, digest_of
from slm.redaction import redacted
from slm.remote.address import is_address

READING_VERSION = 1
"""Raised whenever other documents or passages would come of the same files."""

JUST_NOW_NS = 2_000_000_000  # a file changed so lately may change again without a new time: it is hashed next time

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class IndexSettings:
    """How documents are read and cut."""

    separator: str = "<|endoftext|>"
    """What stands between two documents in .txt files."""
    columns: dict[str, str] = field(default_factory=dict)
    """Column of the text, the title and the url; those left out are found by well-known names."""
    search_titles: bool = True
    """Whether a passage is found by its document's title too, not by its text and heading alone."""
    passage_length: int = PASSAGE_LENGTH
    """Characters of a passage at most, but for what cannot be cut."""

    @classmethod
    def of(cls, reading: str, search_titles: bool) -> IndexSettings:
        """The settings that `reading` was made from."""
        _, separator, columns, length = json.loads(reading)
        return cls(separator, dict(columns), search_titles, length)

    def reading(self) -> str:
        """What the documents of a file depend on, besides the file."""
        return json.dumps([READING_VERSION, self.separator, sorted(self.columns.items()), self.passage_length])


@dataclass
class IndexReport:
    """What became of the documents of one call."""

    files: int = 0
    files_read: int = 0
    files_removed: int = 0
    documents_added: int = 0
    documents_removed: int = 0
    documents_kept: int = 0
    duplicates: int = 0
    """Documents that are, with title and address, the same as another in their file; left out."""
    passages_added: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """File and reason, one entry a file."""
    notes: list[str] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return self.documents_added + self.documents_removed


def index_documents(
    place: Place,
    sources: tuple[str, ...],
    settings: IndexSettings | None = None,
    progress: Progress = lambda what, done, total: None,
    report: IndexReport | None = None,
) -> IndexReport:
    """Bring the index at `place` up to date with these sources; those that it holds of others stay.

    Files of a source that are no longer there are removed with all their passages. What cannot be read is listed in
    the report. Raises DataError, ConfigError, NetworkError, with the index as it was.
    """
    settings = settings or IndexSettings()
    FieldColumns(settings.columns)  # before a folder is made
    found = _resolved(sources, settings)
    with stores.open_for_writing(place, progress) as store, store.changing():
        return _Update(store, settings, progress, report).run(found)


def refresh_index(place: Place, progress: Progress = lambda what, done, total: None) -> IndexReport:
    """Bring the index up to date with all sources that it was made from, each read as it was the first time.

    A source that is gone as a whole keeps its passages, and is listed: it may be a disk that is not there today.
    """
    report = IndexReport()
    stores.open_store(place).close()
    with stores.open_for_writing(place, progress) as store, store.changing():
        readings = {file.source: file.reading for file in store.files().values()}
        for source, reading in readings.items():
            settings = IndexSettings.of(reading, store.search_titles)
            try:
                found = _resolved((source,), settings)
            except (DataError, ConfigError) as error:
                report.unreadable.append((source, f"{error}; to drop its documents: slm index --remove"))
                continue
            _Update(store, settings, progress, report).run(found)
    return report


def remove_sources(place: Place, names: tuple[str, ...]) -> IndexReport:
    """Remove the documents of sources, files or folders. Raises DataError where the index has none of a name."""
    report = IndexReport()
    stores.open_store(place).close()
    with stores.open_for_writing(place) as store, store.changing():
        for name in names:
            named = _absolute(name)
            files = [file for file in store.files().values() if _is_of(file, named)]
            if not files:
                raise DataError(f"{name}: expected a file or source of the index {place}, found nothing of it there")
            for file in files:
                report.documents_removed += store.remove_file(file.id)
                report.files_removed += 1
        store.stamp_anew()
    return report


def _resolved(sources: tuple[str, ...], settings: IndexSettings) -> list[Source]:
    config = DocumentsConfig(source=sources, separator=settings.separator)
    if there := [source for source in sources if is_address(source)]:
        raise ConfigError(f"{redacted(there[0])}: an index is made of files of this machine; copy them here first")
    return [source for use in resolve_sources(config) for source in use]


def _is_of(file: IndexedFile, place: str) -> bool:
    return place in (file.source, file.name) or file.name.startswith(place.rstrip("/\\") + os.sep)


class _Update:
    """One transaction's work: the state that its steps share."""

    def __init__(
        self, store: Store, settings: IndexSettings, progress: Progress, report: IndexReport | None = None
    ):
        self.store, self.settings, self.progress = store, settings, progress
        self.columns = FieldColumns(settings.columns)
        self.report = report or IndexReport()
        self.done_bytes = self.total_bytes = 0

    def run(self, sources: list[Source]) -> IndexReport:
        before = self.report.changes
        retitled = self.store.set_search_titles(self.settings.search_titles)
        known = self.store.files()
        self.total_bytes = sum(file.bytes for source in sources for file in source.files)
        present = set()
        for source in sources:
            self.report.notes += source.notes()
            for file in _files_of(source, self.settings.reading()):
                present.add(file.name)
                self._update_file(source, file, known.get(file.name))
        names = {_absolute(source.source) for source in sources}
        for file in known.values():
            if file.name not in present and _is_gone(file, names):
                self.report.documents_removed += self.store.remove_file(file.id)
                self.report.files_removed += 1
        if self.report.changes > before or retitled or not self.store.stamp:
            self.store.stamp_anew()
        return self.report

    def _update_file(self, source: Source, file: IndexedFile, known: IndexedFile | None) -> None:
        """Bring the documents of one file up to date; nothing to do where neither it nor its reading has changed."""
        self.report.files += 1
        if any("\ud800" <= letter <= "\udfff" for letter in file.name + file.source):
            self._unreadable(file.shown, "its name is not UTF-8; rename it")
            return
        file.shown = known.shown if known else file.shown
        same = known is not None and bool(known.sha256) and known.reading == file.reading
        if not (same and file.modified_ns and _stat(known) == _stat(file)):
            try:
                file.sha256 = file.sha256 or _sha256(Path(file.name))
            except OSError as error:
                self._unreadable(file.shown, error.strerror or str(error))
                return
        if same and file.sha256 in ("", known.sha256):
            file.sha256, file.problem = known.sha256, known.problem
            self.report.documents_kept += self.store.document_count(known.id)
        else:
            self._read_file(source, file)
        if time.time_ns() - file.modified_ns < JUST_NOW_NS:
            file.modified_ns = 0
        self.store.put_file(file)
        self._unreadable(file.shown, file.problem)
        self.done_bytes += file.bytes

    def _unreadable(self, name: str, problem: str) -> None:
        if problem:
            self.report.unreadable.append((name, problem))

    def _read_file(self, source: Source, file: IndexedFile) -> None:
        """Put the documents of the file in the place of those that were there; what is equal stays as it is."""
        self.report.files_read += 1
        number = self.store.put_file(file)
        reading = Reading(Path(file.name), file.shown, self.settings.separator)
        before = self.store.documents_of(number)
        seen: set[bytes] = set()
        problem = ""
        try:
            for document in self._documents(source, reading):
                self._put_document(number, document, before, seen)
                self.progress("indexing", self.done_bytes + min(reading.bytes_read, file.bytes), self.total_bytes)
        except DataError as error:  # a wrong column, say: the file as a whole is not what it should be
            problem = str(error)
        file.problem = problem or _problem(reading)
        if problem or reading.broken:
            file.sha256 = ""  # it is read again next time, and what it once held stays until then
            return
        gone = [document for digest, (document, _) in before.items() if digest not in seen]
        self.store.remove_documents(gone)
        self.report.documents_removed += len(gone)
        if _has_changed(file):
            file.sha256 = ""

    def _documents(self, source: Source, reading: Reading) -> Iterator[Document]:
        if not source.synthetic:
            yield from read_documents(reading, self.columns)
            return
        reading.unit = "record"
        for record in source.records():
            reading.line += 1
            yield from record_documents(record, self.columns, reading, plain=False)

    def _put_document(
        self, file: int, document: Document, before: dict[bytes, tuple[int, int]], seen: set[bytes]
    ) -> None:
        digest = digest_of("\0".join((self.settings.reading(), document.title, document.url, document.text)))
        if digest in seen:
            self.report.duplicates += 1
            return
        seen.add(digest)
        if digest in before:
            self.report.documents_kept += 1
            if before[digest][1] != document.record:
                self.store.move_document(before[digest][0], document.record)
            return
        self.report.documents_added += 1
        self.report.passages_added += self.store.add_document(
            file, document.record, document.unit, digest, document.title, document.url,
            language_of(document.text), document.text, split(document.text, self.settings.passage_length),
        )  # fmt: skip


def _files_of(source: Source, reading: str) -> Iterator[IndexedFile]:
    """The files of a source as they lie there now; built-in samples are one file."""
    name = _absolute(source.source)
    if source.synthetic:
        yield IndexedFile(0, name, name, source.source, 0, 0, source.details["version"], reading, "")
    for file in source.files:
        yield IndexedFile(0, str(file.path.absolute()), name, file.name, file.bytes, file.modified_ns, "", reading, "")


def _absolute(source: str) -> str:
    """What a person named, so that it means the same from another folder."""
    return source if source.startswith(("hub:", "samples:")) else str(Path(source).expanduser().absolute())


def _is_gone(file: IndexedFile, sources: set[str]) -> bool:
    """Whether a file that these sources no longer have should go: it was theirs, or it is nowhere at all."""
    if file.source in sources:
        return True
    return any(_is_of(file, source) for source in sources) and not Path(file.name).exists()


def _stat(file: IndexedFile) -> tuple[int, int]:
    return file.bytes, file.modified_ns


def _has_changed(file: IndexedFile) -> bool:
    """Whether the file was written to while it was read."""
    if not file.modified_ns:
        return False
    try:
        status = Path(file.name).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != _stat(file)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(reading: Reading) -> str:
    more = f" and {reading.skipped - 1:,} more" if reading.skipped > 1 else ""
    return f"{reading.problem}{more}" if reading.problem else ""
