"""Run folders of every state are read, and nothing but a folder that is no run is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from run_folders import WriteRun, evaluation, event, run_record, step

from slm.errors import DataError
from slm.report.collect import collect, read_metrics


def metrics_of(folder: Path, *lines: dict | str):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "metrics.jsonl").write_text(text)
    return read_metrics(folder / "metrics.jsonl")


def test_a_run_with_its_parent(medical: Path) -> None:
    report = collect(medical)
    assert [stage.name for stage in report.stages] == ["stories", "medical"]
    assert report.run.name == "medical"
    assert report.notes == ()
    assert report.synthetic and not report.stages[0].synthetic


def test_figures_of_a_run(stories: Path) -> None:
    run = collect(stories).run
    assert run.training_seconds == 1100.0
    assert run.tokens_seen == 20 * 64
    assert run.sources == ("stories.txt",)  # the validation source is not what it was trained on
    assert run.metrics.best.step == 20
    assert [samples.step for samples in run.samples] == [0, 20]
    assert run.memorisation.share == 0.025
    assert run.sizes["checkpoints/best"] == len(b"weights of the stories run")
    assert run.sizes["."] > run.sizes["checkpoints/best"]


def test_results_of_the_same_text_stand_together(medical: Path) -> None:
    run = collect(medical).run
    learned, forgotten = run.comparisons()
    assert (learned.before.bits_per_byte, learned.after.bits_per_byte) == (2.7531, 1.4142)
    assert run.is_own(learned) and not run.is_own(forgotten)


def test_stories_and_answers_of_a_fine_tuning_are_told_apart(medical: Path) -> None:
    report = collect(medical)
    story, answer = report.run.samples[0].items
    assert not report.is_answer(report.run, story)
    assert report.is_answer(report.run, answer)


def test_later_lines_count_after_a_resume(tmp_path: Path) -> None:
    lines = [step(n, loss=1.0) for n in range(1, 9)]
    lines[4:4] = [evaluation(4, 3.0)]
    again = [event(4, "resumed"), step(5, loss=2.0), step(6, loss=2.0), evaluation(6, 2.5)]
    metrics = metrics_of(tmp_path, *lines, evaluation(8, 0.5), *again)
    assert [(point.step, point.loss) for point in metrics.steps] == [(n, 1.0) for n in range(1, 5)] + [
        (5, 2.0),
        (6, 2.0),
    ]
    assert [point.step for point in metrics.evaluations] == [4, 6]  # the one of step 8 was never reached again
    assert metrics.best.validation_loss == 2.5
    assert metrics.last_step == 6
    assert [happened.event for happened in metrics.events] == ["resumed"]


def test_an_evaluation_of_a_step_that_was_taken_again_is_stale(tmp_path: Path) -> None:
    metrics = metrics_of(tmp_path, *map(step, range(1, 6)), evaluation(5, 3.0), step(5), evaluation(4, 2.0), step(6))
    assert [point.step for point in metrics.evaluations] == [4]


def test_the_same_evaluation_twice_counts_once(tmp_path: Path) -> None:
    metrics = metrics_of(tmp_path, step(1), evaluation(1, 3.0), evaluation(1, 2.0), step(2))
    assert [point.validation_loss for point in metrics.evaluations] == [2.0]


def test_a_cut_last_line_is_left_out(tmp_path: Path) -> None:
    metrics = metrics_of(tmp_path, step(1), step(2), '{"kind":"step","step":3,"lo')
    assert [point.step for point in metrics.steps] == [1, 2]
    assert metrics.cut and metrics.unreadable == 0


@pytest.mark.parametrize(
    "line", ["{", "[]", "null", '{"kind":"step"}', '{"kind":"step","step":"7"}', '{"step":7}', "\x00"]
)
def test_a_broken_line_in_the_middle_is_counted(tmp_path: Path, line: str) -> None:
    metrics = metrics_of(tmp_path, step(1), line, step(2), "")
    assert [point.step for point in metrics.steps] == [1, 2]
    assert metrics.unreadable == 1 and not metrics.cut


@pytest.mark.parametrize("loss", [None, math.nan, math.inf])
def test_a_loss_that_is_no_number_is_unknown(tmp_path: Path, loss: float | None) -> None:
    metrics = metrics_of(tmp_path, step(1) | {"loss": loss}, evaluation(1, math.nan), evaluation(2, 2.0))
    assert metrics.steps[0].loss is None
    assert metrics.best.step == 2


def test_the_untrained_model_alone_is_no_best(tmp_path: Path) -> None:
    assert metrics_of(tmp_path, evaluation(0, 10.9), step(1)).best is None
    assert metrics_of(tmp_path, evaluation(0, 2.0), step(1), evaluation(1, 3.0)).best.step == 0


def test_no_metrics_yet(tmp_path: Path) -> None:
    metrics = read_metrics(tmp_path / "metrics.jsonl")
    assert metrics.steps == () and metrics.best is None and metrics.last_step == 0


def test_a_run_that_has_only_begun(write_run: WriteRun) -> None:
    run = collect(write_run({"format": 1, "name": "new", "stage": "pretraining", "state": "running"})).run
    assert run.state == "running"
    assert (run.samples, run.answers, run.results, run.memorisation, run.weights) == ((), (), (), None, {})
    assert run.training_seconds is None and run.tokens_seen is None


def test_a_run_whose_process_is_gone_was_interrupted(write_run: WriteRun) -> None:
    gone = 2**22 + 1  # above the highest process number of Linux
    assert (
        collect(write_run(run_record("gone", "pretraining", state="running", process=gone))).run.state == "interrupted"
    )


@pytest.mark.parametrize("name", ["gone", "../elsewhere", "medical"])
def test_a_parent_that_cannot_be_followed_is_noted(write_run: WriteRun, name: str) -> None:
    record = run_record("medical", "finetuning", parent={"run": name, "model": "x", "sha256": None})
    report = collect(write_run(record))
    assert len(report.stages) == 1
    assert name in report.notes[0]


def test_a_parent_outside_the_runs_folder_is_not_read(stories: Path, write_run: WriteRun) -> None:
    stories.rename(stories.parents[1] / "elsewhere")
    record = run_record("medical", "finetuning", parent={"run": "../elsewhere", "model": "x", "sha256": None})
    assert len(collect(write_run(record)).stages) == 1


def test_a_foreign_parent_is_noted(write_run: WriteRun) -> None:
    record = run_record(
        "medical", "finetuning", parent={"run": None, "model": "hub:openai-community/gpt2", "sha256": "00"}
    )
    assert "hub:openai-community/gpt2" in collect(write_run(record)).notes[0]


def test_a_parent_with_other_weights_is_noted(stories: Path, write_run: WriteRun) -> None:
    record = run_record("medical", "finetuning", parent={"run": "stories", "model": "x", "sha256": "00" * 32})
    report = collect(write_run(record))
    assert [stage.name for stage in report.stages] == ["stories", "medical"]
    assert "no longer" in report.notes[0]


@pytest.mark.parametrize("name", ["evaluation.json", "answers.json", "samples/step-000020.json"])
@pytest.mark.parametrize("content", ["{", "[]", '{"results": 3, "items": null}', '{"results": [7], "items": ["x"]}'])
def test_a_damaged_part_leaves_the_rest(medical: Path, name: str, content: str) -> None:
    (medical / name).write_text(content)
    run = collect(medical).run
    assert len(run.metrics.steps) == 20
    assert (name.split("/")[-1] in " ".join(run.notes)) == (content in ("{", "[]"))


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": 99}', "{}"])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(DataError, match=r"expected .* runs/") as caught:
        collect(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
