"""Trains a reranker on held-out questions: of all candidates of a question, which one answers it?

The questions must be new to the encoder, whose scores would look surer than they are otherwise. What is reported comes
from questions that the reranker did not learn from either: it is trained once without each third of them.
(N candidates of a question, F figures, Q questions.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from slm.rag.encoder_folder import Tensors
from slm.rag.match_features import NAMES, WordWeights
from slm.rag.measures import ndcg_at, recall_at
from slm.rag.reranker import Reranker

HIDDEN = 32
EPOCHS = 40
BATCH = 64  # questions
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2
FOLDS = 3
ABSENT = -1e4
FEWEST = 30  # questions with their answer among the candidates; with fewer there is nothing to learn from


@dataclass(frozen=True)
class Judged:
    """A question's candidates: their numbers, their figures (N, F), and which of them are right."""

    candidates: np.ndarray
    features: np.ndarray
    right: frozenset[int]

    def marks(self) -> np.ndarray:
        return np.array([int(number) in self.right for number in self.candidates])


def train_reranker(
    questions: Sequence[Judged], words: WordWeights, seed: int = 0
) -> tuple[Tensors | None, dict[str, float]]:
    """The network's tensors and its figures on questions that it did not learn from; (None, {}) for too few."""
    if sum(question.marks().any() for question in questions) < FEWEST:
        return None, {}
    found: list[list[int]] = [[] for _ in questions]
    for fold in range(FOLDS):
        others = [question for i, question in enumerate(questions) if i % FOLDS != fold]
        reranker = Reranker(_fitted(others, seed), words)
        for i in range(fold, len(questions), FOLDS):
            order = np.argsort(-reranker.judged(questions[i].features), kind="stable")
            found[i] = questions[i].candidates[order].tolist()
    right = [question.right for question in questions]
    figures = {f"recall@{k}": float(recall_at(found, right, k).mean()) for k in (1, 5, 10)}
    return _fitted(questions, seed), figures | {"ndcg@10": float(ndcg_at(found, right, 10).mean())}


def _fitted(questions: Sequence[Judged], seed: int) -> Tensors:
    """Softmax over the candidates of a question, the right ones taken together (Cao et al. 2007, with one grade)."""
    learned = [question for question in questions if question.marks().any()]
    every = np.concatenate([question.features for question in learned])
    mean, spread = every.mean(0), every.std(0) + 1e-6
    features, absent, wrong = _padded(learned, mean, spread)
    generator = torch.Generator().manual_seed(seed)
    network = _network(generator)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(learned) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(learned), generator=generator).split(BATCH):
            shares = (network(features[chosen])[..., 0] + absent[chosen]).log_softmax(dim=1)  # (Q, N)
            loss = -(shares + wrong[chosen]).logsumexp(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    tensors = {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}
    return tensors | {"mean": mean, "spread": spread}


def _padded(
    questions: Sequence[Judged], mean: np.ndarray, spread: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Figures (Q, N, F), and what to add to the scores (Q, N) to leave out what is absent, and what is wrong."""
    longest = max(len(question.candidates) for question in questions)
    features = torch.zeros(len(questions), longest, len(NAMES))
    absent = torch.full((len(questions), longest), ABSENT)
    wrong = torch.full((len(questions), longest), ABSENT)
    for row, question in enumerate(questions):
        count = len(question.candidates)
        features[row, :count] = torch.from_numpy((question.features - mean) / spread)
        absent[row, :count] = 0
        wrong[row, :count][torch.from_numpy(question.marks())] = 0
    return features, absent, wrong


def _network(generator: torch.Generator) -> nn.Sequential:
    network = nn.Sequential(
        nn.Linear(len(NAMES), HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
    )
    for parameter in network.parameters():
        if parameter.dim() == 2:
            nn.init.kaiming_uniform_(parameter, a=5**0.5, generator=generator)
        else:
            nn.init.zeros_(parameter)
    return network
