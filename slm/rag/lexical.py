"""BM25 over the passages of an index, by bm25s: derived from the store, written beside it, made anew when stale.

Passages whose searched text is the same are one row, so that a text that stands in a hundred documents takes one
place in a ranking. Scores are bm25s's defaults (Lucene's form, k1 1.5, b 0.75).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import import_extra
from slm.rag.languages import stemmer
from slm.rag.store import Store, digest_of
from slm.rag.terms import TERMS_VERSION, terms

NAME = "lexical"
EXTRA = ("bm25s", "rag", "retrieval")
_NAMES = {"data_name": "data.npy", "indices_name": "indices.npy", "indptr_name": "indptr.npy",
          "vocab_name": "terms.json", "params_name": "bm25.json"}  # fmt: skip
ROWS = "rows.npy"

Progress = Callable[[str, int, int], None]


class LexicalIndex:
    """BM25 scores in memory or mapped from the disk. `passages` (N,) int64 holds the passage of each row."""

    def __init__(self, bm25: Any, passages: np.ndarray):
        self.bm25, self.passages = bm25, passages

    @property
    def size(self) -> int:
        """How many distinct texts there are."""
        return len(self.passages)

    def scores(self, question: Sequence[str]) -> np.ndarray:
        """(N,) BM25 of each row for the terms of a question; 0 where it has none of them."""
        known = self.bm25.get_tokens_ids(list(question)) if len(self.passages) else []
        return self.bm25.get_scores_from_ids(known) if known else np.zeros(len(self.passages), np.float32)

    def counts(self, terms: Sequence[str]) -> np.ndarray:
        """(len(terms),) how many texts have each term."""
        counts = np.zeros(len(terms))
        if len(self.passages):
            starts, known = self.bm25.scores["indptr"], self.bm25.vocab_dict
            for place, term in enumerate(terms):
                if term and (number := known.get(term)) is not None:
                    counts[place] = starts[number + 1] - starts[number]
        return counts

    def weights(self, terms: Sequence[str]) -> np.ndarray:
        return weights_of(self.counts(terms), self.size)

    def save(self, folder: Path) -> None:
        if len(self.passages):
            self.bm25.save(str(folder), show_progress=False, **_NAMES)
        np.save(folder / ROWS, self.passages)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """What `save` wrote; large arrays are mapped, not read. Raises ValueError, OSError, KeyError for damage."""
        bm25s = import_extra(*EXTRA)
        passages = np.load(folder / ROWS, allow_pickle=False)
        if not len(passages):
            return cls(None, passages)
        return cls(bm25s.BM25.load(str(folder), mmap=True, show_progress=False, **_NAMES), passages)


def weights_of(counts: np.ndarray, size: int) -> np.ndarray:
    """How much terms tell one text of `size` from another: ln(1 + size / (1 + texts that have it))."""
    return np.log1p(size / (1 + counts))


def made_from(store: Store) -> dict[str, Any]:
    """The state that an index of the store's present passages is made from."""
    return {"stamp": store.stamp, "version": store.version, "terms": TERMS_VERSION}


def build(store: Store, progress: Progress = lambda what, done, total: None) -> LexicalIndex:
    """The index of all passages of the store; keeps about 4 bytes a word in memory while it is built."""
    bm25s = import_extra(*EXTRA)
    total = store.counts()["passages"]
    vocabulary: dict[str, int] = {"": 0}  # a term that no text has, so that there is one in any case
    rows, passages, seen = [], array("q"), set()
    unstemmed: set[str] = set()
    for done, searched in enumerate(store.searched(), 1):
        if done % 1000 == 0:
            progress("counting words", done, total)
        text = digest_of(searched.text)
        if text not in seen:
            seen.add(text)
            found = terms(searched.text, searched.language)
            rows.append(array("i", (vocabulary.setdefault(term, len(vocabulary)) for term in found)))
            passages.append(searched.id)
            if not searched.language:
                unstemmed.update(found)
    bm25 = bm25s.BM25()
    if rows:
        bm25.index((rows, vocabulary), show_progress=False)
        _weigh_unstemmed(bm25.scores, vocabulary, unstemmed, store.languages())
    return LexicalIndex(bm25, np.frombuffer(passages, dtype=np.int64).copy())


def _weigh_unstemmed(scores: dict[str, Any], vocabulary: dict[str, int], words: set[str], languages: Sequence[str]):
    """Let a word of documents whose language is unknown be as common as it is with its stems in the other languages.

    Without this, "inherited" in one such document would be the rarest word of an index full of "inherit".
    """
    counts = np.diff(scores["indptr"])
    for word in words:
        stems = {stem for language in languages if language for stem in stemmer(language)([word])} - {word}
        column, others = vocabulary[word], sum(int(counts[vocabulary[stem]]) for stem in stems if stem in vocabulary)
        if others:
            own, total = int(counts[column]), scores["num_docs"]
            rarity = _rarity(min(own + others, total), total) / _rarity(own, total)
            scores["data"][scores["indptr"][column] : scores["indptr"][column + 1]] *= rarity


def _rarity(count: int, total: int) -> float:
    """The inverse document frequency of Lucene's BM25, which bm25s has by default."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
