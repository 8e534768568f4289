"""Answers against references: ROUGE-L and token F1, beside answers that need no model.

ROUGE-L (Lin 2004) is the F-measure of the longest common subsequence of words, words being what the package rouge-score
takes for them without stemming; token F1 is SQuAD's (Rajpurkar et al. 2016). Where a question has several references,
the best counts. Without torch.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slm.data.cleaning import tidy
from slm.data.columns import Columns
from slm.data.files import PLAIN, format_of, read_file
from slm.data.reading import Reading
from slm.errors import DataError
from slm.evaluation.intervals import mean_interval, with_interval
from slm.evaluation.sections import Plot, Row, Section, Table, mean_mark

Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Asked:
    """A question with all answers that the file has for it."""

    question: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """What a model wrote, and why it stopped: 'end', 'stop' or 'length'; 'context' where the question did not fit."""

    text: str
    stop: str


def read_questions(path: Path, columns: dict[str, str] | None = None) -> list[Asked]:
    """The questions of a file, each once, in their order. Raises DataError for a wrong column and for no question."""
    found: dict[str, list[str]] = {}
    for question, answer in _pairs(path, columns or {}):
        found.setdefault(question, []).append(answer)
    if not found:
        raise DataError(f"{path}: expected questions with answers, found none; name another file")
    return [Asked(question, tuple(dict.fromkeys(answers))) for question, answers in found.items()]


def commonest_answer(path: Path, columns: dict[str, str] | None = None) -> tuple[str, int]:
    """The answer that stands most often in a file, the first of equals, and how often. Raises as `read_questions`."""
    counts = Counter(answer for _, answer in _pairs(path, columns or {}))
    if not counts:
        raise DataError(f"{path}: expected questions with answers, found none; name another file")
    return counts.most_common(1)[0]


def _pairs(path: Path, columns: dict[str, str]) -> Iterable[tuple[str, str]]:
    if format_of(path.name) in PLAIN:
        raise DataError(f"{path}: expected records with a question and an answer, such as .jsonl; found plain text")
    reader, reading = Columns("question_answer", columns), Reading(path, strict=True)
    for record in read_file(reading):
        question, _, answer = map(tidy, reader.read(record, reading))
        if question and answer:
            yield question, answer


# Scores


def rouge_words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def rouge_l(answer: str, reference: str) -> float:
    """2 L / (n + m) for texts of n and m words with a longest common subsequence of L; 0 where either has none."""
    first, second = rouge_words(answer), rouge_words(reference)
    total = len(first) + len(second)
    return 2 * _common_subsequence(first, second) / total if first and second else 0.0


def _common_subsequence(first: list[str], second: list[str]) -> int:
    """The length of the longest common subsequence, a row of its table held in the bits of one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    everything = (1 << len(first)) - 1
    row = everything
    for word in second:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & everything
    return len(first) - row.bit_count()


def squad_words(text: str) -> list[str]:
    """SQuAD's: lower case, no punctuation, no articles."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def token_f1(answer: str, reference: str) -> float:
    """The F-measure of the words in common, each as often as it stands in both; of two empty texts 1."""
    first, second = squad_words(answer), squad_words(reference)
    if not first or not second:
        return float(first == second)
    return 2 * sum((Counter(first) & Counter(second)).values()) / (len(first) + len(second))


# Figures


def answer_section(
    asked: Sequence[Asked],
    answered: Sequence[Answered],
    commonest: str | None,
    title: str,
    notes: Sequence[str] = (),
    encode: Encode | None = None,
) -> Section:
    """The model beside answers that need none: a copy of the question, and `commonest`, where it is known."""
    candidates = {"the model": [answer.text for answer in answered], "the question": [item.question for item in asked]}
    if commonest is not None:
        candidates["the commonest training answer"] = [commonest] * len(asked)
    figures = {name: scores_of(texts, asked, encode) for name, texts in candidates.items()}
    measures = {"rouge_l": "ROUGE-L", "token_f1": "token F1"} | ({"similarity": "similarity"} if encode else {})
    rows = tuple((name, *(with_interval(*own[key].values()) for key in measures)) for name, own in figures.items())
    stops = Counter(answer.stop for answer in answered)
    references = sum(len(item.references) for item in asked)
    ended = stops["end"] + stops["stop"]
    notes = [
        f"Greedy answers to {len(asked):,} questions against {references:,} references: means, in brackets the 95 % "
        "interval over questions drawn with replacement.",
        f"{100 * ended / len(asked):.1f} % of the answers ended by themselves.",
        *notes,
    ]
    if stops["context"]:
        notes.append(f"{stops['context']:,} questions fill the model's context: no answer, which scores 0.")
    kept = {"questions": len(asked), "references": references, "ended": ended / len(asked), "stops": dict(stops)}
    model, *others = figures.values()
    plot = Plot("score, 1 for the reference itself", tuple(
        Row(name, mean_mark(model[key]), mean_mark(max((other[key] for other in others), key=lambda one: one["mean"])))
        for key, name in measures.items()
    ), "the model", "the best of the others")  # fmt: skip
    table = Table(("answer", *measures.values()), rows)
    return Section(title, (table,), tuple(notes), {**kept, "scores": figures}, (plot,))


def scores_of(texts: Sequence[str], asked: Sequence[Asked], encode: Encode | None = None) -> dict[str, Any]:
    """Means with their 95 % intervals, of each measure over the questions."""
    pairs = list(zip(texts, asked, strict=True))
    values = {
        "rouge_l": [max(rouge_l(text, reference) for reference in item.references) for text, item in pairs],
        "token_f1": [max(token_f1(text, reference) for reference in item.references) for text, item in pairs],
    }
    if encode:
        values["similarity"] = _similarities(texts, asked, encode)
    return {name: {"mean": float(np.mean(v)), "interval": mean_interval(v)} for name, v in values.items()}


def _similarities(texts: Sequence[str], asked: Sequence[Asked], encode: Encode) -> list[float]:
    """The cosine of each text and the nearest of its references, by a sentence encoder; 0 for an empty text."""
    flat = [reference for item in asked for reference in item.references]
    first, second = encode([text or " " for text in texts]), encode(flat)
    ends = np.cumsum([len(item.references) for item in asked])
    found = []
    for text, row, end, item in zip(texts, first, ends, asked, strict=True):
        found.append(float((second[end - len(item.references) : end] @ row).max()) if text.strip() else 0.0)
    return found
