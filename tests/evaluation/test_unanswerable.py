"""Questions that nothing answers are all different, and the same for the same seed."""

from __future__ import annotations

import pytest

from slm.evaluation.unanswerable import COUNT, KINDS, questions


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_as_many_as_asked_for(kind: str) -> None:
    found = questions(kind)
    assert len(found) == len(set(found)) == COUNT and not any(letter in "".join(found) for letter in "{}\n")
    assert questions(kind, 5) == found[:5] != questions(kind, 5, seed=1)
    assert len(questions(kind, 10 * COUNT)) == COUNT
