"""Which samples a step sees: a function of (seed, step, sample) alone; every epoch a permutation; prompts masked;
documents packed without loss."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import split_of

from slm.data.batches import IGNORED, Batches, Documents, PackedBatches, Records, Windows, pad_rows, permute
from slm.data.token_store import Split, TokenStore
from slm.errors import DataError

END = 9999


def stream(length: int) -> Split:
    """A split whose ids tell where they stand."""
    return split_of([range(length)])


def records(*shapes: tuple[int, int]) -> Split:
    """Records of (prompt tokens, response tokens); ids 1xx are of prompts, 2xx of responses, then the end."""
    documents = [[*range(100, 100 + prompt), *range(200, 200 + response), END] for prompt, response in shapes]
    return split_of(documents, [prompt for prompt, _ in shapes])


def rows_of(batches: list[tuple[np.ndarray, np.ndarray]]) -> Counter:
    """The rows of micro-batches without their padding, each with how often it stands there."""
    rows: Counter = Counter()
    for x, y in batches:
        for inputs, targets in zip(x, y, strict=True):
            length = int(np.flatnonzero(targets != IGNORED)[-1]) + 1
            assert not inputs[length:].any()
            rows[tuple(inputs[:length].tolist()), tuple(targets[:length].tolist())] += 1
    return rows


# The permutation


@given(size=st.integers(1, 3000), seed=st.integers(0, 2**63), epoch=st.integers(0, 2**31))
def test_a_permutation_is_one(size: int, seed: int, epoch: int):
    places = np.arange(size)
    assert np.array_equal(np.sort(permute(places, size, seed, epoch)), places)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 100_003])
def test_a_permutation_of_sizes_at_the_borders(size: int):
    assert np.array_equal(np.sort(permute(np.arange(size), size, 1, 2)), np.arange(size))


def test_a_permutation_depends_on_seed_and_epoch_and_looks_drawn():
    places = np.arange(10_000)
    orders = [permute(places, 10_000, seed, epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0), (1, 1))]
    for order in orders:
        assert abs(np.corrcoef(places, order)[0, 1]) < 0.05
        assert (order == places).sum() < 10
        assert abs((np.diff(order) > 0).mean() - 0.5) < 0.05
    for n, order in enumerate(orders):
        for other in orders[:n]:
            assert (order == other).sum() < 10


def test_a_place_alone_goes_where_it_goes_among_others():
    together = permute(np.arange(777), 777, 3, 4)
    assert [int(permute(np.array([n]), 777, 3, 4)[0]) for n in (0, 5, 776)] == together[[0, 5, 776]].tolist()


# Batches


@given(
    size=st.integers(1, 60), batch_size=st.integers(1, 20), seed=st.integers(0, 1000), epochs=st.integers(1, 3),
)  # fmt: skip
def test_every_epoch_has_every_sample_once(size: int, batch_size: int, seed: int, epochs: int):
    batches = Batches(Windows(stream(4 * (size + 1) + 1), 4), batch_size, seed)
    assert batches.samples.size == size
    steps = -(-size * epochs // batch_size)
    drawn = [pair for step in range(steps) for pair in batches.sample_numbers(step)][: size * epochs]
    assert [epoch for epoch, _ in drawn] == [epoch for epoch in range(epochs) for _ in range(size)]
    for epoch in range(epochs):
        assert sorted(number for e, number in drawn if e == epoch) == list(range(size))


@given(step=st.integers(0, 10**7), seed=st.integers(0, 10**6))
def test_a_sample_depends_on_seed_step_and_place_alone(step: int, seed: int):
    samples = Windows(stream(500), 4)
    whole = Batches(samples, 12, seed).sample_numbers(step)
    fresh = Batches(samples, 12, seed)
    for other in (step + 3, 0, step):  # whatever was asked for before
        found = fresh.sample_numbers(other)
    assert found == whole
    # half as many samples a step: two steps are one of the whole
    halves = Batches(samples, 6, seed)
    assert halves.sample_numbers(2 * step) + halves.sample_numbers(2 * step + 1) == whole


@given(
    shapes=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 40)), min_size=1, max_size=20),
    step=st.integers(0, 50), size=st.integers(1, 16), same_shape=st.booleans(),
)  # fmt: skip
def test_any_micro_batch_size_gives_the_same_rows(shapes, step: int, size: int, same_shape: bool):
    batches = Batches(Records(records(*shapes), block_size=48), batch_size=12, seed=5)
    expected = rows_of(batches.get_batch(step, 12))
    parts = batches.get_batch(step, size, same_shape)
    assert rows_of(parts) == expected and expected.total() == 12
    assert all(len(x) == size for x, _ in parts[:-1])
    assert all(x.shape == y.shape and x.dtype == y.dtype == np.int64 for x, y in parts)
    assert not same_shape or len({x.shape[1] for x, _ in parts}) == 1


def test_another_seed_or_epoch_gives_another_order():
    samples = Windows(stream(4 * 101 + 1), 4)
    orders = [
        [number for _, number in Batches(samples, 100, seed).sample_numbers(epoch)]
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4


def test_estimates_see_the_same_samples_every_time():
    batches = Batches(Windows(stream(4 * 101 + 1), 4, seed=3), 8, seed=1)
    first = batches.fixed(10, 4)
    batches.get_batch(7, 2)
    again = batches.fixed(10, 5)
    assert rows_of(first) == rows_of(again) == rows_of(Batches(batches.samples, 3, seed=9).fixed(10, 10))
    starts = sorted(row[0] for row, _ in rows_of(first))
    assert len(starts) == 10 and starts[0] == 0 and starts[-1] == 4 * 99  # spread over the whole split
    assert rows_of(batches.fixed(1000, 4)).total() == 100


# Windows


@given(
    length=st.integers(5, 400), block_size=st.integers(1, 40), seed=st.integers(0, 2**40), epoch=st.integers(-1, 30),
)  # fmt: skip
def test_windows_are_slices_with_the_next_token_as_target(length: int, block_size: int, seed: int, epoch: int):
    if length <= block_size:
        with pytest.raises(DataError, match=f"at least {block_size + 1} tokens .*got {length}"):
            Windows(stream(length), block_size)
        return
    windows = Windows(stream(length), block_size, seed)
    rows = windows.rows(np.arange(windows.size), epoch)
    seen: list[int] = []
    for x, y in rows:
        assert np.array_equal(x, np.arange(x[0], x[0] + block_size))
        assert np.array_equal(y, x + 1) and y[-1] < length
        seen += x.tolist()
    assert len(seen) == len(set(seen))  # no token stands in two windows of an epoch
    assert len(seen) >= length - 1 - 2 * block_size or windows.size == 1


def test_each_epoch_cuts_at_another_place():
    windows = Windows(stream(1000), 50, seed=1)
    firsts = [int(windows.rows(np.array([0]), epoch)[0][0][0]) for epoch in range(20)]
    assert len(set(firsts)) > 10 and max(firsts) < 50
    assert firsts == [int(windows.rows(np.array([0]), epoch)[0][0][0]) for epoch in range(20)]
    assert firsts != [int(Windows(stream(1000), 50, seed=2).rows(np.array([0]), n)[0][0][0]) for n in range(20)]


def test_windows_come_from_the_memory_map(store: TokenStore):
    assert isinstance(store.train.tokens, np.memmap)
    batches = Batches(Windows(store.train, 8), 4, seed=0)
    content = np.fromfile(store.folder / "train.bin", "<u2")
    slices = {tuple(content[n : n + 9].tolist()) for n in range(len(content) - 8)}
    for step in range(5):
        for x, y in batches.get_batch(step, 2):
            for inputs, targets in zip(x, y, strict=True):
                assert (*inputs.tolist(), int(targets[-1])) in slices
                assert np.array_equal(inputs[1:], targets[:-1])


def test_large_ids_stay_what_they_are():
    split = split_of([[40_000, 50_256, 65_535, 32_768, 7]])
    x, y = Windows(split, 4).rows(np.array([0]), 0)[0]
    assert (x.tolist(), y.tolist()) == ([40_000, 50_256, 65_535, 32_768], [50_256, 65_535, 32_768, 7])
    x, y = Records(split, 4).rows(np.array([0]), 0)[0]
    assert (x.tolist(), y.tolist()) == ([40_000, 50_256, 65_535, 32_768], [50_256, 65_535, 32_768, 7])


# Records


def test_only_responses_and_end_tokens_are_trained():
    x, y = Records(records((3, 2)), block_size=16).rows(np.array([0]), 0)[0]
    assert x.tolist() == [100, 101, 102, 200, 201]
    assert y.tolist() == [IGNORED, IGNORED, 200, 201, END]


def test_or_all_tokens():
    x, y = Records(records((3, 2)), block_size=16, train_on_prompt=True).rows(np.array([0]), 0)[0]
    assert x.tolist() == [100, 101, 102, 200, 201]
    assert y.tolist() == [101, 102, 200, 201, END]


@pytest.mark.parametrize("block_size", [5, 6, 7])
def test_long_records_are_cut_without_an_end_token(block_size: int):
    samples = Records(records((3, 4), (3, 1)), block_size)  # 8 and 5 tokens
    x, y = samples.rows(np.array([0]), 0)[0]
    assert x.tolist() == [100, 101, 102, 200, 201, 202, 203][:block_size]
    assert y.tolist() == [IGNORED, IGNORED, 200, 201, 202, 203, END][:block_size]
    assert samples.counts.too_long == (block_size < 7) and samples.size == 2


def test_or_dropped():
    samples = Records(records((3, 4), (3, 1), (2, 9)), block_size=6, drop_long=True)
    assert [row[0].tolist() for row in samples.rows(np.arange(samples.size), 0)] == [[100, 101, 102, 200]]
    counts = samples.counts
    assert (counts.records, counts.too_long, counts.untrained, counts.used, counts.longest) == (3, 2, 0, 1, 12)


def test_records_whose_prompt_fills_the_block_are_left_out():
    samples = Records(records((9, 3), (8, 3), (7, 3), (2, 2)), block_size=8)
    assert samples.numbers.tolist() == [1, 2, 3] and samples.counts.untrained == 1
    x, y = samples.rows(np.array([0]), 0)[0]  # room for a single token of the response
    assert x.tolist() == list(range(100, 108)) and y.tolist() == [IGNORED] * 7 + [200]
    for x, y in samples.rows(np.arange(3), 0):
        assert (y != IGNORED).any() and len(x) == len(y) <= 8


def test_data_in_which_nothing_would_be_trained_is_refused():
    with pytest.raises(DataError, match=r"none of 2 records has a token to train on within 8 tokens.*block_size"):
        Records(records((9, 3), (20, 1)), 8)


def test_when_all_records_are_too_long_and_dropped_it_is_refused():
    with pytest.raises(DataError, match="all 1 records are longer than 8 tokens and would be dropped: cut them"):
        Records(records((2, 30)), 8, drop_long=True)


def test_plain_documents_are_records_without_prompts():
    split = split_of([[1, 2, 3, END], [4, END]])
    samples = Records(split, block_size=8)
    assert [(x.tolist(), y.tolist()) for x, y in samples.rows(np.arange(2), 0)] == [
        ([1, 2, 3], [2, 3, END]), ([4], [END])
    ]  # fmt: skip


def test_records_of_a_store(record_store: TokenStore):
    samples = Records(record_store.train, block_size=64)
    tokenizer = record_store.tokenizer
    x, y = samples.rows(np.array([0]), 0)[0]
    assert tokenizer.decode(x).startswith("### Question:\nWhat is a cold?\n### Response:\nAn illness")
    assert tokenizer.decode(y[y != IGNORED]) == "An illness of the nose.<|endoftext|>"


# Packing


@given(
    lengths=st.lists(st.integers(1, 100), min_size=1, max_size=20), size=st.integers(1, 8), step=st.integers(0, 5)
)
def test_a_packed_step_has_the_rows_of_a_padded_one(lengths: list[int], size: int, step: int):
    """Every row is there once, whole, and a micro-batch's rectangle is no larger than a padded one may be."""
    samples = Records(records(*((1, length) for length in lengths)), block_size=128, packs=True)
    padded, packs = (Batches(samples, 5, seed=0, packs=how) for how in (False, True))
    rows_of_padded = [row for part in padded.get_batch(step, size) for row in zip(*part, strict=True)]
    expected = [y[: int((x > 0).sum())].tolist() for x, y in rows_of_padded]
    found = []
    for x, y, rows in packs.get_batch(step, size):
        assert len(x) == len(y) == rows.sum()
        assert len(rows) == 1 or len(rows) * (-(-int(rows.max()) // 64) * 64) <= size * 128
        found += [part.tolist() for part in np.split(y, np.cumsum(rows)[:-1])]
    assert sorted(found) == sorted(expected)


def test_packed_micro_batches_are_as_full_as_they_can_be():
    samples = Records(records(*((1, 30) for _ in range(64))), block_size=128, packs=True)
    assert [len(rows) for _, _, rows in Batches(samples, 64, seed=0, packs=True).get_batch(0, 8)] == [16] * 4


def test_a_compiled_model_gets_padded_rows_all_of_one_shape():
    samples = Records(records((2, 9), (2, 30), (2, 5)), block_size=128, packs=True)
    parts = Batches(samples, 3, seed=0, packs=True).get_batch(0, 2, same_shape=True)
    assert all(len(part) == 2 for part in parts) and len({x.shape[1] for x, _ in parts}) == 1


# Padding


def row(length: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(1, length + 1), np.arange(2, length + 2)


def test_rows_of_one_length_get_no_padding():
    [(x, y)] = pad_rows([row(20), row(20)], 2, block_size=20)
    assert x.shape == (2, 20) and (y != IGNORED).all()


@given(
    lengths=st.lists(st.integers(1, 100), min_size=1, max_size=12), size=st.integers(1, 12), same_shape=st.booleans(),
    more=st.integers(0, 40),
)  # fmt: skip
def test_padding_never_exceeds_the_block(lengths: list[int], size: int, same_shape: bool, more: int):
    block_size = max(lengths) + more
    batches = pad_rows([row(length) for length in lengths], size, block_size, same_shape)
    assert all(x.shape[1] <= block_size for x, _ in batches)
    assert rows_of(batches) == rows_of([(x[None], y[None]) for x, y in map(row, lengths)])


def test_rows_of_like_length_stand_together():
    batches = pad_rows([row(length) for length in (70, 3, 65, 2)], 2, block_size=128)
    assert [x.shape[1] for x, _ in batches] == [64, 128]
    assert [x.shape[1] for x, _ in pad_rows([row(length) for length in (70, 3, 65, 2)], 2, 128, True)] == [128, 128]


# Documents, packed

SHAPES = st.lists(st.integers(0, 30), min_size=1, max_size=12)  # tokens of each document without its end
few = settings(max_examples=20)


def whole(lengths: list[int], block_size: int = 8) -> Documents:
    """Documents whose ids tell where in the split they stand, each with the end token behind it."""
    starts = np.cumsum([0, *(length + 1 for length in lengths)])
    return Documents(
        split_of([[*range(start, start + length), END] for start, length in zip(starts, lengths, strict=False)]),
        block_size,
    )


def pieces_of(batches: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[tuple[list[int], list[int]]]:
    """Inputs and targets of each document or part of one."""
    pieces = []
    for x, y, lengths in batches:
        assert x.shape == y.shape == (lengths.sum(),) and x.dtype == y.dtype == np.int64 and (lengths > 0).all()
        ends = np.cumsum(lengths)
        for start, end in zip(ends - lengths, ends, strict=True):
            pieces.append((x[start:end].tolist(), y[start:end].tolist()))
    return pieces


def targets_of(batches: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Counter:
    return Counter(target for _, y, _ in batches for target in y.tolist())


@few
@given(lengths=SHAPES, block_size=st.integers(1, 12))
def test_every_token_is_a_target_once_after_the_token_before_it(lengths: list[int], block_size: int):
    documents = whole(lengths, block_size)
    rows = [documents.row(number) for number in range(documents.size)]
    assert documents.tokens == sum(lengths) + len(lengths)
    assert [len(x) for x, _ in rows] == documents.lengths.tolist() and max(map(len, (x for x, _ in rows))) <= block_size
    targets = [target for _, y in rows for target in y.tolist()]
    inputs = [token for x, _ in rows for token in x.tolist()]
    assert inputs == [END, *targets[:-1]]  # what stands before a document is an end token
    assert Counter(targets) == Counter([END] * len(lengths) + [t for t in targets if t != END])
    assert len(set(targets) - {END}) == sum(lengths)


def test_a_long_document_is_cut_and_goes_on_from_its_own_token():
    documents = whole([2, 10, 0], block_size=4)
    assert [documents.row(number) for number in range(documents.size)] == [
        (pytest.approx(x), pytest.approx(y))
        for x, y in (
            ([END, 0, 1], [0, 1, END]),
            ([END, 3, 4, 5], [3, 4, 5, 6]),
            ([6, 7, 8, 9], [7, 8, 9, 10]),
            ([10, 11, 12], [11, 12, END]),
            ([END], [END]),
        )
    ]


def test_a_document_that_fills_the_block_is_one_piece():
    assert whole([7, 8], block_size=8).lengths.tolist() == [8, 8, 1]


@few
@given(
    lengths=SHAPES, tokens=st.integers(1, 6), block_size=st.sampled_from([1, 4, 8]), seed=st.integers(0, 2**40),
    epochs=st.integers(1, 3),
)  # fmt: skip
def test_every_epoch_has_every_token_as_a_target_once(
    lengths: list[int], tokens: int, block_size: int, seed: int, epochs: int
):
    """Whether the step's tokens divide the epoch or not; a last step that is begun is of the epoch after."""
    documents = whole(lengths, block_size)
    once = Counter(target for number in range(documents.size) for target in documents.row(number)[1].tolist())
    batches = PackedBatches(documents, tokens * block_size, seed)
    steps, rest = divmod(epochs * documents.tokens, batches.tokens)
    before, after = Counter(), Counter()
    for step in range(steps + (rest > 0)):
        before, after = after, after + targets_of(batches.get_batch(step, 1))
    before = before if rest else after
    for target, count in once.items():
        assert before[target] <= epochs * count <= after[target]
    assert after.total() == (steps + (rest > 0)) * batches.tokens


@few
@given(lengths=SHAPES, step=st.integers(0, 1000), micro=st.integers(1, 4), seed=st.integers(0, 1000))
def test_micro_batches_are_full_and_together_the_steps_tokens(lengths: list[int], step: int, micro: int, seed: int):
    batches = PackedBatches(whole(lengths), 12 * 8, seed)
    parts = batches.get_batch(step, micro)
    assert [len(x) for x, _, _ in parts] == [micro * 8] * (12 // micro)
    for x, y in pieces_of(parts):
        assert len(x) <= 8
        assert x[1:] == y[:-1]  # one document, or a part of one
        assert END not in y[:-1] and (x[0] == END or y[0] == END or x[0] + 1 == y[0])
    for _, _, ends in parts:
        assert ends.tolist() == sorted(ends.tolist())


@few
@given(lengths=SHAPES, step=st.integers(0, 10**6), seed=st.integers(0, 10**6))
def test_a_packed_step_depends_on_seed_and_step_alone(lengths: list[int], step: int, seed: int):
    documents = whole(lengths)
    expected = pieces_of(PackedBatches(documents, 96, seed).get_batch(step, 4))
    other = PackedBatches(documents, 96, seed)
    for asked in (step + 3, 0, step):  # whatever was asked for before
        found = pieces_of(other.get_batch(asked, 4))
    assert found == expected
    for micro in (1, 3, 12):
        assert targets_of(other.get_batch(step, micro)) == targets_of(other.get_batch(step, 4))
    halves = PackedBatches(documents, 48, seed)
    both = halves.get_batch(2 * step, 2) + halves.get_batch(2 * step + 1, 2)
    assert pieces_of(both) == pieces_of(other.get_batch(step, 2))


@few
@given(lengths=SHAPES, shares=st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=1, max_size=5))
def test_steps_of_a_share_of_the_tokens_go_on_where_the_last_one_ended(lengths: list[int], shares: list[float]):
    batches, seen, found = PackedBatches(whole(lengths), 96, seed=3), 0, Counter()
    for step, share in enumerate(shares):
        parts = batches.get_batch(step, 4, seen=seen, share=share)
        assert sum(len(x) for x, _, _ in parts) == 96 * share and max(len(x) for x, _, _ in parts) <= 4 * 8
        seen, found = seen + int(96 * share), found + targets_of(parts)
    quarters = PackedBatches(whole(lengths), 24, seed=3)
    assert found == sum((targets_of(quarters.get_batch(n, 3)) for n in range(seen // 24)), Counter())


def test_every_epoch_and_seed_has_its_own_order():
    documents = whole([7] * 60)  # one block each: a step of 60 blocks is an epoch
    orders = [
        tuple(x[1] for x, _, _ in PackedBatches(documents, documents.tokens, seed).get_batch(epoch, 1))
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert all(sorted(order) == list(range(0, 480, 8)) for order in orders) and len(set(orders)) == 4


def test_an_estimate_is_of_the_same_documents_every_time():
    documents = whole(np.random.default_rng(0).integers(0, 13, 400).tolist())
    batches = PackedBatches(documents, 64, seed=1)
    first = batches.fixed(100, 4)
    batches.get_batch(7, 2)
    assert pieces_of(first) == pieces_of(batches.fixed(100, 4))
    assert targets_of(first) == targets_of(PackedBatches(documents, 32, seed=9).fixed(100, 1))
    assert targets_of(first).total() == pytest.approx(100 * 8, rel=0.15)
    assert len(first) > 10 and all(len(x) < 2 * 4 * 8 for x, _, _ in first)
    starts = sorted(y[0] for _, y in pieces_of(first) if y[0] != END)
    assert starts[0] < 30 and starts[-1] > documents.tokens - 30  # spread over the whole split
    rows = [(x.tolist(), y.tolist()) for x, y in map(documents.row, range(documents.size))]
    assert all(piece in rows for piece in pieces_of(first))  # none is cut


def test_more_than_there_is_is_all_there_is():
    documents = whole([3, 9, 0, 14])
    everything = PackedBatches(documents, 64, seed=0).fixed(1000, 4)
    assert targets_of(everything).total() == documents.tokens


def test_documents_of_a_store(store: TokenStore):
    documents = Documents(store.train, 64)
    x, y = documents.row(0)
    text = store.tokenizer.decode(store.train.document(0)[:-1])
    assert store.tokenizer.decode(y) == text + "<|endoftext|>"
    assert store.tokenizer.decode(x) == "<|endoftext|>" + text
    assert documents.size == store.train.documents
