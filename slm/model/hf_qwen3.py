"""Hugging Face's Qwen3: config keys and tensor names, for `hf_names`. Reads no files.

Queries, keys and values are three matrices there and one here; all else differs by its name alone.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from slm.model.gpt import INITIAL_STD, GPTConfig
from slm.model.qwen3 import EPSILON, ROTARY_BASE, mlp_width

PREFIX = "model."
EMBEDDING = "model.embed_tokens.weight"
FUSED = "transformer.h.{}.attn.c_attn.weight"
PARTS = tuple(f"model.layers.{{}}.self_attn.{letter}_proj.weight" for letter in "qkv")
OUTSIDE = {"transformer.wte.weight": EMBEDDING, "transformer.ln_f.weight": "model.norm.weight"}
IN_BLOCK = {
    "ln_1": "input_layernorm", "ln_2": "post_attention_layernorm",
    "attn.q_norm": "self_attn.q_norm", "attn.k_norm": "self_attn.k_norm", "attn.c_proj": "self_attn.o_proj",
    "mlp.c_gate": "mlp.gate_proj", "mlp.c_up": "mlp.up_proj", "mlp.c_proj": "mlp.down_proj",
}  # fmt: skip

ROPE = {"rope_type": "default", "rope_theta": ROTARY_BASE}
# What transformers takes for keys that are not there, where it is not what we compute.
ABSENT_MEANS = {"tie_word_embeddings": False, "head_dim": 128, "num_key_value_heads": 32, "intermediate_size": 22_016}


def config_to_hf(config: GPTConfig, end_of_text: int) -> dict[str, Any]:
    """The content of config.json. The rotary base stands in it twice: for transformers from 5 up, and for the rest."""
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "attention_bias": False,
        "attention_dropout": config.dropout,
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "head_dim": config.n_embd // config.n_head,
        "hidden_act": "silu",
        "hidden_size": config.n_embd,
        "initializer_range": INITIAL_STD,
        "intermediate_size": mlp_width(config),
        "max_position_embeddings": config.block_size,
        "max_window_layers": config.n_layer,
        "num_attention_heads": config.n_head,
        "num_hidden_layers": config.n_layer,
        "num_key_value_heads": config.n_head,
        "rms_norm_eps": EPSILON,
        "rope_parameters": ROPE,
        "rope_theta": ROTARY_BASE,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "use_sliding_window": False,
        "use_cache": True,
        "vocab_size": config.vocab_size,
    }


def settings_from_hf(values: dict[str, Any]) -> dict[str, Any]:
    """The settings of a GPTConfig, in a dictionary. Raises KeyError for an absent size."""
    return {
        "block_size": values["max_position_embeddings"], "vocab_size": values["vocab_size"],
        "n_layer": values["num_hidden_layers"], "n_head": values["num_attention_heads"],
        "n_embd": values["hidden_size"], "dropout": values.get("attention_dropout", 0.0), "bias": False,
        "architecture": "qwen3",
    }  # fmt: skip


def required_values(config: GPTConfig) -> dict[str, tuple[Any, ...]]:
    """The values with which transformers computes what our model of this shape does; all but ABSENT_MEANS may lack."""
    return {
        "hidden_act": ("silu",),
        "rms_norm_eps": (EPSILON,),
        "attention_bias": (False,),
        "tie_word_embeddings": (True,),
        "use_sliding_window": (False,),
        "layer_types": (None, ["full_attention"] * config.n_layer),
        "rope_parameters": (None, ROPE),
        "rope_scaling": (None,),
        "rope_theta": (ROTARY_BASE,),
        "partial_rotary_factor": (1.0, None),
        "head_dim": (config.n_embd // config.n_head,),
        "num_key_value_heads": (config.n_head, None),
        "intermediate_size": (mlp_width(config),),
    }


def names_to_hf(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our state dict by Hugging Face's names."""
    tensors = {}
    for name, tensor in state.items():
        block, inside = _parts(name)
        if name in OUTSIDE:
            tensors[OUTSIDE[name]] = tensor
        elif inside == "attn.c_attn":
            tensors |= dict(zip((part.format(block) for part in PARTS), tensor.chunk(3), strict=True))
        else:
            tensors[f"model.layers.{block}.{IN_BLOCK[inside]}.weight"] = tensor
    return tensors


def names_from_hf(tensors: dict[str, Tensor], config: GPTConfig) -> dict[str, Tensor]:
    """Our state dict from exactly the tensors that `names_to_hf` gives."""
    state = {ours: tensors[theirs] for ours, theirs in OUTSIDE.items()}
    for block in range(config.n_layer):
        state[FUSED.format(block)] = torch.cat([tensors[part.format(block)] for part in PARTS])
        for ours, theirs in IN_BLOCK.items():
            state[f"transformer.h.{block}.{ours}.weight"] = tensors[f"model.layers.{block}.{theirs}.weight"]
    return state


def _parts(name: str) -> tuple[str, str]:
    """'transformer.h.3.mlp.c_up.weight' as '3' and 'mlp.c_up'; of other names, nothing."""
    match = re.fullmatch(r"transformer\.h\.(\d+)\.(.+)\.weight", name)
    return match.groups() if match else ("", "")
