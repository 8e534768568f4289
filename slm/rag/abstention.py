"""Do the sources answer the question? A calibrated probability, known before a word of an answer is made.

The figures of `slm.rag.evidence` go through logistic regressions, one for indexes with vectors and one for those
without. They were fitted once, on questions whose answers were in an index and on the same kind of question about
subjects that had been taken out of it (bench/answers.py), and are packaged in judges.json: an index of other documents
has no such questions to fit to. What the figures are worth elsewhere: docs/medical.md.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slm.rag.calibration import fit, sigmoid
from slm.rag.evidence import NAMES, VECTOR_NAMES, evidence
from slm.rag.retriever import Hit, Retriever

FILE = Path(__file__).with_name("judges.json")
THRESHOLD = 0.5
"""From which an answer is given: with as many questions that the sources answer as others, it is likelier than not."""


@dataclass(frozen=True)
class Judge:
    """A fitted regression over the figures called `names`; all arrays (F,)."""

    names: tuple[str, ...]
    mean: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    bias: float
    threshold: float

    def probabilities(self, figures: np.ndarray) -> np.ndarray:
        """(N,) that the sources answer, for figures (N, F); half of all questions being such."""
        return sigmoid((figures - self.mean) / self.spread @ self.weights + self.bias)

    def as_dict(self) -> dict[str, Any]:
        rounded = {name: [round(float(v), 6) for v in getattr(self, name)] for name in ("mean", "spread", "weights")}
        bias, threshold = round(self.bias, 6), round(self.threshold, 4)
        return {"names": list(self.names), **rounded, "bias": bias, "threshold": threshold}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Judge:
        arrays = [np.array(values[name]) for name in ("mean", "spread", "weights")]
        return cls(tuple(values["names"]), *arrays, values["bias"], values["threshold"])


def fit_judge(figures: np.ndarray, answered: np.ndarray, names: Sequence[str], threshold: float = THRESHOLD) -> Judge:
    """The regression of `answered` (N,) of 0 and 1 on figures (N, F)."""
    mean, spread = figures.mean(axis=0), figures.std(axis=0)
    spread = np.where(spread < 1e-9, 1.0, spread)
    *weights, bias = fit((figures - mean) / spread, answered)
    return Judge(tuple(names), mean, spread, np.array(weights), float(bias), threshold)


@functools.cache
def packaged_judges() -> dict[str, Judge]:
    """By 'words' and 'vectors': which figures they look at."""
    values = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: Judge.from_dict(own) for name, own in values["judges"].items()}


def judge_of(retriever: Retriever) -> Judge:
    """The judge for an index with vectors, or for one without."""
    return packaged_judges()["words" if retriever.vectors is None else "vectors"]


def names_of(retriever: Retriever) -> tuple[str, ...]:
    return NAMES if retriever.vectors is None else NAMES + VECTOR_NAMES


def probability(question: str, hits: Sequence[Hit], retriever: Retriever, judge: Judge | None = None) -> float:
    """That the passages of the index answer the question; 0 where nothing was found."""
    if not hits:
        return 0.0
    figures = evidence(question, hits, retriever)
    return float((judge or judge_of(retriever)).probabilities(figures[None])[0])
