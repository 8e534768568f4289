"""Questions to ranked passages: by words and, where the index has vectors, by their nearness, fused by reciprocal rank,
or judged anew by the reranker that came with the encoder.

How an index ranks is its own matter (`slm.rag.ranks`). No torch here or below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from slm.errors import ConfigError, DataError
from slm.rag import lexical, stores, vectors
from slm.rag.languages import languages_of_question
from slm.rag.passages import Passage
from slm.rag.places import Address, Place, place_of
from slm.rag.ranking import Ranking
from slm.rag.ranks import Candidate, Ranks, Vectors, Words
from slm.rag.reranker import CANDIDATES, Reranker
from slm.rag.source_documents import clean
from slm.rag.store import Store
from slm.rag.terms import question_terms

DEPTH = 100  # of each ranking, before they are fused
LONGEST_QUESTION = 10_000  # characters; what is longer is no question, and its beginning tells it well enough
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"“”»]")

Progress = Callable[[str, int, int], None]


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

    def __init__(self, store: Store, progress: Progress = lambda what, done, total: None):
        self.store, self._progress = store, progress
        self._load()

    @classmethod
    def open(cls, place: Place | str, progress: Progress = lambda what, done, total: None) -> Retriever:
        """The index at `place`: a folder, or the address of a server. Raises DataError where there is none, it is
        damaged, or it is of a later format, and NetworkError."""
        store = stores.open_store(place_of(place))
        try:
            return cls(store, progress)
        except BaseException:
            store.close()
            raise

    def _load(self) -> None:
        self._opened = self._state()
        self._languages = self.store.languages()
        self.ranks = open_ranks(self.store, self._progress)
        self.reranker: Reranker | None = self.ranks.reranker

    @property
    def stamp(self) -> str:
        """Of the state that answered last."""
        return self._opened[0]

    def _state(self) -> tuple[str, str]:
        return self.store.stamp, self.store.about(vectors.ENCODER)

    @property
    def place(self) -> Place:
        return self.store.place

    @property
    def lexical(self) -> Words:
        return self.ranks.lexical

    @property
    def vectors(self) -> Vectors | None:
        return self.ranks.vectors

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best `k` passages, the best first; fewer where fewer match. What stands in double quotes must be there.

        Raises ConfigError for an empty question or a `k` below 1.
        """
        if k < 1:
            raise ConfigError(f"k: expected a number of passages from 1 up, got {k}")
        question = _asked(question)
        found = self._candidates(question, max(k, DEPTH))
        if self.reranker is not None:
            found = self._reranked(question, found, max(k, CANDIDATES))
        else:
            found = [(candidate.score, candidate) for candidate in found]
        passages = {passage.id: passage for passage in self.store.passages([own.passage for _, own in found[:k]])}
        return [
            Hit(passages[own.passage], score, own.ranks, {name: own.scores[name] for name in own.ranks})
            for score, own in found[:k]
            if own.passage in passages
        ]

    def rankings(self, question: str, depth: int = DEPTH) -> dict[str, Ranking]:
        """(passage, score) of the best `depth` in each ranking, by its name, before they are fused.

        Raises ConfigError for an empty question.
        """
        found = self._candidates(_asked(question), depth)
        names = (lexical.NAME,) if self.vectors is None else (lexical.NAME, vectors.NAME)
        ranked = {name: sorted((own for own in found if name in own.ranks), key=lambda own: own.ranks[name])
                  for name in names}  # fmt: skip
        return {name: [(own.passage, own.scores[name]) for own in some] for name, some in ranked.items()}

    def _candidates(self, question: str, depth: int) -> list[Candidate]:
        if self._opened != self._state():
            self._load()
        phrases = [phrase for phrase in _QUOTED.findall(question) if any(map(str.isalnum, phrase))]
        try:
            return self.ranks.candidates(question, self.terms(question), phrases, depth)
        except DataError:
            if self._opened == self._state():
                raise
            self._load()  # another machine has changed the index just now
            return self.ranks.candidates(question, self.terms(question), phrases, depth)

    def _reranked(self, question: str, found: list[Candidate], depth: int) -> list[tuple[float, Candidate]]:
        """The best `depth` of each ranking in the order of the reranker, with its scores."""
        near = [own for own in found if min(own.ranks.values()) <= depth]
        texts = self.store.searched_texts([own.passage for own in near])
        near = sorted((own for own in near if own.passage in texts), key=lambda own: own.passage)
        scores = (np.array([own.scores[name] for own in near], np.float32) for name in (lexical.NAME, vectors.NAME))
        judged = self.reranker.scores(question, [texts[own.passage] for own in near], *scores)
        return sorted(zip(judged.tolist(), near, strict=True), key=lambda item: (-item[0], item[1].passage))

    def terms(self, question: str) -> list[str]:
        """What the lexical index is asked for; [] where the question has stop words alone."""
        return question_terms(question[:LONGEST_QUESTION], self.languages(question))

    def languages(self, question: str) -> tuple[str, ...]:
        """The languages of the index that the question may be in."""
        return languages_of_question(question[:LONGEST_QUESTION], self._languages)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Retriever:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _asked(question: str) -> str:
    """What is asked for. Raises ConfigError for an empty question."""
    question = clean(question[:LONGEST_QUESTION])
    if not question:
        raise ConfigError("expected a question, got empty text")
    return question


def open_ranks(store: Store, progress: Progress) -> Ranks:
    """How this store ranks; what is derived for it is made now where it is stale."""
    if isinstance(store.place, Address):
        from slm.rag.postgres.ranks import PostgresRanks

        return PostgresRanks(store)
    from slm.rag.folder_ranks import FolderRanks

    return FolderRanks(store, progress)
