"""Records and lines of small run folders, as the trainer and the pipeline write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEIGHTS = b"weights of the stories run"
Lines = list[dict[str, Any]]
WriteRun = Callable[..., Path]


def step(number: int, loss: float | None = None, **values: Any) -> dict[str, Any]:
    loss = 10.0 / number if loss is None else loss
    line = {"kind": "step", "step": number, "loss": loss, "learning_rate": 1e-3, "grad_norm": 1.0}
    return line | {"tokens": 64 * number, "tokens_per_second": 640.0, "seconds": 0.1 * number} | values


def evaluation(number: int, validation: float, train: float = 2.0) -> dict[str, Any]:
    return {"kind": "evaluation", "step": number, "train_loss": train, "validation_loss": validation}


def event(number: int, name: str, message: str = "") -> dict[str, Any]:
    return {"kind": "event", "step": number, "event": name, "message": message}


def result(
    title: str, moment: str, bits: float, scored: str = "documents", data: str = "stories.txt"
) -> dict[str, Any]:
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


def append(folder: Path, *lines: dict[str, Any]) -> None:
    """Add lines to the metrics of a run."""
    with open(folder / "metrics.jsonl", "a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def write_samples(folder: Path, number: int, text: str) -> None:
    """What a run wrote at a step."""
    items = [{"prompt": "Once", "text": text, "stop": "end"}]
    (folder / "samples" / f"step-{number:06d}.json").write_text(json.dumps({"step": number, "items": items}))
