"""What is derived from an index and can be made again: a folder each, that says what state it was made from.

A folder is used only if it is whole (sizes and CRC-32 of its files) and made from the present state; else it is stale.
Knows nothing of what lies in it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slm.atomic_write import existing_folder, new_folder, write_json

FOLDER = "derived"
MANIFEST = "manifest.json"
CHUNK = 1 << 22


def fresh(index: Path, name: str, made_from: dict[str, Any]) -> Path | None:
    """The folder of `name` if it is whole and made from this state; None where it must be made again."""
    folder = existing_folder(index / FOLDER / name)
    manifest = read_manifest(folder)
    if manifest is None or manifest["made_from"] != made_from:
        return None
    return folder if is_whole(folder, manifest) else None


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the folder says of itself, None where that cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest if {"made_from", "files"} <= manifest.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def is_whole(folder: Path, manifest: dict[str, Any]) -> bool:
    """Whether every file has the size and the CRC-32 that it was written with."""
    try:
        return all(_size_and_crc(folder / name) == tuple(known) for name, known in manifest["files"].items())
    except (OSError, TypeError, AttributeError):
        return False


def write(index: Path, name: str, made_from: dict[str, Any], save: Callable[[Path], None]) -> Path:
    """Let `save` fill a new folder of `name`, which then takes the place of the old one. Raises OSError."""
    folder = index / FOLDER / name
    folder.parent.mkdir(exist_ok=True)
    with new_folder(folder) as temporary:
        save(temporary)
        files = {path.name: _size_and_crc(path) for path in sorted(temporary.iterdir())}
        write_json(temporary / MANIFEST, {"made_from": made_from, "files": files})
    return folder


def _size_and_crc(path: Path) -> tuple[int, int]:
    crc, size = 0, 0
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
    return size, crc
