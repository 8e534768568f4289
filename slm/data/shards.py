"""One shard of a token store: the documents of its pieces as ids, not yet split, with all that merging must know.

    documents.bin, documents.idx   as a split of a token store has them
    documents.digests              what tells duplicates, see `duplicates`
    tokenizer.json                 the tokenizer that made the ids
    manifest.json                  counts, hashes, the pieces with the documents of each, what was asked for

A shard is written whole or not at all, and knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from slm.atomic_write import new_folder
from slm.data.columns import FIELDS, Columns
from slm.data.documents import Counts, DocumentsConfig, clean, file_values, reading_of
from slm.data.duplicates import DigestWriter
from slm.data.encoding import encoded_batches
from slm.data.pieces import BLOCK_DOCUMENTS, Piece, Unit, pieces
from slm.data.prompt_format import PromptFormat
from slm.data.reading import Reading
from slm.data.sources import Source, SourceFile
from slm.data.split_files import Split, checked_chunks, map_split, open_split
from slm.data.token_store import manifest_prompt_format, manifest_tokenizer, read_manifest, write_splits
from slm.data.tokenizer import Tokenizer
from slm.errors import DataError

DOCUMENTS = "documents"
DIGESTS = f"{DOCUMENTS}.digests"
FILES = (f"{DOCUMENTS}.bin", f"{DOCUMENTS}.idx", DIGESTS, "tokenizer.json", "manifest.json")


@dataclass
class PieceRecord:
    """What became of one piece."""

    unit: int
    name: str
    bytes: int
    begin: int = 0
    end: int = 0
    """Of a part: the number of blocks of the whole file."""
    part: int = 0
    parts: int = 1
    documents: list[int] = field(default_factory=list)
    """How many were kept; of a part, of each of its blocks."""
    lines: int = 0
    """How many lines were read, where that matters for the lines of pieces after it."""
    skipped: int = 0
    problem: str = ""
    problem_line: int = 0
    broken: bool = False


class ShardReader:
    """Clean documents of one shard, number `number` from 0 of `shards`, in the order of the corpus.

    Iterating gives ("documents", record) and fills `counts` and `pieces`. Raises DataError as a `DocumentStream` does,
    but where nothing is found.
    """

    def __init__(self, config: DocumentsConfig, sources: tuple[Source, ...], number: int, shards: int):
        self._config, self._digests = config, None
        self._units = list(_units(sources))
        units = [_unit(file) for _, file in self._units]
        self._todo = list(pieces(units, number, shards, config.separator))
        self.counts = Counts()
        self.pieces: list[PieceRecord] = []
        self.found_reasoning = False
        self.bytes_total = sum(_piece_bytes(piece, units[piece.unit]) for piece in self._todo)
        self._bytes_done, self._reading = 0, Reading(Path())

    @property
    def bytes_read(self) -> int:
        """How many of `bytes_total` have been read so far."""
        return self._bytes_done + self._reading.bytes_read

    def records(self, digests: DigestWriter) -> Iterator[tuple[str, dict[str, str]]]:
        fields = FIELDS[self._config.kind]
        for piece in self._todo:
            record = self._begun(piece)
            self.pieces.append(record)
            for block in self._blocks(piece, record):
                record.documents.append(0)
                for values in block:
                    self.counts.read += 1
                    values, content = clean(values)
                    if not content:
                        self.counts.empty += 1
                    elif not digests.is_new(content):
                        self.counts.duplicates += 1
                    else:
                        record.documents[-1] += 1
                        document = dict(zip(fields, values, strict=True))
                        self.found_reasoning |= bool(document.get("reasoning"))
                        yield DOCUMENTS, document
            self._ended(piece, record)

    def _begun(self, piece: Piece) -> PieceRecord:
        source, file = self._units[piece.unit]
        record = PieceRecord(piece.unit, file.name if file else source.source, file.bytes if file else 0)
        record.begin, record.part, record.parts = piece.begin, piece.part, piece.parts
        record.end = record.bytes if piece.end is None else piece.end
        return record

    def _blocks(self, piece: Piece, record: PieceRecord) -> Iterator[Iterable[list[str]]]:
        """The documents of a piece, as they stand there: all together, or of a part those of each of its blocks."""
        values = self._values(piece)
        if piece.parts == 1:
            yield values
            return
        record.end = 0
        for block, numbered in groupby(enumerate(values), key=lambda pair: pair[0] // BLOCK_DOCUMENTS):
            record.end = block + 1
            if block % piece.parts == piece.part:
                yield (fields for _, fields in numbered)

    def _values(self, piece: Piece) -> Iterator[list[str]]:
        source, file = self._units[piece.unit]
        columns = Columns(self._config.kind, self._config.columns)
        if file is None:
            yield from (columns.read(record, source.source) for record in source.records())
        else:
            limits = {"begin": piece.begin, "end": piece.end}
            self._reading = reading_of(file, self._config, columns, **limits)
            yield from file_values(self._reading, columns)

    def _ended(self, piece: Piece, record: PieceRecord) -> None:
        reading = self._reading
        self._bytes_done, self._reading = self._bytes_done + reading.bytes_read, Reading(Path())
        if piece.parts == 1:
            record.lines = reading.lines_read
        if piece.part == 0:  # who reads a part has read the whole file, and all tell the same
            record.skipped, record.broken = reading.skipped, reading.broken
            record.problem, record.problem_line = reading.problem, reading.problem_line


def _units(sources: tuple[Source, ...]) -> Iterator[tuple[Source, SourceFile | None]]:
    for source in sources:
        yield from ((source, file) for file in source.files)
        if source.synthetic:
            yield source, None


def _unit(file: SourceFile | None) -> Unit:
    return Unit(file.path.name, file.bytes, Reading(file.path, address=file.address).open) if file else Unit("", 0)


def _piece_bytes(piece: Piece, unit: Unit) -> int:
    return (unit.bytes if piece.end is None else piece.end) - piece.begin


def write_shard(
    folder: Path,
    reader: ShardReader,
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None,
    asked: dict[str, Any],
    progress: Callable[[int], None] = lambda documents: None,
) -> None:
    """Encode all that `reader` gives into a shard at `folder`; `asked` is what its manifest says of what was asked for
    (fingerprint, shard, shards, synthetic, sources, documents)."""
    with new_folder(folder) as temporary:
        digests = DigestWriter(temporary / DIGESTS)

        def described() -> dict[str, Any]:
            sha256 = digests.close()
            return {
                **asked,
                "counts": asdict(reader.counts),
                "pieces": [asdict(piece) for piece in reader.pieces],
                "found_reasoning": reader.found_reasoning,
                "digests": {"runs": digests.runs, "sha256": sha256},
            }

        batches = encoded_batches(reader.records(digests), tokenizer, prompt_format)
        write_splits(temporary, (DOCUMENTS,), batches, tokenizer, prompt_format, described, progress)


@dataclass(frozen=True)
class Shard:
    """A shard that was opened; `pieces` in the order in which its documents stand."""

    folder: Path
    manifest: dict[str, Any]
    pieces: tuple[PieceRecord, ...]

    @property
    def documents(self) -> int:
        return self.manifest["splits"][DOCUMENTS]["documents"]

    @property
    def prompt_format(self) -> PromptFormat | None:
        return manifest_prompt_format(self.manifest)

    def split(self) -> Split:
        """Its documents, memory-mapped."""
        return map_split(self.folder, DOCUMENTS, self.manifest)


def open_shard(folder: Path, verify: bool = True) -> Shard:
    """The shard at `folder`. Raises DataError that names the file for anything that is not as it says; `verify` reads
    every byte and compares hashes."""
    manifest = read_manifest(folder, (DOCUMENTS,))
    path = folder / "manifest.json"
    try:
        shard = Shard(folder, manifest, tuple(PieceRecord(**piece) for piece in manifest["pieces"]))
        counted = sum(sum(piece.documents) for piece in shard.pieces), sum(manifest["digests"]["runs"])
        sha256 = manifest["digests"]["sha256"]
        manifest["shard"], manifest["shards"]
        counts = Counts(**manifest["counts"])
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not a whole manifest of a shard ({error!r}); make the shard again") from None
    if {*counted, counts.read - counts.empty - counts.duplicates} != {shard.documents}:
        raise DataError(
            f"{path}: expected {shard.documents:,} documents in pieces, digests and counts, got {counted[0]:,}, "
            f"{counted[1]:,} and {counts.read - counts.empty - counts.duplicates:,}; make the shard again"
        )
    if verify:
        manifest_tokenizer(folder, manifest)
        open_split(folder, DOCUMENTS, manifest, verify=True)
        if not (folder / DIGESTS).is_file():
            raise DataError(f"{folder / DIGESTS}: expected digests of the documents, got no such file; make it again")
        for _ in checked_chunks(folder / DIGESTS, sha256):
            pass
    return shard
