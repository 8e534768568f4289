"""GPT-2's byte-pair encoding of a few words, from the vocabulary as it is.

The fast encoder has to learn 50,000 merges before its first word, which takes most of a second; `slm generate` has
but one prompt to encode and would wait for nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from itertools import pairwise

try:
    from tokenizers.pre_tokenizers import ByteLevel
except ImportError:  # an image that only serves is made without; a server has the time for the fast encoder
    ByteLevel = None

PATIENCE = 4000  # characters in the life of a process: about 20 ms; who has more makes the fast encoder
LONG_WORD = 100  # bytes


class PromptEncoder:
    """The ids of short texts. ``vocabulary`` is that of GPT-2's tokenizer.json, whose ids stand in the order of the
    merges, so that the lower id is the earlier merge (as in tiktoken)."""

    def __init__(self, vocabulary: Mapping[str, int]):
        self._ids = vocabulary
        self._words = ByteLevel and ByteLevel(add_prefix_space=False, use_regex=True)
        self._left = PATIENCE
        self._encode_word = functools.cache(self._merge)

    def encode(self, text: str) -> list[int] | None:
        """The ids of `text`, which are those of the fast encoder; None where that one has to do it: after PATIENCE
        characters, for long words, whose time grows with the square, and for what is no Unicode, which it refuses."""
        self._left -= len(text)
        if self._left < 0 or not self._words:
            return None
        try:
            words = [word for word, _ in self._words.pre_tokenize_str(text)]
        except UnicodeEncodeError:
            return None
        if max(map(len, words), default=0) > LONG_WORD:
            return None
        return [token for word in words for token in self._encode_word(word)]

    def _merge(self, word: str) -> list[int]:
        """The ids of a word, written in the letters that stand for bytes."""
        parts = list(word)
        while len(parts) > 1:
            pairs = [self._ids.get(left + right, len(self._ids)) for left, right in pairwise(parts)]
            first = min(range(len(pairs)), key=pairs.__getitem__)
            if pairs[first] == len(self._ids):
                break
            parts[first : first + 2] = [parts[first] + parts[first + 1]]
        return [self._ids[part] for part in parts]
