"""Ranks that are killed at random: torchrun starts them again, and what comes out is what an undisturbed run gives.

    python bench/rank_kills.py             (20 kills of a rank of two, under torchrun --max-restarts)
    python bench/rank_kills.py --launcher  (the same under slm train --ranks, which ends; then --resume)
    python bench/rank_kills.py --hang      (SIGSTOP in place of SIGKILL, with a timeout of 15 s)

Each time a random rank gets SIGKILL at a random moment: one in five while it starts, the others in training, which here
is saved every five steps. Checked of each: one message names the rank, if it had met the others, and losses and weights
equal those of a run that nobody disturbed. Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slm.checkpoint import load_model
from slm.data.documents import DocumentsConfig
from slm.prepare import prepare
from slm.training.run_folder import RunFolder

RANKS = 2
TOLERANCE = 1e-5
LONGEST_SECONDS = 600.0
TIMEOUT_SECONDS = 15.0  # of SLM_RANK_TIMEOUT, where ranks hang
SETTINGS = {
    "model.n_layer": 2, "model.n_head": 2, "model.n_embd": 32, "model.block_size": 32, "model.dropout": 0,
    "training.steps": 100, "training.micro_batch_size": 2, "training.accumulation": 2, "training.save_interval": 5,
    "training.evaluation_interval": 50, "training.evaluation_samples": 4, "training.warmup_steps": 5,
    "training.learning_rate": 1e-3, "training.device": "cpu", "training.precision": "float32",
    "training.compile": "off", "evaluation.documents": 4, "evaluation.memorisation_samples": 0,
    "samples.generation.max_new_tokens": 4,
}  # fmt: skip
NAMED = re.compile(r"^error: rank (\d+) \(process (\d+) on .*$", re.MULTILINE)


@dataclass(frozen=True)
class Kill:
    """What one kill led to."""

    rank: int
    step: int
    """The last one that was logged when it came; -1 before training."""
    seconds: float
    """From then on until its launcher had ended, or had started the ranks again."""
    message: str
    """'' where the ranks had not met yet."""


def command(name: str, torchrun: bool, *more: str) -> list[str]:
    settings = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    slm = ["-m", "slm", "train", "store", "--name", name, *settings, *more]
    if not torchrun:
        return [sys.executable, *slm, "--ranks", str(RANKS)]
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={RANKS}", "--max-restarts=3"]
    return [sys.executable, *launcher, *slm]


def environment(hang: bool = False) -> dict[str, str]:
    given = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    return given | ({"SLM_RANK_TIMEOUT": str(TIMEOUT_SECONDS)} if hang else {})


def make_store(folder: Path) -> None:
    """The token store `folder`/store."""
    prepare(DocumentsConfig(("samples:stories",)), "bpe:300", folder=folder / "store")


def ranks_of(launcher: int) -> dict[int, int]:
    """Process of each rank that a launcher has started and that lives."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if int((path / "stat").read_text().rpartition(")")[2].split()[1]) != launcher:
                continue
            variables = (path / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found |= {int(v.partition(b"=")[2]): int(path.name) for v in variables if v.startswith(b"RANK=")}
    return found


def steps_of(run: RunFolder) -> dict[int, float]:
    """The loss of each step; of one that was done twice the later."""
    if not run.metrics.exists():
        return {}
    found = {}
    for line in run.metrics.read_text().splitlines():
        try:
            values = json.loads(line)
        except ValueError:  # a kill cut it short
            continue
        if values["kind"] == "step":
            found[values["step"]] = values["loss"]
    return found


def killed_once(folder: Path, name: str, seed: int, torchrun: bool = True, hang: bool = False) -> Kill:
    """Train runs/`name` on the token store `folder`/store, and kill a rank meanwhile, or have it hang.

    Raises AssertionError where it does not end as it should; whether it came to the right end says `differences`.
    """
    draw, run = random.Random(seed), RunFolder(folder / "runs" / name)
    rank, in_training, moment = draw.randrange(RANKS), draw.random() < 0.8 or hang, draw.random()
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command(name, torchrun), cwd=folder, env=environment(hang), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            until(lambda: len(ranks_of(process.pid)) == RANKS, process)
            wanted = int(moment * (SETTINGS["training.steps"] - 1))
            if in_training:
                until(lambda: max(steps_of(run), default=-1) >= wanted, process)
            else:
                time.sleep(moment * _seconds_until_training(folder))
            step, met, victim = max(steps_of(run), default=-1), run.metrics.exists(), ranks_of(process.pid)[rank]
            os.kill(victim, signal.SIGSTOP if hang else signal.SIGKILL)
            killed = time.monotonic()
            if torchrun:
                until(lambda: victim not in (new := ranks_of(process.pid)).values() and len(new) == RANKS, process)
                seconds = time.monotonic() - killed
            code = process.wait(LONGEST_SECONDS)
            if not torchrun:
                seconds = time.monotonic() - killed
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
    said = list(NAMED.finditer(text := (folder / f"{name}.log").read_text()))
    assert said or not met, f"nobody names rank {rank} (process {victim}), killed at step {step}:\n{text}"
    assert [match.groups() for match in said] in ([], [(str(rank), str(victim))]), f"killed {rank} ({victim}):\n{text}"
    assert (code == 0) == torchrun, f"exit code {code}:\n{text}"
    return Kill(rank, step, seconds, said[0].group() if said else "")


def go_on(folder: Path, name: str) -> None:
    """Finish a run of a launcher that has ended."""
    words = ["--resume", name] if (folder / "runs" / name / "run.json").exists() else []
    whole = command(name, False)
    done = [*whole[:4], *words, "--ranks", str(RANKS)] if words else whole
    subprocess.run(done, cwd=folder, env=environment(), check=True, capture_output=True, timeout=LONGEST_SECONDS)


def differences(one: RunFolder, other: RunFolder) -> tuple[float, float]:
    """The largest of a step's loss, and of a weight, between two finished runs."""
    assert one.state() == other.state() == "finished", f"{one.state()}, {other.state()}"
    losses, others = steps_of(one), steps_of(other)
    assert losses.keys() == others.keys()
    mine, theirs = (load_model(run.last).model.state_dict() for run in (one, other))
    weights = max((tensor - theirs[name]).abs().max().item() for name, tensor in mine.items())
    return max(abs(losses[step] - others[step]) for step in losses), weights


def undisturbed(folder: Path) -> None:
    """runs/whole, by torchrun."""
    began = time.monotonic()
    subprocess.run(
        command("whole", True), cwd=folder, env=environment(), check=True, capture_output=True,
        timeout=LONGEST_SECONDS,
    )  # fmt: skip
    (folder / "seconds").write_text(str(time.monotonic() - began))


def _seconds_until_training(folder: Path) -> float:
    return float((folder / "seconds").read_text()) / 2


def until(there: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not there():
        assert process.poll() is None, f"the launcher has ended with {process.returncode}"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--launcher", action="store_true", help="under slm train --ranks, in place of torchrun")
    parser.add_argument("--hang", action="store_true", help="stop a rank (SIGSTOP) in place of killing it")
    parser.add_argument("--folder", type=Path, help="to work in, kept; what is there of the undisturbed run is used")
    arguments = parser.parse_args()
    with contextlib.nullcontext(arguments.folder) if arguments.folder else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, seconds, good = RunFolder(folder / "runs" / "whole"), [], 0
        if not (folder / "seconds").exists():
            folder.mkdir(exist_ok=True)
            make_store(folder)
            undisturbed(folder)
        for number in range(arguments.seed, arguments.seed + arguments.kills):
            try:
                kill = killed_once(folder, f"killed-{number}", number, not arguments.launcher, arguments.hang)
                if arguments.launcher:
                    go_on(folder, f"killed-{number}")
                loss, weights = differences(whole, RunFolder(folder / "runs" / f"killed-{number}"))
                good += loss <= TOLERANCE and weights <= TOLERANCE
                seconds.append(kill.seconds)
                print(number, f"rank {kill.rank} at step {kill.step}: {kill.seconds:.1f} s,", end=" ")
                print(
                    f"loss within {loss:.1e}, weights {weights:.1e}; {kill.message or 'no message'}",
                    flush=True,
                )
            except (AssertionError, subprocess.SubprocessError) as error:
                print(number, "FAILED:", error, flush=True)
        if not seconds:
            raise SystemExit("none came to the end")
        what = "ended" if arguments.launcher else "started again"
        print(f"{good} of {arguments.kills} as they should; {what} after {statistics.median(seconds):.1f} s (median), ")
        print(f"{max(seconds):.1f} s at most")


if __name__ == "__main__":
    main()
