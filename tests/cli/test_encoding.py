"""slm encoder train from the shell's side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_pairs import records
from typer.testing import CliRunner

from slm.cli.main import app
from slm.errors import DataError, ModelError
from slm.rag.encoder import TextEncoder

SMALL = ["--epochs", "2", "--dimension", "16", "--vocabulary", "300", "--batch", "32", "--threads", "1"]


def train(*arguments: str):
    pytest.importorskip("bm25s")
    return CliRunner().invoke(app, ["encoder", "train", *arguments, *SMALL])


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    rows = ({"Q": row["question"], "A": row["answer"]} for row in records())
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_it_writes_an_encoder_and_says_how_good_it_is(pairs: Path, tmp_path: Path):
    columns = ["--column", "question=Q", "--column", "response=A"]
    result = train(str(pairs), *columns, "--out", str(tmp_path / "made"), "--json", "--holdout", "0.3")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["pairs"] == 168 and 0 <= figures["encoder"]["recall@1"] <= 1 and figures["reranker"]
    assert TextEncoder.load(tmp_path / "made").dimension == 16
    again = train(str(pairs), *columns, "--out", str(tmp_path / "made"))
    assert again.exit_code == 0 and "no reranker: too few questions" in again.stdout and "slm index" in again.stdout


def test_what_stands_at_out_is_not_replaced(pairs: Path, tmp_path: Path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "letter.txt").write_text("dear")
    result = train(str(pairs), "--column", "question=Q", "--column", "response=A", "--out", str(tmp_path / "precious"))
    assert isinstance(result.exception, ModelError) and "found something else" in str(result.exception)
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["letter.txt"]
    assert not list(tmp_path.glob(".precious*"))


def test_bad_input_is_one_line(pairs: Path, tmp_path: Path):
    for arguments in ([str(pairs)], [str(tmp_path / "none.jsonl")]):
        result = train(*arguments, "--out", str(tmp_path / "made"))
        assert isinstance(result.exception, DataError) and "\n" not in str(result.exception)
    assert not (tmp_path / "made").exists()
