"""Which files, hub datasets and samples a source means.

Knows folders, globs and the names 'hub:' and 'samples:'; reads no document.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from slm.data.files import READERS, format_of, is_known
from slm.data.hub_datasets import HubDataset, open_dataset
from slm.errors import ConfigError, DataError, nearest
from slm.remote.address import Entry, Place, is_address

if TYPE_CHECKING:
    from slm.data.documents import DocumentsConfig


@dataclass(frozen=True)
class SourceFile:
    """One file of documents, as it was found."""

    path: Path
    name: str
    bytes: int
    modified_ns: int = 0
    """Time of the last change; 0 for files from the hub, which the commit pins, and those elsewhere."""
    address: str = ""
    """Of a file elsewhere; `path` then has its name alone."""
    version: str = ""
    """What the store elsewhere changes with its content."""

    def manifest(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": self.name, "bytes": self.bytes}
        if self.modified_ns:
            modified = datetime.fromtimestamp(self.modified_ns / 1e9, UTC)
            entry["modified"] = modified.isoformat(timespec="seconds")
        if self.version:
            entry["version"] = self.version
        return entry

    def identity(self) -> list[Any]:
        """What changes whenever the content does."""
        place = os.path.abspath(self.path) if self.modified_ns else self.name
        return [place, self.bytes, self.version or self.modified_ns]


@dataclass(frozen=True)
class Source:
    """One source that is settled: its files, or the name of the samples."""

    source: str
    type: str
    """'files', 'hub' or 'samples'."""
    use: str
    """The split its documents go to, 'train' or 'validation', before any are held out."""
    files: tuple[SourceFile, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    """What pins it: repository, commit, config and split of a hub dataset, version of the samples."""
    skipped: tuple[str, ...] = ()
    """Files of a folder that no reader knows."""
    offline: bool = False
    """Was a hub dataset taken from the cache because the hub must not be asked?"""

    @property
    def synthetic(self) -> bool:
        return self.type == "samples"

    def manifest(self) -> dict[str, Any]:
        entry = {"source": self.source, "type": self.type, "use": self.use, "synthetic": self.synthetic}
        entry |= self.details
        if self.files:
            entry["files"] = [file.manifest() for file in self.files]
        if self.skipped:
            entry["skipped"] = list(self.skipped)
        return entry

    def identity(self) -> list[Any]:
        return [self.source, self.type, self.details, [file.identity() for file in self.files]]

    def notes(self) -> Iterator[str]:
        if self.skipped:
            some = ", ".join(self.skipped[:3]) + (", ..." if len(self.skipped) > 3 else "")
            yield f"{self.source}: {len(self.skipped)} files of unknown kind were skipped ({some})"
        if self.offline:
            commit = self.details["commit"][:12]
            yield f"{self.source}: offline, so the copy in the cache is used (commit {commit})"

    def records(self) -> Iterator[dict[str, Any]]:
        """The records of built-in samples; none for sources that are files."""
        if self.synthetic:
            from slm.data.samples import read_samples

            yield from read_samples(self.details["samples"])


def resolve_sources(config: DocumentsConfig) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """The sources to train on and those to validate on, the latter empty where documents must be held out."""
    training: list[Source] = []
    validation: list[Source] = []
    for source in config.source:
        if source.startswith("hub:"):
            dataset = open_dataset(source.removeprefix("hub:"), config.config, config.revision)
            training.append(_hub_source(source, dataset, config.split, "train"))
            own = dataset.validation_split(config.validation_split)
            if own and not config.validation:
                validation.append(_hub_source(source, dataset, own, "validation"))
        else:
            training.append(_local_source(source, "train"))
    for source in config.validation:
        if source.startswith("hub:"):
            dataset = open_dataset(source.removeprefix("hub:"), config.config, config.revision)
            own = dataset.validation_split(config.validation_split) or config.split
            validation.append(_hub_source(source, dataset, own, "validation"))
        else:
            validation.append(_local_source(source, "validation"))
    return tuple(training), tuple(validation)


def _local_source(source: str, use: str) -> Source:
    if source.startswith("samples:"):
        return _samples_source(source, use)
    if is_address(source):
        return _remote_source(source, use)
    files, skipped = find_files(source)
    return Source(source, "files", use, tuple(map(_source_file, files)), skipped=tuple(_name(path) for path in skipped))


def _remote_source(source: str, use: str) -> Source:
    """Files at an address: one, those of a folder, or what a glob means."""
    place = Place(source)
    if (entry := place.entry()) is not None:
        format_of(place.name)
        return Source(source, "files", use, (_elsewhere(place.address, entry),))
    if glob.has_magic(source):
        found = {address: Place(address).entry() for address in place.matching()}
    else:
        found = {f"{place}/{name}": entry for name, entry in place.files().items() if _is_visible(name)}
    found = {address: entry for address, entry in found.items() if entry is not None}
    files = tuple(_elsewhere(address, entry) for address, entry in found.items() if is_known(address))
    if not found:
        raise place.not_there()
    if not files:
        raise DataError(f"{place}: expected files that end in {' '.join(READERS)}, found {len(found)} others")
    return Source(source, "files", use, files, skipped=tuple(name for name in found if not is_known(name)))


def _elsewhere(address: str, entry: Entry) -> SourceFile:
    return SourceFile(Path(PurePosixPath(address).name), address, entry.bytes, address=address, version=entry.version)


def _is_visible(name: str) -> bool:
    return not any(part.startswith(".") for part in PurePosixPath(name).parts)


def _samples_source(source: str, use: str) -> Source:
    from slm.data import samples

    name = source.removeprefix("samples:")
    if name not in samples.SAMPLES:
        raise ConfigError(f"{source}: no built-in samples of this name; {nearest(name, samples.SAMPLES)}")
    version = hashlib.sha256()
    for path in sorted(Path(samples.__file__).parent.glob("*.py")):
        version.update(path.read_bytes())
    return Source(source, "samples", use, details={"samples": name, "version": version.hexdigest()[:16]})


def _hub_source(source: str, dataset: HubDataset, split: str, use: str) -> Source:
    for name in dataset.splits.get(split, ()):
        format_of(name)  # before anything is fetched
    files = tuple(SourceFile(file.path, f"{source}/{file.name}", file.bytes) for file in dataset.fetch(split))
    snapshot = dataset.snapshot
    details = {
        "repository": snapshot.repository,
        "commit": snapshot.commit,
        "config": dataset.config,
        "split": split,
    }
    return Source(source, "hub", use, files, details, offline=snapshot.offline)


def find_files(source: str) -> tuple[list[Path], list[Path]]:
    """The files that a path, folder or glob means, sorted, and those in folders that no reader knows.

    Raises `DataError` when there is nothing, `ConfigError` when one file is named and no reader knows it.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        found = list(_files_below(path))
    elif path.exists():
        format_of(path.name)
        if _is_special(path):
            raise DataError(f"{source}: expected a regular file, found a pipe or device; write it to a file first")
        return [path], []
    elif glob.has_magic(source):
        matches = map(Path, sorted(glob.glob(str(path), recursive=True)))
        found = [file for match in matches for file in (_files_below(match) if match.is_dir() else [match])]
    else:
        raise DataError(f"{source}: expected a file, folder or glob, found nothing there{_hub_hint(source)}")
    found = list(dict.fromkeys(found))
    known = [file for file in found if is_known(file.name) and not _is_special(file)]
    if not known:
        raise DataError(
            f"{source}: expected files that end in {' '.join(READERS)}, found {len(found)} files and none of these"
        )
    skipped = set(found).difference(known)
    return known, [file for file in found if file in skipped]


def _files_below(folder: Path) -> Iterator[Path]:
    """All files in a folder and its folders, sorted, without hidden ones."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: expected a folder that can be read ({error.strerror})")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(_visible(folders))
        yield from (Path(parent, name) for name in sorted(_visible(names)))


def _visible(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if not name.startswith("."))


def _hub_hint(source: str) -> str:
    return f"; for a dataset on the hub say hub:{source}" if re.fullmatch(r"\w[\w.-]*/[\w.-]+", source) else ""


def _is_special(path: Path) -> bool:
    """Is it a pipe or a device, which would have to be read without end?"""
    return path.exists() and not path.is_file()


def _source_file(path: Path) -> SourceFile:
    try:
        status = path.stat()
    except OSError:  # a link to nothing, say: the reader will count it among the unreadable
        return SourceFile(path, _name(path), 0)
    return SourceFile(path, _name(path), status.st_size, status.st_mtime_ns)


def _name(path: Path) -> str:
    """The path as text that has a UTF-8 form, for manifests and messages."""
    return os.fsencode(path).decode(errors="replace")
