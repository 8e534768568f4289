"""What an index on a server keeps of its searched texts, within the transaction that changes them: words for full-text
search, what BM25 needs, vectors.

A text that stands in many passages is kept once. All of it can be made anew from the passages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from slm.errors import DataError
from slm.rag import vectors
from slm.rag.store import digest_of
from slm.rag.terms import LONGEST_WORD, terms, without_accents

if TYPE_CHECKING:
    from slm.rag.postgres.store import PostgresStore

AT_A_TIME = 1000  # passages
LONGEST_VECTOR = 2000  # numbers, that HNSW takes
MOST_COMPARED = 10_000
"""Vectors that are all compared for a question; from more on HNSW looks at some (docs/experiments.md)."""
MEMORY = "256MB"  # for HNSW while it is built: the graph of a hundred thousand texts of 512 numbers fits
_TOKEN = re.compile(r"[^\W_]+")


class Derived:
    """One transaction's work. `finish` has to be called before it is committed."""

    def __init__(self, store: PostgresStore):
        self._store, self._query = store, store.query
        self._fresh: list[int] = []  # passages that have no place yet
        self._left: set[int] = set()  # texts that have lost a passage
        self._added: dict[str, list[int]] = {}  # term -> number, texts that were added, those in no known language
        self._changed = False
        self._encoder: tuple[str, Any] = ("", None)

    def numbers(self, table: str, count: int) -> list[int]:
        """As many new numbers for rows of a table; none is ever used twice."""
        found = self._query(f"SELECT nextval('{table}_id_seq') FROM generate_series(1, %s)", (count,)) if count else []
        return [number for (number,) in found]

    def add_passages(self, passages: Iterable[int]) -> None:
        self._fresh += passages

    def remove_passages(self, passages: Sequence[int]) -> None:
        gone = set(passages)
        self._fresh = [number for number in self._fresh if number not in gone]
        rows = self._query("DELETE FROM places WHERE passage = ANY(%s) RETURNING text", (list(passages),))
        self._left.update(text for (text,) in rows)

    def forget(self) -> None:
        """All of it shall be made anew. Readers go on with what there was until then."""
        for table in ("places", "texts", "terms", "postings", *self._vector_tables()):
            self._query(f"DELETE FROM {table}")
        self._left, self._added, self._changed = set(), {}, True
        self._fresh = [number for (number,) in self._query("SELECT id FROM passages ORDER BY id")]

    def finish(self) -> None:
        """Bring all up to the passages as they are now."""
        table = self._vectors_made()
        self._remove_texts()
        self._add_texts(table)
        self._count_terms()
        self._index_vectors(table)

    # Texts and terms

    def _remove_texts(self) -> None:
        """Remove the texts that no passage has any more, with all that is kept of them."""
        gone = [number for (number,) in self._query(
            "SELECT id FROM texts WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM places WHERE text = texts.id)",
            (list(self._left),),
        )] if self._left else []  # fmt: skip
        self._left = set()
        if not gone:
            return
        self._changed = True
        self._query(
            "WITH gone AS (DELETE FROM texts WHERE id = ANY(%s) RETURNING id, terms, language, length), "
            "lost AS (SELECT unnest(terms) AS term, id AS text, language FROM gone), "
            "unused AS (DELETE FROM postings USING lost WHERE (postings.term, postings.text) = (lost.term, lost.text)) "
            "UPDATE terms SET texts = terms.texts - counted.texts, unstemmed = terms.unstemmed - counted.unstemmed "
            "FROM (SELECT term, count(*) AS texts, count(*) FILTER (WHERE language = '') AS unstemmed FROM lost "
            "GROUP BY term) AS counted WHERE terms.id = counted.term",
            (gone,),
        )
        self._query("DELETE FROM terms WHERE texts = 0")
        for table in self._vector_tables():
            self._query(f"DELETE FROM {table} WHERE text = ANY(%s)", (gone,))

    def _add_texts(self, table: str) -> None:
        for first in range(0, len(self._fresh), AT_A_TIME):
            some = self._fresh[first : first + AT_A_TIME]
            rows = self._query("SELECT id, language, text FROM searched WHERE id = ANY(%s) ORDER BY id", (some,))
            self._place(rows, table)
            self._store.progress("counting words", first + len(some), len(self._fresh))
        self._changed |= bool(self._fresh)
        self._fresh = []

    def _place(self, rows: list[tuple[int, str, str]], table: str) -> None:
        """Give passages their texts, new ones where they are not yet known."""
        digests = [digest_of(text) for _, _, text in rows]
        known = {digest: number for digest, number in self._query(
            "SELECT digest, id FROM texts WHERE digest = ANY(%s)", (digests,))}  # fmt: skip
        fresh = {digest: row for digest, row in zip(reversed(digests), reversed(rows), strict=True)
                 if digest not in known}  # fmt: skip
        fresh = dict(reversed(fresh.items()))  # by the first passage that has it
        numbers = dict(zip(fresh, self.numbers("texts", len(fresh)), strict=True))
        own = {digest: terms(text, language) for digest, (_, language, text) in fresh.items()}
        known_terms = self._number_terms({term for found in own.values() for term in found})
        texts, postings = [], []
        for digest, (_, language, text) in fresh.items():
            counted = Counter(own[digest])
            length, number = len(own[digest]), numbers[digest]
            for term, times in counted.items():
                added = self._added[term]
                added[1] += 1
                added[2] += not language
                postings.append((known_terms[term], number, times, length))
            texts.append((number, digest, language, word_vector(text), [known_terms[t] for t in counted], length))
        self._store._copy("texts", ("id", "digest", "language", "words", "terms", "length"), texts)
        self._copy_binary("postings", "term, text, times, length", _packed(np.array(postings, np.int32).reshape(-1, 4)))
        places = ((known.get(digest) or numbers[digest], row[0]) for digest, row in zip(digests, rows, strict=True))
        self._store._copy("places", ("text", "passage"), places)
        if table and fresh:
            self._encode(table, list(numbers.values()), [text for _, _, text in fresh.values()])

    def _number_terms(self, wanted: set[str]) -> dict[str, int]:
        """The number of each term, a new one for those that no text had."""
        missing = sorted(wanted - self._added.keys())
        known = dict(self._query("SELECT term, id FROM terms WHERE term = ANY(%s)", (missing,))) if missing else {}
        fresh = [term for term in missing if term not in known]
        known |= zip(fresh, self.numbers("terms", len(fresh)), strict=True)
        self._added |= {term: [number, 0, 0] for term, number in known.items()}
        return {term: self._added[term][0] for term in wanted}

    def _count_terms(self) -> None:
        """Tell the terms how many texts have been added, and readers how many there are."""
        if not self._changed:
            return
        numbers, texts, unstemmed = ([row[place] for row in self._added.values()] for place in range(3))
        self._query(
            "INSERT INTO terms (id, term, texts, unstemmed) SELECT * FROM unnest(%s::int[], %s::text[], %s::int[], "
            "%s::int[]) ON CONFLICT (term) DO UPDATE SET texts = terms.texts + excluded.texts, "
            "unstemmed = terms.unstemmed + excluded.unstemmed",
            (numbers, list(self._added), texts, unstemmed),
        )
        self._added = {}
        row = self._query("SELECT count(*), coalesce(sum(length), 0) FROM texts")[0]
        for key, value in zip(("texts", "words"), row, strict=True):
            self._store.set_about(key, str(value))

    # Vectors

    def _vectors_made(self) -> str:
        """The table of vectors by the encoder that is chosen, made now with all texts if it is not there; '' for none.
        Those of other encoders go."""
        fingerprint = self._store.about(vectors.ENCODER)
        table = vector_table(fingerprint) if fingerprint else ""
        there = self._vector_tables()
        if table and table not in there:
            dimension = self._open_encoder().encode(["text"]).shape[1]
            self._query(f"CREATE TABLE {table} (text integer PRIMARY KEY, vector vector({dimension}) NOT NULL)")
            # Else a vector of more than 2,000 bytes lies apart from its row, which makes comparing all of them slow.
            self._query(f"ALTER TABLE {table} ALTER vector SET STORAGE PLAIN")
            texts = [number for (number,) in self._query("SELECT id FROM texts ORDER BY id")]
            for first in range(0, len(texts), AT_A_TIME):
                some = texts[first : first + AT_A_TIME]
                rows = self._query(
                    "SELECT own.text, searched.text FROM (SELECT text, min(passage) AS passage FROM places "
                    "WHERE text = ANY(%s) GROUP BY text) AS own JOIN searched ON searched.id = own.passage",
                    (some,),
                )  # fmt: skip
                self._encode(table, [number for number, _ in rows], [text for _, text in rows])
                self._store.progress("encoding passages", first + len(some), len(texts))
        for other in there:
            if other != table:
                self._query(f"DROP TABLE {other}")
        return table

    def _index_vectors(self, table: str) -> None:
        """Have an index over the vectors, where they are many, and not too long for one."""
        without = self._query(
            "SELECT attrelid::regclass::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'vector' "
            "AND atttypmod <= %s AND (SELECT count(*) FROM texts) > %s "
            "AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND NOT indisprimary)",
            (table, LONGEST_VECTOR, MOST_COMPARED),
        ) if table else []  # fmt: skip
        self._query("SELECT set_config('maintenance_work_mem', %s, true)", (MEMORY,))
        for (name,) in without:
            self._query(f"CREATE INDEX ON {name} USING hnsw (vector vector_ip_ops)")

    def _vector_tables(self) -> list[str]:
        rows = self._query(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND starts_with(tablename, 'vectors_')",
            (self._store.place.schema,),
        )
        return [name for (name,) in rows]

    def _open_encoder(self) -> Any:
        fingerprint = self._store.about(vectors.ENCODER)
        if self._encoder[0] != fingerprint:
            with self._store.beside(vectors.ENCODER) as folder:
                self._encoder = (fingerprint, vectors.encoder_of(folder, self._store))
        return self._encoder[1]

    def _encode(self, table: str, numbers: list[int], texts: list[str]) -> None:
        rows = np.ascontiguousarray(self._open_encoder().encode(texts), np.float32)
        if not np.isfinite(rows).all():
            raise DataError(f"{self._store.place}: expected finite vectors of passages; train the encoder again")
        self._copy_binary(table, "text, vector", _packed_vectors(np.array(numbers, np.int32), rows))

    def _copy_binary(self, table: str, columns: str, rows: bytes) -> None:
        statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)"
        with self._store.connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            copy.write(rows)
            copy.write(b"\xff\xff")


def vector_table(fingerprint: str) -> str:
    return f"vectors_{digest_of(fingerprint).hex()[:16]}"


def _packed(rows: np.ndarray) -> bytes:
    """Rows (N, C) of int32 as PostgreSQL's binary COPY has them: the number of fields, then each with its length."""
    count, columns = rows.shape
    packed = np.zeros(count, [("fields", ">i2"), ("values", [("bytes", ">i4"), ("value", ">i4")], columns)])
    packed["fields"], packed["values"]["bytes"], packed["values"]["value"] = columns, 4, rows
    return packed.tobytes()


def _packed_vectors(numbers: np.ndarray, rows: np.ndarray) -> bytes:
    """(N) numbers with vectors (N, D), those in pgvector's form: D, two bytes of nothing, D times float32."""
    count, dimension = rows.shape
    packed = np.zeros(count, [
        ("fields", ">i2"), ("number_bytes", ">i4"), ("number", ">i4"), ("bytes", ">i4"), ("dimension", ">i2"),
        ("unused", ">i2"), ("vector", ">f4", dimension),
    ])  # fmt: skip
    packed["fields"], packed["number_bytes"], packed["number"] = 2, 4, numbers
    packed["bytes"], packed["dimension"], packed["vector"] = 4 + 4 * dimension, dimension, rows
    return packed.tobytes()


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, without accents, as a phrase in double quotes is looked for."""
    return [without_accents(word)[:LONGEST_WORD] for word in _TOKEN.findall(unicodedata.normalize("NFC", text.lower()))]


def word_vector(text: str) -> str:
    """The words of a text with their places, as PostgreSQL writes a tsvector."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(tokens(text), 1):
        places.setdefault(word, []).append(min(place, 16383))
    return " ".join(f"{quoted(word)}:{','.join(map(str, own[:255]))}" for word, own in places.items())


def quoted(word: str) -> str:
    """A word as a lexeme in a tsvector or tsquery."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def phrase_query(phrases: Sequence[str]) -> str:
    """What PostgreSQL's full-text search is asked for: all of the phrases, each word for word."""
    several = (" <-> ".join(map(quoted, tokens(phrase))) for phrase in phrases)
    return " & ".join(f"({phrase})" for phrase in several if phrase)
