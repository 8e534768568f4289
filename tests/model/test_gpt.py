"""The model against transformers' GPT-2, its initialisation, and `generate` as the documentation shows it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_config, tiny_model
from torch.nn import functional as F

from slm.errors import ConfigError
from slm.model.gpt import GPT, IGNORED, GPTConfig
from slm.model.hf_names import config_to_hf, tensors_to_hf


def some_ids(*shape: int, seed: int = 0, vocab_size: int = 270) -> torch.Tensor:
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(seed))


# The same function as GPT-2


@pytest.mark.parametrize("bias", [True, False])
def test_logits_and_loss_equal_transformers(bias: bool):
    transformers = pytest.importorskip("transformers", reason="the package transformers comes with the extra 'dev'")
    ours = tiny_model(bias=bias, n_layer=3, n_head=4, n_embd=32)
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(**config_to_hf(ours.config, 0))).eval()
    left_out, unknown = theirs.load_state_dict(tensors_to_hf(ours), strict=False)
    assert (left_out, unknown) == (["lm_head.weight"], [])  # tied: the token embedding
    ids = some_ids(3, 16)
    with torch.no_grad():
        logits, expected = ours(ids), theirs(ids, labels=ids)
    assert logits.std() > 0.5  # the comparison means something
    torch.testing.assert_close(logits, expected.logits, atol=1e-4, rtol=0)
    loss = ours.loss_sum(ids[:, :-1], ids[:, 1:]) / (3 * 15)
    torch.testing.assert_close(loss, expected.loss, atol=1e-5, rtol=1e-5)


def test_the_documented_model_has_the_documented_number_of_parameters():
    with torch.device("meta"):
        model = GPT(GPTConfig(block_size=128, n_layer=6, n_head=6, n_embd=384))
        smallest_gpt2 = GPT(GPTConfig())
    assert model.num_parameters() == 29_995_392
    assert smallest_gpt2.num_parameters() == 124_439_808


def test_what_comes_later_changes_nothing_before_it(model: GPT):
    """Causal attention: so that padding on the right is harmless."""
    ids = some_ids(2, 16)
    with torch.no_grad():
        whole = model(ids)
        for length in (1, 5, 15):
            torch.testing.assert_close(model(ids[:, :length]), whole[:, :length], atol=1e-5, rtol=0)
            padded = torch.cat((ids[:, :length], torch.zeros(2, 16 - length, dtype=torch.long)), dim=1)
            torch.testing.assert_close(model(padded)[:, :length], whole[:, :length], atol=1e-5, rtol=0)


def test_what_comes_before_counts(model: GPT):
    ids = some_ids(1, 16)
    changed = ids.clone()
    changed[0, 0] = (ids[0, 0] + 1) % 270
    with torch.no_grad():
        assert ((model(ids) - model(changed)).abs().amax(dim=-1) > 1e-4).all()


def test_a_row_does_not_see_the_other_rows(model: GPT):
    ids = some_ids(4, 16)
    with torch.no_grad():
        torch.testing.assert_close(model(ids)[2:3], model(ids[2:3]), atol=1e-5, rtol=0)


# What training in bfloat16 may change, and what it may not


def block_inputs(model: GPT, run: Callable[[], object]) -> list[torch.Tensor]:
    seen: list[torch.Tensor] = []
    hook = model.transformer.h[0].register_forward_pre_hook(lambda block, inputs: seen.append(inputs[0].detach()))
    run()
    hook.remove()
    return seen


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_training_in_bfloat16_has_nearly_the_loss_of_float32(dropout: float):
    model, ids = tiny_model(block_size=160, dropout=dropout).train(), some_ids(4, 160)
    losses = []
    for enabled in (False, True):
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            [x] = block_inputs(model, lambda: losses.append(model.loss_sum(ids[:, :-1], ids[:, 1:])))
        assert x.dtype == (torch.bfloat16 if enabled else torch.float32)
    assert losses[0].item() != losses[1].item() == pytest.approx(losses[0].item(), rel=0.01)
    assert losses[1].dtype == torch.float32
    losses[1].backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in model.parameters())


def test_evaluation_under_autocast_keeps_float32_between_the_products(model: GPT):
    with torch.autocast("cpu", torch.bfloat16):
        [x] = block_inputs(model, lambda: model.loss_sum(some_ids(2, 16), some_ids(2, 16, seed=1)))
    assert x.dtype == torch.float32


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_gelu_is_gpt2s_but_where_rounding_hides_the_difference(training: bool, precision: torch.dtype):
    mlp = tiny_model().train(training).transformer.h[0].mlp.to(precision)
    x = torch.randn(64, 16, generator=torch.Generator().manual_seed(0)).to(precision)
    kinds = {kind: mlp.c_proj(F.gelu(mlp.c_fc(x), approximate=kind)) for kind in ("tanh", "none")}
    assert not torch.equal(kinds["tanh"], kinds["none"])
    rounded = training and precision == torch.bfloat16
    assert torch.equal(mlp(x), kinds["none" if rounded else "tanh"])


# Initialisation and settings


def test_it_begins_with_the_loss_of_guessing():
    torch.manual_seed(0)
    model = GPT(GPTConfig(block_size=32, n_layer=2, n_head=2, n_embd=64)).eval()
    ids = some_ids(4, 33, vocab_size=50_257)
    with torch.no_grad():
        loss = model.loss_sum(ids[:, :-1], ids[:, 1:]).item() / (4 * 32)
    assert abs(loss - math.log(50_257)) < 0.1


def test_gpt2s_initialisation():
    torch.manual_seed(0)
    model = GPT(GPTConfig(block_size=64, vocab_size=1000, n_layer=8, n_head=4, n_embd=128))
    for name, parameter in model.named_parameters():
        if name.endswith("c_proj.weight"):
            assert abs(parameter.std().item() / (0.02 / math.sqrt(16)) - 1) < 0.05, name
        elif parameter.dim() == 2:
            assert abs(parameter.std().item() / 0.02 - 1) < 0.05, name
        elif name.endswith("bias"):
            assert not parameter.any(), name
        else:
            assert (parameter == 1).all(), name


def test_without_bias_there_is_none():
    names = [name for name, _ in tiny_model(bias=False).named_parameters()]
    assert names and not [name for name in names if name.endswith("bias")]


@pytest.mark.parametrize(("values", "message"), [
    ({"block_size": 0}, "block_size expects a whole number from 1 up, got 0"),
    ({"vocab_size": -1}, "vocab_size expects"),
    ({"n_layer": 0}, "n_layer expects"),
    ({"n_head": 0}, "n_head expects"),
    ({"n_embd": 100, "n_head": 12}, r"n_embd expects a multiple of n_head \(12\), got 100"),
    ({"dropout": 1.0}, "dropout expects a share"),
    ({"dropout": -0.1}, "dropout expects a share"),
])  # fmt: skip
def test_a_shape_that_cannot_be_is_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        GPTConfig(**values)


def test_a_text_longer_than_the_block_is_refused(model: GPT):
    with pytest.raises(ConfigError, match=r"at most 16 tokens \(block_size\), got 17"):
        model(some_ids(1, 17))


def test_dropout_drops_in_training_only():
    model = tiny_model(dropout=0.5)
    ids = some_ids(2, 16)
    with torch.no_grad():
        assert torch.equal(model(ids), model(ids))
        assert torch.equal(model(ids), tiny_model(dropout=0.0)(ids))
        model.train()
        assert not torch.allclose(model(ids), model(ids))


def test_another_dropout_on_the_same_weights(model: GPT):
    other = model.with_dropout(0.3)
    assert other.config == tiny_config(dropout=0.3)
    for (name, parameter), (other_name, shared) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        assert name == other_name and shared.data_ptr() == parameter.data_ptr() and shared.requires_grad


# Learning


def test_the_loss_is_that_of_the_full_logits(model: GPT):
    ids, targets = some_ids(4, 16), some_ids(4, 16, seed=1)
    targets[0, :7], targets[3] = IGNORED, IGNORED
    loss = model.loss_sum(ids, targets)
    expected = F.cross_entropy(model(ids).flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    names, parameters = zip(*model.named_parameters(), strict=True)
    ours, autograds = (torch.autograd.grad(value, parameters) for value in (loss, expected))
    for name, gradient, its in zip(names, ours, autograds, strict=True):
        torch.testing.assert_close(gradient, its, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("bias", [True, False])
def test_one_batch_overfits(bias: bool):
    torch.manual_seed(0)
    model = GPT(tiny_config(bias=bias, n_embd=32))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    ids = some_ids(2, 17)
    losses = []
    for _ in range(80):
        loss = model.loss_sum(ids[:, :-1], ids[:, 1:]) / 32
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert abs(losses[0] - math.log(270)) < 0.3 and losses[-1] < 0.05


# generate


def test_the_documented_example_runs_as_written(gpt2):
    torch.manual_seed(0)
    model = GPT(GPTConfig(block_size=32, n_layer=1, n_head=2, n_embd=16))
    enc, prompt = gpt2, "Once upon a time there was a pumpkin."

    context = torch.tensor(enc.encode_ordinary(prompt))
    output = model.generate(context, max_new_tokens=100)
    text = enc.decode(output[0].tolist())

    assert text.startswith(prompt)
    assert output.shape == (1, len(context) + 100)


@pytest.mark.parametrize("shape", [(1,), (3,), (16,), (40,), (1, 5), (3, 5), (2, 16), (2, 17)])
@pytest.mark.parametrize("new", [0, 1, 20])
def test_it_takes_one_prompt_or_many(model: GPT, shape: tuple[int, ...], new: int):
    ids = some_ids(*shape)
    output = model.generate(ids, new, seed=0)
    rows = ids if ids.dim() == 2 else ids[None]
    assert output.shape == (len(rows), rows.size(1) + new) and output.dtype == torch.long
    assert torch.equal(output[:, : rows.size(1)], rows)
    assert ((output >= 0) & (output < 270)).all()


@given(length=st.integers(1, 30), new=st.integers(1, 30))
def test_greedy_is_the_likeliest_token_after_what_it_may_see(length: int, new: int):
    """Within the context after all that stands there, past it after a text that began at the last half block."""
    model = tiny_model(seed=3, block_size=8)
    ids = some_ids(1, length, seed=length)
    output = model.generate(ids, new, temperature=0)
    assert torch.equal(output, model.generate(ids, new, temperature=0))
    start = 0 if length < 8 else length - 4
    with torch.no_grad():
        for place in range(length, length + new):
            if place - start > 8:
                start = place - 4
            assert output[0, place] == model(output[:, start:place])[0, -1].argmax()


def test_top_k_of_one_is_greedy(model: GPT):
    ids = some_ids(2, 4)
    assert torch.equal(model.generate(ids, 10, top_k=1), model.generate(ids, 10, temperature=0))


def test_a_seed_decides(model: GPT):
    ids = some_ids(1, 4)
    outputs = {tuple(model.generate(ids, 10, seed=seed)[0].tolist()) for seed in (1, 1, 1, 2)}
    assert len(outputs) == 2


def test_without_a_seed_torchs_own_decides(model: GPT):
    """As users of torch expect it: torch.manual_seed makes it the same again, and two calls differ."""
    ids = some_ids(1, 4)
    drawn = []
    for _ in range(2):
        torch.manual_seed(5)
        drawn.append([model.generate(ids, 10).tolist() for _ in range(2)])
    assert drawn[0] == drawn[1] and drawn[0][0] != drawn[0][1]


def test_it_leaves_the_model_as_it_was(model: GPT):
    for training in (True, False):
        model.train(training)
        model.generate(some_ids(3), 2)
        assert model.training is training
        assert all(parameter.grad is None for parameter in model.parameters())


def test_an_empty_prompt_is_refused(model: GPT):
    for empty in (torch.tensor([], dtype=torch.long), torch.zeros(2, 0, dtype=torch.long)):
        with pytest.raises(ConfigError, match=r"at least one token.*<\|endoftext\|>"):
            model.generate(empty, 5)
