"""Which held-out texts stand in training text: verbatim, lightly edited, or in passages; within longer documents too.

Every held-out text is known by its word n-grams, and the training text streams past them: memory grows with the held-
out text alone. A text counts as found where a stretch of one training document, hardly longer than the text, holds most
of its n-grams. An n-gram weighs the less, the more held-out texts have it, since what all share tells none of them.
That is the containment of Broder (1997), weighted and local. N: words of a batch; H: hits in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from slm.audit.words import Vocabulary, pieces
from slm.evaluation.memorisation import ngram_hashes

GRAMS = (1, 2)  # words in a run: longer runs lose more to each changed word
LONG = 13  # Brown et al. (2020), appendix C
FOUND = 0.55
SHORTEST = 5  # words; what is shorter stands anywhere
EDITABLE = 8  # words; of a shorter text a changed word makes another
COMMON = 32  # an n-gram that more held-out texts have finds none of them: most of the time would go to such
BATCH = 1 << 18  # words that are looked at together: a hundred megabytes, mostly
SLACK, SLACK_WORDS = 1.25, 4  # a stretch may be so much longer than the text


@dataclass(frozen=True)
class Match:
    """What was found of one text: the weighted share of its n-grams in the best stretch, the name of the document
    there, whether it stands there word for word, the share of its words in runs of at least `LONG` words that stand
    anywhere in the training text, and how many words it has."""

    share: float = 0.0
    where: str = ""
    verbatim: bool = False
    passages: float = 0.0
    words: int = 0

    @property
    def found(self) -> bool:
        return self.share >= FOUND

    @property
    def too_short(self) -> bool:
        """Not looked for."""
        return self.words < SHORTEST

    @property
    def editable(self) -> bool:
        """Whether it may be found with other words too."""
        return self.words >= EDITABLE


class Overlap:
    """Looks for `texts` in the documents that it sees."""

    def __init__(self, texts: Sequence[str], grams: Sequence[int] = GRAMS):
        vocabulary = Vocabulary()
        self._grams, self._vocabulary = grams, vocabulary
        self._texts = [vocabulary.learn(text) for text in texts]
        self._best = [Match() for _ in texts]
        none = np.zeros(0, np.uint64)
        own = [np.unique(_hashes(ids, grams)) if len(ids) >= SHORTEST else none for ids in self._texts]
        self._known, which, times = np.unique(np.concatenate([none, *own]), return_inverse=True, return_counts=True)
        order = np.argsort(which, kind="stable")
        self._owners = np.repeat(np.arange(len(texts)), list(map(len, own)))[order]  # of each n-gram in turn
        self._first, self._times = np.concatenate(([0], np.cumsum(times))), np.where(times > COMMON, 0, times)
        self._weights = np.where(times > COMMON, 0.0, np.log1p(len(texts) / np.maximum(times, 1)))
        self._totals = np.bincount(self._owners, np.repeat(self._weights, times), len(texts))
        self._lengths = np.array(list(map(len, self._texts)), np.int64)
        self._windows = (SLACK * self._lengths + SLACK_WORDS).astype(np.int64)
        self._anchors: dict[int, list[tuple[int, int]]] = {}  # n-gram -> texts it is the rarest of, and where there
        for owner, ids in enumerate(self._texts):
            if len(ids) >= SHORTEST:
                which = np.searchsorted(self._known, ngram_hashes(ids, max(grams)))
                place = int(np.argmin(times[which]))
                self._anchors.setdefault(int(which[place]), []).append((owner, place))
        self._is_anchor = np.isin(np.arange(len(self._known)), list(self._anchors))
        self._long = np.unique(np.concatenate([none, *(ngram_hashes(ids, LONG) for ids in self._texts)]))
        self._seen = np.zeros(len(self._long), bool)
        self._batch: list[np.ndarray] = []
        self._names: list[str] = []
        self._words = 0
        self.documents = 0
        self.words = 0

    def see(self, text: str, name: str) -> None:
        """Look at a training document."""
        self.documents += 1
        for piece in pieces(text):
            ids = self._vocabulary.read(piece)
            self._batch.append(ids)
            self._names.append(name)
            self._words += len(ids)
            self.words += len(ids)
            if self._words >= BATCH:
                self._look()

    def matches(self) -> list[Match]:
        """What was found of each text, in their order."""
        self._look()
        return [replace(best, passages=self._covered(text), words=len(text))
                for best, text in zip(self._best, self._texts, strict=True)]  # fmt: skip

    def _look(self) -> None:
        batch, names, self._batch, self._names, self._words = self._batch, self._names, [], [], 0
        if not batch or not len(self._known):
            return
        lengths = np.array([len(ids) + 1 for ids in batch])
        ids = np.concatenate([part for document in batch for part in (document, np.zeros(1, np.uint64))])  # (N,)
        long = ngram_hashes(ids, LONG)[_inside(ids, LONG)]
        self._seen |= np.isin(self._long, long)
        places, grams = self._hits(ids)
        documents = np.searchsorted(np.cumsum(lengths), places, side="right")
        for hit in np.flatnonzero(self._is_anchor[grams]):
            self._compare(ids, int(places[hit]), int(grams[hit]), names[documents[hit]])
        times = self._times[grams]  # (H,)
        owners = self._owners[np.repeat(self._first[grams], times) + _counting(times)]
        places, grams, documents = (np.repeat(values, times) for values in (places, grams, documents))
        gap = int(self._windows.max()) + 1
        keys = owners * (len(ids) + gap * (len(batch) + 1)) + places + documents * gap
        order = np.argsort(keys)
        keys, owners, places, grams = keys[order], owners[order], places[order], grams[order]
        sums = np.concatenate(([0.0], np.cumsum(self._weights[grams])))
        begins = np.searchsorted(keys, keys - self._windows[owners])
        shares = (sums[1:] - sums[begins]) / self._totals[owners]
        good = np.flatnonzero((shares >= FOUND) & (self._lengths[owners] >= EDITABLE))
        good = good[np.lexsort((shares[good], owners[good]))]
        last = np.append(owners[good][1:] != owners[good][:-1], True) if len(good) else slice(0)
        for end in good[last]:
            self._judge(int(owners[end]), grams[begins[end] : end + 1], names[documents[order[end]]])

    def _hits(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places (H,) in `ids` where known n-grams begin, and which they are."""
        found = []
        for gram in self._grams:
            places = np.flatnonzero(_inside(ids, gram))
            hashes = ngram_hashes(ids, gram)[places]
            which = np.minimum(np.searchsorted(self._known, hashes), len(self._known) - 1)
            hit = self._known[which] == hashes
            found.append((places[hit], which[hit]))
        return np.concatenate([places for places, _ in found]), np.concatenate([which for _, which in found])

    def _compare(self, ids: np.ndarray, place: int, gram: int, name: str) -> None:
        """Do the texts whose rarest n-gram stands at `place` stand there word for word?"""
        for owner, offset in self._anchors[gram]:
            text, begin = self._texts[owner], place - offset
            if not self._best[owner].verbatim and begin >= 0 and np.array_equal(ids[begin : begin + len(text)], text):
                self._best[owner] = Match(1.0, name, True)

    def _judge(self, owner: int, grams: np.ndarray, name: str) -> None:
        """Keep a stretch, if it is the best of the text `owner`; an n-gram counts once."""
        share = min(1.0, float(self._weights[np.unique(grams)].sum() / self._totals[owner]))
        if share > self._best[owner].share:
            self._best[owner] = Match(share, name)

    def _covered(self, text: np.ndarray) -> float:
        hashes = ngram_hashes(text, LONG)
        if not len(hashes):
            return 0.0
        stands = self._seen[np.searchsorted(self._long, hashes)]
        covered = np.zeros(len(text), bool)
        for offset in range(LONG):
            covered[offset : offset + len(stands)] |= stands
        return float(covered.mean())


def _hashes(ids: np.ndarray, grams: Sequence[int]) -> np.ndarray:
    return np.concatenate([ngram_hashes(ids, gram) for gram in grams])


def _inside(ids: np.ndarray, n: int) -> np.ndarray:
    """Whether all of the n words from each place on are known: (N - n + 1,)."""
    known = np.concatenate(([0], np.cumsum(ids != 0)))
    return known[n:] - known[: max(0, len(known) - n)] == n


def _counting(times: np.ndarray) -> np.ndarray:
    """0, 1, ... up to each of `times`, one after another."""
    return np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
