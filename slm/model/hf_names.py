"""The one adapter between our GPT and Hugging Face's GPT-2 and Qwen3: config keys, tensor names, layout.

Hugging Face keeps GPT-2's linear layers as Conv1D, whose weight is the transpose of nn.Linear's; everything else has
the same name. What is particular to Qwen3 stands in `hf_qwen3`. A config that asks for another computation than ours is
refused by the key's name. Reads no files.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from slm.config_files import from_dict
from slm.errors import ConfigError, ModelError
from slm.model import hf_qwen3
from slm.model.gpt import ARCHITECTURES, GPT, INITIAL_STD, GPTConfig

PREFIX = "transformer."
TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
LEFT_OUT = (".attn.bias", ".attn.masked_bias")  # causal masks that old files carry as if they were weights
FAMILIES = {"gpt2": "GPT-2", "qwen3": "Qwen3"}

# Keys with which transformers would compute something else than this model; the values are those that we compute.
REQUIRED_VALUES: dict[str, tuple[Any, ...]] = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "layer_norm_epsilon": (1e-5,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}


def config_to_hf(config: GPTConfig, end_of_text: int) -> dict[str, Any]:
    """The content of config.json. ``slm_bias`` says whether the zeros written for absent biases are real ones."""
    if config.architecture == "qwen3":
        return hf_qwen3.config_to_hf(config, end_of_text)
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "attn_pdrop": config.dropout,
        "embd_pdrop": config.dropout,
        "resid_pdrop": config.dropout,
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "initializer_range": INITIAL_STD,
        "layer_norm_epsilon": 1e-5,
        "n_ctx": config.block_size,
        "n_embd": config.n_embd,
        "n_head": config.n_head,
        "n_inner": None,
        "n_layer": config.n_layer,
        "n_positions": config.block_size,
        "reorder_and_upcast_attn": False,
        "scale_attn_by_inverse_layer_idx": False,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": config.vocab_size,
        "slm_bias": config.bias,
    }


def config_from_hf(values: dict[str, Any], where: str) -> GPTConfig:
    """Our config for a config.json. Raises ModelError naming the key that we would compute differently."""
    if not isinstance(values, dict):
        raise ModelError(f"{where}: expected an object with a model's keys, got {type(values).__name__}")
    kind = values.get("model_type")
    if kind not in ARCHITECTURES:
        raise ModelError(f"{where}: model_type is {kind!r}; slm computes {' and '.join(map(repr, ARCHITECTURES))} only")
    family = FAMILIES[kind]
    try:
        if kind == "qwen3":
            config = from_dict(GPTConfig, hf_qwen3.settings_from_hf(values), where)
            _require(hf_qwen3.ABSENT_MEANS | values, hf_qwen3.required_values(config), family, where)
            return config
        _require(values, REQUIRED_VALUES, family, where)
        return from_dict(GPTConfig, _gpt2_settings(values, where), where)
    except KeyError as error:
        raise ModelError(f"{where}: expected {family}'s key {error}, which is missing") from None
    except ConfigError as error:
        raise ModelError(str(error)) from None
    except TypeError as error:
        raise ModelError(f"{where}: a value of another kind than {family}'s ({error})") from None


def _require(values: dict[str, Any], required: dict[str, tuple[Any, ...]], family: str, where: str) -> None:
    for key, allowed in required.items():
        value = values.get(key, allowed[0])
        if value not in allowed:
            raise ModelError(
                f"{where}: {key} is {value!r}; slm computes {family} with {' or '.join(map(repr, allowed))} only"
            )


def _gpt2_settings(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The settings of a GPTConfig. Raises KeyError for an absent size."""
    width = values["n_embd"]
    if values.get("n_inner") not in (None, 4 * width):
        raise ModelError(f"{where}: n_inner is {values['n_inner']}; slm computes 4 x n_embd ({4 * width}) only")
    dropouts = {values.get(key, 0.1) for key in ("attn_pdrop", "embd_pdrop", "resid_pdrop")}
    if len(dropouts) > 1:
        raise ModelError(f"{where}: attn_pdrop, embd_pdrop and resid_pdrop differ; slm has one dropout for all")
    return {
        "block_size": values["n_positions"], "vocab_size": values["vocab_size"], "n_layer": values["n_layer"],
        "n_head": values["n_head"], "n_embd": width, "dropout": dropouts.pop(),
        "bias": values.get("slm_bias", True),
    }  # fmt: skip


def tensors_to_hf(model: GPT) -> dict[str, Tensor]:
    """The tensors of model.safetensors, by Hugging Face's names: no head (it is the embedding), no missing bias."""
    state = {name: tensor.detach().to("cpu", torch.float32) for name, tensor in model.state_dict().items()}
    if model.config.architecture == "qwen3":
        return {name: tensor.contiguous() for name, tensor in hf_qwen3.names_to_hf(state).items()}
    tensors = {n: (tensor.t() if n.endswith(TRANSPOSED) else tensor).contiguous() for n, tensor in state.items()}
    if not model.config.bias:
        for name, tensor in list(tensors.items()):
            if name.endswith(".weight") and not name.endswith(("wte.weight", "wpe.weight")):
                width = tensor.size(1) if tensor.dim() == 2 else tensor.size(0)
                tensors[name.removesuffix("weight") + "bias"] = torch.zeros(width)
    return tensors


def tensors_from_hf(tensors: dict[str, Tensor], config: GPTConfig, where: str) -> dict[str, Tensor]:
    """Our state dict from tensors by Hugging Face's names, with or without ``transformer.`` or ``model.`` before them.

    Raises ModelError for a missing, unknown or wrongly shaped tensor, a head of its own, or a bias that is not zero
    although the config says that there is none.
    """
    with torch.device("meta"):
        expected = GPT(config).state_dict()
    family = FAMILIES[config.architecture]
    if config.architecture == "qwen3":
        named = _named(tensors, hf_qwen3.PREFIX, hf_qwen3.EMBEDDING, where)
        _compare(named, hf_qwen3.names_to_hf(expected), family, where)
        return hf_qwen3.names_from_hf(named, config)
    named = _named(tensors, PREFIX, "transformer.wte.weight", where)
    if not config.bias:
        _drop_zero_biases(named, where)
    state = {name: _transposed(tensor) if name.endswith(TRANSPOSED) else tensor for name, tensor in named.items()}
    _compare(state, expected, family, where)
    return state


def _named(tensors: dict[str, Tensor], prefix: str, embedding: str, where: str) -> dict[str, Tensor]:
    """The tensors in float32 and by their full names, without the head, which is the embedding."""
    named = {name if name.startswith((prefix, "lm_head.")) else prefix + name: t.float() for name, t in tensors.items()}
    named = {name: tensor for name, tensor in named.items() if not name.endswith(LEFT_OUT)}
    head = named.pop("lm_head.weight", None)
    if head is not None and not torch.equal(head, named.get(embedding, head[:0])):
        raise ModelError(f"{where}: lm_head.weight differs from the token embedding; slm computes a tied head only")
    return named


def _compare(tensors: dict[str, Tensor], expected: dict[str, Tensor], family: str, where: str) -> None:
    for name in sorted(expected.keys() ^ tensors.keys()):
        kind = "missing" if name in expected else f"not one of {family}"
        raise ModelError(f"{where}: tensor {name} is {kind}; is the file whole?")
    for name, like in expected.items():
        if tensors[name].shape != like.shape:
            raise ModelError(
                f"{where}: tensor {name} has shape {tuple(tensors[name].shape)}, config.json means {tuple(like.shape)}"
            )


def _transposed(weight: Tensor) -> Tensor:
    return weight.t().contiguous() if weight.dim() == 2 else weight  # another shape is refused with its name


def _drop_zero_biases(named: dict[str, Tensor], where: str) -> None:
    for name in [name for name in named if name.endswith(".bias")]:
        if named.pop(name).any():
            raise ModelError(f"{where}: {name} is not zero, but config.json says that the model has no biases")
