"""Names, layout and settings on the way to Hugging Face's GPT-2 and back, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny import tiny_config, tiny_model
from torch import Tensor

from slm.errors import ModelError
from slm.model.gpt import GPT, GPTConfig
from slm.model.hf_names import config_from_hf, config_to_hf, tensors_from_hf, tensors_to_hf

END = 269


def assert_same_state(state: dict[str, Tensor], model: GPT) -> None:
    expected = model.state_dict()
    assert state.keys() == expected.keys()
    for name, tensor in state.items():
        assert torch.equal(tensor, expected[name]), name


# There and back


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_config_comes_back(bias: bool, dropout: float):
    config = tiny_config(bias=bias, dropout=dropout)
    assert config_from_hf(config_to_hf(config, END), "config.json") == config


@pytest.mark.parametrize("bias", [True, False])
def test_tensors_come_back(bias: bool):
    model = tiny_model(bias=bias)
    assert_same_state(tensors_from_hf(tensors_to_hf(model), model.config, "here"), model)


def test_the_layout_is_conv1ds_and_the_head_is_not_stored():
    model = tiny_model()
    tensors = tensors_to_hf(model)
    assert "lm_head.weight" not in tensors
    assert tensors["transformer.wte.weight"].shape == (270, 16)  # never padded
    assert tensors["transformer.h.0.attn.c_attn.weight"].shape == (16, 48)
    assert torch.equal(tensors["transformer.h.1.mlp.c_fc.weight"], model.transformer.h[1].mlp.c_fc.weight.t())
    assert all(tensor.is_contiguous() and tensor.dtype == torch.float32 for tensor in tensors.values())


def test_absent_biases_are_written_as_zeros():
    tensors = tensors_to_hf(tiny_model(bias=False))
    biases = {name: tensor for name, tensor in tensors.items() if name.endswith("bias")}
    assert biases.keys() == {name for name in tensors_to_hf(tiny_model(bias=True)) if name.endswith("bias")}
    assert not any(tensor.any() for tensor in biases.values())


def test_old_configs_have_fewer_keys():
    """The config.json of the released gpt2 names neither the tied head nor the scaling flags."""
    values = {
        "model_type": "gpt2", "n_positions": 1024, "n_ctx": 1024, "vocab_size": 50_257, "n_layer": 12, "n_head": 12,
        "n_embd": 768, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "attn_pdrop": 0.1,
        "embd_pdrop": 0.1, "resid_pdrop": 0.1, "summary_type": "cls_index", "task_specific_params": {},
    }  # fmt: skip
    assert config_from_hf(values, "config.json") == GPTConfig(dropout=0.1)


# The folders that are about


def without_prefix(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}


def with_masks(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    masks = {
        f"transformer.h.{layer}.attn.{name}": tensor
        for layer in range(2)
        for name, tensor in (("bias", torch.ones(1, 1, 16, 16).tril()), ("masked_bias", torch.tensor(-1e4)))
    }
    return tensors | masks


def with_head(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return tensors | {"lm_head.weight": tensors["transformer.wte.weight"].clone()}


@pytest.mark.parametrize("shape", [
    without_prefix, with_masks, with_head,
    lambda tensors: without_prefix(with_masks(tensors)), lambda tensors: without_prefix(with_masks(with_head(tensors))),
])  # fmt: skip
def test_foreign_folders_load(shape):
    model = tiny_model()
    assert_same_state(tensors_from_hf(shape(tensors_to_hf(model)), model.config, "here"), model)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype: torch.dtype):
    model = tiny_model()
    state = tensors_from_hf({name: t.to(dtype) for name, t in tensors_to_hf(model).items()}, model.config, "here")
    for name, tensor in model.state_dict().items():
        assert state[name].dtype == torch.float32
        torch.testing.assert_close(state[name], tensor, atol=0.02, rtol=0.02)


# Refused by name


@pytest.mark.parametrize(("key", "value"), [
    ("model_type", "llama"), ("activation_function", "relu"), ("activation_function", "gelu"),
    ("layer_norm_epsilon", 1e-6), ("scale_attn_weights", False), ("scale_attn_by_inverse_layer_idx", True),
    ("add_cross_attention", True), ("tie_word_embeddings", False), ("n_inner", 100),
])  # fmt: skip
def test_a_setting_that_we_would_compute_otherwise_is_refused(key: str, value: Any):
    with pytest.raises(ModelError, match=f"^here/config.json: {key} is {value!r}; slm computes"):
        config_from_hf(config_to_hf(tiny_config(), END) | {key: value}, "here/config.json")


def test_dropouts_that_differ_are_refused():
    with pytest.raises(ModelError, match="attn_pdrop, embd_pdrop and resid_pdrop differ"):
        config_from_hf(config_to_hf(tiny_config(), END) | {"attn_pdrop": 0.3}, "config.json")


@pytest.mark.parametrize("value", [None, 64])
def test_the_usual_width_may_be_written_out(value: int | None):
    assert config_from_hf(config_to_hf(tiny_config(), END) | {"n_inner": value}, "config.json") == tiny_config()


@pytest.mark.parametrize("key", ["model_type", "n_positions", "vocab_size", "n_layer", "n_head", "n_embd"])
def test_a_missing_key_is_named(key: str):
    values = config_to_hf(tiny_config(), END)
    del values[key]
    with pytest.raises(ModelError, match=key):
        config_from_hf(values, "config.json")


@pytest.mark.parametrize("key", ["n_positions", "vocab_size", "n_layer", "n_head", "n_embd"])
@pytest.mark.parametrize("value", ["12", 2.5, None, [2], True, 0, -4, 16.0])
def test_a_size_that_is_no_size_is_refused(key: str, value: Any):
    with pytest.raises(ModelError, match=r"^config\.json: "):
        config_from_hf(config_to_hf(tiny_config(), END) | {key: value}, "config.json")


@pytest.mark.parametrize("values", [
    {"attn_pdrop": "a", "embd_pdrop": "a", "resid_pdrop": "a"}, {"attn_pdrop": [0]}, {"slm_bias": "no"},
])  # fmt: skip
def test_other_values_of_a_wrong_kind_are_refused(values: dict):
    with pytest.raises(ModelError, match=r"^config\.json: "):
        config_from_hf(config_to_hf(tiny_config(), END) | values, "config.json")


@pytest.mark.parametrize("values", [[], None, "gpt2", 3])
def test_a_config_that_is_no_object_is_refused(values: Any):
    with pytest.raises(ModelError, match="expected an object"):
        config_from_hf(values, "config.json")


def refused(tensors: dict[str, Tensor], message: str, config: GPTConfig | None = None) -> None:
    with pytest.raises(ModelError, match=message):
        tensors_from_hf(tensors, config or tiny_config(), "weights")


def test_a_missing_tensor_is_named():
    complete = tensors_to_hf(tiny_model())
    for name in complete:
        tensors = {n: tensor for n, tensor in complete.items() if n != name}
        refused(tensors, f"^weights: tensor {name} is missing")


@pytest.mark.parametrize("name", [
    "transformer.h.2.ln_1.weight", "transformer.h.0.attn.q.weight", "score.weight",
    "transformer.h.0.crossattention.bias",
])  # fmt: skip
def test_a_tensor_too_many_is_named(name: str):
    refused(tensors_to_hf(tiny_model()) | {name: torch.zeros(4)}, f"{name} is not one of GPT-2")


@pytest.mark.parametrize("shape", [(), (3,), (16, 15), (48, 16), (16, 48, 1)])
@pytest.mark.parametrize(
    "name", ["transformer.h.1.attn.c_attn.weight", "transformer.wpe.weight", "transformer.ln_f.weight"]
)
def test_a_wrong_shape_is_named(name: str, shape: tuple[int, ...]):
    refused(tensors_to_hf(tiny_model()) | {name: torch.zeros(shape)}, f"tensor {name} has shape .* config.json means")


def test_the_weights_of_another_size_are_refused():
    refused(tensors_to_hf(tiny_model()), "tensor transformer.wpe.weight has shape", tiny_config(block_size=32))
    refused(tensors_to_hf(tiny_model()), "tensor transformer.h.2", tiny_config(n_layer=3))


@pytest.mark.parametrize("head", [torch.zeros(270, 16), torch.zeros(271, 16), torch.zeros(3)])
def test_a_head_of_its_own_is_refused(head: Tensor):
    refused(tensors_to_hf(tiny_model()) | {"lm_head.weight": head}, "lm_head.weight differs from the token embedding")


def test_a_bias_where_there_should_be_none_is_refused():
    refused(tensors_to_hf(tiny_model(bias=True)), "bias is not zero, but config.json says", tiny_config(bias=False))
