"""evaluate, report on finished runs."""

from __future__ import annotations

import json


def test_evaluate_gives_the_same_figures_for_any_batch_size(slm, workshop) -> None:
    figures = [json.loads(slm("evaluate", "base", "--json", "--batch-size", size).out) for size in ("1", "7")]
    assert abs(figures[0]["bits_per_byte"] - figures[1]["bits_per_byte"]) < 1e-5
    assert figures[0]["interval"][0] <= figures[0]["bits_per_byte"] <= figures[0]["interval"][1]


def test_evaluate_on_other_text(slm, workshop) -> None:
    outcome = slm("evaluate", "base", "--data", "stories.txt")
    assert outcome.code == 1 and "--separator" in outcome.err
    store = next(path for path in (workshop / "token_stores").iterdir() if path.name.startswith("stories"))
    outcome = slm("evaluate", "base", "--data", str(store), "--split", "train", "--documents", "5", "--samples", "1")
    assert "perplexity" in outcome.out and "8-grams" in outcome.out


def test_report_is_written_anew(slm, workshop) -> None:
    page = workshop / "runs" / "tuned" / "report.html"
    page.unlink()
    assert slm("report", "tuned").out.strip() == "runs/tuned/report.html"
    assert "no substitute for a doctor" in page.read_text()
