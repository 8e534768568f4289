"""The folder of a run: where each thing lies in it, and its record run.json.

    run.json  metrics.jsonl  samples/  answers.json  evaluation.json  loss_curve.png  report.html
    checkpoints/last  checkpoints/best  checkpoints/before_decay  best_model_params.pt

Knows nothing about what is trained.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.atomic_write import existing_folder, write_json
from slm.errors import ConfigError, DataError, Stopped, TrainingError, nearest
from slm.remote.address import is_address
from slm.remote.runs import fetch_run

try:
    import fcntl
except ImportError:  # Windows: there two processes are not kept from working on one run
    fcntl = None

FORMAT = 1
RUNS = Path("runs")
LOCK = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """One run, by its folder."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def argument(self) -> str:
        """How a command line names the run: by its name, with --runs where it lies elsewhere than in runs/."""
        parent = self.path.parent
        return self.name if parent == RUNS else f"{self.name} --runs {shlex.quote(str(parent))}"

    @property
    def last(self) -> Path:
        return self.path / "checkpoints" / "last"

    @property
    def best(self) -> Path:
        return self.path / "checkpoints" / "best"

    @property
    def before_decay(self) -> Path:
        """The state from which more time can be added to a run by the clock."""
        return self.path / "checkpoints" / "before_decay"

    @property
    def best_params(self) -> Path:
        return self.path / "best_model_params.pt"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    def best_model(self) -> Path:
        """The model folder to use: the best by validation loss. Raises TrainingError while there is none."""
        for folder in (self.best, self.last):
            if (existing_folder(folder) / "config.json").is_file():
                return existing_folder(folder)
        raise TrainingError(f"{self.path}: expected a checkpoint, found none yet; slm train --resume {self.argument}")

    def read(self) -> dict[str, Any]:
        """The record. Raises DataError where the folder is no run or its record is damaged."""
        try:
            record = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            record["name"], record["state"], record["stage"]
            return record
        except (FileNotFoundError, NotADirectoryError):
            raise DataError(
                f"{self.path}: expected a run (a folder with run.json), found none; slm runs lists them"
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.path / 'run.json'}: not a whole record ({error!r}); remove the run or mend the file"
            ) from None

    def update(self, **values: Any) -> None:
        write_json(self.path / "run.json", self.read() | values)

    def write_samples(self, step: int, items: list[dict[str, str]]) -> None:
        (self.path / "samples").mkdir(exist_ok=True)
        write_json(self.path / "samples" / f"step-{step:06d}.json", {"step": step, "items": items})

    def write(self, name: str, content: dict[str, Any]) -> None:
        write_json(self.path / name, content)

    def state(self) -> str:
        """running, stopped, finished, failed; 'interrupted' for one that says running but whose process is gone."""
        state = self.read()["state"]
        return "interrupted" if state == "running" and not self._is_held() else state

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(OSError):  # of a run that is at work files come and go
                    total += os.stat(os.path.join(folder, name)).st_size
        return total

    def remove(self) -> None:
        """Delete the run. Raises TrainingError while it is running."""
        if self.state() == "running":
            raise TrainingError(f"{self.path}: is running (process {self.read()['process']}); stop it first")
        shutil.rmtree(self.path)

    def remove_leftovers(self) -> None:
        """Remove what a killed process left half-written."""
        for path in list(self.path.rglob(".*.tmp")):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other processes from working on the run. Raises TrainingError while another one does.

        The system gives the lock back when a process ends, however it ends; its number may be another's by then.
        """
        with open(self.path / LOCK, "ab") as file:
            if not _try_lock(file.fileno()):
                process = self.read().get("process")
                raise TrainingError(f"{self.path}: another process ({process}) works on this run; stop it first")
            yield

    def _is_held(self) -> bool:
        try:
            with open(self.path / LOCK, "rb") as file:
                return not _try_lock(file.fileno())
        except OSError:
            return False


def _try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; False where another process has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def create_run(name: str, record: dict[str, Any], runs: Path = RUNS, fresh_name: bool = False) -> RunFolder:
    """Make the folder of a new run and its record. An existing run is never overwritten: ConfigError, or, with
    `fresh_name`, the next free of name-2, name-3, ... is taken. TrainingError where the folder cannot be written."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise ConfigError(f"a run's name expects letters, digits, '.', '_' and '-', got {name!r}")
    path, number = runs / name, 2
    while fresh_name and path.exists():
        path, number = runs / f"{name}-{number}", number + 1
    try:
        path.mkdir(parents=True)
        write_json(path / "run.json", {"format": FORMAT, "name": path.name, **record, "created": now(), **started()})
    except FileExistsError:
        raise ConfigError(
            f"{path} exists and is not overwritten: take another --name, --resume {name}, or slm runs remove {name}"
        ) from None
    except OSError as error:
        shutil.rmtree(path, ignore_errors=True)
        raise TrainingError(
            f"{path}: cannot be written ({error.strerror or error}); choose another folder with --runs"
        ) from None
    return RunFolder(path)


def started() -> dict[str, Any]:
    """What the record says while a process works on the run."""
    return {"state": "running", "message": "", "finished": None, "process": os.getpid()}


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def list_runs(runs: Path = RUNS) -> list[RunFolder]:
    """All runs, the newest first."""
    folders = [path.parent for path in runs.glob("*/run.json")]
    return [RunFolder(path) for path in sorted(folders, key=lambda p: (p / "run.json").stat().st_mtime, reverse=True)]


def find_run(name: str, runs: Path = RUNS) -> RunFolder:
    """The run called `name`, or at that path or address, or the newest for ''. Raises DataError with the nearest
    names; NetworkError where it must be fetched and cannot be."""
    if is_address(name):
        return RunFolder(fetch_run(name, runs))
    known = list_runs(runs)
    if not name:
        if not known:
            raise DataError(f"expected a run in {runs}/, found none; slm run quick makes one in a few minutes")
        return known[0]
    for path in (runs / name, Path(name)):
        if (path / "run.json").is_file():
            return RunFolder(path)
    hint = nearest(name, [run.name for run in known]) if known else "there are none: slm run quick makes one"
    raise DataError(f"no run called {name!r} in {runs}/; {hint}")


def run_of(model: Path) -> RunFolder | None:
    """The run that a model folder is a checkpoint of; None for any other."""
    run = RunFolder(model.parent.parent)
    return run if model.parent.name == "checkpoints" and (run.path / "run.json").is_file() else None


def runs_of_launcher(launcher: str, runs: Path = RUNS) -> list[RunFolder]:
    """The runs that this launcher's ranks began, the oldest first."""
    return [run for run in reversed(list_runs(runs)) if run.read().get("launcher") == launcher]


@contextlib.contextmanager
def recording(run: RunFolder) -> Iterator[None]:
    """Hold a run while it is worked on, and write into its record how that ended: finished, stopped (by the person)
    or failed. Raises TrainingError while another process works on it."""
    with run.hold():
        run.remove_leftovers()
        run.update(**started())
        try:
            yield
        except BaseException as error:
            state = "stopped" if isinstance(error, (Stopped, KeyboardInterrupt)) else "failed"
            with contextlib.suppress(OSError, DataError):
                run.update(state=state, message=str(error), finished=now())
            raise
        run.update(state="finished", message="", finished=now())
