"""Questions to ranked passages: BM25 and, where the index has vectors, their nearness, fused by reciprocal rank.

Opens what is derived from the index and makes it anew where it is stale or damaged. No torch here or below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from slm.errors import ConfigError
from slm.rag import derived, lexical
from slm.rag.languages import languages_of_question
from slm.rag.lexical import LexicalIndex
from slm.rag.passage_store import PassageStore
from slm.rag.passages import Passage
from slm.rag.source_documents import clean
from slm.rag.terms import question_terms

K = 60  # of reciprocal rank fusion, as its authors have it (Cormack, Clarke and Büttcher, 2009)
DEPTH = 100  # of each ranking, before they are fused
LONGEST_QUESTION = 10_000  # characters; what is longer is no question, and its beginning tells it well enough

Ranking = list[tuple[int, float]]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Hit:
    """One passage that was found."""

    passage: Passage
    score: float
    """Sum of 1 / (60 + rank) over the rankings; says more about the order than about how good it is."""
    ranks: dict[str, int]
    """Rank from 1 in each ranking that has it: 'lexical', 'vectors'."""
    scores: dict[str, float] = field(default_factory=dict)
    """Score in each of them: BM25, cosine."""


class Retriever:
    """An index that answers; holds the store open. Safe to ask from several threads only one at a time."""

    def __init__(self, store: PassageStore, lexical_index: LexicalIndex):
        self.store, self.lexical = store, lexical_index
        self._languages = store.languages()

    @classmethod
    def open(cls, folder: Path | str, progress: Progress = lambda what, done, total: None) -> Retriever:
        """The index in `folder`. Raises DataError where there is none, it is damaged, or it is of a later format."""
        folder = Path(folder)
        store = PassageStore.open(folder)
        return cls(store, open_lexical(folder, store, progress))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The best `k` passages, the best first; fewer or none where fewer match. Raises ConfigError for no question."""
        if k < 1:
            raise ConfigError(f"k: expected a number of passages from 1 up, got {k}")
        question = clean(question[:LONGEST_QUESTION])
        if not question:
            raise ConfigError("expected a question, got empty text")
        rankings = self.rankings(question, max(k, DEPTH))
        fused = fuse(rankings)[:k]
        passages = {passage.id: passage for passage in self.store.passages([number for number, _ in fused])}
        places = {name: {number: place for place, (number, _) in enumerate(ranking)} for name, ranking in rankings.items()}
        return [
            Hit(
                passages[number],
                score,
                {name: place[number] + 1 for name, place in places.items() if number in place},
                {name: rankings[name][place[number]][1] for name, place in places.items() if number in place},
            )
            for number, score in fused
            if number in passages
        ]

    def rankings(self, question: str, depth: int) -> dict[str, Ranking]:
        """(passage, score) of the best `depth` in each ranking, by its name, before they are fused."""
        return {lexical.NAME: self.lexical.search(self.terms(question), depth)}

    def terms(self, question: str) -> list[str]:
        """What the lexical index is asked for; [] where the question has stop words alone."""
        return question_terms(question, languages_of_question(question, self._languages))

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Retriever:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fuse(rankings: dict[str, Ranking], k: int = K) -> Ranking:
    """(passage, score) by the sum of 1 / (k + rank), the best first; equal ones in the order of their numbers."""
    scores: dict[int, float] = {}
    for ranking in rankings.values():
        for rank, (passage, _) in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def open_lexical(folder: Path, store: PassageStore, progress: Progress) -> LexicalIndex:
    """The lexical index of the present state, made and written now where it is stale or damaged."""
    made_from = lexical.made_from(store)
    if (place := derived.fresh(folder, lexical.NAME, made_from)) is not None:
        try:
            return LexicalIndex.load(place)
        except (OSError, ValueError, KeyError):
            pass  # whole, but not ours
    index = lexical.build(store, progress)
    try:
        derived.write(folder, lexical.NAME, made_from, index.save)
    except OSError:
        pass  # a folder that cannot be written to: the index in memory serves as well
    return index
