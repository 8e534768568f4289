"""Shards made by Ray: by the command line, and on two machines of which one is lost; the same bytes come out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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


# The command line


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Where Ray keeps its files; the paths of its sockets must be short."""
    with tempfile.TemporaryDirectory(prefix="slm-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def by_command(folder: Path, ray_folder: Path, *words: str, address: str = "") -> subprocess.CompletedProcess[str]:
    """slm prepare a.jsonl by Ray in `folder`, as a person types it."""
    (folder / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    command = [sys.executable, "-m", "slm", "prepare", "a.jsonl", "--tokenizer", ".", "--out", "store"]
    environment = os.environ | {"RAY_ADDRESS": address, "RAY_TMPDIR": str(ray_folder)}
    run = subprocess.run(
        [*command, "--engine", "ray", *words], capture_output=True, text=True, timeout=400, cwd=folder, env=environment
    )
    assert "Traceback" not in run.stderr
    return run


def test_the_command_makes_the_bytes_of_plain_prepare(tmp_path: Path, ray_folder: Path, monkeypatch):
    """With paths relative to where it was called, and whatever a cluster that is gone left behind."""
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": f"Story {n % 700}"}) + "\n" for n in range(900)))
    (ray_folder / "ray").mkdir()
    (ray_folder / "ray" / "ray_current_cluster").write_text("127.0.0.1:1")
    run = by_command(tmp_path, ray_folder, "--shards", "3")
    assert run.returncode == 0 and "shard 3 of 3 is made" in run.stderr, run.stderr
    assert "INFO" not in run.stderr, run.stderr  # what Ray tells of each step
    monkeypatch.chdir(tmp_path)
    prepare(DocumentsConfig(source="a.jsonl"), ".", folder=Path("plain"))
    assert everything_in(tmp_path / "store") == everything_in(tmp_path / "plain")


def test_a_cluster_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path, ray_folder: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    run = by_command(tmp_path, ray_folder, address=address)
    assert (run.returncode, len(run.stderr.splitlines())) == (1, 1), run.stderr
    assert f"RAY_ADDRESS={address}: expected a Ray cluster there" in run.stderr and "refused" in run.stderr


def test_a_bad_document_ends_a_worker_in_one_line(tmp_path: Path, ray_folder: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n' * 99 + "no JSON\n")
    run = by_command(tmp_path, ray_folder, "--strict", "--shards", "2")
    told = run.stderr.splitlines()[-1]  # above it only that the other shard is made
    assert run.returncode == 1 and "a.jsonl" in told and "read without --strict to leave it out" in told, run.stderr
    assert not (tmp_path / "store").exists()
