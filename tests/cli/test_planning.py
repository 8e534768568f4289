"""plan, and train by a budget of time, as a person types them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from cli.conftest import TINY_SHAPES, plan_for_a_known_machine

from slm.cli import planning
from slm.data.token_store import open_token_store
from slm.model.gpt import GPTConfig
from slm.plan import law_after
from slm.training.planner import matrix_weights

SUBJECTS, VERBS = ("The fox", "A small dog", "My aunt", "The old king"), ("saw", "found", "sold", "lost")
OBJECTS = ("a red ball", "the river", "seven eggs", "an empty house", "some bread")
QUICK = ("--set", "samples.generation.max_new_tokens=4", "--set", "evaluation.memorisation_samples=1")
TALES = ("tales.txt", "--separator", r"\n\n")


@pytest.fixture(scope="module")
def made_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of more than 200 kB, and one of less."""
    draw, folder = random.Random(0), tmp_path_factory.mktemp("library")
    sentences = [f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(OBJECTS)}." for _ in range(9000)]
    tales = [" ".join([f"Tale {n}.", *sentences[n : n + 12]]) for n in range(0, len(sentences), 12)]
    (folder / "tales.txt").write_text("\n\n".join(tales))
    (folder / "short.txt").write_text("\n\n".join(tales[:90]))
    return folder


@pytest.fixture
def library(made_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as working directory, with a planner that knows the smallest of shapes alone."""
    plan_for_a_known_machine(monkeypatch)
    monkeypatch.chdir(made_library)
    return made_library


def recorded(library: Path, name: str) -> dict:
    return json.loads((library / "runs" / name / "run.json").read_text())


def test_plan_says_what_the_time_buys_and_how_to_go_on(slm, library: Path) -> None:
    outcome = slm("plan", *TALES, "--budget", "1h", "--plot", "plan.png")
    assert outcome.code == 0, outcome.err
    assert "this machine: " in outcome.out and "GFLOP/s" in outcome.out and "passes" in outcome.out
    assert "training a vocabulary of 1,024 tokens" in outcome.err  # fewer, where no more pairs come twice
    rows = [line for line in outcome.out.splitlines() if " x 64 " in line]
    assert len(rows) == len(TINY_SHAPES) and rows[0].startswith("->")
    assert "2 h 00 min would give about" in outcome.out and "10 h 00 min would give about" in outcome.out
    last = outcome.out.rstrip().splitlines()[-1]
    assert last.startswith("next:    slm train token_stores/tales-") and last.endswith("--budget 1h --out runs/mine")
    assert (library / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_plan_as_json_is_json(slm, library: Path) -> None:
    outcome = slm("plan", *TALES, "--budget", "90s", "--memory", "4G", "--json")
    assert outcome.code == 0, outcome.err
    made = json.loads(outcome.out)
    assert made["seconds"] == 90.0 and made["text_bytes"] > 200_000
    bits = [choice["bits_per_byte"] for choice in made["choices"]]
    assert bits == sorted(bits) and len(bits) == len(TINY_SHAPES)


def test_a_pilot_of_too_few_steps_corrects_nothing(slm, library: Path) -> None:
    outcome = slm("plan", *TALES, "--budget", "1s", "--json", "--pilot")
    assert outcome.code == 0, outcome.err
    assert "the pilot of 0.1 s had 1 steps, which say nothing; the plan goes without. A longer --budget" in outcome.err
    plain = slm("plan", *TALES, "--budget", "1s", "--json")
    assert json.loads(outcome.out)["choices"] == json.loads(plain.out)["choices"]


def test_a_pilot_corrects_the_plan_and_leaves_nothing_behind(
    slm, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is predicted is what the law makes of the figure that a person is told of."""
    monkeypatch.setattr(planning, "FEWEST_STEPS", 1)
    before = {path.name for path in library.iterdir()}
    outcome = slm("plan", *TALES, "--budget", "10s", "--json", "--pilot")
    assert outcome.code == 0, outcome.err
    assert {path.name for path in library.iterdir()} - before <= {"token_stores"}
    bits, tokens = re.search(r"the pilot came to (.+) bits per byte after (.+) tokens", outcome.err).groups()
    choice = json.loads(outcome.out)["choices"][0]
    store, model = open_token_store(next((library / "token_stores").glob("tales-*"))), GPTConfig(**choice["model"])
    law = law_after(store, model, int(tokens.replace(",", "")), float(bits), (0, 0))
    counts = store.manifest["splits"]["train"]
    seen = choice["tokens"] * counts["bytes"] / counts["tokens"]
    predicted, _ = law.predict(matrix_weights(model), seen, counts["bytes"])
    assert choice["bits_per_byte"] == pytest.approx(predicted, rel=0.02)


def test_plan_says_what_each_of_several_ranks_does(slm, library: Path) -> None:
    made = json.loads(slm("plan", *TALES, "--budget", "1h", "--ranks", "4", "--json").out)
    best, share = made["choices"][0], made["share_of_rank"]
    step = share["micro_batch"] * best["model"]["block_size"] * share["accumulation"] * share["ranks"]
    assert step == best["tokens_per_step"] and share["ranks"] == 4
    spared = share["memory_bytes"] - share["sharded_memory_bytes"]
    assert spared == pytest.approx(18 * best["parameters"] * 3 / 4, abs=4)
    outcome = slm("plan", *TALES, "--budget", "1h", "--ranks", "4")
    shown = f"is {share['micro_batch']} x 256 x {share['accumulation']} x 4 tokens"
    assert outcome.code == 0 and f"on 4 ranks a step of the first {shown}" in outcome.out
    assert outcome.out.rstrip().endswith("--budget 1h --ranks 4 --out runs/mine")
    refused = slm("plan", *TALES, "--ranks", "0")
    assert refused.code == 2 and "--ranks expects a whole number from 1 up, got 0" in refused.err


def test_a_budget_makes_a_whole_run(slm, library: Path) -> None:
    """Of a second, which is spent before the first step: what happens in between is tested with the stage."""
    outcome = slm("train", *TALES, "--budget", "1s", "--out", "runs/mine", *QUICK)
    assert outcome.code == 0, outcome.err
    assert "budget 1s: " in outcome.err and "parameters, about" in outcome.err and "expected bits per" in outcome.err
    record = recorded(library, "mine")
    assert record["state"] == "finished" and record["command"].startswith("slm train tales.txt ")
    training, model = record["recipe"]["training"], record["recipe"]["model"]
    assert training["budget_seconds"] == 1.0 and training["batches"] == "documents" and training["optimizer"] == "muon"
    assert (model["n_embd"], model["n_layer"]) in TINY_SHAPES and 256 < model["vocab_size"] <= 1024
    assert (library / "runs" / "mine" / "report.html").is_file()


def test_what_a_person_sets_counts_more_than_the_plan(slm, library: Path) -> None:
    words = ("--set", "model.n_layer=3", "--set", "training.learning_rate=1e-5", "--set", "training.optimizer=adamw")
    outcome = slm("train", *TALES, "--budget", "1s", "--name", "set", *QUICK, *words)
    assert outcome.code == 0, outcome.err
    recipe = recorded(library, "set")["recipe"]
    assert recipe["model"]["n_layer"] == 3 and recipe["model"]["n_embd"] == 64
    assert recipe["training"]["learning_rate"] == 1e-5 and recipe["training"]["optimizer"] == "adamw"


def test_several_seeds_are_several_runs_to_compare(slm, library: Path) -> None:
    outcome = slm("train", *TALES, "--budget", "1s", "--seeds", "2", "--out", "runs/twice", *QUICK)
    assert outcome.code == 0, outcome.err
    first = recorded(library, "twice-seed0")["recipe"]["training"]
    assert recorded(library, "twice-seed1")["recipe"]["training"] == first | {"seed": 1}
    assert outcome.out.rstrip().endswith("next:    slm compare twice-seed0 twice-seed1")
    compared = slm("compare", "twice-seed0", "twice-seed1")
    assert compared.code == 0, compared.err


def test_a_budget_goes_on_from_a_model(slm, library: Path) -> None:
    """Whose shape counts, and whose learning rate is a third of what the plan gives to new weights."""
    for words in (("--name", "new"), ("--from", "new", "--name", "more")):
        outcome = slm("train", *TALES, "--budget", "1s", *words, *QUICK)
        assert outcome.code == 0, outcome.err
    new, more = recorded(library, "new"), recorded(library, "more")
    assert more["parent"]["model"].startswith("runs/new") and more["recipe"]["model"] == new["recipe"]["model"]
    rates = [record["recipe"]["training"]["learning_rate"] for record in (new, more)]
    assert rates[1] == pytest.approx(rates[0] / 3)


@pytest.mark.slow
def test_a_budgeted_run_is_extended_and_replayed(slm, library: Path) -> None:
    for words in (
        ("train", *TALES, "--budget", "30s", "--name", "base", *QUICK),
        ("train", "base", "--extend", "30s", "--name", "longer"),
        ("train", "--replay", "base", "--name", "again"),
    ):
        outcome = slm(*words)
        assert outcome.code == 0, outcome.err
    weights = [library / "runs" / name / "checkpoints" / "last" / "model.safetensors" for name in ("base", "again")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert recorded(library, "longer")["steps"] > recorded(library, "base")["steps"] / 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--budget", "10m", "--resume", "x"), "--budget and --resume do not go together"),
        (("--resume", "x", "--extend", "10m"), "--resume and --extend do not go together"),
        (("--budget", "10m", "--replay", "x"), "--budget and --replay do not go together"),
        (("--extend", "10m", "--replay", "x"), "--extend and --replay do not go together"),
        (("--seeds", "0"), "--seeds expects a whole number from 1 up, got 0"),
        (("--extend", "10m", "one", "two"), "--extend expects one run, got 2: one, two"),
        (("--extend", "soon", "one"), "--extend expects a time such as 10m"),
        ((*TALES, "--budget", "soon"), "--budget expects a time such as 10m"),
        ((*TALES, "--budget", "10m", "--memory", "much"), "--memory expects a size such as 4G"),
        ((*TALES, "--budget", "10m", "--memory", "1M"), "--memory expects at least"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(slm, library: Path, words, expected: str) -> None:
    outcome = slm("train", *words)
    assert outcome.code == 2 and outcome.out == ""
    assert expected in outcome.err.rstrip().splitlines()[-1]
    assert not (library / "runs" / "x").exists()


@pytest.mark.parametrize("command", [("plan",), ("train", "--budget", "1m")])
def test_too_little_text_is_told_with_what_to_do(slm, library: Path, command: tuple[str, ...]) -> None:
    outcome = slm(command[0], "short.txt", "--separator", r"\n\n", *command[1:])
    assert outcome.code == 1 and "expected at least 200,000 bytes of text" in outcome.err and "--from" in outcome.err
