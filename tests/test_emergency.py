"""Signs of an emergency: how a text is read, and how well the medical list finds what people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from slm.config_files import from_dict
from slm.domain import load_domain
from slm.emergency import EmergencyList
from slm.errors import ConfigError

HERE = Path(__file__).parent
SOURCE = {"name": "A", "url": "https://a"}
SIGN = {"kind": "stroke", "title": "a stroke", "advice": "Note the time.", "sources": [SOURCE]}
LIST = {
    "advice": "Call 112.",
    "signs": [{**SIGN, "patterns": ["face droop*"]}, {**SIGN, "kind": "pain", "patterns": ["pain"]}],
    "persons": ["my", "dad"], "openings": ["what", "how do"], "past": ["years ago"], "present": ["now"],
    "negations": ["no", "not"], "misspelled": ["faces", "droops"], "lookalikes": ["paces"],
}  # fmt: skip


def listed(**values: object) -> EmergencyList:
    return from_dict(EmergencyList, {**LIST, **values}, where="a list")


def phrases(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.rpartition("\t")[2] for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("text", "kind"), [
    ("His face is drooping", "stroke"), ("pain and a drooping face", "stroke"), ("pain", "pain"), ("", None),
    ("What helps against pain?", None), ("What helps my dad against pain?", "pain"), ("what is this. pain", "pain"),
    ("What is\npain", "pain"), ("how do you treat pain", None), ("how bad the pain", "pain"),
    ("no pain", None), ("no real bad pain", None), ("not at all any of the pain", "pain"), ("no, pain", "pain"),
    ("pain years ago", None), ("pain years ago, and now again", "pain"),
])  # fmt: skip
def test_how_a_text_is_read(text: str, kind: str | None):
    found = listed().find(text)
    assert (found and found.kind) == kind


def test_what_was_found_can_be_explained():
    found = listed().find("Help: his FACE\n is  drooping!")
    assert (found.phrase, found.pattern, found.title) == ("FACE is drooping", "face droop*", "a stroke")
    assert found.advice == "Call 112. Note the time." and found.sources[0].url == "https://a"


CLUES = {
    "signs": [{**SIGN, "patterns": ["face droop*"], "strong": ["arm {bad}"], "hints": ["dizzy", "numb", "arm"]}],
    "words": {"bad": ["weak*", "not_right"]},
    "urgent": ["now|quick", "help"], "calm": ["a_bit"], "clue_window": 10,
}  # fmt: skip


@pytest.mark.parametrize(("text", "pattern"), [
    ("my face droops", "face droop*"), ("my arm is not right", "arm {bad}"), ("my arm is not weak", None),
    ("my arm is weak", "arm {bad}"), ("my arm is weak, a bit", None),
    ("my arm is weak, a bit dizzy, numb", "arm {bad} + dizzy + numb"), ("my arm is weak, a bit dizzy", None),
    ("my arm is weak, a bit dizzy, help", "arm {bad} + dizzy + help"),
    ("my arm is numb and i am dizzy", "arm + numb + dizzy"), ("numb and dizzy", None), ("numb dizzy numb", None),
    ("numb, dizzy, now", "numb + dizzy + now|quick"), ("numb now, quick, help", None), ("now", None),
    ("numb, dizzy, no arm", None), ("numb, dizzy and a very long while of nothing at all behind it my arm", None),
])  # fmt: skip
def test_clues_add_up(text: str, pattern: str | None):
    found = listed(**CLUES).find(text)
    assert (found and found.pattern) == pattern


def test_a_sign_can_be_exempt_from_reading_as_a_book():
    always = listed(signs=[{**SIGN, "always": True, "patterns": ["pain"]}])
    assert always.find("What helps against pain?") and always.find("pain years ago") and not always.find("no pain")


@pytest.mark.parametrize(("values", "fault"), [
    ({"window": 0}, "window expects a whole number from 1 up"), ({"negation_reach": 0}, "negation_reach expects"),
    ({"clue_window": 0}, "clue_window expects"), ({"urgent": ["{x}"]}, "no words are called {x}"),
    ({"signs": [{**SIGN, "patterns": ["a"], "hints": ["b*c"]}]}, "expected word"),
    ({"past": ["{x}"]}, "no words are called {x}"), ({"signs": [{**SIGN, "patterns": ["a b*c"]}]}, "expected word"),
    ({"sings": []}, "unknown key 'sings'; did you mean"),
    ({"signs": [{**SIGN, "paterns": []}]}, "unknown key 'signs[0].paterns'"),
])  # fmt: skip
def test_a_list_that_is_wrong_is_refused(values: dict, fault: str):
    with pytest.raises(ConfigError) as error:
        listed(**values)
    assert fault in str(error.value) and str(error.value).startswith("a list: ")


@pytest.mark.parametrize(("name", "count", "share"), [
    ("emergency_phrases.txt", 200, 0.95), ("emergency_phrases_unseen.txt", 200, 0.9),
    ("emergency_phrases_development.txt", 328, 0.95),
])  # fmt: skip
def test_phrases_of_people_in_an_emergency_are_found(name: str, count: int, share: float):
    texts, domain = phrases(name), load_domain("medical")
    assert len(texts) == count
    assert sum(domain.emergency(text) is not None for text in texts) >= share * count


def test_everyday_questions_alarm_hardly_ever():
    texts, domain = phrases("everyday_phrases.txt"), load_domain("medical")
    alarms = [text for text in texts if domain.emergency(text)]
    assert len(texts) == 410 and len(alarms) <= 4, alarms


@pytest.mark.parametrize("text", [
    "What are the symptoms of a heart attack ?", "What is (are) Stroke ?", "How to prevent Poisoning ?",
    "Who is at risk for Suicide? ?", "What causes Choking ?", "What I need to know about chest pain ?",
    "Is Anaphylaxis inherited ?", "What to do for Bleeding ?", "I don't have any chest pain",
    "I am not having a stroke",
    "my mother had a stroke ten years ago", "What are the treatments for Seizures ?",
])  # fmt: skip
def test_questions_about_emergencies_are_none(text: str):
    assert load_domain("medical").emergency(text) is None


@pytest.mark.parametrize(("text", "kind"), [
    ("CAN\u2019T BREATHE AND MY THROAT IS SWELLING", "allergic reaction"), ("my dads face is drooping", "stroke"),
    ("i took a whole bottle of pills", "poisoning"), ("chest pain and i cant breath", "heart"),
    ("mum had a stroke years ago and now her face is drooping again", "stroke"), ("i want to dieee", "suicide"),
    ("No chest pain, but I can't breathe", "breathing"), ("she isn't breathing", "not breathing"),
    ("hes unconcious and wont wake up", "unconscious"), ("my wife is haveing a siezure", "seizure"),
    ("how many sleeping pills does it take to not wake up", "suicide"),
])  # fmt: skip
def test_emergencies_have_their_kind(text: str, kind: str):
    found = load_domain("medical").emergency(text)
    assert found is not None and found.kind == kind


def test_every_sign_has_sources_and_advice():
    signs = load_domain("medical").settings.emergency.signs
    assert len({sign.kind for sign in signs}) == len(signs) >= 15
    assert all(sign.advice and sign.sources and sign.patterns for sign in signs)
    assert all(source.url.startswith("https://") for sign in signs for source in sign.sources)
