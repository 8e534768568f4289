"""Texts that stand in training text, planted as they are and edited, alone and within others; and those that do not."""

from __future__ import annotations

import random

import numpy as np
import pytest

from slm.audit import overlap as overlapping
from slm.audit import words
from slm.audit.minhash import NearDuplicates, shingles, signatures
from slm.audit.overlap import LONG, Match, Overlap
from slm.audit.words import PIECE, Vocabulary, pieces, words_of

BEGINNINGS, ENDS = ("bra", "clo", "dri", "fle", "gri", "ska"), ("ber", "mon", "tle", "wick")
NOUNS = [f"{first}{last}" for first in BEGINNINGS for last in ENDS]


def sentence(draw: random.Random, length: int) -> str:
    return " ".join(draw.choice(NOUNS) + str(draw.randrange(9)) for _ in range(length))


DRAW = random.Random(0)
HELD = [sentence(DRAW, DRAW.randrange(10, 60)) for _ in range(40)]
TRAIN = [sentence(DRAW, DRAW.randrange(20, 300)) for _ in range(60)]


def looked(held: list[str], train: list[str], finder=Overlap) -> list:
    overlap = finder(held)
    for number, text in enumerate(train):
        overlap.see(text, f"document {number}")
    return overlap.matches()


def test_nothing_is_found_where_nothing_is() -> None:
    assert not any(match.found or match.passages for match in looked(HELD, TRAIN))
    assert not any(twin.found for twin in looked(HELD, TRAIN, NearDuplicates))


@pytest.mark.parametrize("edit", [
    str, str.upper, str.title, lambda text: text.replace(" ", ",\n\n"), lambda text: f"“{text}!”",
])  # fmt: skip
@pytest.mark.parametrize("within", [False, True])
def test_what_stands_there_is_found_word_for_word(edit, within: bool) -> None:
    train = list(TRAIN)
    for place, text in enumerate(HELD[:20]):
        train[place] = f"{train[place]}. {edit(text)}. {TRAIN[-1]}" if within else edit(text)
    matches = looked(HELD, train)
    assert [match.verbatim for match in matches] == [True] * 20 + [False] * 20
    assert [match.where for match in matches[:20]] == [f"document {number}" for number in range(20)]
    assert not any(match.found for match in matches[20:])


@pytest.mark.parametrize("within", [False, True])
def test_one_word_in_ten_may_be_another(within: bool) -> None:
    draw, train = random.Random(1), list(TRAIN)
    for text in HELD:
        parts = text.split()
        for _ in range(len(parts) // 10):
            parts[draw.randrange(len(parts))] = "otherwise"
        place = draw.randrange(len(train))
        if within:
            train[place] += f" {' '.join(parts)}. {TRAIN[place]}"
        else:
            train.insert(place, " ".join(parts))
    matches = looked(HELD, train)
    assert sum(match.found for match in matches) >= 39 and sum(match.verbatim for match in matches) < 5


def test_a_part_of_a_text_is_no_leak_but_is_told() -> None:
    text = sentence(DRAW, 60)
    (match,) = looked([text], [*TRAIN, " ".join(text.split()[:20])])
    assert not match.found and match.passages == pytest.approx(20 / 60)
    assert looked([text], [" ".join(text.split()[: LONG - 1])])[0].passages == 0


def test_words_that_lie_apart_are_no_leak() -> None:
    text = sentence(DRAW, 20)
    apart = " ".join(f"{word} {sentence(DRAW, 5)}" for word in text.split())
    assert not looked([text, *HELD], [apart])[0].found


def test_what_all_texts_share_tells_none_of_them() -> None:
    template = "which of the following is the most common cause of the disease called"
    held = [f"{template} {noun}{number}" for number, noun in enumerate(NOUNS * 4)]
    matches = looked(held, [f"{template} otherwise. {text}" for text in TRAIN] + [held[3]])
    assert [number for number, match in enumerate(matches) if match.found] == [3]


def test_a_short_text_counts_word_for_word_alone_and_a_shorter_one_not_at_all() -> None:
    held = ["the liver makes blue bile daily", "what is ice"]
    changed = looked(held, ["the liver makes green bile daily", "what is ice"])
    assert [match.found for match in changed] == [False, False] and [one.too_short for one in changed] == [False, True]
    assert [match.verbatim for match in looked(held, ["so The liver makes blue bile, daily"])] == [True, False]


def test_a_text_does_not_stand_across_two_documents() -> None:
    text = sentence(DRAW, 12).split()
    (match,) = looked([" ".join(text)], [" ".join(text[:6]), " ".join(text[6:])])
    assert not match.found and match.passages == 0


@pytest.mark.parametrize("batch", [1, 100, 10**9])
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    train = [*TRAIN[:10], HELD[5], *TRAIN[10:], f"{TRAIN[0]} {HELD[7]}"]
    expected = looked(HELD, train)
    monkeypatch.setattr(overlapping, "BATCH", batch)
    assert looked(HELD, train) == expected and expected[5].verbatim and expected[7].verbatim


@pytest.mark.parametrize(("held", "train"), [([], TRAIN), (HELD, []), (["", "..."], ["", " "]), (HELD, [""])])
def test_nothing_to_look_for_or_in(held: list[str], train: list[str]) -> None:
    assert not any(match.found for match in looked(held, train))
    assert not any(twin.found for twin in looked(held, train, NearDuplicates))


def test_a_very_long_document_is_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "PIECE", 500)
    monkeypatch.setattr(words, "OVERLAP", 450)
    text = f"{sentence(DRAW, 300)} {HELD[0]} {sentence(DRAW, 300)}"
    assert "".join(piece[:50] for piece in pieces(text)).startswith(text[:2000])
    assert looked(HELD, [text])[0].verbatim
    assert PIECE > 500 and list(pieces("")) == [""]


def test_words_are_numbers_and_case_is_none() -> None:
    assert words_of("Don't say  “Über-all_3”!") == ["dont", "say", "über", "all", "3"]
    vocabulary = Vocabulary()
    assert vocabulary.learn("a b A").tolist() == [1, 2, 1] and vocabulary.read("B c a").tolist() == [2, 0, 1]


def test_signatures_estimate_how_much_two_texts_share() -> None:
    parts = sentence(DRAW, 400).split()
    half = " ".join(parts[:200] + sentence(DRAW, 200).split())
    first, second = shingles(" ".join(parts)), shingles(half)
    true = len(np.intersect1d(first, second)) / len(np.union1d(first, second))
    signs = signatures([first, second])
    assert (signs[0] == signs[1]).mean() == pytest.approx(true, abs=0.12) and 0.3 < true < 0.36


def test_near_duplicates_are_found_and_named() -> None:
    twin = f"{HELD[3]} otherwise"
    found = looked(HELD, [*TRAIN, twin, HELD[3]], NearDuplicates)
    assert [number for number, one in enumerate(found) if one.found] == [3]
    assert (found[3].where, found[3].share) == (f"document {len(TRAIN) + 1}", 1.0)
    assert Match(0.5).found is False
