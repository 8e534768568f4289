"""A folder in which a person has worked: texts, a base run and a tuned run, made through the command line itself."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import tiny_definition

TINY = (
    "model.n_layer=1", "model.n_head=2", "model.n_embd=16", "model.block_size=32", "training.micro_batch_size=2",
    "training.evaluation_samples=4", "training.evaluation_interval=2", "training.warmup_steps=1",
    "training.sample_points=2", "samples.generation.max_new_tokens=4", "evaluation.documents=3",
    "evaluation.memorisation_samples=1",
)  # fmt: skip

TINY_SHAPES = ((64, 1), (64, 2))  # width and blocks
MERGES = 2000
END = 256 + MERGES  # the id of the end token
STORIES = ("stories.txt", "--separator", r"\n\n", "--tokenizer", "tokenizer.json")


@dataclass
class Outcome:
    code: int
    out: str
    err: str


def tiny(*more: str) -> list[str]:
    return [word for value in (*TINY, *more) for word in ("--set", value)]


def tiny_tuning(*more: str) -> list[str]:
    kept = [value for value in TINY if not value.startswith("model.")]
    return [word for value in (*kept, "model.block_size=48", "samples.questions=1", *more) for word in ("--set", value)]


def run_slm(*words: str) -> int:
    """The command line in this process; returns its exit code."""
    from slm.cli.main import run

    old = sys.argv
    sys.argv = ["slm", *words]
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.argv = old
    return 0


def plan_for_a_known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planner that measures nothing and knows the smallest of shapes alone."""
    monkeypatch.setattr("slm.training.planner.SHAPES", TINY_SHAPES)
    monkeypatch.setattr("slm.plan.training_speed", lambda model, tokens, machine: (20_000.0, 1e-3, 0))
    monkeypatch.setattr("slm.plan.memory_rate", lambda machine: 10e9)
    monkeypatch.setattr("slm.plan.matrix_rate", lambda machine: 1e11)


@pytest.fixture
def slm(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def call(*words: str) -> Outcome:
        code = run_slm(*words)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def finished_workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workshop")
    old = Path.cwd()
    os.chdir(folder)
    try:
        stories = (
            f"Story {n}. The fox {n * 7} ran over hill {n} and slept in the sun until it was evening."
            for n in range(60)
        )
        (folder / "stories.txt").write_text("\n\n".join(stories))
        records = ({"question": f"What is thing {n}?", "answer": f"It is the number {n}."} for n in range(60))
        (folder / "questions.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        write_tokenizer(folder / "tokenizer.json")
        assert run_slm("train", *STORIES, "--name", "base", *tiny("training.steps=3")) == 0
        assert run_slm("finetune", "questions.jsonl", "--name", "tuned", *tiny_tuning("training.steps=2")) == 0
    finally:
        os.chdir(old)
    return folder


def write_tokenizer(path: Path) -> None:
    """GPT-2's first merges: texts in nearly as many tokens, at a fraction of what the whole vocabulary costs."""
    from slm.data.tokenizer import gpt2_definition

    merges = gpt2_definition()["model"]["merges"][:MERGES]
    path.write_text(json.dumps(tiny_definition([" ".join(merge) for merge in merges])))


@pytest.fixture
def workshop(finished_workshop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder as working directory; tests that change a run make their own."""
    monkeypatch.chdir(finished_workshop)
    yield finished_workshop


@pytest.fixture
def own_workshop(finished_workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the texts and the tokenizer alone, for tests that make stores and runs."""
    for name in ("stories.txt", "questions.jsonl", "tokenizer.json"):
        shutil.copy(finished_workshop / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
