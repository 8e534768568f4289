"""The documentation is true: its commands run, its reference is fresh, its links lead somewhere."""

from __future__ import annotations

import io
import json
import re
import runpy
import shlex
from pathlib import Path

import pytest
from cli.conftest import plan_for_a_known_machine, run_slm, tiny, tiny_tuning

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TUNING_OF_QUICK = [
    word if word == "--set" else f"finetuning.{word}" for word in tiny_tuning("training.steps=2", "samples.questions=0")
]
QUICK = tiny("documents.limit=60", "training.steps=2") + TUNING_OF_QUICK


def commands_of_readme() -> list[str]:
    """The examples in README's table of commands."""
    return re.findall(r"^\| `slm \w+` \|.*\| `(slm .*)` \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)


def commands_of_walk() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "five_minutes.md").read_text(encoding="utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def smaller(command: str) -> list[str]:
    """The words of a command, with settings that make it quick."""
    words = ["3s" if word == "10m" else word for word in shlex.split(command)[1:]]
    train = tiny("training.steps=2", 'samples.prompts=["The fox"]')
    more = {"run": QUICK, "train": train, "finetune": tiny_tuning("training.steps=1")}
    short = ["--max-new-tokens", "4"]
    limits = {"generate": short, "chat": short, "doctor": ["--no-network"], "export": ["--documents", "3"]}
    return words + more.get(words[0], []) + limits.get(words[0], [])


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stories = (f"Story {n}. The fox ran over hill {n} and slept in the sun." for n in range(4000))  # enough to plan for
    (tmp_path / "stories.txt").write_text("\n\n".join(stories))
    records = ({"question": f"What is thing {n}?", "response": f"It is the number {n}."} for n in range(60))
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return tmp_path


SLOW = pytest.param(commands_of_readme(), id="README", marks=pytest.mark.slow)


@pytest.mark.parametrize("commands", [SLOW, pytest.param(commands_of_walk(), id="five_minutes")])
def test_the_commands_run(commands: list[str], empty_folder: Path, few_strings, capfd, monkeypatch) -> None:
    assert len(commands) >= 9
    plan_for_a_known_machine(monkeypatch)
    for command in commands:
        monkeypatch.setattr("sys.stdin", io.StringIO("The fox\n"))  # for chat
        assert run_slm(*smaller(command)) == 0, f"{command}\n{capfd.readouterr().err}"


def test_the_script_does_what_slm_run_does(empty_folder: Path, monkeypatch, capfd) -> None:
    (empty_folder / "small.toml").write_text(_small_recipe())
    monkeypatch.setattr("sys.argv", ["small_language_model.py", "small.toml"])
    runpy.run_path(str(ROOT / "small_language_model.py"), run_name="__main__")
    out = capfd.readouterr().out
    assert "bits per byte" in out and "report.html" in out and "it knows little and is often wrong" in out
    assert (empty_folder / "runs" / "small-medical" / "report.html").is_file()


def _small_recipe() -> str:
    tuning = [value for value in tiny_tuning("training.steps=1") if value not in ("--set", "samples.questions=1")]
    lines = [value for value in tiny("training.steps=1", "documents.limit=60") if value != "--set"]
    (Path.cwd() / "small-medical.toml").write_text(
        'description = "t"\nstage = "finetuning"\n'
        'documents.source = "samples:medical"\ndocuments.kind = "question_answer"\n'
        "samples.questions = 0\nsamples.prompts = ['What is asthma?']\n" + "\n".join(tuning)
    )
    head = 'description = "t"\nfinetuning = "small-medical.toml"\ndocuments.source = "samples:stories"\n'
    return head + 'tokenizer = "bpe:400"\n' + "\n".join(lines)  # a vocabulary of its own, as quick has


def test_the_reference_of_commands_is_fresh() -> None:
    written = runpy.run_path(str(ROOT / "docs" / "write_commands.py"))
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == written["page"](), "stale: run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
