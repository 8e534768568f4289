"""Several ranks train as one does: the same samples, the same weights but for rounding, one folder, one message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ranks_of import by_the_clock, go_on_until, in_ranks, run_cases
from tiny_training import base_run, differences, metrics, question_store

from slm.checkpoint import load_model
from slm.data.batches import IGNORED, dealt
from slm.pretrain import replay_pretraining
from slm.training.run_folder import RunFolder

CASES = ["windows", "documents", "questions"]
TOLERANCE = 1e-5


def rows_of(*lengths: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.full(length, number), np.full(length, number)) for number, length in enumerate(lengths)]


def test_every_row_is_dealt_once_and_each_rank_gets_about_as_many_tokens():
    rows = rows_of(*range(5, 60))
    hands = dealt(rows, 4)
    assert sorted(int(x[0]) for hand in hands for x, _ in hand) == list(range(55))
    tokens = [sum(len(x) for x, _ in hand) for hand in hands]
    assert max(tokens) - min(tokens) <= 5


def test_a_rank_without_a_sample_gets_one_that_is_not_trained_on():
    hands = dealt(rows_of(7), 2)
    assert [len(hand) for hand in hands] == [1, 1]
    assert hands[1][0][1].tolist() == [IGNORED]


def equal(one: RunFolder, many: RunFolder) -> None:
    """Losses and weights of two runs differ by rounding alone."""
    steps = [(metrics(run, "step"), metrics(run, "evaluation")) for run in (one, many)]
    for mine, others in zip(*steps, strict=True):
        assert len(mine) == len(others)
        for a, b in zip(mine, others, strict=True):
            assert a.get("tokens") == b.get("tokens")
            for loss in ("loss", "train_loss", "validation_loss"):
                assert a.get(loss, 0.0) == pytest.approx(b.get(loss, 0.0), abs=TOLERANCE)
    weights = [load_model(run.last).model.state_dict() for run in (one, many)]
    for name, weight in weights[0].items():
        assert (weight - weights[1][name]).abs().max() <= TOLERANCE, name


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with stores and a run to tune."""
    monkeypatch.chdir(tmp_path)
    base_run(tmp_path, 4)
    question_store(tmp_path)
    return tmp_path


def ranks_equal_one(folder: Path, size: int, steps: int, shard: bool = False) -> None:
    run_cases(folder, CASES, steps)
    in_ranks(size, run_cases, folder, CASES, steps, shard)
    for case in CASES:
        equal(*(RunFolder(folder / "runs" / f"{case}-{ranks}") for ranks in (1, size)))


def test_two_ranks_equal_one(folder: Path):
    ranks_equal_one(folder, 2, steps=10)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3, 4])
def test_any_number_of_ranks_equals_one_after_a_hundred_steps(folder: Path, size: int):
    ranks_equal_one(folder, size, steps=100)


@pytest.mark.slow
def test_a_run_goes_on_from_one_to_two_to_four_to_one_rank(folder: Path):
    run_cases(folder, ["windows"], steps=40)
    go_on_until(folder, 10)
    in_ranks(2, go_on_until, folder, 20)
    in_ranks(4, go_on_until, folder, 30)
    going = RunFolder(folder / "runs" / "going")
    assert going.state() == "stopped"
    assert load_model(going.last).record["step"] == 31  # ranks agree on it at the end of the next step
    go_on_until(folder, 0)
    assert going.state() == "finished"
    equal(RunFolder(folder / "runs" / "windows-1"), going)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "four_share"), [("windows", True), ("documents", False)])
def test_a_run_goes_on_from_one_to_two_that_share_the_model_to_four_to_one(folder: Path, kind: str, four_share: bool):
    run_cases(folder, [kind], steps=40)
    going = RunFolder(folder / "runs" / "going")
    shards = going.last / "state" / "shards"
    go_on_until(folder, 10, kind)
    in_ranks(2, go_on_until, folder, 20, kind, True)
    assert len(list(shards.glob("*.safetensors"))) == 2
    in_ranks(4, go_on_until, folder, 30, kind, four_share)
    assert len(list(shards.glob("*.safetensors"))) == 4 * four_share
    assert load_model(going.last).record["step"] == 31
    go_on_until(folder, 0, kind)
    assert going.state() == "finished" and not shards.exists()
    equal(RunFolder(folder / "runs" / f"{kind}-1"), going)


@pytest.mark.slow
def test_by_a_budget_the_first_clock_decides_and_the_run_can_be_extended_and_repeated(folder: Path):
    in_ranks(2, by_the_clock, folder)
    timed, longer, again = (RunFolder(folder / "runs" / name) for name in ("timed", "longer", "again"))
    assert [run.state() for run in (timed, longer, again)] == ["finished"] * 3
    assert timed.read()["frozen"]["ranks"] == 2 and timed.read()["steps"] > 15
    assert longer.read()["steps"] > 1.2 * timed.read()["steps"]
    assert differences(timed, again) == []
    replay_pretraining("timed", "alone", runs=folder / "runs")
    equal(timed, RunFolder(folder / "runs" / "alone"))


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
def test_ranks_that_share_the_model_equal_one(folder: Path, size: int):
    ranks_equal_one(folder, size, steps=20, shard=True)
    state = folder / "runs" / f"windows-{size}" / "checkpoints" / "last" / "state"
    assert len(list((state / "shards").glob("*.safetensors"))) == size
    assert not [path for path in state.rglob("*") if path.suffix not in (".safetensors", ".json", "")]
