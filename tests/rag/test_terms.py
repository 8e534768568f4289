"""Terms: the same for a passage and a question, by the rules of their language, none where it is unknown."""

from __future__ import annotations

import pytest

from slm.rag.languages import language_of, languages_of_question
from slm.rag.terms import question_terms, terms


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The symptoms of the diseases", "en", ["symptom", "diseas"]),
        ("Die Symptome der Krankheiten", "de", ["symptom", "krankheit"]),
        ("Les symptômes de la maladie", "fr", ["symptom", "malad"]),
        ("The symptoms of the diseases", "", ["the", "symptoms", "of", "the", "diseases"]),
        ("The symptoms", "xx", ["the", "symptoms"]),
        ("Ménière's", "en", ["menier"]),
        ("糖尿病の症状", "ja", ["糖尿", "尿病", "病の", "の症", "症状"]),
        ("HIV感染症", "zh", ["hiv", "感染", "染症"]),
        ("a type 2 of Gout's B", "en", ["type", "2", "gout", "b"]),
        ("the of and", "en", []),
        ("", "en", []),
        ("x" * 1000, "", ["x" * 64]),
        ("\ud800 ok \0 fine", "", ["ok", "fine"]),
    ],
)
def test_terms(text: str, language: str, expected: list[str]) -> None:
    assert terms(text, language) == expected


def test_a_question_in_two_languages_has_the_terms_of_both_but_no_stop_word_of_either() -> None:
    assert question_terms("die symptoms", ("en", "de")) == ["symptom"]
    assert question_terms("gout gout", ("en",)) == ["gout", "gout"]
    assert question_terms("the symptoms", ("en", "")) == ["symptom", "symptoms"]
    assert question_terms("anything", ()) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Glaucoma is a disease that damages the nerve of the eye, and it can cause blindness.", "en"),
        ("Das Glaukom ist eine Krankheit, die den Sehnerv schädigt und blind machen kann.", "de"),
        ("Le glaucome est une maladie qui endommage le nerf optique et peut rendre aveugle.", "fr"),
        ("El glaucoma es una enfermedad que daña el nervio óptico y puede causar ceguera.", "es"),
        ("12345 67890 !!!", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language
    assert language_of(" ".join([text] * 5)) == language


def test_a_question_is_in_the_one_language_of_its_index_or_in_one_of_several() -> None:
    assert languages_of_question("glaucoma", ("en",)) == ("en",)
    assert languages_of_question("glaucoma", ("en", "")) == ("en", "")
    assert languages_of_question("Was sind die Anzeichen eines Glaukoms?", ("en", "de")) == ("de",)
    assert set(languages_of_question("glaucoma", ("en", "de"))) == {"en", "de"}
    assert languages_of_question("glaucoma", ("",)) == ("",)
    assert languages_of_question("glaucoma", ()) == ()
