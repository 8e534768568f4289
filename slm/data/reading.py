"""A file while it is being read: its bytes, unpacked, and cut at separators as a stream.

Knows encodings, .gz and where reading begins and ends; knows nothing of formats.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slm.errors import DataError
from slm.remote.address import Place

CHUNK = 1 << 18  # bytes read at a time
LONGEST_PIECE = 1 << 28  # bytes in one document or line: without a bound a wrong separator would eat the memory


@dataclass
class Reading:
    """One file while it is being read: how to read it, where the reader stands, what it had to leave out."""

    path: Path
    name: str = ""
    """How messages call the file; the path where empty."""
    separator: str = "<|endoftext|>"
    """Between two documents of a .txt file."""
    strict: bool = False
    """Raise at the first piece that cannot be read, instead of counting it."""
    begin: int = 0
    """Where to begin, in bytes: at a border between two documents."""
    end: int | None = None
    """Where to stop, in bytes; None reads to the end of the file."""
    wanted: Callable[[Sequence[str]], Sequence[str | None]] | None = None
    """Given a table's columns: those that are needed. Called before the first row, so it can refuse the file."""
    address: str = ""
    """Of a file elsewhere; `path` then has its name alone."""
    line: int = 0
    """Where the reader stands, 0 before the first line."""
    first_line: int = 0
    """What `line` begins from: 0 where it counts lines that are done, 1 where it is the line at hand."""
    unit: str = "line"
    """What it counts: 'line', or 'record' in formats without lines."""
    bytes_read: int = 0
    """How many bytes have been read, as they lie on disk."""
    skipped: int = 0
    """How many pieces could not be read."""
    problem: str = ""
    """What was wrong with the first of them."""
    problem_line: int = 0
    """Where the first of them stands, counted as `line` is."""
    broken: bool = False
    """Whether the file could not be read to its end."""

    def __post_init__(self) -> None:
        self.name = self.name or str(self.path)

    def __str__(self) -> str:
        name = f"{self.name} from byte {self.begin}" if self.begin else self.name
        return f"{name}, {self.unit} {self.line}" if self.line else name

    @property
    def lines_read(self) -> int:
        return self.line - self.first_line

    def open(self) -> BinaryIO:
        """The file's bytes as they lie there. NetworkError where they come from elsewhere and are cut: that is no
        damaged file, which may be left out."""
        return Place(self.address).open() if self.address else open(self.path, "rb")

    def skip(self, reason: str) -> None:
        """Leave out the piece at hand. Raises `DataError` when strict."""
        if self.strict:
            raise DataError(f"{self}: {reason}; repair the file, or read without --strict to leave it out")
        self.skipped += 1
        if not self.problem:
            self.problem_line = self.line
            self.problem = f"{self.unit} {self.line}: {reason}" if self.line else reason


def read_chunks(reading: Reading) -> Iterator[bytes]:
    """The file's bytes, unpacked, without a byte order mark."""
    packed = reading.path.suffix.lower() == ".gz"
    with reading.open() as raw:
        file = gzip.GzipFile(fileobj=raw) if packed else raw
        if reading.begin:
            _without_mark(file.read1(len(codecs.BOM_UTF8)))  # raises what the beginning would
            raw.seek(reading.begin)
            chunk = file.read1(_room(reading))
        else:
            chunk = _without_mark(file.read1(_room(reading)))
        while chunk:
            reading.bytes_read = raw.tell() - reading.begin
            yield chunk
            chunk = file.read1(_room(reading))


def _room(reading: Reading) -> int:
    """How many bytes may be read next."""
    return CHUNK if reading.end is None else min(CHUNK, reading.end - reading.begin - reading.bytes_read)


def _without_mark(chunk: bytes) -> bytes:
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it is UTF-16: save it as UTF-8")
    return chunk.removeprefix(codecs.BOM_UTF8)


def split_stream(reading: Reading, chunks: Iterable[bytes], separator: bytes) -> Iterator[bytearray]:
    """What lies between the separators, wherever the borders of the chunks fall; a blank end is dropped.

    Raises `DataError` when no separator comes within `LONGEST_PIECE` bytes.
    """
    rest = bytearray()
    for chunk in chunks:
        unsearched = max(0, len(rest) - len(separator) + 1)
        rest += chunk
        if rest.find(separator, unsearched) >= 0:
            *pieces, rest = rest.split(separator)
            yield from pieces
        elif len(rest) > LONGEST_PIECE:
            raise DataError(
                f"{reading}: expected {separator.decode()!r} at least every {LONGEST_PIECE >> 20} MB, found none; "
                "name what stands between documents with --separator"
            )
    if rest.strip():
        yield rest


def unix_line_ends(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks with every \\r\\n as \\n, also where a border falls between the two."""
    held = b""
    for chunk in chunks:
        chunk = held + chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        yield chunk.removesuffix(held).replace(b"\r\n", b"\n")
    yield held


def read_whole(reading: Reading) -> str:
    return b"".join(read_chunks(reading)).decode()


def read_lines(reading: Reading) -> Iterator[bytearray]:
    """The lines of a file without their ends, counted in `reading.line`."""
    for line in split_stream(reading, read_chunks(reading), b"\n"):
        reading.line += 1
        yield line
