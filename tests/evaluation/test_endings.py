"""How answers end: what counts as going round in circles, and the shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.evaluation.endings import Endings, endings_of, repeats


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], False),
        ([1, 2, 3, 4] * 3, True),
        ([1, 2, 3, 4] * 2, False),
        (([1, 2, 3, 4] * 3)[:-1], False),
        ([9, 9] + [1, 2, 3, 4, 5] * 3 + [9, 8], True),  # in the middle too
        ([7] * 12, True),
        ([7] * 11, False),  # 'no no no' is no loop
        ([7, 8] * 6, True),
        ([7, 8] * 5, False),
        ([1, 2, 3, 4, 9, 1, 2, 3, 4, 8, 1, 2, 3, 4], False),  # not in a row
        (list(range(40)) * 3, True),
        (list(range(40)) * 2, False),
    ],
)
def test_a_loop_is_a_stretch_three_times_in_a_row(ids: list[int], expected: bool):
    assert repeats(ids) is expected


@given(ids=st.lists(st.integers(0, 3), max_size=40))
def test_it_is_what_the_definition_says(ids: list[int]):
    def stretches(period: int) -> bool:
        length = 3 * max(period, 4)
        starts = range(len(ids) - length + 1)
        return any(all(ids[s + n] == ids[s + n + period] for n in range(length - period)) for s in starts)

    assert repeats(ids) == any(stretches(period) for period in range(1, len(ids)))


def test_shares_of_answers_and_references():
    answers = [([1, 2, 3], True), ([5] * 20, False), ([5] * 20, True), ([1, 2], False)]
    found = endings_of(answers, [[5] * 20, [1], [2], [3]], max_new_tokens=20, engine="onnx")
    assert found == Endings(4, ended=0.5, repeating=0.5, references_repeating=0.25, max_new_tokens=20, engine="onnx")
