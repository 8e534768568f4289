"""The encoder learns what words alone do not tell, and numpy gives the vectors that torch was trained to give."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_pairs import TINY, records

from slm.data.tokenizer_training import train_bpe
from slm.errors import ConfigError
from slm.rag.encoder import TextEncoder, token_ids
from slm.rag.encoder_training import EncoderModule, EncoderSettings, train_encoder
from slm.rag.pairs import Pairs, sorted_pairs
from slm.training.observer import Observer


def tiny_pairs() -> Pairs:
    found = records()
    return sorted_pairs(
        ("validation" if number % 5 == 0 else "train", {"question": row["question"], "response": row["answer"]})
        for number, row in enumerate(found)
    )


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return tiny_pairs()


@pytest.fixture(scope="module")
def tokenizer(pairs: Pairs):
    texts = [pair.question for pair in pairs.train] + [pairs.answers[pair.answer] for pair in pairs.train]
    return train_bpe((text.lower() for text in texts), TINY.vocabulary)


class Heard(Observer):
    def __init__(self):
        self.messages, self.places = [], []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def working(self, what: str, done: int, total: int) -> None:
        self.places.append((done, total))


def test_it_learns_kind_and_thing(pairs, tokenizer):
    """A word alone finds one of four answers about a thing; the encoder knows which kind answers which question."""
    heard = Heard()
    no_hard = [[] for _ in pairs.train]
    trained = train_encoder(pairs, tokenizer, no_hard, TINY, heard)
    assert trained.figures["recall@1"] > 0.6
    assert f"epoch {TINY.epochs}/{TINY.epochs}" in heard.messages[-1] and "left" in heard.messages[-1]
    assert heard.places[-1][0] == heard.places[-1][1] == len(heard.places)
    again = train_encoder(pairs, tokenizer, no_hard, TINY, Observer())
    assert np.allclose(again.tensors["embedding"], trained.tensors["embedding"], atol=1e-3)


def test_numpy_gives_the_vectors_of_torch(pairs, tokenizer):
    torch.manual_seed(1)
    module = EncoderModule(np.linspace(0.01, 1, tokenizer.n_vocab), dimension=48)
    for shift in module.shifts:
        torch.nn.init.normal_(shift)
    tensors = {name: values.astype(np.float32) for name, values in module.tensors().items()}
    encoder = TextEncoder(tokenizer, tensors)
    texts = [*pairs.answers, "", "Something ELSE. " * 200]
    with torch.no_grad():
        passages, questions = (module(token_ids(tokenizer, texts), side).numpy() for side in (True, False))
    assert np.abs(encoder.encode(texts) - passages).max() < 1e-3
    assert np.abs(encoder.encode_questions(texts) - questions).max() < 1e-3


def test_right_answers_are_no_negatives(pairs, tokenizer):
    """With two right answers to one question in a batch, neither is pushed away from it."""
    from slm.rag.encoder_training import _Trainer

    first = pairs.train[0]
    other = next(pair for pair in pairs.train if pair.answer != first.answer)
    right = pairs.right | {next(iter(k for k, v in pairs.right.items() if v == {first.answer})): frozenset(
        {first.answer, other.answer}
    )}  # fmt: skip
    trainer = _Trainer(Pairs(pairs.answers, pairs.train, pairs.held_out, right), tokenizer, [[]] * 999, TINY)
    scores = torch.tensor([[1.0, 50.0], [0.0, 1.0]])
    loss = trainer._loss(scores, [first, other], [first.answer, other.answer])
    # the 50 counts neither for the first question nor for the other answer; what is left is one pair of 1 and 0
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)) / 2, abs=1e-4)


@pytest.mark.parametrize(("field", "value"), [("vocabulary", 10), ("dimension", 1), ("epochs", 0), ("batch", 1)])
def test_settings_that_cannot_be(field: str, value: int):
    with pytest.raises(ConfigError, match=field):
        EncoderSettings(**{field: value})
