"""Which engine runs a model, and how it is opened. torch is imported only where it is needed."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from slm.errors import ConfigError, ModelError
from slm.generation.engine import Engine
from slm.generation.engine_cache import cache_graph, cached_graph
from slm.model.quantization import BITS
from slm.model_folder import ModelFolder
from slm.processor import available_cores, may_have_gpu

if TYPE_CHECKING:
    from slm.checkpoint import LoadedModel

ENGINES = ("auto", "onnx", "torch")
DEFAULT_BITS = 8


def open_engine(
    folder: ModelFolder,
    kind: str = "auto",
    bits: int = 0,
    threads: int = 0,
    message: Callable[[str], None] = lambda text: None,
) -> Engine:
    """The engine `kind` with a model loaded: 'onnx' on the CPU, in 8 bits unless `bits` says otherwise; 'torch', in
    float32, on the GPU if there is one; 'auto' takes torch where there is a GPU. A model that the fast engine has not
    seen yet is converted first, which `message` tells.

    Raises ConfigError for settings that mean nothing, ModelError for a folder that cannot be used.
    """
    if kind not in ENGINES:
        raise ConfigError(f"engine expects {', '.join(ENGINES)}, got {kind!r}")
    if bits not in (0, *BITS) or (kind == "torch" and bits not in (0, 32)):
        raise ConfigError(f"bits expects {', '.join(map(str, BITS))} (torch: 32 only), got {bits}")
    if kind == "torch" or (kind == "auto" and not bits and _has_gpu()):
        return _torch_engine(folder, threads)
    from slm.generation.onnx_engine import OnnxEngine

    try:
        path = cached_graph(folder, bits or DEFAULT_BITS) or _convert_folder(folder, bits or DEFAULT_BITS, message)
    except ConfigError as error:  # no kernels for its shape
        if kind == "onnx" or bits:
            raise
        message(f"{str(error).partition(':')[0]}: taking torch")
        return _torch_engine(folder, threads)
    return OnnxEngine(path, threads or available_cores(), label=f", {bits or DEFAULT_BITS} bits")


def convert(loaded: LoadedModel, bits: int = DEFAULT_BITS) -> Path:
    """Write a loaded model into the fast engine's cache; the graph's path. Raises OSError where that cannot be."""
    from slm.generation.onnx_graph import write_graph

    folder = ModelFolder(
        loaded.folder, loaded.tokenizer, loaded.prompt_format, loaded.sha256, loaded.record, loaded.domain
    )
    return cache_graph(folder, bits, lambda path: write_graph(loaded.model, path, bits))


def convert_anew(loaded: LoadedModel, message: Callable[[str], None]) -> None:
    """The last step of a training on a CPU: what `slm generate` would do first. That it fails is no failure of the run:
    `message` tells of it."""
    if may_have_gpu():
        return
    started = time.perf_counter()
    try:
        convert(loaded)
    except OSError as error:
        message(f"not converted for the fast engine ({error.strerror or error}); slm generate will do it")
    except ConfigError as error:
        message(f"{str(error).partition(':')[0]}: slm generate will take torch")
    else:
        message(f"converted for the fast engine, {DEFAULT_BITS} bits: {time.perf_counter() - started:.1f} s")


def _convert_folder(folder: ModelFolder, bits: int, message: Callable[[str], None]) -> Path:
    if importlib.util.find_spec("torch") is None:
        raise ModelError(
            f"{folder.path}: not converted for the fast engine in {bits} bits, which takes torch, and torch is not "
            "installed here; let slm generate make it once where it is, and share that machine's SLM_CACHE"
        )
    from slm.checkpoint import load_model

    started = time.perf_counter()
    message(f"converting {folder.path} for the fast engine, {bits} bits, once")
    try:
        path = convert(load_model(folder.path), bits)
    except OSError as error:
        raise ModelError(
            f"the cache for the fast engine cannot be written ({error.filename}: {error.strerror}): set SLM_CACHE to a "
            "folder with room, or use --engine torch"
        ) from None
    message(f"converted in {time.perf_counter() - started:.1f} s")
    return path


def _torch_engine(folder: ModelFolder, threads: int) -> Engine:
    from slm.checkpoint import load_model
    from slm.device import choose_machine
    from slm.generation.torch_engine import TorchEngine

    machine = choose_machine(precision="float32", threads=threads)
    return TorchEngine(load_model(folder.path).model.to(machine.device))


def _has_gpu() -> bool:
    if not may_have_gpu():
        return False
    from slm.device import best_device

    return best_device() == "cuda"
