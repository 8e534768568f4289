"""The share of generated n-grams that stand in the training text, against looking for them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import TEXTS

from slm.data.token_store import TokenStore
from slm.evaluation import memorisation
from slm.evaluation.memorisation import memorised_share

TRAINING = np.random.default_rng(0).integers(0, 50_257, 5000).astype(np.uint16)


def one_by_one(texts: list[list[int]], training: list[int], n: int) -> tuple[int, int]:
    known = {tuple(training[start : start + n]) for start in range(len(training) - n + 1)}
    generated = [tuple(text[start : start + n]) for text in texts for start in range(len(text) - n + 1)]
    return len(generated), sum(ngram in known for ngram in generated)


def test_a_piece_of_the_training_text_is_all_memory():
    result = memorised_share([TRAINING[100:160].tolist(), TRAINING[-8:].tolist()], TRAINING)
    assert (result.ngram, result.generated, result.found, result.share, result.samples) == (8, 54, 54, 1.0, 2)


def test_text_that_is_not_in_it_is_none():
    result = memorised_share([TRAINING[100:160][::-1].tolist()], TRAINING)
    assert (result.generated, result.found, result.share) == (53, 0, 0.0)


def test_a_mixture_counts_what_is_whole():
    text = [*TRAINING[10:20].tolist(), 1, *TRAINING[30:38].tolist()]
    result = memorised_share([text], TRAINING)
    assert (result.generated, result.found) == (12, 4)  # three in the first ten tokens, one in the last eight
    assert result.share == pytest.approx(4 / 12)


def test_order_and_repeated_tokens_count():
    training = np.array([5, 5, 5, 6, 7, 5, 5])
    for text, found in (([5, 5, 6], 1), ([5, 6, 5], 0), ([6, 5, 5], 0), ([7, 5, 5], 1), ([0, 0, 0], 0), ([5, 5, 5], 1)):
        assert memorised_share([text], training, n=3).found == found, text


@pytest.mark.parametrize("texts", [[], [[]], [[1, 2, 3]], [TRAINING[:7].tolist()]])
def test_too_little_text_has_no_share(texts: list[list[int]]):
    result = memorised_share(texts, TRAINING)
    assert (result.generated, result.found, result.share, result.samples) == (0, 0, 0.0, len(texts))


def test_a_training_text_shorter_than_an_ngram_holds_none():
    assert memorised_share([list(range(20))], np.arange(7)).found == 0
    assert memorised_share([list(range(20))], np.empty(0, np.uint16)).found == 0


@pytest.mark.parametrize("chunk", [1, 2, 7, 8, 9, 64, 4999, 5000])
def test_ngrams_across_the_borders_of_chunks_are_found(monkeypatch: pytest.MonkeyPatch, chunk: int):
    monkeypatch.setattr(memorisation, "CHUNK", chunk)
    training = TRAINING[:200] if chunk < 9 else TRAINING
    assert memorised_share([training.tolist()], training).share == 1.0
    for start in (0, chunk - 4, chunk, len(training) - 8):
        if 0 <= start <= len(training) - 8:
            assert memorised_share([training[start : start + 8].tolist()], training).found == 1


@given(
    training=st.lists(st.integers(0, 3), max_size=60),
    texts=st.lists(st.lists(st.integers(0, 3), max_size=15), max_size=4),
    n=st.integers(1, 5), chunk=st.integers(1, 70),
)  # fmt: skip
def test_as_looking_one_by_one_finds_them(training: list[int], texts: list[list[int]], n: int, chunk: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memorisation, "CHUNK", chunk)
        result = memorised_share(texts, np.array(training, np.uint16), n)
    assert (result.generated, result.found) == one_by_one(texts, training, n)


def test_a_store_as_it_lies_in_the_memory_map(store: TokenStore):
    ids = store.tokenizer.encode_ordinary(TEXTS[0])
    assert memorised_share([ids], store.train.tokens).share == 1.0
