"""The reference engine: the model itself, on any device, with sums in a fixed order.

A text must not depend on who shares its batch, nor on what was computed of its prompt before. Floating-point sums
depend on the shapes of the products that they are taken in; here these never change: every step computes a tile of
ROWS tokens, of whatever sequences and places, the last tile filled up, and each looks at the whole of its context, of
which the future is masked. A row's numbers then follow from its own tokens alone, given that a product sums the rows
of a tile alike, which is tried when the engine starts. (R rows, H heads, C context, D channels of a head.)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from slm.model.gpt import GPT, GPTConfig

ROWS = 16


class TorchEngine:
    """An `Engine` over `model`, which it puts into evaluation mode and does not change. Computes in float32."""

    def __init__(self, model: GPT, slots: int = 16):
        self.model, self.slots = model.eval(), slots
        self.context, self.vocabulary = model.config.block_size, model.config.vocab_size
        weight = model.transformer.wte.weight
        self.device = weight.device
        self.name = f"torch {torch.__version__}, {str(weight.dtype).removeprefix('torch.')}, {self.device.type}"
        self._rooms = _Rooms(model.config, weight)
        self._lengths: dict[int, int] = {}
        self.rows = ROWS if self._rows_agree() else 1

    def open(self) -> int:
        sequence = next(n for n in range(len(self._lengths) + 1) if n not in self._lengths)
        self._rooms.grow(sequence + 1)
        self._lengths[sequence] = 0
        return sequence

    def fork(self, sequence: int, length: int) -> int:
        copy = self.open()
        self._rooms.copy(sequence, copy, length)
        self._lengths[copy] = length
        return copy

    def rewind(self, sequence: int, length: int) -> None:
        self._lengths[sequence] = length

    def close(self, sequence: int) -> None:
        del self._lengths[sequence]

    def extend(self, parts: Mapping[int, Sequence[int]]) -> np.ndarray:
        ends = np.cumsum([len(ids) for ids in parts.values()]) - 1
        with self._one_thread():
            return self._head(self._features(parts)[ends.tolist()])

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        sequence = self.open()
        try:
            with self._one_thread():
                return self._head(self._features({sequence: ids}))
        finally:
            self.close(sequence)

    @contextlib.contextmanager
    def _one_thread(self) -> Iterator[None]:
        """On a CPU: two threads were seen to share one product in different ways from call to call."""
        before = torch.get_num_threads()
        if self.device.type == "cpu" and before > 1:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch.get_num_threads() != before:
                torch.set_num_threads(before)

    def _features(self, parts: Mapping[int, Sequence[int]]) -> Tensor:
        """The final hidden states (tokens, C) of all tokens given."""
        tokens = []
        for sequence, ids in parts.items():
            first = self._lengths[sequence]
            tokens += [(sequence, first + n, token) for n, token in enumerate(ids)]
            self._lengths[sequence] = first + len(ids)
        done = [self._tile(tokens[first : first + self.rows]) for first in range(0, len(tokens), self.rows)]
        return torch.cat(done)

    @torch.no_grad()
    def _tile(self, tokens: list[tuple[int, int, int]]) -> Tensor:
        """The final hidden states of (sequence, place, id) triples; filled up with the last one, which then is
        written to its place several times over."""
        count = len(tokens)
        filled = tokens + tokens[-1:] * (self.rows - count)
        sequences, places, ids = (torch.tensor(part, device=self.device) for part in zip(*filled, strict=True))
        return self.model.features(ids[:, None], _RowCache(self._rooms.room, sequences, places))[:count, 0]

    @torch.no_grad()
    def _head(self, features: Tensor) -> np.ndarray:
        """The logits (n, V) of hidden states (n, C), in tiles too."""
        weight, done = self.model.transformer.wte.weight, []
        for part in features.split(self.rows):
            filled = F.pad(part, (0, 0, 0, self.rows - len(part)))
            done.append(F.linear(filled, weight)[: len(part)])
        return torch.cat(done).float().cpu().numpy()

    def _rows_agree(self) -> bool:
        """Whether one token gives the same bits in every row of a tile."""
        self.rows = ROWS
        self._rooms.grow(1)
        with self._one_thread():
            features = self._tile([(0, 0, 0)] * ROWS)
            logits = self._head(features)
        return bool((features == features[0]).all()) and bool((logits == logits[0]).all())


class _Rooms:
    """Keys and values (L, 2, slots, H, C, D) of all sequences; grows by doubling."""

    def __init__(self, config: GPTConfig, like: Tensor):
        shape = (config.n_layer, 2, 0, config.n_head, config.block_size, config.n_embd // config.n_head)
        self.room = torch.zeros(shape, device=like.device, dtype=like.dtype)

    def grow(self, slots: int) -> None:
        if slots > self.room.size(2):
            shape = list(self.room.shape)
            shape[2] = max(slots, 2 * shape[2])
            larger = self.room.new_zeros(shape)
            larger[:, :, : self.room.size(2)] = self.room
            self.room = larger

    def copy(self, source: int, target: int, length: int) -> None:
        self.room[:, :, target, :, :length] = self.room[:, :, source, :, :length]


class _RowCache:
    """What `GPT.features` needs of a cache, for R rows of one token, each at a place of its own in a sequence."""

    length = 0

    def __init__(self, room: Tensor, sequences: Tensor, places: Tensor):
        self.room, self.sequences, self.places = room, sequences, places
        self.visible = (torch.arange(room.size(4), device=room.device) <= places[:, None])[
            :, None, None
        ]  # (R, 1, 1, C)

    def positions(self, T: int) -> Tensor:
        return self.places[:, None]  # (R, 1)

    def layer(self, number: int) -> _RowLayer:
        return _RowLayer(self, self.room[number, 0], self.room[number, 1])


class _RowLayer:
    def __init__(self, rows: _RowCache, keys: Tensor, values: Tensor):
        self.rows, self.keys, self.values = rows, keys, values

    def mask(self, T: int) -> Tensor:
        return self.rows.visible

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write k and v (R, H, 1, D), all before any is read; return each row's sequence, (R, H, C, D)."""
        places = (self.rows.sequences, slice(None), self.rows.places)
        self.keys[places] = k[:, :, 0]
        self.values[places] = v[:, :, 0]
        return self.keys[self.rows.sequences], self.values[self.rows.sequences]
