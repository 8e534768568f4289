"""Shards made by Ray: on two machines of which one is lost in the middle, and the same bytes come out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import tiny_definition

from slm.data.documents import DocumentsConfig
from slm.prepare import prepare

pytest.importorskip("ray.data", reason="ray is not installed: pip install 'slm-toolkit[ray]'")
pytestmark = pytest.mark.slow


def on_a_cluster(folder: Path, shards: int, way: str) -> dict:
    """What tests/ray_cluster.py says of it."""
    (folder / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    command = [sys.executable, str(Path(__file__).with_name("ray_cluster.py")), str(folder), str(shards), way]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_node_that_is_killed_in_the_middle_changes_nothing(tmp_path: Path):
    texts = (f"Story {n % 90_000} " + "of a cat and the king. " * 9 for n in range(100_000))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    told = on_a_cluster(tmp_path, 10, "kill")
    assert told["lost"] and told["alive"] == 1, told  # a shard was begun there, and not finished
    store = prepare(DocumentsConfig(source=str(tmp_path / "a.jsonl")), str(tmp_path), folder=tmp_path / "plain")
    assert everything_in(tmp_path / "store") == everything_in(tmp_path / "plain")
    assert store.manifest["counts"]["duplicates"] == 10_000


def test_what_is_wrong_with_the_documents_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"words": "a"}\n' * 9)
    told = on_a_cluster(tmp_path, 2, "keep")["told"]
    assert "expected a column 'text' or" in told and "found 'words'" in told and "\n" not in told
