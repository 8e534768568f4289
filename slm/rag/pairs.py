"""Questions and their right answers, some held out: what an encoder learns from and is measured on. No torch.

A question is known by its letters and digits in lower case, so that two spellings of it share their right answers. No
question and no answer of a held-out pair is in training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from slm.errors import DataError

FEWEST = 8  # pairs to train on: below it there is nothing to tell a right answer from
_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Pair:
    question: str
    answer: int
    """Place among the answers."""


@dataclass(frozen=True)
class Pairs:
    """Pairs to train on and pairs held out, over one list of distinct answers."""

    answers: list[str]
    train: list[Pair]
    held_out: list[Pair]
    right: dict[str, frozenset[int]]
    """The right answers of a question, by its key."""

    def right_answers(self, question: str) -> frozenset[int]:
        return self.right[key(question)]

    def held_out_questions(self) -> list[str]:
        """Each once, in order."""
        return list({key(pair.question): pair.question for pair in self.held_out}.values())


def key(question: str) -> str:
    """The letters and digits of a question in lower case; the question itself where it has none."""
    return _NOISE.sub("", question.lower()) or question


def sorted_pairs(documents: Iterable[tuple[str, dict[str, str]]]) -> Pairs:
    """The pairs of a stream of (split, record) with a question and a response.

    A held-out pair that shares its question or its answer with a training one is dropped. Raises DataError where too
    few are left.
    """
    places: dict[str, int] = {}
    right: dict[str, set[int]] = {}
    split: dict[str, list[Pair]] = {"train": [], "validation": []}
    for which, record in documents:
        answer = places.setdefault(record["response"], len(places))
        right.setdefault(key(record["question"]), set()).add(answer)
        split[which].append(Pair(record["question"], answer))
    train = split["train"]
    asked, answered = {key(pair.question) for pair in train}, {pair.answer for pair in train}
    held_out = [p for p in split["validation"] if key(p.question) not in asked and p.answer not in answered]
    if len(train) < FEWEST or not held_out:
        raise DataError(
            f"expected at least {FEWEST} question-answer pairs to train on, and one held out with a new question and "
            f"answer, found {len(train)} and {len(held_out)}; name more pairs"
        )
    return Pairs(list(places), train, held_out, {name: frozenset(found) for name, found in right.items()})
