"""Documents as rows to train on: each from its start on and seen alone, in pieces no longer than the model's block.

Of each piece its length is kept (two bytes), and where every so many documents begin; all else is read from the index
when a row is asked for, so that a store of any size fits.
"""

from __future__ import annotations

import numpy as np

from slm.data.split_files import Split

MARKED = 128  # documents from one mark to the next
SCANNED = MARKED << 9
GIVEN_BACK = 64  # rows that may be read before the pages that they lay on are given back: doing so takes 0.1 ms


class Documents:
    """Documents, each from its start on and seen alone, as they are scored; one longer than the block is several."""

    def __init__(self, split: Split, block_size: int):
        self._split, self.block_size = split, block_size
        marks, lengths, self.size, self.tokens = [], [], 0, 0
        for first in range(0, split.documents, SCANNED):
            counts, offsets, part = self._pieces(first, min(first + SCANNED, split.documents))
            marks.append(self.size + (np.cumsum(counts) - counts)[::MARKED])
            # A document's inputs are the end token before it and all of its own tokens but the last.
            lengths.append(np.minimum(np.repeat(part, counts) - offsets, block_size).astype(self._dtype))
            self.size, self.tokens = self.size + int(counts.sum()), self.tokens + int(part.sum())
        self.lengths = np.concatenate(lengths) if lengths else np.zeros(0, self._dtype)
        self._marks = np.concatenate(marks) if marks else np.zeros(0, np.int64)
        self._end = int(split.tokens[-1])

    @property
    def _dtype(self) -> np.dtype:
        return np.min_scalar_type(self.block_size)

    def _pieces(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of documents `first` to `last`: how many pieces each has (d,), where each piece begins in its document (p,),
        how many tokens each document has (d,)."""
        lengths = np.diff(self._split.starts_between(first, last))
        counts = -(-lengths // self.block_size)
        offsets = (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) * self.block_size
        return counts, offsets, lengths

    def row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (T,) and targets (T,) of one piece."""
        mark = int(np.searchsorted(self._marks, number, side="right")) - 1
        document = mark * MARKED
        counts, offsets, _ = self._pieces(document, min(document + MARKED, self._split.documents))
        inside = number - int(self._marks[mark])
        document += int(np.searchsorted(np.cumsum(counts), inside, side="right"))
        first = int(self._split.starts[document])
        start = first + int(offsets[inside])
        targets = self._split.tokens[start : start + int(self.lengths[number])].astype(np.int64)
        before = self._end if start == first else int(self._split.tokens[start - 1])
        if number % GIVEN_BACK == 0:  # rows are drawn, so this is one of so many
            self._split.give_back()
        return np.concatenate(([before], targets[:-1])), targets
