"""Which language a short text is in."""

from __future__ import annotations

import pytest

from slm.language import detect_language, language_name, may_be_in


@pytest.mark.parametrize(("text", "language"), [
    ("What are the symptoms of a cold?", "en"), ("Was sind die Symptome einer Grippe und was hilft?", "de"),
    ("Quels sont les symptômes de la grippe ?", "fr"),
    ("¿Cuáles son los síntomas de la gripe?", "es"),
    ("Quali sono i sintomi della influenza?", "it"), ("Wat zijn de symptomen van griep en hoe lang duurt het?", "nl"),
    ("Каковы симптомы?", "ru"),
    ("胸が痛い", "ja"), ("胸口痛", "zh"),
    ("asthma", ""), ("", ""), ("12 + 3", ""), ("\U0001f600\U0001f600", ""),
])  # fmt: skip
def test_the_language_of_a_question(text: str, language: str):
    assert detect_language(text) == language


@pytest.mark.parametrize(("text", "may"), [
    ("i want to die", True), ("help", True), ("asthma", True), ("no pulse", True), ("", True),
    ("me duele el pecho y no puedo respirar", False), ("ich kann nicht atmen", False), ("胸口痛", False),
    ("ik heb pijn op de borst", False), ("j'ai mal à la poitrine", False),
])  # fmt: skip
def test_what_may_be_english(text: str, may: bool):
    assert may_be_in(text, ["en"]) is may


def test_a_language_has_a_name():
    assert language_name("en") == "English" and language_name("xx") == "xx"
