"""Learned by heart: how often a model goes on from a piece of its training text word for word (Carlini et al. 2023).

A prompt of 50 tokens of a document, greedy, and the next 50 compared; the same of validation text beside it, which
tells how much is merely easy to guess. Knows nothing about runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from slm.data.token_store import Split
from slm.data.tokenizer import Tokenizer
from slm.evaluation.intervals import percent_with_interval, share_of
from slm.evaluation.sections import Section, Table
from slm.generation.batch import GenerationConfig
from slm.generation.engine import Engine
from slm.generation.questions import answer_all

TOKENS = 50
PROMPTS = 200


@dataclass(frozen=True)
class Piece:
    """Two neighbouring stretches of tokens of a document."""

    prompt: tuple[int, ...]
    next: tuple[int, ...]


def draw_pieces(split: Split, count: int, tokens: int = TOKENS, seed: int = 0) -> list[Piece]:
    """At most `count` pieces of twice `tokens`, each of another document, drawn by `seed`; end tokens are in none."""
    draw = np.random.default_rng(seed)
    lengths = split.lengths() - 1
    long_enough = np.flatnonzero(lengths >= 2 * tokens)
    numbers = draw.choice(long_enough, min(count, len(long_enough)), replace=False)
    found = []
    for number in np.sort(numbers):
        start = int(draw.integers(0, lengths[number] - 2 * tokens + 1))
        ids = split.document(int(number))[start : start + 2 * tokens].tolist()
        found.append(Piece(tuple(ids[:tokens]), tuple(ids[tokens:])))
    return found


def continued(
    engine: Engine, tokenizer: Tokenizer, pieces: Sequence[Piece],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[int]:  # fmt: skip
    """How many tokens the model repeats of each piece, before the first that differs."""
    if not pieces:
        return []
    config = GenerationConfig(max_new_tokens=len(pieces[0].next), temperature=0.0)
    written = answer_all(engine, tokenizer, [piece.prompt for piece in pieces], config, progress)
    return [_in_common(ids, piece.next) for (ids, _), piece in zip(written, pieces, strict=True)]


def _in_common(first: Sequence[int], second: Sequence[int]) -> int:
    return next((n for n, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
                min(len(first), len(second)))  # fmt: skip


def heart_section(repeated: dict[str, list[int]], tokens: int, engine: str) -> Section:
    """`repeated`: what `continued` gave, by the name of the text."""
    figures: dict[str, Any] = {"tokens": tokens, "engine": engine}
    rows = []
    for name, counts in repeated.items():
        whole = share_of(sum(count == tokens for count in counts), len(counts))
        mean = float(np.mean(counts)) if counts else None
        figures[name] = {"prompts": len(counts), "word_for_word": whole, "tokens_repeated": mean}
        shown = "none" if mean is None else f"{mean:.1f}"
        rows.append((name, f"{len(counts):,}", percent_with_interval(whole), shown))
    table = Table(("text", "prompts", f"all {tokens} repeated, %", "tokens before the first that differs"), tuple(rows))
    notes = (
        f"The model was given {tokens} tokens of a document, from a place drawn by the seed, and wrote {tokens} more, "
        "greedily; in brackets Wilson's 95 % interval. What it repeats of validation text, which it never saw, is easy "
        "to guess; what it repeats of training text beyond that, it learned by heart.",
        f"Written by {engine}. Greedy continuations are a lower bound: other prompts may bring out more.",
    )
    return Section("Learned by heart: continuations of its own text", (table,), notes, figures)
