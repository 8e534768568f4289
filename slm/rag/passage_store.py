"""The passages of an index and where they come from, in one SQLite file: the truth that all else is derived from.

What lies beside them (encoder, domain, measurements) are files in the same folder. Knows nothing of ranking.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from slm.atomic_write import existing_folder, new_folder, write_bytes
from slm.errors import DataError
from slm.rag import schema
from slm.rag.passages import Piece
from slm.rag.store import Store, passage_rows

DAMAGE = (sqlite3.Error, UnicodeError, OverflowError, TypeError)
"""What reading a damaged database raises: SQLite's own errors, and values that are not what the table's columns say."""


class PassageStore(Store):
    """One index opened; `open` for readers, `open_for_writing` for the one who changes it."""

    def __init__(self, path: Path, connection: sqlite3.Connection, writable: bool = False):
        self.path, self.place = path, path.parent
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
    def exists(cls, folder: Path) -> bool:
        return (folder / schema.FILE).is_file()

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

    def _run(self, statement: str, values: Sequence[Any] = ()) -> Iterable[tuple]:
        return self.connection.execute(statement, values)

    def _readable(self) -> contextlib.AbstractContextManager[None]:
        return readable(self.path)

    def copy(self, folder: Path) -> None:
        """Write the state that readers see into another folder. Raises DataError, OSError."""
        with readable(self.path), contextlib.closing(sqlite3.connect(folder / schema.FILE)) as other:
            self.connection.backup(other)

    def having(self, phrases: Sequence[str]) -> list[int]:
        """The numbers of the passages that have all of these phrases, word for word, in any case."""
        expression = " AND ".join('"' + phrase.replace('"', " ").replace("\0", " ") + '"' for phrase in phrases)
        with readable(self.path):
            rows = self.connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (expression,))
            return [number for (number,) in rows]

    def _has_tables(self) -> bool:
        return bool(self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    @contextlib.contextmanager
    def without(self, documents: Sequence[int]) -> Iterator[Store]:
        """In a copy of the folder, with what was derived, so that vectors need not be made again. Raises OSError."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "index"
            shutil.copytree(self.place, folder, ignore=shutil.ignore_patterns(f"{schema.FILE}*"))
            self.copy(folder)
            with PassageStore.open_for_writing(folder) as store, store.changing():
                store.remove_documents(documents)
                store.stamp_anew()
            with PassageStore.open(folder) as store:
                yield store

    @contextlib.contextmanager
    def beside(self, prefix: str) -> Iterator[Path]:
        yield self.place

    def put_beside(self, name: str, source: Path) -> None:
        own = existing_folder(self.place / name)
        if own.exists() and own.resolve() == source.resolve():
            return
        if source.is_file():
            write_bytes(self.place / name, source.read_bytes())
            return
        with new_folder(self.place / name) as temporary:
            shutil.copytree(source, temporary, dirs_exist_ok=True)

    def size_bytes(self) -> int:
        return self.path.stat().st_size

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
            passage_rows(document, text, pieces),
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

    def _search_anew(self) -> None:
        self.connection.execute("INSERT INTO words (words) VALUES ('rebuild')")


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
