"""Trains a text encoder on questions and their answers: in-batch and hard negatives, cross-entropy over products.

The loss is that of Henderson et al. 2017 (arXiv 1705.00652): of all answers in a batch, which one belongs to the
question; and of all questions, which one to the answer. Hard negatives are what BM25 ranks high for the question and
is not right (Karpukhin et al. 2020, arXiv 2004.04906). Knows nothing of files.
(V tokens of the vocabulary, D channels, B pairs of a batch, N texts.)
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError
from slm.rag.encoder import TextEncoder, token_ids
from slm.rag.encoder_folder import Tensors
from slm.rag.measures import ndcg_at, recall_at
from slm.rag.pairs import Pairs
from slm.training.observer import Observer

WARM_UP = 30  # steps
FIRST_SCALE = 20.0  # what products are multiplied with before the softmax, until training finds better
SCALE_RATE = 5  # how much faster than the rest it is learned
NOT_IN_THE_BATCH = -1e4


@dataclass(frozen=True)
class EncoderSettings:
    """How an encoder is made. Raises ConfigError that names the field."""

    vocabulary: int = 8192
    """Tokens of its byte-pair encoding, made from the training text in lower case."""
    dimension: int = 512
    """Channels of a vector."""
    epochs: int = 9
    batch: int = 512
    """Pairs of a step: each is told from the answers of all the others."""
    learning_rate: float = 2e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("vocabulary", 257, 65_536), ("dimension", 8, 4096), ("epochs", 1, 10_000)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name}: expected {least} to {most}, got {getattr(self, name)}")
        if self.batch < 2 or not 0 < self.learning_rate < 1:
            raise ConfigError(
                f"expected a batch of at least 2 and a learning rate between 0 and 1, got {self.batch} and "
                f"{self.learning_rate}"
            )


class EncoderModule(nn.Module):
    """What `TextEncoder` computes, with gradients; weights of tokens are kept as logarithms, so they stay positive."""

    def __init__(self, document_share: np.ndarray, dimension: int):
        """`document_share` (V): in what share of the passages a token occurs; the rarer, the heavier at first."""
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(len(document_share), dimension) / math.sqrt(dimension))
        rarity = torch.from_numpy(-np.log(document_share)).float().clamp(min=0.3).log()
        self.weights = nn.ParameterList([nn.Parameter(rarity.clone()) for _ in range(2)])
        self.shifts = nn.ParameterList([nn.Parameter(torch.zeros(dimension)) for _ in range(2)])

    def forward(self, ids: Sequence[np.ndarray], passages: bool) -> torch.Tensor:
        """Unit vectors (N, D) of N texts."""
        flat = torch.from_numpy(np.concatenate(ids))
        starts = torch.from_numpy(np.cumsum([0, *map(len, ids[:-1])]))
        weights = self.weights[passages][flat].exp()
        sums = F.embedding_bag(flat, self.embedding, starts, mode="sum", per_sample_weights=weights)
        return F.normalize(F.normalize(sums, dim=-1) + self.shifts[passages], dim=-1)

    def tensors(self) -> Tensors:
        """What the folder keeps: the embedding in 16 bits, which moves a vector by less than 0.001."""
        (question_weights, passage_weights), (question_shift, passage_shift) = self.weights, self.shifts
        named = {
            "embedding": self.embedding.half(), "question_weights": question_weights.exp(),
            "passage_weights": passage_weights.exp(), "question_shift": question_shift, "passage_shift": passage_shift,
        }  # fmt: skip
        return {name: tensor.detach().numpy().copy() for name, tensor in named.items()}


@dataclass(frozen=True)
class TrainedEncoder:
    """The best of all epochs, and its figures on the held-out questions."""

    tensors: Tensors
    epoch: int
    figures: dict[str, float]

    def encoder(self, tokenizer: Tokenizer) -> TextEncoder:
        return TextEncoder(tokenizer, {name: values.astype(np.float32) for name, values in self.tensors.items()})


def train_encoder(
    pairs: Pairs, tokenizer: Tokenizer, hard: list[list[int]], settings: EncoderSettings, observer: Observer
) -> TrainedEncoder:
    """Train on `pairs.train`, measuring on the held-out questions after each epoch. `hard` has for each training
    pair answers that look right and are not."""
    torch.manual_seed(settings.seed)
    trainer = _Trainer(pairs, tokenizer, hard, settings)
    best, started = None, time.perf_counter()
    for epoch in range(settings.epochs):
        loss = trainer.epoch(epoch, observer)
        figures = trainer.figures()
        if best is None or figures["ndcg@10"] > best.figures["ndcg@10"]:
            best = TrainedEncoder(trainer.module.tensors(), epoch + 1, figures)
        left = (time.perf_counter() - started) / (epoch + 1) * (settings.epochs - epoch - 1)
        observer.message(
            f"epoch {epoch + 1}/{settings.epochs}: loss {loss:.3f}, held-out recall@1 {figures['recall@1']:.3f}, "
            f"@10 {figures['recall@10']:.3f}; {left:.0f} s left"
        )
    return best


class _Trainer:
    """The state of a training: module, optimizer, step."""

    def __init__(self, pairs: Pairs, tokenizer: Tokenizer, hard: list[list[int]], settings: EncoderSettings):
        self.pairs, self.settings, self.hard = pairs, settings, hard
        self.answers = token_ids(tokenizer, pairs.answers)
        self.questions = token_ids(tokenizer, [pair.question for pair in pairs.train])
        self.asked = pairs.held_out_questions()
        self.asked_ids = token_ids(tokenizer, self.asked)
        self.random = np.random.default_rng(settings.seed)
        self.module = EncoderModule(self._document_share(tokenizer.n_vocab), settings.dimension)
        self.scale = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))
        rate = settings.learning_rate
        groups = [{"params": list(self.module.parameters())}, {"params": [self.scale], "lr": rate * SCALE_RATE}]
        self.optimizer = torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.98))
        self.batch = min(settings.batch, len(pairs.train))
        self.steps_of_epoch = len(pairs.train) // self.batch
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def _document_share(self, vocabulary: int) -> np.ndarray:
        """(V): the share of training answers with each token, none of them 0."""
        trained = {pair.answer for pair in self.pairs.train}
        counts = np.zeros(vocabulary)
        for answer in trained:
            counts[np.unique(self.answers[answer])] += 1
        return (counts + 1) / (len(trained) + 1)

    def _rate(self, step: int) -> float:
        """Up over the first steps, then down in a line."""
        steps = self.steps_of_epoch * self.settings.epochs
        return min(1.0, (step + 1) / min(WARM_UP, steps)) * (1 - step / steps)

    def epoch(self, number: int, observer: Observer) -> float:
        """All training pairs once; the mean loss."""
        order, total = self.random.permutation(len(self.pairs.train)), 0.0
        steps = self.steps_of_epoch
        for step in range(steps):
            total += self._step(order[step * self.batch : (step + 1) * self.batch])
            observer.working("training the encoder", number * steps + step + 1, self.settings.epochs * steps)
        return total / steps

    def _step(self, chosen: np.ndarray) -> float:
        pairs = [self.pairs.train[i] for i in chosen]
        answers = [pair.answer for pair in pairs]
        answers += [int(self.random.choice(self.hard[i])) for i in chosen if self.hard[i]]
        questions = self.module([self.questions[i] for i in chosen], passages=False)  # (B, D)
        passages = self.module([self.answers[answer] for answer in answers], passages=True)  # (B + hard ones, D)
        loss = self._loss(questions @ passages.T * self.scale.exp(), pairs, answers)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    def _loss(self, scores: torch.Tensor, pairs: Sequence, answers: list[int]) -> torch.Tensor:
        """Cross-entropy of scores (B, B + hard ones) both ways; other right answers of a question do not count."""
        numbers = np.array(answers)
        right = np.stack([np.isin(numbers, list(self.pairs.right_answers(pair.question))) for pair in pairs])
        np.fill_diagonal(right, False)
        scores = scores.masked_fill(torch.from_numpy(right), NOT_IN_THE_BATCH)
        own = torch.arange(len(pairs))
        return (F.cross_entropy(scores, own) + F.cross_entropy(scores[:, : len(pairs)].T, own)) / 2

    @torch.no_grad()
    def figures(self) -> dict[str, float]:
        """Recall and nDCG on the held-out questions, over all answers."""
        passages = torch.cat([self.module(self.answers[i : i + 512], True) for i in range(0, len(self.answers), 512)])
        found = (self.module(self.asked_ids, False) @ passages.T).topk(min(10, len(passages))).indices.tolist()
        right = [self.pairs.right_answers(question) for question in self.asked]
        measured = {f"recall@{k}": recall_at(found, right, k) for k in (1, 5, 10)}
        measured["ndcg@10"] = ndcg_at(found, right, 10)
        return {name: float(values.mean()) for name, values in measured.items()}


