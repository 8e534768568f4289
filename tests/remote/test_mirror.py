"""A run that also lies elsewhere: what is there is always one whole state of it, and there is one writer."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from slm.errors import ConfigError, DataError, NetworkError, SlmError, TrainingError
from slm.remote import address, lease
from slm.remote.address import NotThere, Place
from slm.remote.folders import fetched_from
from slm.remote.mirror import Mirror
from slm.remote.runs import fetch_model, fetch_run, newest_snapshot

pytestmark = pytest.mark.usefixtures("places_in_memory")
ADDRESS = "memory://bucket/runs/mine"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run's folder has that matters here."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "train.bin").write_bytes(b"ids")
    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    record = {"recipe": {"training": {"mirror": ""}}, "data": {"folder": str(store)}, "base_data": None}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / ".lock").touch()
    write_step(folder, 1)
    return folder


def write_step(folder: Path, step: int) -> None:
    """A checkpoint that replaces the one before, and a line more of the metrics."""
    for kind in ("last", "best"):
        shutil.rmtree(folder / "checkpoints" / kind, ignore_errors=True)
        (folder / "checkpoints" / kind).mkdir(parents=True)
        (folder / "checkpoints" / kind / "slm.json").write_text(json.dumps({"step": step, "sha256": {}}))
        (folder / "checkpoints" / kind / "model.safetensors").write_bytes(f"weights of step {step}".encode())
    with open(folder / "metrics.jsonl", "a") as file:
        file.write(f"{step}\n")


def mirrored(run: Path, said: list[str] | None = None, new: bool = False) -> Mirror:
    return Mirror(ADDRESS, run, new, (said if said is not None else []).append)


def elsewhere(tmp_path: Path, name: str = "other") -> Path:
    return fetch_run(ADDRESS, tmp_path / name)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(".")
    }


def test_a_run_there_and_back(run: Path, tmp_path: Path) -> None:
    with mirrored(run, new=True):
        pass
    fetched = elsewhere(tmp_path)
    other = content(fetched)
    record = json.loads(other.pop("run.json"))
    assert record["recipe"]["training"]["mirror"] == "memory://bucket/runs"
    assert record["data"]["folder"] == str(fetched / "token_store")
    assert other.pop("token_store/train.bin") == b"ids"
    here = content(run)
    here.pop("run.json")
    assert other == here


def test_a_checkpoint_is_there_before_the_run_ends(run: Path, tmp_path: Path) -> None:
    with mirrored(run) as saved:
        saved()
        wait_for(lambda: newest_snapshot(Place(ADDRESS))[0] == 1)
        write_step(run, 2)
        saved()
        wait_for(lambda: b"2" in content(elsewhere(tmp_path, f"at-{len(list(tmp_path.iterdir()))}"))["metrics.jsonl"])


def test_equal_files_lie_there_once_and_old_ones_go(run: Path) -> None:
    with mirrored(run) as saved:
        for step in range(2, 7):
            write_step(run, step)
            saved()
            wait_for(lambda step=step: step_there() == step)
    objects = set((Place(ADDRESS) / "objects").files())
    now = {sha256 for sha256, _ in newest_snapshot(Place(ADDRESS))[1]["files"].values()}
    assert now <= objects and len(objects - now) <= 4  # of the snapshot before
    assert not list((run / ".mirror").rglob("slm.json"))


def step_there() -> int:
    _, snapshot = newest_snapshot(Place(ADDRESS))
    sha256 = (snapshot or {"files": {}})["files"].get("checkpoints/last/slm.json", [""])[0]
    return json.loads((Place(ADDRESS) / f"objects/{sha256}").read())["step"] if sha256 else 0


def wait_for(condition) -> None:
    pause = threading.Event()
    assert any(condition() or pause.wait(0.01) for _ in range(1000))


def test_a_second_writer_is_refused_and_changes_nothing(run: Path, tmp_path: Path) -> None:
    with mirrored(run) as saved:
        saved()
        wait_for(lambda: newest_snapshot(Place(ADDRESS))[0] == 1)
        other = elsewhere(tmp_path)
        with pytest.raises(TrainingError, match=r"process \d+ on \S+ .* writes to this run"):
            mirrored(other)
    with mirrored(other):
        pass
    assert newest_snapshot(Place(ADDRESS))[0] == 2


def test_a_run_that_went_on_elsewhere_is_not_overwritten(run: Path, tmp_path: Path) -> None:
    with mirrored(run):
        pass
    with mirrored(other := elsewhere(tmp_path)):
        write_step(other, 9)
    with pytest.raises(TrainingError, match="went on elsewhere"):
        mirrored(run)
    with pytest.raises(DataError, match="another run, or an older state"):
        fetch_run(ADDRESS, run.parent)
    assert step_there() == 9
    assert fetch_run(ADDRESS, other.parent) == other  # it is what lies there


def test_a_new_run_does_not_take_a_name_that_is_taken(run: Path) -> None:
    with mirrored(run, new=True):
        pass
    with pytest.raises(ConfigError, match="a run lies there"):
        mirrored(run, new=True)
    with mirrored(run):  # the lock was given back
        pass


def test_a_killed_writer_is_followed_at_once_in_its_own_folder(run: Path, tmp_path: Path) -> None:
    """Its lock has not expired, but nothing else than it can have written to this folder."""
    killed = mirrored(run)
    killed._send(killed._taken())
    with pytest.raises(TrainingError, match="writes to this run"):
        mirrored(shutil.copytree(run, tmp_path / "copy", ignore=shutil.ignore_patterns(".mirror")))
    with mirrored(run):
        assert not list((run / ".mirror").glob("snapshots/*"))


def test_a_writer_that_was_overtaken_writes_no_more(run: Path, tmp_path: Path, monkeypatch) -> None:
    with mirrored(run):
        pass
    monkeypatch.setattr(lease, "HELD_SECONDS", -1.0)
    said: list[str] = []
    with pytest.raises(NetworkError, match=r"is not at .* writes to it now"), mirrored(run, said):
        monkeypatch.undo()
        monkeypatch.setattr(address, "PAUSE", 0.0)
        with mirrored(other := elsewhere(tmp_path)):
            write_step(other, 5)
        write_step(run, 3)
    assert step_there() == 5
    assert any("goes on in" in line for line in said)


def test_a_cut_network_is_said_once_and_the_next_checkpoint_tries_again(run: Path, monkeypatch) -> None:
    said, put, away, tried = [], Place.put, [True], threading.Semaphore(0)

    def failing(self: Place, source: Path) -> None:
        if away[0]:
            tried.release()
            raise NetworkError("no route")
        put(self, source)

    monkeypatch.setattr(Place, "put", failing)
    with mirrored(run, said) as saved:
        for step in (2, 3):
            write_step(run, step)
            saved()
            assert tried.acquire(timeout=10)
        wait_for(lambda: said)
        away[0] = False
    assert [line for line in said if "no route" in line] == [
        "this checkpoint is not there (no route); the run goes on, and the next one is tried"
    ]
    assert step_there() == 3


def test_a_last_state_that_cannot_be_sent_is_an_error(run: Path, monkeypatch) -> None:
    def away(self: Place, source: Path) -> None:
        raise NetworkError("no route")

    monkeypatch.setattr(Place, "put", away)
    with pytest.raises(NetworkError, match=r"no route\); .*: slm runs upload mine sends it"), mirrored(run):
        pass
    said: list[str] = []
    with pytest.raises(SlmError, match="stopped"), mirrored(run, said):  # the first reason is the one that counts
        raise SlmError("stopped")
    assert "no route" in said[-1]


def test_an_upload_that_was_cut_leaves_the_state_before(run: Path, tmp_path: Path, monkeypatch) -> None:
    with mirrored(run):
        pass
    put = Place.put

    def cut(self: Place, source: Path) -> None:
        if b"step 2" in source.read_bytes():
            raise NetworkError("cut")
        put(self, source)

    monkeypatch.setattr(Place, "put", cut)
    write_step(run, 2)
    with pytest.raises(NetworkError), mirrored(run):
        pass
    assert content(elsewhere(tmp_path))["checkpoints/last/model.safetensors"] == b"weights of step 1"


def test_who_reads_while_the_writer_goes_on_begins_again(run: Path, tmp_path: Path, monkeypatch) -> None:
    """The objects of the snapshot that was begun with go away in the middle."""
    with mirrored(run):
        pass
    fetch, moves = Place.fetch, iter(range(2, 4))

    def overtaken(self: Place, target: Path, sha256: str = "") -> None:
        for step in moves:
            write_step(run, step)
            with mirrored(run):
                pass
        fetch(self, target, sha256)

    monkeypatch.setattr(Place, "fetch", overtaken)
    assert content(elsewhere(tmp_path))["checkpoints/last/model.safetensors"] == b"weights of step 3"


def test_the_model_of_a_run_is_its_best_checkpoint(run: Path) -> None:
    with mirrored(run):
        pass
    folder = fetch_model(ADDRESS)
    assert (folder / "model.safetensors").read_bytes() == b"weights of step 1"
    assert sorted(path.name for path in folder.glob("[!.]*")) == ["model.safetensors", "slm.json"]
    assert fetched_from(folder) == ADDRESS


@pytest.mark.parametrize("read", [fetch_model, lambda place: fetch_run(place, Path("runs"))])
def test_nothing_there(read) -> None:
    with pytest.raises(NotThere, match=r"expected a .*found none"):
        read("memory://bucket/runs/nothing")


def test_a_store_with_an_address_stays_where_it_is(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    record["data"]["address"] = "s3://bucket/stores/mine"
    (run / "run.json").write_text(json.dumps(record))
    with mirrored(run):
        pass
    assert not [name for name in newest_snapshot(Place(ADDRESS))[1]["files"] if name.startswith("token_store")]
