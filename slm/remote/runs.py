"""Runs and models elsewhere, read: a run into its folder here, to go on with; a model into the cache, to write with.

How a run lies there is told in `mirror`, which writes it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slm.atomic_write import new_folder, write_json
from slm.errors import DataError
from slm.hashing import sha256_of
from slm.remote.address import NotThere, Place
from slm.remote.folders import ORIGIN, fetch_folder, in_cache, safe_name

PRIVATE = ".mirror"
"""In a run's folder: what is on its way, and which of the snapshots elsewhere the folder is."""
STORES = {"data": "token_store", "base_data": "base_token_store"}
"""The token stores of a run's record, and the folder in which they go along with it."""
BEGINNINGS = 4  # of fetching a run whose writer removes files meanwhile


def fetch_run(address: str, runs: Path) -> Path:
    """The run at `address` in its folder runs/<name>: fetched, unless that folder is the one that was copied there.

    Raises NotThere where there is no run, DataError where another run, or an older state of it, lies in the folder."""
    place = Place(address)
    number, snapshot = newest_snapshot(place)
    if snapshot is None:
        raise NotThere(f"{place}: expected a run that was copied there (--mirror), found none; correct the address")
    folder = runs / place.name
    if folder.exists():
        state = state_of(folder)
        if state["address"] == place.address and state["number"] >= number:
            return folder
        raise DataError(
            f"{folder}: another run, or an older state of {place}; remove it (slm runs remove {place.name}), or name "
            "another folder with --runs"
        )
    with new_folder(folder) as temporary:
        number = _fetch_files(place, temporary)
        (temporary / PRIVATE).mkdir()
        write_json(temporary / PRIVATE / "state.json", {"address": place.address, "writer": "", "number": number})
        _settle(temporary / "run.json", place, temporary, folder)
    return folder


def fetch_model(address: str) -> Path:
    """The model folder or export at `address`, or the best checkpoint of the run there, in the cache."""
    try:
        return fetch_folder(address)
    except NotThere:
        if (folder := _fetch_checkpoint(address)) is None:
            raise
        return folder


def newest_snapshot(place: Place) -> tuple[int, dict[str, Any] | None]:
    """The number and content of the last snapshot at `place`; 0 and None where there is none."""
    numbers = [int(name[:6]) for name in (place / "snapshots").files() if name[:6].isdigit()]
    if not numbers:
        return 0, None
    source = place / f"snapshots/{max(numbers):06d}.json"
    try:
        snapshot = json.loads(source.read())
        hashes_of(snapshot)
        return max(numbers), snapshot
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{source}: not a whole snapshot ({error!r}); it was not written by slm") from None


def hashes_of(snapshot: dict[str, Any]) -> set[str]:
    return {sha256 for sha256, _ in snapshot["files"].values()}


def state_of(run: Path) -> dict[str, Any]:
    """Which snapshot elsewhere the folder `run` is, and who wrote it."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads((run / PRIVATE / "state.json").read_text(encoding="utf-8"))
    return {"address": "", "writer": "", "number": 0}


def _fetch_checkpoint(address: str) -> Path | None:
    """The best model of the run at `address`, in the cache; None where there is no run."""
    place = Place(address)
    _, snapshot = newest_snapshot(place)
    if snapshot is None:
        return None
    best = next((n for n in ("checkpoints/best", "checkpoints/last") if f"{n}/slm.json" in snapshot["files"]), "")
    if not best:
        raise NotThere(f"{place}: this run has no checkpoint yet; wait until it has")
    folder = in_cache(place.name, address, snapshot["files"][f"{best}/slm.json"][0])
    if not folder.is_dir():
        with new_folder(folder) as temporary:
            _fetch_files(place, temporary, lambda name: name.startswith(f"{best}/"), start=len(best) + 1)
            (temporary / ORIGIN).write_text(place.address, encoding="utf-8")
    return folder


def _fetch_files(
    place: Place, folder: Path, wanted: Callable[[str], bool] = lambda name: True, start: int = 0
) -> int:
    """Fetch files of the newest snapshot, named from `start` on; the snapshot's number.

    Its writer may go on meanwhile and remove what only older snapshots have: then the newest is begun with.
    """
    for beginning in range(BEGINNINGS):
        number, snapshot = newest_snapshot(place)
        files = {safe_name(name[start:], place): entry for name, entry in snapshot["files"].items() if wanted(name)}
        try:
            for name, (sha256, _) in files.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if not (target.is_file() and sha256_of(target) == sha256):
                    (place / f"objects/{sha256}").fetch(target, sha256)
            for path in [path for path in folder.rglob("*") if path.is_file()]:
                if path.relative_to(folder).as_posix() not in files:
                    path.unlink()  # of a snapshot before
            return number
        except NotThere:
            if beginning == BEGINNINGS - 1 or newest_snapshot(place)[1] == snapshot:
                raise
    raise AssertionError


def _settle(record: Path, place: Place, fetched: Path, folder: Path) -> None:
    """Let the record of a fetched run say where things lie now."""
    values = json.loads(record.read_text(encoding="utf-8"))
    values["recipe"]["training"]["mirror"] = place.address.rpartition("/")[0]
    for key, name in STORES.items():
        if (fetched / name).is_dir():
            values[key]["folder"] = str(folder / name)
    write_json(record, values)
