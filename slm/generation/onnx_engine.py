"""The fast engine for CPUs: ONNX Runtime over the graph of `onnx_graph`, with the cache in our own memory. No torch.

Sequences lie in rows of one array a layer, so that those that go on by one token are one batch, wherever they stand. So
are prompts, filled up to one length, that lie side by side. (B batch, T tokens, R wanted ones of all of them, V
vocabulary, H heads, C context, D channels of a head.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from slm.errors import ModelError
from slm.generation.runtime import onnxruntime

PROMPT_TOKENS = 512  # of a prompt that are worked on together, so that memory does not grow with its length
FILLED_UP = 8  # tokens at most that a prompt is filled up by, to be in a batch: about what a run of its own costs
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
            self.vocabulary = self._session.get_outputs()[0].shape[1]
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
        logits: dict[int, np.ndarray] = {}
        for group in self._groups({sequence: ids for sequence, ids in parts.items() if len(ids) > 1}):
            logits |= zip(group, self._prompts(group), strict=True)
        if single := {sequence: ids[0] for sequence, ids in parts.items() if len(ids) == 1}:
            logits |= zip(*self._decode(single), strict=True)
        return [logits[sequence] for sequence in parts]

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        sequence = self.open()
        try:
            return np.concatenate([self._run_prompt(sequence, part, len(part)) for part in _parts(ids)])
        finally:
            self.close(sequence)

    def _groups(self, prompts: Mapping[int, Sequence[int]]) -> list[dict[int, Sequence[int]]]:
        """Prompts by those that go through together."""
        groups: list[dict[int, Sequence[int]]] = []
        for sequence in sorted(prompts, key=self._rows.index):
            alone = {sequence: prompts[sequence]}
            if groups and self._fit(together := groups[-1] | alone):
                groups[-1] = together
            else:
                groups.append(alone)
        return groups

    def _fit(self, prompts: Mapping[int, Sequence[int]]) -> bool:
        """Whether they lie side by side, are of about one length, and have room to be filled up to one."""
        first, lengths = self._rows.index(next(iter(prompts))), [len(ids) for ids in prompts.values()]
        return (
            self._rows[first : first + len(prompts)] == list(prompts)
            and max(lengths) - min(lengths) <= FILLED_UP
            and max(lengths) * len(prompts) <= PROMPT_TOKENS
            and max(self._lengths[sequence] for sequence in prompts) + max(lengths) <= self.context
        )

    def _prompts(self, prompts: Mapping[int, Sequence[int]]) -> np.ndarray:
        """The logits (B, V) after the last of the tokens of each prompt, which lie in rows side by side."""
        if len(prompts) == 1:
            ((sequence, ids),) = prompts.items()
            for part in _parts(ids):
                logits = self._run_prompt(sequence, part, 1)
            return logits
        counts = [len(ids) for ids in prompts.values()]
        first, longest = self._rows.index(next(iter(prompts))), max(counts)
        ends = np.arange(len(prompts)) * longest + counts - 1
        run = self._run(slice(first, first + len(prompts)), longest, wanted=ends)
        for row, ids in zip(run.input_ids, prompts.values(), strict=True):
            row[: len(ids)] = ids
        return self._go(run, list(prompts), counts)

    def _run_prompt(self, sequence: int, ids: Sequence[int], wanted: int) -> np.ndarray:
        """The logits (wanted, V) after the last `wanted` of some tokens of one sequence."""
        row = self._rows.index(sequence)
        run = self._run(slice(row, row + 1), len(ids), wanted=np.arange(len(ids) - wanted, len(ids)))
        run.input_ids[0] = ids
        return self._go(run, [sequence], [len(ids)])

    def _decode(self, tokens: Mapping[int, int]) -> tuple[list[int], np.ndarray]:
        """One token more for each of some sequences, as one batch: whose the rows are, and the logits (B, V)."""
        self._gather(list(tokens))
        count = len(tokens)
        order = self._rows[:count]
        if count not in self._runs:
            self._runs[count] = self._run(slice(0, count), 1, wanted=np.arange(count))
        run = self._runs[count]
        run.input_ids[:, 0] = [tokens[sequence] for sequence in order]
        return order, self._go(run, order, [1] * count)

    def _run(self, rows: slice, tokens: int, wanted: np.ndarray) -> Run:
        caches = zip(self._caches, self._room[:, rows], strict=True)
        return Run(self._session, dict(caches), rows.stop - rows.start, tokens, wanted)

    def _go(self, run: Run, sequences: Sequence[int], counts: Sequence[int]) -> np.ndarray:
        """Let sequences go on by the first `counts` (B) of the tokens in their rows of `run`; its logits (R, V)."""
        past = [self._lengths[sequence] for sequence in sequences]
        ends = [length + count for length, count in zip(past, counts, strict=True)]
        np.add.outer(past, run.steps, out=run.position_ids)
        run.query_seqlens[:] = counts
        run.seqlens_k[:] = [end - 1 for end in ends]
        run.total_sequence_length[0] = max(ends)
        self._lengths.update(zip(sequences, ends, strict=True))
        return run.logits(self.vocabulary)

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
        self._runs: dict[int, Run] = {}  # of one token each, by how many sequences go on together


class Run:
    """What the graph is given for B rows of T tokens: arrays that are bound once, and written to before each run."""

    def __init__(
        self, session: Any, caches: Mapping[str, np.ndarray], batch: int, tokens: int, wanted: np.ndarray
    ) -> None:
        self.input_ids, self.position_ids = (np.zeros((batch, tokens), np.int64) for _ in range(2))
        self.seqlens_k, self.query_seqlens = (np.zeros(batch, np.int32) for _ in range(2))
        self.total_sequence_length, self.rows = np.zeros(1, np.int32), wanted
        self.steps = np.arange(tokens)
        self._session, self._binding = session, session.io_binding()
        for name in ("input_ids", "position_ids", "seqlens_k", "query_seqlens", "total_sequence_length", "rows"):
            self._bind(self._binding.bind_input, name, getattr(self, name))
        for name, room in caches.items():  # one memory for what is read and what is added
            self._bind(self._binding.bind_input, f"past_key_values.{name}", room)
            self._bind(self._binding.bind_output, f"present.{name}", room)

    def _bind(self, bind: Callable[..., None], name: str, values: np.ndarray) -> None:
        bind(name, CPU, 0, values.dtype.type, values.shape, values.ctypes.data)

    def logits(self, vocabulary: int) -> np.ndarray:
        """Run; the logits (R, V) of the wanted ones of the B x T tokens."""
        logits = np.empty((len(self.rows), vocabulary), np.float32)
        self._bind(self._binding.bind_output, "logits", logits)
        self._session.run_with_iobinding(self._binding)
        return logits


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A prompt in parts, none of them of a single token if it has more: that would be computed in another way."""
    first = 0
    while first < len(ids):
        left = len(ids) - first
        count = left if left <= PROMPT_TOKENS else PROMPT_TOKENS - (left == PROMPT_TOKENS + 1)
        yield ids[first : first + count]
        first += count


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
            disabled_optimizers=["SkipLayerNormFusion"],  # its kernel takes five times as long as what it replaces
            enable_fallback=0,  # which would print, and try again
        )
    except Exception as error:  # onnxruntime's own classes share no parent but this one
        first = str(error).splitlines()[0]
        raise ModelError(f"{path}: onnxruntime cannot load it ({first}); remove it and have it made anew") from None
