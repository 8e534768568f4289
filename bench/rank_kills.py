"""Ranks that are killed at random: torchrun starts them again, and what comes out is what an undisturbed run gives.

    python bench/rank_kills.py             (20 kills of a rank of two, under torchrun --max-restarts)
    python bench/rank_kills.py --launcher  (the same under slm train --ranks, which ends; then --resume)

Each time a random rank gets SIGKILL at a random moment: one in five while it starts, the others in training, which here
is saved every five steps. Checked of each: a message names the rank (once it has met the others, one and the right one),
and losses and weights equal those of a run that nobody disturbed. Linux.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass
from pathlib import Path

from slm.checkpoint import load_model
from slm.training.run_folder import RunFolder

RANKS = 2
TOLERANCE = 1e-5
LONGEST_SECONDS = 600.0
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
    met: bool
    """Whether the ranks had found one another by then."""
    seconds_to_end: float
    """From the kill until its launcher had ended (`restarted` False) or the ranks had been started again."""
    restarted: bool
    messages: list[str]


def command(folder: Path, name: str, torchrun: bool, *more: str) -> list[str]:
    settings = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    slm = ["-m", "slm", "train", "store", "--name", name, *settings, *more]
    if not torchrun:
        return [sys.executable, *slm, "--ranks", str(RANKS)]
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={RANKS}", "--max-restarts=3"]
    return [sys.executable, *launcher, *slm]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "TORCH_CPP_LOG_LEVEL": "ERROR"}


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


def killed_once(folder: Path, name: str, seed: int, torchrun: bool = True) -> Kill:
    """Train runs/`name` on the token store `folder`/store, with a kill in between. Raises AssertionError where it does
    not end as it should; whether it came to the right end says `differences`."""
    draw, run = random.Random(seed), RunFolder(folder / "runs" / name)
    rank, in_training, moment = draw.randrange(RANKS), draw.random() < 0.8, draw.random()
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command(folder, name, torchrun), cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _until(lambda: len(ranks_of(process.pid)) == RANKS, process)
            wanted = int(moment * (SETTINGS["training.steps"] - 1))
            if in_training:
                _until(lambda: max(steps_of(run), default=-1) >= wanted, process)
            else:
                time.sleep(moment * _seconds_until_training(folder))
            step, met, victim = max(steps_of(run), default=-1), run.metrics.exists(), ranks_of(process.pid)[rank]
            os.kill(victim, signal.SIGKILL)
            killed = time.monotonic()
            if torchrun:
                _until(lambda: victim not in (new := ranks_of(process.pid)).values() and len(new) == RANKS, process)
                seconds = time.monotonic() - killed
            code = process.wait(LONGEST_SECONDS)
            if not torchrun:
                seconds = time.monotonic() - killed
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
    said = NAMED.findall(text := (folder / f"{name}.log").read_text())
    assert said in ([], [(str(rank), str(victim))]), f"killed rank {rank} ({victim}), said {said}:\n{text}"
    assert said or not met, f"nobody names rank {rank} (process {victim}), killed at step {step}:\n{text}"
    assert (code == 0) == torchrun, f"exit code {code}:\n{text}"
    return Kill(rank, step, met, seconds, torchrun, [match.group() for match in NAMED.finditer(text)])


def go_on(folder: Path, name: str) -> None:
    """Finish a run of a launcher that has ended."""
    words = ["--resume", name] if (folder / "runs" / name / "run.json").exists() else []
    whole = command(folder, name, False)
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


def undisturbed(folder: Path) -> RunFolder:
    """runs/whole, by torchrun."""
    began = time.monotonic()
    subprocess.run(
        command(folder, "whole", True), cwd=folder, env=environment(), check=True, capture_output=True,
        timeout=LONGEST_SECONDS,
    )  # fmt: skip
    (folder / "seconds").write_text(str(time.monotonic() - began))
    return RunFolder(folder / "runs" / "whole")


def _seconds_until_training(folder: Path) -> float:
    return float((folder / "seconds").read_text()) / 2


def _until(there: object, process: subprocess.Popen) -> None:
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
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "slm", "prepare", "samples:stories", "--tokenizer", "bpe:300", "--out", "store"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        whole, seconds, good = undisturbed(folder), [], 0
        for number in range(arguments.seed, arguments.seed + arguments.kills):
            try:
                kill = killed_once(folder, f"killed-{number}", number, not arguments.launcher)
                if arguments.launcher:
                    go_on(folder, f"killed-{number}")
                loss, weights = differences(whole, RunFolder(folder / "runs" / f"killed-{number}"))
                good += loss <= TOLERANCE and weights <= TOLERANCE
                seconds.append(kill.seconds_to_end)
                print(number, f"rank {kill.rank} at step {kill.step}: {kill.seconds_to_end:.1f} s,", end=" ")
                print(
                    f"loss within {loss:.1e}, weights {weights:.1e}; {' '.join(kill.messages) or 'no message'}",
                    flush=True,
                )
            except (AssertionError, subprocess.SubprocessError) as error:
                print(number, "FAILED:", error, flush=True)
        what = "ended" if arguments.launcher else "started again"
        print(f"{good} of {arguments.kills} as they should; {what} after {statistics.median(seconds):.1f} s (median), ")
        print(f"{max(seconds):.1f} s at most")


if __name__ == "__main__":
    main()
