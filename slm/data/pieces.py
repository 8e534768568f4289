"""How a corpus is cut into shards: which bytes, or which documents, of which files each shard reads.

All files are laid end to end and cut into as many stretches of equal size as there are shards. A file that can be
entered in the middle is cut at a border between two documents; any other goes whole to the shard in which its middle
falls. Where such a file is larger than a shard's share (a single .jsonl.gz, say) every shard reads it and keeps every
so many blocks of documents. Knows nothing of what is done with the documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from slm.data.files import format_of
from slm.data.reading import LONGEST_PIECE

LINES = (".jsonl", ".ndjson")
BLOCK_DOCUMENTS = 4096
WINDOW = 1 << 20  # bytes to look for a border in at first


@dataclass(frozen=True)
class Unit:
    """What lies end to end with others: one file, or the records of built-in samples."""

    name: str
    """Of the file, '' for records of samples."""
    bytes: int
    open: Callable[[], BinaryIO] | None = None

    def can_be_entered(self, separator: str) -> bool:
        """Can it be read from the middle on?"""
        if not self.name or self.name.lower().endswith(".gz"):
            return False
        kind = format_of(self.name)
        return kind in LINES or (kind == ".txt" and "\r" not in separator)


@dataclass(frozen=True)
class Piece:
    """What one shard reads of unit number `unit`: bytes `begin` to `end`, or part `part` of `parts` of its blocks."""

    unit: int
    begin: int = 0
    end: int | None = None
    part: int = 0
    parts: int = 1


def pieces(units: Sequence[Unit], number: int, shards: int, separator: str) -> Iterator[Piece]:
    """The pieces of shard `number`, from 0, of `shards`, in the order of the units."""
    share = sum(unit.bytes for unit in units) / shards
    enterable = [unit.can_be_entered(separator) for unit in units]
    shared = [not free and unit.bytes > share for unit, free in zip(units, enterable, strict=True)]
    total = sum(unit.bytes for unit, common in zip(units, shared, strict=True) if not common)
    low, high = (total * place // shards for place in (number, number + 1))
    start = 0
    for index, unit in enumerate(units):
        if shared[index]:
            yield Piece(index, part=number, parts=shards)
            continue
        if enterable[index] and unit.bytes:
            first, last = max(low - start, 0), min(high - start, unit.bytes)
            if first < last:
                begin, end = (border(unit, place, separator) for place in (first, last))
                if begin < end:
                    yield Piece(index, begin, end)
        elif min((start + unit.bytes // 2) * shards // max(total, 1), shards - 1) == number:
            yield Piece(index)
        start += unit.bytes


def border(unit: Unit, offset: int, separator: str) -> int:
    """The first place near `offset`, in bytes, at which a document surely begins; the end of the file if there is none.

    Reading from the beginning, separators are taken from left to right and never overlap. So one that overlaps none
    before it is taken, wherever the reading began: only behind such a one a file is cut. The answer rises with the
    offset, so that the pieces of two shards that ask for the same offset meet.
    """
    if offset <= 0 or offset >= unit.bytes:
        return max(0, min(offset, unit.bytes))
    between = b"\n" if format_of(unit.name) in LINES else separator.encode()
    pattern = re.compile(b"(?=(" + b"\r?\n".join(map(re.escape, between.split(b"\n"))) + b"))")
    longest = len(between) + between.count(b"\n")
    window = WINDOW
    with unit.open() as file:
        while window <= 2 * LONGEST_PIECE:
            file.seek(offset)
            text = file.read(window)
            taken_to = 0
            for match in pattern.finditer(text):
                if match.start() >= max(taken_to, longest):
                    return offset + match.end(1)
                taken_to = max(taken_to, match.end(1))
            if offset + len(text) >= unit.bytes:
                break
            window *= 4
    return unit.bytes
