"""Trackers beside a run, as processes: told of everything, and nothing that happens to them reaches the run."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from tiny_training import Watcher, story_recipe, story_store

from slm.errors import MissingExtra, Stopped, TrainingError
from slm.pretrain import pretrain
from slm.training import tracking
from slm.training.config import TrainingConfig
from slm.training.run_folder import RunFolder, create_run
from slm.training.tracking import require_trackers, tracked

STUB = '''
"""trackio, as far as the adapter calls it; what it is told goes to a file."""
import json, os, pathlib, time

def init(project, name, config, resume, **options):
    return Run(name)

class Run:
    def __init__(self, name):
        self.file = open(os.environ["TOLD"], "a")

    def write(self, *values):
        print(json.dumps(values), file=self.file, flush=True)

    def log(self, figures, step):
        behaviour = os.environ.get("BEHAVIOUR")
        if behaviour == "fail":
            raise ConnectionError("no network")
        if behaviour == "hang":
            time.sleep(60)
        self.write(step, figures)

    def finish(self):
        self.write("finish")
'''


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stub, which stands in for trackio here, writes what it is told."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "trackio.py").write_text(STUB)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delitem(sys.modules, "trackio", raising=False)
    monkeypatch.setenv("TOLD", str(tmp_path / "told.jsonl"))
    return tmp_path / "told.jsonl"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = create_run("mine", {"stage": "pretraining", "recipe": {}}, tmp_path / "runs")
    run.metrics.write_text('{"kind": "step", "step": 1, "loss": 2.5}\n')
    return run


def lines_of(path: Path) -> list[list[object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_figures_of_a_run_and_of_its_resumption(run: RunFolder, told: Path) -> None:
    watcher = Watcher()
    with pytest.raises(Stopped), tracked(run, ("trackio",), watcher):
        raise Stopped("stopped")
    with tracked(run, ("trackio",), watcher), open(run.metrics, "a") as file:
        file.write('{"kind": "step", "step": 2, "loss": 2.25}\n')
    assert lines_of(told) == [[1, {"step/loss": 2.5}], ["finish"], [2, {"step/loss": 2.25}], ["finish"]]
    assert watcher.messages == []


def test_a_tracker_that_fails_is_said_once(run: RunFolder, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEHAVIOUR", "fail")
    with tracked(run, ("trackio",), watcher := Watcher()):
        pass
    assert watcher.messages == [
        "trackio is not told of all of this run (ConnectionError: no network); the run goes on, metrics.jsonl has "
        "everything"
    ]


def test_a_tracker_that_hangs_is_left(run: RunFolder, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEHAVIOUR", "hang")
    monkeypatch.setattr(tracking, "PATIENCE", 0.5)
    began = time.monotonic()
    with tracked(run, ("trackio",), watcher := Watcher()):
        pass
    assert time.monotonic() - began < 5
    assert [line for line in watcher.messages if "did not end within" in line] == watcher.messages != []


def test_a_tracker_that_is_killed_is_said_once(run: RunFolder, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEHAVIOUR", "hang")
    started = []

    class Kept(tracking.Follower):
        def __init__(self, *arguments: object):
            super().__init__(*arguments)
            started.append(self._process)

    monkeypatch.setattr(tracking, "Follower", Kept)
    with tracked(run, ("trackio",), watcher := Watcher()):
        started[0].kill()
    [line] = watcher.messages
    assert "its process ended with exit code" in line


def test_one_that_is_missing(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error before a run begins; a word where one goes on, perhaps on another machine."""
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"'wandb', which is not installed: pip install 'slm-toolkit\[wandb\]'"):
        require_trackers(("wandb",))
    with tracked(run, ("wandb",), watcher := Watcher()):
        pass
    assert watcher.messages == ["wandb is not installed here and is not told; the run goes on"]


def test_what_ended_the_run_is_what_is_raised(run: RunFolder, told: Path) -> None:
    with pytest.raises(TrainingError, match="not finite"), tracked(run, ("trackio",), Watcher()):
        raise TrainingError("the loss is not finite")


def test_tensorboard_is_the_trainers_own() -> None:
    config = TrainingConfig(track=("tensorboard", "mlflow", "mlflow"))
    assert (config.tensorboard, config.track) == (True, ("mlflow",))
    with pytest.raises(Exception, match="track expects some of trackio, wandb, mlflow, tensorboard"):
        TrainingConfig(track=("comet",))


def test_a_training_tells_all_that_is_in_its_metrics(tmp_path: Path, told: Path, no_pictures: None) -> None:
    store = story_store(tmp_path)
    run = pretrain(store, story_recipe(tmp_path, track=["trackio"]), runs=tmp_path / "runs")
    figures = [values for values in lines_of(told) if values != ["finish"]]
    expected = []
    for line in map(json.loads, run.metrics.read_text().splitlines()):
        kind, step = line.pop("kind"), line.pop("step")
        numbers = {f"{kind}/{name}": value for name, value in line.items() if type(value) in (int, float)}
        expected += [[step, numbers]] * bool(numbers)
    assert figures == expected and len(figures) >= 6
