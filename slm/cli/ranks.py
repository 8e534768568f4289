"""How a command becomes one of several ranks, or starts them: `slm train --ranks 4`, or torchrun."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slm.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from slm.training.budget import RunningTime
    from slm.training.ranks import Ranks
    from slm.training.run_folder import RunFolder

SHUTDOWN_SECONDS = 600  # for the ranks to save, and to end, before they are killed


@contextlib.contextmanager
def among_ranks(wanted: int, shard: bool = False) -> Iterator[Ranks | None]:
    """The ranks that train, of which this process is the first. None where it starts them, or is another one of them:
    then all is done when this is entered."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # one message where a rank goes: ours
    from slm.training.ranks import ALONE, Launcher, joined

    require_ranks(wanted)
    if (launcher := Launcher.here()) is None:
        if wanted > 1:
            _launch(wanted)
        if shard and wanted == 1:
            raise ConfigError("--shard expects several ranks (--ranks or torchrun), got one")
        yield ALONE if wanted == 1 else None
        return
    if wanted not in (1, there := int(os.environ["WORLD_SIZE"])):
        raise ConfigError(f"--ranks {wanted}, but {launcher.name.split()[0]} started {there}; leave --ranks out")
    ranks = joined()
    ranks.shards = shard
    with ranks.ending_together():
        if not ranks.first:
            from slm.following import follow

            follow(ranks)
        yield ranks if ranks.first else None


def require_ranks(wanted: int) -> None:
    """Raises ConfigError for what is no number of ranks."""
    if wanted < 1:
        raise ConfigError(f"--ranks expects a whole number from 1 up, got {wanted}")


def refuse_ranks(command: str, instead: str) -> None:
    """Raises ConfigError, on the first of several ranks, for a command that works on one; the others end."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        if os.environ.get("RANK") != "0":
            raise SystemExit(ConfigError.exit_code)
        raise ConfigError(f"{command} works on one rank, got {os.environ['WORLD_SIZE']}; several: {instead}")


def begun_runs(runs: Path) -> list[RunFolder]:
    """The runs that this command began before torchrun had to start it again, the oldest first."""
    from slm.training.ranks import Launcher
    from slm.training.run_folder import runs_of_launcher

    launcher = Launcher.here()
    return runs_of_launcher(launcher.name, runs) if launcher and launcher.restarts else []


def finished_run(run: str, runs: Path) -> RunFolder | None:
    """The run, where it was finished before torchrun had to start this command again: nothing is left to do then."""
    from slm.training.ranks import Launcher
    from slm.training.run_folder import find_run

    launcher = Launcher.here()
    if launcher and launcher.restarts and (folder := find_run(run, runs)).read()["state"] == "finished":
        return folder
    return None


def running_time() -> RunningTime:
    """The time of this command, from the start of what started the ranks on; after it had to start them again the run
    knows what was spent before."""
    from slm.training.budget import RunningTime, seconds_since_start
    from slm.training.ranks import Launcher

    launcher = Launcher.here()
    first = launcher is not None and not launcher.restarts
    return RunningTime(already=seconds_since_start(launcher.process if first else "self"))


def _launch(ranks: int) -> None:
    """Start this very command as so many ranks and wait for them. They print; this raises where none of them could."""
    import logging

    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, launch_agent

    from slm.training.ranks import TOLD_VARIABLE

    logging.disable()  # the ranks tell what there is to tell
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # whatever the machine's name resolves to
    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=ranks, run_id=f"slm-{os.getpid()}", rdzv_backend="c10d",
        rdzv_endpoint="localhost:0", max_restarts=0, shutdown_timeout=SHUTDOWN_SECONDS,
    )  # fmt: skip
    with tempfile.NamedTemporaryFile() as told:
        os.environ[TOLD_VARIABLE] = told.name
        try:
            launch_agent(config, sys.executable, ["-m", "slm", *sys.argv[1:]])
        except SignalException as error:
            raise SystemExit(128 + error.sigval) from None
        except ChildFailedError as error:
            failures = error.failures
            if max(failure.exitcode for failure in failures.values()) < 0 and not os.path.getsize(told.name):
                killed = (f"rank {rank} (process {failure.pid})" for rank, failure in sorted(failures.items()))
                signals = {-failure.exitcode for failure in failures.values()}
                raise TrainingError(
                    f"{' and '.join(killed)} ended by signal {' and '.join(map(str, sorted(signals)))} (9 may be for "
                    "want of memory) before another rank could tell"
                ) from None
            raise SystemExit(max(1, *(failure.exitcode for failure in failures.values()))) from None
