"""The trackers themselves, each offline in its own local mode: what it kept is what metrics.jsonl says."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_training import Watcher, story_recipe, story_store

from slm.errors import Stopped
from slm.pretrain import pretrain, resume_pretraining
from slm.training import tracking
from slm.training.run_folder import RunFolder

pytestmark = pytest.mark.slow

Figures = list[tuple[int, str, float]]
RECORD_BYTES, BLOCK_BYTES = 7, 32768  # of the log format of LevelDB, in which W&B keeps runs


def of_metrics(run: RunFolder) -> Figures:
    found = []
    for line in map(json.loads, run.metrics.read_text().splitlines()):
        kind, step = line.pop("kind"), line.pop("step")
        found += [(step, f"{kind}/{name}", float(v)) for name, v in line.items() if type(v) in (int, float)]
    return found


def of_trackio(folder: Path, known: str) -> Figures:
    with sqlite3.connect(folder / "trackio" / "slm.db") as base:
        assert base.execute("select distinct run_name from metrics").fetchall() == [(known,)]
        rows = base.execute("select step, metrics from metrics order by id").fetchall()
    return [(step, name, value) for step, figures in rows for name, value in json.loads(figures).items()]


def of_mlflow(folder: Path, known: str) -> Figures:
    with sqlite3.connect(folder / "mlflow.db") as base:
        assert base.execute("select run_uuid, status, name from runs").fetchall() == [(known, "FINISHED", "tiny")]
        settings = dict(base.execute("select key, value from params").fetchall())
        assert (settings["model.n_layer"], settings["training.learning_rate"]) == ("2", "0.003")
        return base.execute("select step, key, value from metrics").fetchall()


def of_wandb(folder: Path, known: str) -> Figures:
    from wandb.proto.wandb_internal_pb2 import Record

    found = []
    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        assert path.stem == f"run-{known}"
        for content in wandb_records(path.read_bytes()):
            record = Record()
            record.ParseFromString(content)
            if record.WhichOneof("record_type") == "history":
                entries = record.history.item
                items = {entry.key or "/".join(entry.nested_key): json.loads(entry.value_json) for entry in entries}
                step = items.pop("trained_steps")
                found += [(step, name, value) for name, value in items.items() if not name.startswith("_")]
    return found


def wandb_records(content: bytes) -> Iterator[bytes]:
    at, parts = RECORD_BYTES, b""
    while at + RECORD_BYTES <= len(content):
        left = BLOCK_BYTES - at % BLOCK_BYTES
        if left < RECORD_BYTES:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        if not kind:
            at += left
            continue
        at += RECORD_BYTES + length
        parts = (b"" if kind in (1, 2) else parts) + content[at - length : at]
        if kind in (1, 4):  # whole, or its last part
            yield parts


READ: dict[str, Callable[[Path, str], Figures]] = {"trackio": of_trackio, "mlflow": of_mlflow, "wandb": of_wandb}


@pytest.mark.parametrize("name", READ)
def test_a_run_that_was_stopped_and_resumed_is_one_run_with_all_figures(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None
) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed: pip install 'slm-toolkit[{name}]'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(tracking, "PATIENCE", 180.0)  # MLflow takes long to make its first database

    def stop(step: int) -> None:
        if step == 3:
            raise Stopped("enough")

    store, recipe = story_store(tmp_path), story_recipe(tmp_path, track=[name])
    with pytest.raises(Stopped):
        pretrain(store, recipe, "tiny", observer=Watcher(stop))
    first = json.loads(Path("runs/tiny/tracking", f"{name}.json").read_text())["id"]
    run = resume_pretraining("tiny", watcher := Watcher())
    known = json.loads(Path("runs/tiny/tracking", f"{name}.json").read_text())["id"]
    assert known == first
    assert not any("not told" in line for line in watcher.messages)
    kept, expected = READ[name](tmp_path, known), of_metrics(run)
    assert sorted(kept) == sorted(expected) and len(expected) > 30
