"""How a passage's words meet a question's: the figures that a reranker judges by. No torch, no numpy objects kept.

All of them are shares or logarithms, so that they mean the same in every corpus. A word weighs the more, the fewer
passages of the training text have it; a word that the training text never had weighs most.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

CHARACTERS = 2000  # of a passage that are looked at
HEAD = 200  # characters
GAP = 3  # characters between two words of a phrase at most: a space, a comma and a space, " ("
SHORTEST_ACRONYM = 3
NAMES = (
    "lexical_share", "lexical_size", "lexical_place", "dense", "dense_gap", "dense_place", "coverage", "head_coverage",
    "phrase", "heaviest", "heaviest_missing", "first_place", "acronym", "density", "length", "question_weight",
)  # fmt: skip

_WORD = re.compile(r"[^\W_]+")
_ACRONYM = re.compile(r"\b[^\W\d_a-z][\w-]*[^\W_a-z]s?\b")


class WordWeights:
    """Weights of words by how many of `documents` passages have them; rarer ones than are counted weigh alike."""

    def __init__(self, counts: dict[str, int], documents: int):
        self.counts, self.documents = counts, documents

    @classmethod
    def of(cls, texts: Iterable[str], fewest: int = 3) -> WordWeights:
        counts: dict[str, int] = {}
        documents = 0
        for text in texts:
            documents += 1
            for word in set(words(text)):
                counts[word] = counts.get(word, 0) + 1
        return cls({word: count for word, count in sorted(counts.items()) if count >= fewest}, documents)

    def weight(self, word: str) -> float:
        return math.log(1 + self.documents / (1 + self.counts.get(word, 0)))


def words(text: str) -> list[str]:
    return [singular(word) for word in _WORD.findall(text.lower())]


def singular(word: str) -> str:
    """The word without a final s; crude, and the same for questions and passages."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@dataclass(frozen=True)
class Asked:
    """A question, taken apart once for all its passages."""

    words: list[str]
    weights: list[float]
    pattern: re.Pattern[str]
    initials: str

    @classmethod
    def of(cls, question: str, weights: WordWeights) -> Asked:
        found = words(question)
        pattern = "|".join(sorted(map(re.escape, set(found)), key=len, reverse=True)) or r"(?!)"
        initials = "".join(word if word.isdigit() else word[0] for word in _WORD.findall(question.lower()))
        return cls(found, list(map(weights.weight, found)), re.compile(rf"\b({pattern})s?\b"), initials)


def match_features(
    question: str, passages: Sequence[str], lexical: np.ndarray, dense: np.ndarray, weights: WordWeights
) -> np.ndarray:
    """(N, len(NAMES)) float32 for N passages with their lexical and dense scores (N)."""
    if not len(passages):
        return np.zeros((0, len(NAMES)), np.float32)
    asked = Asked.of(question, weights)
    features = np.zeros((len(passages), len(NAMES)), np.float32)
    features[:, 0] = lexical / max(float(lexical.max()), 1e-6)
    features[:, 1] = np.log1p(np.maximum(lexical, 0))
    features[:, 2] = 1 / (1 + _places(lexical))
    features[:, 3] = dense
    features[:, 4] = dense - dense.max()
    features[:, 5] = 1 / (1 + _places(dense))
    for row, passage in enumerate(passages):
        features[row, 6:] = _words_met(asked, passage)
    return features


def _places(scores: np.ndarray) -> np.ndarray:
    places = np.empty(len(scores), np.float32)
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return places


def _words_met(asked: Asked, passage: str) -> tuple[float, ...]:
    """From coverage on, in the order of `NAMES`."""
    weight_of = dict(zip(asked.words, asked.weights, strict=True))
    total = sum(weight_of.values()) or 1.0
    heaviest = max(weight_of, key=weight_of.get, default="")
    looked_at = passage[:CHARACTERS]
    found = [(match[1], *match.span()) for match in asked.pattern.finditer(looked_at.lower())]
    first: dict[str, int] = {}
    for word, start, _ in found:
        first.setdefault(word, start)
    missing = max((weight for word, weight in weight_of.items() if word not in first), default=0.0)
    return (
        sum(weight_of[word] for word in first) / total,
        sum(weight_of[word] for word, start in first.items() if start < HEAD) / total,
        _phrase(asked, found) / total,
        float(heaviest in first),
        missing / 10,
        math.log1p(first.get(heaviest, CHARACTERS)) / 8,
        _acronym(asked.initials, looked_at),
        len(found) / (len(looked_at) / 6 + 10),
        math.log1p(len(passage)) / 8,
        total / 30,
    )


def _phrase(asked: Asked, found: list[tuple[str, int, int]]) -> float:
    """The weight of the heaviest stretch of the question that stands in the passage word for word."""
    best, running, place, last_end = 0.0, 0.0, -1, -1
    for word, start, end in found:
        if place + 1 < len(asked.words) and asked.words[place + 1] == word and 0 <= start - last_end <= GAP:
            place += 1
        else:
            place, running = asked.words.index(word), 0.0
        running += asked.weights[place]
        best, last_end = max(best, running), end
    return best


def _acronym(initials: str, text: str) -> float:
    """The length, as a share of 6, of the longest acronym in the text that a row of the question's words spells."""
    longest = 0
    for acronym in set(_ACRONYM.findall(text)):
        letters = _letters(acronym)
        if len(letters) >= SHORTEST_ACRONYM and letters in initials:
            longest = max(longest, len(letters))
    return min(longest, 6) / 6


def _letters(acronym: str) -> str:
    return "".join(letter for letter in acronym.removesuffix("s") if letter.isalnum()).lower()
