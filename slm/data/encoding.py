"""Records to token ids: batches of text that go through the tokenizer on all cores while the next are being read.

Knows nothing about where records come from or where ids are kept.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer

BATCH_CHARACTERS = 1_000_000  # text that goes to the tokenizer at once: enough for all cores, little in memory
BATCHES_IN_FLIGHT = 3


class Encoded(NamedTuple):
    """Documents one behind the other: ids (n,) with end tokens, starts (d,) within ids, prompt_lengths (d,) or None."""

    ids: np.ndarray
    starts: np.ndarray
    prompt_lengths: np.ndarray | None


def encoded_batches(
    records: Iterable[tuple[str, dict[str, str]]], tokenizer: Tokenizer, prompt_format: PromptFormat | None
) -> Iterator[tuple[str, Encoded]]:
    """Encode on all cores while the next records are being read, and give the batches back in order."""
    with ThreadPoolExecutor(1) as encoder:  # the tokenizer itself spreads a batch over the cores
        in_flight: collections.deque[tuple[str, Future]] = collections.deque()
        for name, batch in _text_batches(records, prompt_format):
            in_flight.append((name, encoder.submit(_encode, batch, tokenizer, prompt_format is not None)))
            if len(in_flight) > BATCHES_IN_FLIGHT:
                name, future = in_flight.popleft()
                yield name, future.result()
        while in_flight:
            name, future = in_flight.popleft()
            yield name, future.result()


def _text_batches(
    records: Iterable[tuple[str, dict[str, str]]], prompt_format: PromptFormat | None
) -> Iterator[tuple[str, list[str]]]:
    """Gather texts of one split up to BATCH_CHARACTERS; for records prompt and response by turns."""
    texts: collections.defaultdict[str, list[str]] = collections.defaultdict(list)
    characters: collections.Counter[str] = collections.Counter()
    for name, record in records:
        if prompt_format is None:
            pieces = (record["text"],)
        else:
            pieces = (prompt_format.prompt(record["question"]), prompt_format.response(record))
        texts[name] += pieces
        characters[name] += sum(map(len, pieces))
        if characters[name] >= BATCH_CHARACTERS:
            yield name, texts.pop(name)
            characters[name] = 0
    yield from texts.items()


def _encode(texts: list[str], tokenizer: Tokenizer, in_pairs: bool) -> Encoded:
    ids, offsets = tokenizer.encode_batch_flat(texts)
    offsets = offsets.astype(np.int64)
    pieces = 2 if in_pairs else 1
    ends = offsets[pieces::pieces]
    starts = offsets[:-1:pieces] + np.arange(len(ends))  # each document before adds one end token
    prompt_lengths = offsets[1::2] - offsets[:-1:2] if in_pairs else None
    return Encoded(np.insert(ids, ends, tokenizer.eot_token), starts, prompt_lengths)
