"""Questions to ranked passages: BM25 and, where the index has vectors, their nearness, fused by reciprocal rank, or
judged anew by the reranker that came with the encoder.

Opens what is derived from the index and makes it anew where it is stale or damaged. No torch here or below.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from slm.atomic_write import existing_folder
from slm.errors import ConfigError
from slm.rag import derived, lexical, vectors
from slm.rag.languages import languages_of_question
from slm.rag.lexical import LexicalIndex
from slm.rag.passage_store import PassageStore
from slm.rag.passages import Passage
from slm.rag.ranking import Ranking, best, fuse, only
from slm.rag.reranker import CANDIDATES, Reranker
from slm.rag.source_documents import clean
from slm.rag.terms import question_terms
from slm.rag.vectors import VectorIndex

DEPTH = 100  # of each ranking, before they are fused
LONGEST_QUESTION = 10_000  # characters; what is longer is no question, and its beginning tells it well enough
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"“”»]")

Progress = Callable[[str, int, int], None]
Scored = dict[str, tuple[np.ndarray, np.ndarray, float]]
"""By the ranking's name: the passages of its rows, rising, their scores, and the bound that a score must be above."""


@dataclass(frozen=True)
class Hit:
    """One passage that was found."""

    passage: Passage
    score: float
    """What the order is by: the reranker's score, and where there is none the sum of 1 / (60 + rank) over the rankings.
    Says more about the order than about how good a passage is."""
    ranks: dict[str, int]
    """Rank from 1 in each ranking that has it among its first hundred: 'lexical', 'vectors'."""
    scores: dict[str, float] = field(default_factory=dict)
    """Score in each of these: BM25, cosine."""


class Retriever:
    """An index that answers; holds the store open. One thread may ask at a time.

    It follows the index: after a change the next question opens it anew.
    """

    def __init__(self, folder: Path, store: PassageStore, progress: Progress):
        self.folder, self.store, self._progress = folder, store, progress
        self._load()

    @classmethod
    def open(cls, folder: Path | str, progress: Progress = lambda what, done, total: None) -> Retriever:
        """The index in `folder`. Raises DataError where there is none, it is damaged, or it is of a later format."""
        store = PassageStore.open(Path(folder))
        try:
            return cls(Path(folder), store, progress)
        except BaseException:
            store.close()
            raise

    def _load(self) -> None:
        self._opened = self._state()
        self._languages = self.store.languages()
        self.lexical = open_lexical(self.folder, self.store, self._progress)
        self.vectors = open_vectors(self.folder, self.store, self._progress)
        self.reranker = open_reranker(self.folder) if self.vectors is not None else None

    def _state(self) -> tuple[str, str]:
        return self.store.stamp, self.store.about(vectors.ENCODER)

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best `k` passages, the best first; fewer where fewer match. What stands in double quotes must be there.

        Raises ConfigError for an empty question or a `k` below 1.
        """
        if k < 1:
            raise ConfigError(f"k: expected a number of passages from 1 up, got {k}")
        scored = self._scored(question)
        rankings = _best_of(scored, max(k, DEPTH))
        found = fuse(rankings) if self.reranker is None else self._reranked(question, scored, max(k, CANDIDATES))
        found = found[:k]
        passages = {passage.id: passage for passage in self.store.passages([number for number, _ in found])}
        places = {name: {number: place for place, (number, _) in enumerate(some)} for name, some in rankings.items()}
        return [
            Hit(
                passages[number],
                score,
                {name: place[number] + 1 for name, place in places.items() if number in place},
                {name: rankings[name][place[number]][1] for name, place in places.items() if number in place},
            )
            for number, score in found
            if number in passages
        ]

    def rankings(self, question: str, depth: int = DEPTH) -> dict[str, Ranking]:
        """(passage, score) of the best `depth` in each ranking, by its name, before they are fused.

        Raises ConfigError for an empty question.
        """
        return _best_of(self._scored(question), depth)

    def _scored(self, question: str) -> Scored:
        """The scores of all passages. Raises ConfigError for an empty question."""
        question = clean(question[:LONGEST_QUESTION])
        if not question:
            raise ConfigError("expected a question, got empty text")
        if self._opened != self._state():
            self._load()
        allowed = self._with_quoted(question)
        scored = {lexical.NAME: (self.lexical.passages, self.lexical.scores(self.terms(question)), 0.0)}
        if self.vectors is not None:
            scored[vectors.NAME] = (self.vectors.passages, self.vectors.similarities(question), -np.inf)
        if allowed is not None:
            scored = {name: (rows, only(rows, scores, allowed, bound), bound)
                      for name, (rows, scores, bound) in scored.items()}  # fmt: skip
        return scored

    def _reranked(self, question: str, scored: Scored, depth: int) -> Ranking:
        """The best `depth` of each ranking in the order of the reranker."""
        numbers = sorted({number for ranking in _best_of(scored, depth).values() for number, _ in ranking})
        texts = self.store.searched_texts(numbers)
        numbers = [number for number in numbers if number in texts]
        by_words, by_vectors = (_scores_of(*scored[name][:2], numbers) for name in (lexical.NAME, vectors.NAME))
        judged = self.reranker.scores(question, [texts[number] for number in numbers], by_words, by_vectors)
        return sorted(zip(numbers, judged.tolist(), strict=True), key=lambda item: (-item[1], item[0]))

    def terms(self, question: str) -> list[str]:
        """What the lexical index is asked for; [] where the question has stop words alone."""
        return question_terms(question[:LONGEST_QUESTION], self.languages(question))

    def languages(self, question: str) -> tuple[str, ...]:
        """The languages of the index that the question may be in."""
        return languages_of_question(question[:LONGEST_QUESTION], self._languages)

    def _with_quoted(self, question: str) -> list[int] | None:
        """The passages that have all that the question puts in double quotes; None where it quotes nothing."""
        phrases = [phrase for phrase in _QUOTED.findall(question) if any(map(str.isalnum, phrase))]
        return self.store.having(phrases) if phrases else None

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Retriever:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _best_of(scored: Scored, depth: int) -> dict[str, Ranking]:
    return {name: best(rows, scores, depth, bound) for name, (rows, scores, bound) in scored.items()}


def _scores_of(rows: np.ndarray, scores: np.ndarray, passages: list[int]) -> np.ndarray:
    """(len(passages),) the scores of passages that all have a row."""
    return scores[np.searchsorted(rows, np.array(passages, np.int64))]


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
