"""First weights that look back: a plain GPT-2 whose blocks add nothing yet and whose heads find earlier tokens."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from slm.model.gpt import GPT, GPTConfig
from slm.model.hf_names import config_from_hf, config_to_hf, tensors_from_hf, tensors_to_hf
from slm.model.initialization import OFFSETS, initialize_looking_back

LENGTH = 64


def looking_back(seed: int = 0, **values: int) -> GPT:
    torch.manual_seed(seed)
    shape = {"block_size": LENGTH, "vocab_size": 300, "n_layer": 2, "n_head": 4, "n_embd": 256}
    model = GPT(GPTConfig(**shape | values))
    initialize_looking_back(model)
    return model.eval()


def some_ids(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(300, shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def attention_weights(model: GPT, ids: Tensor, tokens: bool = True) -> Tensor:
    """Of the first block, by its weights alone, with or without what the tokens themselves add: (B, H, T, T)."""
    width, heads = model.config.n_embd, model.config.n_head
    block, x = model.transformer.h[0], model.transformer.wpe.weight[: ids.size(1)].expand(len(ids), -1, -1)
    q, k, _ = block.attn.c_attn(block.ln_1(x + model.transformer.wte(ids) * tokens)).split(width, dim=-1)
    q, k = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k))
    future = torch.ones(ids.size(1), ids.size(1), dtype=torch.bool).triu(1)
    return (q @ k.mT / math.sqrt(width // heads)).masked_fill(future, -math.inf).softmax(dim=-1)


# A plain GPT-2


def test_names_shapes_and_config_are_a_plain_gpt2s():
    model = looking_back()
    plain = GPT(model.config)
    assert {name: x.shape for name, x in model.state_dict().items()} == {
        name: x.shape for name, x in plain.state_dict().items()
    }
    assert all(parameter.requires_grad and parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_it_comes_back_through_hugging_faces_names():
    model = looking_back()
    config = config_from_hf(config_to_hf(model.config, 299), "config.json")
    again = GPT(config)
    again.load_state_dict(tensors_from_hf(tensors_to_hf(model), config, "here"))
    ids = some_ids(2, 20)
    assert config == model.config and torch.equal(again.eval()(ids), model(ids))


def test_the_seed_decides():
    one, same, other = (looking_back(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    for name in ("transformer.h.0.attn.c_attn.weight", "transformer.h.1.mlp.c_fc.weight", "transformer.wte.weight"):
        assert not torch.equal(one[name], other[name])


# What it computes at first


def test_blocks_add_nothing_at_first():
    model = looking_back()
    x = torch.randn(2, 20, 256)
    for block in model.transformer.h:
        assert not block.attn(block.ln_1(x)).any() and not block.mlp(block.ln_2(x)).any()
        assert torch.equal(block(x), x)


def test_the_prediction_depends_on_the_last_token_and_its_place_alone():
    model, ids = looking_back(), some_ids(2, 20)
    others = some_ids(2, 20, seed=1)
    others[:, 13] = ids[:, 13]
    with torch.no_grad():
        logits, changed, moved = model(ids), model(others), model(ids.roll(1, dims=1))
    assert torch.equal(logits[:, 13], changed[:, 13]) and not torch.equal(logits[:, 12], changed[:, 12])
    assert not torch.allclose(logits[:, 13], moved[:, 14])


def test_it_begins_with_the_loss_of_guessing():
    model, ids = looking_back(), some_ids(4, LENGTH)
    assert model.loss_sum(ids[:, :-1], ids[:, 1:]).item() / (4 * 63) == pytest.approx(math.log(300), abs=0.3)


def test_every_weight_can_learn():
    """Two steps: the last matrix of each branch, which is 0 at first, holds back the gradient of the others."""
    model, ids = looking_back().train(), some_ids(2, 20)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        model.loss_sum(ids[:, :-1], ids[:, 1:]).backward()
        optimizer.step()
    assert all(parameter.grad.any() for parameter in model.parameters())


# Where the heads look


WIDTHS = pytest.mark.parametrize(("width", "heads"), [(128, 2), (192, 3), (256, 4), (384, 6), (768, 12)])


@WIDTHS
def test_by_position_head_n_looks_at_the_token_so_many_places_back(width: int, heads: int):
    weights = attention_weights(looking_back(n_embd=width, n_head=heads), some_ids(1, LENGTH), tokens=False)
    for head, offset in zip(range(heads - 1), OFFSETS, strict=False):
        looked_at = weights[:, head, offset:].argmax(dim=-1)  # (B, T - offset)
        assert (looked_at == torch.arange(LENGTH - offset)).float().mean() > 0.6, f"head {head}"


@WIDTHS
def test_among_the_tokens_before_it_is_that_one_on_average(width: int, heads: int):
    weights = attention_weights(looking_back(n_embd=width, n_head=heads), some_ids(16, LENGTH))
    for head, offset in zip(range(heads - 1), OFFSETS, strict=False):
        back = [weights[:, head].diagonal(-places, 1, 2).mean().item() for places in range(1, 16)]
        assert back.index(max(back)) + 1 == offset, f"head {head}"


def test_the_last_head_and_later_blocks_look_nowhere_in_particular():
    weights = attention_weights(looking_back(), some_ids(8, LENGTH))[:, -1]
    for offset in OFFSETS:
        found = weights[:, offset:].argmax(dim=-1) == torch.arange(LENGTH - offset)
        assert found.float().mean() < 0.3
    first, second = (block.attn.c_attn.weight for block in looking_back().transformer.h)
    bound = math.sqrt(3 / 256) / 2
    assert second.abs().max() <= bound < first[: 2 * 256].abs().max()
    assert first[2 * 256 :].abs().max() <= bound  # values carry what they carry


def test_positions_are_as_large_as_embeddings():
    model = looking_back()
    tokens, positions = model.transformer.wte.weight, model.transformer.wpe.weight
    assert positions.pow(2).mean().sqrt().item() == pytest.approx(tokens.std().item(), rel=0.1)
    assert len(positions.unique(dim=0)) == LENGTH


@pytest.mark.parametrize(
    ("width", "heads"), [(64, 1), (15, 3), (15, 1), (7, 7), (9, 3), (33, 11), (2, 1), (1, 1), (20, 10)]
)
def test_any_shape_can_be_initialized(width: int, heads: int):
    model, ids = looking_back(n_embd=width, n_head=heads), some_ids(2, 20)
    assert torch.isfinite(model(ids)).all()
    assert torch.isfinite(model.loss_sum(ids[:, :-1], ids[:, 1:]))
