"""Whole but tiny: documents, token stores, recipes and trainers that train in a fraction of a second."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import multiprocessing.forkserver
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_config, tiny_definition, tiny_model, tiny_tokenizer

from slm import stage
from slm.atomic_write import existing_folder
from slm.checkpoint import TrainingState, load_model, load_state, save_model
from slm.cli import console, main
from slm.config_files import from_dict
from slm.data.batches import Records, Samples, Windows
from slm.data.documents import DocumentsConfig
from slm.data.token_store import Split, TokenStore, open_token_store
from slm.model.gpt import GPT
from slm.pipeline import run_recipe
from slm.prepare import prepare
from slm.pretrain import pretrain, resume_pretraining
from slm.recipe import Recipe
from slm.training.config import TrainingConfig
from slm.training.launch import choose_setup, make_trainer
from slm.training.observer import Estimate, Observer
from slm.training.pace import ByStep, Pace
from slm.training.run_folder import RunFolder, create_run
from slm.training.trainer import Trainer

NAMES, ANIMALS, PLACES = ("Tom", "Lily", "Ben", "Mia"), ("cat", "dog", "bird", "frog"), ("park", "wood", "house", "sea")
ILLNESSES = ("a cold", "the flu", "a cough", "hay fever", "a fever", "asthma", "a rash", "a burn")
SLM = Path(__file__).parents[1]
TRAINING: dict[str, Any] = {
    "steps": 6, "micro_batch_size": 2, "accumulation": 2, "learning_rate": 3e-3, "warmup_steps": 2,
    "evaluation_interval": 2, "evaluation_samples": 8, "sample_points": 2, "device": "cpu", "precision": "float32",
    "compile": "off", "threads": 1,
}  # fmt: skip


# Documents, stores, recipes


def write_tokenizer(path: Path) -> Path:
    path.write_text(json.dumps(tiny_definition()))
    return path


def write_stories(path: Path, count: int = 120) -> Path:
    """Stories of two or three short sentences as JSON lines."""
    draw = random.Random(0)
    lines = []
    for _ in range(count):
        name, animal, place = draw.choice(NAMES), draw.choice(ANIMALS), draw.choice(PLACES)
        end = f"The {animal} ran {draw.randint(1, 99)} times. " * draw.randint(1, 2)
        lines.append(json.dumps({"text": f"{name} saw a {animal} in the {place}. {end}"}))
    path.write_text("\n".join(lines))
    return path


def write_questions(path: Path, count: int = 80) -> Path:
    """Questions with answers of unequal lengths as JSON lines."""
    draw = random.Random(1)
    lines = []
    for number in range(count):
        illness = draw.choice(ILLNESSES)
        answer = f"Rest for {number} days." + f" Drink {draw.randint(1, 9)} cups of tea." * draw.randint(0, 3)
        lines.append(json.dumps({"Question": f"What helps with {illness}?", "Response": answer}))
    path.write_text("\n".join(lines))
    return path


def story_values(folder: Path, **training: Any) -> dict[str, Any]:
    """The content of a recipe's TOML file: two layers of 32 channels learn the stories in `folder`."""
    return {
        "name": "tiny", "description": "A test.", "tokenizer": str(folder / "tokenizer.json"),
        "documents": {"source": str(folder / "stories.jsonl"), "holdout": 0.2},
        "model": {"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 32, "dropout": 0.1},
        "training": TRAINING | training,
        "samples": {"prompts": ["Tom"], "generation": {"max_new_tokens": 8}},
        "evaluation": {"documents": 8, "memorisation_samples": 2},
    }  # fmt: skip


def question_values(folder: Path, **training: Any) -> dict[str, Any]:
    """A recipe that tunes on the questions in `folder`, at a longer context."""
    documents = {"source": str(folder / "questions.jsonl"), "holdout": 0.2, "kind": "question_answer"}
    return story_values(folder, **training) | {
        "name": "tiny-medical", "stage": "finetuning", "documents": documents,
        "model": {"block_size": 96, "dropout": 0.2},
        "samples": {"prompts": ["What is flu?"], "questions": 1, "generation": {"max_new_tokens": 8}},
    }  # fmt: skip


def story_recipe(folder: Path, **training: Any) -> Recipe:
    return from_dict(Recipe, story_values(folder, **training), where="test")


def question_recipe(folder: Path, **training: Any) -> Recipe:
    return from_dict(Recipe, question_values(folder, **training), where="test")


def write_recipe(path: Path, values: dict[str, Any]) -> Path:
    """`values` as a recipe in TOML, with dotted keys (JSON's strings, numbers and lists are TOML's)."""

    def lines(prefix: str, section: dict[str, Any]) -> list[str]:
        out = []
        for key, value in section.items():
            out += (
                lines(f"{prefix}{key}.", value) if isinstance(value, dict) else [f"{prefix}{key} = {json.dumps(value)}"]
            )
        return out

    values = {key: value for key, value in values.items() if key != "name"}
    path.write_text("\n".join(lines("", values)) + "\n")
    return path


def story_store(folder: Path, count: int = 120) -> TokenStore:
    """A token store of stories; the documents and the tokenizer lie beside it."""
    documents = DocumentsConfig((str(write_stories(folder / "stories.jsonl", count)),), holdout=0.2)
    return prepare(documents, str(write_tokenizer(folder / "tokenizer.json")), folder=folder / "stories")


def question_store(folder: Path, count: int = 80) -> TokenStore:
    """A token store of questions with answers."""
    source = (str(write_questions(folder / "questions.jsonl", count)),)
    documents = DocumentsConfig(source, kind="question_answer", holdout=0.2)
    return prepare(documents, str(write_tokenizer(folder / "tokenizer.json")), folder=folder / "questions")


def base_run(folder: Path, steps: int, **model: Any) -> RunFolder:
    """A short run on the stories, as something to tune; `model` changes its shape."""
    recipe = story_recipe(folder, steps=steps, micro_batch_size=8, learning_rate=1e-2, evaluation_interval=steps)
    recipe = replace(recipe, model=replace(recipe.model, **model))
    return pretrain(story_store(folder), recipe, "base", runs=folder / "runs")


@contextlib.contextmanager
def without_pictures() -> Iterator[None]:
    """Leave out the curve and the report, which take as long as all else in so short a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "draw_loss_curve", lambda path: path)
        patch.setattr(stage, "write_report", lambda path: path)
        yield


# Trainers without a stage around them


def random_split(tokens: int = 2000, records: bool = False) -> Split:
    """Random ids; as records of 8 to 60 tokens with prompts of 3 to 7."""
    draw = np.random.default_rng(0)
    ids = draw.integers(0, 256, tokens).astype(np.uint16)
    starts = [0]
    while records and starts[-1] + 60 < tokens:
        starts.append(starts[-1] + int(draw.integers(8, 60)))
    index = np.array([*starts, tokens], np.uint64)
    return Split(ids, index, draw.integers(3, 8, len(starts)).astype(np.uint64) if records else None)


@dataclass
class Watcher(Observer):
    """Keeps what it was told; `at_step` is called with every step's number."""

    at_step: Callable[[int], None] = lambda step: None
    messages: list[str] = field(default_factory=list)
    examples: list[list[tuple[str, bool]]] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)

    def step(self, step: int, **metrics: float | None) -> None:
        self.at_step(step)

    def message(self, text: str) -> None:
        self.messages.append(text)

    def estimated(self, estimate: Estimate) -> None:
        self.estimates.append(estimate)

    def example(self, pieces: list[tuple[str, bool]]) -> None:
        self.examples.append(pieces)


def trainer_of(
    folder: Path, samples: Samples | None = None, name: str = "run", observer: Observer | None = None,
    shape: dict[str, Any] | None = None, write_samples: Callable[[int], None] = lambda step: None,
    pace: Callable[[TrainingConfig], Pace] = ByStep, clock: Callable[[], float] = time.perf_counter, **training: Any,
) -> Trainer:  # fmt: skip
    """A trainer of a fresh small model in runs/`name`, or, where that is there, one that goes on with it."""
    config = TrainingConfig(**TRAINING | training)
    split = random_split()
    torch.manual_seed(0)
    model = GPT(tiny_config(**{"block_size": 32, "n_embd": 32} | (shape or {})))
    run, resumed = RunFolder(folder / "runs" / name), (folder / "runs" / name).exists()
    if not resumed:
        run = create_run(name, {"stage": "pretraining"}, folder / "runs")
    trainer = make_trainer(
        run, model, tiny_tokenizer(), None, samples or Windows(split, 32), Windows(split, 32), config,
        choose_setup(config), observer or Observer(), f"slm train --resume {name}", write_samples, {}, pace(config),
        clock,
    )  # fmt: skip
    if resumed and existing_folder(run.last).exists():
        trainer.restore()
    return trainer


@dataclass
class Clock:
    """Shows seconds that pass when a test says so, and `tick` of them with every look."""

    now: float = 0.0
    tick: float = 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def sentences_split() -> Split:
    """All sentences that can be made of the names, animals and places."""
    text = "".join(f"{n} saw a {a} in the {p}. " for n, a, p in itertools.product(NAMES, ANIMALS, PLACES))
    ids = np.array(tiny_tokenizer().encode_ordinary(text), np.uint16)
    return Split(ids, np.array([0, len(ids)], np.uint64), None)


def windows_of(tokens: int = 2000) -> Windows:
    return Windows(random_split(tokens), 32)


def records_of(count_tokens: int = 2000) -> Records:
    return Records(random_split(count_tokens, records=True), 32)


# What a run computed


def lines(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    """The lines of one kind in metrics.jsonl as they stand there; lines that a kill cut short are passed over."""
    found = []
    for line in run.metrics.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if line["kind"] == kind]


def metrics(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    """The lines of one kind, by step; of a step that was done twice the later one."""
    by_step = {line["step"]: line for line in lines(run, kind)}
    return [by_step[step] for step in sorted(by_step)]


def events(run: RunFolder) -> list[tuple[str, int]]:
    return [(line["event"], line["step"]) for line in lines(run, "event")]


def bits(run: RunFolder) -> dict[str, bytes]:
    """All that a run computed, as bytes: weights and moments of the last checkpoint, the figures of every step."""
    tensors = {**load_model(run.last).model.state_dict(), **load_state(run.last).tensors}
    figures = [
        [m[key] for key in ("step", "loss", "learning_rate", "grad_norm", "tokens")] for m in metrics(run, "step")
    ]
    estimates = [[m[key] for key in ("step", "train_loss", "validation_loss")] for m in metrics(run, "evaluation")]
    content = {name: bytes_of(tensor) for name, tensor in tensors.items()}
    return content | {"steps": repr(figures).encode(), "estimates": repr(estimates).encode()}


def differences(run: RunFolder, other: RunFolder) -> list[str]:
    """The names of what is not the same to the bit in two runs."""
    one, two = bits(run), bits(other)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def bytes_of(tensor: torch.Tensor) -> bytes:
    return tensor.detach().contiguous().numpy().tobytes()


def weights_of(model: GPT) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


# Processes that can be killed


class Killed(Exception):
    """A child process ended by itself or by a signal, with this exit code (negative for a signal)."""


def children() -> Any:
    """Where processes are forked from: a clean one that has imported everything (torch._dynamo comes with the first
    optimizer), so that each starts at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "tiny_training", "torch._dynamo", "slm.pipeline", "ckpt_chaos.inject"])
    old = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(__file__).parent), str(SLM), old)))
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH") if old is None else os.environ.update(PYTHONPATH=old)
    return context


def in_child(target: Callable[..., None], *arguments: Any) -> None:
    """Call a function in a process of its own. Raises Killed where that does not end well."""
    process = children().Process(target=target, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise Killed(process.exitcode)


class SignalIn(Observer):
    """Sends its own process a signal, once, in one stage of a pipeline: before, in or after its training."""

    def __init__(self, stage: str, moment: str, number: int):
        self.when, self.number, self.stage, self.steps = (stage, moment), number, "pretraining", 0

    def example(self, pieces: list[tuple[str, bool]]) -> None:
        self.stage, self.steps = "finetuning", 0

    def step(self, step: int, **metrics: float | None) -> None:
        self.steps = step
        self._is("training" if step == 3 else "")

    def working(self, what: str, done: int, total: int) -> None:
        self._is("after" if self.steps else "before")

    def _is(self, moment: str) -> None:
        if (self.stage, moment) == self.when:
            self.when = ("", "")
            signal.raise_signal(self.number)


def run_recipe_until(folder: Path, name: str, stage: str, moment: str) -> None:
    """A pipeline on the documents in `folder`, killed in that stage."""
    os.chdir(folder)
    recipe = replace(story_recipe(folder), finetuning=question_recipe(folder))
    with without_pictures():
        run_recipe(recipe, name, SignalIn(stage, moment, signal.SIGKILL), "slm run tiny", folder / "runs")


def train_or_resume(folder: Path, name: str, training: dict[str, Any]) -> None:
    """Begin the pre-training run of this name, or go on with it."""
    runs = folder / "runs"
    if (runs / name / "run.json").exists():
        resume_pretraining(name, runs=runs)
    else:
        pretrain(open_token_store(folder / "stories"), story_recipe(folder, **training), name, runs=runs)


def held_command(arguments: list[str], folder: Path, step: int, gate: Path) -> None:
    """`slm ...` as the command line runs it, held in one step until the file `gate` is there."""
    os.chdir(folder)
    os.dup2(os.open(gate.with_suffix(".stderr"), os.O_WRONLY | os.O_CREAT), 2)

    class Held(console.ConsoleObserver):
        def step(self, number: int, **metrics: float | None) -> None:
            super().step(number, **metrics)
            if number == step:
                gate.with_suffix(".reached").touch()
                while not gate.exists():
                    time.sleep(0.01)

    console.ConsoleObserver = Held
    sys.argv = ["slm", *arguments]
    with without_pictures():
        main.run()


def crash_in(target: Callable[..., None], arguments: tuple[Any, ...], watched: Path, event: int, mode: str) -> None:
    """Call a function whose process dies at the n-th change of a file in `watched`: 'before' it, or with it 'torn'."""
    inject = importlib.import_module("ckpt_chaos.inject")
    inject.arm(str(watched), event, mode, torn_python=True)
    target(*arguments)


def save_checkpoint(folder: Path, seed: int) -> None:
    """A model folder with training state whose every number follows from `seed`."""
    model = tiny_model(seed)
    moments = {f"exp_avg/{name}": tensor * 2 for name, tensor in weights_of(model).items()}
    save_model(folder, model, tiny_tokenizer(), record={"seed": seed}, state=TrainingState(moments, {"seed": seed}))
