"""A run that also lies elsewhere: worked on in its folder here, copied to its address at every checkpoint.

    <run>/objects/<SHA-256>        the content of every file, each once
    <run>/snapshots/000003.json    which files the run has, as its third writer left it
    <run>/writers/000003.json      who may write (`lease`)

A snapshot is written when all its objects are there, in one request, so a reader finds the run as it was at one
checkpoint or at another, whatever was cut off in between. Copying happens beside training: of the checkpoint links are
made, which takes no time, and a thread sends them; a checkpoint that comes before the last one was sent replaces it. A
network that is away is no reason to stop training: it is said once, and tried again with the next checkpoint.

Knows a run as a folder of files with a run.json; what is trained, it does not know.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from slm.atomic_write import write_json
from slm.errors import ConfigError, NetworkError, SlmError, TrainingError
from slm.hashing import sha256_of
from slm.remote.address import Place
from slm.remote.lease import Lease
from slm.remote.runs import PRIVATE, STORES, hashes_of, newest_snapshot, state_of

REPLACED_WHOLE = ("checkpoints", "best_model_params.pt")
"""What is never written into, only replaced: of these a link is as good as a copy."""


class Mirror:
    """Copies the run in the folder `run` to `address`. A context: on leaving, the last state is there, or an error
    says that it is not. Making one takes the run's lock: TrainingError while another process writes to it, or where the
    run went on elsewhere. Whoever makes one must hold the folder, so that no other process of this machine does."""

    def __init__(self, address: str, run: Path, new: bool, message: Callable[[str], None]):
        self._place, self._run, self._message = Place(address), run, message
        state = state_of(run)
        self._lease = Lease(self._place, known=state["writer"] if state["address"] == self._place.address else "")
        self._lease.acquire()
        try:
            self._last = self._taken_over(new, state["number"])
            self._known = set((self._place / "objects").files())
        except BaseException:
            self._lease.release()
            raise
        self._remember()
        shutil.rmtree(run / PRIVATE / "snapshots", ignore_errors=True)  # of a writer that was killed
        self._hashed: dict[Path, str] = {}
        self._failed = ""
        self._waiting = threading.Condition()
        self._pending: Path | None = None
        self._ended, self._count = False, 0
        self._thread = threading.Thread(target=self._send_until_ended, daemon=True)

    def __enter__(self) -> Callable[[], None]:
        self._lease.keep(self._lost)
        self._thread.start()
        return self.saved

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        with self._waiting:
            self._ended = True
            self._waiting.notify()
        self._thread.join()
        try:
            if not self._lease.lost:
                self._message(f"copying the run to {self._place}")
                self._send(self._taken())
            problem = self._lease.lost
        except (SlmError, OSError) as failure:
            problem = str(failure)
        finally:
            shutil.rmtree(self._run / PRIVATE / "snapshots", ignore_errors=True)
            self._lease.release()
        if problem:
            said = f"the last state of the run is not at {self._place} ({problem}); all of it is in {self._run}"
            if kind is None:
                raise NetworkError(f"{said}: slm runs upload {self._run.name} sends it")
            self._message(said)

    def _taken_over(self, new: bool, number: int) -> set[str]:
        """The objects of the run as it lies there, which must be what this folder was copied to, or for a new run
        nothing."""
        last, snapshot = newest_snapshot(self._place)
        if new and last:
            raise ConfigError(
                f"{self._place}: a run lies there; take another --name, or go on with it: --resume {self._place}"
            )
        if last > number:
            raise TrainingError(
                f"{self._place}: went on elsewhere since {self._run} was copied there; remove {self._run} and go on "
                f"with --resume {self._place}"
            )
        return hashes_of(snapshot) if snapshot else set()

    def saved(self) -> None:
        """A checkpoint is whole: have the run as it is now copied. Returns at once."""
        if self._lease.lost:
            return
        try:
            taken = self._taken()
        except OSError as error:  # such as a full disk
            self._say_once(f"cannot be taken ({error.strerror or error})")
            return
        with self._waiting:
            old, self._pending = self._pending, taken
            self._waiting.notify()
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)

    def _taken(self) -> Path:
        """The run's files as they are now, in a folder of links and copies."""
        self._count += 1
        target = self._run / PRIVATE / "snapshots" / str(self._count)
        shutil.rmtree(target, ignore_errors=True)
        for path, name in _visible(self._run):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            link = os.link if name.split("/")[0] in REPLACED_WHOLE else shutil.copyfile
            try:
                link(path, target / name)
            except OSError:  # a file system without links
                shutil.copyfile(path, target / name)
        return target

    def _send_until_ended(self) -> None:
        while True:
            with self._waiting:
                self._waiting.wait_for(lambda: self._ended or self._pending is not None)
                if self._ended:
                    return  # the last state, which is newer, is sent by the one who ends
                taken, self._pending = self._pending, None
            try:
                self._send(taken)
                self._failed = ""
            except (SlmError, OSError) as error:
                self._say_once(f"is not there ({error})")
            shutil.rmtree(taken, ignore_errors=True)

    def _say_once(self, problem: str) -> None:
        if not self._failed:
            self._message(f"this checkpoint {problem}; the run goes on, and the next one is tried")
        self._failed = problem

    def _send(self, taken: Path) -> None:
        """Make a snapshot of the files in `taken`, and of the token stores that the run's record names."""
        files = {name: self._sent(path, sha256_of(path)) for path, name in _visible(taken)}
        for name, path in self._stores(taken):
            if path not in self._hashed:  # token stores never change
                self._hashed[path] = sha256_of(path)
            files[name] = self._sent(path, self._hashed[path])
        if not self._lease.check():
            return
        content = {"format": 1, "number": self._lease.number, "files": files}
        (self._place / f"snapshots/{self._lease.number:06d}.json").write(json.dumps(content, indent=1).encode())
        now = {sha256 for sha256, _ in files.values()}
        for sha256 in sorted(self._known - now - self._last):  # who reads the snapshot before has some time left
            (self._place / f"objects/{sha256}").remove()
        self._known &= now | self._last
        self._last = now

    def _sent(self, path: Path, sha256: str) -> tuple[str, int]:
        if sha256 not in self._known:
            (self._place / f"objects/{sha256}").put(path)
            self._known.add(sha256)
        return sha256, path.stat().st_size

    def _stores(self, taken: Path) -> Iterator[tuple[str, Path]]:
        """The files of token stores that lie here alone; those that have an address stay where they are."""
        record = json.loads((taken / "run.json").read_text(encoding="utf-8"))
        for key, folder in STORES.items():
            store = record.get(key)
            if store and not store.get("address") and self._run not in Path(store["folder"]).parents:
                for path, name in _visible(Path(store["folder"])):
                    yield f"{folder}/{name}", path

    def _remember(self) -> None:
        """Write down whose snapshots this folder's are, before there are any: a kill may come at any moment."""
        (self._run / PRIVATE).mkdir(exist_ok=True)
        values = {"address": self._place.address, "writer": self._lease.id, "number": self._lease.number}
        write_json(self._run / PRIVATE / "state.json", values)

    def _lost(self, reason: str) -> None:
        self._message(f"{self._place}: {reason}; this run goes on in {self._run} alone")


def _visible(folder: Path) -> list[tuple[Path, str]]:
    """Files below a folder with their names from there, without hidden ones: those may go away at any moment."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(parent, name) for name in sorted(names) if not name.startswith(".")]
        found += [(path, path.relative_to(folder).as_posix()) for path in paths]
    return found
