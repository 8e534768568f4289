"""A model's numbers in one file, as the web page's module reads them, and the model that these numbers make.

Matrices and the token embedding have 16 bits (float16), or 8 or 4 (`slm.model.quantization`); norms, biases and the
position embedding, which are small, have 32. Each tensor begins at a multiple of 16 bytes. (N outputs, K inputs.)
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.model.quantization import Quantized, quantize

WEB_BITS = (16, 8, 4)
POSITIONS = "transformer.wpe.weight"
ALIGNMENT = 16


def pack(model: GPT, bits: int) -> tuple[dict[str, dict[str, Any]], bytes]:
    """Where each tensor of `model` stands and in which form, by its name, and the bytes of all of them.

    Raises ConfigError for other bits than 16, 8 and 4.
    """
    check_bits(bits)
    places, content = {}, bytearray()
    for name, values in _arrays(model).items():
        parts = _parts(values, bits if _is_matrix(name, values) else 32)
        place: dict[str, Any] = {"shape": list(values.shape), "kind": parts.pop("kind")}
        for part, array in parts.items():
            if isinstance(array, int):
                place[part] = array
                continue
            content += bytes(-len(content) % ALIGNMENT)
            place[part] = len(content)
            content += np.ascontiguousarray(array).tobytes()
        places[name] = place
    return places, bytes(content)


def rounded(model: GPT, bits: int) -> GPT:
    """A copy of `model` whose matrices hold what `bits` bits keep of them, in float32: the reference of an export."""
    check_bits(bits)
    other = copy.deepcopy(model).to("cpu", torch.float32).eval()
    arrays = _arrays(other)
    kept = {n: torch.from_numpy(_kept(a, bits)) if _is_matrix(n, a) else torch.tensor(a) for n, a in arrays.items()}
    other.load_state_dict(kept)
    return other


def check_bits(bits: int) -> None:
    if bits not in WEB_BITS:
        raise ConfigError(f"bits expects {', '.join(map(str, WEB_BITS))} for the web, got {bits}")


def _arrays(model: GPT) -> Mapping[str, np.ndarray]:
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}


def _is_matrix(name: str, values: np.ndarray) -> bool:
    return values.ndim == 2 and name != POSITIONS


def _kept(weight: np.ndarray, bits: int) -> np.ndarray:
    return _half(weight).astype(np.float32) if bits == 16 else quantize(weight, bits).dequantized()


def _parts(values: np.ndarray, bits: int) -> dict[str, Any]:
    """`kind`, and what stands in the file under which word; little-endian."""
    if bits == 32:
        return {"kind": "float32", "values": values.astype("<f4")}
    if bits == 16:
        return {"kind": "float16", "values": _half(values)}
    quantized = quantize(values, bits)
    return {
        "kind": f"int{bits}", "block": quantized.block, "values": _numbers(quantized),
        "scales": quantized.scales.astype("<f4"),
    }  # fmt: skip


def _numbers(quantized: Quantized) -> np.ndarray:
    """8 bits as int8; 4 bits two to a byte, the first in its lower half, 8 more than they are."""
    return quantized.values if quantized.bits == 8 else quantized.packed()


def _half(values: np.ndarray) -> np.ndarray:
    largest = np.finfo(np.float16).max  # what is larger would become infinite
    return np.clip(values, -largest, largest).astype("<f2")
