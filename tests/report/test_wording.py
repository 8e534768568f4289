"""Numbers as people read them, and recipes as TOML that reads back the same."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.report import wording
from slm.report.recipe_text import to_toml


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.large(29_966_976), "30.0 million"),
        (wording.large(999_960_000), "1.0 billion"),
        (wording.large(167_392), "167,392"),
        (wording.large(None), "–"),
        (wording.size(12_362_666), "12.4 MB"),
        (wording.size(999), "999 bytes"),
        (wording.duration(1100), "18 min 20 s"),
        (wording.duration(1080), "18 min"),
        (wording.duration(59.97), "1 min"),
        (wording.duration(4.25), "4.2 s"),
        (wording.duration(7_500), "2 h 05 min"),
        (wording.duration(0), "0.0 s"),
        (wording.decimal(1.21954), "1.220"),
        (wording.decimal(48_210.3), "48,210"),
        (wording.signed(-0.5), "−0.500"),
        (wording.signed(0.0, 1), "±0.0"),
        (wording.percent(0.0421), "4.2 %"),
        (wording.compact(0.0001), "0.0001"),
        (wording.compact(3e-5), "3 × 10⁻⁵"),
        (wording.compact(5000), "5,000"),
        (wording.date("2026-11-22T18:00:00+00:00"), "22 November 2026, 18:00 UTC"),
        (wording.date("soon"), "soon"),
        (wording.setting([True, None, 0.5]), "yes, –, 0.5"),
        (wording.rate(0.000122951), "0.00012"),
        (wording.source("/data/stories.txt"), "stories.txt"),
        (wording.source("hub:owner/name"), "hub:owner/name"),
        (
            wording.shortened("Responses of a/b.txt, hub:o/n, held out", "a/b.txt, hub:o/n"),
            "Responses of b.txt, hub:o/n, held out",
        ),
        (wording.words("learning_rate"), "Learning rate"),
    ],
)
def test_wording(said: str, expected: str) -> None:
    assert said.replace(wording.NBSP, " ") == expected


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), KEYS)
VALUES = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=8
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_toml_reads_back_the_same(recipe: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(recipe)) == recipe


def test_null_is_left_out_and_sections_are_readable() -> None:
    recipe = {"name": "quick", "config": None, "training": {"steps": 20, "betas": [0.9, 0.95]}, "model": {}}
    assert to_toml(recipe) == 'name = "quick"\n\n[training]\nsteps = 20\nbetas = [0.9, 0.95]\n\n[model]\n'
