"""The folder of a run: its name, its states, who may work on it."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from slm.errors import ConfigError, DataError, Stopped, TrainingError
from slm.training.run_folder import RunFolder, create_run, find_run, list_runs, recording, run_of

RECORD: dict[str, Any] = {"stage": "pretraining"}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_a_checkpoint_knows_its_run(runs: Path) -> None:
    run = create_run("a", RECORD, runs)
    assert run_of(run.best).path == run.path and run_of(run.path) is None
    assert run_of(runs / "other" / "checkpoints" / "best") is None


# Names


@pytest.mark.parametrize("name", ["", ".", "..", "-x", ".hidden", "a/b", "a b", "a\n", "x" * 101, "ä", "../x"])
def test_a_name_that_could_be_a_path_is_refused(runs: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="a run's name expects letters"):
        create_run(name, RECORD, runs)
    assert not runs.exists()


@pytest.mark.parametrize("name", ["quick", "Quick_2", "a", "0.5b-run.v2", "x" * 100])
def test_a_plain_name_is_taken(runs: Path, name: str) -> None:
    assert create_run(name, RECORD, runs).path == runs / name


def test_an_existing_run_is_never_overwritten(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    content = (run.path / "run.json").read_bytes()
    with pytest.raises(ConfigError, match="quick exists and is not overwritten: take another --name, --resume quick"):
        create_run("quick", RECORD, runs)
    assert (run.path / "run.json").read_bytes() == content


def test_a_folder_that_is_no_run_is_not_taken_either(runs: Path) -> None:
    (runs / "mine").mkdir(parents=True)
    with pytest.raises(ConfigError, match="exists"):
        create_run("mine", RECORD, runs)
    assert create_run("mine", RECORD, runs, fresh_name=True).name == "mine-2"


def test_without_a_name_the_next_free_one_is_taken(runs: Path) -> None:
    names = [create_run("quick", RECORD, runs, fresh_name=True).name for _ in range(3)]
    assert names == ["quick", "quick-2", "quick-3"]
    assert RunFolder(runs / "quick-3").read()["name"] == "quick-3"


def test_a_file_in_place_of_the_folder_is_one_line(runs: Path) -> None:
    runs.write_text("")
    with pytest.raises(TrainingError, match=r"cannot be written .*; choose another folder with --runs"):
        create_run("quick", RECORD, runs)


def test_a_record_that_cannot_be_written_leaves_nothing(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slm.training.run_folder.write_json", full)
    with pytest.raises(TrainingError, match="No space left on device"):
        create_run("quick", RECORD, runs)
    assert not (runs / "quick").exists()


# States


def test_the_record_follows_the_work(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    created = run.read()["created"]
    with recording(run):
        record = run.read()
        assert (record["state"], record["process"], record["finished"]) == ("running", os.getpid(), None)
        assert run.state() == "running"
    record = run.read()
    assert (record["state"], record["message"], record["created"]) == ("finished", "", created)
    assert record["finished"] >= created
    assert run.state() == "finished"


@pytest.mark.parametrize(
    ("error", "state"),
    [(Stopped("at step 3"), "stopped"), (KeyboardInterrupt(), "stopped"), (TrainingError("no room"), "failed"),
     (ZeroDivisionError("oh"), "failed")],
)  # fmt: skip
def test_how_the_work_ended_is_written_down(runs: Path, error: BaseException, state: str) -> None:
    run = create_run("quick", RECORD, runs)
    with pytest.raises(type(error)), recording(run):
        raise error
    assert (run.state(), run.read()["message"]) == (state, str(error))


def test_what_ended_is_told_even_where_the_record_cannot_be_written(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run("quick", RECORD, runs)

    def full(path: Path, value: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(TrainingError, match="the first reason"), recording(run):
        monkeypatch.setattr("slm.training.run_folder.write_json", full)
        raise TrainingError("the first reason")


def test_a_second_start_clears_what_the_first_left(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    with pytest.raises(Stopped), recording(run):
        raise Stopped("at step 3")
    (run.path / ".run.json.999999999.tmp").write_text("{")
    (run.path / "checkpoints" / ".best.999999999.tmp").mkdir(parents=True)
    (run.path / "checkpoints" / ".best.999999999.tmp" / "model.safetensors").write_text("half")
    with recording(run):
        assert (run.read()["message"], run.read()["finished"]) == ("", None)
        assert not list(run.path.rglob("*.tmp"))


def work_until_told(path: Path, began: Any, end: Any) -> None:
    with recording(RunFolder(path)):
        began.set()
        end.wait(60)


def test_one_process_works_on_a_run_and_the_system_knows_when_it_is_gone(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    context = multiprocessing.get_context("fork")
    began, end = context.Event(), context.Event()
    process = context.Process(target=work_until_told, args=(run.path, began, end))
    process.start()
    assert began.wait(60)
    assert run.state() == "running"
    with pytest.raises(TrainingError, match=rf"is running \(process {process.pid}\); stop it first"):
        run.remove()
    with pytest.raises(TrainingError, match=rf"another process \({process.pid}\) works on this run"), recording(run):
        pytest.fail("two at once")
    assert run.read()["process"] == process.pid  # untouched
    process.kill()
    process.join()
    assert run.read()["state"] == "running" and run.state() == "interrupted"
    with recording(run):
        pass
    assert run.state() == "finished"
    run.remove()
    assert not run.path.exists()


def test_a_process_number_that_another_program_has_by_now_is_no_sign_of_life(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    run.update(process=os.getppid())
    assert run.state() == "interrupted"
    run.remove()


def test_a_damaged_record_names_the_file(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    for content in ("", "{", "[]", '{"name": "quick"}', "\xff"):
        (run.path / "run.json").write_text(content, encoding="latin-1")
        with pytest.raises(DataError, match=r"run\.json: not a whole record .*; remove the run or mend the file"):
            run.read()
    with pytest.raises(DataError, match="expected a run"):
        RunFolder(runs / "nowhere").read()


# Finding


def test_the_newest_run_comes_first(runs: Path) -> None:
    for number, name in enumerate(["b", "a", "c"]):
        path = create_run(name, RECORD, runs).path / "run.json"
        os.utime(path, (number, number))
    (runs / "no-run").mkdir()
    (runs / "file").write_text("")
    assert [run.name for run in list_runs(runs)] == ["c", "a", "b"]
    assert find_run("", runs).name == "c"
    os.utime(runs / "b" / "run.json", (9, 9))
    assert find_run("", runs).name == "b"


def test_a_run_is_found_by_its_name_or_its_path(runs: Path, tmp_path: Path) -> None:
    run = create_run("quick", RECORD, runs)
    assert find_run("quick", runs) == run
    assert find_run(str(run.path), tmp_path / "elsewhere") == run


def test_an_unknown_run_gets_the_nearest_name(runs: Path) -> None:
    with pytest.raises(DataError, match=r"no run called 'quik' in .*; there are none: slm run quick makes one"):
        find_run("quik", runs)
    with pytest.raises(DataError, match=r"expected a run in .*, found none"):
        find_run("", runs)
    create_run("quick", RECORD, runs)
    with pytest.raises(DataError, match="did you mean 'quick'"):
        find_run("quik", runs)


def test_a_command_line_names_a_run_so_that_it_is_found(runs: Path) -> None:
    assert RunFolder(Path("runs") / "quick").argument == "quick"
    assert RunFolder(Path("runs") / "sub" / "quick").argument == "quick --runs runs/sub"
    assert RunFolder(Path("/my data") / "quick").argument == "quick --runs '/my data'"


def test_the_best_model_is_the_best_then_the_last(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    with pytest.raises(TrainingError, match=r"expected a checkpoint, found none yet; slm train --resume quick --runs "):
        run.best_model()
    for folder in (run.last, run.best):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        assert run.best_model() == folder
    run.best.rename(run.best.with_name(".best.old"))  # killed between two renames
    assert run.best_model().name == ".best.old"


def test_what_is_written_can_be_read(runs: Path) -> None:
    run = create_run("quick", RECORD, runs)
    run.write_samples(50, [{"prompt": "Once", "text": "café", "stop": "end"}])
    run.write("evaluation.json", {"results": []})
    run.update(steps=7)
    content = json.loads((run.path / "samples" / "step-000050.json").read_text(encoding="utf-8"))
    assert content == {"step": 50, "items": [{"prompt": "Once", "text": "café", "stop": "end"}]}
    assert run.read()["steps"] == 7 and run.read()["stage"] == "pretraining"
    assert run.size() == sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file()) > 100
