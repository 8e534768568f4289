"""Exact duplicates among documents of many shards, found on disk: sorted runs of digests, merged range by range.

Of each document a row of 24 bytes is kept: its digest (16 bytes, see `digest_of`) and its number. They are written in
runs of at most `RUN_ROWS`, each sorted by digest and without repetitions. Digests are evenly spread, so that the rows
of all runs whose digests begin with the same bits fit into memory when there are enough such ranges; a document that
comes a thousand times stands at most once in each run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slm.data.cleaning import digest_of

ROW = np.dtype([("high", ">u8"), ("low", ">u8"), ("number", "<u8")])
RUN_ROWS = 250_000
MERGE_BYTES = 1 << 25  # rows that are compared at once


class DigestWriter:
    """Writes the digests of documents 0, 1, 2, ... to `path`, in sorted runs; knows those of the latest run again."""

    def __init__(self, path: Path):
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self._latest: dict[bytes, int] = {}
        self._count = 0
        self.runs: list[int] = []
        """Rows of each run that is written."""

    def is_new(self, content: bytes) -> bool:
        """False for what surely came before; True, and it is the next document, for all else."""
        digest = digest_of(content)
        if digest in self._latest:
            return False
        self._latest[digest] = self._count
        self._count += 1
        if len(self._latest) >= RUN_ROWS:
            self._write_run()
        return True

    def close(self) -> str:
        """Write what is left; gives the SHA-256 of the file, in hexadecimal."""
        if self._latest:
            self._write_run()
        self._file.close()
        return self._hash.hexdigest()

    def _write_run(self) -> None:
        rows = np.empty(len(self._latest), ROW)
        halves = np.frombuffer(b"".join(self._latest), ">u8").reshape(-1, 2)
        rows["high"], rows["low"], rows["number"] = *halves.T, list(self._latest.values())
        content = rows[np.lexsort((rows["low"], rows["high"]))].tobytes()
        self._file.write(content)
        self._hash.update(content)
        self.runs.append(len(rows))
        self._latest.clear()


@dataclass(frozen=True)
class Digests:
    """The file of one shard: its runs, and at which place of the whole corpus the documents of these numbers stand."""

    path: Path
    runs: Sequence[int]
    places: Callable[[np.ndarray], np.ndarray]


def mark_duplicates(shards: Sequence[Digests], again: np.ndarray, memory: int = MERGE_BYTES) -> int:
    """Set `again` (D,), bool, at the place of each document that stands at an earlier place as well.

    Gives how many these are. Reads each file twice; holds about three times `memory` bytes, and one file open.
    """
    rows = sum(sum(shard.runs) for shard in shards)
    bits = max(0, (rows * ROW.itemsize // memory).bit_length())
    fences = [[_fences(shard.path, start, count, bits) for start, count in _extents(shard)] for shard in shards]
    found = 0
    for part in range(1 << bits):
        high, low, places = _rows_of_range(shards, fences, part)
        order = np.lexsort((places, low, high))
        high, low = high[order], low[order]
        later = order[1:][(high[1:] == high[:-1]) & (low[1:] == low[:-1])]
        again[places[later]] = True
        found += len(later)
    return found


def _extents(shard: Digests) -> Iterator[tuple[int, int]]:
    """First row and number of rows of each run."""
    start = 0
    for count in shard.runs:
        yield start, count
        start += count


def _fences(path: Path, start: int, count: int, bits: int) -> np.ndarray:
    """Where in the file, in rows, each of 2^bits ranges of a run begins, and the last ends: (2^bits + 1,)."""
    high = np.fromfile(path, ROW, count, offset=start * ROW.itemsize)["high"].astype(np.uint64)
    borders = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits) if bits else np.empty(0, np.uint64)
    return start + np.concatenate(([0], np.searchsorted(high, borders), [count]))


def _rows_of_range(
    shards: Sequence[Digests], fences: list[list[np.ndarray]], part: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """high, low and place of all rows in one range of digests, each (n,)."""
    highs, lows, places = [], [], []
    for shard, runs in zip(shards, fences, strict=True):
        with open(shard.path, "rb") as file:
            for run in runs:
                file.seek(int(run[part]) * ROW.itemsize)
                rows = np.frombuffer(file.read(int(run[part + 1] - run[part]) * ROW.itemsize), ROW)
                highs.append(rows["high"].astype(np.uint64))
                lows.append(rows["low"].astype(np.uint64))
                places.append(shard.places(rows["number"].astype(np.int64)))
    return tuple(np.concatenate(part) if part else np.empty(0, np.int64) for part in (highs, lows, places))
