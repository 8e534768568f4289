"""The process in which llama.cpp runs: `python llama_cpp_process.py MODEL THREADS`.

It answers `slm.export.llama_cpp` over its standard streams, a line of JSON each way, and apart from that it may die as
it likes. llama.cpp's C functions are called in the library that the package xllamacpp carries (its own interface gives
the logits of a place as JSON only); what they mean stands in llama.cpp's include/llama.h. Attention is computed in
float32 throughout, so that a figure tells of the file and not of the engine's shortcuts. Imports nothing
of slm, nor numpy or torch.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import json
import os
import sys
from ctypes import POINTER, c_bool, c_char_p, c_float, c_int, c_int8, c_int32, c_uint32, c_void_p
from pathlib import Path
from typing import Any

PIECE = 256  # tokens whose logits are held at a time
LARGEST_CACHE = 1 << 31  # bytes of keys and values; more is a damaged file, or none of ours
ERROR_LEVEL = 4
SETTINGS_WORDS = 36  # 32-bit words at the beginning of llama_context_params, which has more
KNOWN_BEGINNING = [512, 2048, 512, 1]  # n_ctx, n_batch, n_ubatch, n_seq_max: llama.cpp's defaults
NOT_CHOSEN = [0xFFFFFFFF] * 4  # rope_scaling_type, pooling_type, attention_type, flash_attn_type
HALVES = [1, 1]  # type_k, type_v
OFF, FLOATS = 0, [0, 0]


class Refused(Exception):
    """The model cannot be used; says why."""


class Settings(ctypes.Structure):
    """Room for llama.cpp's parameter structures, which grow from version to version, and more. Passed by value, more
    room than a function looks at does no harm where large structures go through memory: on x86-64 and ARM64."""

    _fields_ = [("words", c_uint32 * 128)]


class TokenBatch(ctypes.Structure):
    """llama_batch."""

    _fields_ = [
        ("count", c_int32), ("tokens", POINTER(c_int32)), ("embeddings", c_void_p), ("places", POINTER(c_int32)),
        ("sequence_counts", POINTER(c_int32)), ("sequences", POINTER(POINTER(c_int32))), ("wanted", POINTER(c_int8)),
    ]  # fmt: skip


LOG = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p)
FUNCTIONS = {
    "llama_backend_init": (None, []),
    "llama_log_set": (None, [LOG, c_void_p]),
    "llama_model_default_params": (Settings, []),
    "llama_context_default_params": (Settings, []),
    "llama_model_load_from_file": (c_void_p, [c_char_p, Settings]),
    "llama_init_from_model": (c_void_p, [c_void_p, Settings]),
    "llama_set_n_threads": (None, [c_void_p, c_int32, c_int32]),
    "llama_model_get_vocab": (c_void_p, [c_void_p]),
    "llama_vocab_n_tokens": (c_int32, [c_void_p]),
    "llama_model_n_ctx_train": (c_int32, [c_void_p]),
    "llama_model_n_layer": (c_int32, [c_void_p]),
    "llama_model_n_embd": (c_int32, [c_void_p]),
    "llama_n_batch": (c_uint32, [c_void_p]),
    "llama_tokenize": (c_int32, [c_void_p, c_char_p, c_int32, POINTER(c_int32), c_int32, c_bool, c_bool]),
    "llama_get_memory": (c_void_p, [c_void_p]),
    "llama_memory_clear": (None, [c_void_p, c_bool]),
    "llama_batch_init": (TokenBatch, [c_int32, c_int32, c_int32]),
    "llama_decode": (c_int32, [c_void_p, TokenBatch]),
    "llama_get_logits": (POINTER(c_float), [c_void_p]),
}


def load_library() -> ctypes.CDLL:
    """llama.cpp's functions, declared."""
    package = importlib.util.find_spec("xllamacpp")
    folder = Path(package.submodule_search_locations[0])
    files = [path for path in sorted(folder.glob("xllamacpp*")) if path.suffix in (".so", ".pyd", ".dylib")]
    try:
        library = ctypes.CDLL(str(files[0]))
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (IndexError, AttributeError, OSError) as error:
        raise Refused(f"xllamacpp {version()} does not show llama.cpp's functions here ({error})") from None
    return library


def version() -> str:
    return importlib.metadata.version("xllamacpp")


class Model:
    """A model that llama.cpp has loaded. Raises Refused where it will not."""

    def __init__(self, path: str, threads: int):
        self._lib = load_library()
        self.errors: list[str] = []
        self._log = LOG(self._note)  # kept: llama.cpp calls it as long as it lives
        self._lib.llama_log_set(self._log, None)
        self._lib.llama_backend_init()
        model = self._lib.llama_model_load_from_file(os.fsencode(path), self._lib.llama_model_default_params())
        if not model:
            raise Refused(self._reason())
        self._vocabulary = self._lib.llama_model_get_vocab(model)
        self.tokens = self._lib.llama_vocab_n_tokens(self._vocabulary)
        self.context = self._lib.llama_model_n_ctx_train(model)
        cache = 8 * self.context * self._lib.llama_model_n_layer(model) * self._lib.llama_model_n_embd(model)
        if not 0 < cache < LARGEST_CACHE:
            raise Refused(f"a context of {self.context} tokens, for which there is no room")
        self._context = self._lib.llama_init_from_model(model, self._settings())
        if not self._context:
            raise Refused(self._reason())
        self._lib.llama_set_n_threads(self._context, threads, threads)
        self._piece = min(PIECE, self._lib.llama_n_batch(self._context))
        self._batch = self._lib.llama_batch_init(self._piece, 0, 1)

    def encode(self, text: str) -> list[int]:
        """The ids of a text that has no special tokens in it, whatever it looks like."""
        content = text.encode()
        ids = (c_int32 * (len(content) + 1))()
        count = self._lib.llama_tokenize(self._vocabulary, content, len(content), ids, len(ids), False, False)
        if count < 0:
            raise Refused(f"{-count} tokens for {len(content)} bytes")
        return ids[:count]

    def logits(self, ids: list[int]) -> bytes:
        """The logits (T, V), float32, after each of the ids."""
        self._forget()
        starts = range(0, len(ids), self._piece)
        return b"".join(self._extend(ids[start : start + self._piece], start) for start in starts)

    def greedy(self, ids: list[int], new: int) -> list[int]:
        """The `new` likeliest tokens after ids, each after the one before it; of equal ones the first."""
        row, size, found = self.logits(ids)[-4 * self.tokens :], len(ids), []
        while len(found) < new:
            values = memoryview(row).cast("f").tolist()
            found.append(values.index(max(values)))
            if len(found) < new:
                row = self._extend(found[-1:], size + len(found) - 1)
        return found

    def _extend(self, ids: list[int], first: int) -> bytes:
        batch = self._batch
        batch.count = len(ids)
        for n, token in enumerate(ids):
            batch.tokens[n], batch.places[n], batch.wanted[n] = token, first + n, 1
            batch.sequence_counts[n], batch.sequences[n][0] = 1, 0
        if status := self._lib.llama_decode(self._context, batch):
            raise Refused(f"llama_decode gives {status}: {self._reason()}")
        return ctypes.string_at(self._lib.llama_get_logits(self._context), 4 * len(ids) * self.tokens)

    def _forget(self) -> None:
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), True)

    def _settings(self) -> Settings:
        """llama.cpp's defaults with the model's context and attention in float32. Where those settings lie differs
        between versions: they are found by their default values, and left alone where these are not found once."""
        settings = self._lib.llama_context_default_params()
        words = settings.words[:SETTINGS_WORDS]
        if words[: len(KNOWN_BEGINNING)] != KNOWN_BEGINNING:
            raise Refused(f"xllamacpp {version()} has other settings than are known here")
        settings.words[0] = self.context
        attention, types = _only_place(words, NOT_CHOSEN), _only_place(words, HALVES)
        if attention is not None and types is not None:
            settings.words[attention + len(NOT_CHOSEN) - 1] = OFF
            settings.words[types : types + len(HALVES)] = FLOATS
        return settings

    def _note(self, level: int, text: bytes | None, _: Any) -> None:
        if level == ERROR_LEVEL and text and text.strip():
            self.errors.append(text.decode("utf-8", "replace").strip())

    def _reason(self) -> str:
        return self.errors[0] if self.errors else "no reason given"


def _only_place(words: list[int], pattern: list[int]) -> int | None:
    size = len(pattern)
    places = [n for n in range(len(words) - size + 1) if words[n : n + size] == pattern]
    return places[0] if len(places) == 1 else None


def limit_harm(path: str) -> None:
    """A damaged file may make llama.cpp ask for any amount of memory, or abort: no more than a model of this size
    needs; and no debugger is called then, which takes seconds, nor the process written to the disk."""
    os.environ["GGML_NO_BACKTRACE"] = "1"
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        most = (4 << 30) + 4 * os.path.getsize(path)
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(model: Model, request: dict[str, Any]) -> Any:
    if request["ask"] == "encode":
        return [model.encode(text) for text in request["texts"]]
    if request["ask"] == "logits":
        return model.logits(request["ids"])
    return model.greedy(request["ids"], request["new"])


def main(path: str, threads: int) -> None:
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what llama.cpp prints is no reply

    def reply(**values: Any) -> None:
        content = values.pop("content", b"")
        replies.write(json.dumps({**values, "bytes": len(content)}).encode() + b"\n" + content)
        replies.flush()

    limit_harm(path)
    try:
        model = Model(path, threads)
        reply(value={"tokens": model.tokens, "context": model.context, "version": version()})
    except Refused as error:
        return reply(error=str(error))
    for line in sys.stdin.buffer:
        try:
            value = answer(model, json.loads(line))
            reply(content=value) if isinstance(value, bytes) else reply(value=value)
        except Refused as error:
            reply(error=str(error))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
