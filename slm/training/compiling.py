"""Blocks compiled by torch, for as long as a model trains."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from slm.data.batches import PADDING_MULTIPLE
from slm.model.gpt import GPT


@contextlib.contextmanager
def compiled_blocks(model: GPT, wanted: bool) -> Iterator[None]:
    """Compile the blocks, which are all alike: one compilation for each shape of batch serves them all.

    Without a limit that holds all shapes torch would give up on the last ones, and other ones after a resume.
    """
    if not wanted:
        yield
        return
    for block in model.transformer.h:
        block.compile(dynamic=False)
    with torch._dynamo.config.patch(cache_size_limit=8 + model.config.block_size // PADDING_MULTIPLE):
        yield
