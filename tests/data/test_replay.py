"""Records with documents among them: every record once an epoch, documents in turn, all by the seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_training import random_split

from slm.data.batches import Batches, Documents, Records
from slm.data.replay import Replayed
from slm.errors import ConfigError


def replayed(share: float, seed: int = 0) -> Replayed:
    records, documents = (random_split(tokens, records=True) for tokens in (2000, 800))
    return Replayed(Records(records, 64), Documents(documents, 64), share, seed)


def as_bytes(row: tuple[np.ndarray, np.ndarray]) -> tuple[bytes, bytes]:
    return row[0].tobytes(), row[1].tobytes()


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_the_share_is_a_share_of_the_samples(share: float):
    samples = replayed(share)
    assert samples.replayed / samples.size == pytest.approx(share, abs=0.02)


@given(epoch=st.integers(0, 3), share=st.sampled_from([0.1, 0.5]))
def test_an_epoch_has_every_record_once(epoch: int, share: float):
    samples = replayed(share)
    rows = [as_bytes(row) for row in samples.rows(np.arange(samples.size), epoch)]
    records = [as_bytes(row) for row in samples.records.rows(np.arange(samples.records.size), 0)]
    assert rows[: len(records)] == records
    documents = {as_bytes(samples.documents.row(number)) for number in range(samples.documents.size)}
    assert set(rows[len(records) :]) <= documents


def test_documents_come_in_turn_over_the_epochs():
    samples = replayed(0.1)
    turns = 3 * samples.documents.size // samples.replayed
    numbers = np.arange(samples.records.size, samples.size)
    seen = [as_bytes(row) for epoch in range(turns) for row in samples.rows(numbers, epoch)]
    first = seen[: samples.documents.size]
    assert len(set(first)) == len({as_bytes(samples.documents.row(n)) for n in range(samples.documents.size)})
    assert first != seen[samples.documents.size : 2 * samples.documents.size]  # another order


def test_a_step_depends_on_seed_and_step_alone():
    one, other = (Batches(replayed(0.5, seed), 8, seed, packs=True) for seed in (1, 1))
    assert [part[0].tolist() for part in one.get_batch(7, 4)] == [part[0].tolist() for part in other.get_batch(7, 4)]


def test_estimates_are_made_on_records_alone():
    samples = replayed(0.5)
    batches = Batches(samples, 8, seed=0, estimated=samples.records)
    alone = Batches(samples.records, 8, seed=0)
    for part, expected in zip(batches.fixed(20, 4), alone.fixed(20, 4), strict=True):
        assert np.array_equal(part[0], expected[0]) and np.array_equal(part[1], expected[1])


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_no_share_is_none_and_all_is_no_tuning(share: float):
    with pytest.raises(ConfigError, match="expects a share above 0 and below 1"):
        replayed(share)
