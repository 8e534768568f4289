"""What a stage measures around its training."""

from __future__ import annotations

import pytest
from tiny import split_of

from slm.evaluation.bits_per_byte import tokens_of
from slm.measuring import FEWEST_DOCUMENTS, REHEARSED_DOCUMENTS, REHEARSED_TOKENS, rehearsed_documents


@pytest.mark.parametrize(
    ("documents", "tokens", "expected"),
    [(100, 50, REHEARSED_DOCUMENTS), (3, 50, 3), (100, REHEARSED_TOKENS // 10, 10), (9, 20_000, FEWEST_DOCUMENTS)],
)
def test_long_documents_are_fewer_before_the_first_step(documents: int, tokens: int, expected: int) -> None:
    split = split_of([[1] * tokens] * documents)
    assert rehearsed_documents(split) == expected
    assert tokens_of(split, expected) == expected * tokens
