"""The tables of an index, and what every connection to them is set to. The only place with their definitions.

files 1 -- n documents 1 -- n passages; `words` is the full-text index (FTS5) over what is searched of each passage. It
keeps no text of its own: it reads the view `searched`. A document is the passages with what stands before each, and its
tail: so the text is stored once, and every offset can be checked.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from slm.errors import DataError

FILE = "passages.sqlite"
APPLICATION = 0x736C6D31  # 'slm1', in the header of the file
FORMAT = 1
"""Raised when the tables change; an index of a later format is refused, one of an earlier is made anew."""

SECONDS_TO_WAIT = 5  # for another process that is busy with the index

SEARCHED = """
CREATE VIEW searched AS SELECT passages.id AS id, passages.document AS document, documents.language AS language,
    CASE WHEN (SELECT value FROM about WHERE key = 'search_titles') = 'yes' AND documents.title <> passages.heading
    THEN documents.title || '\n' ELSE '' END
    || CASE WHEN passages.heading <> '' THEN passages.heading || '\n' ELSE '' END || passages.text AS text
    FROM passages JOIN documents ON documents.id = passages.document;
"""
"""The view, in words that SQLite and PostgreSQL both know."""

TABLES = f"""
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL, shown TEXT NOT NULL,
    bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, reading TEXT NOT NULL,
    problem TEXT NOT NULL
);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, record INTEGER NOT NULL, unit TEXT NOT NULL,
    digest BLOB NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL, language TEXT NOT NULL, tail TEXT NOT NULL
);
CREATE INDEX documents_by_file ON documents (file);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, position INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, before TEXT NOT NULL, text TEXT NOT NULL,
    heading TEXT NOT NULL, checksum INTEGER NOT NULL
);
CREATE UNIQUE INDEX passages_by_document ON passages (document, position);
{SEARCHED}
CREATE VIRTUAL TABLE words USING fts5(
    text, content='searched', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
"""


def connect(path: Path, writable: bool) -> sqlite3.Connection:
    """A connection to the index at `path`; one that is there, unless writable. Raises sqlite3.Error, DataError."""
    mode = "rwc" if writable else "ro"
    try:
        return _connected(path, mode, writable)
    except sqlite3.OperationalError:
        log = path.with_name(path.name + "-wal")
        if writable or (log.exists() and log.stat().st_size):
            raise
        return _connected(path, "ro&immutable=1", writable)  # on a disk that cannot be written to


def _connected(path: Path, mode: str, writable: bool) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=SECONDS_TO_WAIT, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA cache_size = -65536")
        if writable:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        _check_format(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Raise DataError for a file of another program or of a later slm; an empty file is a new index."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not tables and not application:
        return
    if application != APPLICATION:
        raise DataError(f"{path}: expected an index of slm, found another program's database; choose another --out")
    if version != FORMAT:
        raise DataError(
            f"{path}: expected an index of format {FORMAT}, found format {version}; "
            + ("update slm, or make the index anew with `slm index`" if version > FORMAT else
               "delete its folder and make it anew with `slm index`")
        )


def create_tables(connection: sqlite3.Connection) -> None:
    """The tables, where there are none yet; within the transaction that is open."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
