"""Small things that tests work on: a byte-level tokenizer, a model that is not near zero, token stores."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from slm.data.prompt_format import PromptFormat
from slm.data.token_store import Split, TokenStore, write_token_store
from slm.data.tokenizer import END_OF_TEXT, Tokenizer
from slm.model.gpt import GPT, GPTConfig

MERGES = ("t h", "th e", "Ġ the", "Ġ a", "i n", "in g", "Ġ s", "e r", "o n", "Ġ w", "l l", "a t", "c at")
TEXTS = (
    "The cat sat on the mat.",
    "A dog ran.",
    "Café, naïve: \U0001f600 is one face.",
    "Then the king sang.\n\nThe end.",
)
RECORDS = (
    {"question": "What is a cold?", "reasoning": "A virus.", "response": "An illness of the nose."},
    {"question": "What helps?", "reasoning": "Think of rest.", "response": "Sleep and water."},
    {"question": "Is it bad?", "reasoning": "Rarely.", "response": "No."},
)


def byte_alphabet() -> list[str]:
    """GPT-2's printable character for each byte, in the order of its vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(256 - len(printable))]


def tiny_definition(merges: Sequence[str] = MERGES) -> dict[str, Any]:
    """The content of a tokenizer.json with 256 bytes, `merges` and the end token."""
    tokens = [*byte_alphabet(), *(merge.replace(" ", "") for merge in merges)]
    end = len(tokens)
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "added_tokens": [{"id": end, "content": END_OF_TEXT, **flags}],
        "pre_tokenizer": byte_level, "post_processor": byte_level, "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {token: n for n, token in enumerate(tokens)} | {END_OF_TEXT: end},
            "merges": [merge.split(" ") for merge in merges],
        },
    }  # fmt: skip


@functools.cache
def tiny_tokenizer() -> Tokenizer:
    return Tokenizer(tiny_definition(), name="tiny")


def tiny_config(**values: Any) -> GPTConfig:
    shape = {"block_size": 16, "vocab_size": tiny_tokenizer().n_vocab, "n_layer": 2, "n_head": 2, "n_embd": 16}
    return GPTConfig(**shape | values)


def tiny_model(seed: int = 0, **values: Any) -> GPT:
    """A GPT-2 in evaluation mode whose every parameter matters: fresh ones are too near 0 and 1 to show mistakes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPT(tiny_config(**values))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += torch.randn_like(parameter) * 0.2
    return model.eval()


def describe() -> dict[str, Any]:
    return {
        "fingerprint": "0", "synthetic": False, "counts": {}, "sources": [{"source": "texts"}],
        "documents": {"source": ["texts"]},
    }  # fmt: skip


def text_records(train: Iterable[str], validation: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    return [("train", {"text": text}) for text in train] + [("validation", {"text": text}) for text in validation]


def write_store(
    folder: Path, train: Sequence[str] = TEXTS, validation: Sequence[str] = TEXTS[::-1],
    tokenizer: Tokenizer | None = None,
) -> TokenStore:  # fmt: skip
    return write_token_store(folder, text_records(train, validation), tokenizer or tiny_tokenizer(), None, describe)


def write_record_store(
    folder: Path, train: Sequence[dict[str, str]] = RECORDS, prompt_format: PromptFormat | None = None
) -> TokenStore:
    records = [(name, record) for name in ("train", "validation") for record in train]
    return write_token_store(folder, records, tiny_tokenizer(), prompt_format or PromptFormat(), describe)


def split_of(documents: Sequence[Sequence[int]], prompt_lengths: Sequence[int] | None = None) -> Split:
    """A split in memory, of documents as token ids (with their end tokens)."""
    tokens = np.concatenate([np.asarray(document, np.uint16) for document in documents])
    starts = np.cumsum([0, *map(len, documents)]).astype(np.uint64)
    return Split(tokens, starts, None if prompt_lengths is None else np.asarray(prompt_lengths, np.uint64))
