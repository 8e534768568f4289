"""Trackers beside a run: each is told by a process of its own what is added to metrics.jsonl, and nothing waits for it.

A tracker may hang, fail or be killed: the run says so in one line and goes on. What is sent stands in `follow`, which
is that process; this module starts it and ends it, and knows no tracker.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import slm
from slm.errors import MissingExtra, Stopped
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder

PATIENCE = 30.0  # seconds that a finished run waits for trackers to send the rest

# Nothing but the run's figures leaves this machine
NO_TELEMETRY = {
    "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "WANDB_ERROR_REPORTING": "false",
    "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1",
}  # fmt: skip


def require_trackers(names: Sequence[str]) -> None:
    """Raise MissingExtra, with the command that installs it, for the first tracker that is not installed.

    Each tracker, its package and its extra have one name.
    """
    for name in names:
        if not _is_installed(name):
            raise MissingExtra(
                f"--track {name} needs the package {name!r}, which is not installed: pip install 'slm-toolkit[{name}]'"
            )


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


@contextlib.contextmanager
def tracked(run: RunFolder, names: Sequence[str], observer: Observer) -> Iterator[None]:
    """Have the trackers `names` follow `run` while it is worked on; one that is not installed here is left out."""
    followers = []
    for name in names:
        if not _is_installed(name):
            observer.message(f"{name} is not installed here and is not told; the run goes on")
            continue
        try:
            followers.append(Follower(name, run.path, observer))
        except OSError as error:  # no process could be made
            observer.message(f"{name} is not told ({error.strerror or error}); the run goes on")
    state = "failed"
    try:
        yield
        state = "finished"
    except (Stopped, KeyboardInterrupt):
        state = "stopped"
        raise
    finally:
        for follower in followers:
            follower.end(state)
        deadline = time.monotonic() + PATIENCE
        for follower in followers:
            follower.wait(deadline)


class Follower:
    """The process that tells one tracker; it ends when its standard input does, so also when this process is killed."""

    def __init__(self, name: str, run: Path, observer: Observer):
        self._name, self._observer, self._warned = name, observer, False
        search = os.pathsep.join(filter(None, (str(Path(slm.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "slm.training.follow", name, str(run)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            env=os.environ | NO_TELEMETRY | {"PYTHONPATH": search},
            start_new_session=True,  # Ctrl-C is the run's alone
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def end(self, state: str) -> None:
        """Tell it how the run ended; it sends the rest and ends."""
        with contextlib.suppress(OSError, ValueError):  # it has ended already
            self._process.stdin.write(state)
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.close()

    def wait(self, deadline: float) -> None:
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            self._warn(f"did not end within {PATIENCE:.0f} s and was left")
        self._listener.join(1.0)

    def _listen(self) -> None:
        """Pass on what it says, as it comes."""
        for line in self._process.stdout:
            kind, _, text = line.strip().partition(" ")
            self._warn(text) if kind == "warning" else self._observer.message(f"{self._name}: {text}")
        if code := self._process.wait():
            self._warn(f"its process ended with exit code {code}")

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._observer.message(
                f"{self._name} is not told of all of this run ({reason}); the run goes on, metrics.jsonl has everything"
            )
