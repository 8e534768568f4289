"""What every store of an index can do, with the SQL that all of them understand: text in, passages out.

A store is one SQLite file (`slm.rag.passage_store`) or one schema of a PostgreSQL server (`slm.rag.postgres`). Every
change is one transaction, so that a process killed at any moment leaves the earlier state or the new one. Each change
draws a new stamp: what was derived from another state is known by it. Knows nothing of ranking.
"""

from __future__ import annotations

import abc
import hashlib
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.errors import DataError
from slm.rag.passages import Passage, Piece
from slm.rag.places import Place

AT_A_TIME = 500  # numbers in one SQL statement


@dataclass(frozen=True)
class Searched:
    """What is searched of one passage: its title (where titles are), heading and text."""

    id: int
    language: str
    """ISO 639-1, '' where unknown."""
    text: str


@dataclass
class IndexedFile:
    """One file of documents as the index knows it."""

    id: int
    name: str
    """Absolute path, or what stands for it: 'samples:medical'."""
    source: str
    """What the person named: a file, folder, glob, hub: or samples: name."""
    shown: str
    """The name in messages and citations."""
    bytes: int
    modified_ns: int
    sha256: str
    """Of the whole file; '' where it must be read again in any case."""
    reading: str
    """How it was read: separator, columns, versions."""
    problem: str
    """What could not be read of it, '' for nothing."""


class Store(abc.ABC):
    """One index opened. Statements have ``?`` for values; `_run` speaks to the database, errors turned into ours."""

    place: Place
    """Where the index is, as messages name it."""

    @abc.abstractmethod
    def _run(self, statement: str, values: Sequence[Any] = ()) -> Iterable[tuple]:
        """The rows of a statement."""

    def _one(self, statement: str, values: Sequence[Any] = ()) -> tuple | None:
        return next(iter(self._run(statement, values)), None)

    @abc.abstractmethod
    def _readable(self) -> AbstractContextManager[None]:
        """Turns the database's errors into one of ours that says what to do."""

    @abc.abstractmethod
    def changing(self) -> AbstractContextManager[None]:
        """One change, whole or not at all. Raises DataError where another process is changing the index."""

    @abc.abstractmethod
    def add_document(
        self, file: int, record: int, unit: str, digest: bytes, title: str, url: str, language: str, text: str,
        pieces: Sequence[Piece],
    ) -> int:  # fmt: skip
        """Store one document as its passages; their number."""

    @abc.abstractmethod
    def remove_documents(self, documents: Sequence[int]) -> None:
        """Delete documents with all their passages and words."""

    @abc.abstractmethod
    def _search_anew(self) -> None:
        """Make anew what is kept of the searched texts, all of which are others now."""

    @abc.abstractmethod
    def without(self, documents: Sequence[int]) -> AbstractContextManager[Store]:
        """The index as it would be without these documents, for as long as it is asked; it stays as it is."""

    @abc.abstractmethod
    def beside(self, prefix: str) -> AbstractContextManager[Path]:
        """A folder with what lies beside the passages under names that begin with `prefix`, to read from."""

    @abc.abstractmethod
    def put_beside(self, name: str, source: Path) -> None:
        """Keep a copy of a file or folder under `name`, in place of the old one. Raises OSError, DataError."""

    @abc.abstractmethod
    def size_bytes(self) -> int:
        """On the disk: text and all that every reader needs to search it by words."""

    @abc.abstractmethod
    def close(self) -> None:
        """End the connection."""

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """In a few words, for titles."""
        return self.place.resolve().name if isinstance(self.place, Path) else str(self.place)

    # Reading

    @property
    def stamp(self) -> str:
        """Of the state that readers see: another after every change of a passage."""
        return self.about("stamp")

    @property
    def version(self) -> int:
        """How many changes there were."""
        number = self.about("version")
        return int(number) if number.isdigit() else 0

    @property
    def search_titles(self) -> bool:
        """Whether titles are searched together with the text."""
        return self.about("search_titles") == "yes"

    def about(self, key: str) -> str:
        with self._readable():
            row = self._one("SELECT value FROM about WHERE key = ?", (key,))
            return "".join(row or ())

    def counts(self) -> dict[str, int]:
        """Number of files, documents and passages."""
        with self._readable():
            tables = ("files", "documents", "passages")
            return {table: self._one(f"SELECT count(*) FROM {table}")[0] for table in tables}

    def languages(self) -> tuple[str, ...]:
        """The languages of the documents, the commonest first, '' for unknown."""
        with self._readable():
            rows = self._run("SELECT language FROM documents GROUP BY language ORDER BY count(*) DESC")
            return tuple("".join(row) for row in rows)

    def searched(self) -> Iterator[Searched]:
        """What is searched of every passage, in the order of their numbers."""
        with self._readable():
            for number, *texts in self._run("SELECT id, language, text FROM searched ORDER BY id"):
                "".join(texts)  # a TypeError where one is no text
                yield Searched(number, *texts)

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages of these numbers, in their order; those that are gone are left out. Checks each one's text."""
        with self._readable():
            found = {row[0]: self._passage(row) for row in self._rows_of(f"{_PASSAGE} WHERE passages.id", ids)}
        return [found[number] for number in map(int, ids) if number in found]

    def searched_texts(self, ids: Sequence[int]) -> dict[int, str]:
        """What is searched of the passages of these numbers; those that are gone are left out."""
        with self._readable():
            return dict(self._rows_of("SELECT id, text FROM searched WHERE id", ids))

    def _rows_of(self, query: str, ids: Sequence[int]) -> list[tuple]:
        """The rows of a query that ends with the column of numbers."""
        rows: list[tuple] = []
        for first in range(0, len(ids), AT_A_TIME):
            some = list(map(int, ids[first : first + AT_A_TIME]))
            rows += self._run(f"{query} IN ({','.join('?' * len(some))})", some)
        return rows

    def titles(self) -> dict[int, str]:
        """The title of every document by its number."""
        with self._readable():
            return dict(self._run("SELECT id, title FROM documents ORDER BY id"))

    def passages_of(self, document: int) -> list[Passage]:
        """All passages of a document, in order."""
        with self._readable():
            rows = self._run(f"{_PASSAGE} WHERE document = ? ORDER BY position", (document,))
            return list(map(self._passage, rows))

    def document_text(self, document: int) -> str:
        """The whole text of a document. Raises DataError where there is none of this number."""
        with self._readable():
            own = "SELECT before || text FROM passages WHERE document = ? ORDER BY position"
            pieces = list(self._run(own, (document,)))
            tail = self._one("SELECT tail FROM documents WHERE id = ?", (document,))
            text = "".join(piece for (piece,) in pieces) + "".join(tail or ())
        if tail is None:
            raise DataError(f"{self.place}: no document {document} in this index; it may have been changed meanwhile")
        return text

    def _passage(self, row: tuple) -> Passage:
        *fields, record, unit, checksum, several = row
        "".join(fields[5:])  # a TypeError where one is no text
        if checksum != _checksum(fields[5], fields[7]):
            raise DataError(f"{self.place}: passage {row[0]} is damaged; delete the index and make it anew: slm index")
        if several:
            fields[-1] += f", {unit} {record}"
        return Passage(*fields)

    # Writing

    def set_about(self, key: str, value: str) -> None:
        self._run(
            "INSERT INTO about VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def stamp_anew(self) -> None:
        """Say that passages have changed: raises the version, draws a stamp."""
        self.set_about("version", str(self.version + 1))
        self.set_about("stamp", secrets.token_hex(8))

    def files(self) -> dict[str, IndexedFile]:
        """Every file in the index by its name."""
        rows = self._run("SELECT * FROM files")
        return {row[1]: IndexedFile(*row) for row in rows}

    def put_file(self, file: IndexedFile) -> int:
        """Add or replace what is known of a file; its number."""
        values = (file.name, file.source, file.shown, file.bytes, file.modified_ns, file.sha256, file.reading,
                  file.problem)  # fmt: skip
        self._run(
            "INSERT INTO files (name, source, shown, bytes, modified_ns, sha256, reading, problem) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET source = excluded.source, "
            "shown = excluded.shown, bytes = excluded.bytes, modified_ns = excluded.modified_ns, "
            "sha256 = excluded.sha256, reading = excluded.reading, problem = excluded.problem",
            values,
        )
        return self._one("SELECT id FROM files WHERE name = ?", (file.name,))[0]

    def documents_of(self, file: int) -> dict[bytes, tuple[int, int]]:
        """digest -> (number, record) of the documents of a file."""
        rows = self._run("SELECT digest, id, record FROM documents WHERE file = ?", (file,))
        return {digest: (number, record) for digest, number, record in rows}

    def document_count(self, file: int) -> int:
        return self._one("SELECT count(*) FROM documents WHERE file = ?", (file,))[0]

    def move_document(self, document: int, record: int) -> None:
        """The document is now the record of this number in its file."""
        self._run("UPDATE documents SET record = ? WHERE id = ?", (record, document))

    def remove_file(self, file: int) -> int:
        """Delete a file with all its documents; their number."""
        documents = [number for (number,) in self._run("SELECT id FROM documents WHERE file = ?", (file,))]
        self.remove_documents(documents)
        self._run("DELETE FROM files WHERE id = ?", (file,))
        return len(documents)

    def set_search_titles(self, wanted: bool) -> bool:
        """Search titles or not from now on; whether that is a change of an index that has passages."""
        value = "yes" if wanted else "no"
        before = self.about("search_titles")
        self.set_about("search_titles", value)
        if before in ("", value):
            return False
        self._search_anew()
        return True


_PASSAGE = """SELECT passages.id, document, position, start, "end", passages.text, title, heading, url, shown,
    record, unit, checksum,
    (SELECT count(*) FROM (SELECT 1 FROM documents AS other WHERE other.file = files.id LIMIT 2) AS two) > 1
    FROM passages JOIN documents ON documents.id = document JOIN files ON files.id = file"""


def passage_rows(document: int, text: str, pieces: Sequence[Piece]) -> Iterator[tuple]:
    """A row of the table `passages` for each piece, but for its number."""
    place = 0
    for position, piece in enumerate(pieces):
        own = text[piece.start : piece.end]
        before = text[place : piece.start]
        yield document, position, piece.start, piece.end, before, own, piece.heading, _checksum(own, piece.heading)
        place = piece.end


def digest_of(text: str) -> bytes:
    """16 bytes that tell a text from all others."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _checksum(text: str, heading: str) -> int:
    return zlib.crc32(f"{heading}\n{text}".encode())
