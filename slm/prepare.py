"""Documents to a token store: the first stage. Wires the pieces; no loops of its own."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slm.data.documents import DocumentsConfig, DocumentStream, open_documents
from slm.data.prompt_format import NO_REASONING, PromptFormat
from slm.data.token_store import FILES, FORMAT, TokenStore, open_token_store, read_manifest, write_token_store
from slm.data.tokenizer import Tokenizer, load_tokenizer
from slm.data.tokenizer_training import TRAINING_VERSION, fitting_size, train_bpe, vocabulary_size
from slm.errors import DataError

STORES = Path("token_stores")
Progress = Callable[[DocumentStream, int], None]


@dataclass(frozen=True)
class Request:
    """What is asked for, settled without reading the documents."""

    stream: DocumentStream
    encoder: Tokenizer | None
    """None where it must be made from the documents, `size` tokens large (0: what fits them)."""
    size: int | None
    prompt_format: PromptFormat | None
    fingerprint: str
    folder: Path

    def tokenizer(self, message: Callable[[str], None]) -> Tokenizer:
        """The tokenizer, made from the documents where it must be."""
        return self.encoder or _trained_tokenizer(self.stream, self.size, message)

    def prepared(self, message: Callable[[str], None]) -> TokenStore | None:
        """The store, if it lies there. Raises DataError for a folder that must not be replaced by one."""
        if (store := _prepared(self.folder, self.fingerprint)) is not None:
            message(f"{self.folder}: prepared before from the same documents; nothing to do")
            return store
        require_replaceable(self.folder)
        return None


def settle(
    documents: DocumentsConfig,
    tokenizer: str = "gpt2",
    prompt_format: PromptFormat | None = None,
    folder: Path | None = None,
    message: Callable[[str], None] = lambda text: None,
) -> Request:
    """Find the sources and say by a fingerprint what their store is made from. Raises what `prepare` raises."""
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
    return Request(stream, encoder, size, prompt_format, fingerprint, folder)


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
    request = settle(documents, tokenizer, prompt_format, folder, message)
    if (store := request.prepared(message)) is not None:
        return store
    stream, prompt_format = request.stream, request.prompt_format
    encoder, encoded = request.tokenizer(message), counted(stream, progress)
    records = _with_reasoning(stream) if prompt_format and prompt_format.reasoning != "drop" else stream
    described = functools.partial(_described, stream, request.fingerprint)
    return write_token_store(request.folder, records, encoder, prompt_format, described, encoded)


def counted(stream: Any, progress: Progress) -> Callable[[int], None]:
    """`progress` of `stream`, told all documents so far, for those who tell how many more there are."""
    done = 0

    def encoded(count: int) -> None:
        nonlocal done
        done += count
        progress(stream, done)

    return encoded


def _with_reasoning(stream: DocumentStream) -> Iterator[tuple[str, dict[str, str]]]:
    """The records of a stream. Raises DataError at their end where none had any reasoning."""
    found = False
    for split, record in stream:
        found |= bool(record["reasoning"])
        yield split, record
    if not found:
        raise DataError(NO_REASONING)


def _trained_tokenizer(stream: DocumentStream, size: int, message: Callable[[str], None]) -> Tokenizer:
    def texts() -> Iterator[str]:
        return ("\n".join(record.values()) for split, record in stream if split == "train")

    size = size or fitting_size(texts())
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


def require_replaceable(folder: Path, files: Sequence[str] = FILES, kind: str = "a token store") -> None:
    """Never replace a folder that holds anything but these files: it would be deleted."""
    if not folder.exists():
        return
    strange = [path.name for path in folder.iterdir() if path.name not in files] if folder.is_dir() else [folder.name]
    if strange:
        raise DataError(
            f"{folder}: expected {kind} or a new folder, found {min(strange)!r} there; choose another --out"
        )


def slug(source: str) -> str:
    name = source.split(":")[-1].rstrip("/").split("/")[-1].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:40] or "documents"
