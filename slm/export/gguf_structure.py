"""What a GGUF file says of itself, read without the package gguf and without llama.cpp, and whether it is whole.

Layout: magic, version, counts; keys and values; name, shape, type and place of each tensor; then, from a multiple of
32 bytes on, their bytes (ggml's docs/gguf.md). Every length is compared with what is left of the file before it is
believed.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from slm.errors import ModelError

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32
SCALARS = ("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?", None, None, "<Q", "<q", "<d")  # by the number of the type
STRING, ARRAY = 8, 9
TENSOR_TYPES = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 8: ("Q8_0", 32, 34)}  # weights, bytes a block
MOST_DIMENSIONS = 4


@dataclass(frozen=True)
class TensorPlace:
    """A tensor: its type by name, its shape (outermost first), and where in the file its bytes are."""

    type: str
    shape: tuple[int, ...]
    start: int
    bytes: int


@dataclass(frozen=True)
class GGUFStructure:
    """Keys with their values, and tensors by name."""

    values: dict[str, Any]
    tensors: dict[str, TensorPlace]


def check_gguf(path: Path) -> GGUFStructure:
    """The structure of a file that `write_gguf` wrote. Raises ModelError where it is not whole or is another format.

    Weights that were changed where they stand are not noticed: compare the file's SHA-256 for that.
    """
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _Reader(path, content).structure()
    except OSError as error:
        raise ModelError(f"{path}: expected a GGUF file, cannot read one ({error.strerror})") from None
    except ValueError as error:  # an empty file, or a string that is no UTF-8
        raise ModelError(f"{path}: not a whole GGUF file ({error}); export the model again") from None


class _Reader:
    def __init__(self, path: Path, content: mmap.mmap):
        self.path, self.content, self.place = path, content, 0

    def structure(self) -> GGUFStructure:
        magic, version = self.take(4), self.number("<I")
        if magic != MAGIC or version != VERSION:
            self.refuse(f"begins with {magic!r}, version {version}, not {MAGIC!r}, version {VERSION}")
        tensors, keys = self.number("<Q"), self.number("<Q")
        values: dict[str, Any] = {}
        for _ in range(keys):
            key = self.string()
            if key in values:
                self.refuse(f"says {key} twice")
            values[key] = self.value(self.number("<I"))
        described = [self.tensor() for _ in range(tensors)]
        start = -(-self.place // ALIGNMENT) * ALIGNMENT
        return GGUFStructure(values, self.placed(described, start))

    def placed(self, described: list[tuple[str, TensorPlace]], start: int) -> dict[str, TensorPlace]:
        """The tensors, which must lie one behind the other, without holes."""
        tensors: dict[str, TensorPlace] = {}
        end = start
        for name, tensor in described:
            place = TensorPlace(tensor.type, tensor.shape, start + tensor.start, tensor.bytes)
            if name in tensors or place.start != end or place.start + place.bytes > len(self.content):
                self.refuse(f"has tensor {name} at byte {place.start}, which is not in its place or cut off")
            tensors[name] = place
            end = -(-(place.start + place.bytes) // ALIGNMENT) * ALIGNMENT
        if end != len(self.content):
            self.refuse(f"has {len(self.content)} bytes where its tensors end at {end}")
        return tensors

    def tensor(self) -> tuple[str, TensorPlace]:
        name, dimensions = self.string(), self.number("<I")
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            self.refuse(f"gives tensor {name} {dimensions} dimensions")
        shape = tuple(self.number("<Q") for _ in range(dimensions))  # innermost first
        kind, start = self.number("<I"), self.number("<Q")
        if kind not in TENSOR_TYPES:
            self.refuse(f"gives tensor {name} the type {kind}")
        label, block, size = TENSOR_TYPES[kind]
        if shape[0] % block:
            self.refuse(f"gives tensor {name} rows of {shape[0]}, no multiple of {block}")
        return name, TensorPlace(label, shape[::-1], start, math.prod(shape) // block * size)

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, count = self.number("<I"), self.number("<Q")
            if count > len(self.content) - self.place or inner == ARRAY:
                self.refuse(f"has a list of {count} values of type {inner}")
            return [self.value(inner) for _ in range(count)]
        if kind >= len(SCALARS):
            self.refuse(f"has a value of the unknown type {kind}")
        return self.number(SCALARS[kind])

    def string(self) -> str:
        return self.take(self.number("<Q")).decode()

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def take(self, size: int) -> bytes:
        if size > len(self.content) - self.place:
            self.refuse(f"ends at byte {len(self.content)}, where {size} more are announced at {self.place}")
        self.place += size
        return self.content[self.place - size : self.place]

    def refuse(self, what: str) -> NoReturn:
        raise ModelError(f"{self.path}: expected a whole GGUF file of slm's, this one {what}; export the model again")
