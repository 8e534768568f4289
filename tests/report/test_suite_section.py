"""Whatever sections a suite's file holds stand in the page, and nothing in them is taken for markup."""

from __future__ import annotations

import json
from pathlib import Path

from slm.evaluation.sections import Mark, Plot, Row, Section, Table, keep_sections, suite_path
from slm.report.html import write_report

HOSTILE = "</table><script>alert(1)</script>"
HEADER = {"suite": "medical", "description": "Questions.", "created": "2026-11-26T07:00:00+00:00"}


def page_of(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def test_no_section_without_a_suite(stories: Path) -> None:
    assert "Evaluation by questions" not in page_of(stories)


def test_every_section_is_shown(medical: Path) -> None:
    quiz = Section("Quiz", (Table(("set", "right"), (("USMLE", "25.0 %"),)),), (HOSTILE,))
    recall = Section("Recall", (Table(("index", "recall@1"), ((HOSTILE, "0.308"),), "By index"),))
    header = {**HEADER, "sha256": "0" * 64, "missing": {"x": "x: none", "quiz": "quiz: none"}}
    keep_sections(suite_path(medical, "medical"), header, {"quiz": quiz})
    keep_sections(suite_path(medical, "medical"), header, {"r": recall})
    page = page_of(medical)
    for text in ("Quiz", "USMLE", "25.0 %", "Recall", "0.308", "By index", "x: none", "November 2026"):
        assert text in page
    assert "quiz: none" not in page, "it was measured at another time"
    assert HOSTILE not in page and "&lt;/table&gt;&lt;script&gt;" in page


def test_plots_are_drawn_and_told(medical: Path) -> None:
    rows = (Row(HOSTILE, Mark(0.7, 0.6, 0.8), Mark(0.3)), Row("recall@10", Mark(0.9)))
    plot = Plot("share of questions", rows, "as found", "by words", 0.5, "90 %")
    header = {**HEADER, "sha256": "0" * 64, "missing": {}}
    keep_sections(suite_path(medical, "medical"), header, {"r": Section("Recall", plots=(plot,))})
    page = page_of(medical)
    drawn = page[page.index("<h3>Recall") :]
    assert "share of questions: by words 0.300; as found 0.700, 90 % between 0.600 and 0.800." in drawn
    assert "0.700, beside 0.300" in drawn and "as found 0.900" in drawn and 'class="best"' in drawn
    assert HOSTILE not in page and drawn.count("<circle") == 3


def test_figures_of_other_weights_are_said_to_be(stories: Path) -> None:
    keep_sections(suite_path(stories, "medical"), {**HEADER, "sha256": "0" * 64}, {"quiz": Section("Quiz")})
    assert "no longer those that were measured" in page_of(stories)


def test_a_damaged_file_is_named_and_left_out(stories: Path) -> None:
    (stories / "evaluation_medical.json").write_text("{")
    assert "evaluation_medical.json cannot be read" in page_of(stories)
    (stories / "evaluation_medical.json").write_text(json.dumps({"sections": [1]}))
    assert "Evaluation by questions" not in page_of(stories)
