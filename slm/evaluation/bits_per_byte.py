"""Loss, perplexity and bits per byte: the one definition for every figure in the project.

Each document is scored alone, starting from ``<|endoftext|>`` and ending with its own, in windows of the model's block
with a stride of half a block, every token once, in float32. Bits per byte is the summed negative log-likelihood / ln 2
/ UTF-8 bytes of the documents, end tokens counted in the sum and not in the bytes. Responses are scored after their
prompts, which stand before them as they do when a question is asked. Knows nothing about runs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from slm.data.batches import IGNORED, pad_rows
from slm.data.split_files import Split, evenly_spread
from slm.data.tokenizer import Tokenizer
from slm.errors import DataError
from slm.model.gpt import GPT
from slm.model.loss import linear_cross_entropy_rows
from slm.model.sampling import log_probabilities

BOOTSTRAP_SAMPLES = 1000


class Scored(Protocol):
    """What can be scored besides a GPT: an engine, or an export that was loaded again."""

    context: int

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, V) after each of T tokens."""


@dataclass(frozen=True)
class Score:
    """How well a model predicts documents. loss in nats per token; interval is the 95 % interval of bits_per_byte."""

    documents: int
    tokens: int
    bytes: int
    loss: float
    perplexity: float
    bits_per_byte: float
    interval: tuple[float, float]
    seconds: float


@dataclass(frozen=True)
class DocumentLosses:
    """Per document: summed loss in nats (D,), scored tokens (D,), bytes (D,)."""

    nats: np.ndarray
    tokens: np.ndarray
    bytes: np.ndarray


def evaluate(
    model: GPT | Scored,
    split: Split,
    tokenizer: Tokenizer,
    documents: int = 0,
    responses: bool = False,
    batch_size: int = 16,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """Score `documents` of a split, evenly spread over it (0: all). `responses` scores them after their prompts.

    Raises DataError where the split has no prompts to score responses after.
    """
    started = time.perf_counter()
    if responses and split.prompt_lengths is None:
        raise DataError("expected records with prompts, to score responses; got plain documents")
    numbers = evenly_spread(split.documents, documents or split.documents)
    losses = document_losses(model, split, tokenizer, numbers, responses, batch_size, progress)
    return _summary(losses, seed, time.perf_counter() - started)


def tokens_of(split: Split, documents: int) -> int:
    """How many tokens the documents have, so many of a split, that `evaluate` would score."""
    return sum(len(split.document(number)) for number in evenly_spread(split.documents, documents))


@torch.no_grad()
def document_losses(
    model: GPT | Scored,
    split: Split,
    tokenizer: Tokenizer,
    numbers: np.ndarray,
    responses: bool = False,
    batch_size: int = 16,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> DocumentLosses:
    """The losses of the documents with these numbers; the same for any batch size, up to float32 rounding."""
    is_gpt = isinstance(model, GPT)
    was_training = is_gpt and model.training
    if is_gpt:
        model.eval()
    context = model.config.block_size if is_gpt else model.context
    token_losses = _token_losses if is_gpt else _losses_by_logits
    losses = DocumentLosses(*(np.zeros(len(numbers), kind) for kind in (np.float64, np.int64, np.int64)))
    windows = list(_windows(split, numbers, responses, context, tokenizer.eot_token))
    windows.sort(key=lambda window: len(window[1]))
    for first in range(0, len(windows), batch_size):
        part = windows[first : first + batch_size]
        ((x, y),) = pad_rows([(ids, targets) for _, ids, targets in part], batch_size, context)
        for (place, _, _), row_losses, row_targets in zip(part, token_losses(model, x, y), y, strict=True):
            scored = row_targets[row_targets != IGNORED]
            text = scored[scored != tokenizer.eot_token]
            losses.nats[place] += row_losses.sum()
            losses.tokens[place] += len(scored)
            losses.bytes[place] += tokenizer.bytes_per_token[text].sum()
        progress(min(first + batch_size, len(windows)), len(windows))
    if is_gpt:
        model.train(was_training)
    return losses


def _windows(
    split: Split, numbers: np.ndarray, responses: bool, block_size: int, eot_token: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(place, inputs, targets) of each window; a target that another window scores is `IGNORED`."""
    for place, number in enumerate(numbers):
        ids = split.document(number).astype(np.int64)
        context = int(split.prompt_lengths[number]) if responses else 1
        if not responses:
            ids = np.concatenate(([eot_token], ids))
        scored = context  # everything before this place needs no score, or has one
        start = 0
        while scored < len(ids):
            inputs, targets = ids[start : start + block_size], ids[start + 1 : start + block_size + 1].copy()
            targets[: max(0, scored - start - 1)] = IGNORED
            if (targets != IGNORED).any():
                yield place, inputs[: len(targets)], targets
            scored = max(scored, start + len(targets) + 1)
            start += max(1, block_size // 2)


def _token_losses(model: GPT, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """For each row the losses, in nats, of the targets that are scored."""
    device = model.transformer.wte.weight.device
    inputs, targets = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    wanted = targets != IGNORED
    with torch.compiler.set_stance("force_eager"):
        features = model.features(inputs)[wanted]  # (scored tokens, C)
    losses = linear_cross_entropy_rows(features, model.transformer.wte.weight, targets[wanted])
    return np.split(losses.double().cpu().numpy(), np.cumsum(wanted.sum(dim=1).cpu().numpy())[:-1])


def _losses_by_logits(model: Scored, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    losses = []
    for ids, targets in zip(x, y, strict=True):
        wanted = np.flatnonzero(targets != IGNORED)
        if not len(wanted):
            losses.append(np.zeros(0))
            continue
        values = log_probabilities(model.logits(ids[: wanted[-1] + 1].tolist())[wanted])
        losses.append(-values[np.arange(len(wanted)), targets[wanted]].astype(np.float64))
    return losses


def _summary(losses: DocumentLosses, seed: int, seconds: float) -> Score:
    nats, tokens, size = losses.nats.sum(), int(losses.tokens.sum()), int(losses.bytes.sum())
    if not tokens or not size:
        raise DataError("expected at least one token to score, found none; are the documents empty?")
    loss = float(nats / tokens)
    return Score(
        len(losses.nats), tokens, size, loss, math.exp(min(loss, 700)), float(nats / math.log(2) / size),
        bootstrap_interval(losses.nats / math.log(2), losses.bytes, seed), round(seconds, 2),
    )  # fmt: skip


def bootstrap_interval(bits: np.ndarray, size: np.ndarray, seed: int) -> tuple[float, float]:
    """The 95 % interval of sum(bits) / sum(size) over documents drawn with replacement (Efron 1979)."""
    generator = np.random.default_rng(seed)
    at_once = max(1, 2**20 // len(bits))  # samples: of few documents all, of many one
    ratios = []
    for first in range(0, BOOTSTRAP_SAMPLES, at_once):
        drawn = generator.integers(0, len(bits), (min(at_once, BOOTSTRAP_SAMPLES - first), len(bits)))
        ratios.append(bits[drawn].sum(axis=1) / np.maximum(1, size[drawn].sum(axis=1)))
    low, high = np.quantile(np.concatenate(ratios), (0.025, 0.975))
    return float(low), float(high)
