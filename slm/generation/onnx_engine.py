"""The fast engine for CPUs: ONNX Runtime over the graph of `onnx_graph`, with the cache in our own memory. No torch.

Sequences lie in rows of one array a layer, so that those that go on by a few tokens are one batch, wherever they stand;
longer prompts go through one by one. (B batch, H heads, C context, D channels of a head.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import ModelError
from slm.generation.engine import FEW
from slm.generation.runtime import onnxruntime

PROMPT_TOKENS = 512  # of a prompt that are worked on together, so that memory does not grow with its length
CPU = "cpu"


class OnnxEngine:
    """An `Engine` over the model.onnx at `path`. Raises ModelError where the file cannot be used."""

    def __init__(self, path: Path, threads: int, slots: int = 16, label: str = ""):
        self.slots = slots
        self.name = f"onnxruntime {onnxruntime.__version__}{label}, {threads} thread{'s' if threads > 1 else ''}"
        self._session = open_session(path, threads)
        shapes = {value.name: value.shape for value in self._session.get_inputs()}
        self._caches = [name.removeprefix("past_key_values.") for name in shapes if name.startswith("past_")]
        try:
            _, self._heads, _, self._width = shapes["past_key_values.0.key"]
            self.vocabulary = self._session.get_outputs()[0].shape[2]
            self.context = int(self._session.get_modelmeta().custom_metadata_map["context"])
        except (KeyError, ValueError, IndexError):
            raise ModelError(f"{path}: not a graph that slm wrote; name a model folder") from None
        self._rows: list[int | None] = []  # which sequence lies in each row
        self._lengths: dict[int, int] = {}
        self._next = 0
        self._capacity = 0

    def open(self) -> int:
        self._next += 1
        if None not in self._rows:
            self._rows.append(None)
        self._rows[self._rows.index(None)] = self._next
        if len(self._rows) > self._capacity:
            self._make_room(max(len(self._rows), self.slots))
        self._lengths[self._next] = 0
        return self._next

    def fork(self, sequence: int, length: int) -> int:
        copy = self.open()
        here, there = self._rows.index(sequence), self._rows.index(copy)
        self._room[:, there, :, :length] = self._room[:, here, :, :length]
        self._lengths[copy] = length
        return copy

    def rewind(self, sequence: int, length: int) -> None:
        self._lengths[sequence] = length

    def close(self, sequence: int) -> None:
        self._rows[self._rows.index(sequence)] = None
        del self._lengths[sequence]

    def extend(self, parts: Mapping[int, Sequence[int]]) -> Sequence[np.ndarray]:
        logits = {sequence: self._prompt(sequence, ids)[0] for sequence, ids in parts.items() if len(ids) > FEW}
        few = {sequence: ids for sequence, ids in parts.items() if len(ids) <= FEW}
        for left in range(max(map(len, few.values()), default=0), 0, -1):
            now = {sequence: ids[-left] for sequence, ids in few.items() if len(ids) >= left}
            order, found = self._decode(now, wanted=left == 1)
        if few:
            logits |= zip(order, found, strict=True)
        return [logits[sequence] for sequence in parts]

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        sequence = self.open()
        try:
            return np.concatenate([self._run_prompt(sequence, part, len(part)) for part in _parts(ids)])
        finally:
            self.close(sequence)

    def _prompt(self, sequence: int, ids: Sequence[int]) -> np.ndarray:
        """The logits (1, V) after the last of several tokens."""
        for part in _parts(ids):
            found = self._run_prompt(sequence, part, 1)
        return found

    def _run_prompt(self, sequence: int, ids: Sequence[int], wanted: int) -> np.ndarray:
        """The logits (wanted, V) after the last `wanted` of some tokens of one sequence."""
        row, past = self._rows.index(sequence), self._lengths[sequence]
        end = past + len(ids)
        binding = self._bind(slice(row, row + 1))
        places = np.arange(past, end)[None]
        rows = np.arange(len(ids) - wanted, len(ids))
        logits = self._run(binding, np.asarray(ids)[None], places, np.array([end - 1]), end, rows)
        self._lengths[sequence] = end
        return logits[0]

    def _decode(self, tokens: Mapping[int, int], wanted: bool) -> tuple[list[int], np.ndarray]:
        """One token more for each of some sequences, as one batch: whose the rows are, and the logits (B, V), or none
        (B, 0)."""
        self._gather(list(tokens))
        count = len(tokens)
        order = self._rows[:count]
        ids = np.array([tokens[sequence] for sequence in order])
        past = np.array([self._lengths[sequence] for sequence in order])
        if count not in self._bindings:
            self._bindings[count] = self._bind(slice(0, count))
        rows = np.zeros(int(wanted), np.int64)
        logits = self._run(self._bindings[count], ids[:, None], past[:, None], past, int(past.max()) + 1, rows)
        for sequence in order:
            self._lengths[sequence] += 1
        return order, logits.reshape(count, -1)

    def _run(
        self, binding: Any, ids: np.ndarray, places: np.ndarray, last: np.ndarray, longest: int, rows: np.ndarray
    ) -> np.ndarray:
        logits = np.empty((len(ids), len(rows), self.vocabulary), np.float32)
        fed = {
            "input_ids": ids.astype(np.int64), "position_ids": places.astype(np.int64), "rows": rows,
            "seqlens_k": last.astype(np.int32), "total_sequence_length": np.array([longest], np.int32),
        }  # fmt: skip
        for name, values in fed.items():
            binding.bind_input(name, CPU, 0, values.dtype, values.shape, values.ctypes.data)
        binding.bind_output("logits", CPU, 0, np.float32, logits.shape, logits.ctypes.data)
        self._session.run_with_iobinding(binding)
        return logits

    def _bind(self, rows: slice) -> Any:
        """A binding whose cache, past and present, is these rows of ours."""
        binding = self._session.io_binding()
        for name, room in zip(self._caches, self._room, strict=True):
            part = room[rows]
            for bind, kind in ((binding.bind_input, "past_key_values."), (binding.bind_output, "present.")):
                bind(kind + name, CPU, 0, np.float32, part.shape, part.ctypes.data)
        return binding

    def _gather(self, sequences: list[int]) -> None:
        """Bring sequences into the first rows, in any order."""
        count, wanted = len(sequences), set(sequences)
        inside = [row for row in range(count) if self._rows[row] not in wanted]
        outside = [row for row in range(count, len(self._rows)) if self._rows[row] in wanted]
        for first, second in zip(inside, outside, strict=True):
            self._swap(first, second)

    def _swap(self, first: int, second: int) -> None:
        """Let the sequences in two rows change places; the first row may be free."""
        lengths = [self._lengths.get(self._rows[row], 0) for row in (first, second)]
        kept = self._room[:, first, :, : lengths[0]].copy()
        self._room[:, first, :, : lengths[1]] = self._room[:, second, :, : lengths[1]]
        self._room[:, second, :, : lengths[0]] = kept
        self._rows[first], self._rows[second] = self._rows[second], self._rows[first]

    def _make_room(self, rows: int) -> None:
        """For all slots at once: room that grows is copied, and only what is written to takes memory."""
        room = np.zeros((len(self._caches), rows, self._heads, self.context, self._width), np.float32)
        if self._capacity:
            room[:, : self._capacity] = self._room
        self._room, self._capacity = room, rows
        self._bindings: dict[int, Any] = {}  # by the number of rows that decode together


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[first : first + PROMPT_TOKENS] for first in range(0, len(ids), PROMPT_TOKENS)]


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load a graph for the CPU; 0 threads are as many as there are cores. Raises ModelError where it cannot be."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path),
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # which would print, and try again
        )
    except Exception as error:  # onnxruntime's own classes share no parent but this one
        first = str(error).splitlines()[0]
        raise ModelError(f"{path}: onnxruntime cannot load it ({first}); remove it and have it made anew") from None
