"""The built-in medical records: many, distinct, well formed, and careful where life is at stake."""

import re
from collections import Counter

import pytest

from slm.data.samples.medical import KINDS, PATIENTS, load_conditions, medical_records

FIELDS = ["Question", "Complex_CoT", "Response"]


@pytest.fixture(scope="module")
def records() -> list[dict[str, str]]:
    return list(medical_records())


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?:\s|$)", text))


def test_the_table_is_large_and_whole():
    conditions = load_conditions()
    assert len(conditions) >= 150
    assert len({condition.name for condition in conditions}) == len(conditions)
    for condition in conditions:
        assert condition.who in PATIENTS
        assert condition.spread_kind in {"yes", "no", "part", "carried"}
        assert len(condition.signs) >= 2
        facts = (condition.cause, condition.spread, condition.prevent, condition.care, condition.help)
        assert all(fact[0].isupper() and fact.endswith(".") for fact in facts), condition.name
        assert not condition.what.endswith("."), condition.name


def test_every_emergency_says_to_call_emergency_services_at_once():
    emergencies = [condition for condition in load_conditions() if condition.emergency]
    assert len(emergencies) >= 25
    for condition in emergencies:
        assert re.search(r"emergency services (?:or a poison center )?(?:or see a doctor )?at once", condition.help), condition.name


def test_what_is_not_contagious_says_so_and_what_is_does_not():
    for condition in load_conditions():
        denies = re.search(r"\bnot\b|hardly", condition.spread) is not None
        assert denies or condition.spread_kind != "no", condition.name
        assert not (condition.spread_kind == "yes" and "not contagious" in condition.spread), condition.name


def test_no_doses():
    """No amounts of medicine: a number never stands before a unit of one."""
    for record in medical_records():
        text = " ".join(record.values())
        assert not re.search(r"\d\s*(?:mg|ml|g|grams?|milligrams?|tablets?|pills?|drops|puffs?)\b|\btwice the\b", text)
        assert "dose" not in text


def test_many_distinct_records(records):
    assert len(records) >= 2_000
    assert len({record["Question"] for record in records}) == len(records)
    assert all(list(record) == FIELDS for record in records)
    assert all(value.strip() == value and value for record in records for value in record.values())


def test_records_depend_on_the_seed_alone(records):
    assert list(medical_records()) == records
    other = list(medical_records(seed=1))
    assert other != records
    assert len(other) == pytest.approx(len(records), rel=0.05)


def test_answers_are_short_and_plain(records):
    assert all(1 <= sentences(record["Response"]) <= 4 for record in records)
    assert all(2 <= sentences(record["Complex_CoT"]) <= 8 for record in records)
    assert all(re.search(r"\bI\b", record["Complex_CoT"]) for record in records)


@pytest.mark.parametrize(
    "fault",
    [r"  | [,.;:!?]", r"[{}<>|\[\]]", r"[,;:][,.;:!?]|\.\.", r"\. [a-z]", r"\b[Aa] [aeiou](?!ne\b|s )", r"\b(\w+) \1\b", r"^[a-z]"],
)
def test_no_slips_of_the_pen(records, fault):
    pattern = re.compile(fault)
    assert [value for record in records for value in record.values() if value.isascii() and pattern.search(value)] == []
    assert all(value.isascii() for record in records for value in record.values())


def test_every_kind_of_question_is_asked_of_nearly_every_condition(records):
    starts = Counter(kind for record in records for kind in kinds_of(record["Question"]))
    for kind in set(KINDS) - {"spread"}:
        assert starts[kind] >= 200, kind


def kinds_of(question: str) -> list[str]:
    """The kinds whose wordings `question` can come from."""
    def pattern(wording: str) -> str:
        return re.sub(r"\\\{\w+\\\}", ".+", re.escape(wording))

    return [name for name, kind in KINDS.items() if any(re.fullmatch(pattern(q), question) for q in kind.questions)]


def test_the_reasoning_leads_to_the_response(records):
    """Question, reasoning and response of one record speak of the same condition."""
    names = sorted((condition.name for condition in load_conditions()), key=len, reverse=True)
    for record in records:
        name = next(name for name in names if name.lower() in record["Complex_CoT"].lower())
        assert name.lower() in (record["Question"] + record["Response"]).lower(), record


def test_short_cases_do_not_pretend_to_be_sure(records):
    cases = [record["Response"] for record in records if record["Response"].startswith("This may be")]
    assert len(cases) >= 400
    assert all("Only a doctor can say for certain" in case or "emergency services" in case for case in cases)
