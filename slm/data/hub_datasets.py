"""Which files of a dataset on the hub make up which split, as the package `datasets` finds it.

No code from a repository runs. Knows nothing of how files are fetched or read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from slm.data.hub import HubFile, Snapshot, explain, gated, open_snapshot
from slm.errors import DataError, NetworkError, SlmError, import_extra, nearest

VALIDATION_NAMES = ("validation", "valid", "val", "dev")


@dataclass(frozen=True)
class HubDataset:
    """One configuration of a dataset at one commit. Its files have not been fetched yet."""

    snapshot: Snapshot
    asked_config: str
    """'' is the dataset's default."""
    config: str
    splits: dict[str, list[str]]
    """Names of the files of each split."""

    def validation_split(self, asked: str = "") -> str:
        """The split to validate on: the one asked for, else the first with a usual name, '' where there is none."""
        return asked or next((name for name in VALIDATION_NAMES if name in self.splits), "")

    def fetch(self, split: str) -> list[HubFile]:
        """The files of one split. Raises `DataError` for a split that the dataset does not have."""
        if split not in self.splits:
            raise DataError(f"{self.snapshot}: no split {split!r}; {nearest(split, self.splits)}")
        files = self.snapshot.fetch(self.splits[split])
        if not self.snapshot.offline:
            found = {"config": self.config, "splits": self.splits}
            self.snapshot.remember(configs={self.asked_config: found})
        return files


def open_dataset(repository: str, config: str = "", revision: str = "") -> HubDataset:
    """Find the commit, the configuration and the splits of a dataset; in offline mode those fetched before.

    Raises `DataError` for what the dataset does not have, `NetworkError` where the hub cannot be reached.
    """
    snapshot = open_snapshot(repository, revision, "dataset")
    if snapshot.offline:
        found = snapshot.record().get("configs", {}).get(config)
        if not found:
            raise NetworkError(
                f"{snapshot}: the cache has no configuration {config!r}; fetch it without HF_HUB_OFFLINE=1"
            )
    else:
        found = _find_splits(snapshot, config)
    return HubDataset(snapshot, config, found["config"], found["splits"])


def _find_splits(snapshot: Snapshot, config: str) -> dict[str, Any]:
    datasets = _datasets()
    try:
        with _without_progress():
            # At a commit, not a branch: then it asks nothing of servers other than the hub.
            builder = datasets.load_dataset_builder(
                f"hf://datasets/{snapshot.repository}", config or None, revision=snapshot.commit
            )
    except Exception as error:  # the clients raise errors of four packages
        raise _explain_dataset(error, snapshot, config) from None
    prefix = f"hf://datasets/{snapshot.repository}@{snapshot.commit}/"
    splits = {
        str(split): [url.removeprefix(prefix) for url in urls]
        for split, urls in (builder.config.data_files or {}).items()
    }
    return {"config": builder.config.name, "splits": splits}


def _explain_dataset(error: Exception, snapshot: Snapshot, config: str) -> SlmError:
    """The one-line error for what `datasets` raised about a repository that exists at this commit."""
    exceptions = _datasets().exceptions
    if isinstance(error, exceptions.DatasetNotFoundError):
        return gated(snapshot)
    if isinstance(error, RuntimeError) and "script" in str(error):
        return DataError(f"{snapshot}: it is made by a script, which is never run; choose a dataset that is files")
    # What it could not fetch is a FileNotFoundError too, and only the text of the error tells.
    if isinstance(error, FileNotFoundError) and "LocalEntryNotFoundError" not in repr(error):
        return DataError(f"{snapshot}: expected data files at commit {snapshot.commit[:12]}, found none")
    if isinstance(error, ValueError):
        return _explain_config(snapshot, config) or DataError(f"{snapshot}: its data files make no sense ({error})")
    return explain(error, snapshot, "looking for its data files")


def _explain_config(snapshot: Snapshot, config: str) -> SlmError | None:
    """The error for a configuration that the dataset does not have; None where that is not what is wrong."""
    with contextlib.suppress(Exception), _without_progress():
        names = _datasets().get_dataset_config_names(f"hf://datasets/{snapshot.repository}", revision=snapshot.commit)
        if config and config not in names:
            return DataError(f"{snapshot}: no configuration {config!r}; {nearest(config, names)}")
        if not config and len(names) > 1:
            return DataError(f"{snapshot}: name one of its configurations with --config: {', '.join(names)}")
    return None


def _datasets() -> ModuleType:
    """The package `datasets`, without its log messages and without its counting of downloads."""
    datasets = import_extra("datasets", "hub", "reading a dataset from the hub")
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    datasets.logging.set_verbosity_error()
    return datasets


@contextlib.contextmanager
def _without_progress() -> Iterator[None]:
    """No bars for the small files that say what a dataset consists of."""
    utils = import_extra("huggingface_hub.utils", "hub", "reading a dataset from the hub")
    if utils.are_progress_bars_disabled():
        yield
        return
    utils.disable_progress_bars()
    try:
        yield
    finally:
        utils.enable_progress_bars()
