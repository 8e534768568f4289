"""What a tracker is told of a run: every figure once and in order, whatever happens to the tracker."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from slm.training import follow
from slm.training.follow import Following, Point, point_of


class Kept:
    """A tracker that keeps what it is told; `fails` so many times first."""

    def __init__(self, known: str, runs: dict[str, list[Point]]):
        self.id, self.note = known or f"id{len(runs)}", ""
        self.points, self.ended, self.fails = runs.setdefault(self.id, []), "", 0

    def log(self, points: list[Point]) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("no space left")
        self.points += points

    def finish(self, state: str) -> None:
        self.ended = state


@pytest.fixture
def run(tmp_path: Path) -> Path:
    recipe = {
        "model": {"n_layer": 2}, "documents": {"source": ["/home/me/private.txt"]},
        "training": {"learning_rate": 1e-3, "mirror": "s3://bucket/runs", "track": ["kept"]}, "tuning": {"base": "x"},
    }  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps({"recipe": recipe, "stage": "pretraining", "command": "slm train x"}))
    return tmp_path


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Those that were opened, with the settings that each was given."""
    opened, runs = [], {}

    def open_tracker(name: str, run: str, known: str, settings: dict[str, Any]) -> Kept:
        opened.append(Kept(known, runs))
        opened[-1].settings = settings
        return opened[-1]

    monkeypatch.setattr(follow, "open_tracker", open_tracker)
    return opened


def add(run: Path, *lines: dict[str, Any] | str) -> None:
    with open(run / "metrics.jsonl", "a") as file:
        for line in lines:
            file.write(line if isinstance(line, str) else json.dumps(line) + "\n")


def test_figures_by_the_names_of_tensorboard() -> None:
    line = {"kind": "evaluation", "step": 3, "validation_loss": 2, "best": True, "place": [1, 2], "grad_norm": None}
    assert point_of(json.dumps(line).encode()) == Point(3, {"evaluation/validation_loss": 2.0})
    for nothing in (b"", b"{", b"[1]", b'{"kind": "event", "step": 1, "event": "resumed"}', b'{"kind": "step"}'):
        assert point_of(nothing) is None


def test_each_line_once_when_it_is_whole(run: Path, trackers: list[Any]) -> None:
    following = Following("kept", run)
    following.send()  # before there are any
    add(run, {"kind": "step", "step": 1, "loss": 3.0}, '{"kind": "step", "step": 2, ')
    following.send()
    assert trackers[0].points == [Point(1, {"step/loss": 3.0})]
    add(run, '"loss": 2.5}\n', {"kind": "event", "step": 2, "event": "x"})
    following.send()
    following.send()
    assert trackers[0].points == [Point(1, {"step/loss": 3.0}), Point(2, {"step/loss": 2.5})]


def test_many_lines(run: Path, trackers: list[Any]) -> None:
    add(run, *({"kind": "step", "step": step, "loss": 1.0} for step in range(1, 1302)))
    Following("kept", run).send()
    assert [point.step for point in trackers[0].points] == list(range(1, 1302))


def test_a_resumed_run_goes_on_in_the_same_tracked_run(run: Path, trackers: list[Any]) -> None:
    for step in (1, 2):
        add(run, {"kind": "step", "step": step, "loss": 1.0})
        Following("kept", run).send()
    first, second = trackers
    assert first.id == second.id == json.loads((run / "tracking" / "kept.json").read_text())["id"]
    assert [point.step for point in second.points] == [1, 2]


def test_where_the_tracked_run_is_gone_a_new_one_gets_everything(run: Path, trackers: list[Any], monkeypatch) -> None:
    add(run, {"kind": "step", "step": 1, "loss": 1.0})
    Following("kept", run).send()
    monkeypatch.setattr(follow, "open_tracker", lambda *a: trackers.append(Kept("new", {})) or trackers[-1])
    Following("kept", run).send()
    assert [point.step for point in trackers[-1].points] == [1]


def test_only_settings_are_told(run: Path, trackers: list[Any]) -> None:
    Following("kept", run).send()
    told = trackers[0].settings
    assert told == {
        "stage": "pretraining", "parameters": None, "model.n_layer": 2, "training.learning_rate": 1e-3
    }  # fmt: skip


def follow_to_the_end(run: Path, said: list[str], state: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "say", said.append)
    ended = threading.Event()
    ended.set()
    follow.follow(Following("kept", run), ended, state)


@pytest.mark.parametrize(("state", "told"), [(["finished"], "finished"), (["stopped"], "stopped"), ([], "killed")])
def test_it_is_told_how_the_run_ended(run: Path, trackers, monkeypatch, state: list[str], told: str) -> None:
    add(run, {"kind": "step", "step": 1, "loss": 1.0})
    follow_to_the_end(run, said := [], state, monkeypatch)
    assert (trackers[0].ended, said) == (told, [])
    assert [point.step for point in trackers[0].points] == [1]


def test_a_failure_is_said_once_and_made_up_for(run: Path, trackers: list[Any], monkeypatch) -> None:
    monkeypatch.setattr(follow, "INTERVAL", 0.001)
    monkeypatch.setattr(follow, "say", (said := []).append)
    ended, following = threading.Event(), Following("kept", run)
    following.send()
    trackers[0].fails = 3
    add(run, {"kind": "step", "step": 1, "loss": 1.0})
    thread = threading.Thread(target=follow.follow, args=(following, ended, ["finished"]))
    thread.start()
    while trackers[0].fails:
        ended.wait(0.001)
    ended.set()
    thread.join(10)
    assert said == ["warning OSError: no space left"]
    assert [point.step for point in trackers[0].points] == [1] and trackers[0].ended == "finished"


def test_what_a_tracker_says_is_shown_without_secrets(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef")

    def refuse(*arguments: Any) -> None:
        raise ValueError("key 0123456789abcdef\nrefused by https://me:word@host/api?token=1")

    monkeypatch.setattr(follow, "open_tracker", refuse)
    follow_to_the_end(run, said := [], [], monkeypatch)
    assert said == ["warning ValueError: key *** refused by https://***@host/api?***"]
