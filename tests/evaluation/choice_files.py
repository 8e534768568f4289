"""Multiple-choice questions for tests: in memory and as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from slm.evaluation.choice_items import ChoiceItem

WORDS = ["the", "cat", "sat", "on", "a", "mat", "then", "king", "sang", "end", "dog", "ran"]


def item(number: int = 0, context: str = "", options: tuple[str, ...] = ("a cat", "the dog ran", "on")) -> ChoiceItem:
    question = " ".join(WORDS[(number + n) % len(WORDS)] for n in range(number % 4 + 1))
    return ChoiceItem(f"set{number % 2}", str(number), question, context, tuple("ABCDEF"[: len(options)]), options, 1)


def record(number: int, **values: Any) -> dict[str, Any]:
    made = item(number)
    return {
        "dataset": made.dataset, "id": made.id, "question": made.question, "context": "",
        "options": dict(zip(made.letters, made.options, strict=True)), "answer_idx": "ABC"[number % 3],
    } | values  # fmt: skip


def write_records(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in records))
    return path
