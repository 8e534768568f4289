"""What suites find is kept beside what others found of the same model, and read back as far as it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slm.evaluation.sections import Mark, Plot, Row, Section, Table, keep_sections, sections_of, suite_path

ROWS = (Row("recall@1", Mark(0.7, 0.6, 0.8), Mark(0.3)), Row("x", None, Mark(0.1)))
PLOT = Plot("share", ROWS, "a", "b", 0.5, "90 %", True)
RECALL = Section(
    "Recall", (Table(("index", "recall@1"), (("BM25", "0.3"),), "by index"),), ("A note.",), {"bm25": 0.3}, (PLOT,)
)


def test_sections_of_others_stay_while_the_model_is_the_same(tmp_path: Path) -> None:
    path = suite_path(tmp_path, "medical")
    keep_sections(path, {"suite": "medical", "sha256": "a"}, {"retrieval": RECALL})
    keep_sections(path, {"suite": "medical", "sha256": "a"}, {"quiz": Section("Quiz")})
    assert sections_of(json.loads(path.read_text())) == {"retrieval": RECALL, "quiz": Section("Quiz")}
    keep_sections(path, {"suite": "medical", "sha256": "b"}, {"quiz": Section("Quiz")})
    assert list(sections_of(json.loads(path.read_text()))) == ["quiz"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sha256": "a", "sections": 3}'])
def test_a_damaged_file_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "evaluation_x.json").write_text(content)
    keep_sections(tmp_path / "evaluation_x.json", {"sha256": "a"}, {"quiz": Section("Quiz")})
    assert list(sections_of(json.loads((tmp_path / "evaluation_x.json").read_text()))) == ["quiz"]


def test_damaged_sections_are_left_out() -> None:
    tables = [{"columns": ["a", "b"], "rows": [["1", 2], ["1"], 3]}, {"columns": []}, 5]
    read = sections_of({"sections": {"x": {"tables": tables, "notes": 3, "figures": []}, "y": 1}})
    assert read == {"x": Section("x", (Table(("a", "b"), (("1", "2"),)),))}
    rows = [{"label": "a", "dot": {"value": "1"}}, {"label": "b", "dot": {"value": 1, "low": True}}, 4, {}]
    read = sections_of({"sections": {"x": {"plots": [{"rows": rows, "line": "1"}, {"rows": []}, {}, 1]}}})
    assert read["x"].plots == (Plot("", (Row("b", Mark(1.0)),), whiskers=""),)
    assert sections_of({}) == sections_of({"sections": []}) == {}
