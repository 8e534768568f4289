"""A model as ONNX for others' programs: the inputs, names and files that transformers.js and optimum expect.

    config.json, generation_config.json, tokenizer.json, tokenizer_config.json [, chat_template.jinja]
    onnx/model.onnx              32 bits; model_fp16.onnx, model_quantized.onnx (8 bits), model_q4.onnx (4 bits)

    input_ids, position_ids (B, T)     attention_mask (B, past + T): 0 where a row is filled up
    past_key_values.N.key, .value (B, H, past, D)  ->  present.N.key, .value (B, H, past + T, D)
    logits (B, T, V)

In 32 and 16 bits only standard operators; 8 and 4 bits need ONNX Runtime's MatMulNBits and GatherBlockQuantized.
16 bits are those of the weights: the arithmetic stays float32, so that every processor can do it.
(B batch, T tokens, H heads, D channels of a head, C channels; transformers.js' README names the files.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import onnx
from onnx import TensorProto

from slm.atomic_write import new_folder
from slm.checkpoint import LoadedModel, write_small_files
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import read_tokenizer
from slm.errors import ModelError
from slm.generation.onnx_engine import open_session
from slm.generation.onnx_graph import Graph, Weights, tensor_value, weights_of
from slm.generation.runtime import onnxruntime
from slm.model.gpt import GPTConfig
from slm.model.qwen3 import EPSILON

FILES = {32: "model.onnx", 16: "model_fp16.onnx", 8: "model_quantized.onnx", 4: "model_q4.onnx"}
HIDDEN = -1e9  # added to the scores of what may not be seen: as good as minus infinity, and no NaN in an empty row


def write_onnx(loaded: LoadedModel, folder: Path, bits: int) -> None:
    """Write `folder`, whole or not at all."""
    with new_folder(folder) as temporary:
        write_small_files(temporary, loaded.model, loaded.tokenizer, loaded.prompt_format)
        if loaded.prompt_format is not None:
            _add_chat_template(temporary / "tokenizer_config.json", loaded.prompt_format)
        (temporary / "onnx").mkdir()
        graph = PortableGraph(loaded.model.config, weights_of(loaded.model), bits)
        onnx.save(graph.built(), temporary / "onnx" / FILES[bits])


def _add_chat_template(path: Path, prompt_format: PromptFormat) -> None:
    """Put it where transformers.js looks for it, which reads no chat_template.jinja."""
    settings = json.loads(path.read_text(encoding="utf-8")) | {"chat_template": prompt_format.chat_template()}
    path.write_text(json.dumps(settings, indent=1, ensure_ascii=False), encoding="utf-8")


class PortableGraph(Graph):
    """The graph of a model with attention written out, so that rows of any length, filled up, can be one batch."""

    def __init__(self, config: GPTConfig, weights: Weights, bits: int):
        super().__init__(config, weights, 32 if bits == 16 else bits)
        self.half = bits == 16

    def constant(self, name: str, values: np.ndarray) -> str:
        if not self.half or values.dtype != np.float32 or values.ndim < 2:
            return super().constant(name, values)
        return self.add("Cast", [super().constant(f"{name}.half", values.astype(np.float16))], name, to=1)

    def embedded(self) -> tuple[str, str]:
        self.hide_the_future()
        return super().embedded()

    def hide_the_future(self) -> None:
        """`hidden` (B, 1, T, past + T): 0 where a token may be seen, HIDDEN where not."""
        number = {n: self.constant(f"number.{n}", np.array(n)) for n in (0, 1)}
        tokens = self.add("Squeeze", [self.add("Shape", ["input_ids"], "t", start=1, end=2)], "tokens")
        total = self.add("Squeeze", [self.add("Shape", ["attention_mask"], "s", start=1, end=2)], "total")
        past = self.add("Sub", [total, tokens], "past")
        seen = self.add("Range", [number[0], total, number[1]], "seen")
        places = self.add("Range", [past, total, number[1]], "their_places")
        column = self.constant("column", np.array([1]))
        causal = self.add("LessOrEqual", [seen, self.add("Unsqueeze", [places, column], "place_column")], "causal")
        real = self.add("Cast", ["attention_mask"], "real", to=TensorProto.BOOL)
        by_row = self.add("Unsqueeze", [real, self.constant("by_row", np.array([1, 2]))], "real_by_row")
        visible = self.add("And", [causal, by_row], "visible")
        values = [self.constant(f"bias.{n}", np.array(n, np.float32)) for n in (0, HIDDEN)]
        self.add("Where", [visible, *values], "hidden")

    def attention(self, number: int, normed: str) -> str:
        name = f"transformer.h.{number}.attn"
        parts = [f"{name}.{letter}" for letter in "qkv"]
        self.add("Split", [self.linear(normed, f"{name}.c_attn")], *parts, axis=-1, num_outputs=3)
        q, k, v = (self.by_head(part, name) for part in parts)
        for kind, new in (("key", k), ("value", v)):
            past, present = (f"{cache}.{number}.{kind}" for cache in ("past_key_values", "present"))
            self.add("Concat", [past, new], present, axis=2)
        keys = self.add("Transpose", [f"present.{number}.key"], f"{name}.keys", perm=[0, 1, 3, 2])
        scores = self.add("MatMul", [q, keys], f"{name}.scores")
        weights = self.add("Softmax", [self.add("Add", [scores, "hidden"], f"{name}.masked")], f"{name}.weights")
        seen = self.add("MatMul", [weights, f"present.{number}.value"], f"{name}.seen_by_head")
        turned = self.add("Transpose", [seen], f"{name}.seen_by_token", perm=[0, 2, 1, 3])
        return self.add("Reshape", [turned, self.constant("joined", np.array([0, 0, self.config.n_embd]))], f"{name}.y")

    def by_head(self, part: str, attention: str) -> str:
        """(B, T, C) as (B, H, T, D); queries and keys normed and turned where positions are rotary."""
        heads = self.config.n_head
        shape = self.constant("by_head", np.array([0, 0, heads, self.config.n_embd // heads]))
        rows = self.add("Reshape", [part, shape], f"{part}.rows")
        letter = part[-1]
        if self.rotary and letter != "v":
            rows = self.norm(rows, f"{attention}.{letter}_norm")
        turned = self.add("Transpose", [rows], f"{part}.by_head", perm=[0, 2, 1, 3])
        return self.rotated(turned) if self.rotary and letter != "v" else turned

    def rotated(self, x: str) -> str:
        """Rotary positions on (B, H, T, D): the halves of the channels are the coordinates that turn."""
        if "cosines.here" not in self.made:
            axis = self.constant("head_axis", np.array([1]))
            for table in self.rotation_tables():
                here = self.add("Gather", [table, "position_ids"], f"{table}.rows")
                whole = self.add("Concat", [here, here], f"{table}.both", axis=-1)
                self.made.add(self.add("Unsqueeze", [whole, axis], f"{table}.here"))
        first, second = f"{x}.first", f"{x}.second"
        self.add("Split", [x], first, second, axis=-1, num_outputs=2)
        swapped = self.add("Concat", [self.add("Neg", [second], f"{second}.negative"), first], f"{x}.swapped", axis=-1)
        terms = [
            self.add("Mul", [x, "cosines.here"], f"{x}.cosine"),
            self.add("Mul", [swapped, "sines.here"], f"{x}.sine"),
        ]
        return self.add("Add", terms, f"{x}.rotated")

    def mlp(self, name: str, normed: str) -> str:
        if self.rotary:
            gate = self.linear(normed, f"{name}.mlp.c_gate")
            opened = self.add("Mul", [gate, self.add("Sigmoid", [gate], f"{name}.sigmoid")], f"{name}.opened")
            hidden = self.add("Mul", [opened, self.linear(normed, f"{name}.mlp.c_up")], f"{name}.hidden")
        else:
            hidden = self.add("Gelu", [self.linear(normed, f"{name}.mlp.c_fc")], f"{name}.hidden", approximate="tanh")
        return self.linear(hidden, f"{name}.mlp.c_proj")

    def norm(self, x: str, name: str) -> str:
        if not self.rotary:
            return super().norm(x, name)
        squares = self.add("Mul", [x, x], f"{name}.squares")
        mean = self.add("ReduceMean", [squares, self.constant("last_axis", np.array([-1]))], f"{name}.mean")
        raised = self.add("Add", [mean, self.constant("epsilon", np.array(EPSILON, np.float32))], f"{name}.raised")
        unit = self.add("Div", [x, self.add("Sqrt", [raised], f"{name}.root")], f"{name}.unit")
        return self.add("Mul", [unit, self.weight(f"{name}.weight")], name)

    def head(self, normed: str) -> None:
        product = self.logits(self.by_token(normed), "logits_by_token")
        shape = self.add("Shape", [normed], "batch_and_tokens", end=2)
        vocabulary = self.constant("vocabulary", np.array([self.config.vocab_size]))
        self.add("Reshape", [product, self.add("Concat", [shape, vocabulary], "shape", axis=0)], "logits")

    def interface(self) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
        inputs = [
            tensor_value("input_ids", ["batch", "tokens"]), tensor_value("attention_mask", ["batch", "total"]),
            tensor_value("position_ids", ["batch", "tokens"]), *self.caches("past_key_values", "past"),
        ]  # fmt: skip
        logits = tensor_value("logits", ["batch", "tokens", self.config.vocab_size], TensorProto.FLOAT)
        return inputs, [logits, *self.caches("present", "total")]


class OnnxFolder:
    """A folder of `write_onnx`, loaded again by ONNX Runtime. Raises ModelError where it cannot be used."""

    name = f"onnxruntime {onnxruntime.__version__}"

    def __init__(self, folder: Path, bits: int):
        self._path = path = folder / "onnx" / FILES[bits]
        self._session, self._tokenizer = open_session(path, threads=0), read_tokenizer(folder / "tokenizer.json")
        self._caches = {i.name: i.shape for i in self._session.get_inputs() if i.name.startswith("past_key_values.")}
        try:
            self.context = int(self._session.get_modelmeta().custom_metadata_map["context"])
        except (KeyError, ValueError):
            raise ModelError(f"{path}: expected a graph that slm wrote; export the model again") from None

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [ids.tolist() for ids in self._tokenizer.encode_batch(texts)]

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, V) after each of T tokens: half of them as a prompt, the rest one by one, by the cache."""
        half = len(ids) // 2
        done, cache = [], {name: np.zeros((1, s[1], 0, s[3]), np.float32) for name, s in self._caches.items()}
        for first, part in [(0, ids[:half]), *((n, ids[n : n + 1]) for n in range(half, len(ids)))]:
            if len(part):
                places = np.arange(first, first + len(part))[None]
                fed = {"input_ids": np.asarray(part, np.int64)[None], "position_ids": places}
                fed["attention_mask"] = np.ones((1, first + len(part)), np.int64)
                logits, *present = self._run(fed | cache)
                cache = dict(zip(cache, present, strict=True))
                done.append(logits[0])
        return np.concatenate(done)

    def _run(self, fed: dict[str, np.ndarray]) -> list[np.ndarray]:
        try:
            return self._session.run(None, fed)
        except Exception as error:  # onnxruntime's own classes share no parent but this one
            first = str(error).splitlines()[0]
            raise ModelError(f"{self._path}: onnxruntime cannot compute it ({first}); export the model again") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        del self._session
