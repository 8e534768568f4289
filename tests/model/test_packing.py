"""Documents one behind the other: the model sees each of them as if it were alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_model
from tiny_training import random_split
from torch import Tensor

from slm.data.batches import Batches, Records
from slm.model.gpt import GPT, IGNORED
from slm.model.packing import ROW_MULTIPLE, TOKEN_MULTIPLE, Packing

CPU = torch.device("cpu")
LENGTHS = st.lists(st.integers(1, 150), min_size=1, max_size=9)
SOME = [1, 3, 7, 7, 12, 16]


def packing_of(lengths: list[int]) -> Packing:
    return Packing.of(torch.tensor(lengths), CPU)


def documents(lengths: list[int], seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    """Inputs and targets of each document, with some targets left out."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for length in lengths:
        ids = torch.randint(270, (length + 1,), generator=generator)
        targets = ids[1:].clone()
        targets[torch.rand(length, generator=generator) < 0.1] = IGNORED
        made.append((ids[:-1], targets))
    return made


def packed(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    inputs, targets = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    return inputs, targets, torch.tensor([len(x) for x, _ in pairs])


def loss_and_gradients(model: GPT, loss: Tensor) -> tuple[float, dict[str, Tensor]]:
    names, parameters = zip(*model.named_parameters(), strict=True)
    return loss.item(), dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


# Laid out as rows, and taken back


@given(lengths=LENGTHS)
def test_rows_and_tokens_are_inverse(lengths: list[int]):
    packing, x = packing_of(lengths), torch.randn(sum(lengths), 3)
    rows = packing.as_rows(x)
    assert rows.size(0) % ROW_MULTIPLE == 0 and rows.size(1) % TOKEN_MULTIPLE == 0
    assert len(lengths) <= rows.size(0) < len(lengths) + ROW_MULTIPLE
    assert max(lengths) <= rows.size(1) < max(lengths) + TOKEN_MULTIPLE
    assert torch.equal(packing.as_tokens(rows), x)
    for number, document in enumerate(x.split(lengths)):
        assert torch.equal(rows[number, : len(document)], document)


@given(lengths=LENGTHS)
def test_every_document_begins_at_position_0(lengths: list[int]):
    assert packing_of(lengths).positions.tolist() == [place for length in lengths for place in range(length)]


@given(lengths=LENGTHS)
def test_gradients_go_where_the_tokens_went(lengths: list[int]):
    packing = packing_of(lengths)
    x = torch.randn(sum(lengths), 2, requires_grad=True)
    weights = torch.randn_like(packing.as_rows(x))
    (gradient,) = torch.autograd.grad((packing.as_rows(x) * weights).sum(), x)
    assert torch.equal(gradient, packing.as_tokens(weights))  # nothing from the padding

    rows = torch.randn_like(weights, requires_grad=True)
    of_tokens = torch.randn(sum(lengths), 2)
    (gradient,) = torch.autograd.grad((packing.as_tokens(rows) * of_tokens).sum(), rows)
    padding = packing.beyond.view(packing.rows, -1)
    assert torch.equal(packing.as_tokens(gradient), of_tokens)
    assert not gradient[padding].any() and int(padding.sum()) == padding.numel() - sum(lengths)


# The model on them


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_packed_documents_have_the_loss_and_gradients_of_each_alone(training: bool):
    model, pairs = tiny_model().train(training), documents(SOME)
    loss, gradients = loss_and_gradients(model, model.loss_sum(*packed(pairs)))
    alone = [loss_and_gradients(model, model.loss_sum(x[None], y[None])) for x, y in pairs]
    assert loss == pytest.approx(sum(each for each, _ in alone), rel=1e-5)
    for name, gradient in gradients.items():
        expected = sum(of_one[name] for _, of_one in alone)
        torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item(), msg=name)


def test_packed_records_have_the_loss_of_padded_ones():
    """Questions and answers of unequal lengths, of which the answers count: a step's loss is the same either way."""
    split = random_split(4000, records=True)
    model, samples = tiny_model(block_size=64), Records(split, 64, packs=True)
    losses = []
    for packs in (False, True):
        parts = Batches(samples, 24, seed=0, packs=packs).get_batch(1, 4)
        losses.append(sum(model.loss_sum(*map(torch.from_numpy, part)).item() for part in parts))
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_the_order_of_documents_does_not_matter():
    model, pairs = tiny_model(), documents(SOME)
    assert model.loss_sum(*packed(pairs)).item() == pytest.approx(model.loss_sum(*packed(pairs[::-1])).item(), rel=1e-5)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("changed", range(len(SOME)))
def test_a_document_does_not_see_the_others(changed: int, precision: torch.dtype):
    model, pairs = tiny_model().train(), documents(SOME)
    others = list(pairs)
    others[changed] = ((pairs[changed][0] + 1) % 270, pairs[changed][1])
    packing = packing_of(SOME)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        before, after = (model.features(packed(some)[0], packing=packing).split(SOME) for some in (pairs, others))
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        assert torch.equal(one, other) == (number != changed)


def test_in_bfloat16_the_gradients_are_near_those_of_float32():
    """Through the attention by plain products, with more tokens than it takes at a time."""
    model = tiny_model(block_size=200).train()
    batch = packed(documents([5, 140, 200]))
    loss, gradients = loss_and_gradients(model, model.loss_sum(*batch))
    with torch.autocast("cpu", torch.bfloat16):
        in_low = model.loss_sum(*batch)
    low_loss, low_gradients = loss_and_gradients(model, in_low)
    assert low_loss == pytest.approx(loss, rel=0.01) and low_loss != loss
    for name, gradient in gradients.items():
        other = low_gradients[name]
        assert other.dtype == torch.float32 and torch.isfinite(other).all(), name
        if not name.endswith("c_attn.bias"):  # that of the keys is 0 but for rounding
            assert torch.cosine_similarity(gradient.flatten(), other.flatten(), dim=0) > 0.99, name
