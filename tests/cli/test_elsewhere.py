"""Addresses, --mirror and --track as they are typed: what cannot be taken is one line, and no secret is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from cli.conftest import Outcome, run_slm, tiny

from slm.training import tracking

SECRET = "s3://me:hidden@bucket/stories"
SIGNED = "https://host/stories.txt?X-Amz-Signature=hidden"


@pytest.mark.parametrize("words", [
    ("train", SECRET), ("train", SIGNED), ("prepare", SIGNED), ("train", "stories.txt", "--mirror", SECRET),
    ("train", "stories.txt", "--out", f"{SECRET}/mine"), ("prepare", "stories.txt", "--out", SECRET),
    ("train", "--resume", SECRET), ("generate", SIGNED, "Once"), ("generate", SIGNED),
    ("export", "base", "--out", SIGNED),
    ("finetune", "questions.jsonl", "--from", SECRET), ("evaluate", "base", "--data", SIGNED), ("index", SIGNED),
    ("run", "quick", "--mirror", SIGNED), ("train", "stories.txt", "--set", f"training.mirror={SIGNED}"),
    ("report", SIGNED), ("runs", "upload", "base", "--to", SECRET),
])  # fmt: skip
def test_no_secret_gets_further(words: tuple[str, ...], workshop: Path, slm: Callable[..., Outcome]) -> None:
    runs = sorted(path.name for path in (workshop / "runs").iterdir())
    outcome = slm(*words)
    assert outcome.code in (1, 2) and len(outcome.err.strip().splitlines()) <= 2, outcome.err
    assert "***" in outcome.err and "hidden" not in outcome.err + outcome.out
    assert sorted(path.name for path in (workshop / "runs").iterdir()) == runs
    assert "hidden" not in "".join(path.read_text() for path in (workshop / "runs").glob("*/run.json"))


@pytest.mark.parametrize(("words", "problem"), [
    (("train", "stories.txt", "--track", "comet"), "track expects some of trackio, wandb, mlflow, tensorboard"),
    (("train", "stories.txt", "--track", "wandb"), "pip install 'slm-toolkit[wandb]'"),
    (("finetune", "questions.jsonl", "--track", "mlflow"), "pip install 'slm-toolkit[mlflow]'"),
    (("run", "--track", "trackio"), "pip install 'slm-toolkit[trackio]'"),
    (("train", "--resume", "base", "--track", "wandb"), "do not go with --resume: the run has its own"),
    (("train", "--replay", "base", "--mirror", "file:///tmp/x"), "do not go with --replay"),
    (("train", "stories.txt", "--mirror", "hf://datasets/a/b"), "hf:// is read here, not written"),
    (("generate", "memory://bucket/nothing"), "expected a token store, a model folder or an export"),
    (("runs", "upload", "base"), "has no --mirror; say --to ADDRESS"),
    (("index", "memory://bucket/a.txt"), "an index is made of files of this machine"),
])  # fmt: skip
def test_what_is_wrong_is_said(
    words: tuple[str, ...], problem: str, workshop: Path, slm: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_is_installed", lambda name: False)
    outcome = slm(*words)
    assert outcome.code in (1, 2) and problem in outcome.err, outcome.err


@pytest.mark.slow
def test_a_store_a_run_and_an_export_elsewhere(own_workshop: Path, slm: Callable[..., Outcome], few_strings) -> None:
    """From documents to a text, everything under one address."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.put_file("stories.txt", "/b/stories.txt")
    for words in (
        ("prepare", "memory://b/stories.txt", "--separator", r"\n\n", "--tokenizer", "bpe:300", "--out", "memory://b/store"),
        ("train", "memory://b/store", "--out", "memory://b/runs/fox", *tiny("training.steps=2")),
        ("export", "memory://b/runs/fox", "--to", "web", "--data", "memory://b/store", "--documents", "2", "--out",
         "memory://b/fox"),
        ("report", "memory://b/runs/fox", "--runs", "others"),
    ):  # fmt: skip
        outcome = slm(*words)
        assert outcome.code == 0, outcome.err
    assert "copied:" in slm("runs", "upload", "fox").out
    assert Path("others/fox/report.html").is_file() and files.exists("/b/fox/export_report.json")
    written = slm("generate", "memory://b/runs/fox", "The fox", "--max-new-tokens", "3")
    assert written.code == 0 and written.out.startswith("The fox")


@pytest.mark.slow
def test_tensorboard_by_its_name(own_workshop: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install 'slm-toolkit[tensorboard]'")
    words = ("train", "stories.txt", "--separator", r"\n\n", "--track", "tensorboard", "--name", "board")
    assert run_slm(*words, *tiny("training.steps=1")) == 0
    assert list(Path("runs/board/tensorboard").iterdir())
