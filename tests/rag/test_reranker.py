"""The reranker learns which figures matter, and says so in numpy as in torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from slm.rag.encoder_folder import RECORD
from slm.rag.match_features import NAMES, WordWeights
from slm.rag.reranker import Reranker
from slm.rag.reranker_training import FEWEST, Judged, train_reranker

WORDS = WordWeights({}, 1)


def questions(count: int, seed: int = 0) -> list[Judged]:
    """Ten candidates each, of which the one with the highest sum of two figures is right."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        features = random.normal(size=(10, len(NAMES))).astype(np.float32)
        best = int(np.argmax(features[:, 3] + features[:, 6]))
        found.append(Judged(np.arange(10) + 10 * number, features, frozenset({best + 10 * number})))
    return found


def test_it_learns_what_matters():
    tensors, figures = train_reranker(questions(300), WORDS)
    assert figures["recall@1"] > 0.8  # by questions that it did not learn from; a figure alone has half
    reranker = Reranker(tensors, WORDS)
    right = [np.argmax(reranker.judged(q.features)) + q.candidates[0] in q.right for q in questions(100, seed=1)]
    assert np.mean(right) > 0.8


def test_the_same_seed_gives_the_same_reranker():
    first, second = (train_reranker(questions(60), WORDS, seed=3)[0] for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_too_few_questions_make_none():
    assert train_reranker(questions(FEWEST - 1), WORDS) == (None, {})
    hopeless = [Judged(q.candidates, q.features, frozenset({-1})) for q in questions(100)]
    assert train_reranker(hopeless, WORDS) == (None, {})


def test_it_orders_passages_of_a_folder(encoder_folder: Path):
    reranker = Reranker.load(encoder_folder)
    assert json.loads((encoder_folder / RECORD).read_text())["training"]["reranker"]["recall@1"] > 0.5
    passages = ["bakosha looks red in the sun", "nothing of this kind"]
    scores = reranker.scores("What is the colour of bakosha?", passages, np.array([3.0, 0]), np.array([0.8, 0.1]))
    assert scores.shape == (2,) and scores[0] > scores[1]
    assert reranker.scores("x", [], np.zeros(0), np.zeros(0)).shape == (0,)
