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
_BASE, _FACTOR = np.uint64(0x9E3779B97F4A7C15), 0xD1B54A32D192ED03


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
        seen |= _stand_in(wanted, ngram_hashes(chunk.astype(np.uint64), n))
    found = int(np.isin(generated, wanted[seen]).sum())
    return Memorisation(n, len(generated), found, found / max(1, len(generated)), len(texts))


def _stand_in(wanted: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """np.isin(wanted, hashes) for few `wanted`, sorted and unique, and many `hashes`, without sorting those."""
    found = np.zeros(len(wanted), bool)
    if len(wanted):
        places = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        found[places[wanted[places] == hashes]] = True
    return found


def ngram_hashes(ids: np.ndarray, n: int) -> np.ndarray:
    """A hash of every n neighbouring ids (N,), uint64: (N - n + 1,).

    The polynomial's value for a window of 2k tokens follows from those of its halves: a few passes instead of n.
    """
    if len(ids) < n:
        return np.zeros(0, np.uint64)
    with np.errstate(over="ignore"):
        mixed = (ids + np.uint64(1)) * _BASE
        mixed ^= mixed >> np.uint64(29)
        result, length = np.zeros(len(ids) + 1, np.uint64), 0  # of the windows of no token
        for bit in f"{n:b}":
            if length:
                result = result[:-length] * np.uint64(pow(_FACTOR, length, 2**64)) + result[length:]
            length *= 2
            if bit == "1":
                result = result[:-1] * np.uint64(_FACTOR) + mixed[length:]
                length += 1
    return result
