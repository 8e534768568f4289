"""Reads the tables of conditions into rows: the plain facts behind the built-in medical records.

General knowledge for exercising a language model, written for this project. Knows nothing about questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from slm.data.samples.conditions_common import COMMON
from slm.data.samples.conditions_families import FAMILIES
from slm.data.samples.conditions_infections import INFECTIONS
from slm.data.samples.conditions_nerves import NERVES
from slm.data.samples.conditions_organs import ORGANS
from slm.data.samples.conditions_skin import SKIN

FLAGS = {"plural", "silent", "emergency"}


@dataclass(frozen=True)
class Condition:
    """One condition. `spread`, `cause`, `prevention`, `care` and `help` are sentences, the others parts of one."""

    name: str
    """As a sentence needs it: "asthma", "the flu", "a migraine"."""
    what: str
    """What follows "it is"."""
    symptoms: tuple[str, ...]
    """Noun phrases, the most telling first."""
    cause: str
    contagious: str
    """yes; no; part (only in part); carried (by insects, food, water); or empty where nobody would ask."""
    spread: str
    prevention: str
    care: str
    help: str
    """When to see a doctor, and when to call emergency services."""
    patient: str
    """Who has it in short cases, a key of `slm.data.samples.medical.PATIENTS`; "none" for no cases."""
    plural: bool
    """The name takes "are"."""
    silent: bool
    """It often has no symptoms."""
    emergency: bool
    """Help must come at once."""


@cache
def common_conditions() -> tuple[Condition, ...]:
    """The conditions that people ask about most."""
    return _parse_table(COMMON)


@cache
def other_conditions() -> tuple[Condition, ...]:
    """All others."""
    return tuple(row for table in (INFECTIONS, ORGANS, NERVES, SKIN, FAMILIES) for row in _parse_table(table))


def _parse_table(table: str) -> tuple[Condition, ...]:
    return tuple(parse_condition(block) for block in table.strip().split("\n\n"))


def parse_condition(block: str) -> Condition:
    """One block: a heading `== name | patient | flags`, then a line `key: fact` for each fact (spread is optional)."""
    heading, *lines = block.splitlines()
    name, patient, *flags = (part.strip() for part in heading.removeprefix("==").split("|"))
    facts = dict(line.split(": ", 1) for line in lines)
    assert set(flags) <= FLAGS, f"{name}: unknown flags {flags}"
    contagious, _, spread = facts.get("spread", "").partition("; ")
    return Condition(
        name=name,
        what=facts["is"],
        symptoms=tuple(facts["signs"].split("; ")),
        cause=facts["cause"],
        contagious=contagious,
        spread=spread,
        prevention=facts["prevent"],
        care=facts["care"],
        help=facts["help"],
        patient=patient,
        plural="plural" in flags,
        silent="silent" in flags,
        emergency="emergency" in flags,
    )
