"""slm compare through the command line: the table, the files, and what is refused."""

from __future__ import annotations

import json
import shutil
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


def copied(workshop: Path, tmp_path: Path, name: str, old: str = "", new: str = "") -> None:
    """A copy of the run `base` in tmp_path/runs, with `old` in its record replaced."""
    folder = shutil.copytree(workshop / "runs" / "base", tmp_path / "runs" / name)
    record = (folder / "run.json").read_text().replace('"name": "base"', f'"name": "{name}"')
    assert old in record
    (folder / "run.json").write_text(record.replace(old, new))


def test_names_and_figures_stay_whole_at_80_columns(slm, workshop: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = ["short", "a-name-that-is-much-longer-than-there-is-room-for", "another-such-name-that-leaves-no-room"]
    for number, name in enumerate(names):
        copied(workshop, tmp_path, name, '"gradient_clip": 1.0', f'"gradient_clip": {number + 1}.5')
    outcome = slm("compare", *names, "--runs", str(tmp_path / "runs"))
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    figures = json.loads(slm("compare", "short", "--runs", str(tmp_path / "runs"), "--json").out)["groups"][0]
    low, high = figures["interval"]
    assert set(names) <= set(lines)  # above their figures, as they have no room beside them
    assert sum(f"{figures['bits_per_byte']:.3f}" in line and f"{low:.3f} to {high:.3f}" in line for line in lines) == 3
    settings = [line.split() for line in lines[lines.index("") :] if line]
    assert ["training.gradient_clip", "1.5", names[0]] in settings and ["2.5", names[1]] in settings


def test_runs_of_one_group_are_named_and_its_interval_explained(slm, workshop: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        copied(workshop, tmp_path, f"seed-{seed}", '"seed": 0,\n   "device"', f'"seed": {seed},\n   "device"')
    out = slm("compare", "seed-1", "seed-2", "--runs", str(tmp_path / "runs")).out
    assert "seed: the mean of seed-1 and seed-2" in out and "interval: from the lowest to the highest run" in out


def test_an_unfinished_run_says_how_to_finish_it(slm, workshop: Path, tmp_path: Path) -> None:
    copied(workshop, tmp_path, "half", '"state": "finished"', '"state": "stopped"')
    (tmp_path / "runs" / "half" / "evaluation.json").unlink()
    outcome = slm("compare", "half", "--runs", str(tmp_path / "runs"))
    assert outcome.code == 1 and outcome.err.count("\n") == 1
    assert f"slm train --resume half --runs {tmp_path / 'runs'}" in outcome.err


def test_a_file_that_cannot_be_written_is_one_line(slm, workshop: Path, tmp_path: Path) -> None:
    for option in ("--csv", "--plot"):
        outcome = slm("compare", "base", option, str(tmp_path / "none" / "file"))
        assert outcome.code == 1 and outcome.err.count("\n") == 1 and "cannot be written" in outcome.err
