"""slm compare through the command line: the table, the files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path


def test_a_run_alone_is_one_line_with_its_figures(slm, workshop: Path) -> None:
    out = slm("compare", "base").out
    assert "bits per byte of stories.txt" in out and "base" in out and "what differs" not in out
    after = json.loads((workshop / "runs" / "base" / "evaluation.json").read_text())["results"][-1]
    assert f"{after['bits_per_byte']:.3f}" in out


def test_the_figures_can_be_had_as_json_csv_and_picture(slm, workshop: Path, tmp_path: Path) -> None:
    files = ("--csv", str(tmp_path / "all.csv"), "--plot", str(tmp_path / "all.png"))
    values = json.loads(slm("compare", "base", "--json", *files).out)
    assert values["groups"][0]["label"] == "base" and values["differences"] == {}
    assert (tmp_path / "all.csv").read_text().startswith("run,seed,step")
    assert (tmp_path / "all.png").read_bytes().startswith(b"\x89PNG")


def test_runs_on_other_text_are_refused_in_one_line(slm, workshop: Path) -> None:
    outcome = slm("compare", "base", "tuned")
    assert outcome.code == 1 and outcome.err.count("\n") == 1 and "cannot be compared" in outcome.err


def test_a_run_that_is_not_there_is_refused_in_one_line(slm, workshop: Path) -> None:
    outcome = slm("compare", "bass")
    assert outcome.code == 1 and "did you mean 'base'" in outcome.err
