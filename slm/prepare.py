"""Documents to a token store: the first stage. Wires the pieces; no loops of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slm.data.documents import DocumentsConfig, DocumentStream, open_documents
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import FILES, FORMAT, TokenStore, open_token_store, read_manifest, write_token_store
from slm.data.tokenizer import Tokenizer, load_tokenizer
from slm.data.tokenizer_training import TRAINING_VERSION, fitting_size, train_bpe, vocabulary_size
from slm.errors import DataError

STORES = Path("token_stores")
Progress = Callable[[DocumentStream, int], None]


def prepare(
    documents: DocumentsConfig,
    tokenizer: str = "gpt2",
    prompt_format: PromptFormat | None = None,
    folder: Path | None = None,
    progress: Progress = lambda stream, encoded: None,
    message: Callable[[str], None] = lambda text: None,
) -> TokenStore:
    """The token store of these documents, made now unless the same one lies there already.

    `folder` is by default token_stores/<source>-<fingerprint>. Raises DataError, NetworkError, ConfigError.
    """
    size = vocabulary_size(tokenizer)
    encoder = load_tokenizer(tokenizer) if size is None else None
    if documents.kind == "question_answer" and prompt_format is None:
        prompt_format = PromptFormat()
    stream = open_documents(documents)
    for note in stream.notes:
        message(note)
    tokenizer_identity = encoder.sha256 if encoder else [tokenizer, TRAINING_VERSION]
    asked = None if prompt_format is None else prompt_format.settings()
    made_from = [FORMAT, stream.fingerprint, tokenizer_identity, asked]
    fingerprint = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    folder = folder or STORES / f"{slug(documents.source[0])}-{fingerprint[:8]}"
    if (store := _prepared(folder, fingerprint)) is not None:
        message(f"{folder}: prepared before from the same documents; nothing to do")
        return store
    _require_replaceable(folder)
    encoder = encoder or _trained_tokenizer(stream, size, message)
    done = 0

    def encoded(count: int) -> None:
        nonlocal done
        done += count
        progress(stream, done)

    return write_token_store(folder, stream, encoder, prompt_format, lambda: _described(stream, fingerprint), encoded)


def _trained_tokenizer(stream: DocumentStream, size: int, message: Callable[[str], None]) -> Tokenizer:
    def texts() -> Iterator[str]:
        return ("\n".join(record.values()) for split, record in stream if split == "train")

    size = size or fitting_size(sum(len(text.encode()) for text in texts()))
    message(f"training a vocabulary of {size:,} tokens")
    return train_bpe(texts(), size)


def _described(stream: DocumentStream, fingerprint: str) -> dict[str, Any]:
    counts = asdict(stream.counts)
    return {
        "fingerprint": fingerprint,
        "synthetic": stream.synthetic,
        "sources": stream.sources,
        "counts": counts,
        "documents": json.loads(json.dumps(asdict(stream.config))),
    }


def _prepared(folder: Path, fingerprint: str) -> TokenStore | None:
    """The store of this fingerprint at `folder`; None where there is none, or one that is damaged and made anew."""
    try:
        return open_token_store(folder) if read_manifest(folder)["fingerprint"] == fingerprint else None
    except DataError:
        return None


def _require_replaceable(folder: Path) -> None:
    """Never replace a folder that holds anything but a token store: it would be deleted."""
    if not folder.exists():
        return
    strange = [path.name for path in folder.iterdir() if path.name not in FILES] if folder.is_dir() else [folder.name]
    if strange:
        raise DataError(
            f"{folder}: expected a token store or a new folder, found {min(strange)!r} there; choose another --out"
        )


def slug(source: str) -> str:
    name = source.split(":")[-1].rstrip("/").split("/")[-1].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:40] or "documents"
