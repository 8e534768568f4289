"""What tuning cost, as a run has it on record."""

from __future__ import annotations

import pytest

from slm.evaluation.forgetting import forgetting_section
from slm.evaluation.sections import Mark


def result(title: str, scored: str, moment: str, bits: float) -> dict:
    return {"title": title, "scored": scored, "moment": moment, "bits_per_byte": bits, "interval": [bits - 1, bits + 1]}


RESULTS = [
    result("Answers", "responses", "before", 4.0), result("Stories", "documents", "before", 2.0),
    result("Answers", "responses", "after", 3.0), result("Stories, held out", "documents", "after", 2.2),
]  # fmt: skip


@pytest.mark.parametrize(("tolerance", "said", "allowed"), [
    (0.05, "changed by +10.0 %, MORE THAN the 5 % allowed.", "+5.0 %"),
    (0.2, "changed by +10.0 %, within the 20 % allowed.", "+20.0 %"),
    (None, "changed by +10.0 %.", ""),
])  # fmt: skip
def test_gain_stands_beside_forgetting(tolerance: float | None, said: str, allowed: str) -> None:
    record = {"before": 2.0, "after": 2.2, "rise": 0.1, "tolerance": tolerance}
    section = forgetting_section({"results": RESULTS, "forgetting": record}, "Forgetting")
    assert section.tables[0].rows == (
        ("Answers", "4.000 (3.000–5.000)", "3.000 (2.000–4.000)", "-25.0 %", ""),
        ("Stories", "2.000 (1.000–3.000)", "2.200 (1.200–3.200)", "+10.0 %", allowed),
    )
    assert section.notes[0].endswith(said) and section.figures["forgetting"] == record
    assert section.plots[0].rows[1].ring == Mark(2.0, 1.0, 3.0) and section.plots[0].rows[1].dot.value == 2.2


def test_without_a_record_there_is_no_table() -> None:
    assert forgetting_section({"results": RESULTS}, "Forgetting") is None
