"""A vocabulary of one's own: byte-level BPE trained on the documents (Sennrich et al. 2016, arXiv 1508.07909).

Words are split by GPT-2's regular expression, and every byte has a token, so any text can be encoded. The merges are
found by the trainer of Hugging Face's tokenizers; the result is a tokenizer.json of the same form as GPT-2's.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

from slm.data.tokenizer import END_OF_TEXT, Tokenizer, gpt2_definition
from slm.errors import ConfigError

TRAINING_VERSION = 1  # raised whenever the same documents would give other merges
PREFIX, AUTO = "bpe:", "auto"
SMALLEST = 257  # every byte, and the end of a document
LARGEST = 65_536  # what two bytes a token can hold
TRAINING_BYTES = 50_000_000  # more text changes the merges of a small vocabulary little, and takes minutes


def vocabulary_size(name: str) -> int | None:
    """4096 for 'bpe:4096', 0 for 'auto' (see `fitting_size`), None for names of other tokenizers.

    Raises ConfigError for a size that cannot be.
    """
    if name == AUTO:
        return 0
    if not name.startswith(PREFIX):
        return None
    size = name.removeprefix(PREFIX)
    if not (size.isascii() and size.isdigit() and SMALLEST <= int(size) <= LARGEST):
        raise ConfigError(
            f"tokenizer {name!r}: expected bpe: and a size from {SMALLEST} to {LARGEST}, such as bpe:4096"
        )
    return int(size)


def fitting_size(texts: Iterable[str]) -> int:
    """The vocabulary for so much text: 4,096 was measured (docs/experiments.md, 9), the others are guesses.

    Each token has to be seen often enough to be learned, and costs time in the output head. Reads no more of the
    texts than the answer needs.
    """
    sizes = ((4096, 4_000_000), (2048, 1_000_000), (1024, 0))  # tokens, and the least bytes of text for so many
    text_bytes = sum(len(text.encode()) for text in _first_bytes(texts, sizes[0][1]))
    return next(size for size, least in sizes if text_bytes >= least)


def train_bpe(texts: Iterable[str], size: int) -> Tokenizer:
    """A tokenizer of at most `size` tokens: fewer where the texts have no more pairs that come twice.

    Reads `TRAINING_BYTES` of the texts. The same texts in the same order give the same tokenizer.
    """
    from tokenizers import Tokenizer as Trained
    from tokenizers import models, pre_tokenizers, trainers

    trained = Trained(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    trained.train_from_iterator(_first_bytes(texts, TRAINING_BYTES), trainer)
    model = json.loads(trained.to_str())["model"]
    return Tokenizer(_like_gpt2(model["vocab"], model["merges"]))


def _first_bytes(texts: Iterable[str], limit: int) -> Iterator[str]:
    for text in texts:
        yield text
        limit -= len(text.encode())
        if limit <= 0:
            return


def _like_gpt2(vocabulary: dict[str, int], merges: list[Any]) -> dict[str, Any]:
    definition = copy.deepcopy(gpt2_definition())
    end = len(vocabulary)
    definition["added_tokens"][0]["id"] = end
    definition["model"] |= {"vocab": vocabulary | {END_OF_TEXT: end}, "merges": merges}
    return definition
