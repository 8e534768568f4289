"""Built-in medical questions and answers: synthetic, seeded, written out from this project's table of conditions.

They exercise fine-tuning and are no medical advice. Knows nothing about prompts, tokens or training.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slm.data.samples.conditions import Condition, common_conditions, other_conditions
from slm.data.samples.grammar import capitalise


class Kind(NamedTuple):
    """A kind of question: every wording is asked once of each condition, and all have the same response.

    One response for all wordings is what lets even a very small model answer a wording that it never saw.
    """

    questions: tuple[str, ...]
    thoughts: tuple[str, ...]
    response: str


KINDS = {
    "what": Kind(
        (
            "What {are} {name}?",
            "What exactly {are} {name}?",
            "Can you explain what {name} {are}?",
            "I have heard of {name}. What {are} {they}?",
            "Please explain {name} in simple words.",
        ),
        (
            "I am asked what {name} {are}. I recall that {they} {are} {what}. I will say just that.",
            "The question is about {name}. I put it in plain words: {they} {are} {what}.",
        ),
        "{Name} {are} {what}.",
    ),
    "symptoms": Kind(
        (
            "What are the symptoms of {name}?",
            "What are the signs of {name}?",
            "How can I recognize {name}?",
            "Which symptoms come with {name}?",
            "Which signs point to {name}?",
        ),
        (
            "I am asked about the symptoms of {name}. {They} {are} {what}. So I think of {symptoms}.",
            "I go through what people notice with {name}. I recall {symptoms}, the most telling ones first.",
        ),
        "{symptoms_sentence}",
    ),
    "cause": Kind(
        (
            "What causes {name}?",
            "What is the cause of {name}?",
            "Why {do} {name} happen?",
            "How {do} {name} come about?",
            "What lies behind {name}?",
        ),
        (
            "I am asked about the cause of {name}. I recall what is known. {cause}",
            "First I recall that {name} {are} {what}. Then I think about the cause. {cause}",
        ),
        "{cause}",
    ),
    "spread": Kind(
        (
            "{Are} {name} contagious?",
            "Can I catch {name} from another person?",
            "Can {name} pass from one person to another?",
        ),
        (
            "I am asked whether {name} can pass between people. I think of the cause. {cause} So I can answer.",
            "To know whether people can catch {name}, I recall the facts. {spread}",
        ),
        "{spread}",
    ),
    "way": Kind(
        ("How {do} {name} spread?", "How do people catch {name}?"),
        ("I am asked how {name} {spreads}. I recall the way. {spread}",),
        "{spread}",
    ),
    "prevention": Kind(
        (
            "How can I prevent {name}?",
            "How can {name} be prevented?",
            "What can I do to avoid {name}?",
            "What lowers the risk of {name}?",
            "What helps to prevent {name}?",
        ),
        (
            "I am asked how to prevent {name}. The cause shows the way. {cause} From that the advice follows.",
            "To prevent {name}, I think about what brings {them} on. Then I say what can be done. {prevention}",
        ),
        "{prevention}",
    ),
    "care": Kind(
        (
            "How {are} {name} treated?",
            "What helps with {name}?",
            "What is the usual care for {name}?",
            "What should I do about {name}?",
            "What can be done about {name}?",
        ),
        (
            "I am asked about care for {name}. {They} {are} {what}. I recall the usual care and keep it plain.",
            "The question is what helps with {name}. I think of safe and simple steps first. {care}",
        ),
        "{care}",
    ),
    "help": Kind(
        (
            "When should I see a doctor for {name}?",
            "When should I get help for {name}?",
            "When {do} {name} need a doctor?",
            "When should I worry about {name}?",
            "When {are} {name} dangerous?",
        ),
        (
            "I am asked when {name} {need} a doctor. I think about the dangers and would rather be too careful.",
            "The question is about warning signs of {name}. {They} {are} {what}. I name the signs that cannot wait.",
        ),
        "{help}",
    ),
    "case": Kind(
        (
            "{Patient} has {case_signs}. What might it be?",
            "{Patient} has {case_signs}. What could be the cause?",
            "What might be wrong with {patient} who has {case_signs}?",
            "{Patient} comes with {case_signs}. What should we think of?",
        ),
        (
            "The signs are {case_signs}. Together they make me think of {name}. I cannot examine anyone, so I say "
            "that it might be so and when to get help.",
            "I see {patient} with {case_signs}. That fits {name}, {what}. Other causes are possible, so I answer "
            "with care.",
        ),
        "It might be {name}, {certainty}. {help}",
    ),
}


class Patients(NamedTuple):
    """Who a short case is about: ages from `youngest` to `oldest`, and the words for the person."""

    youngest: int
    oldest: int
    persons: tuple[str, ...]
    form: str = "{age}-year-old {person}"


PATIENTS = {
    "any": Patients(19, 66, ("man", "woman")),
    "newborn": Patients(3, 9, ("baby",), "{age}-day-old {person}"),
    "young baby": Patients(3, 11, ("baby",), "{age}-week-old {person}"),
    "baby": Patients(2, 11, ("baby",), "{age}-month-old {person}"),
    "toddler": Patients(1, 3, ("boy", "girl", "child")),
    "child": Patients(4, 11, ("boy", "girl", "child")),
    "boy": Patients(3, 11, ("boy",)),
    "teen": Patients(13, 17, ("boy", "girl")),
    "teen boy": Patients(13, 17, ("boy",)),
    "teen girl": Patients(13, 17, ("girl",)),
    "young adult": Patients(19, 29, ("man", "woman")),
    "young woman": Patients(18, 34, ("woman",)),
    "pregnant": Patients(20, 38, ("woman",), "{age}-year-old pregnant {person}"),
    "adult": Patients(25, 59, ("man", "woman")),
    "woman": Patients(25, 54, ("woman",)),
    "man": Patients(30, 64, ("man",)),
    "midlife woman": Patients(46, 57, ("woman",)),
    "older": Patients(62, 84, ("man", "woman")),
    "older man": Patients(62, 84, ("man",)),
}
SINGULAR_FORMS = {
    "are": "is",
    "do": "does",
    "they": "it",
    "them": "it",
    "need": "needs",
    "spreads": "spreads",
    "cause_none": "causes",
}
PLURAL_FORMS = {
    "are": "are",
    "do": "do",
    "they": "they",
    "them": "them",
    "need": "need",
    "spreads": "spread",
    "cause_none": "cause",
}


def medical_records(seed: int = 0) -> Iterator[dict[str, str]]:
    """All records of `seed`, each with `Question`, `Complex_CoT` and `Response`; no question is asked twice.

    The common conditions come first, so that a short prefix asks often about few conditions rather than once about
    many. Record n depends on (seed, n) alone.
    """
    for part, conditions in enumerate((common_conditions(), other_conditions())):
        records = [record for condition in conditions for record in records_about(condition, seed)]
        random.Random(f"{seed}:{part}").shuffle(records)
        yield from records


def records_about(condition: Condition, seed: int = 0) -> Iterator[dict[str, str]]:
    """Every question of every kind that suits `condition`; who the short cases are about depends on `seed`."""
    words = _words(condition)
    for name in _kinds(condition):
        kind = KINDS[name]
        for number, question in enumerate(kind.questions):
            rng = random.Random(f"{seed}:{condition.name}:{name}:{number}")
            all_words = words | (_case_words(condition, rng) if name == "case" else {})
            texts = {"Question": question, "Complex_CoT": rng.choice(kind.thoughts), "Response": kind.response}
            yield {field: text.format(**all_words) for field, text in texts.items()}


def _kinds(condition: Condition) -> list[str]:
    unsuited = {
        "spread": condition.contagious == "",
        "way": condition.contagious in ("", "no"),
        "case": condition.patient == "none",
    }
    return [name for name in KINDS if not unsuited.get(name)]


def _words(condition: Condition) -> dict[str, str]:
    """What the wordings can name: the facts as sentences about the condition, and verb forms that agree with it."""
    words = dict(PLURAL_FORMS if condition.plural else SINGULAR_FORMS)
    words |= {"name": condition.name, "Name": capitalise(condition.name), "what": condition.what}
    words |= {"Are": capitalise(words["are"]), "They": capitalise(words["they"]), "help": condition.help}
    words["symptoms"] = _listed(condition.symptoms)
    words["symptoms_sentence"] = "The symptoms of {name} are {symptoms}.".format(**words)
    if condition.silent:
        words["symptoms_sentence"] = (
            "{Name} often {cause_none} no symptoms. When there are some, they are {symptoms}.".format(**words)
        )
    words["cause"], words["prevention"] = _about(condition, condition.cause), _about(condition, condition.prevention)
    words["spread"] = _about(condition, condition.spread)
    if condition.contagious == "yes":
        words["spread"] = "{Name} {are} contagious. ".format(**words) + condition.spread
    words["care"] = _about(condition, condition.care)
    words["certainty"] = "but only a doctor can say for sure"
    if condition.emergency:
        words["care"] = f"{condition.help.partition('. ')[0].rstrip('.')}. {words['care']}"
        words["certainty"] = "which is an emergency"
    return words


def _about(condition: Condition, text: str) -> str:
    """`text` with the condition's name in place of the pronoun that it begins with, if it does."""
    pronoun, _, rest = text.partition(" ")
    return f"{capitalise(condition.name)} {rest}" if pronoun in ("It", "They") else text


def _case_words(condition: Condition, rng: random.Random) -> dict[str, str]:
    """A patient, with the most telling symptom and two others."""
    patients = PATIENTS[condition.patient]
    age = rng.randint(patients.youngest, patients.oldest)
    article = "an" if age in (11, 18) or str(age).startswith("8") else "a"
    patient = f"{article} {patients.form.format(age=age, person=rng.choice(patients.persons))}"
    first, *others = condition.symptoms
    signs = _listed([first, *rng.sample(others, min(2, len(others)))])
    return {"patient": patient, "Patient": capitalise(patient), "case_signs": signs}


def _listed(items: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))
