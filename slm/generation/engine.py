"""What every engine offers: sequences of tokens that grow, fork and end, each on its own, and the logits behind them.

An engine knows ids and logits; drawing tokens, text, and who joins when are `Batch`'s. A sequence that goes on by one
token may be computed in another way than by several at once, and round differently; within each way its numbers do not
depend on how many others, or how many tokens at once, there are. Without torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np


class Engine(Protocol):
    """A model that is ready to go on with up to `slots` sequences. Sequences are named by numbers that `open` gives."""

    name: str
    """For people, such as 'onnxruntime 1.32, 8 bits, 2 threads'."""
    context: int
    """Tokens that a sequence can hold."""
    vocabulary: int
    """Token ids run from 0 to vocabulary - 1."""
    slots: int
    """Sequences that can be open at a time."""

    def open(self) -> int:
        """A new, empty sequence."""

    def fork(self, sequence: int, length: int) -> int:
        """A new sequence that begins with the first `length` tokens of another, which are not computed again."""

    def rewind(self, sequence: int, length: int) -> None:
        """Forget all but the first `length` tokens of a sequence."""

    def close(self, sequence: int) -> None:
        """Give back what a sequence holds."""

    def extend(self, parts: Mapping[int, Sequence[int]]) -> Sequence[np.ndarray]:
        """Go on with each sequence by the tokens given for it, one or more; for each the logits (vocabulary,), float32,
        after the last token. The next call may write over them."""

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, vocabulary), float32, after each of T tokens that stand alone."""
