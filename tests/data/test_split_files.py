"""One split on disk: whole passes and single documents, and that nothing of it stays in memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_tokenizer, write_store

from slm.data.encoding import Encoded
from slm.data.split_files import in_chunks
from slm.data.token_store import TokenStore, open_token_store, write_batches


def test_chunks_follow_one_another_and_may_overlap():
    tokens = np.arange(10)
    assert [chunk.tolist() for chunk in in_chunks(tokens, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [chunk.tolist() for chunk in in_chunks(tokens, 5, overlap=2)] == [[0, 1, 2, 3, 4, 5, 6], [5, 6, 7, 8, 9]]


def test_starts_can_be_asked_for_one_by_one_in_part_and_all_together(tmp_path: Path):
    split = write_store(tmp_path / "store").train
    starts = np.asarray(split.starts)
    assert len(starts) == len(split.starts) == split.documents + 1 and starts[-1] == len(split.tokens)
    assert [split.starts[number] for number in range(len(starts))] == starts.tolist()
    assert split.starts_between(1, 3).tolist() == starts[1:4].tolist()
    assert split.lengths().tolist() == np.diff(starts).tolist()


@pytest.fixture(scope="module")
def large_store(tmp_path_factory: pytest.TempPathFactory) -> TokenStore:
    """40 MB of ids, in two million documents."""
    encoded = Encoded(np.ones(20_000_000, np.uint32), np.arange(0, 20_000_000, 10), None)
    small = Encoded(np.ones(10, np.uint32), np.zeros(1, np.int64), None)
    described = {"fingerprint": "0", "synthetic": False, "sources": [], "documents": {"source": []}}
    batches = [("train", encoded), ("validation", small)]
    return write_batches(
        tmp_path_factory.mktemp("large") / "store", batches, tiny_tokenizer(), None, lambda: described
    )


def resident_bytes() -> int:
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux' /proc")
def test_neither_opening_nor_reading_a_store_leaves_it_in_memory(large_store: TokenStore):
    open_token_store(large_store.folder)  # what it takes once: modules, the tokenizer
    before = resident_bytes()
    store = open_token_store(large_store.folder)
    assert resident_bytes() - before < 20_000_000  # a chunk that the allocator keeps; the files have 56 MB
    opened = resident_bytes()
    assert sum(int(chunk.sum()) for chunk in in_chunks(store.train.tokens, 1 << 20)) == 20_000_000
    assert resident_bytes() - opened < 8_000_000
    assert store.train.document(1_999_999).tolist() == [1] * 10
