"""The passages of an index in a schema of a PostgreSQL server, for many machines that read it and take turns to write.

One change is one transaction, which also brings along all that is derived (`slm.rag.postgres.derived`), and holds an
advisory lock, so that a second writer is refused. Documents are sent many at a time. Reads that a cut connection
interrupts are asked once more of a new one.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from slm.errors import DataError, NetworkError
from slm.rag.passages import Piece
from slm.rag.places import Address
from slm.rag.postgres import schema
from slm.rag.postgres.derived import Derived
from slm.rag.postgres.failures import readable
from slm.rag.store import Store, passage_rows
from slm.rag.vectors import ENCODER

LOCK = 0x736C6D31  # 'slm1': of the advisory locks; the other half is the schema's name
DOCUMENTS_AT_A_TIME = 500
DOCUMENT = ("id", "file", "record", "unit", "digest", "title", "url", "language", "tail")
PASSAGE = ("id", "document", "position", "start", '"end"', "before", "text", "heading", "checksum")

Progress = Callable[[str, int, int], None]


class PostgresStore(Store):
    """One index opened; `open` for readers, `open_for_writing` for the one who changes it."""

    def __init__(self, address: Address, connection: Any, progress: Progress = lambda what, done, total: None):
        self.place, self.connection, self.progress = address, connection, progress
        self.derived: Derived | None = None  # while the index is being changed
        self._documents: list[tuple] = []  # rows that are not yet sent
        self._passages: list[tuple] = []

    @classmethod
    def open(cls, address: Address) -> PostgresStore:
        """The index at `address`, to read from. Raises DataError where there is none, NetworkError."""
        connection = schema.connect(address)
        try:
            with readable(address):
                found = schema.format_of(connection, address)
            if found is None:
                hint = f"make one: slm index DOCUMENTS --out {address}"
                raise DataError(f"{address}: expected an index, found none; {hint}")
            schema.check_format(found, address)
        except BaseException:
            connection.close()
            raise
        return cls(address, connection)

    @classmethod
    def open_for_writing(cls, address: Address, progress: Progress = lambda what, done, total: None) -> PostgresStore:
        """The index at `address`, which `changing` makes where there is none. Raises DataError, NetworkError."""
        return cls(address, schema.connect(address), progress)

    @classmethod
    def exists(cls, address: Address) -> bool:
        with contextlib.closing(schema.connect(address)) as connection, readable(address):
            return schema.format_of(connection, address) is not None

    def close(self) -> None:
        self.connection.close()

    # Reading

    def _run(self, statement: str, values: Sequence[Any] = ()) -> Iterable[tuple]:
        return self.query(statement.replace("?", "%s"), values)

    def query(self, statement: str, values: Any = ()) -> list[tuple]:
        """The rows of a statement, written as psycopg has it. One that a cut connection interrupts is asked again of a
        new connection, unless it belongs to a change. Raises DataError, NetworkError."""
        with readable(self.place):
            if self.connection.closed and self.derived is None:
                self._connect_anew()
            try:
                return self._fetch(statement, values)
            except Exception:
                if self.derived is not None or not self.connection.closed:
                    raise
            self._connect_anew()
            return self._fetch(statement, values)

    def _fetch(self, statement: str, values: Any) -> list[tuple]:
        cursor = self.connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def _connect_anew(self) -> None:
        self.connection.close()
        self.connection = schema.connect(self.place)

    def _readable(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()  # `query` sees to it

    def size_bytes(self) -> int:
        return self.query(
            "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint FROM pg_class JOIN pg_namespace "
            "ON pg_namespace.oid = relnamespace WHERE nspname = %s AND relkind = 'r'", (self.place.schema,),
        )[0][0]  # fmt: skip

    @contextlib.contextmanager
    def beside(self, prefix: str) -> Iterator[Path]:
        rows = self.query("SELECT name, content FROM beside WHERE starts_with(name, %s)", (prefix,))
        with tempfile.TemporaryDirectory() as folder:
            for name, content in rows:
                path = Path(folder, name)
                if not path.resolve().is_relative_to(Path(folder).resolve()):
                    raise DataError(f"{self.place}: expected names of files beside the passages, found {name!r}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            yield Path(folder)

    @contextlib.contextmanager
    def without(self, documents: Sequence[int]) -> Iterator[Store]:
        """In a transaction that is never committed: nobody else sees it, and it holds back writers while it lasts."""
        with self.open_for_writing(self.place) as store, contextlib.suppress(_NeverCommitted), store.changing():
            store.remove_documents(documents)
            store.stamp_anew()
            store.derived.finish()
            yield store
            raise _NeverCommitted

    # Writing

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        before = ("", "")
        with readable(self.place):
            self.connection.execute("BEGIN")
            try:
                self._lock()
                found = schema.format_of(self.connection, self.place)
                if found is None:
                    schema.create(self.connection, self.place)
                else:
                    schema.check_format(found, self.place)
                    before = self.stamp, self.about(ENCODER)
                self.derived = Derived(self)
                yield
                self._send()
                self.derived.finish()
                changed = (self.stamp, self.about(ENCODER)) != before
                self.connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(Exception):  # the connection may be gone, and the change with it
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self.derived = None
                self._documents, self._passages = [], []
        if changed:
            self._tell_planner()

    def _lock(self) -> None:
        free = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))"
        if not self.connection.execute(free, (LOCK, self.place.schema)).fetchone()[0]:
            raise DataError(f"{self.place}: another slm index is writing to this index; start again when it has ended")

    def _tell_planner(self) -> None:
        """Bring statistics up to date, which decide how the next question is answered; the server would do it later."""
        with contextlib.suppress(DataError, NetworkError), readable(self.place):
            for (table,) in self.query("SELECT tablename FROM pg_tables WHERE schemaname = %s", (self.place.schema,)):
                self.connection.execute(f'VACUUM (ANALYZE, SKIP_LOCKED) "{self.place.schema}"."{table}"')

    def put_beside(self, name: str, source: Path) -> None:
        files = {name: source} if source.is_file() else {f"{name}/{path.name}": path for path in source.iterdir()}
        with contextlib.nullcontext() if self.derived else self.changing():
            self.query("DELETE FROM beside WHERE name = %s OR starts_with(name, %s)", (name, f"{name}/"))
            for own, path in files.items():
                self.query("INSERT INTO beside VALUES (%s, %s)", (own, path.read_bytes()))

    def add_document(
        self, file: int, record: int, unit: str, digest: bytes, title: str, url: str, language: str, text: str,
        pieces: Sequence[Piece],
    ) -> int:  # fmt: skip
        tail = text[pieces[-1].end :] if pieces else text
        self._documents.append((file, record, unit, digest, title, url, language, tail))
        document = len(self._documents) - 1  # its place among those that wait, until `_send` numbers them
        self._passages += passage_rows(document, text, pieces)
        if len(self._documents) == DOCUMENTS_AT_A_TIME:
            self._send()
        return len(pieces)

    def _send(self) -> None:
        """Send the documents that wait."""
        documents = self.derived.numbers("documents", len(self._documents))
        passages = self.derived.numbers("passages", len(self._passages))
        self._copy("documents", DOCUMENT, ((n, *row) for n, row in zip(documents, self._documents, strict=True)))
        rows = ((n, documents[row[0]], *row[1:]) for n, row in zip(passages, self._passages, strict=True))
        self._copy("passages", PASSAGE, rows)
        self.derived.add_passages(passages)
        self._documents, self._passages = [], []

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple]) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with readable(self.place), self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def documents_of(self, file: int) -> dict[bytes, tuple[int, int]]:
        self._send()
        return super().documents_of(file)

    def remove_documents(self, documents: Sequence[int]) -> None:
        self._send()
        gone = list(map(int, documents))
        if gone:
            passages = self.query("DELETE FROM passages WHERE document = ANY(%s) RETURNING id", (gone,))
            self.query("DELETE FROM documents WHERE id = ANY(%s)", (gone,))
            self.derived.remove_passages([number for (number,) in passages])

    def counts(self) -> dict[str, int]:
        if self.derived is not None:
            self._send()
        return super().counts()

    def _search_anew(self) -> None:
        self.derived.forget()


class _NeverCommitted(Exception):
    """Ends a change that was only to be looked at."""
