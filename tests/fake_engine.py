"""An engine that computes nothing: what follows is a function of the ids, and every use is checked and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np


def by_all_ids(ids: Sequence[int], vocabulary: int) -> np.ndarray:
    """Logits (V,) that any other id, or order of ids, would change."""
    return np.random.default_rng([len(ids), *ids]).normal(size=vocabulary).astype(np.float32) * 2


class FakeEngine:
    """An `Engine` that fails where a caller breaks the protocol. `follow` gives the token after some ids; without it
    `by_all_ids` decides."""

    name = "fake"

    def __init__(
        self,
        follow: Callable[[list[int]], int] | None = None,
        slots: int = 4,
        context: int = 64,
        vocabulary: int = 270,
    ):
        self.slots, self.context, self.vocabulary = slots, context, vocabulary
        self.held: dict[int, list[int]] = {}
        self.computed: list[int] = []  # tokens that each step was asked for
        self.seen: list[list[int]] = []  # what stood before each of the logits that it gave
        self._follow, self._opened = follow, 0

    def open(self) -> int:
        assert len(self.held) < self.slots, "more sequences than slots"
        self._opened += 1
        self.held[self._opened] = []
        return self._opened

    def fork(self, sequence: int, length: int) -> int:
        assert length <= len(self.held[sequence])
        copy = self.open()
        self.held[copy] = self.held[sequence][:length]
        return copy

    def rewind(self, sequence: int, length: int) -> None:
        assert length <= len(self.held[sequence])
        del self.held[sequence][length:]

    def close(self, sequence: int) -> None:
        del self.held[sequence]

    def extend(self, parts: Mapping[int, Sequence[int]]) -> np.ndarray:
        assert parts and all(parts.values()), "nothing to go on with"
        self.computed.append(sum(map(len, parts.values())))
        rows = []
        for sequence, ids in parts.items():
            self.held[sequence] += ids
            assert len(self.held[sequence]) <= self.context, "longer than the context"
            self.seen.append(list(self.held[sequence]))
            rows.append(self._logits(self.held[sequence]))
        return np.stack(rows)

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        return np.stack([self._logits(list(ids[: end + 1])) for end in range(len(ids))])

    def _logits(self, ids: list[int]) -> np.ndarray:
        if self._follow is None:
            return by_all_ids(ids, self.vocabulary)
        logits = np.zeros(self.vocabulary, np.float32)
        logits[self._follow(ids)] = 50  # certain
        return logits
