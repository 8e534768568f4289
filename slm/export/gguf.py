"""A model as one GGUF file, which llama.cpp reads and what is built on it.

GPT-2 goes to llama.cpp's architecture `gpt2`, Qwen3's layout to `qwen3`; the names of keys and tensors are those of
llama.cpp's gguf-py/gguf/constants.py. Weights have 32, 16, 8 (Q8_0) or 4 bits (Q4_0); the embedding is stored once and
is the head too. llama.cpp's own converter knows a vocabulary by the hash of a text that it encodes, and so refuses one
that was trained here; how words are split is known here, and said by the key `tokenizer.ggml.pre`.
(V vocabulary, N rows of a matrix, K columns.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from slm.atomic_write import new_file
from slm.checkpoint import LoadedModel
from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError, ModelError, import_extra
from slm.model.gpt import GPT, GPTConfig
from slm.model.quantization import quantize
from slm.model.qwen3 import EPSILON, ROTARY_BASE, mlp_width

BITS = (32, 16, 8, 4)
BLOCK = 32  # weights that share a scale in Q8_0 and Q4_0
LAYER_NORM_EPSILON = 1e-5
FILE_TYPES = {32: "ALL_F32", 16: "MOSTLY_F16", 8: "MOSTLY_Q8_0", 4: "MOSTLY_Q4_0"}
TENSOR_TYPES = {32: "F32", 16: "F16", 8: "Q8_0", 4: "Q4_0"}

POSITIONS = "position_embd.weight"
OUTSIDE = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm"}
IN_BLOCK = {
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
    "attn.q_norm": "attn_q_norm", "attn.k_norm": "attn_k_norm",
    "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_gate": "ffn_gate", "mlp.c_up": "ffn_up", "mlp.c_proj": "ffn_down",
}  # fmt: skip


def write_gguf(loaded: LoadedModel, path: Path, bits: int = 16) -> None:
    """Write a model to `path`, whole or not at all; the same model gives the same bytes.

    With 8 and 4 bits a matrix whose rows are not whole blocks of 32 stays in 16, as in llama.cpp's own files. Raises
    ConfigError for other bits, ModelError where llama.cpp would not compute what we do, MissingExtra without the
    package gguf, OSError where the file cannot be written.
    """
    if bits not in BITS:
        raise ConfigError(f"bits expects {', '.join(map(str, BITS))}, got {bits}")
    gguf = import_extra("gguf", "export", "writing GGUF files")
    config = loaded.model.config
    with new_file(path) as temporary:
        writer = gguf.GGUFWriter(temporary, config.architecture)
        try:
            _add_description(writer, gguf, loaded, bits)
            _add_shape(writer, config)
            _add_tokenizer(writer, gguf, loaded.tokenizer, config.vocab_size)
            for name, weight in gguf_tensors(loaded.model):
                data, held = pack(weight, bits if weight.ndim == 2 else 32, name)
                writer.add_tensor(name, data, raw_dtype=gguf.GGMLQuantizationType[TENSOR_TYPES[held]])
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
        finally:
            writer.close()


def gguf_tensors(model: GPT) -> Iterator[tuple[str, np.ndarray]]:
    """The tensors in float32, by llama.cpp's names, each matrix as (outputs, inputs); absent biases as zeros."""
    weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}
    for name, weight in weights.items():
        theirs = _their_name(name)
        if model.rotary and ".attn_qkv." in theirs:
            for letter, part in zip("qkv", np.split(weight, 3), strict=True):
                yield theirs.replace("_qkv", f"_{letter}"), part
            continue
        yield theirs, weight
        bias = name.removesuffix("weight") + "bias"
        if not model.rotary and not name.endswith(("wte.weight", "wpe.weight", "bias")) and bias not in weights:
            yield _their_name(bias), np.zeros(len(weight), np.float32)


def pack(weight: np.ndarray, bits: int, name: str) -> tuple[np.ndarray, int]:
    """A tensor as the file holds it, and the bits that it got: float32, float16, or blocks as bytes
    (N, K / 32 * (2 + 4 * bits)). Raises ModelError for weights that 16 bits cannot hold."""
    if bits == 32:
        return weight, 32
    # Position embeddings are looked up and added, never multiplied: 8 bits would save little.
    if bits == 16 or weight.shape[1] % BLOCK or name == POSITIONS:
        return _half(weight, name), 16
    quantized = quantize(weight, bits, BLOCK)
    values = quantized.values.view(np.uint8)
    if bits == 4:  # zero is 8; the first half of a block stands in the lower halves of the bytes
        values = values + np.uint8(8)
        values = values[..., : BLOCK // 2] | values[..., BLOCK // 2 :] << 4
    scales = _half(quantized.scales, name)[..., None].view(np.uint8)
    return np.concatenate((scales, values), axis=2).reshape(len(weight), -1), bits


def _half(values: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        halves = values.astype("<f2")
    if not np.isfinite(halves).all():
        raise ModelError(
            f"{name}: expected weights that 16 bits can hold (up to 65,504), got larger ones or NaN; export 32 bits"
        )
    return halves


def _their_name(name: str) -> str:
    """'blk.3.ffn_up.weight' for 'transformer.h.3.mlp.c_fc.weight'."""
    inner, _, kind = name.removeprefix("transformer.").rpartition(".")
    if inner in OUTSIDE:
        return f"{OUTSIDE[inner]}.{kind}"
    _, number, part = inner.split(".", 2)
    return f"blk.{number}.{IN_BLOCK[part]}.{kind}"


def _add_description(writer: Any, gguf: ModuleType, loaded: LoadedModel, bits: int) -> None:
    config = loaded.model.config
    writer.add_name(f"slm {config.architecture} {config.n_layer}x{config.n_embd}")
    writer.add_string("slm.sha256", loaded.sha256)  # of the weights that this file was made from
    writer.add_file_type(gguf.LlamaFileType[FILE_TYPES[bits]])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if loaded.prompt_format is not None:
        writer.add_chat_template(loaded.prompt_format.chat_template())


def _add_shape(writer: Any, config: GPTConfig) -> None:
    writer.add_block_count(config.n_layer)
    writer.add_context_length(config.block_size)
    writer.add_embedding_length(config.n_embd)
    writer.add_head_count(config.n_head)
    if config.architecture == "gpt2":
        writer.add_feed_forward_length(4 * config.n_embd)
        writer.add_layer_norm_eps(LAYER_NORM_EPSILON)
        return
    writer.add_feed_forward_length(mlp_width(config))
    writer.add_head_count_kv(config.n_head)
    writer.add_key_length(config.n_embd // config.n_head)
    writer.add_value_length(config.n_embd // config.n_head)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(ROTARY_BASE)


def _add_tokenizer(writer: Any, gguf: ModuleType, tokenizer: Tokenizer, size: int) -> None:
    """The vocabulary, filled up to `size` (V). Raises ModelError for one that llama.cpp would split otherwise."""
    _require_gpt2_splitting(tokenizer)
    names = {number: (token, gguf.TokenType.NORMAL) for token, number in tokenizer.definition["model"]["vocab"].items()}
    for token in tokenizer.definition["added_tokens"]:
        # Control tokens, special or not: these alone does llama.cpp leave alone in a text, as we do.
        names[token["id"]] = token["content"], gguf.TokenType.CONTROL
    listed = [names.get(n, (f"[PAD{n}]", gguf.TokenType.UNUSED)) for n in range(size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([token for token, _ in listed])
    writer.add_token_types([kind for _, kind in listed])
    merges = tokenizer.definition["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(tokenizer.eot_token)
    writer.add_eos_token_id(tokenizer.eot_token)
    writer.add_add_bos_token(False)


def _require_gpt2_splitting(tokenizer: Tokenizer) -> None:
    definition = tokenizer.definition
    splitting = definition.get("pre_tokenizer") or {}
    as_gpt2 = (
        splitting.get("type") == "ByteLevel"
        and splitting.get("use_regex", True)
        and not splitting.get("add_prefix_space", True)
        and not definition.get("normalizer")
        and not definition["model"].get("ignore_merges")
    )
    if not as_gpt2:
        raise ModelError(
            f"tokenizer {tokenizer.name}: expected one that splits words as GPT-2's does, which is all that is written "
            "to GGUF; use llama.cpp's convert_hf_to_gguf.py for this one"
        )
