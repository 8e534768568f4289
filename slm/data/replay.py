"""Records with documents of an earlier domain among them, so that it is not forgotten."""

from __future__ import annotations

import numpy as np

from slm.data.batches import Documents, Records, permute
from slm.errors import ConfigError


class Replayed:
    """Samples of which the share `share` are documents (Robins 1995, "Catastrophic forgetting, rehearsal and
    pseudorehearsal"), the rest all the records.

    An epoch sees every record once; it goes on through the documents, in an order of their own, where the one before it
    ended. Like every kind of samples a pure function of (seed, epoch, sample).
    """

    def __init__(self, records: Records, documents: Documents, share: float, seed: int):
        if not 0 < share < 1:
            raise ConfigError(f"replay_share expects a share above 0 and below 1, got {share}")
        self.records, self.documents, self.share, self._seed = records, documents, share, seed
        self.block_size = records.block_size
        self.replayed = max(1, round(records.size * share / (1 - share)))
        self.size = records.size + self.replayed

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        rows = []
        for number in numbers.tolist():
            if number < self.records.size:
                rows += self.records.rows(np.array([number]), epoch)
            else:
                rows.append(self._document(max(0, epoch) * self.replayed + number - self.records.size))
        return rows

    def _document(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """The document at `place` of the endless row of all documents, each time in another order."""
        turn, place = divmod(place, self.documents.size)
        return self.documents.row(int(permute(np.array([place]), self.documents.size, self._seed, turn)[0]))
