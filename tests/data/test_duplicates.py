"""Duplicates across shards: found on disk, in ranges of digests, as a set in memory would find them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.data import duplicates
from slm.data.duplicates import ROW, Digests, DigestWriter, mark_duplicates


@given(
    shards=st.lists(st.lists(st.integers(0, 12), max_size=40), min_size=1, max_size=4),
    rows=st.integers(1, 7),
    memory=st.sampled_from([1, 100, 1 << 20]),
)
def test_all_but_the_first_of_equal_documents_are_marked(
    tmp_path_factory: pytest.TempPathFactory, shards: list[list[int]], rows: int, memory: int
):
    """Whatever the runs and ranges, and though the shards lie in another order than the corpus."""
    folder, written, corpus = tmp_path_factory.mktemp("digests"), [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "RUN_ROWS", rows)
        for number, documents in enumerate(shards):
            writer = DigestWriter(folder / str(number))
            kept = [document for document in documents if writer.is_new(b"%d" % document)]
            writer.close()
            assert sum(writer.runs) == len(kept) and all(0 < run <= rows for run in writer.runs)
            written.append((folder / str(number), writer.runs, len(corpus)))
            corpus += kept
    again = np.zeros(len(corpus) + 1, bool)
    digests = [Digests(path, runs, lambda numbers, start=start: numbers + start) for path, runs, start in written]
    found = mark_duplicates(digests[::-1], again, memory)
    assert again[:-1].tolist() == [document in corpus[:place] for place, document in enumerate(corpus)]
    assert found == again.sum() and not again[-1]


def test_a_run_is_sorted_and_knows_its_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duplicates, "RUN_ROWS", 5)
    writer = DigestWriter(tmp_path / "digests")
    new = [writer.is_new(content) for content in (b"a", b"b", b"a", b"c", b"d", b"e", b"a", b"f")]
    writer.close()
    assert new == [True, True, False, True, True, True, True, True]  # the second run no longer knows of the first
    rows = np.fromfile(tmp_path / "digests", ROW)
    assert writer.runs == [5, 2]
    assert sorted(rows["number"][:5]) == [0, 1, 2, 3, 4] and sorted(rows["number"][5:]) == [5, 6]
    assert (np.diff(rows["high"][:5].astype(float)) > 0).all()
