"""Texts to vectors of length 1 whose product says how well a passage answers a question. numpy alone, no torch.

A text is its tokens' embeddings, added up by the weight that each token has learned, one weight for questions and one
for passages. The sum holds the rare words almost as a bag of words, and what kind of answer it is; an order of words
it does not know. (V tokens of the vocabulary, D channels, N texts, T tokens of a text.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from slm.data.tokenizer import Tokenizer, read_tokenizer
from slm.rag.encoder_folder import ENCODER, TOKENIZER, Tensors, read_record, read_tensors

LONGEST = 256  # tokens of a text that are looked at; a passage of the default length has about as many
CHARACTERS = 16 * LONGEST  # of a text that are split into tokens at all
TEXTS_AT_A_TIME = 1024
SHAPES: dict[str, tuple[int | str, ...]] = {
    "embedding": ("V", "D"),
    "question_weights": ("V",),
    "passage_weights": ("V",),
    "question_shift": ("D",),
    "passage_shift": ("D",),
}


class TextEncoder:
    """A trained encoder. ``fingerprint`` changes whenever its vectors would; ``dimension`` is their length."""

    def __init__(self, tokenizer: Tokenizer, tensors: Tensors, fingerprint: str = ""):
        self._tokenizer = tokenizer
        self._tensors = tensors
        self.dimension = tensors["embedding"].shape[1]
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path | str) -> TextEncoder:
        """The encoder in `folder`. Raises ModelError, in one line, where something is missing or damaged."""
        path, record = read_record(Path(folder))
        tokenizer = read_tokenizer(path / TOKENIZER)
        tensors = read_tensors(path / ENCODER, SHAPES | {"embedding": (tokenizer.n_vocab, "D")})
        files = "".join(record["sha256"][name] for name in (TOKENIZER, ENCODER))
        return cls(tokenizer, tensors, hashlib.sha256(files.encode()).hexdigest())

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of passages, (N, D) float32, each of length 1. Raises DataError for lone surrogates."""
        return self._encode(texts, self._tensors["passage_weights"], self._tensors["passage_shift"])

    def encode_questions(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of questions, (N, D) float32, to be multiplied with those of passages."""
        return self._encode(texts, self._tensors["question_weights"], self._tensors["question_shift"])

    def _encode(self, texts: Sequence[str], weights: np.ndarray, shift: np.ndarray) -> np.ndarray:
        embedding = self._tensors["embedding"]
        sums = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), TEXTS_AT_A_TIME):
            for row, ids in enumerate(token_ids(self._tokenizer, texts[start : start + TEXTS_AT_A_TIME]), start):
                sums[row] = weights[ids] @ embedding[ids]  # (T) @ (T, D)
        return _unit(_unit(sums) + shift)


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    """The first tokens of each text in lower case: what an encoder looks at, in training as later."""
    ids = tokenizer.encode_batch([text[:CHARACTERS].lower() for text in texts])
    return [row[:LONGEST].astype(np.int64) for row in ids]


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows (N, D) of length 1; a row of zeros stays one, as torch's `normalize` leaves it."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
