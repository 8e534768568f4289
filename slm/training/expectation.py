"""What the loss of a run by the clock should be by now: the band behind every curve, and what a run is watched by.

The loss is compared in units of the entropy of the text's single tokens: 1 is what a model reaches that knows only how
often each token comes. In these units the curves of different texts, vocabularies and shapes lie close together; the
reference and its band are from clean runs, docs/experiments.md, section 10. Needs no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slm.data.split_files import in_chunks

REFERENCE = (
    *((20e3, 1.00), (60e3, 0.80), (100e3, 0.74), (200e3, 0.67), (400e3, 0.605), (800e3, 0.545), (2e6, 0.465)),
    *((4e6, 0.42), (10e6, 0.38), (40e6, 0.33)),
)
"""Tokens seen, and the loss over the entropy of single tokens at the stable learning rate."""
BAND = (0.55, 1.20)
"""The lowest and highest of clean runs over the reference, with some room."""


@dataclass(frozen=True)
class Expectation:
    """What to expect of a text whose single tokens have this entropy, in nats a token."""

    entropy: float

    def loss(self, tokens: float) -> tuple[float, float, float]:
        """The lowest, the usual and the highest loss, in nats a token, after so many tokens."""
        at, ratios = zip(*REFERENCE, strict=True)
        usual = self.entropy * float(np.interp(math.log(max(1.0, tokens)), np.log(at), ratios))
        return usual * BAND[0], usual, usual * BAND[1]


def entropy_of(tokens: np.ndarray, vocabulary: int) -> float:
    """The entropy, in nats, of single tokens (N,)."""
    counts = np.zeros(vocabulary, np.int64)
    for chunk in in_chunks(tokens, 1 << 22):
        counts += np.bincount(chunk, minlength=vocabulary)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
