"""Files of datasets and models on the Hugging Face hub, fetched by its own client and kept in its own cache.

A file is fetched whole or not at all; what was fetched is written down, so that it can be found again without a
network. Knows nothing of what is in the files.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from slm import atomic_write
from slm.errors import ConfigError, DataError, ModelError, NetworkError, SlmError, import_extra

ATTEMPTS = 3  # at one file; within one the client itself goes on several times from where a transfer was cut
TIMEOUT = 20  # seconds to wait for the hub's first answer
PATHS_A_REQUEST = 100


@dataclass(frozen=True)
class HubFile:
    """A file from the hub, in the cache."""

    name: str
    path: Path
    bytes: int


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit. `open_snapshot` makes one."""

    repository: str
    kind: str
    """'dataset' or 'model'."""
    revision: str
    """As it was asked for; '' is the main branch."""
    commit: str
    offline: bool = False
    """Is it what the cache holds, since the hub must not be asked (HF_HUB_OFFLINE=1)?"""

    def __str__(self) -> str:
        return f"hub:{self.repository}"

    def names(self) -> list[str]:
        """All files of the repository; offline those that were fetched."""
        if self.offline:
            return sorted(self.record().get("sizes", {}))
        with _explained(self):
            return _client().HfApi().list_repo_files(self.repository, revision=self.commit, repo_type=self.kind)

    def fetch(self, names: Sequence[str]) -> list[HubFile]:
        """The named files, each as long as the hub says; those that are in the cache are not fetched again.

        A cut transfer goes on where it stopped; what cannot be completed is removed. Raises `NetworkError`, and
        `DataError` or `ModelError` for a file that the repository does not have.
        """
        sizes = self.record().get("sizes", {}) if self.offline else self._sizes(names)
        for name in names:
            if name not in sizes:
                raise self._missing(name)
        fetch = self._cached_file if self.offline else self._fetch_file
        files = [HubFile(name, fetch(name, sizes[name]), sizes[name]) for name in names]
        if not self.offline:
            self.remember(sizes={name: sizes[name] for name in names})
        return files

    def _missing(self, name: str) -> SlmError:
        if self.offline:
            return NetworkError(f"{self}: {name} is not in the cache; fetch it without HF_HUB_OFFLINE=1")
        return _wrong(self.kind)(f"{self}: expected a file {name!r}, found none at commit {self.commit[:12]}")

    def _sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Bytes of each file, as the hub says."""
        sizes = {}
        with _explained(self):
            for start in range(0, len(names), PATHS_A_REQUEST):
                some = list(names[start : start + PATHS_A_REQUEST])
                entries = (
                    _client().HfApi().get_paths_info(self.repository, some, revision=self.commit, repo_type=self.kind)
                )
                sizes |= {entry.path: entry.size for entry in entries if hasattr(entry, "size")}
        return sizes

    def _fetch_file(self, name: str, size: int) -> Path:
        """Fetch one file, anew if need be, until it has `size` bytes."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                path = self._download(name, force_download=attempt > 1)
            except Exception as error:
                if attempt == ATTEMPTS or not _may_pass(error):
                    raise explain(error, self, f"fetching {name}") from None
                time.sleep(1)
                continue
            if path.stat().st_size == size:
                return path
            _remove(path)
        raise NetworkError(
            f"{self}: {name} should have {size:,} bytes and came with another length {ATTEMPTS} times; it was not "
            "kept, try again later"
        )

    def _cached_file(self, name: str, size: int) -> Path:
        try:
            path = self._download(name, local_files_only=True)
        except Exception:
            raise self._missing(name) from None
        if path.stat().st_size != size:
            raise NetworkError(
                f"{self}: {name} should have {size:,} bytes, the copy in the cache has {path.stat().st_size:,}; "
                "fetch it again without HF_HUB_OFFLINE=1"
            )
        return path

    def _download(self, name: str, **options: bool) -> Path:
        path = _client().hf_hub_download(self.repository, name, revision=self.commit, repo_type=self.kind, **options)
        return Path(path)

    def record(self) -> dict[str, Any]:
        """What was written down of earlier fetches: commit, date, sizes of files and what `remember` was given."""
        try:
            return json.loads(self._record_path().read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def remember(self, **entries: dict[str, Any]) -> None:
        """Add to the record; a record of another commit is replaced."""
        record = self.record()
        if record.get("commit") != self.commit:
            record = {"commit": self.commit}
        record["fetched"] = datetime.now(UTC).date().isoformat()
        for name, entry in entries.items():
            record[name] = record.get(name, {}) | entry
        with contextlib.suppress(OSError):  # the record is a convenience, the files are there without it
            atomic_write.write_json(self._record_path(), record)

    def _record_path(self) -> Path:
        folder = _client().cached_assets_path("slm", f"{self.kind}s/{self.repository}", "fetched")
        return folder / (re.sub(r"[^\w.-]", "--", self.revision or "main") + ".json")


def open_snapshot(repository: str, revision: str = "", kind: str = "model") -> Snapshot:
    """Resolve a branch or tag of a 'dataset' or 'model' to the commit that it stands for now.

    In offline mode it is the commit that was fetched last. Raises `DataError` or `ModelError` for what the hub
    does not have or does not give us, `NetworkError` where the hub cannot be reached.
    """
    if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", repository):
        raise ConfigError(f"hub:{repository}: expected hub:owner/name")
    asked = Snapshot(repository, kind, revision, commit="")
    client = _client()
    if client.constants.HF_HUB_OFFLINE:
        commit = asked.record().get("commit")
        if not commit:
            raise NetworkError(
                f"{asked}: HF_HUB_OFFLINE is set and the cache has no copy of it; unset it{_samples_hint(kind)}"
            )
        return Snapshot(repository, kind, revision, commit, offline=True)
    with _explained(asked):
        info = client.HfApi().repo_info(repository, revision=revision or None, repo_type=kind, timeout=TIMEOUT)
    return Snapshot(repository, kind, revision, info.sha)


def _client() -> ModuleType:
    """huggingface_hub, without its telemetry and its log messages: every error is ours to explain."""
    hub = import_extra("huggingface_hub", "hub", "fetching from the hub")
    import_extra("huggingface_hub.constants", "hub", "fetching from the hub").HF_HUB_DISABLE_TELEMETRY = True
    import_extra("huggingface_hub.utils", "hub", "fetching from the hub").logging.set_verbosity_error()
    return hub


def _remove(path: Path) -> None:
    """Remove a file from the cache: the link and what it leads to."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


# Errors: whatever the clients raise becomes one line that says what to do.


@contextlib.contextmanager
def _explained(snapshot: Snapshot) -> Iterator[None]:
    try:
        yield
    except SlmError:
        raise
    except Exception as error:  # the clients raise errors of four packages
        raise explain(error, snapshot) from None


def explain(error: Exception, snapshot: Snapshot, doing: str = "") -> SlmError:
    """The one-line error for what a client raised while it asked for `snapshot`."""
    known = import_extra("huggingface_hub.errors", "hub", "fetching from the hub")
    if isinstance(error, known.LocalEntryNotFoundError) and error.__cause__:
        error = error.__cause__  # "not in the cache", said of what could not be fetched
    kind, wrong = snapshot.kind, _wrong(snapshot.kind)
    if isinstance(error, known.GatedRepoError):
        return gated(snapshot)
    if isinstance(error, known.RepositoryNotFoundError):
        return wrong(
            f"{snapshot}: the hub has no {kind} of this name, or it is private; correct the name, or log in with "
            "'hf auth login'"
        )
    if isinstance(error, known.RevisionNotFoundError):
        return wrong(f"{snapshot}: no branch, tag or commit {snapshot.revision!r}; leave it out for the main branch")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT):
        cache = _client().constants.HF_HOME
        return wrong(f"{snapshot}: cannot write to the cache {cache} ({error.strerror}); set HF_HOME to another folder")
    return _unreachable(error, snapshot, doing)


def gated(snapshot: Snapshot) -> SlmError:
    """The error for a repository that exists, but not for everybody."""
    page = f"{_client().constants.ENDPOINT}/{'datasets/' * (snapshot.kind == 'dataset')}{snapshot.repository}"
    return _wrong(snapshot.kind)(
        f"{snapshot}: this {snapshot.kind} is gated; accept its terms at {page} and log in with 'hf auth login'"
    )


def _unreachable(error: Exception, snapshot: Snapshot, doing: str) -> NetworkError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    reason = f"the hub answered with status {status}" if status else _first_line(error)
    message = f"{snapshot}: cannot fetch from the hub ({reason}{doing and ', while ' + doing}); check the network"
    record = snapshot.record()
    if record.get("sizes"):
        message += (
            f", or set HF_HUB_OFFLINE=1 to use the copy in the cache (commit {record['commit'][:12]}, fetched on "
            f"{record['fetched']})"
        )
    return NetworkError(message + _samples_hint(snapshot.kind))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _samples_hint(kind: str) -> str:
    if kind != "dataset":
        return ""
    return "; the built-in samples need no network: samples:stories, samples:medical"


def _may_pass(error: Exception) -> bool:
    """Is it worth another attempt? A refused or failed request for the file's headers is not: it had its own."""
    known = import_extra("huggingface_hub.errors", "hub", "fetching from the hub")
    if isinstance(error, known.EntryNotFoundError) or getattr(error, "errno", None):
        return False
    status = getattr(getattr(error, "response", None), "status_code", 500)
    return status >= 500


def _wrong(kind: str) -> type[SlmError]:
    return ModelError if kind == "model" else DataError
