"""The pure pieces of cleaning: tidy a text, drop exact duplicates, hold documents out.

Nothing here knows of files, columns or hubs.
"""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b
from random import Random

from slm.errors import DataError


def tidy(text: str) -> str:
    """`text` with Unix line ends and without white space at either end; everything else stays as it is."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return text.strip()


def without_surrogates(text: str) -> str:
    """Join surrogate pairs and replace lone surrogates by U+FFFD, so that the text has a UTF-8 form."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def digest_of(content: bytes) -> bytes:
    """16 bytes by which a document is known again.

    Two of n different documents have the same digest with a probability of about n^2 / 2^129: 1.5e-21 for a billion.
    With 8 bytes it would be n^2 / 2^65, which is 0.03 for a billion.
    """
    return blake2b(content, digest_size=16).digest()


class Deduplicator:
    """Remembers what it has seen, exactly, in memory that does not grow with the corpus.

    What it keeps of a document is a 16-byte digest. The latest `cache_size` digests (about 100 bytes each) stay
    in memory, older ones in a private SQLite file that is gone with the process. A bit per older digest, in a
    map of fixed size, answers most questions about new documents without asking the database. Raises `DataError`
    when the disk is full.
    """

    def __init__(self, cache_size: int = 250_000, map_bytes: int = 1 << 24):
        self._recent: set[bytes] = set()
        self._cache_size = cache_size
        self._map_bytes = map_bytes
        self._map = bytearray()  # empty until something is older than the cache
        self._database: sqlite3.Connection | None = None

    def is_new(self, document: bytes) -> bool:
        """True the first time that `document` comes, False ever after."""
        digest = digest_of(document)
        if digest in self._recent or (self._map and self._is_older(digest)):
            return False
        self._recent.add(digest)
        if len(self._recent) >= self._cache_size:
            try:
                self._spill()
            except sqlite3.Error as error:
                raise DataError(
                    f"no room for the list of documents seen ({error}); free some disk, or set TMPDIR to another folder"
                ) from None
        return True

    def _is_older(self, digest: bytes) -> bool:
        place, bit = self._place(digest)
        if not self._map[place] & bit:
            return False
        found = self._database.execute("SELECT 1 FROM seen WHERE digest = ?", (digest,))
        return found.fetchone() is not None

    def _place(self, digest: bytes) -> tuple[int, int]:
        number = int.from_bytes(digest[:8], "little")
        return (number >> 3) % self._map_bytes, 1 << (number & 7)

    def _spill(self) -> None:
        if self._database is None:
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")
            self._map = bytearray(self._map_bytes)
        self._database.execute("BEGIN")
        # Sorted, so that neighbours in the tree are written together.
        self._database.executemany("INSERT INTO seen VALUES (?)", ((digest,) for digest in sorted(self._recent)))
        self._database.execute("COMMIT")
        for digest in self._recent:
            place, bit = self._place(digest)
            self._map[place] |= bit
        self._recent.clear()


def hold_out(share: float, seed: int) -> Iterator[bool]:
    """For one document after another, without end: is it held out?

    With a share of 0.05 exactly one of every 20 consecutive documents is, at a place drawn from `seed`; so the
    share is exact and the corpus can be a stream of unknown length. The first place is one of the first two, so
    that a corpus of two documents can be split as well.
    """
    random = Random(seed)
    every = 1 / Fraction(share).limit_denominator(10_000)
    start = 0
    for block in itertools.count(1):
        end = math.floor(block * every)
        place = random.randrange(end - start if start else 2)
        for index in range(end - start):
            yield index == place
        start = end
