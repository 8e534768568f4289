"""Ranks that die or hang under a real launcher, and what is asked of it by a signal: bench/rank_kills.py in small."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slm.checkpoint import load_model
from slm.training.run_folder import RunFolder

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="finds the ranks in /proc")]


@pytest.fixture(scope="module")
def bench() -> Any:
    path = Path(__file__).parents[2] / "bench" / "rank_kills.py"
    spec = importlib.util.spec_from_file_location("bench_rank_kills", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_rank_kills"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a token store and runs/whole, which nobody disturbed."""
    folder = tmp_path_factory.mktemp("kills")
    bench.make_store(folder)
    bench.undisturbed(folder)
    return folder


def as_if_undisturbed(bench: Any, folder: Path, name: str) -> None:
    losses, weights = bench.differences(*(RunFolder(folder / "runs" / run) for run in ("whole", name)))
    assert max(losses, weights) <= bench.TOLERANCE


@pytest.mark.parametrize("seed", [0, 1])  # rank 1 at step 41, rank 0 at step 79
def test_torchrun_goes_on_after_a_rank_was_killed(bench: Any, folder: Path, seed: int):
    kill = bench.killed_once(folder, f"killed-{seed}", seed)
    assert kill.rank == 1 - seed and "has gone: killed, or out of reach" in kill.message
    as_if_undisturbed(bench, folder, f"killed-{seed}")


def test_the_launcher_ends_when_a_rank_was_killed(bench: Any, folder: Path):
    kill = bench.killed_once(folder, "ended", 0, torchrun=False)
    assert kill.message.endswith("go on with: slm train --resume ended --ranks 2")
    bench.go_on(folder, "ended")
    as_if_undisturbed(bench, folder, "ended")


def test_a_rank_that_hangs_is_named_and_ended(bench: Any, folder: Path):
    kill = bench.killed_once(folder, "hung", 1, torchrun=False, hang=True)
    assert "gives no sign any more (waited 15 s" in kill.message
    assert kill.seconds < 60
    bench.go_on(folder, "hung")
    as_if_undisturbed(bench, folder, "hung")


def test_sigterm_to_the_launcher_saves(bench: Any, folder: Path):
    run = RunFolder(folder / "runs" / "stopped")
    launcher = subprocess.Popen(
        bench.command("stopped", False), cwd=folder, env=bench.environment(), stderr=subprocess.PIPE, text=True
    )
    bench.until(lambda: max(bench.steps_of(run), default=0) >= 12, launcher)
    launcher.send_signal(signal.SIGTERM)
    said, step = launcher.communicate(timeout=bench.LONGEST_SECONDS)[1], max(bench.steps_of(run))
    assert said.rstrip().endswith(
        f"stopped at step {step} of 100 and saved; go on with: slm train --resume stopped --ranks 2"
    )
    assert launcher.returncode == 128 + signal.SIGTERM
    assert run.state() == "stopped" and load_model(run.last).record["step"] == step
    bench.go_on(folder, "stopped")
    as_if_undisturbed(bench, folder, "stopped")
