"""Passages: the document letter for letter, cut at sentences and headings, never too long."""

from __future__ import annotations

import random

import pytest

from slm.rag.passages import split
from slm.rag.sentences import sentences

SENTENCE = "This sentence has exactly fifty characters in all. "


def shown(text: str, length: int = 1200) -> list[tuple[str, str]]:
    return [(piece.heading, text[piece.start : piece.end]) for piece in split(text, length)]


def test_a_short_text_is_one_passage() -> None:
    assert shown("One sentence. Another.\n\nA second paragraph.") == [
        ("", "One sentence. Another.\n\nA second paragraph.")
    ]


def test_a_long_text_is_cut_at_sentences_into_parts_of_about_the_same_length() -> None:
    text = SENTENCE * 30
    pieces = split(text, 600)
    assert len(pieces) == 3
    assert all(450 <= piece.end - piece.start <= 550 for piece in pieces)
    assert all(text[piece.start : piece.end].endswith("in all.") for piece in pieces)


@pytest.mark.parametrize(
    "text",
    [
        "# Gout\n\nIt hurts.\n\n## Causes of it ##\nUric acid.",
        "Gout\n====\nIt hurts.\n\nCauses of it\n---\nUric acid.",
        "Gout\n\nIt hurts.\n\nCauses of it\n\nUric acid.",
    ],
)
def test_headings_part_passages_and_go_with_them(text: str) -> None:
    assert shown(text) == [("Gout", "It hurts."), ("Causes of it", "Uric acid.")]


@pytest.mark.parametrize(
    "text",
    [
        "A whole line that ends as a sentence.\n\nNext.",
        "and so it went\n\nNext.",
        "- an item\n\nNext.",
        "42\n\nNext.",
        "What follows:\n\nNext.",
        "The last line is no heading of anything",
        "#hashtag is no heading\nNext.",
        "First line of a verse\nsecond line of it",
    ],
)
def test_what_only_looks_a_little_like_a_heading_is_text(text: str) -> None:
    assert shown(text) == [("", text)]


def test_a_heading_over_a_list() -> None:
    assert shown("Key Points\n- one thing\n- another") == [("Key Points", "- one thing\n- another")]


def test_a_sentence_that_is_too_long_is_cut_at_a_space_and_a_word_at_any_place() -> None:
    words = "word " * 200
    assert all(piece.end - piece.start <= 100 for piece in split(words, 100))
    assert all(words[piece.start : piece.end].strip() == words[piece.start : piece.end] for piece in split(words, 100))
    assert [piece.end - piece.start for piece in split("x" * 250, 100)] == [100, 100, 50]


def test_nothing_is_lost_or_twice_and_nothing_too_long() -> None:
    draw = random.Random(1)
    pieces = [SENTENCE, "\n\n", "# A heading\n", "\n", "Title Line\n\n", "- item\n", "word ", "x" * 300, "? ", "\r\n"]
    for _ in range(400):
        text = "".join(draw.choices(pieces, k=draw.randint(0, 60)))
        found = split(text, 200)
        place = 0
        for piece in found:
            assert place <= piece.start < piece.end <= piece.start + 200
            assert all(end - start <= 110 for start, end in sentences(text[place : piece.start]))  # headings
            place = piece.end
        covered = "".join(text[piece.start : piece.end] for piece in found)
        assert covered.count("This sentence") == text.count("This sentence")
        assert covered.count("x") == text.count("x")


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "#", "# Only a heading"])
def test_texts_without_text(text: str) -> None:
    assert len(split(text)) == bool(text.strip())
