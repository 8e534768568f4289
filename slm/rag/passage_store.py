"""The passages of an index and where they come from, in one SQLite file: the truth that all else is derived from.

Every change is one transaction, so that a process killed at any moment leaves the earlier state or the new one. Each
change draws a new stamp: what was derived from another state is known by it. Knows nothing of ranking.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slm.errors import DataError
from slm.rag import schema
from slm.rag.passages import Passage, Piece

DAMAGE = (sqlite3.Error, UnicodeError, OverflowError, TypeError)
"""What reading a damaged database raises: SQLite's own errors, and values that are not what the table's columns say."""

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


class PassageStore:
    """One index opened; `open` for readers, `open_for_writing` for the one who changes it."""

    def __init__(self, path: Path, connection: sqlite3.Connection, writable: bool = False):
        self.path = path
        self.connection = connection
        self._writable = writable

    @classmethod
    def open(cls, folder: Path) -> PassageStore:
        """The index in `folder`, to read from. Raises DataError where there is none or it is damaged."""
        path = folder / schema.FILE
        if not path.is_file():
            raise DataError(f"{folder}: expected an index, found none; make one: slm index DOCUMENTS --out {folder}")
        with readable(path):
            store = cls(path, schema.connect(path, writable=False))
            if not store._has_tables():
                raise DataError(f"{folder}: the index is empty; make it: slm index DOCUMENTS --out {folder}")
            return store

    @classmethod
    def open_for_writing(cls, folder: Path) -> PassageStore:
        """The index in `folder`, a new one where there is none. Raises DataError, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / schema.FILE
        with readable(path):
            return cls(path, schema.connect(path, writable=True), writable=True)

    def close(self) -> None:
        """End the connection; the one that wrote leaves one plain file, where nobody reads it just now."""
        if self._writable:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("PRAGMA journal_mode = DELETE")
        self.connection.close()

    def __enter__(self) -> PassageStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        with readable(self.path):
            row = self.connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
            return "".join(row or ())

    def counts(self) -> dict[str, int]:
        """Number of files, documents and passages."""
        with readable(self.path):
            return {
                table: self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("files", "documents", "passages")
            }

    def languages(self) -> tuple[str, ...]:
        """The languages of the documents, the commonest first, '' for unknown."""
        with readable(self.path):
            rows = self.connection.execute("SELECT language FROM documents GROUP BY language ORDER BY count(*) DESC")
            return tuple("".join(row) for row in rows)

    def searched(self) -> Iterator[Searched]:
        """What is searched of every passage, in the order of their numbers."""
        with readable(self.path):
            for number, *texts in self.connection.execute("SELECT id, language, text FROM searched ORDER BY id"):
                "".join(texts)  # a TypeError where one is no text
                yield Searched(number, *texts)

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages of these numbers, in their order; those that are gone are left out. Checks each one's text."""
        with readable(self.path):
            found = {row[0]: self._passage(row) for row in self._rows_of(f"{_PASSAGE} WHERE passages.id", ids)}
        return [found[number] for number in map(int, ids) if number in found]

    def searched_texts(self, ids: Sequence[int]) -> dict[int, str]:
        """What is searched of the passages of these numbers; those that are gone are left out."""
        with readable(self.path):
            return dict(self._rows_of("SELECT id, text FROM searched WHERE id", ids))

    def _rows_of(self, query: str, ids: Sequence[int]) -> list[tuple]:
        """The rows of a query that ends with the column of numbers."""
        rows: list[tuple] = []
        for first in range(0, len(ids), AT_A_TIME):
            some = list(map(int, ids[first : first + AT_A_TIME]))
            rows += self.connection.execute(f"{query} IN ({','.join('?' * len(some))})", some).fetchall()
        return rows

    def titles(self) -> dict[int, str]:
        """The title of every document by its number."""
        with readable(self.path):
            return dict(self.connection.execute("SELECT id, title FROM documents ORDER BY id"))

    def copy(self, folder: Path) -> None:
        """Write the state that readers see into another folder. Raises DataError, OSError."""
        with readable(self.path), contextlib.closing(sqlite3.connect(folder / schema.FILE)) as other:
            self.connection.backup(other)

    def passages_of(self, document: int) -> list[Passage]:
        """All passages of a document, in order."""
        with readable(self.path):
            rows = self.connection.execute(f"{_PASSAGE} WHERE document = ? ORDER BY position", (document,))
            return list(map(self._passage, rows))

    def document_text(self, document: int) -> str:
        """The whole text of a document. Raises DataError where there is none of this number."""
        with readable(self.path):
            pieces = self.connection.execute(
                "SELECT before || text FROM passages WHERE document = ? ORDER BY position", (document,)
            ).fetchall()
            tail = self.connection.execute("SELECT tail FROM documents WHERE id = ?", (document,)).fetchone()
            text = "".join(piece for (piece,) in pieces) + "".join(tail or ())
        if tail is None:
            raise DataError(f"{self.path}: no document {document} in this index; it may have been changed meanwhile")
        return text

    def having(self, phrases: Sequence[str]) -> list[int]:
        """The numbers of the passages that have all of these phrases, word for word, in any case."""
        expression = " AND ".join('"' + phrase.replace('"', " ").replace("\0", " ") + '"' for phrase in phrases)
        with readable(self.path):
            rows = self.connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (expression,))
            return [number for (number,) in rows]

    def _passage(self, row: tuple) -> Passage:
        *fields, record, unit, several, checksum = row
        "".join(fields[5:])  # a TypeError where one is no text
        if checksum != _checksum(fields[5], fields[7]):
            raise DataError(f"{self.path}: passage {row[0]} is damaged; delete the index and make it anew: slm index")
        if several:
            fields[-1] += f", {unit} {record}"
        return Passage(*fields)

    def _has_tables(self) -> bool:
        return bool(self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    # Writing

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """One change, whole or not at all. Raises DataError where another process is changing the index."""
        with readable(self.path):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) and "busy" not in str(error):
                    raise
                raise DataError(
                    f"{self.path}: another slm index is writing to this index; start again when it has ended"
                ) from None
            try:
                schema.create_tables(self.connection)
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def set_about(self, key: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    def stamp_anew(self) -> None:
        """Say that passages have changed: raises the version, draws a stamp."""
        self.set_about("version", str(self.version + 1))
        self.set_about("stamp", secrets.token_hex(8))

    def files(self) -> dict[str, IndexedFile]:
        """Every file in the index by its name."""
        rows = self.connection.execute("SELECT * FROM files")
        return {row[1]: IndexedFile(*row) for row in rows}

    def put_file(self, file: IndexedFile) -> int:
        """Add or replace what is known of a file; its number."""
        values = (file.name, file.source, file.shown, file.bytes, file.modified_ns, file.sha256, file.reading,
                  file.problem)  # fmt: skip
        self.connection.execute(
            "INSERT INTO files (name, source, shown, bytes, modified_ns, sha256, reading, problem) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET source = excluded.source, "
            "shown = excluded.shown, bytes = excluded.bytes, modified_ns = excluded.modified_ns, "
            "sha256 = excluded.sha256, reading = excluded.reading, problem = excluded.problem",
            values,
        )
        return self.connection.execute("SELECT id FROM files WHERE name = ?", (file.name,)).fetchone()[0]

    def documents_of(self, file: int) -> dict[bytes, tuple[int, int]]:
        """digest -> (number, record) of the documents of a file."""
        rows = self.connection.execute("SELECT digest, id, record FROM documents WHERE file = ?", (file,))
        return {digest: (number, record) for digest, number, record in rows}

    def document_count(self, file: int) -> int:
        return self.connection.execute("SELECT count(*) FROM documents WHERE file = ?", (file,)).fetchone()[0]

    def move_document(self, document: int, record: int) -> None:
        """The document is now the record of this number in its file."""
        self.connection.execute("UPDATE documents SET record = ? WHERE id = ?", (record, document))

    def add_document(
        self, file: int, record: int, unit: str, digest: bytes, title: str, url: str, language: str, text: str,
        pieces: Sequence[Piece],
    ) -> int:  # fmt: skip
        """Store one document as its passages; their number."""
        tail = text[pieces[-1].end :] if pieces else text
        cursor = self.connection.execute(
            "INSERT INTO documents (file, record, unit, digest, title, url, language, tail) VALUES (?,?,?,?,?,?,?,?)",
            (file, record, unit, digest, title, url, language, tail),
        )
        document = cursor.lastrowid
        self.connection.executemany(
            'INSERT INTO passages (document, position, start, "end", before, text, heading, checksum) '
            "VALUES (?,?,?,?,?,?,?,?)",
            _rows(document, text, pieces),
        )
        self.connection.execute(
            "INSERT INTO words (rowid, text) SELECT id, text FROM searched WHERE document = ?", (document,)
        )
        return len(pieces)

    def remove_documents(self, documents: Sequence[int]) -> None:
        """Delete documents with all their passages and words."""
        for document in documents:
            self.connection.execute(
                "INSERT INTO words (words, rowid, text) SELECT 'delete', id, text FROM searched WHERE document = ?",
                (document,),
            )
            self.connection.execute("DELETE FROM passages WHERE document = ?", (document,))
            self.connection.execute("DELETE FROM documents WHERE id = ?", (document,))

    def remove_file(self, file: int) -> int:
        """Delete a file with all its documents; their number."""
        rows = self.connection.execute("SELECT id FROM documents WHERE file = ?", (file,)).fetchall()
        self.remove_documents([number for (number,) in rows])
        self.connection.execute("DELETE FROM files WHERE id = ?", (file,))
        return len(rows)

    def set_search_titles(self, wanted: bool) -> bool:
        """Search titles or not from now on; whether that is a change of an index that has passages."""
        value = "yes" if wanted else "no"
        before = self.about("search_titles")
        self.set_about("search_titles", value)
        if before in ("", value):
            return False
        self.connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
        return True


_PASSAGE = """SELECT passages.id, document, position, start, "end", passages.text, title, heading, url, shown,
    record, unit, (SELECT count(*) FROM (SELECT 1 FROM documents AS other WHERE other.file = files.id LIMIT 2)) > 1,
    checksum
    FROM passages JOIN documents ON documents.id = document JOIN files ON files.id = file"""


def _rows(document: int, text: str, pieces: Sequence[Piece]) -> Iterator[tuple]:
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


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a DataError that says what to do."""
    try:
        yield
    except DAMAGE as error:
        reason = " ".join(str(error).split())
        if "disk is full" in reason or "readonly" in reason or "unable to open" in reason:
            raise DataError(f"{path}: {reason}; see disk space and permissions") from None
        if "locked" in reason:
            raise DataError(f"{path}: another process is busy with this index; try again in a moment") from None
        raise DataError(
            f"{path}: expected an index of slm, found a damaged file ({reason}); delete its folder and make it anew "
            "with slm index"
        ) from None
