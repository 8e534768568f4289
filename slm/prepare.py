"""Documents to a token store: the first stage. Wires the pieces; no loops of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slm.data.documents import DocumentsConfig, DocumentStream, open_documents
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import FORMAT, TokenStore, open_token_store, read_manifest, write_token_store
from slm.data.tokenizer import load_tokenizer
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
    encoder = load_tokenizer(tokenizer)
    if documents.kind == "question_answer" and prompt_format is None:
        prompt_format = PromptFormat()
    stream = open_documents(documents)
    for note in stream.notes:
        message(note)
    made_from = [FORMAT, stream.fingerprint, encoder.sha256, None if prompt_format is None else vars(prompt_format)]
    fingerprint = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    folder = folder or STORES / f"{_slug(documents.source[0])}-{fingerprint[:8]}"
    if _is_prepared(folder, fingerprint):
        message(f"{folder}: prepared before from the same documents; nothing to do")
        return open_token_store(folder)
    _require_replaceable(folder)
    done = 0

    def encoded(count: int) -> None:
        nonlocal done
        done += count
        progress(stream, done)

    return write_token_store(folder, stream, encoder, prompt_format, lambda: _described(stream, fingerprint), encoded)


def _described(stream: DocumentStream, fingerprint: str) -> dict[str, Any]:
    counts = asdict(stream.counts)
    return {
        "fingerprint": fingerprint,
        "synthetic": stream.synthetic,
        "sources": stream.sources,
        "counts": counts,
        "documents": json.loads(json.dumps(asdict(stream.config))),
    }


def _is_prepared(folder: Path, fingerprint: str) -> bool:
    try:
        if read_manifest(folder)["fingerprint"] != fingerprint:
            return False
        open_token_store(folder, verify=False)
    except DataError:
        return False
    return True


def _require_replaceable(folder: Path) -> None:
    """Never replace a folder that is not a token store: someone's files may lie in it."""
    if folder.exists() and not (folder / "manifest.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: expected a token store or a new folder, found other files there; choose another --out")


def _slug(source: str) -> str:
    name = source.split(":")[-1].rstrip("/").split("/")[-1].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:40] or "documents"
