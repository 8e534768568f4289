"""Sentences: where they end, that nothing is lost, and that hostile text takes no longer than other text."""

from __future__ import annotations

import random

import pytest

from slm.rag.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith gave 5 mg. He slept.", ["Dr. Smith gave 5 mg.", "He slept."]),
        ("Some drugs, e.g. Aspirin, help (see Fig. 3). Others do not.",
         ["Some drugs, e.g. Aspirin, help (see Fig. 3).", "Others do not."]),
        ("J. K. Rowling lives in the U.K. with a cat.", ["J. K. Rowling lives in the U.K. with a cat."]),
        ('"Was he ill?" She said so.', ['"Was he ill?"', "She said so."]),
        ("It is 3.5 mg. approx. five drops.", ["It is 3.5 mg. approx. five drops."]),
        ("Shown before.[12] Another one.", ["Shown before.[12]", "Another one."]),
        ("Wait... What? Yes.", ["Wait...", "What?", "Yes."]),
        ("A line that was only wrapped because it is so long\ngoes on here. End.",
         ["A line that was only wrapped because it is so long\ngoes on here.", "End."]),
        ("Signs are:\n- fever\n- a cough\nthat lasts\n1. First. Then this.",
         ["Signs are:", "- fever", "- a cough\nthat lasts", "1. First.", "Then this."]),
        ("Milk\nButter\nBread", ["Milk", "Butter", "Bread"]),
        ("One paragraph\n\nanother", ["One paragraph", "another"]),
        ("今天天气很好。你好吗？好", ["今天天气很好。", "你好吗？", "好"]),
        ("هل أنت بخير؟ نعم.", ["هل أنت بخير؟", "نعم."]),
        ("यह ठीक है। वह भी।", ["यह ठीक है।", "वह भी।"]),
        ("", []),
        (" \n\t ", []),
        ("...", ["..."]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_all_but_white_space_is_in_exactly_one_sentence() -> None:
    draw = random.Random(5)
    pieces = ["Dr.", "a", "B.", "\n", "\n\n", " ", "- ", "1.", "!", "…", "。", "word", "Is", "\r", "\x0b", "?)", '"']
    for _ in range(3000):
        text = "".join(draw.choices(pieces, k=draw.randint(0, 30)))
        place = 0
        for start, end in sentences(text):
            assert place <= start < end
            assert not text[place:start].strip()
            assert not text[start].isspace() and not text[end - 1].isspace()
            place = end
        assert not text[place:].strip()


@pytest.mark.parametrize("piece", [".", "a. ", "\n", "a\n", "- ", "(", ". ", "1", '."', "[1", ".[1", " ", "!)"])
def test_a_megabyte_of_one_thing_is_cut_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + ". A"
    assert not text[sentences(text)[-1][1] :].strip()
