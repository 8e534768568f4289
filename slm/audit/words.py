"""Texts as numbers of their words: lower case, without punctuation, so that only a changed word is a change."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

WORD = re.compile(r"[^\W_]+")
APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´"))  # "don't" is one word, and the same without its apostrophe
PIECE = 1 << 20  # characters of a text that are taken apart at once
OVERLAP = 1 << 15  # characters that a piece shares with the one before it


def words_of(text: str) -> list[str]:
    return WORD.findall(text.translate(APOSTROPHES).lower())


class Vocabulary:
    """Numbers from 1 up for the words of some texts; 0 is any other word, so memory grows with these texts alone."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def learn(self, text: str) -> np.ndarray:
        """The numbers (L,) of the words of a text, new ones for new words."""
        numbers = self._numbers
        return np.array([numbers.setdefault(word, len(numbers) + 1) for word in words_of(text)], np.uint64)

    def read(self, text: str) -> np.ndarray:
        """The numbers (L,) of the words of a text, 0 for those that were never learned."""
        get = self._numbers.get
        return np.array([get(word, 0) for word in words_of(text)], np.uint64)


def pieces(text: str) -> Iterator[str]:
    """The text, or where it is very long overlapping parts of it."""
    yield text[:PIECE]
    for start in range(PIECE - OVERLAP, len(text) - OVERLAP, PIECE - OVERLAP):
        yield text[start : start + PIECE]
