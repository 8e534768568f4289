"""Ranks of an index in a folder: BM25 and cosines of all passages at once, from arrays that lie beside the passages.

Opens what is derived from the index and makes it anew where it is stale or damaged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from slm.atomic_write import existing_folder
from slm.rag import derived, lexical, vectors
from slm.rag.lexical import LexicalIndex
from slm.rag.passage_store import PassageStore
from slm.rag.ranking import best, fuse, only
from slm.rag.ranks import Candidate
from slm.rag.reranker import Reranker
from slm.rag.vectors import VectorIndex

Progress = Callable[[str, int, int], None]
Scored = dict[str, tuple[np.ndarray, np.ndarray, float]]
"""By the ranking's name: the passages of its rows, rising, their scores, and the bound that a score must be above."""


class FolderRanks:
    """`slm.rag.ranks.Ranks` of a `PassageStore`."""

    def __init__(self, store: PassageStore, progress: Progress):
        self.store = store
        self.lexical = open_lexical(store.place, store, progress)
        self.vectors = open_vectors(store.place, store, progress)
        self.reranker = open_reranker(store.place) if self.vectors is not None else None

    def candidates(self, question: str, terms: Sequence[str], phrases: Sequence[str], depth: int) -> list[Candidate]:
        scored = self._scored(question, terms, phrases)
        rankings = {name: best(rows, scores, depth, bound) for name, (rows, scores, bound) in scored.items()}
        ranks = {name: {number: rank for rank, (number, _) in enumerate(some, 1)} for name, some in rankings.items()}
        found = fuse(rankings)
        numbers = np.array([number for number, _ in found], np.int64)
        scores = {name: _scores_of(rows, scores, numbers) for name, (rows, scores, _) in scored.items()}
        return [
            Candidate(
                number, score, {name: own[number] for name, own in ranks.items() if number in own},
                {name: float(own[place]) for name, own in scores.items()},
            )
            for place, (number, score) in enumerate(found)
        ]  # fmt: skip

    def _scored(self, question: str, terms: Sequence[str], phrases: Sequence[str]) -> Scored:
        """The scores of all passages."""
        scored = {lexical.NAME: (self.lexical.passages, self.lexical.scores(terms), 0.0)}
        if self.vectors is not None:
            scored[vectors.NAME] = (self.vectors.passages, self.vectors.similarities(question), -np.inf)
        if phrases:
            allowed = self.store.having(phrases)
            scored = {name: (rows, only(rows, scores, allowed, bound), bound)
                      for name, (rows, scores, bound) in scored.items()}  # fmt: skip
        return scored


def _scores_of(rows: np.ndarray, scores: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """(len(passages),) the scores of passages that all have a row."""
    return scores[np.searchsorted(rows, passages)]


def open_lexical(folder: Path, store: PassageStore, progress: Progress) -> LexicalIndex:
    """The lexical index of the present state, made and written now where it is stale or damaged."""
    made_from = lexical.made_from(store)
    if (place := derived.fresh(folder, lexical.NAME, made_from)) is not None:
        with contextlib.suppress(OSError, ValueError, KeyError):  # whole, but not ours
            return LexicalIndex.load(place)
    index = lexical.build(store, progress)
    with contextlib.suppress(OSError):  # a folder that cannot be written to: the index in memory serves as well
        derived.write(folder, lexical.NAME, made_from, index.save)
    return index


def open_vectors(folder: Path, store: PassageStore, progress: Progress) -> VectorIndex | None:
    """The vectors of the present state, made and written now where stale or damaged; None without an encoder."""
    encoder = vectors.encoder_of(folder, store)
    if encoder is None:
        return None
    made_from = vectors.made_from(store, encoder)
    if (place := derived.fresh(folder, vectors.NAME, made_from)) is not None:
        with contextlib.suppress(OSError, ValueError):
            return VectorIndex.load(place, encoder)
    index = vectors.build(store, encoder, progress, vectors.earlier(folder, encoder))
    with contextlib.suppress(OSError):
        derived.write(folder, vectors.NAME, made_from, index.save)
    return index


def open_reranker(folder: Path) -> Reranker | None:
    """The reranker that lies with the index's encoder; None where there is none. Raises ModelError for damage."""
    return Reranker.load(existing_folder(folder / vectors.ENCODER))
