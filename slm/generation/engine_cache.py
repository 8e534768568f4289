"""Models in the form in which the fast engine loads them, kept from one command to the next. Without torch.

    <cache>/engines/<weights' SHA-256>-<config's>-<bits>-<form>/model.onnx, engine.json

What was not used for longest is removed when it grows past LARGEST.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from slm.atomic_write import new_folder, remove_leftovers
from slm.caching import cache_folder
from slm.model_folder import ModelFolder, sha256_of

FORM = 4  # to be raised when graphs change, so that older ones are made anew
GRAPH = "model.onnx"
LARGEST = 4 * 2**30  # bytes


def cached_graph(folder: ModelFolder, bits: int) -> Path | None:
    """The graph of a model, if it is in the cache, whole."""
    entry = _entry(folder, bits)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads((entry / "engine.json").read_text(encoding="utf-8"))
        if record["sha256"] == sha256_of(entry / GRAPH):
            with contextlib.suppress(OSError):  # a cache that others wrote for us
                os.utime(entry)  # used now
            return entry / GRAPH
    return None


def cache_graph(folder: ModelFolder, bits: int, write: Callable[[Path], None]) -> Path:
    """Have `write` make the graph of a model in the cache; its path. Raises OSError with nothing left behind."""
    entry = _entry(folder, bits)
    try:
        with new_folder(entry) as temporary:
            write(temporary / GRAPH)
            record = {"weights": folder.sha256, "bits": bits, "sha256": sha256_of(temporary / GRAPH)}
            (temporary / "engine.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError:
        remove_leftovers(entry)
        if cached_graph(folder, bits) is None:  # else another process has just put it there
            raise
    _remove_oldest(entry)
    return entry / GRAPH


def _entry(folder: ModelFolder, bits: int) -> Path:
    config = hashlib.sha256((folder.path / "config.json").read_bytes()).hexdigest()
    return cache_folder() / "engines" / f"{folder.sha256[:32]}-{config[:8]}-{bits}-{FORM}"


def _remove_oldest(new: Path) -> None:
    entries = []
    for entry in new.parent.glob("[!.]*"):
        with contextlib.suppress(OSError):  # another process may be removing it
            entries.append((entry.stat().st_mtime, entry, sum(file.stat().st_size for file in entry.iterdir())))
    total = sum(size for _, _, size in entries)
    for _, entry, size in sorted(entries):
        if total > LARGEST and entry != new:
            shutil.rmtree(entry, ignore_errors=True)
            total -= size
