"""Finished folders elsewhere: token stores, model folders and exports, whole by their own manifests.

Each has a file that lists the SHA-256 of the others. It goes up last and is read first, so that a folder that was not
written to its end is none. What is fetched lies in the cache: <cache>/fetched/<name>-<hash of address and manifest>.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from slm.atomic_write import new_folder
from slm.caching import cache_folder
from slm.errors import DataError
from slm.remote.address import NotThere, Place, is_address

MANIFESTS = ("slm.json", "manifest.json", "export_report.json")
"""Of a model folder, a token store and an export."""
UNLISTED = {"manifest.json": ("tokenizer.json",)}
"""Files that a manifest vouches for in another way than by their SHA-256."""
ORIGIN = ".address"


def fetch_folder(address: str) -> Path:
    """The folder at `address` in the cache, fetched unless it lies there; each file with the SHA-256 of its manifest.

    Raises NotThere (a DataError) where there is no manifest, NetworkError where a file cannot be had whole."""
    place = Place(address)
    manifest, content = _manifest(place)
    hashes = _hashes(content, place / manifest)
    names = sorted({*hashes, *UNLISTED.get(manifest, ())} - {manifest})
    folder = in_cache(place.name, address, content)
    if not folder.is_dir():
        with new_folder(folder) as temporary:
            for name in names:
                target = temporary / safe_name(name, place)
                target.parent.mkdir(parents=True, exist_ok=True)
                (place / name).fetch(target, hashes.get(name, ""))
            (temporary / manifest).write_bytes(content)
            (temporary / ORIGIN).write_text(place.address, encoding="utf-8")
    return folder


def local_store(source: str) -> str:
    """`source`, or, where it is the address of a token store, the folder in the cache that has it."""
    if not is_address(source) or (Place(source) / "manifest.json").entry() is None:
        return source
    return str(fetch_folder(source))


def fetched_from(folder: Path) -> str:
    """The address that a folder in the cache came from; '' for any other."""
    with contextlib.suppress(OSError):
        return (folder / ORIGIN).read_text(encoding="utf-8")
    return ""


def upload_folder(folder: Path, address: str) -> None:
    """Copy a finished folder to `address`: its manifest last, and the old one away first, so that at no moment there is
    a folder that seems whole and is not."""
    place = Place(address)
    manifest = next(name for name in reversed(MANIFESTS) if (folder / name).is_file())
    (place / manifest).remove()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != manifest and not name.startswith("."):
            (place / name).put(path)
    (place / manifest).put(folder / manifest)


def safe_name(name: str, place: Place) -> str:
    """`name` from a manifest elsewhere, if it stays below its folder. Raises DataError for one that would not."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or ":" in path.parts[0]:
        raise DataError(f"{place}: its manifest names {name!r}, which is no file below it; it was not written by slm")
    return name


def in_cache(name: str, *identity: str | bytes) -> Path:
    """Where in the cache that lies which `identity` tells from all else."""
    digest = hashlib.sha256()
    for part in identity:
        digest.update(part if isinstance(part, bytes) else part.encode() + b"\0")
    return cache_folder() / "fetched" / f"{name}-{digest.hexdigest()[:16]}"


def _manifest(place: Place) -> tuple[str, bytes]:
    for name in MANIFESTS:
        with contextlib.suppress(NotThere):
            return name, (place / name).read()
    raise NotThere(
        f"{place}: expected a token store, a model folder or an export ({', '.join(MANIFESTS)}), found none that is "
        "whole; slm prepare --out and slm export --out write them there"
    )


def _hashes(content: bytes, manifest: Place) -> dict[str, str]:
    try:
        hashes: Any = json.loads(content)["sha256"]
        return {str(name): str(value) for name, value in hashes.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{manifest}: not a whole manifest ({error!r}); write the folder there again") from None
