"""The gate of every export: it is loaded again by the engine that it is for, and compared with the model it came from.

The reference is the model itself in float32. Compared are token ids, logits after the same tokens (teacher-forced),
and bits per byte on held-out documents. (T tokens, V vocabulary.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from slm.checkpoint import LoadedModel
from slm.data.token_store import Split
from slm.evaluation.bits_per_byte import evaluate
from slm.export.hard_strings import hard_strings
from slm.model.gpt import GPT

POSITIONS = 1000
STRINGS = 10_000
LARGEST_DIFFERENCE = 1e-3  # of logits, in 32 bits
LEAST_AGREEMENT = 0.999  # of the likeliest tokens, in 32 bits
LARGEST_COST = {32: 0.001, 16: 0.001, 8: 0.005, 4: 0.03}  # in bits per byte, as a share of the reference's


class Reloaded(AbstractContextManager["Reloaded"], Protocol):
    """An export in the engine that it is for, from `with` to its end."""

    name: str
    """The engine with its version."""
    context: int

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of texts, special tokens in them read as plain text."""

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, V), float32, after each of T tokens that stand alone."""


@dataclass(frozen=True)
class RoundTrip:
    """What was compared, and what came out. Bits per byte are of the same documents."""

    engine: str
    bits: int
    strings: int
    strings_with_other_ids: int
    positions: int
    largest_logit_difference: float
    likeliest_token_agreement: float
    documents: int
    reference_bits_per_byte: float
    bits_per_byte: float

    @property
    def cost(self) -> float:
        """Bits per byte lost, as a share of the reference's; below 0 where some were won."""
        return self.bits_per_byte / self.reference_bits_per_byte - 1

    def faults(self) -> list[str]:
        """Why the export must be refused; empty where it need not be."""
        found = []
        if self.strings_with_other_ids:
            found.append(f"{self.strings_with_other_ids} of {self.strings} strings have other token ids")
        if self.bits == 32 and not self.largest_logit_difference <= LARGEST_DIFFERENCE:
            found.append(f"logits differ by {self.largest_logit_difference:.2g}, allowed are {LARGEST_DIFFERENCE:g}")
        if self.bits == 32 and not self.likeliest_token_agreement >= LEAST_AGREEMENT:
            agreement = f"{100 * self.likeliest_token_agreement:.2f} %"
            found.append(f"the likeliest tokens agree in {agreement}, needed are {100 * LEAST_AGREEMENT:.1f} %")
        if not abs(self.cost) <= LARGEST_COST[self.bits]:
            found.append(
                f"bits per byte differ by {100 * self.cost:+.2f} %, allowed are {100 * LARGEST_COST[self.bits]:g} %"
            )
        return found


def compare(
    loaded: LoadedModel, export: Reloaded, bits: int, split: Split, documents: int, responses: bool,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> RoundTrip:  # fmt: skip
    """Compare a reloaded export with the model that it came from, on `documents` of a split (0 for all)."""
    tokenizer = loaded.tokenizer
    texts = list(hard_strings(STRINGS))
    progress("token ids", 0, 1)
    ours = tokenizer.encode_batch(texts)
    other = sum(list(mine) != list(theirs) for mine, theirs in zip(ours, export.encode(texts), strict=True))
    largest, agreed, positions = 0.0, 0, 0
    for ids in passages(split, tokenizer.eot_token, min(export.context, loaded.model.config.block_size)):
        progress("logits", positions, POSITIONS)
        expected, found = _reference_logits(loaded.model, ids), export.logits(ids)
        agreed += int((expected.argmax(axis=1) == found.argmax(axis=1)).sum())
        difference = float(np.abs(expected - found).max())
        largest = difference if np.isnan(difference) else max(largest, difference)
        positions += len(ids)

    def scored(model: object, what: str) -> float:
        return evaluate(
            model, split, tokenizer, documents, responses, progress=lambda done, total: progress(what, done, total)
        ).bits_per_byte

    before, after = scored(loaded.model, "bits per byte of the model"), scored(export, "bits per byte of the export")
    return RoundTrip(
        export.name, bits, len(texts), other, positions, largest, agreed / positions,
        min(documents, split.documents) or split.documents, before, after,
    )  # fmt: skip


@torch.no_grad()
def _reference_logits(model: GPT, ids: Sequence[int]) -> np.ndarray:
    return model(torch.tensor([list(ids)]))[0].numpy()


def passages(split: Split, end: int, context: int) -> Iterator[list[int]]:
    """Beginnings of documents from all over a split, each after the end token, with POSITIONS tokens in all, or as many
    as there are."""
    left = POSITIONS
    for number in np.random.default_rng(0).permutation(split.documents):
        ids = [end, *split.document(int(number))[:-1].tolist()][: min(context, left)]
        yield ids
        left -= len(ids)
        if not left:
            return
