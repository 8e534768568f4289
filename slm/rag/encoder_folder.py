"""The folder of a text encoder: its record, its files with their hashes, written whole, checked when read. No torch.

    encoder.json           what made it, its settings, the SHA-256 of every other file
    tokenizer.json         the vocabulary
    encoder.safetensors    embeddings and weights of tokens (slm.rag.encoder)
    reranker.safetensors   the second stage (slm.rag.reranker), where there is one
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from slm.atomic_write import existing_folder, new_folder, write_json
from slm.errors import ModelError
from slm.model_folder import read_json, sha256_of

RECORD = "encoder.json"
TOKENIZER = "tokenizer.json"
ENCODER = "encoder.safetensors"
RERANKER = "reranker.safetensors"
FORMAT = 1

Tensors = dict[str, np.ndarray]


def check_target(folder: Path) -> None:
    """Raise ModelError where `folder` is neither new, nor empty, nor an older encoder."""
    if folder.exists() and not (folder / RECORD).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: expected a new folder or an older encoder, found something else; name another")


def write_folder(
    folder: Path, record: dict[str, Any], tokenizer: dict[str, Any], encoder: Tensors, reranker: Tensors | None
) -> None:
    """Write the folder, whole or not at all, in place of an older encoder. Raises ModelError as `check_target`."""
    check_target(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder) as new:
        (new / TOKENIZER).write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
        save_file(encoder, new / ENCODER)
        if reranker is not None:
            save_file(reranker, new / RERANKER)
        hashes = {path.name: sha256_of(path) for path in sorted(new.iterdir())}
        write_json(new / RECORD, {"format": FORMAT, **record, "sha256": hashes})


def read_record(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder (an older copy where a write was cut off) and encoder.json, after every file was compared with its
    hash. Raises ModelError where something is missing, damaged or of a newer slm."""
    folder = existing_folder(folder)
    if not (folder / RECORD).is_file():
        raise ModelError(f"{folder}: expected an encoder's folder ({RECORD}), found none; make one: slm encoder train")
    record = read_json(folder / RECORD)
    try:
        if record["format"] != FORMAT:
            raise ModelError(f"{folder / RECORD}: expected format {FORMAT}, found {record['format']!r}; update slm")
        for name in {TOKENIZER, ENCODER, *record["sha256"]}:
            _check(folder / name, record["sha256"][name])
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / RECORD}: not what slm writes ({error!r}); train the encoder again") from None
    return folder, record


def _check(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f"{path}: missing; the folder is not whole: copy it again or train the encoder again")
    if sha256_of(path) != expected:
        raise ModelError(
            f"{path}: its SHA-256 differs from {RECORD}'s; the file is damaged or was changed: copy the folder again"
        )


def read_tensors(path: Path, shapes: dict[str, tuple[int | str, ...]]) -> Tensors:
    """The tensors of a file, in float32. Raises ModelError unless they are finite and of these `shapes`, where one
    letter stands for one size throughout."""
    try:
        tensors = {name: values.astype(np.float32) for name, values in load_file(path).items()}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not readable as safetensors ({error}); copy the folder again") from None
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        found = tensors[name].shape if name in tensors else ()
        wanted = tuple(sizes.setdefault(s, n) if isinstance(s, str) else s for s, n in zip(shape, found, strict=False))
        if found != wanted or len(found) != len(shape) or not np.isfinite(tensors[name]).all():
            raise ModelError(f"{path}: expected finite {name} of shape {shape}, found {found}; train the encoder again")
    return tensors
