"""Small run folders, written as the trainer and the pipeline write them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WEIGHTS = b"weights of the stories run"
Lines = list[dict[str, Any]]


def step(number: int, loss: float | None = None, **values: Any) -> dict[str, Any]:
    loss = 10.0 / number if loss is None else loss
    line = {"kind": "step", "step": number, "loss": loss, "learning_rate": 1e-3, "grad_norm": 1.0}
    return line | {"tokens": 64 * number, "tokens_per_second": 640.0, "seconds": 0.1 * number} | values


def evaluation(number: int, validation: float, train: float = 2.0) -> dict[str, Any]:
    return {"kind": "evaluation", "step": number, "train_loss": train, "validation_loss": validation}


def event(number: int, name: str, message: str = "") -> dict[str, Any]:
    return {"kind": "event", "step": number, "event": name, "message": message}


def result(title: str, moment: str, bits: float, scored: str = "documents", data: str = "stories.txt") -> dict[str, Any]:
    return {
        "title": title, "moment": moment, "data": data, "split": "validation", "scored": scored, "documents": 40,
        "documents_in_split": 41, "tokens": 16_739, "bytes": 67_650, "loss": 2.0 * bits, "perplexity": 3.0 * bits,
        "bits_per_byte": bits, "interval": [bits - 0.0123, bits + 0.0321], "seconds": 3.25,
    }  # fmt: skip


def run_record(name: str, stage: str, **values: Any) -> dict[str, Any]:
    data = {
        "folder": "stores/1", "train_tokens": 5000, "train_documents": 90, "train_bytes": 20_000,
        "validation_tokens": 500, "validation_documents": 10, "validation_bytes": 2_000, "synthetic": False,
        "sources": [{"source": "stories.txt", "use": "train"}, {"source": "held-out.txt", "use": "validation"}],
        "sha256": {"train.bin": "ab" * 32}, "tokenizer": {"name": "gpt2", "n_vocab": 50_257},
    }  # fmt: skip
    record = {
        "format": 1, "name": name, "stage": stage, "state": "finished", "message": "",
        "created": "2026-11-22T18:00:00+00:00", "finished": "2026-11-22T18:20:00+00:00", "command": f"slm run {name}",
        "parent": None, "data": data, "parameters": 29_966_976, "tokens_per_step": 64, "steps": 20,
        "recipe": {
            "name": name, "description": "a test", "documents": {"source": ["stories.txt"], "config": None},
            "model": {"block_size": 32, "vocab_size": 50_257, "n_layer": 6, "n_head": 6, "n_embd": 384, "dropout": 0.1},
            "training": {"steps": 20, "learning_rate": 1e-3, "seed": 1337},
        },
        "frozen": {"device": "cpu", "precision": "bfloat16", "compile": False, "threads": 2, "micro_batch_size": 2},
        "machine": {"processor": "A Processor", "cores": 2, "memory_gb": 24.0, "accelerator": None},
        "versions": {"slm": "0.1.0", "torch": "2.13.0"}, "timing": {"training_seconds": 1100.0},
    }  # fmt: skip
    return record | values


WriteRun = Callable[..., Path]


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
