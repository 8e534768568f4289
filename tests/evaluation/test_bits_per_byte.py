"""The one definition of bits per byte, worked out by hand and token by token beside the function."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import split_of, tiny_model, tiny_tokenizer

from slm.data.token_store import Split, TokenStore
from slm.errors import DataError
from slm.evaluation.bits_per_byte import DocumentLosses, bootstrap_interval, document_losses, evaluate
from slm.generation.onnx_engine import OnnxEngine
from slm.generation.onnx_graph import write_graph
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT

END = tiny_tokenizer().eot_token
BYTES = tiny_tokenizer().bytes_per_token


def random_documents(*lengths: int, seed: int = 0) -> list[list[int]]:
    """Documents of so many tokens, the end token among them."""
    draw = np.random.default_rng(seed)
    return [[*draw.integers(0, END, length - 1).tolist(), END] for length in lengths]


def losses_of(model: GPT, split: Split, responses: bool = False, batch_size: int = 16) -> DocumentLosses:
    return document_losses(model, split, tiny_tokenizer(), np.arange(split.documents), responses, batch_size)


@torch.no_grad()
def by_hand(model: GPT, ids: list[int], first: int) -> float:
    """Nats of ids[first:], each token alone, after what stands before it in the first window that reaches it."""
    block_size, total = model.config.block_size, 0.0
    for place in range(first, len(ids)):
        start = 0
        while place > start + block_size:
            start += max(1, block_size // 2)
        logits = model(torch.tensor([ids[start:place]]))[0, -1]
        total -= logits.double().log_softmax(dim=0)[ids[place]].item()
    return total


def indifferent_model(weights: torch.Tensor | None = None, block_size: int = 16) -> GPT:
    """A model that always predicts the same: softmax of `weights` (V,), or every token alike."""
    model = tiny_model(block_size=block_size)
    with torch.no_grad():
        model.transformer.ln_f.weight.zero_()
        model.transformer.ln_f.bias.zero_()
        if weights is not None:
            model.transformer.ln_f.bias[0] = 1
            model.transformer.wte.weight[:, 0] = weights
    return model


# By hand


def test_a_document_by_hand(model: GPT):
    tokenizer = tiny_tokenizer()
    ids = [*tokenizer.encode_ordinary("The café."), END]
    with torch.no_grad():
        inputs = torch.tensor([[END, *ids[:-1]]])
        log_probabilities = model(inputs)[0].log_softmax(dim=-1)
    nats = -sum(log_probabilities[n, token].item() for n, token in enumerate(ids))

    score = evaluate(model, split_of([ids]), tokenizer)

    assert (score.documents, score.tokens, score.bytes) == (1, len(ids), 10)  # é is two bytes, the end token none
    assert score.bits_per_byte == pytest.approx(nats / math.log(2) / 10, rel=1e-5)
    assert score.loss == pytest.approx(nats / len(ids), rel=1e-5)
    assert score.perplexity == pytest.approx(math.exp(nats / len(ids)), rel=1e-4)


@pytest.mark.parametrize("block_size", [1, 2, 3, 5, 8, 16])
def test_documents_of_any_length_by_hand(block_size: int):
    model = tiny_model(block_size=block_size)
    documents = random_documents(1, 2, 3, block_size, block_size + 1, 2 * block_size, 2 * block_size + 1, 25)
    losses = losses_of(model, split_of(documents))
    for document, nats, tokens in zip(documents, losses.nats, losses.tokens, strict=True):
        assert nats == pytest.approx(by_hand(model, [END, *document], first=1), rel=1e-4)
        assert tokens == len(document)
    assert losses.bytes.tolist() == [int(BYTES[document[:-1]].sum()) for document in documents]


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=6), block_size=st.integers(1, 20),
    batch_size=st.integers(1, 9), seed=st.integers(0, 99),
)  # fmt: skip
def test_every_token_is_scored_exactly_once(lengths: list[int], block_size: int, batch_size: int, seed: int):
    """Each token has a loss of its own, whatever stands before it: a token too many or too few shows in the sum."""
    weights = torch.randn(END + 1, generator=torch.Generator().manual_seed(seed))
    nats = -weights.double().log_softmax(dim=0).numpy()
    documents = random_documents(*lengths, seed=seed)
    losses = losses_of(indifferent_model(weights, block_size), split_of(documents), batch_size=batch_size)
    assert losses.nats == pytest.approx([nats[document].sum() for document in documents], rel=1e-5)
    assert losses.tokens.tolist() == lengths


def test_a_model_that_knows_nothing_needs_the_bits_of_any_token():
    documents = random_documents(3, 30, 17)
    score = evaluate(indifferent_model(), split_of(documents), tiny_tokenizer())
    size = sum(int(BYTES[document[:-1]].sum()) for document in documents)
    assert score.tokens == 50
    assert score.bits_per_byte == pytest.approx(math.log2(END + 1) * 50 / size, rel=1e-5)
    assert score.loss == pytest.approx(math.log(END + 1), rel=1e-5)


def test_a_store_is_scored_by_the_bytes_of_its_texts(model: GPT, store: TokenStore):
    score = evaluate(model, store.validation, store.tokenizer)
    counts = store.manifest["splits"]["validation"]
    assert (score.documents, score.tokens, score.bytes) == (counts["documents"], counts["tokens"], counts["bytes"])


# Responses


def test_only_responses_are_scored(model: GPT):
    documents = random_documents(8, 30, 12, 40)
    prompts = [5, 3, 11, 25]
    losses = losses_of(model, split_of(documents, prompts), responses=True)
    for document, prompt, nats, tokens, size in zip(
        documents, prompts, losses.nats, losses.tokens, losses.bytes, strict=True
    ):
        assert nats == pytest.approx(by_hand(model, document, first=prompt), rel=1e-4)
        assert tokens == len(document) - prompt
        assert size == BYTES[document[prompt:-1]].sum()


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=1, max_size=5), st.integers(1, 20))
def test_every_token_of_a_response_is_scored_exactly_once(shapes: list[tuple[int, int]], block_size: int):
    weights = torch.randn(END + 1, generator=torch.Generator().manual_seed(1))
    nats = -weights.double().log_softmax(dim=0).numpy()
    documents = random_documents(*(prompt + response + 1 for prompt, response in shapes))
    split = split_of(documents, [prompt for prompt, _ in shapes])
    losses = losses_of(indifferent_model(weights, block_size), split, responses=True)
    expected = [nats[document[prompt:]].sum() for document, (prompt, _) in zip(documents, shapes, strict=True)]
    assert losses.nats == pytest.approx(expected, rel=1e-5)
    assert losses.tokens.tolist() == [response + 1 for _, response in shapes]


def test_the_prompt_counts_as_context(model: GPT):
    response = [1, 2, 3, END]
    losses = losses_of(model, split_of([[7, 8, *response], [9, 10, *response]], [2, 2]), responses=True)
    assert abs(losses.nats[0] - losses.nats[1]) > 1e-3


def test_plain_documents_have_no_responses(model: GPT, store: TokenStore):
    with pytest.raises(DataError, match="expected records with prompts"):
        evaluate(model, store.validation, store.tokenizer, responses=True)


# What must make no difference


@pytest.mark.parametrize("block_size", [8, 48])
def test_batches_of_any_size_give_the_same(block_size: int):
    model = tiny_model(block_size=block_size)
    split = split_of(random_documents(5, 70, 33, 1, 48, 49, 12, 90, 3), [1] * 9)
    for responses in (False, True):
        expected = losses_of(model, split, responses, batch_size=1)
        for batch_size in (3, 16):
            losses = losses_of(model, split, responses, batch_size)
            np.testing.assert_allclose(losses.nats, expected.nats, rtol=1e-5)
            assert np.array_equal(losses.tokens, expected.tokens) and np.array_equal(losses.bytes, expected.bytes)
        scores = [evaluate(model, split, tiny_tokenizer(), responses=responses, batch_size=n) for n in (1, 3, 16)]
        assert max(s.bits_per_byte for s in scores) - min(s.bits_per_byte for s in scores) < 1e-5


@pytest.mark.parametrize("responses", [False, True])
def test_an_engine_scores_as_its_model_does(model: GPT, responses: bool, tmp_path: Path):
    split = split_of(random_documents(5, 70, 33, 2), [1, 30, 16, 1])
    expected = losses_of(model, split, responses)
    write_graph(model, tmp_path / "model.onnx", 32)
    for engine in (TorchEngine(model), OnnxEngine(tmp_path / "model.onnx", threads=1)):
        losses = losses_of(engine, split, responses)
        np.testing.assert_allclose(losses.nats, expected.nats, rtol=1e-5)
        assert np.array_equal(losses.tokens, expected.tokens) and np.array_equal(losses.bytes, expected.bytes)


def test_dropout_plays_no_part_and_the_mode_stays():
    model, split = tiny_model(dropout=0.5), split_of(random_documents(20, 5))
    expected = losses_of(tiny_model(), split).nats
    for training in (True, False):
        model.train(training)
        assert losses_of(model, split).nats == pytest.approx(expected, rel=1e-6)
        assert model.training is training


def test_a_part_of_a_split_is_spread_evenly(model: GPT):
    documents = random_documents(*range(2, 22))
    split = split_of(documents)
    score = evaluate(model, split, tiny_tokenizer(), documents=4)
    assert (score.documents, score.tokens) == (4, sum(len(documents[n]) for n in (0, 6, 12, 19)))
    assert evaluate(model, split, tiny_tokenizer(), documents=1).tokens == 2
    assert evaluate(model, split, tiny_tokenizer(), documents=0).documents == 20
    assert evaluate(model, split, tiny_tokenizer(), documents=1000).documents == 20


def test_progress_goes_to_the_end(model: GPT):
    calls: list[tuple[int, int]] = []
    split = split_of(random_documents(40, 3, 9))
    evaluate(model, split, tiny_tokenizer(), batch_size=2, progress=lambda *call: calls.append(call))
    assert calls and calls[-1][0] == calls[-1][1] and calls == sorted(calls)


def test_documents_without_text_are_refused(model: GPT):
    with pytest.raises(DataError, match="are the documents empty"):
        evaluate(model, split_of([[END], [END]]), tiny_tokenizer())


# The interval


def test_the_interval_holds_the_estimate_and_narrows_with_documents(model: GPT):
    documents = random_documents(*([12, 5, 20, 9, 15] * 40))
    scores = [evaluate(model, split_of(documents[:count]), tiny_tokenizer()) for count in (10, 50, 200)]
    widths = []
    for score in scores:
        low, high = score.interval
        assert low < score.bits_per_byte < high
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2]
    assert evaluate(model, split_of(documents[:10]), tiny_tokenizer()).interval == scores[0].interval
    assert evaluate(model, split_of(documents[:10]), tiny_tokenizer(), seed=1).interval != scores[0].interval


def test_the_interval_is_that_of_the_ratio():
    """For documents of one size it is the mean's, whose normal approximation is known."""
    draw = np.random.default_rng(0)
    bits = draw.normal(100.0, 10.0, 400)
    low, high = bootstrap_interval(bits, np.full(400, 50), seed=0)
    error = 1.96 * bits.std() / math.sqrt(400) / 50
    assert low == pytest.approx(bits.mean() / 50 - error, abs=0.1 * error)
    assert high == pytest.approx(bits.mean() / 50 + error, abs=0.1 * error)


def test_one_document_has_an_interval_of_a_point(model: GPT):
    score = evaluate(model, split_of(random_documents(9)), tiny_tokenizer())
    assert score.interval == pytest.approx((score.bits_per_byte, score.bits_per_byte))
