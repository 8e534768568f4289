"""Patterns of words near one another, and misspelled words."""

from __future__ import annotations

import pytest

from slm.errors import ConfigError
from slm.text_patterns import Pattern, Spelling, Words, words_of

LISTS = {"family": ("dad", "mum"), "one_pain": ("pain", "pains"), "unwell": ("sick", "not_right", "out_of_breath")}


def found(pattern: str, text: str, window: int = 6) -> str | None:
    words = Words(words_of(text, {}))
    spots = Pattern(pattern, LISTS, window, ["no"]).find(words)
    return text[words[spots[0][0]].start : words[spots[-1][1]].end] if spots else None


@pytest.mark.parametrize(("pattern", "text", "expected"), [
    ("chest pain", "Pain in the chest!", "Pain in the chest"),
    ("chest pain", "chest, oh my poor old aching pain", None),
    ("chest pain", "chest and all the rest of me is fine, but pain in the chest", "pain in the chest"),
    ("chest|heart hurt*", "my heart is hurting", "heart is hurting"),
    ("{family} fell", "my dad just fell", "dad just fell"),
    ("{family} fell", "my cat just fell", None),
    ("{family} {one_pain}", "dad has pains", "dad has pains"),
    ("{family} {unwell}", "Dad is out of breath", "Dad is out of breath"),
    ("{family} {unwell}", "dad is not right", "dad is not right"),
    ("{family} {unwell}", "dad is out of it", None), ("{family} fell", "dad\u2019s wife fell", "dad\u2019s wife fell"),
    ("cant_breathe", "I can't breathe", "can't breathe"),
    ("cant_breathe", "cant really breathe", None),
    ("a|b_c d", "b c and d", "b c and d"),
    ("fire !camp", "a fire", "fire"),
    ("fire !camp", "a camp fire", None),
    ("fire !camp", "a fire and then far away and much later, on another day, a camp", "fire"),
    ("a b /2", "a b", "a b"),
    ("a b /2", "a x b", None),
    ("pain pain|ache", "pain", None),
    ("red|streak up|streak arm", "red from the arm a streak", "red from the arm a streak"),
    ("PAIN", "pain", None),
])  # fmt: skip
def test_a_pattern_is_found_where_its_words_stand_together(pattern: str, text: str, expected: str | None):
    assert found(pattern, text) == expected


@pytest.mark.parametrize(("pattern", "fault"), [
    ("", "expected words, got none"), ("!a", "expected words, got none"), ("a /x", "number of words behind the slash"),
    ("a /0", "number of words behind the slash"), ("a b*c", "expected word, word*"), ("a||b", "expected word, word*"),
    ("{famly}", "no words are called {famly}; did you mean 'family'?"),
])  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern: str, fault: str):
    with pytest.raises(ConfigError) as error:
        Pattern(pattern, LISTS, 5, [])
    assert fault in str(error.value)


@pytest.mark.parametrize(("text", "words"), [
    ("I CAN'T", ["i", "cant"]), ("can\u2019t", ["cant"]), ("heeelp", ["help"]), ("na\u00efve", ["naive"]),
    ("sui\u00adcidal", ["suicidal"]), ("sui\u200dcidal", ["suicidal"]), ("\uff50\uff41\uff49\uff4e", ["pain"]),
    ("a-b_c", ["a", "b", "c"]), ("", []), ("\U0001f600", []),
])  # fmt: skip
def test_words_in_plain_letters(text: str, words: list[str]):
    assert [word.text for word in words_of(text, {})] == words


def test_spellings_of_one_thing_are_one_word_and_keep_their_place():
    words = words_of("I can not go", {("can", "not"): "cant", ("go",): "walk"})
    assert [(word.text, word.start, word.end) for word in words] == [("i", 0, 1), ("cant", 2, 9), ("walk", 10, 12)]


@pytest.mark.parametrize(("word", "read"), [
    ("chst", "chest"), ("chesst", "chest"), ("chast", "chest"), ("cehst", "chest"), ("chest", "chest"),
    ("chess", "chess"), ("cht", "cht"), ("chairs", "chairs"), ("numb", "numb"), ("nump", "nump"), ("hectst", "hectst"),
])  # fmt: skip
def test_one_wrong_letter_is_read_over(word: str, read: str):
    assert Spelling(["chest", "numb"], ["chess"]).corrected(word) == read
