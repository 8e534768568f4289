"""The built-in medical records: many, distinct, well formed, regular, and careful where life is at stake."""

import re
from collections import Counter
from itertools import islice

import pytest

from slm.data.samples.conditions import Condition, common_conditions, other_conditions
from slm.data.samples.medical import KINDS, PATIENTS, medical_records, records_about

Record = dict[str, str]
CONDITIONS = common_conditions() + other_conditions()
EMERGENCIES = [condition for condition in CONDITIONS if condition.emergency]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(medical_records())


def answers(condition: Condition, question: str) -> list[str]:
    return [record["Response"] for record in records_about(condition) if re.search(question, record["Question"])]


def named(name: str) -> Condition:
    return next(condition for condition in CONDITIONS if condition.name == name)


# The table


def test_the_table_is_large_and_whole():
    assert len(CONDITIONS) >= 155
    assert len({condition.name.lower() for condition in CONDITIONS}) == len(CONDITIONS)
    for condition in CONDITIONS:
        assert condition.patient in PATIENTS or condition.patient == "none", condition.name
        assert condition.contagious in {"yes", "no", "part", "carried", ""}, condition.name
        assert len(condition.symptoms) == len(set(condition.symptoms)) >= 2, condition.name
        sentences = [condition.cause, condition.prevention, condition.care, condition.help]
        sentences += [condition.spread] if condition.contagious else []
        assert all(text[0].isupper() and text.endswith(".") for text in sentences), condition.name
        assert not any(part.endswith(".") for part in (condition.what, *condition.symptoms)), condition.name


def test_what_is_not_contagious_says_so_and_what_is_does_not():
    for condition in CONDITIONS:
        denies = re.search(r"\bnot\b|hardly|rarely", condition.spread) is not None
        assert denies or condition.contagious != "no", condition.name
        assert not (condition.contagious == "yes" and "not contagious" in condition.spread), condition.name


def test_every_emergency_is_told_to_call_emergency_services_at_once():
    assert len(EMERGENCIES) >= 25
    for condition in EMERGENCIES:
        told = answers(condition, "^When should|treated|might be wrong")
        assert len(told) >= 3
        assert all("emergency services" in answer and "at once" in answer for answer in told), condition.name


def test_no_doses(records: list[Record]):
    words = re.compile(r"\b(?:mg|ml|milligrams?|tablets?|pills?|doses? of|puffs?)\b|\d\s*(?:g|grams?|drops)\b")
    assert [value for record in records for value in record.values() if words.search(value)] == []


# The records


@pytest.mark.parametrize("seed", [0, 1])
def test_many_distinct_questions(seed: int):
    records = list(medical_records(seed))
    assert len(records) >= 2_000
    assert len({record["Question"] for record in records}) == len(records)


def test_fields_are_full_and_ascii(records: list[Record]):
    for record in records:
        assert list(record) == ["Question", "Complex_CoT", "Response"]
        assert all(value and value == value.strip() and value.isascii() for value in record.values())


def test_record_n_depends_on_the_seed_and_n_alone(records: list[Record]):
    assert list(medical_records()) == records
    assert list(islice(medical_records(), 100)) == records[:100]
    other = list(medical_records(seed=1))
    assert len(other) == len(records) and other[:100] != records[:100]


def test_the_common_conditions_come_first_in_every_kind_of_question(records: list[Record]):
    questions = {record["Question"] for condition in common_conditions() for record in records_about(condition)}
    assert {record["Question"] for record in records[: len(questions)]} == questions
    starts = {record["Question"].split()[0] for record in records[:300]}
    assert {"What", "How", "When", "Which", "Why", "A"} <= starts


def test_the_questions_of_the_demonstration_are_natural_ones(records: list[Record]):
    responses = {record["Question"]: record["Response"] for record in records}
    assert responses["What are the symptoms of asthma?"] == (
        "The symptoms of asthma are wheezing, shortness of breath, a tight chest and a cough at night."
    )
    assert "vaccine" in responses["How can I prevent the flu?"]


def test_every_wording_of_a_kind_has_the_same_response():
    asthma = list(records_about(named("asthma")))
    for kind in set(KINDS) - {"case"}:
        forms = {"name": "asthma", "are": "is", "Are": "Is", "do": "does", "they": "it"}
        wordings = {question.format(**forms) for question in KINDS[kind].questions}
        given = [record["Response"] for record in asthma if record["Question"] in wordings]
        assert len(set(given)) <= 1
        assert len(given) == len(wordings) or kind == "way"


def test_nobody_is_asked_how_a_fall_spreads_or_how_asthma_does():
    assert answers(named("a broken bone"), "contagious|spread|catch") == []
    assert answers(named("asthma"), "spread") == []
    assert answers(named("asthma"), "contagious") == ["Asthma is not contagious."]
    assert answers(named("measles"), "^How does measles spread")[0].startswith("Measles is contagious. It spreads")


def test_names_in_the_plural_and_silent_conditions_read_well():
    assert answers(named("gallstones"), "^What are gallstones")[0].startswith("Gallstones are small hard lumps")
    assert answers(named("head lice"), "^I have heard of head lice. What are they") != []
    assert answers(named("high blood pressure"), "symptoms of")[0].startswith(
        "High blood pressure often causes no symptoms. When there are some, they are "
    )


def test_short_cases_do_not_pretend_to_be_sure(records: list[Record]):
    cases = [record["Response"] for record in records if "might" in record["Response"].split()[:2]]
    assert len(cases) >= 4 * 150
    assert all("only a doctor can say for sure" in case or "emergency services" in case for case in cases)


def test_answers_are_short_and_plain(records: list[Record]):
    def sentences(text: str) -> int:
        return len(re.findall(r"[.!?](?:\s|$)", text))

    assert all(1 <= sentences(record["Response"]) <= 5 for record in records)
    assert all(2 <= sentences(record["Complex_CoT"]) <= 7 for record in records)
    assert all(re.search(r"\b(?:I|me)\b", record["Complex_CoT"]) for record in records)
    words = Counter(len(record["Response"].split()) > 45 for record in records)
    assert words[True] < 0.02 * len(records)


SLIPS = {
    "spacing": r"  | [,.;:!?]",
    "braces and separators": r"[{}<>|\[\];]",
    "stops": r"[,:][,.:!?]|\.\.|[?!]\.",
    "small letter after a full stop": r"[.?!] [a-z]",
    "small letter first": r"^[a-z]",
    "no stop at the end": r"[^.?]$",
    "a before a vowel": r"(?<![Hh]epatitis )\b[Aa] (?:[aeio]|u(?!ni|ri))(?!ne\b)",
    "an before a consonant": r"\b[Aa]n (?:[b-df-gj-np-tv-z])",
    "a before eighty": r"\b[Aa] (?:8|11-|18-)",
    "an before other ages": r"\b[Aa]n (?:[02-79]|1[02-79]|1-)",
    "word said twice": r"\b(\w+) \1\b",
    "article twice": r"\b(?:a|an|the) (?:a|an|the)\b",
    "phrase said twice": r"\b(\w+ \w+) \1\b",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_no_slips_of_the_pen(records: list[Record], slip: str):
    pattern = re.compile(SLIPS[slip])
    assert [value for record in records for value in record.values() if pattern.search(value)] == []
