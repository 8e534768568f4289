"""A model as one ONNX graph with a key-value cache, from the operators that ONNX Runtime has fused kernels for.

    input_ids, position_ids (B, T)       query_seqlens (B): how many of a row's T tokens there are, the rest fills it up
    seqlens_k (B): tokens of each row, with these, less one       total_sequence_length (1): of the longest row
    past_key_values.N.key, .value (B, H, room, D)  ->  present.N.key, .value; the two may be one memory
    rows (R): of which of the B x T tokens logits are wanted  ->  logits (R, V)

Weights have 32, 8 or 4 bits (`slm.model.quantization`); with 8 and 4 activations are rounded too, by a row's own
values, so that rows do not depend on one another. In 8 bits the engine takes `integer_graph`'s operators instead of
MatMulNBits. The embedding and the head are one tensor. Operators of the domain com.microsoft: GroupQueryAttention,
MatMulNBits, GatherBlockQuantized, FastGelu (ONNX Runtime's docs/ContribOperators.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from slm import __version__
from slm.errors import ConfigError
from slm.model.gpt import GPT, GPTConfig
from slm.model.quantization import Quantized, quantize
from slm.model.qwen3 import EPSILON, ROTARY_BASE

CONTRIB = "com.microsoft"
OPSETS = (helper.make_opsetid("", 21), helper.make_opsetid(CONTRIB, 1))
IR_VERSION = 10
ROUNDED_ACTIVATIONS = 4  # MatMulNBits' accuracy_level: the activations in 8 bits
LAYER_NORM_EPSILON = 1e-5
HEAD_MULTIPLES = {"gpt2": 8, "qwen3": 16}  # GroupQueryAttention's own, without and with rotation
LARGEST_FILE = 2**31  # a protocol buffer's bound
TABLE = "transformer.wte.weight"  # the embedding and the head

Weights = Mapping[str, np.ndarray]


def build_graph(config: GPTConfig, weights: Weights, bits: int) -> onnx.ModelProto:
    """The graph of a model whose `state_dict` is `weights`, in float32. Raises ConfigError for a shape that ONNX
    Runtime has no kernel for."""
    width, multiple = config.n_embd // config.n_head, HEAD_MULTIPLES[config.architecture]
    if width % multiple:
        raise ConfigError(
            f"the fast engine expects heads of a multiple of {multiple} channels, got {width}: use --engine torch"
        )
    if (size := sum(values.nbytes for values in weights.values()) * bits // 32) >= LARGEST_FILE:
        raise ConfigError(f"a graph in {bits} bits expects less than 2 GB, got {size / 1e9:.1f}: use --bits 8 or 4")
    from slm.generation.integer_graph import IntegerGraph  # which is built on this module

    return (IntegerGraph if bits == 8 else Graph)(config, weights, bits).built()


def write_graph(model: GPT, path: Path, bits: int) -> None:
    """Write the graph of `model` to `path`."""
    onnx.save(build_graph(model.config, weights_of(model), bits), path)


def weights_of(model: GPT) -> Weights:
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}


def with_scaled_queries(config: GPTConfig, weights: Weights) -> Weights:
    """The weights that give queries over the root of a head's channels: scores are then plain products of queries and
    keys, which ONNX Runtime computes faster than scaled ones."""
    scale = np.float32(1 / math.sqrt(config.n_embd // config.n_head))
    scaled = dict(weights)
    for name, values in weights.items():
        if name.endswith(".attn.q_norm.weight"):
            scaled[name] = values * scale
        elif config.architecture == "gpt2" and ".attn.c_attn." in name:
            scaled[name] = np.concatenate([values[: config.n_embd] * scale, values[config.n_embd :]])
    return scaled


class Graph:
    """Nodes and tensors as they are added; every method gives the names of its results."""

    def __init__(self, config: GPTConfig, weights: Weights, bits: int):
        self.config, self.weights, self.bits = config, with_scaled_queries(config, weights), bits
        self.rotary = config.architecture == "qwen3"
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: dict[str, onnx.TensorProto] = {}
        self.made: set[str] = set()  # results that several nodes share

    def built(self) -> onnx.ModelProto:
        x, normed = self.embedded()
        for number in range(self.config.n_layer):
            x, normed = self.block(number, x, normed)
        self.head(normed)
        return self.model()

    def add(self, operator: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def constant(self, name: str, values: np.ndarray) -> str:
        self.tensors[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def embedded(self) -> tuple[str, str]:
        """The residual stream (B, T, C) at its beginning, and the first block's norm of it."""
        x = self.table_rows()
        if not self.rotary:
            places = self.add("Gather", [self.weight("transformer.wpe.weight"), "position_ids"], "places")
            x = self.add("Add", [x, places], "x0")
        return x, self.norm(x, "transformer.h.0.ln_1")

    def table_rows(self) -> str:
        """The tokens' rows of the embedding (B, T, C)."""
        if self.bits == 32:
            return self.add("Gather", [self.weight(TABLE), "input_ids"], "embedded")
        values, scales, quantized = self.in_blocks(TABLE)
        rows = self.constant("rows_of_embedding", np.array([self.config.vocab_size, -1]))
        flat = self.add("Reshape", [values, rows], "embedding_rows")
        x = self.add(
            "GatherBlockQuantized", [flat, "input_ids", scales], "embedded", domain=CONTRIB,
            bits=self.bits, block_size=quantized.block, gather_axis=0, quantize_axis=1,
        )  # fmt: skip
        if quantized.inputs % quantized.block == 0:
            return x
        bounds = {"first_channel": 0, "end_channel": quantized.inputs, "channel_axis": 2}  # the last block is filled up
        cut = [self.constant(name, np.array([value])) for name, value in bounds.items()]
        return self.add("Slice", [x, *cut], "embedded_row")

    def block(self, number: int, x: str, normed: str) -> tuple[str, str]:
        """One block, up to the norm that follows it."""
        name = f"transformer.h.{number}"
        attended = self.linear(self.attention(number, normed), f"{name}.attn.c_proj")
        x, normed = self.added_and_normed(x, attended, f"{name}.ln_2")
        return self.added_and_normed(x, self.mlp(name, normed), self.norm_after(number))

    def norm_after(self, number: int) -> str:
        return "transformer.ln_f" if number + 1 == self.config.n_layer else f"transformer.h.{number + 1}.ln_1"

    def attention(self, number: int, normed: str) -> str:
        name, heads = f"transformer.h.{number}.attn", self.config.n_head
        qkv = self.linear(normed, f"{name}.c_attn")
        inputs = [qkv, "", ""]
        rotation: dict[str, Any] = {}
        tables = ["", ""]
        if self.rotary:
            inputs, rotation, tables = self.turned(name, qkv), {"do_rotary": 1}, self.rotation_tables()
        past = [f"past_key_values.{number}.{part}" for part in ("key", "value")]
        present = [f"present.{number}.{part}" for part in ("key", "value")]
        return self.add(
            "GroupQueryAttention",
            [*inputs, *past, "seqlens_k", "total_sequence_length", *tables, *[""] * 7, "query_seqlens"],
            f"{name}.seen", *present, domain=CONTRIB, num_heads=heads, kv_num_heads=heads, scale=1.0, **rotation,
        )  # fmt: skip

    def turned(self, name: str, qkv: str) -> list[str]:
        """Queries, keys and values apart, the first two normed by heads; the attention turns them itself."""
        heads, width = self.config.n_head, self.config.n_embd // self.config.n_head
        by_head = self.constant("by_head", np.array([0, 0, heads, width]))
        joined = self.constant("joined", np.array([0, 0, heads * width]))
        parts = [f"{name}.{letter}" for letter in "qkv"]
        self.add("Split", [qkv], *parts, axis=-1, num_outputs=3)
        for place, letter in enumerate("qk"):
            rows = self.add("Reshape", [parts[place], by_head], f"{parts[place]}.by_head")
            rows = self.norm(rows, f"{name}.{letter}_norm")
            parts[place] = self.add("Reshape", [rows, joined], f"{parts[place]}.normed")
        return parts

    def rotation_tables(self) -> list[str]:
        width = self.config.n_embd // self.config.n_head
        waves = 1 / ROTARY_BASE ** (np.arange(0, width, 2, dtype=np.float32) / width)
        angles = np.arange(self.config.block_size, dtype=np.float32)[:, None] * waves
        return [self.constant("cosines", np.cos(angles)), self.constant("sines", np.sin(angles))]

    def mlp(self, name: str, normed: str) -> str:
        if self.rotary:
            gate = self.linear(normed, f"{name}.mlp.c_gate")
            opened = self.add("QuickGelu", [gate], f"{name}.opened", domain=CONTRIB, alpha=1.0)  # x * sigmoid(x)
            hidden = self.add("Mul", [opened, self.linear(normed, f"{name}.mlp.c_up")], f"{name}.hidden")
        else:
            hidden = self.add("FastGelu", [self.linear(normed, f"{name}.mlp.c_fc")], f"{name}.hidden", domain=CONTRIB)
        return self.linear(hidden, f"{name}.mlp.c_proj")

    def norm(self, x: str, name: str) -> str:
        if self.rotary:
            return self.add(
                "SimplifiedLayerNormalization", [x, self.weight(f"{name}.weight")], name, axis=-1, epsilon=EPSILON
            )
        return self.add("LayerNormalization", [x, *self.norm_weights(name)], name, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def added_and_normed(self, x: str, branch: str, name: str) -> tuple[str, str]:
        """x + branch, and its norm."""
        total = self.add("Add", [x, branch], f"{name}.sum")
        return total, self.norm(total, name)

    def norm_weights(self, name: str) -> list[str]:
        bias = self.weights.get(f"{name}.bias", np.zeros(self.config.n_embd, np.float32))
        return [self.weight(f"{name}.weight"), self.constant(f"{name}.bias", bias)]

    def linear(self, x: str, name: str) -> str:
        """x (..., K) times the matrix (N, K) called `name`, plus its bias."""
        bias = self.weights.get(f"{name}.bias")
        bias_name = "" if bias is None else self.constant(f"{name}.bias", bias)
        if self.bits != 32:
            return self.multiplied(x, f"{name}.weight", f"{name}.out", bias_name)
        matrix = self.constant(f"{name}.matrix", self.weights[f"{name}.weight"].T)
        product = self.add("MatMul", [x, matrix], f"{name}.product")
        return self.add("Add", [product, bias_name], f"{name}.out") if bias_name else product

    def multiplied(self, x: str, name: str, output: str, bias: str = "") -> str:
        values, scales, quantized = self.in_blocks(name)
        return self.add(
            "MatMulNBits", [x, values, scales, "", "", bias], output, domain=CONTRIB,
            N=len(quantized.values), K=quantized.inputs, bits=self.bits, block_size=quantized.block,
            accuracy_level=ROUNDED_ACTIVATIONS,
        )  # fmt: skip

    def in_blocks(self, name: str) -> tuple[str, str, Quantized]:
        quantized = quantize(self.weights[name], self.bits)
        values = self.constant(f"{name}.values", quantized.packed())
        return values, self.constant(f"{name}.scales", quantized.scales), quantized

    def head(self, normed: str) -> None:
        """The logits of those of all tokens that are wanted."""
        self.logits(self.add("Gather", [self.by_token(normed), "rows"], "wanted"), "logits")

    def by_token(self, x: str) -> str:
        """x (B, T, C) as (B T, C)."""
        return self.add("Reshape", [x, self.constant("by_token", np.array([-1, self.config.n_embd]))], f"{x}.by_token")

    def logits(self, x: str, output: str) -> str:
        """The logits (R, V) of final hidden states (R, C)."""
        if self.bits == 32:
            return self.add("Gemm", [x, TABLE], output, transB=1)
        return self.multiplied(x, TABLE, output)

    def interface(self) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
        """The graph's inputs and outputs."""
        inputs = [
            tensor_value("input_ids", ["batch", "tokens"]), tensor_value("position_ids", ["batch", "tokens"]),
            tensor_value("rows", ["wanted"]), tensor_value("seqlens_k", ["batch"], TensorProto.INT32),
            tensor_value("query_seqlens", ["batch"], TensorProto.INT32),
            tensor_value("total_sequence_length", [1], TensorProto.INT32),
        ]  # fmt: skip
        logits = tensor_value("logits", ["wanted", self.config.vocab_size], TensorProto.FLOAT)
        return inputs + self.caches("past_key_values", "room"), [logits, *self.caches("present", "room")]

    def caches(self, prefix: str, length: str) -> list[onnx.ValueInfoProto]:
        shape = ["batch", self.config.n_head, length, self.config.n_embd // self.config.n_head]
        names = [f"{prefix}.{n}.{part}" for n in range(self.config.n_layer) for part in ("key", "value")]
        return [tensor_value(name, shape, TensorProto.FLOAT) for name in names]

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "slm", *self.interface(), list(self.tensors.values()))
        model = helper.make_model(
            graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="slm", producer_version=__version__
        )
        helper.set_model_props(model, {"context": str(self.config.block_size), "bits": str(self.bits)})
        return model


def tensor_value(name: str, shape: list[str | int], kind: int = TensorProto.INT64) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
