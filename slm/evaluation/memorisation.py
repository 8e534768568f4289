"""How much of what a model writes stands word for word in its training text: the share of its n-grams found there.

Memory does not grow with the training text: the few generated n-grams are kept, and the text streams past them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slm.data.split_files import in_chunks

NGRAM = 8
CHUNK = 1 << 20
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Memorisation:
    """`found` of `generated` token n-grams of `samples` texts stand in the training text."""

    ngram: int
    generated: int
    found: int
    share: float
    samples: int


def memorised_share(texts: Sequence[Sequence[int]], training_tokens: np.ndarray, n: int = NGRAM) -> Memorisation:
    """Of all n-grams of the generated `texts` (token ids), how many stand in `training_tokens` (N,).

    N-grams are compared by a 64-bit polynomial hash: among a billion tokens and ten thousand generated n-grams a false
    match is expected once in about two million such measurements.
    """
    hashes = [ngram_hashes(np.asarray(text, dtype=np.uint64), n) for text in texts]
    generated = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
    wanted = np.unique(generated)
    seen = np.zeros(len(wanted), bool)
    for chunk in in_chunks(training_tokens, CHUNK, n - 1):
        seen |= np.isin(wanted, ngram_hashes(chunk.astype(np.uint64), n))
    found = int(np.isin(generated, wanted[seen]).sum())
    return Memorisation(n, len(generated), found, found / max(1, len(generated)), len(texts))


def ngram_hashes(ids: np.ndarray, n: int) -> np.ndarray:
    """A hash of every n neighbouring ids: (len(ids) - n + 1,)."""
    count = max(0, len(ids) - n + 1)
    result = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(n):
            mixed = (ids[place : place + count] + np.uint64(1)) * _BASE
            result = result * np.uint64(0xD1B54A32D192ED03) + (mixed ^ (mixed >> np.uint64(29)))
    return result
