"""Cleaning: nothing is lost but what is named, nothing seen comes twice, the held-out share is exact."""

from __future__ import annotations

import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.data.cleaning import Deduplicator, hold_out, tidy, without_surrogates


def test_tidy_strips_the_ends_and_windows_line_ends_alone():
    assert tidy("\ufeff \n a\r\n\r\n  b \t c\n") == "\ufeff \n a\n\n  b \t c"
    assert tidy("\r\n a\rb \x00 \u2028") == "a\rb \x00"
    assert tidy("  ") == ""


@given(st.text(st.characters(blacklist_categories=())))
def test_without_surrogates_gives_text_that_can_be_encoded(text: str):
    repaired = without_surrogates(text)
    repaired.encode()
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert repaired == text


def test_surrogate_pairs_are_joined_and_lone_ones_replaced():
    assert without_surrogates("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"


@given(st.lists(st.integers(0, 60)), st.integers(1, 8), st.integers(1, 4))
def test_deduplicator_is_exact_whatever_has_been_spilled(numbers: list[int], cache_size: int, map_bytes: int):
    seen = Deduplicator(cache_size, map_bytes)
    expected: set[int] = set()
    for number in numbers:
        assert seen.is_new(b"%d" % number) == (number not in expected)
        expected.add(number)


def test_deduplicator_keeps_memory_flat():
    seen = Deduplicator(cache_size=500, map_bytes=1 << 12)
    tracemalloc.start()
    assert all(seen.is_new(b"%d" % number) for number in range(20_000))
    assert not any(seen.is_new(b"%d" % number) for number in range(0, 20_000, 97))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000  # 20,000 digests in a set are over 1.5 MB


def test_exactly_one_document_in_twenty_is_held_out():
    flags = list(islice(hold_out(0.05, seed=3), 2_000))
    blocks = [flags[start : start + 20] for start in range(0, 2_000, 20)]
    assert all(sum(block) == 1 for block in blocks)
    assert len({block.index(True) for block in blocks}) > 15  # the place is drawn anew in each


def test_hold_out_depends_on_the_seed_alone():
    def draw(seed: int) -> list[bool]:
        return list(islice(hold_out(0.05, seed), 400))

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


@pytest.mark.parametrize("seed", range(8))
def test_two_documents_can_be_split(seed: int):
    assert sum(islice(hold_out(0.05, seed), 2)) == 1


@given(st.floats(0.001, 0.5), st.integers(0, 5), st.integers(2, 3_000))
def test_any_share_is_held_out_as_exactly_as_whole_documents_allow(share: float, seed: int, documents: int):
    held = sum(islice(hold_out(share, seed), documents))
    assert abs(held - share * documents) <= 1 + documents * 1e-3
