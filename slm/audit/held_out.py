"""The texts that training must not have seen: validation documents, the questions of a suite, and the scores that a run
has on record of them. Knows nothing about models.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slm.data.documents import DocumentStream
from slm.data.token_store import Split, TokenStore
from slm.errors import DataError
from slm.evaluation.answers import read_questions
from slm.evaluation.choice_items import ChoiceItem, read_choice_items
from slm.evaluation.sections import suite_path
from slm.evaluation.suites import Found


@dataclass(frozen=True)
class HeldOut:
    """Some texts under one name. `keys` name each of them as the lines of a run's scores do."""

    name: str
    texts: list[str]
    keys: list[Any] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    """The lines of evaluation_<suite>_<measure>.jsonl, where the run has them."""
    items: list[ChoiceItem] = field(default_factory=list)
    """Of multiple choice."""


def store_texts(store: TokenStore, split: Split) -> Iterator[str]:
    """The documents of a split as text; of records the question and the response, without headings."""
    prompt_format, decode = store.prompt_format, store.tokenizer.decode
    for number in range(split.documents):
        ids = split.document(number)[:-1].tolist()
        if prompt_format is None:
            yield decode(ids)
        else:
            length = int(split.prompt_lengths[number])
            yield f"{prompt_format.question(decode(ids[:length]))}\n{decode(ids[length:])}"


def stream_texts(stream: DocumentStream, split: str) -> Iterator[tuple[str, str]]:
    """(text, place) of each document that a stream gives to a split."""
    for number, (name, record) in enumerate(stream, start=1):
        if name == split:
            yield "\n".join(filter(None, record.values())), stream.place or f"document {number:,}"


def kept_scores(run: Path, missing: dict[str, str]) -> Iterator[HeldOut]:
    """The questions that a run was evaluated with, by a suite, with what it scored. `missing` gets a line for each
    measure whose questions are gone."""
    for path in sorted(run.glob("evaluation_*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            record = json.loads(path.read_text(encoding="utf-8"))
            for name, section in record["sections"].items():
                lines = suite_path(run, record["suite"]).with_name(f"{path.stem}_{name}.jsonl")
                try:
                    if "file" in section["figures"] and lines.is_file():
                        yield from _kept(name, section["figures"], _json_lines(lines))
                except DataError as error:
                    missing[name] = f"{name}: not looked for, {error}"


def _kept(name: str, figures: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[HeldOut]:
    if lines and "log_likelihoods" in lines[0]:
        items = read_choice_items(Path(figures["file"]), figures.get("columns"))
        known = {(item.dataset, item.id): item for item in items}
        scored = [line for line in lines if (line["dataset"], line["id"]) in known]
        keys = [(line["dataset"], line["id"]) for line in scored]
        texts = [choice_text(known[key]) for key in keys]
        yield HeldOut(name, texts, keys, scored, [known[key] for key in keys])
    elif lines and "references" in lines[0] and "answer" in lines[0]:
        texts = [question_text(line["question"], line["references"]) for line in lines]
        yield HeldOut(name, texts, [line["question"] for line in lines], lines)


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def suite_texts(found: Iterable[Found]) -> Iterator[HeldOut]:
    """The questions in the files of a suite, each file once, without scores."""
    seen = set()
    for part in found:
        if part.questions is None or part.questions in seen:
            continue
        seen.add(part.questions)
        name = part.measure.name
        if part.measure.kind == "multiple_choice":
            items = read_choice_items(part.questions, part.measure.columns)
            yield HeldOut(name, list(map(choice_text, items)), [(item.dataset, item.id) for item in items])
        else:
            asked = read_questions(part.questions, part.measure.columns)
            yield HeldOut(name, [question_text(one.question, one.references) for one in asked],
                          [one.question for one in asked])  # fmt: skip


def choice_text(item: ChoiceItem) -> str:
    """What tells an item: context and question. The options stand in no order that a copy must keep."""
    return f"{item.context}\n{item.question}".strip()


def question_text(question: str, references: Iterable[str]) -> str:
    return "\n".join((question, *references))
