"""The reference engine computes what the model computes, and a text is the same alone, in a batch, behind a prefix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from engine_moves import random_ids, random_moves
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_model, tiny_tokenizer

from slm.generation.batch import Batch, Drawn, GenerationConfig
from slm.generation.torch_engine import ROWS, TorchEngine
from slm.model.gpt import GPT

MODELS = {
    "gpt2": tiny_model(n_layer=3, n_head=4, n_embd=32, block_size=32),
    "without biases": tiny_model(bias=False, block_size=32),
    "qwen3": tiny_model(architecture="qwen3", n_embd=32, block_size=32),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> GPT:
    return MODELS[request.param]


def uncached(model: GPT, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model(torch.tensor([ids]))[0].numpy()


def close(first: np.ndarray, second: np.ndarray) -> None:
    np.testing.assert_allclose(first, second, atol=1e-5, rtol=0)


# The logits


@pytest.mark.parametrize("parts", [[32], [1] * 32, [31, 1], [1, 31], [16, 16], [17, 3, 1, 1, 10]])
def test_cached_logits_equal_uncached(model: GPT, parts: list[int]):
    engine, ids = TorchEngine(model), random_ids(32)
    expected, sequence, end = uncached(model, ids), engine.open(), 0
    for part in parts:
        (logits,) = engine.extend({sequence: ids[end : end + part]})
        end += part
        close(logits, expected[end - 1])
    close(engine.logits(ids), expected)


def test_sequences_of_different_lengths_go_on_together(model: GPT):
    engine, lengths = TorchEngine(model), (5, 1, 20, 32, 9)
    texts = [random_ids(length, seed) for seed, length in enumerate(lengths)]
    logits = engine.extend({engine.open(): ids for ids in texts})
    assert logits.shape == (5, model.config.vocab_size) and logits.dtype == np.float32
    close(logits, np.stack([uncached(model, ids)[-1] for ids in texts]))


@settings(max_examples=25)
@given(st.data())
def test_the_bits_depend_on_the_ids_alone(data: st.DataObject):
    """Whatever is opened, forked, rewound and closed in between, and in whatever portions tokens come."""
    engine = TorchEngine(MODELS["gpt2"], slots=4)
    for ids, logits in random_moves(engine, data):
        assert np.array_equal(logits, TorchEngine(MODELS["gpt2"]).logits(ids)[-1])


def test_rows_of_a_tile_that_do_not_agree_are_computed_one_by_one(monkeypatch: pytest.MonkeyPatch):
    assert TorchEngine(MODELS["gpt2"]).rows == ROWS
    features = GPT.features
    drift = torch.arange(ROWS)[:, None, None] * 1e-6
    monkeypatch.setattr(GPT, "features", lambda self, ids, cache: features(self, ids, cache) + drift[: len(ids)])
    engine, ids = TorchEngine(MODELS["gpt2"]), random_ids(20)
    assert engine.rows == 1
    close(engine.logits(ids), uncached(MODELS["gpt2"], ids))


def test_the_engine_leaves_the_model_and_torchs_random_state_alone():
    model = tiny_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.random.get_rng_state()
    TorchEngine(model.train()).logits(random_ids(9))
    assert torch.equal(torch.random.get_rng_state(), state) and not model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


# A request gives the same text


@dataclass(frozen=True)
class Request:
    ids: list[int]
    config: GenerationConfig


def requests(count: int, longest: int, seed: int = 0) -> list[Request]:
    """Half of them greedy, half sampled; with prompts of all lengths that begin in one of four ways."""
    draw = np.random.default_rng(seed)
    beginnings = [draw.integers(0, 269, longest // 2).tolist() for _ in range(4)]
    made = []
    for number in range(count):
        rest = draw.integers(0, 269, draw.integers(1, longest // 2)).tolist()
        ids = beginnings[draw.integers(4)][: draw.integers(0, longest // 2)] + rest
        sampled = {"temperature": 1.0, "top_k": int(draw.choice([0, 20])), "min_p": 0.01, "repetition_penalty": 1.1}
        config = GenerationConfig(
            int(draw.integers(1, 25)), seed=number, continue_past_context=bool(number % 3), log_probabilities=2,
            **(sampled if number % 2 else {"temperature": 0.0}),
        )  # fmt: skip
        made.append(Request(ids, config))
    return made


def together(model: GPT, some: list[Request], slots: int, at_a_time: int) -> list[list[Drawn]]:
    """What is drawn for each request, with `at_a_time` of them joining each step of one batch."""
    batch = Batch(TorchEngine(model, slots), tiny_tokenizer())
    drawn, number_of, rest = [[] for _ in some], {}, list(enumerate(some))
    while rest or batch.busy:
        for number, request in rest[:at_a_time]:
            number_of[batch.add(request.ids, request.config)[0]] = number
        rest = rest[at_a_time:]
        for writer, piece in batch.step():
            drawn[number_of[writer]].append(piece.drawn)
    return drawn


def assert_same_texts(model: GPT, some: list[Request]) -> None:
    """Tokens and log-probabilities, to the bit."""
    alone = [together(model, [request], 1, 1)[0] for request in some]
    assert together(model, some, slots=7, at_a_time=2) == alone
    assert together(model, some, slots=16, at_a_time=len(some)) == alone
    behind_a_prefix = []
    for request in some:  # of which all but the last token was computed before, as the prompt of another text
        before = Request([*request.ids[:-1], 1], GenerationConfig(1))
        behind_a_prefix.append(together(model, [before, request], 2, 1)[1])
    assert behind_a_prefix == alone


def test_alone_in_a_batch_and_behind_a_prefix(model: GPT):
    assert_same_texts(model, requests(12, longest=30))


@pytest.mark.slow
@pytest.mark.parametrize(("threads", "count"), [(1, 1000), (2, 100)])
def test_alone_in_a_batch_and_behind_a_prefix_1000_of_1000(threads: int, count: int):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        model = tiny_model(n_head=4, n_embd=64, block_size=48)
        assert_same_texts(model, requests(count, longest=44, seed=1))
    finally:
        torch.set_num_threads(before)
