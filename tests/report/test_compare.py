"""Runs side by side: what is one group, how its figures come about, what differs, and what cannot be compared."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from slm.errors import DataError
from slm.model.flops import flops_per_token
from slm.model.gpt import GPTConfig
from slm.report.compare import compare_runs
from slm.report.compare_picture import draw_comparison
from slm.report.compare_rows import as_dictionary, write_csv

SHAPE = {"block_size": 32, "vocab_size": 300, "n_layer": 2, "n_head": 2, "n_embd": 16}
TOKENS, BYTES = 500, 2000  # of the validation text


def write_run(folder: Path, name: str, seed: int = 0, final: float = 1.5, **training: Any) -> Path:
    """A finished run of 20 steps of 100 tokens with estimates after 10 and 20 steps."""
    path = folder / name
    path.mkdir(parents=True)
    data = {
        "folder": "store", "train_tokens": 5000, "train_documents": 50, "train_bytes": 20000,
        "validation_tokens": TOKENS, "validation_documents": 5, "validation_bytes": BYTES, "synthetic": False,
        "sources": [{"name": "stories.txt"}], "fingerprint": "f", "tokenizer": {"name": "bpe", "sha256": "t"},
        "sha256": {"train.bin": "a", "validation.bin": training.pop("validation", "b")},
    }  # fmt: skip
    record = {
        "format": 1, "name": name, "stage": "pretraining", "state": "finished", "message": "", "command": "slm train",
        "created": "2026-01-01T00:00:00+00:00", "finished": "2026-01-01T00:01:00+00:00", "parent": None,
        "recipe": {"name": name, "model": SHAPE, "training": {"seed": seed, "steps": 20, **training}},
        "frozen": {}, "data": data, "parameters": 10_000, "tokens_per_step": 100, "steps": 20, "machine": {},
        "versions": {}, "timing": {"training_seconds": 40.0, "evaluation_seconds": 1.0}, "tokens_seen": 2000,
        "best_step": 20, "best_validation_loss": 3.0,
    }  # fmt: skip
    (path / "run.json").write_text(json.dumps(record))
    lines = [
        {"kind": "step", "step": s, "loss": 4.0, "tokens": 100 * s, "seconds": 2.0 * s, "tokens_per_second": 50.0}
        for s in range(1, 21)
    ]
    lines += [
        {"kind": "evaluation", "step": s, "train_loss": 3.5, "validation_loss": loss, "seconds": 2.0 * s}
        for s, loss in ((10, 4.0 + seed), (20, 3.0 + seed))
    ]
    (path / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = {
        "title": "stories.txt, held out", "data": "stories.txt", "split": "validation", "scored": "documents",
        "documents_in_split": 5, "documents": 5, "tokens": TOKENS, "bytes": BYTES, "loss": 3.0, "perplexity": 20.0,
        "interval": [final - 0.1, final + 0.1], "seconds": 1.0,
    }  # fmt: skip
    results = [
        result | {"moment": "before", "bits_per_byte": 3.0},
        result | {"moment": "after", "bits_per_byte": final},
    ]
    (path / "evaluation.json").write_text(json.dumps({"results": results, "memorisation": None}))
    return path


def test_runs_that_differ_in_their_seed_are_one_group(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, f"small-{seed}", seed, 1.5 + 0.1 * seed) for seed in range(3)]
    (group,) = compare_runs(runs).groups
    assert group.label == "small" and group.seeds == 3
    assert group.bits_per_byte == pytest.approx(1.6) and group.interval == pytest.approx((1.5, 1.7))


def test_the_interval_of_one_run_is_that_over_documents(tmp_path: Path) -> None:
    (group,) = compare_runs([write_run(tmp_path, "one")]).groups
    assert group.interval == pytest.approx((1.4, 1.6)) and not compare_runs([tmp_path / "one"]).differences


def test_nats_per_token_become_bits_per_byte_by_the_validation_text(tmp_path: Path) -> None:
    (group,) = compare_runs([write_run(tmp_path, f"s-{seed}", seed) for seed in (0, 1)]).groups
    by_hand = [loss / math.log(2) * TOKENS / BYTES for loss in (4.5, 3.5)]  # the mean of both seeds
    assert [point.bits_per_byte for point in group.curve()] == pytest.approx(by_hand)
    assert [point.low for point in group.curve()] == pytest.approx([x / math.log(2) * TOKENS / BYTES for x in (4, 3)])


def test_costs_are_counted_by_time_tokens_and_operations(tmp_path: Path) -> None:
    (group,) = compare_runs([write_run(tmp_path, "one")]).groups
    per_token = flops_per_token(GPTConfig(**SHAPE))
    assert [group.mean(name) for name in ("seconds", "tokens", "flops")] == [40.0, 2000, 2000 * per_token]
    assert [(point.tokens, point.flops) for point in group.curve()] == [
        (1000, 1000 * per_token),
        (2000, 2000 * per_token),
    ]


def test_the_settings_that_differ_are_named_and_no_others(tmp_path: Path) -> None:
    slow, fast = write_run(tmp_path, "slow", learning_rate=1e-3), write_run(tmp_path, "fast", learning_rate=4e-3)
    comparison = compare_runs([slow, fast])
    assert comparison.differences == {"training.learning_rate": (1e-3, 4e-3)}
    assert as_dictionary(comparison)["differences"] == {"training.learning_rate": {"slow": 1e-3, "fast": 4e-3}}


def test_seeds_by_the_clock_are_paired_by_their_share_of_the_time(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, f"t-{seed}", seed, budget_seconds=60.0) for seed in (0, 1)]
    text = (runs[1] / "metrics.jsonl").read_text()
    longer = text.replace('"evaluation", "step": 20', '"evaluation", "step": 19')
    (runs[1] / "metrics.jsonl").write_text(longer)
    (group,) = compare_runs(runs).groups
    assert longer != text and len(group.curve()) == 2


def test_runs_on_other_text_are_refused(tmp_path: Path) -> None:
    one, other = write_run(tmp_path, "one"), write_run(tmp_path, "other", validation="c")
    with pytest.raises(DataError, match=r"same validation text, got one on .* and other on .*cannot be compared"):
        compare_runs([one, other])


def test_a_run_without_a_figure_is_named(tmp_path: Path) -> None:
    run = write_run(tmp_path, "one")
    (run / "evaluation.json").unlink()
    with pytest.raises(DataError, match=r"figure after training, found none in .*one"):
        compare_runs([run])


def test_every_evaluation_and_the_final_figure_stand_in_the_csv(tmp_path: Path) -> None:
    write_csv(compare_runs([write_run(tmp_path, "one")]), tmp_path / "all.csv")
    rows = list(csv.DictReader((tmp_path / "all.csv").open()))
    assert [(row["step"], row["tokens"], row["validation_loss"]) for row in rows[:2]] == [
        ("10", "1000", "4.0"), ("20", "2000", "3.0"),
    ]  # fmt: skip
    assert rows[2]["bits_per_byte"] == "1.5" and len(rows) == 3


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    comparison = compare_runs([write_run(tmp_path, "one")])
    with pytest.raises(DataError, match=r"all\.csv cannot be written"):
        write_csv(comparison, tmp_path / "nowhere" / "deeper" / "all.csv")


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, "a", 0), write_run(tmp_path, "b", 0, steps=30)]
    draw_comparison(compare_runs(runs), tmp_path / "compare.png")
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_was_given_more_time_is_no_repetition_of_its_source(tmp_path: Path) -> None:
    first, longer = write_run(tmp_path, "mine"), write_run(tmp_path, "mine-extended")
    record = json.loads((longer / "run.json").read_text())
    (longer / "run.json").write_text(json.dumps(record | {"extended": str(first)}))
    comparison = compare_runs([first, longer])
    assert [len(group.runs) for group in comparison.groups] == [1, 1]
    assert comparison.differences["extended"] == (None, str(first))


def test_equal_figures_can_be_drawn(tmp_path: Path) -> None:
    """The mean of three equal numbers may differ from them in its last digit."""
    runs = [write_run(tmp_path, f"same-{n}", final=0.7010088343288630) for n in range(3)]
    draw_comparison(compare_runs(runs), tmp_path / "same.png")
    assert (tmp_path / "same.png").read_bytes().startswith(b"\x89PNG")
