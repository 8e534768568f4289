"""Files and folders that are written whole or not at all: temporary name, fsync, rename.

The one place that knows how; it knows nothing about what is written. After a crash at any moment a reader finds
either the old content or the new. Source of the order of calls: the POSIX pages of rename(2) and fsync(2).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all. Raises OSError with the old file untouched."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to; on leaving without an error that file takes the place of `path`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; on leaving without an error it takes the place of `folder`.

    The old content first steps aside to ``.<name>.old`` and is removed last: a folder that is not empty cannot be
    replaced by one call. `existing_folder` finds it there if the process died between the two renames.
    """
    remove_leftovers(folder)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for path in temporary.rglob("*"):
            _sync(path)
        _sync(temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    old = _old_name(folder)
    if folder.exists():
        # A leftover .old here is older than `folder`, which is whole: existing_folder would never choose it.
        shutil.rmtree(old, ignore_errors=True)
        os.rename(folder, old)
    os.rename(temporary, folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def existing_folder(folder: Path) -> Path:
    """`folder`, or the old copy of it that a process left when it died in the middle of replacing it."""
    old = _old_name(folder)
    return old if not folder.exists() and old.exists() else folder


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left half-written beside `folder`.

    Never the old copy while it is needed, nor what another process is writing there now.
    """
    if folder.parent.is_dir():
        for path in folder.parent.glob(f".{folder.name}.*.tmp"):
            if not _is_written_elsewhere(path):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can (Windows cannot open folders)."""
    if os.name == "posix":
        _sync(folder)


def _old_name(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _is_written_elsewhere(temporary: Path) -> bool:
    """Whether the process that the name ``.<name>.<process>.tmp`` tells of is another one, and alive."""
    process = temporary.suffixes[-2][1:] if len(temporary.suffixes) > 1 else ""
    if os.name != "posix" or not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
