"""One split of a token store as it lies on disk: its two files mapped, and checked without being kept in memory.

Knows nothing about manifests but the entries that a split has there.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import DataError

CHUNK_BYTES = 1 << 24


class Starts:
    """Where each document begins, and behind them the end of the last: (D + 1,), read from the mapped index (D,) when
    asked for, so that the index of a large store takes no memory."""

    def __init__(self, begins: np.ndarray, end: int):
        self.begins, self._end = begins, end

    def __len__(self) -> int:
        return len(self.begins) + 1

    def __getitem__(self, number: int) -> int:
        return self._end if number == len(self.begins) else int(self.begins[number])

    def between(self, first: int, last: int) -> np.ndarray:
        """Where documents `first` to `last` begin, the latter included: (last - first + 1,) uint64."""
        return np.append(self.begins[first:last], np.uint64(self[last]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.between(0, len(self.begins)).astype(dtype or np.uint64)


@dataclass(frozen=True)
class Split:
    """One split of a store. tokens (N,) memory-mapped ids; starts (D + 1,) document offsets with the end;
    prompt_lengths (D,) tokens of each record's prompt, memory-mapped, or None for plain documents."""

    tokens: np.ndarray
    starts: Starts | np.ndarray
    prompt_lengths: np.ndarray | None

    @property
    def documents(self) -> int:
        return len(self.starts) - 1

    def document(self, number: int) -> np.ndarray:
        """The ids of one document with its end token."""
        return self.tokens[int(self.starts[number]) : int(self.starts[number + 1])]

    def starts_between(self, first: int, last: int) -> np.ndarray:
        """Where documents `first` to `last` begin, the latter (or the end) included: (last - first + 1,) int64."""
        starts = self.starts
        part = starts.between(first, last) if isinstance(starts, Starts) else starts[first : last + 1]
        return part.astype(np.int64)

    def give_back(self) -> None:
        """Let go of the pages that were read: the system maps many around each that is asked for."""
        give_back(self.tokens)
        give_back(self.starts.begins if isinstance(self.starts, Starts) else self.starts)

    def lengths(self) -> np.ndarray:
        """Tokens of each document with its end token: (D,) int64."""
        return np.diff(self.starts_between(0, self.documents))


def id_dtype(n_vocab: int) -> np.dtype:
    """What ids of so large a vocabulary are kept as."""
    return np.dtype("<u2" if n_vocab <= 1 << 16 else "<u4")


def map_split(folder: Path, name: str, manifest: dict[str, Any]) -> Split:
    """One split of a manifest, mapped. Raises DataError that names the file that is not as large as it says."""
    counts, columns = manifest["splits"][name], len(manifest["index_columns"])
    n_vocab, dtype = manifest["tokenizer"]["n_vocab"], np.dtype(manifest["dtype"])
    if dtype != id_dtype(n_vocab):
        raise DataError(
            f"{folder}: a vocabulary of {n_vocab} is kept as {id_dtype(n_vocab)}, the manifest says {dtype}; prepare "
            "again"
        )
    tokens = _map(folder / f"{name}.bin", dtype, counts["tokens"])
    index = _map(folder / f"{name}.idx", np.dtype("<u8"), counts["documents"] * columns).reshape(-1, columns)
    return Split(tokens, Starts(index[:, 0], len(tokens)), index[:, 1] if columns > 1 else None)


def open_split(folder: Path, name: str, manifest: dict[str, Any], verify: bool) -> Split:
    """`map_split`, and its index is checked; `verify` reads all, and compares hashes and ids. Raises DataError."""
    split = map_split(folder, name, manifest)
    hashes = [manifest["sha256"][f"{name}.{kind}"] if verify else "" for kind in ("bin", "idx")]
    if verify:
        _verify_ids(folder / f"{name}.bin", split.tokens.dtype, manifest["tokenizer"]["n_vocab"], hashes[0])
    _verify_index(folder / f"{name}.idx", len(manifest["index_columns"]), len(split.tokens), hashes[1])
    return split


def evenly_spread(size: int, count: int) -> np.ndarray:
    """`count` of the numbers from 0 to `size` - 1, from the first to the last; all, if there are fewer."""
    return np.linspace(0, size - 1, min(count, size)).astype(np.int64)


def in_chunks(tokens: np.ndarray, size: int, overlap: int = 0) -> Iterator[np.ndarray]:
    """`tokens` (N,) chunk after chunk, each with the first `overlap` ids of the next.

    Pages of a memory map are given back as it goes, so that a pass over a store of any size leaves none resident.
    """
    for start in range(0, len(tokens), size):
        yield tokens[start : start + size + overlap]
        give_back(tokens)


def give_back(array: np.ndarray) -> None:
    """Let go of the pages that were read through a memory map; they are read again when asked for."""
    base = array.base
    while isinstance(base, np.ndarray):  # of a view
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):  # Windows has no such call
        base.madvise(mmap.MADV_DONTNEED)


def _map(path: Path, dtype: np.dtype, count: int) -> np.ndarray:
    size = path.stat().st_size if path.is_file() else -1
    if size != count * dtype.itemsize:
        came = f"{size:,} bytes" if size >= 0 else "no such file"
        raise DataError(
            f"{path}: expected {count * dtype.itemsize:,} bytes ({count:,} x {dtype}), got {came}; prepare the store "
            "again"
        )
    return np.memmap(path, dtype=dtype, mode="r") if count else np.empty(0, dtype)


def checked_chunks(path: Path, sha256: str) -> Iterator[bytes]:
    """The bytes of a file, read and not mapped, so that they do not stay; DataError at its end for another hash than
    this one ('' asks for none)."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if sha256:
                digest.update(chunk)
            yield chunk
    if sha256 and digest.hexdigest() != sha256:
        raise DataError(
            f"{path}: its SHA-256 differs from the manifest's; the file was changed or damaged: prepare the store again"
        )


def _verify_ids(path: Path, dtype: np.dtype, n_vocab: int, sha256: str) -> None:
    strange, done = "", 0
    for chunk in checked_chunks(path, sha256):
        ids = np.frombuffer(chunk, dtype)
        if not strange and int(ids.max()) >= n_vocab:
            place = int((ids >= n_vocab).argmax())
            strange = f"got {ids[place]} at position {done + place}"
        done += len(ids)
    if strange:
        raise DataError(f"{path}: expected token ids below {n_vocab}, {strange}; prepare again")


def _verify_index(path: Path, columns: int, tokens: int, sha256: str) -> None:
    """Documents follow one another from 0 to the end, none empty, and prompts are shorter than their records."""
    rising, shorter = True, True
    last = np.zeros((0, columns), np.uint64)
    end = np.array([[tokens] + [0] * (columns - 1)], np.uint64)
    for chunk in itertools.chain(checked_chunks(path, sha256), [end.tobytes()]):
        rows = np.concatenate((last, np.frombuffer(chunk, "<u8").reshape(-1, columns)))
        rising &= bool(len(last) or rows[0, 0] == 0) and not (rows[1:, 0] <= rows[:-1, 0]).any()
        shorter &= columns == 1 or not (rows[:-1, 1] >= np.diff(rows[:, 0])).any()
        last = rows[-1:]
    if not rising:
        raise DataError(f"{path}: expected rising document offsets from 0, got others; prepare the store again")
    if not shorter:
        raise DataError(
            f"{path}: expected prompts shorter than their records, got longer ones; prepare the store again"
        )
