"""Which characters a tokenizer takes for letters, digits and spaces, asked of the tokenizer itself.

GPT-2's regular expression parts text by Unicode's classes, and these grow with every version of Unicode: a browser has
one version, the tokenizer another. So the page gets the ranges with the model, and its ids are the same everywhere.
"""

from __future__ import annotations

import functools
import json

import fastokens
import numpy as np

from slm.data.tokenizer import END_OF_TEXT, gpt2_definition, gpt2_tokenizer

CHARACTERS = 0x40000  # behind these Unicode has no letters, digits or spaces, and plans none: tags and private use
SURROGATES = range(0xD800, 0xE000)
SAMPLES = {"letters": "a", "digits": "1", "spaces": "\t"}


@functools.cache
def letters_digits_spaces() -> dict[str, list[int]]:
    """'letters', 'digits' and 'spaces': the first and the last character of each run, one behind the other.

    A character is a letter if it makes one word with an 'a' before it, a digit with a '1', a space with a tab.
    """
    characters = [n for n in range(CHARACTERS) if n not in SURROGATES]
    return {name: _runs(np.flatnonzero(_joins(sample, characters))) for name, sample in SAMPLES.items()}


def _joins(sample: str, characters: list[int]) -> np.ndarray:
    """For every character, by its number, whether it is one word with `sample` before it."""
    encoder = _merging_encoder(sample)
    inside = np.zeros(CHARACTERS, bool)
    ids, offsets = encoder.encode_batch_flat([sample + chr(n) for n in characters], split_special_tokens=True)
    first = np.frombuffer(ids, np.uint32)[np.frombuffer(offsets, np.uint64)[:-1].astype(np.int64)]
    inside[characters] = first >= 256  # merged
    return inside


def _merging_encoder(sample: str) -> fastokens.Tokenizer:
    """A byte-level BPE whose only merges join `sample`, one byte, with whatever byte follows it in the same word."""
    definition = dict(gpt2_definition())
    alphabet = [token for token in definition["model"]["vocab"] if len(token) == 1]  # a character for every byte
    first = gpt2_tokenizer().encode_ordinary(sample)[0]
    merges = [[alphabet[first], byte] for byte in alphabet]
    tokens = [*alphabet, *("".join(merge) for merge in merges), END_OF_TEXT]
    definition["added_tokens"] = [definition["added_tokens"][0] | {"id": len(tokens) - 1}]
    definition["model"] = definition["model"] | {"vocab": {t: n for n, t in enumerate(tokens)}, "merges": merges}
    return fastokens.Tokenizer.from_json_str(json.dumps(definition))


def _runs(numbers: np.ndarray) -> list[int]:
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.r_[0, breaks + 1]], numbers[np.r_[breaks, len(numbers) - 1]]
    return np.column_stack((firsts, lasts)).ravel().tolist()
