"""Small run folders of each kind."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from run_folders import WEIGHTS, Lines, WriteRun, evaluation, event, result, run_record, step


@pytest.fixture
def write_run(tmp_path: Path) -> WriteRun:
    """write_run(record, metrics, **{'answers.json': ...}) makes runs/<name>/ and returns its path."""

    def write(record: dict[str, Any], metrics: Lines | str = "", weights: bytes = b"", **files: Any) -> Path:
        folder = tmp_path / "runs" / record["name"]
        (folder / "samples").mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(record))
        text = metrics if isinstance(metrics, str) else "".join(json.dumps(line) + "\n" for line in metrics)
        (folder / "metrics.jsonl").write_text(text)
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content))
        if weights:
            (folder / "checkpoints" / "best").mkdir(parents=True)
            (folder / "checkpoints" / "best" / "model.safetensors").write_bytes(weights)
        return folder

    return write


@pytest.fixture
def stories(write_run: WriteRun) -> Path:
    """A finished pretraining run, resumed once."""
    metrics = [step(n) for n in range(1, 21)]
    metrics[10:10] = [evaluation(10, 2.5), event(10, "resumed", "from step 10")]
    files = {
        "samples/step-000000.json": {"step": 0, "items": [{"prompt": "Once", "text": " qx zv", "stop": "length"}]},
        "samples/step-000020.json": {"step": 20, "items": [{"prompt": "Once", "text": " a cat sat.", "stop": "end"}]},
        "evaluation.json": {
            "results": [result("Stories", "before", 3.8712), result("Stories", "after", 1.2345)],
            "memorisation": {"ngram": 8, "generated": 1000, "found": 25, "share": 0.025, "samples": 5},
        },
    }
    return write_run(run_record("stories", "pretraining"), [*metrics, evaluation(20, 2.25)], WEIGHTS, **files)


@pytest.fixture
def medical(stories: Path, write_run: WriteRun) -> Path:
    """A finished fine-tuning of the run `stories`."""
    parent = {"run": "stories", "model": "runs/stories", "sha256": hashlib.sha256(WEIGHTS).hexdigest()}
    record = run_record("medical", "finetuning", parent=parent)
    record["data"] = record["data"] | {"sources": [{"source": "samples:medical"}], "synthetic": True}
    said = [{"text": "Before it.", "stop": "length"}, {"text": "After it.", "stop": "end"}]
    answers = {"question": "What is a cold?", "reference": "An infection.", "before": said[0], "after": said[1]}
    items = [{"prompt": "Once", "text": " a patient.", "stop": "end"}, {"prompt": "What is flu?", "text": "A virus."}]
    files = {
        "samples/step-000020.json": {"step": 20, "items": items},
        "answers.json": {"items": [answers]},
        "evaluation.json": {
            "results": [
                result("Medical", "before", 2.7531, "responses", "samples:medical"),
                result("Medical", "after", 1.4142, "responses", "samples:medical"),
                result("Stories", "before", 1.2345),
                result("Stories", "after", 1.5678),
            ],
            "memorisation": None,
        },
    }
    return write_run(record, [*(step(n) for n in range(1, 21)), evaluation(20, 1.75)], **files)
