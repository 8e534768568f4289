"""Training on several ranks: processes, on one machine or many, that share the samples of every step.

The first rank runs the whole command and is the only one that writes; the others train along (`slm.following`) and are
silent. What they say to one another goes through torch.distributed: decisions and sums on the CPU (gloo), gradients by
gloo or NCCL; what may take long is waited for at the launcher's store, where nothing times out. Knows nothing about
models.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from slm.device import backends_of_ranks
from slm.errors import ConfigError, SlmError, Stopped, TrainingError
from slm.training.stop_request import SIGNALS

T = TypeVar("T")
TIMEOUT_VARIABLE = "SLM_RANK_TIMEOUT"
TIMEOUT_SECONDS = 300.0  # for a rank that neither answers nor ends; one that ends is noticed at once
BEAT_SECONDS = 0.5
LOST_SECONDS = 5.0  # without a beat, after which a rank of another machine counts as gone
GRACE_SECONDS = 20.0  # for a rank to end by itself once another one has gone; torchrun kills after 30
POLL_SECONDS, LONGEST_POLL_SECONDS = 0.01, 0.2
LEAVING = timedelta(seconds=LOST_SECONDS)
TOLD = "told by"
TOLD_VARIABLE = "SLM_RANKS_TOLD"  # names a file of the launcher, which is no longer empty once a rank has told


class RankLost(Exception):
    """Some rank has gone, as `Ranks.missing` says."""


class Ranks:
    """One of `size` ranks; alone there is one, and everything here is the plain thing."""

    rank, size, local_rank, local_size = 0, 1, 0, 1
    stopping = False
    """Whether all ranks have agreed to stop."""
    shards = False
    """Whether a person asked that each keep its share of the model only."""

    @property
    def first(self) -> bool:
        return self.rank == 0

    def sum(self, *numbers: float) -> list[float]:
        """The sums over all ranks."""
        return list(numbers)

    def most(self, number: int) -> int:
        """The largest of all ranks' numbers."""
        return number

    def from_first(self, make: Callable[[], T]) -> T:
        """What `make` returns on the first rank, which alone calls it. For what takes no time."""
        return make()

    def while_first(self, work: Callable[[], object]) -> None:
        """Have the first rank do `work`, for as long as it takes; the others wait."""
        work()

    def begin(self, **job: Any) -> None:
        """Let the other ranks train along in a run."""

    @contextlib.contextmanager
    def naming_lost(self, command: str) -> Iterator[None]:
        """Turn what a rank meets when another one has gone into a TrainingError that names it."""
        yield


ALONE = Ranks()


class ManyRanks(Ranks):
    """Ranks as torchrun, or `slm train --ranks`, starts them."""

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS):
        timeout = timedelta(seconds=timeout_seconds)
        store, self.rank, self.size = next(dist.rendezvous("env://", timeout=timeout))
        # torchrun keeps its store when it starts all ranks again, and with it what the last ones said.
        store = dist.PrefixStore(f"start {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
        self.local_rank, self.local_size = (int(os.environ[name]) for name in ("LOCAL_RANK", "LOCAL_WORLD_SIZE"))
        group = dist.PrefixStore("group", store)
        dist.init_process_group(backends_of_ranks(), store=group, rank=self.rank, world_size=self.size, timeout=timeout)
        self._store = dist.PrefixStore("slm", store)
        self._turns = self._jobs = 0
        self._store.set(f"beat/{self.rank}", "0")
        self._others = self._introduce()
        self._lost: list[int] = []
        self._longest_silence = timeout_seconds
        self._leaving = False
        threading.Thread(target=self._beat, args=(self._store.clone(),), name="ranks", daemon=True).start()

    # Sums, decisions, turns

    def sum(self, *numbers: float) -> list[float]:
        tensor = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def most(self, number: int) -> int:
        tensor = torch.tensor(number)
        dist.all_reduce(tensor, dist.ReduceOp.MAX)
        return int(tensor)

    def from_first(self, make: Callable[[], T]) -> T:
        box = [make() if self.first else None]
        dist.broadcast_object_list(box, device=torch.device("cpu"))
        return box[0]

    def while_first(self, work: Callable[[], object]) -> None:
        self._turns += 1
        if not self.first:
            self._wait_for(f"turn/{self._turns}")
            return
        work()
        self._store.set(f"turn/{self._turns}", "")

    # The runs that the first rank works on

    def begin(self, **job: Any) -> None:
        self._jobs += 1
        self._store.set(f"job/{self._jobs}", json.dumps(job))

    def next_job(self) -> dict[str, Any]:
        """What the first rank gave to `begin`; nothing where it has ended."""
        self._jobs += 1
        self._wait_for(f"job/{self._jobs}")
        return json.loads(self._store.get(f"job/{self._jobs}"))

    def _wait_for(self, key: str) -> None:
        pause = POLL_SECONDS
        while not self._store.check([key]):
            time.sleep(pause)
            pause = min(1.1 * pause, LONGEST_POLL_SECONDS)
            if self._lost or self._store.check([TOLD]):
                raise RankLost

    # Ranks that have gone

    @contextlib.contextmanager
    def naming_lost(self, command: str) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, RankLost, Stopped) as error:
            if self.stopping or not (isinstance(error, (RankLost, Stopped)) or _is_of_the_connection(error)):
                raise
            if lost := self._dead() if isinstance(error, Stopped) else self.missing():
                _ignore_signals()
                message = self._message(lost, command)
                self._end(lost)
                raise TrainingError(message) from None
            if isinstance(error, Stopped):
                raise
            why = str(error).splitlines()[0]
            raise TrainingError(f"the ranks do not reach one another any more ({why}); go on with: {command}") from None

    def missing(self) -> list[int]:
        """The ranks that have ended, or, where none here has, those that gave no sign for some seconds."""
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:  # the connection may break a little before the process is gone
            if dead := self._dead():
                return dead
            time.sleep(POLL_SECONDS)
        before = self._beats()
        time.sleep(LOST_SECONDS)
        after = self._beats()
        return [rank for rank in range(self.size) if rank != self.rank and before[rank] == after[rank]]

    def reports(self) -> bool:
        """Whether this rank is the one to tell why all of them end: the first that asks."""
        try:
            tells = self._store.compare_set(TOLD, "", str(self.rank)) == str(self.rank).encode()
        except dist.DistError:  # the launcher has gone
            return self.first
        if tells and (file := os.environ.get(TOLD_VARIABLE)):
            with contextlib.suppress(OSError):
                Path(file).write_text(str(self.rank))
        return tells

    def _introduce(self) -> list[tuple[str, int]]:
        """Host and process of every rank."""
        everyone: list[tuple[str, int]] = [("", 0)] * self.size
        dist.all_gather_object(everyone, (socket.gethostname(), os.getpid()))
        return everyone

    def _dead(self) -> list[int]:
        """The ranks on this machine whose process has ended."""
        here = self._others[self.rank][0]
        return [rank for rank, (host, process) in enumerate(self._others) if host == here and not _is_alive(process)]

    def _beats(self, store: dist.Store | None = None) -> list[bytes]:
        return (store or self._store).multi_get([f"beat/{rank}" for rank in range(self.size)])

    def _beat(self, store: dist.Store) -> None:
        """Give a sign of life twice a second; see to it that this rank ends when another one has, or hangs, whatever it
        does."""
        number, lost_at = 0, 0.0
        heard, silent = self._beats(store), [0] * self.size  # so many beats of this rank: when all are suspended,
        while not self._leaving:  # a laptop's lid closed, none is silent
            number += 1
            with contextlib.suppress(dist.DistError, RuntimeError):
                store.set(f"beat/{self.rank}", str(number))
                before, heard = heard, self._beats(store)
                silent = [beats + 1 if old == new else 0 for beats, old, new in zip(silent, before, heard, strict=True)]
            hanging = [rank for rank, beats in enumerate(silent) if beats * BEAT_SECONDS > self._longest_silence]
            if not self._lost and (lost := self._dead() or hanging):
                self._lost, lost_at = lost, time.monotonic()
            if self._lost and time.monotonic() > lost_at + GRACE_SECONDS and not self._leaving:
                if self.reports():
                    print(f"error: {self._message(self._lost, '')}", file=sys.stderr, flush=True)
                self._end(self._lost)
                os._exit(1)
            time.sleep(BEAT_SECONDS)

    def _end(self, lost: list[int]) -> None:
        """Kill those of this machine that hang: no signal reaches them, and their launcher would wait for them."""
        for rank in lost:
            host, process = self._others[rank]
            if host == self._others[self.rank][0] and _is_sibling(process):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)

    def _message(self, lost: list[int], command: str) -> str:
        names = [f"rank {rank} (process {self._others[rank][1]} on {self._others[rank][0]})" for rank in lost]
        on = f"; go on with: {command}" if command else ""
        silent = f"gives no sign any more (waited {self._longest_silence:.0f} s, {TIMEOUT_VARIABLE})"
        what = "has gone: killed, or out of reach" if set(lost) <= set(self._dead()) else silent
        return f"{' and '.join(names)} {what}; the last checkpoint is intact{on}"

    @contextlib.contextmanager
    def ending_together(self) -> Iterator[None]:
        """While entered, an error of one rank ends all, and one of them tells it."""
        try:
            yield
        except BaseException as error:
            _ignore_signals()
            self._leaving = True
            code = error.exit_code if isinstance(error, SlmError) else 1
            silent = not isinstance(error, (SystemExit, KeyboardInterrupt)) and not self.reports()
            if self.first:
                self.begin()
            if silent:
                raise SystemExit(code) from None
            raise
        self._leaving = True
        if self.first:
            self.begin()
            with contextlib.suppress(dist.DistError, RuntimeError):  # the store may end with this process
                self._store.wait([f"left/{rank}" for rank in range(1, self.size)], LEAVING)
        else:
            self._store.set(f"left/{self.rank}", "")


@dataclass(frozen=True)
class Launcher:
    """What started this process as one of several ranks: torchrun, or `slm train --ranks`."""

    process: int
    name: str
    """Which no other one has; in the record of the runs that it works on."""
    restarts: int
    """How often it has started all ranks again, because one had gone."""

    @staticmethod
    def here() -> Launcher | None:
        """None where a person started this process."""
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return None
        process = os.getppid()
        restarts = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0))
        return Launcher(process, f"{os.environ['TORCHELASTIC_RUN_ID']} {process}", restarts)


def joined() -> Ranks:
    """The ranks that this process was started among: by the variables that torchrun sets. Raises ConfigError where
    SLM_RANK_TIMEOUT is no number of seconds."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return Ranks()
    given = os.environ.get(TIMEOUT_VARIABLE, str(TIMEOUT_SECONDS))
    try:
        seconds = float(given)
        if not 0 < seconds < math.inf:
            raise ValueError
    except ValueError:
        raise ConfigError(f"{TIMEOUT_VARIABLE} expects seconds, such as 300, got {given!r}") from None
    return ManyRanks(seconds)


def _is_of_the_connection(error: Exception) -> bool:
    return isinstance(error, dist.DistError) or "gloo" in str(error) or "Connection" in str(error)


def _ignore_signals() -> None:
    """From when on it is known why this rank ends: torchrun sends SIGTERM as soon as another one has gone."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _is_sibling(process: int) -> bool:
    """Whether our launcher started it (Linux; else False): by now a number alone may be somebody else's, or that of
    a process in a container whose host has the same name."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return int(stat.rpartition(")")[2].split()[1]) == os.getppid()


def _is_alive(process: int) -> bool:
    """Whether a process of this machine is there, and no zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):  # no Linux, or gone between the two looks, which the next one will see
        return True
