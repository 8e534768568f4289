"""Which held-out documents have a near duplicate among training documents, by MinHash and locality-sensitive hashing.

The share of equal places in two signatures estimates the Jaccard similarity of two documents' sets of word n-grams
(Broder 1997); only documents that agree in a whole band are compared (Indyk & Motwani 1998). The signatures of the
held-out documents are kept, the training documents stream past. K: hashes of a signature.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slm.audit.words import words_of
from slm.evaluation.memorisation import ngram_hashes

GRAM = 3
BANDS, ROWS = 42, 3  # K = 126: of pairs alike to one half 99.6 % meet in a band, to one twentieth 0.5 %
ALIKE = 0.5
BATCH = 1 << 18  # n-grams whose signatures are made together: the table of K times as many hashes fits into memory
_FACTORS = np.random.default_rng(0).integers(0, 1 << 63, BANDS * ROWS, np.uint64) * np.uint64(2) + np.uint64(1)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Twin:
    """The most similar training document: its name, and the estimated Jaccard similarity (0 where none came near)."""

    share: float = 0.0
    where: str = ""
    verbatim: bool = False
    """Never known here; for whoever takes any kind of match."""

    @property
    def found(self) -> bool:
        return self.share >= ALIKE


class NearDuplicates:
    """Looks for near duplicates of `texts` among the documents that it sees."""

    def __init__(self, texts: Sequence[str]):
        sets = [shingles(text) for text in texts]
        alone = (np.array([number], np.uint64) for number in range(len(texts)))  # a text without words is like no other
        self._known = signatures([grams if len(grams) else next(alone) for grams in sets])  # (held-out documents, K)
        keys = _bands(self._known)
        order = np.argsort(keys, axis=None)
        self._keys, self._owners = keys.ravel()[order], order // BANDS
        self._best = [Twin() for _ in texts]
        self._batch: list[np.ndarray] = []
        self._names: list[str] = []
        self._grams = 0

    def see(self, text: str, name: str) -> None:
        """Look at a training document."""
        grams = shingles(text)
        if not len(grams):
            return
        self._batch.append(grams)
        self._names.append(name)
        self._grams += len(grams)
        if self._grams >= BATCH:
            self._look()

    def matches(self) -> list[Twin]:
        """The twin of each text, in their order."""
        self._look()
        return self._best

    def _look(self) -> None:
        batch, names, self._batch, self._names, self._grams = self._batch, self._names, [], [], 0
        if not batch:
            return
        seen = signatures(batch)
        keys = _bands(seen).ravel()
        first, last = np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, side="right")
        times = last - first
        places = np.repeat(first - np.cumsum(times) + times, times) + np.arange(times.sum())
        pairs = np.unique(np.repeat(np.arange(len(keys)) // BANDS, times) * len(self._known) + self._owners[places])
        for part in np.array_split(pairs, len(pairs) // BATCH + 1):
            documents, owners = np.divmod(part, len(self._known))
            shares = (seen[documents] == self._known[owners]).mean(axis=1)
            for place in np.flatnonzero(shares >= ALIKE):
                if shares[place] > self._best[owners[place]].share:
                    self._best[owners[place]] = Twin(float(shares[place]), names[documents[place]])


def shingles(text: str) -> np.ndarray:
    """The hashes of a text's n-grams of words; of a shorter text the one of all its words."""
    ids = np.array([zlib.crc32(word.encode()) for word in words_of(text)], np.uint64)
    return ngram_hashes(ids, max(1, min(GRAM, len(ids))))


def signatures(documents: Sequence[np.ndarray]) -> np.ndarray:
    """The least of each of K permutations of the hashes, of each document: (documents, K)."""
    if not documents:
        return np.zeros((0, len(_FACTORS)), np.uint64)
    grams = np.concatenate(documents)
    grams = grams ^ (grams >> np.uint64(31))
    starts = np.concatenate(([0], np.cumsum(list(map(len, documents)))))[:-1]
    with np.errstate(over="ignore"):
        return np.stack([np.minimum.reduceat(grams * factor, starts) for factor in _FACTORS], axis=1)


def _bands(signs: np.ndarray) -> np.ndarray:
    """A key for each band of each signature: (documents, BANDS)."""
    keys = np.tile(np.arange(BANDS, dtype=np.uint64), (len(signs), 1))
    with np.errstate(over="ignore"):
        for row in range(ROWS):
            keys = (keys ^ signs[:, row::ROWS]) * _MIX
            keys ^= keys >> np.uint64(29)
    return keys
