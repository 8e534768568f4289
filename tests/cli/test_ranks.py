"""What a launcher and its ranks say before they train: what was killed, what is gone on with after a restart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slm.cli.ranks import _launch, begun_runs, finished_run
from slm.errors import ConfigError, TrainingError
from slm.training.ranks import TIMEOUT_VARIABLE, TOLD_VARIABLE, Launcher, joined
from slm.training.run_folder import create_run


def started_by_torchrun(monkeypatch: pytest.MonkeyPatch, restarts: int) -> str:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "abc")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))
    return Launcher.here().name


def test_after_a_restart_the_runs_that_were_begun_are_known_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    launcher = started_by_torchrun(monkeypatch, restarts=1)
    for age, (name, by) in enumerate((("one-seed0", launcher), ("other", "another"), ("one-seed1", launcher))):
        run = create_run(name, {"stage": "pretraining", "launcher": by}, tmp_path)
        os.utime(run.path / "run.json", (age, age))
    assert [run.name for run in begun_runs(tmp_path)] == ["one-seed0", "one-seed1"]
    started_by_torchrun(monkeypatch, restarts=0)
    assert begun_runs(tmp_path) == []


def test_a_run_that_was_finished_before_a_restart_is_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = create_run("done", {"stage": "pretraining"}, tmp_path)
    started_by_torchrun(monkeypatch, restarts=1)
    assert finished_run("done", tmp_path) is None
    run.update(state="finished")
    assert finished_run("done", tmp_path) == run
    started_by_torchrun(monkeypatch, restarts=0)
    assert finished_run("done", tmp_path) is None


@pytest.mark.parametrize("given", ["soon", "0", "-1", "inf", "nan"])
def test_a_timeout_is_a_number_of_seconds(monkeypatch: pytest.MonkeyPatch, given: str):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv(TIMEOUT_VARIABLE, given)
    with pytest.raises(ConfigError, match=f"SLM_RANK_TIMEOUT expects seconds, such as 300, got '{given}'"):
        joined()


@pytest.mark.parametrize("told", [False, True])
def test_the_launcher_names_a_rank_that_was_killed_unless_another_one_did(monkeypatch: pytest.MonkeyPatch, told: bool):
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

    def launch(*arguments: object) -> None:
        if told:
            Path(os.environ[TOLD_VARIABLE]).write_text("0")
        raise ChildFailedError("slm", {1: ProcessFailure(local_rank=1, pid=77, exitcode=-9, error_file="<N/A>")})

    monkeypatch.setattr("torch.distributed.launcher.api.launch_agent", launch)
    monkeypatch.setattr("logging.disable", lambda: None)  # it would last for the tests that follow
    for name in (TOLD_VARIABLE, "GLOO_SOCKET_IFNAME"):
        monkeypatch.setenv(name, "")
    with pytest.raises(SystemExit if told else TrainingError) as caught:
        _launch(2)
    assert told or str(caught.value).startswith("rank 1 (process 77) ended by signal 9 (9 may be for want of memory)")
