"""Which samples a training step sees, and their ids: a pure function of (seed, step, sample), or of the tokens seen.
Several ranks share the samples of a step, which are the same for any number of them.

A sample is a window of the token stream, a document (pre-training) or a record (fine-tuning). An epoch is a
permutation of all samples; nothing depends on micro-batches, on when a run was stopped, or on what was drawn before.
(B batch, T tokens, N tokens of one micro-batch of whole documents.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from slm.data.document_rows import Documents
from slm.data.split_files import Split, evenly_spread
from slm.errors import DataError

IGNORED = -1  # a target that is not trained on; the model's loss leaves it out
PART = 1 << 16  # documents of an epoch whose order is at hand
PADDING_MULTIPLE = 64  # widths of padded micro-batches: few shapes, so that memory is used again


class Samples(Protocol):
    """What can be trained on: `size` samples, each a row of at most `block_size` inputs and targets."""

    size: int
    block_size: int

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Inputs (T,) and targets (T,) of each sample; the token after inputs[t] is targets[t]."""
        ...


class Windows:
    """Windows of `block_size` tokens, one behind the other; each epoch cuts the stream at another place."""

    def __init__(self, split: Split, block_size: int, seed: int = 0):
        self._split, self._tokens, self.block_size, self._seed = split, split.tokens, block_size, seed
        available = len(self._tokens) - 1
        if available < block_size:
            raise DataError(
                f"expected at least {block_size + 1} tokens for windows of {block_size} (block_size), "
                f"got {len(self._tokens)}; give more text or a smaller block_size"
            )
        self.size = max(1, available // block_size - 1)
        self._slack = min(block_size, available - self.size * block_size + 1)

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        shift = int(_mix(np.uint64(self._seed), np.uint64(epoch + 1))) % self._slack if epoch >= 0 else 0
        starts = shift + numbers.astype(np.int64) * self.block_size
        pieces = (self._tokens[start : start + self.block_size + 1].astype(np.int64) for start in starts)
        rows = [(piece[:-1], piece[1:]) for piece in pieces]
        self._split.give_back()
        return rows


@dataclass(frozen=True)
class RecordCounts:
    """What becomes of records in a block of `block_size` tokens."""

    records: int
    too_long: int
    untrained: int
    used: int
    longest: int


class Records:
    """One record a row: prompt, response, end token. Prompts are not trained on unless `train_on_prompt`.

    Records longer than the block are cut without an end token, or dropped; those of which no token would be
    trained are left out. `packs`: several of them go through the model one behind the other, without padding. Raises
    DataError where none is left.
    """

    def __init__(
        self, split: Split, block_size: int, train_on_prompt: bool = False, drop_long: bool = False, packs: bool = False
    ):
        self._split, self.block_size, self._train_on_prompt, self.packs = split, block_size, train_on_prompt, packs
        lengths = split.lengths()
        prompts = self.prompt_lengths(split)
        too_long = lengths > block_size + 1
        trained = np.minimum(lengths, block_size + 1) > (1 if train_on_prompt else np.maximum(prompts, 1))
        keep = trained & ~(too_long & drop_long)
        self.numbers = np.flatnonzero(keep)
        self.size = len(self.numbers)
        self.counts = RecordCounts(
            len(lengths), int(too_long.sum()), int((~trained).sum()), self.size, int(lengths.max(initial=0))
        )
        if drop_long and too_long.all() and len(lengths):
            raise DataError(
                f"all {len(lengths)} records are longer than {block_size} tokens and would be dropped: cut them "
                "(tuning.long_records=cut), or set a larger model.block_size"
            )
        if not self.size:
            raise DataError(
                f"none of {len(lengths)} records has a token to train on within {block_size} tokens: the prompts fill "
                "the block or the responses are empty; see the columns, or set a larger model.block_size"
            )

    @staticmethod
    def prompt_lengths(split: Split) -> np.ndarray:
        if split.prompt_lengths is None:
            return np.zeros(split.documents, np.int64)
        return split.prompt_lengths.astype(np.int64)

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        return [self._row(int(self.numbers[number])) for number in numbers]

    def _row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        ids = self._split.document(number)[: self.block_size + 1].astype(np.int64)
        targets = ids[1:].copy()
        if not self._train_on_prompt:
            prompts = self._split.prompt_lengths
            targets[: 0 if prompts is None else max(0, int(prompts[number]) - 1)] = IGNORED
        return ids[:-1], targets


class Batches:
    """The batches of every step: `batch_size` samples each, whatever the micro-batch.

    `packs` puts samples one behind the other instead of padding them; a step's samples and its loss stay the same.
    Estimates are made on `estimated` where that is not all that is trained on.
    """

    def __init__(
        self, samples: Samples, batch_size: int, seed: int, packs: bool = False, estimated: Samples | None = None
    ):
        self.samples, self.batch_size, self.seed, self.packs = samples, batch_size, seed, packs
        self.estimated = estimated or samples

    def sample_numbers(self, step: int) -> list[tuple[int, int]]:
        """(epoch, sample) of each of the step's samples; sample i of step s is number s * batch_size + i overall."""
        overall = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, places = np.divmod(overall, self.samples.size)
        numbers = [permute(places[epochs == e], self.samples.size, self.seed, int(e)) for e in np.unique(epochs)]
        return list(zip(epochs.tolist(), np.concatenate(numbers).tolist(), strict=True))

    def get_batch(
        self, step: int, micro_batch_size: int, same_shape: bool = False, rank: int = 0, ranks: int = 1
    ) -> list[tuple[np.ndarray, ...]]:
        """The step's micro-batches: inputs (B, T) and targets (B, T) int64, drawn from the memory map; or, packed,
        inputs (N,), targets (N,) and the lengths (D,) of the samples in them. Of several `ranks`: those of one.

        Rows of a step are put together by length, so that little is padding; the loss of a step is a sum over its
        tokens, so their order has no meaning. `same_shape` pads all micro-batches alike (for compiled models).
        """
        drawn = self.sample_numbers(step)
        rows = [row for epoch, number in drawn for row in self.samples.rows(np.array([number]), epoch)]
        if ranks > 1:
            rows = dealt(rows, ranks)[rank]
        return self._micro_batches(rows, micro_batch_size, same_shape)

    def fixed(self, count: int, micro_batch_size: int) -> list[tuple[np.ndarray, ...]]:
        """About `count` samples, evenly spread and always the same, as micro-batches: for estimates of the loss."""
        numbers = evenly_spread(self.estimated.size, count)
        return self._micro_batches(self.estimated.rows(numbers, epoch=-1), micro_batch_size)

    def _micro_batches(
        self, rows: list[tuple[np.ndarray, np.ndarray]], micro_batch_size: int, same_shape: bool = False
    ) -> list[tuple[np.ndarray, ...]]:
        if self.packs and not same_shape:
            return pack_rows(rows, micro_batch_size * self.samples.block_size)
        return pad_rows(rows, micro_batch_size, self.samples.block_size, same_shape)


class PackedBatches:
    """Steps of exactly `tokens` tokens, or a share of them: whole documents one behind the other, without padding.

    The epochs are one endless row of documents; a batch is a stretch of it, whose first and last document it may cut.
    """

    def __init__(self, documents: Documents, tokens: int, seed: int):
        self.samples, self.tokens, self.seed = documents, tokens, seed
        self._epoch, self._chunk = -1, -1

    def get_batch(
        self,
        step: int,
        micro_batch_size: int,
        same_shape: bool = False,
        seen: int | None = None,
        share: float = 1.0,
        rank: int = 0,
        ranks: int = 1,
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The step's micro-batches of `micro_batch_size` x block_size tokens: inputs (N,), targets (N,) and the lengths
        (D,) of the documents in them, the shortest first. Of several `ranks`: those of one, cut as for a single one.

        A step may have a `share` of the tokens only; then `seen` says how many there were in all steps before it.
        """
        size, first = micro_batch_size * self.samples.block_size, step * self.tokens if seen is None else seen
        last = first + max(1, round(share * self.tokens))
        stretches = [self._stretch(start, min(size, last - start)) for start in range(first, last, size)]
        if ranks == 1:
            return [packed(rows) for rows in stretches]
        return pack_rows(dealt([row for rows in stretches for row in rows], ranks)[rank], size)

    def fixed(self, count: int, micro_batch_size: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """About as many tokens as `count` blocks hold, in documents evenly spread and always the same."""
        share = min(1.0, count * self.samples.block_size / self.samples.tokens)
        numbers = evenly_spread(self.samples.size, max(1, int(share * self.samples.size)))
        ends = np.cumsum(self.samples.lengths[numbers], dtype=np.int64)
        parts = np.split(numbers, np.flatnonzero(np.diff(ends // (micro_batch_size * self.samples.block_size))) + 1)
        return [packed([self.samples.row(int(number)) for number in part]) for part in parts]

    def _stretch(self, start: int, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """The rows of tokens `start` to `start + size` of the endless row."""
        rows, end = [], start + size
        while start < end:
            epoch, inside = divmod(start, self.samples.tokens)
            self._enter(epoch, inside)
            place = int(np.searchsorted(self._ends, inside, side="right"))
            x, y = self.samples.row(int(self._order[place]))
            skip = inside - (int(self._ends[place]) - len(x))
            x, y = x[skip : skip + end - start], y[skip : skip + end - start]
            rows.append((x, y))
            start += len(x)
        return rows

    def _enter(self, epoch: int, inside: int) -> None:
        """Have that part of the epoch's order at hand in which its token `inside` lies: `_order` says which documents
        they are and `_ends` where each ends. Memory does not grow with the documents."""
        size = self.samples.size
        if epoch != self._epoch:
            self._epoch, self._chunk = epoch, -1
            sums = [self.samples.lengths[self._part(first)].sum(dtype=np.int64) for first in range(0, size, PART)]
            self._before = np.cumsum([0, *sums])
        chunk = int(np.searchsorted(self._before, inside, side="right")) - 1
        if chunk != self._chunk:
            self._chunk, self._order = chunk, self._part(chunk * PART)
            self._ends = self._before[chunk] + np.cumsum(self.samples.lengths[self._order], dtype=np.int64)

    def _part(self, first: int) -> np.ndarray:
        """The documents at places `first` to `first + PART` of the epoch's order."""
        size = self.samples.size
        return permute(np.arange(first, min(first + PART, size)), size, self.seed, self._epoch)


NO_ROW = (np.zeros(1, np.int64), np.full(1, IGNORED, np.int64))  # nothing to train on, for ranks that get no sample


def dealt(rows: list[tuple[np.ndarray, np.ndarray]], ranks: int) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """The rows of each rank: the longest first, each to the rank that has the fewest tokens (Graham 1969, "Bounds on
    multiprocessing timing anomalies"). Every rank gets one, if only `NO_ROW`."""
    hands: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(ranks)]
    tokens = [0] * ranks
    for row in sorted(rows, key=lambda row: -len(row[0])):
        least = tokens.index(min(tokens))
        hands[least].append(row)
        tokens[least] += len(row[0])
    return [hand or [NO_ROW] for hand in hands]


def filled_up(batches: list[tuple[np.ndarray, ...]], count: int) -> list[tuple[np.ndarray, ...]]:
    """`count` micro-batches: as many without a trained token, of the same kind, as are missing."""
    empty = packed([NO_ROW]) if batches and len(batches[0]) == 3 else tuple(part[None] for part in NO_ROW)
    return batches + [empty] * (count - len(batches))


def packed(rows: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows one behind the other, the shortest first: inputs (N,), targets (N,), lengths (D,)."""
    rows = sorted(rows, key=lambda row: len(row[0]))
    inputs, targets = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return inputs, targets, np.array([len(x) for x, _ in rows])


def pack_rows(rows: list[tuple[np.ndarray, np.ndarray]], places: int) -> list[tuple[np.ndarray, ...]]:
    """Rows of unequal length in as few packed micro-batches as can be: attention lays them out as a rectangle, which
    never has more than `places` (but for a single row)."""
    rows = sorted(rows, key=lambda row: len(row[0]))
    parts: list[list[tuple[np.ndarray, np.ndarray]]] = [[]]
    for row in rows:
        width = -(-len(row[0]) // PADDING_MULTIPLE) * PADDING_MULTIPLE  # as `Packing` does it
        if parts[-1] and (len(parts[-1]) + 1) * width > places:
            parts.append([])
        parts[-1].append(row)
    return [packed(part) for part in parts]


def pad_rows(
    rows: list[tuple[np.ndarray, np.ndarray]], micro_batch_size: int, block_size: int, same_shape: bool = False
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows of unequal length as micro-batches (B, T): sorted by length, filled up with 0 and `IGNORED`.

    T never exceeds `block_size`, the most that the model can look at.
    """
    rows = sorted(rows, key=lambda row: len(row[0]))
    longest = len(rows[-1][0])
    batches = []
    for first in range(0, len(rows), micro_batch_size):
        part = rows[first : first + micro_batch_size]
        width = longest if same_shape else len(part[-1][0])
        if len(rows[0][0]) != longest:
            # few shapes: kernels are chosen once for each
            width = min(block_size, -(-width // PADDING_MULTIPLE) * PADDING_MULTIPLE)
        x = np.zeros((len(part), width), np.int64)
        y = np.full((len(part), width), IGNORED, np.int64)
        for n, (inputs, targets) in enumerate(part):
            x[n, : len(inputs)], y[n, : len(targets)] = inputs, targets
        batches.append((x, y))
    return batches


def permute(places: np.ndarray, size: int, seed: int, epoch: int) -> np.ndarray:
    """Where a pseudo-random permutation of range(size) sends `places`, in memory that does not grow with `size`.

    A Feistel network over the next even power of two, walked until the result falls into the range (Black and
    Rogaway 2002, "Ciphers with arbitrary finite domains").
    """
    half_bits = max(1, (int(size - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half_bits) - 1)
    shift = np.uint64(half_bits)
    key = _mix(np.uint64(seed), np.uint64(epoch))
    values = places.astype(np.uint64)
    outside = np.ones(len(values), bool)
    while outside.any():
        left, right = values[outside] >> shift, values[outside] & mask
        for turn in range(6):
            left, right = right, left ^ (_mix(right, key + np.uint64(turn)) & mask)
        values[outside] = (left << shift) | right
        outside = values >= size
    return values.astype(np.int64)


def _mix(value: np.ndarray | np.uint64, key: np.uint64) -> np.ndarray:
    """A 64-bit hash of (value, key): the finaliser of SplitMix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = value * np.uint64(0x9E3779B97F4A7C15) + key * np.uint64(0xD1B54A32D192ED03) + np.uint64(0x632BE59BD9B4E019)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
