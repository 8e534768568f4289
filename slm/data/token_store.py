"""The token store: a folder with all documents as token ids, where each begins, and a manifest that vouches for it.

    train.bin, validation.bin    ids one after another, little-endian uint16 (uint32 from 65,536 tokens up)
    train.idx, validation.idx    uint64, a row a document: where it begins [, tokens of its prompt]
    tokenizer.json               the tokenizer that made the ids
    manifest.json                counts, hashes, sources, how it was split

Every document ends with ``<|endoftext|>``. A store is written whole or not at all and checked when opened. Knows
nothing about where documents come from (they arrive as records) or what is done with the ids.
"""

from __future__ import annotations

import collections
import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from slm.atomic_write import new_folder
from slm.config_files import from_dict
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer, read_tokenizer
from slm.errors import ConfigError, DataError, ModelError

FORMAT = 1
SPLITS = ("train", "validation")
FILES = (*(f"{name}.{kind}" for name in SPLITS for kind in ("bin", "idx")), "tokenizer.json", "manifest.json")
BATCH_CHARACTERS = 1_000_000  # text that goes to the tokenizer at once: enough for all cores, little in memory
BATCHES_IN_FLIGHT = 3
CHUNK_BYTES = 1 << 24


@dataclass(frozen=True)
class Split:
    """One split of a store. tokens (N,) memory-mapped ids; starts (D + 1,) document offsets with the end;
    prompt_lengths (D,) tokens of each record's prompt, or None for plain documents."""

    tokens: np.ndarray
    starts: np.ndarray
    prompt_lengths: np.ndarray | None

    @property
    def documents(self) -> int:
        return len(self.starts) - 1

    def document(self, number: int) -> np.ndarray:
        """The ids of one document with its end token."""
        return self.tokens[int(self.starts[number]) : int(self.starts[number + 1])]


@dataclass(frozen=True)
class TokenStore:
    """An opened token store."""

    folder: Path
    manifest: dict[str, Any]
    tokenizer: Tokenizer
    train: Split
    validation: Split

    @property
    def prompt_format(self) -> PromptFormat | None:
        values = self.manifest["prompt_format"]
        return None if values is None else _prompt_format(values)

    @property
    def tokenizer_source(self) -> str:
        """What `load_tokenizer` takes to give this store's tokenizer."""
        return self.tokenizer.name if self.tokenizer.name == "gpt2" else str(self.folder)

    @property
    def title(self) -> str:
        """What the documents are, for people: source names, files without their folders."""
        names = (name if ":" in name else Path(name).name for name in self.manifest["documents"]["source"])
        return ", ".join(names)

    def split(self, name: str) -> Split:
        return getattr(self, name)

    def summary(self) -> dict[str, Any]:
        """What a run writes down about its data."""
        counts = {f"{s}_{k}": self.manifest["splits"][s][k] for s in SPLITS for k in ("tokens", "documents", "bytes")}
        kept = {key: self.manifest[key] for key in ("synthetic", "sources", "sha256", "fingerprint")}
        return {"folder": str(self.folder), **counts, **kept, "tokenizer": self.manifest["tokenizer"]}


def write_token_store(
    folder: Path,
    records: Iterable[tuple[str, dict[str, str]]],
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None,
    describe: Callable[[], dict[str, Any]],
    progress: Callable[[int], None] = lambda documents: None,
) -> TokenStore:
    """Encode `records`, pairs of split and record, into a new store at `folder`; replaces an old one when whole.

    A record has the field text, or question, reasoning and response (then `prompt_format` says how they are put
    together). `describe` is asked at the end for what the manifest shall say of the sources (fingerprint,
    synthetic, sources, counts). Raises DataError where a split stays empty.
    """
    with new_folder(folder) as temporary:
        writers = {name: _SplitWriter(temporary, name, tokenizer, prompt_format is not None) for name in SPLITS}
        try:
            for name, encoded, count in _encoded_batches(records, tokenizer, prompt_format):
                writers[name].write(*encoded)
                progress(count)
        finally:
            for writer in writers.values():
                writer.close()
        for name, writer in writers.items():
            if not writer.counts["documents"]:
                raise DataError(f"expected documents for {name}, found none; see the source, or give --validation")
        (temporary / "tokenizer.json").write_text(
            json.dumps(tokenizer.definition, ensure_ascii=False), encoding="utf-8"
        )
        manifest = {
            "format": FORMAT,
            "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256, "n_vocab": tokenizer.n_vocab},
            "end_of_text": tokenizer.eot_token,
            "dtype": _dtype(tokenizer.n_vocab).str,
            "index_columns": _index_columns(prompt_format is not None),
            "prompt_format": None if prompt_format is None else prompt_format.settings(),
            "splits": {name: writer.counts for name, writer in writers.items()},
            "sha256": {
                f"{name}.{kind}": writer.sha256(kind) for name, writer in writers.items() for kind in ("bin", "idx")
            },
            **describe(),
        }
        (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    return open_token_store(folder, verify=False)


def open_token_store(folder: Path, verify: bool = True) -> TokenStore:
    """Open the store at `folder`. Raises DataError, with the file's name, for anything that is not as it says.

    `verify` reads every byte once and compares hashes and ids (about a second for 1 GB).
    """
    manifest = read_manifest(folder)
    tokenizer = _read_tokenizer(folder / "tokenizer.json", manifest)
    splits = {name: _open_split(folder, name, manifest, verify) for name in SPLITS}
    return TokenStore(folder, manifest, tokenizer, **splits)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the store at `folder`; DataError where there is none or it is damaged."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise DataError(f"{path}: expected format {FORMAT}, got {manifest['format']!r}; prepare the store again")
        _require_whole(manifest)
        return manifest
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f"{folder}: expected a token store (a folder with manifest.json), found none; slm prepare makes one"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a whole manifest ({error!r}); prepare the store again") from None


def _require_whole(manifest: dict[str, Any]) -> None:
    """Ask for all that is read from a manifest. Raises the KeyError, TypeError or ValueError of what is wrong."""
    for key in ("fingerprint", "synthetic", "sources"):
        manifest[key]
    np.dtype(manifest["dtype"])
    manifest["tokenizer"]["sha256"], operator.index(manifest["tokenizer"]["n_vocab"])
    for name in SPLITS:
        for key in ("tokens", "documents", "bytes"):
            operator.index(manifest["splits"][name][key])
        for kind in ("bin", "idx"):
            manifest["sha256"][f"{name}.{kind}"]
    prompt_format = manifest["prompt_format"]
    if prompt_format is not None:
        _prompt_format(prompt_format)
    if manifest["index_columns"] != _index_columns(prompt_format is not None):
        raise ValueError(f"index_columns {manifest['index_columns']!r} do not fit prompt_format {prompt_format!r}")


def _prompt_format(values: dict[str, Any]) -> PromptFormat:
    """Raises ValueError where `values` are none."""
    try:
        return from_dict(PromptFormat, values, where="prompt_format")
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _index_columns(has_prompts: bool) -> list[str]:
    return ["start", "prompt_length"] if has_prompts else ["start"]


def _read_tokenizer(path: Path, manifest: dict[str, Any]) -> Tokenizer:
    try:
        tokenizer = read_tokenizer(path)
    except ModelError as error:
        raise DataError(f"{error}; it belongs to a token store: prepare the store again") from None
    if tokenizer.sha256 != manifest["tokenizer"]["sha256"]:
        raise DataError(f"{path}: not the tokenizer that made this store; prepare it again")
    return tokenizer


def _dtype(n_vocab: int) -> np.dtype:
    return np.dtype("<u2" if n_vocab <= 1 << 16 else "<u4")


class _SplitWriter:
    """Appends documents to one split's two files and keeps their hashes as it goes."""

    def __init__(self, folder: Path, name: str, tokenizer: Tokenizer, has_prompts: bool):
        kinds = ("bin", "idx")
        self._files: dict[str, BinaryIO] = {kind: (folder / f"{name}.{kind}").open("wb") for kind in kinds}
        self._hashes = {kind: hashlib.sha256() for kind in self._files}
        self._tokenizer, self._has_prompts = tokenizer, has_prompts
        self.counts = {"tokens": 0, "documents": 0, "bytes": 0}

    def write(self, ids: np.ndarray, starts: np.ndarray, prompt_lengths: np.ndarray | None) -> None:
        """ids (n,) with end tokens, starts (d,) within ids, prompt_lengths (d,) or None."""
        index = starts.astype(np.uint64) + np.uint64(self.counts["tokens"])
        if prompt_lengths is not None:
            index = np.stack((index, prompt_lengths.astype(np.uint64)), axis=1)
        self._append("bin", ids.astype(_dtype(self._tokenizer.n_vocab)))
        self._append("idx", index.astype("<u8"))
        self.counts["tokens"] += len(ids)
        self.counts["documents"] += len(starts)
        text_bytes = int(self._tokenizer.bytes_per_token[ids].sum())
        end_bytes = int(self._tokenizer.bytes_per_token[self._tokenizer.eot_token])
        self.counts["bytes"] += text_bytes - len(starts) * end_bytes

    def _append(self, kind: str, array: np.ndarray) -> None:
        content = array.tobytes()
        self._files[kind].write(content)
        self._hashes[kind].update(content)

    def sha256(self, kind: str) -> str:
        return self._hashes[kind].hexdigest()

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def _encoded_batches(
    records: Iterable[tuple[str, dict[str, str]]], tokenizer: Tokenizer, prompt_format: PromptFormat | None
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray, np.ndarray | None], int]]:
    """Encode on all cores while the next records are being read, and give the batches back in order."""
    with ThreadPoolExecutor(1) as encoder:  # the tokenizer itself spreads a batch over the cores
        in_flight: collections.deque[tuple[str, Future, int]] = collections.deque()
        for name, batch in _text_batches(records, prompt_format):
            in_flight.append((name, encoder.submit(_encode, batch, tokenizer, prompt_format is not None), len(batch)))
            if len(in_flight) > BATCHES_IN_FLIGHT:
                name, future, count = in_flight.popleft()
                yield name, future.result(), count
        for name, future, count in in_flight:
            yield name, future.result(), count


def _text_batches(
    records: Iterable[tuple[str, dict[str, str]]], prompt_format: PromptFormat | None
) -> Iterator[tuple[str, list[str]]]:
    """Gather texts of one split up to BATCH_CHARACTERS; for records prompt and response by turns."""
    texts: dict[str, list[str]] = {name: [] for name in SPLITS}
    characters = dict.fromkeys(SPLITS, 0)
    for name, record in records:
        if prompt_format is None:
            pieces = (record["text"],)
        else:
            pieces = (prompt_format.prompt(record["question"]), prompt_format.response(record))
        texts[name] += pieces
        characters[name] += sum(map(len, pieces))
        if characters[name] >= BATCH_CHARACTERS:
            yield name, texts[name]
            texts[name], characters[name] = [], 0
    yield from ((name, batch) for name, batch in texts.items() if batch)


def _encode(texts: list[str], tokenizer: Tokenizer, in_pairs: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """ids with an end token after each document, where each starts, and the lengths of the prompts."""
    ids, offsets = tokenizer.encode_batch_flat(texts)
    offsets = offsets.astype(np.int64)
    pieces = 2 if in_pairs else 1
    ends = offsets[pieces::pieces]
    starts = offsets[:-1:pieces] + np.arange(len(ends))  # each document before adds one end token
    prompt_lengths = offsets[1::2] - offsets[:-1:2] if in_pairs else None
    return np.insert(ids, ends, tokenizer.eot_token), starts, prompt_lengths


def _open_split(folder: Path, name: str, manifest: dict[str, Any], verify: bool) -> Split:
    counts, columns = manifest["splits"][name], len(manifest["index_columns"])
    n_vocab, dtype = manifest["tokenizer"]["n_vocab"], np.dtype(manifest["dtype"])
    if dtype != _dtype(n_vocab):
        raise DataError(
            f"{folder}: a vocabulary of {n_vocab} is kept as {_dtype(n_vocab)}, the manifest says {dtype}; prepare "
            "again"
        )
    tokens = _map(folder / f"{name}.bin", dtype, counts["tokens"])
    index = np.array(_map(folder / f"{name}.idx", np.dtype("<u8"), counts["documents"] * columns))
    index = index.reshape(-1, columns)
    starts = np.append(index[:, 0], np.uint64(len(tokens)))
    if verify:
        for kind in ("bin", "idx"):
            _verify_hash(folder / f"{name}.{kind}", manifest["sha256"][f"{name}.{kind}"])
        _verify_ids(folder / f"{name}.bin", tokens, n_vocab)
    if starts[0] != 0 or (starts[1:] <= starts[:-1]).any():
        raise DataError(
            f"{folder / name}.idx: expected rising document offsets from 0, got others; prepare the store again"
        )
    if columns > 1 and (index[:, 1] >= np.diff(starts)).any():
        raise DataError(
            f"{folder / name}.idx: expected prompts shorter than their records, got longer ones; prepare the store "
            "again"
        )
    return Split(tokens, starts, index[:, 1] if columns > 1 else None)


def _map(path: Path, dtype: np.dtype, count: int) -> np.ndarray:
    size = path.stat().st_size if path.is_file() else -1
    if size != count * dtype.itemsize:
        came = f"{size:,} bytes" if size >= 0 else "no such file"
        raise DataError(
            f"{path}: expected {count * dtype.itemsize:,} bytes ({count:,} x {dtype}), got {came}; prepare the store "
            "again"
        )
    return np.memmap(path, dtype=dtype, mode="r") if count else np.empty(0, dtype)


def _verify_hash(path: Path, expected: str) -> None:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != expected:
        raise DataError(
            f"{path}: its SHA-256 differs from the manifest's; the file was changed or damaged: prepare the store again"
        )


def _verify_ids(path: Path, tokens: np.ndarray, n_vocab: int) -> None:
    for start in range(0, len(tokens), CHUNK_BYTES):
        chunk = tokens[start : start + CHUNK_BYTES]
        if int(chunk.max()) >= n_vocab:
            place = start + int((chunk >= n_vocab).argmax())
            raise DataError(
                f"{path}: expected token ids below {n_vocab}, got {int(tokens[place])} at position {place}; prepare "
                "again"
            )
