"""How common words are in English at large, told by the order of GPT-2's vocabulary. A small folder cannot tell.

Byte-pair encoding merges what is most frequent first (Sennrich et al. 2016), so that a word's place among the whole
words of a vocabulary is about its rank by frequency in what it was made from: for GPT-2, web pages. Words in lower case
alone count: most names are rare here.
"""

from __future__ import annotations

import functools

import numpy as np

from slm.data.tokenizer import gpt2_definition
from slm.rag.languages import stemmer

LANGUAGE = "en"
WORDS = 150  # of a passage
FIRST = 0.1  # Zipf's law for English: the word of rank r is 0.1 / r of all words
_SPACE = "Ġ"  # in GPT-2's files


@functools.cache
def ranks() -> dict[str, int]:
    """Word or stem to rank from 1, the commonest first."""
    vocabulary = gpt2_definition()["model"]["vocab"]
    ordered = sorted((token for token in vocabulary if token[0] == _SPACE), key=vocabulary.__getitem__)
    words = [token[1:] for token in ordered if len(token) > 2 and token[1:].isascii()]
    words = [word for word in words if word.isalpha() and word.islower()]
    found: dict[str, int] = {}
    for rank, forms in enumerate(zip(words, stemmer(LANGUAGE)(words), strict=True), 1):
        for form in forms:
            found.setdefault(form, rank)
    return found


def share_of_texts(term: str) -> float:
    """The share of passages in which a term is to be expected; 0 for one that is not among the common words."""
    rank = ranks().get(term)
    return 1 - float(np.exp(-WORDS * FIRST / rank)) if rank else 0.0
