"""What a retriever asks of an index, whatever it lies in: passages with ranks and scores, and how common words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from slm.rag.reranker import Reranker
from slm.rag.vectors import Encoder


@dataclass(frozen=True)
class Candidate:
    """A passage that a ranking has among its first."""

    passage: int
    score: float
    """The sum of 1 / (60 + rank) over the rankings."""
    ranks: dict[str, int]
    """From 1, in each ranking that has it among its first: 'lexical', 'vectors'."""
    scores: dict[str, float]
    """In every ranking: BM25, cosine."""


class Words(Protocol):
    """Counts over the distinct searched texts of an index."""

    @property
    def size(self) -> int:
        """How many texts there are."""

    def counts(self, terms: Sequence[str]) -> np.ndarray:
        """(len(terms),) how many texts have each term."""

    def weights(self, terms: Sequence[str]) -> np.ndarray:
        """(len(terms),) how much each term tells one text from another."""


class Vectors(Protocol):
    encoder: Encoder


class Ranks(Protocol):
    """One state of an index, ready to be asked."""

    lexical: Words
    vectors: Vectors | None
    reranker: Reranker | None

    def candidates(self, question: str, terms: Sequence[str], phrases: Sequence[str], depth: int) -> list[Candidate]:
        """The first `depth` passages of each ranking, each once, by the sum of 1 / (60 + rank), the best first; only
        those that have all `phrases`, word for word, in any case. Vectors rank by `question`, words by its `terms`."""
