"""The token store: a folder with all documents as token ids, where each begins, and a manifest that vouches for it.

    train.bin, validation.bin    ids one after another, little-endian uint16 (uint32 from 65,536 tokens up)
    train.idx, validation.idx    uint64, a row a document: where it begins [, tokens of its prompt]
    tokenizer.json               the tokenizer that made the ids
    manifest.json                counts, hashes, sources, how it was split

Every document ends with ``<|endoftext|>``. A store is written whole or not at all and checked when opened. Knows
nothing about where documents come from (they arrive as records) or what is done with the ids.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from slm.atomic_write import new_folder
from slm.config_files import from_dict
from slm.data.encoding import Encoded, encoded_batches
from slm.data.prompt_format import PromptFormat
from slm.data.split_files import Split, id_dtype, open_split
from slm.data.tokenizer import Tokenizer, read_tokenizer
from slm.errors import ConfigError, DataError, ModelError

FORMAT = 1
SPLITS = ("train", "validation")
FILES = (*(f"{name}.{kind}" for name in SPLITS for kind in ("bin", "idx")), "tokenizer.json", "manifest.json")


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
        return manifest_prompt_format(self.manifest)

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
    batches = encoded_batches(records, tokenizer, prompt_format)
    return write_batches(folder, batches, tokenizer, prompt_format, describe, progress)


def write_batches(
    folder: Path,
    batches: Iterable[tuple[str, Encoded]],
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None,
    describe: Callable[[], dict[str, Any]],
    progress: Callable[[int], None] = lambda documents: None,
) -> TokenStore:
    """`write_token_store` for documents that are encoded: pairs of split and `Encoded`."""
    with new_folder(folder) as temporary:
        counts = write_splits(temporary, SPLITS, batches, tokenizer, prompt_format, describe, progress)
        for name in SPLITS:
            if not counts[name]["documents"]:
                raise DataError(f"expected documents for {name}, found none; see the source, or give --validation")
    return open_token_store(folder, verify=False)


def write_splits(
    folder: Path,
    names: Sequence[str],
    batches: Iterable[tuple[str, Encoded]],
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None,
    describe: Callable[[], dict[str, Any]],
    progress: Callable[[int], None] = lambda documents: None,
) -> dict[str, dict[str, int]]:
    """Fill `folder` with the splits of these names, the tokenizer and the manifest; gives the counts of each split."""
    writers = {name: _SplitWriter(folder, name, tokenizer, prompt_format is not None) for name in names}
    try:
        for name, encoded in batches:
            writers[name].write(encoded)
            progress(len(encoded.starts))
    finally:
        for writer in writers.values():
            writer.close()
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer.definition, ensure_ascii=False), encoding="utf-8")
    counts = {name: writer.counts for name, writer in writers.items()}
    manifest = {
        "format": FORMAT,
        "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256, "n_vocab": tokenizer.n_vocab},
        "end_of_text": tokenizer.eot_token,
        "dtype": id_dtype(tokenizer.n_vocab).str,
        "index_columns": _index_columns(prompt_format is not None),
        "prompt_format": None if prompt_format is None else prompt_format.settings(),
        "splits": counts,
        "sha256": {
            f"{name}.{kind}": writer.sha256(kind) for name, writer in writers.items() for kind in ("bin", "idx")
        },
        **describe(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    return counts


def open_token_store(folder: Path, verify: bool = True) -> TokenStore:
    """Open the store at `folder`. Raises DataError, with the file's name, for anything that is not as it says.

    `verify` reads every byte once and compares hashes and ids (about a second for 1 GB).
    """
    manifest = read_manifest(folder)
    tokenizer = manifest_tokenizer(folder, manifest)
    splits = {name: open_split(folder, name, manifest, verify) for name in SPLITS}
    return TokenStore(folder, manifest, tokenizer, **splits)


def read_manifest(folder: Path, names: Sequence[str] = SPLITS) -> dict[str, Any]:
    """The manifest of the splits of these names at `folder`; DataError where there is none or it is damaged."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise DataError(f"{path}: expected format {FORMAT}, got {manifest['format']!r}; prepare the store again")
        _require_whole(manifest, names)
        return manifest
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(
            f"{folder}: expected a token store (a folder with manifest.json), found none; slm prepare makes one"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a whole manifest ({error!r}); prepare the store again") from None


def _require_whole(manifest: dict[str, Any], names: Sequence[str]) -> None:
    """Ask for all that is read from a manifest. Raises the KeyError, TypeError or ValueError of what is wrong."""
    for key in ("fingerprint", "synthetic", "sources"):
        manifest[key]
    np.dtype(manifest["dtype"])
    manifest["tokenizer"]["sha256"], operator.index(manifest["tokenizer"]["n_vocab"])
    for name in names:
        for key in ("tokens", "documents", "bytes"):
            operator.index(manifest["splits"][name][key])
        for kind in ("bin", "idx"):
            manifest["sha256"][f"{name}.{kind}"]
    prompt_format = manifest_prompt_format(manifest)
    if manifest["index_columns"] != _index_columns(prompt_format is not None):
        raise ValueError(f"index_columns {manifest['index_columns']!r} do not fit prompt_format {prompt_format!r}")


def manifest_prompt_format(manifest: dict[str, Any]) -> PromptFormat | None:
    """How records were put together, None for plain documents. Raises ValueError where it says neither."""
    values = manifest["prompt_format"]
    try:
        return None if values is None else from_dict(PromptFormat, values, where="prompt_format")
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _index_columns(has_prompts: bool) -> list[str]:
    return ["start", "prompt_length"] if has_prompts else ["start"]


def manifest_tokenizer(folder: Path, manifest: dict[str, Any]) -> Tokenizer:
    """The tokenizer beside a manifest; DataError where it is damaged or is another."""
    path = folder / "tokenizer.json"
    try:
        tokenizer = read_tokenizer(path)
    except ModelError as error:
        raise DataError(f"{error}; it belongs to a token store: prepare the store again") from None
    if tokenizer.sha256 != manifest["tokenizer"]["sha256"]:
        raise DataError(f"{path}: not the tokenizer that made this store; prepare it again")
    return tokenizer


class _SplitWriter:
    """Appends documents to one split's two files and keeps their hashes as it goes."""

    def __init__(self, folder: Path, name: str, tokenizer: Tokenizer, has_prompts: bool):
        kinds = ("bin", "idx")
        self._files: dict[str, BinaryIO] = {kind: (folder / f"{name}.{kind}").open("wb") for kind in kinds}
        self._hashes = {kind: hashlib.sha256() for kind in self._files}
        self._tokenizer, self._has_prompts = tokenizer, has_prompts
        self.counts = {"tokens": 0, "documents": 0, "bytes": 0}

    def write(self, encoded: Encoded) -> None:
        ids, starts, prompt_lengths = encoded
        index = starts.astype(np.uint64) + np.uint64(self.counts["tokens"])
        if prompt_lengths is not None:
            index = np.stack((index, prompt_lengths.astype(np.uint64)), axis=1)
        self._append("bin", ids.astype(id_dtype(self._tokenizer.n_vocab)))
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
