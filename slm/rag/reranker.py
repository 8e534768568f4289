"""The second stage of retrieval: judges the best passages of both rankings anew. numpy alone, no torch.

A small network looks at how a passage's words meet the question's (`slm.rag.match_features`) and at the scores of both
rankings; it has learned from held-out questions of the pairs that its encoder was trained on. It lies in the encoder's
folder. (N passages, F figures, H hidden.)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import ModelError
from slm.rag.encoder_folder import RERANKER, Tensors, read_record, read_tensors
from slm.rag.match_features import NAMES, WordWeights, match_features

CANDIDATES = 50
"""Of each ranking, that are judged anew."""
SHAPES: dict[str, tuple[int | str, ...]] = {
    "mean": (len(NAMES),),
    "spread": (len(NAMES),),
    "0.weight": ("H", len(NAMES)),
    "0.bias": ("H",),
    "2.weight": ("H", "H"),
    "2.bias": ("H",),
    "4.weight": (1, "H"),
    "4.bias": (1,),
}


class Reranker:
    """A trained second stage."""

    def __init__(self, tensors: Tensors, words: WordWeights):
        self._tensors = tensors
        self.words = words

    @classmethod
    def load(cls, folder: Path | str) -> Reranker | None:
        """The reranker in an encoder's `folder`, None where it has none. Raises ModelError for a damaged folder."""
        path, record = read_record(Path(folder))
        if RERANKER not in record["sha256"]:
            return None
        return cls(read_tensors(path / RERANKER, SHAPES), _word_weights(path, record))

    def scores(self, question: str, passages: Sequence[str], lexical: np.ndarray, dense: np.ndarray) -> np.ndarray:
        """How well each passage answers, (N) float32, only to be compared with one another: the higher, the better.

        `lexical` and `dense` are the scores (N) of BM25 and of the encoder for all of them.
        """
        return self.judged(match_features(question, passages, lexical, dense, self.words))

    def judged(self, features: np.ndarray) -> np.ndarray:
        """(N) for the figures (N, F) of N passages."""
        own = self._tensors
        x = (features - own["mean"]) / own["spread"]
        x = np.maximum(x @ own["0.weight"].T + own["0.bias"], 0)
        x = np.maximum(x @ own["2.weight"].T + own["2.bias"], 0)
        return (x @ own["4.weight"].T + own["4.bias"])[:, 0]


def _word_weights(folder: Path, record: dict[str, Any]) -> WordWeights:
    words = record.get("words")
    try:
        counts = {str(word): int(count) for word, count in words["counts"].items()}
        return WordWeights(counts, int(words["documents"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder}: its record has no words ({error!r}); train the encoder again") from None
