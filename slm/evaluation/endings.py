"""How answers end: by themselves or at the limit, and whether they go round in circles. Knows nothing about models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIMES = 3  # a stretch that stands there so often without a break is a loop ...
SHORTEST = 4  # ... and it has at least so many tokens, or comes so much more often ("no no no" is none)


@dataclass(frozen=True)
class Endings:
    """Shares of `answers`: those that the model ended itself, and those that repeat themselves; of the references in
    the data the share that repeat themselves, by the same measure. At most `max_new_tokens` were written, by
    `engine`."""

    answers: int
    ended: float
    repeating: float
    references_repeating: float
    max_new_tokens: int
    engine: str


def endings_of(
    answers: Sequence[tuple[Sequence[int], bool]], references: Sequence[Sequence[int]], max_new_tokens: int, engine: str
) -> Endings:
    """From (token ids without the end token, whether the model ended) of each answer, and the ids of references."""
    count = max(1, len(answers))
    return Endings(
        len(answers),
        sum(ended for _, ended in answers) / count,
        sum(repeats(ids) for ids, _ in answers) / count,
        sum(map(repeats, references)) / max(1, len(references)),
        max_new_tokens,
        engine,
    )


def repeats(ids: Sequence[int]) -> bool:
    """Whether a stretch of tokens stands three times in a row, or a shorter one than four fills the place of that."""
    tokens = np.asarray(ids)
    for period in range(1, len(tokens) // TIMES + 1):
        if _longest_run(tokens[period:] == tokens[:-period]) >= TIMES * max(period, SHORTEST) - period:
            return True
    return False


def _longest_run(flags: np.ndarray) -> int:
    """The longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
