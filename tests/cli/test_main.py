"""Help, exit codes, and errors as one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMANDS = (
    "run", "prepare", "train", "finetune", "plan", "evaluate", "generate", "index", "search", "ask", "serve", "report",
    "runs", "doctor",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_an_example(slm, command: str) -> None:
    outcome = slm(command, "--help")
    assert outcome.code == 0
    assert f"Example: slm {command}" in outcome.out


def test_help_lists_every_command_with_an_uncut_line(slm) -> None:
    out = slm("--help").out
    assert all(f"\n  {command} " in out for command in COMMANDS)
    assert "..." not in out.partition("Commands:")[2]


def test_start_up_imports_no_heavy_package() -> None:
    heavy = {"torch", "numpy", "matplotlib", "datasets", "rich"}
    code = f"import sys, slm.cli.main; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version(slm) -> None:
    assert slm("--version").out.startswith("slm 0.")


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("run", "quikc"), 2, "did you mean 'quick'"),
        (("run", "quick", "--set", "training.learningrate=1"), 2, "did you mean 'learning_rate'"),
        (("run", "quick", "--set", "training.steps=many"), 2, "training.steps expects a whole number"),
        (("run", "quick", "--set", "training.steps"), 2, "--set expects key=value"),
        (("run", "quick", "--set", "training.device=tpu"), 2, "device expects"),
        (("run", "nowhere.toml"), 2, "expected a TOML file"),
        (("run", "medical"), 2, "slm finetune --recipe medical"),
        (("prepare", "nowhere.txt"), 1, "nowhere.txt"),
        (("prepare", "samples:storys"), 2, "'stories'"),
        (("train",), 1, "expected documents or a token store"),
        (("train", "--resume", "none"), 1, "there are none"),
        (("finetune",), 1, "expected a pre-training run"),
        (("evaluate",), 1, "expected a run"),
        (("generate", "Once"), 1, "expected a run"),
        (("generate", "a", "b", "c"), 2, "put the prompt in quotes"),
        (("report", "none"), 1, "no run called 'none'"),
        (("runs", "remove", "none", "--yes"), 1, "no run called 'none'"),
    ],
)
def test_a_mistake_ends_in_one_line_that_says_what_to_do(slm, tmp_path, monkeypatch, words, code, expected) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = slm(*words)
    assert outcome.code == code
    last = outcome.err.strip().splitlines()[-1]
    assert last.startswith("error: ") and expected in last
    assert not (tmp_path / "runs").exists()


def test_usage_errors_exit_with_2(slm) -> None:
    assert slm("frobnicate").code == 2
    assert slm("generate", "--temperatur", "1").code == 2
