"""Shards to one token store: the same bytes as if the documents had been prepared in one go.

Checks that the shards belong together and are whole, drops duplicates across them, holds documents out, and copies
what stays, in the order of the corpus. Memory does not grow with the shards.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np

from slm.data.cleaning import hold_out
from slm.data.documents import Counts, and_more
from slm.data.duplicates import Digests, mark_duplicates
from slm.data.encoding import Encoded
from slm.data.prompt_format import NO_REASONING
from slm.data.shards import DIGESTS, PieceRecord, Shard
from slm.data.split_files import Split, give_back
from slm.data.token_store import TokenStore, manifest_tokenizer, write_batches
from slm.errors import DataError

COPIED_TOKENS = 1 << 22  # about as many are copied at once
COPIED_DOCUMENTS = 1 << 16  # at most
OPEN_SHARDS = 64  # of two files each


@dataclass(frozen=True)
class Stretch:
    """Documents that follow one another both in a shard and in the corpus."""

    shard: int
    first: int
    """Number of the first of them in the shard."""
    place: int
    """Where the first of them stands in the corpus, counting the documents that any shard kept."""
    documents: int
    validates: bool
    """Are they from sources of validation documents?"""


def merge_shards(
    folder: Path,
    shards: Sequence[Shard],
    progress: Callable[[int], None] = lambda documents: None,
) -> TokenStore:
    """Merge all shards of a corpus, opened and verified, into a token store at `folder`.

    Raises DataError where one is missing, where they are not of the same documents, and where a split stays empty.
    """
    shards = _ordered(shards)
    manifest = shards[0].manifest
    prompt_format = shards[0].prompt_format
    if prompt_format and prompt_format.reasoning != "drop" and not any(s.manifest["found_reasoning"] for s in shards):
        raise DataError(NO_REASONING)
    uses = [source["use"] for source in manifest["sources"] for _ in source.get("files", [""] * source["synthetic"])]
    _require_tiled([piece for shard in shards for piece in shard.pieces], len(uses))
    stretches = _stretches(shards, uses)
    counts = _summed(shards)

    def describe() -> dict[str, Any]:
        told = {name: manifest[name] for name in ("fingerprint", "synthetic", "sources")}
        return {**told, "counts": asdict(counts), "documents": manifest["documents"]}

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder.parent) as file:  # /tmp may be memory
        total = sum(shard.documents for shard in shards)
        again = np.memmap(file, bool, "w+", shape=(max(1, total),))  # zeros that take no room until one is set
        counts.duplicates += mark_duplicates(list(_digests(shards, stretches)), again)
        config = manifest["documents"]
        held_out = repeat(False) if "validation" in uses else hold_out(config["holdout"], config["seed"])
        batches = _copied(shards, stretches, again, held_out, counts)
        tokenizer = manifest_tokenizer(shards[0].folder, manifest)
        return write_batches(folder, batches, tokenizer, prompt_format, describe, progress)


# Do they belong together?


def _ordered(shards: Sequence[Shard]) -> list[Shard]:
    """The shards by number. Raises DataError unless they are all of one corpus, each once."""
    if not shards:
        raise DataError("expected shards to merge, found none; slm prepare SOURCES --shard 1/8 makes one")
    shards = sorted(shards, key=lambda shard: shard.manifest["shard"])
    first = shards[0]
    for shard in shards[1:]:
        for key, meaning in SAME.items():
            if shard.manifest[key] != first.manifest[key]:
                raise DataError(
                    f"{shard.folder}: expected the same {meaning} as {first.folder}, got other; make one of them again"
                )
        if shard.manifest["shard"] == first.manifest["shard"]:
            raise DataError(f"{shard.folder}: expected each shard once, {first.folder} is the same; merge one of them")
        first = shard
    wanted = first.manifest["shards"]
    found = {shard.manifest["shard"] for shard in shards}
    if missing := [number for number in range(1, wanted + 1) if number not in found]:
        some = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
        raise DataError(
            f"expected all of {wanted} shards, found {len(found)}; number {some} is missing: "
            f"slm prepare SOURCES --shard {missing[0]}/{wanted} makes it"
        )
    return shards


SAME = {
    "shards": "number of shards", "corpus": "documents and settings", "tokenizer": "tokenizer",
    "prompt_format": "prompt format",
}  # fmt: skip
"""What all shards of a corpus have in common, and what it is called."""


def _require_tiled(records: list[PieceRecord], units: int) -> None:
    """Is each file read from its beginning to its end, each part of it once?"""
    by_unit: dict[int, list[PieceRecord]] = {}
    for record in records:
        by_unit.setdefault(record.unit, []).append(record)
    for unit in range(units):
        parts = sorted(by_unit.get(unit, ()), key=lambda record: (record.part, record.begin))
        if not parts:
            raise DataError(f"expected shards of all files, found none of file {unit + 1}; make the shards again")
        if parts[0].parts > 1:
            whole = [(part.part, part.end, len(part.documents)) for part in parts] == [
                (number, parts[0].end, len(range(number, parts[0].end, parts[0].parts)))
                for number in range(parts[0].parts)
            ]
        else:
            ends = [0, *(part.end for part in parts)]
            whole = ends == [*(part.begin for part in parts), parts[0].bytes]
        if not whole:
            raise DataError(
                f"{parts[0].name}: the shards read other stretches of it than belong together; it was not the same "
                "file for all of them: make the shards again"
            )


# Where everything stands


def _stretches(shards: Sequence[Shard], uses: Sequence[str]) -> list[Stretch]:
    """All documents of the shards in the order of the corpus, in as few stretches as can be."""
    found = []
    for index, shard in enumerate(shards):
        first = 0
        for piece in shard.pieces:
            for number, documents in enumerate(piece.documents):
                begin = piece.begin if piece.parts == 1 else piece.part + number * piece.parts
                if documents:
                    found.append((piece.unit, begin, index, first, documents))
                first += documents
    stretches: list[Stretch] = []
    place = 0
    for unit, _, index, first, documents in sorted(found):
        validates = uses[unit] == "validation"
        last = stretches[-1] if stretches else None
        if last and (last.shard, last.first + last.documents, last.validates) == (index, first, validates):
            stretches[-1] = Stretch(index, last.first, last.place, last.documents + documents, validates)
        else:
            stretches.append(Stretch(index, first, place, documents, validates))
        place += documents
    return stretches


def _digests(shards: Sequence[Shard], stretches: Sequence[Stretch]) -> Iterator[Digests]:
    for index, shard in enumerate(shards):
        own = sorted((stretch.first, stretch.place) for stretch in stretches if stretch.shard == index)
        firsts, places = np.array(own, np.int64).reshape(-1, 2).T
        yield Digests(
            shard.folder / DIGESTS, shard.manifest["digests"]["runs"], functools.partial(_places, firsts, places)
        )


def _places(firsts: np.ndarray, places: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The places in the corpus of documents with these numbers in their shard."""
    stretch = np.searchsorted(firsts, numbers, side="right") - 1
    return places[stretch] + numbers - firsts[stretch]


def _summed(shards: Sequence[Shard]) -> Counts:
    """What became of all documents, as far as single shards know it."""
    counts = Counts()
    for shard in shards:
        own = Counts(**shard.manifest["counts"])
        counts.read, counts.empty = counts.read + own.read, counts.empty + own.empty
        counts.duplicates += own.duplicates
    records = sorted(
        (piece for shard in shards for piece in shard.pieces), key=lambda piece: (piece.unit, piece.begin, piece.part)
    )
    for _, parts in groupby(records, key=lambda piece: piece.unit):
        if problem := _problem(parts):
            counts.unreadable.append(problem)
    return counts


def _problem(parts: Iterable[PieceRecord]) -> tuple[str, str] | None:
    """File, and what could not be read of it, as if it had been read in one go; None where nothing was wrong."""
    lines, skipped, first, name = 0, 0, "", ""
    for part in parts:
        if part.skipped and not first:
            name, line = part.name, part.problem_line
            first = part.problem.replace(str(line), str(line + lines), 1) if line else part.problem
        skipped, lines = skipped + part.skipped, lines + part.lines
        if part.broken:
            break
    return (name, and_more(first, skipped)) if skipped else None


# Copying


def _copied(
    shards: Sequence[Shard], stretches: Sequence[Stretch], again: np.ndarray, held_out: Iterator[bool], counts: Counts
) -> Iterator[tuple[str, Encoded]]:
    """The documents that stay, with the split of each; counted in `counts`."""
    opened = functools.lru_cache(OPEN_SHARDS)(lambda index: shards[index].split())
    for stretch in stretches:
        split = opened(stretch.shard)
        for first, starts in _chunks(split, stretch.first, stretch.documents):
            place = stretch.place + first - stretch.first
            kept = ~again[place : place + len(starts) - 1]
            held = np.zeros(len(kept), bool)
            count = int(kept.sum())
            held[kept] = True if stretch.validates else np.fromiter(islice(held_out, count), bool, count)
            counts.validation += int(held.sum())
            counts.train += count - int(held.sum())
            for name, chosen in (("train", kept & ~held), ("validation", held)):
                if chosen.any():
                    yield name, _chosen(split, first, starts, chosen)
        give_back(split.tokens)


def _chunks(split: Split, first: int, documents: int) -> Iterator[tuple[int, np.ndarray]]:
    """Some documents after the other: number of the first, and where each begins, with the end of the last."""
    end = first + documents
    while first < end:
        starts = split.starts_between(first, min(first + COPIED_DOCUMENTS, end))
        last = max(1, int(np.searchsorted(starts, starts[0] + COPIED_TOKENS, side="right")) - 1)
        yield first, starts[: last + 1]
        first += last
        give_back(split.tokens)


def _chosen(split: Split, first: int, starts: np.ndarray, chosen: np.ndarray) -> Encoded:
    """Those documents (d,) that were chosen, one behind the other."""
    lengths = np.diff(starts)
    ids = split.tokens[starts[0] : starts[-1]][np.repeat(chosen, lengths)]
    kept = lengths[chosen]
    prompts = split.prompt_lengths
    prompts = None if prompts is None else prompts[first : first + len(chosen)][chosen]
    return Encoded(ids, np.cumsum(kept) - kept, prompts)
