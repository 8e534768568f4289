"""Records of a small question-answer file, and an encoder that needs no training."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

RECORDS = [
    {"question": "What is gout?", "answer": "Gout is a painful arthritis. Uric acid crystals form in joints.",
     "focus": "Gout", "url": "https://example.org/gout"},
    {"question": "What are the symptoms of glaucoma?", "answer": "Glaucoma damages the optic nerve. Vision is lost.",
     "focus": "Glaucoma", "url": "https://example.org/glaucoma"},
    {"question": "How is asthma treated?", "answer": "Inhalers open the airways. Avoid smoke and dust.",
     "focus": "Asthma", "url": "https://example.org/asthma"},
    {"question": "Is gout inherited?", "answer": "Some people inherit a tendency to high uric acid.",
     "focus": "Gout", "url": "https://example.org/gout"},
]  # fmt: skip


class WordEncoder:
    """Vectors (N, 64) that hold which words a text has, as a trained encoder's would; counts what it encodes."""

    def __init__(self, fingerprint: str = "words-1"):
        self.fingerprint, self.encoded = fingerprint, 0

    def encode(self, texts: list[str]) -> np.ndarray:
        self.encoded += len(texts)
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[hashlib.md5(word.strip(".?,").encode()).digest()[0] % 64] += 1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return rows


def write_records(path: Path, records: list[dict]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
