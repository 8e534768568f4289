"""Every bad line is named; every good one read as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from evaluation.choice_files import record, write_records

from slm.errors import ConfigError, DataError
from slm.evaluation.choice_items import read_choice_items, sample_of


def test_items_are_read_with_their_letters(tmp_path: Path) -> None:
    path = write_records(tmp_path / "mc.jsonl", [record(n) for n in range(3)])
    items = read_choice_items(path)
    assert [item.gold for item in items] == [0, 1, 2]
    assert items[2].letters == ("A", "B", "C") and items[2].options == ("a cat", "the dog ran", "on")
    assert items[1].dataset == "set1" and items[1].question == "cat sat"


def test_lists_of_options_are_lettered_and_columns_can_be_named(tmp_path: Path) -> None:
    line = {"Q": "What?", "choices": [" yes ", "no"], "right": "B"}
    (item,) = read_choice_items(write_records(tmp_path / "own.jsonl", [line]), {"question": "Q", "answer": "right"})
    assert (item.dataset, item.id, item.options, item.gold) == ("own", "1", ("yes", "no"), 1)


@pytest.mark.parametrize(("values", "said"), [
    ({"answer_idx": "E"}, "expected an answer among A, B, C, found 'E'"),
    ({"answer_idx": None}, "expected an answer among"),
    ({"options": {"A": "x", "B": "  "}}, "expected a text for option B"),
    ({"options": {"A": "x", "B": 3}}, "expected a text for option B, found 3"),
    ({"options": {"A": "x"}}, "two or more"),
    ({"options": "A or B"}, "two or more"),
    ({"options": [str(n) for n in range(27)]}, "two or more"),
    ({"question": " "}, "expected a question"),
])  # fmt: skip
def test_a_bad_item_is_named_by_its_line(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    path = write_records(tmp_path / "mc.jsonl", [record(0), record(1) | values])
    with pytest.raises(DataError, match="line 2") as raised:
        read_choice_items(path)
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_files_that_hold_no_items(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found an empty file"):
        read_choice_items(write_records(tmp_path / "mc.jsonl", []))
    with pytest.raises(DataError, match="'options' or 'choices' for the options, found 'question', 'answer'"):
        read_choice_items(write_records(tmp_path / "mc.jsonl", [{"question": "Q", "answer": "A"}]))
    with pytest.raises(DataError, match=r"line 1: .*JSON"):
        (tmp_path / "mc.jsonl").write_text("no json\n")
        read_choice_items(tmp_path / "mc.jsonl")
    with pytest.raises(DataError, match="plain text"):
        read_choice_items(tmp_path / "mc.txt")
    with pytest.raises(ConfigError, match="did you mean 'options'"):
        read_choice_items(tmp_path / "mc.jsonl", {"option": "o"})


def test_a_sample_is_seeded_and_keeps_the_order() -> None:
    numbers = list(range(100))
    drawn = sample_of(numbers, 10, seed=3)
    assert drawn == sorted(drawn) == sample_of(numbers, 10, seed=3) != sample_of(numbers, 10, seed=4)
    assert len(set(drawn)) == 10 and sample_of(numbers, 0, 0) == sample_of(numbers, 100, 0) == numbers
