"""runs and doctor."""

from __future__ import annotations

import json
import shutil

from hub_server import HubServer


def test_runs_lists_state_size_and_figures(slm, workshop) -> None:
    rows = {row["name"]: row for row in json.loads(slm("runs", "--json").out)}
    assert rows["base"]["state"] == "finished" and rows["base"]["bytes"] > 1e6 and rows["base"]["bits_per_byte"] > 0
    assert "base" in slm("runs").out and "pretraining" in slm("runs", "list").out


def test_runs_show_and_remove(slm, workshop) -> None:
    shutil.copytree(workshop / "runs" / "base", workshop / "runs" / "old")
    assert json.loads(slm("runs", "show", "old").out)["stage"] == "pretraining"
    assert slm("runs", "remove", "old").code == 2  # nobody can be asked
    assert slm("runs", "remove", "old", "--yes").code == 0
    assert not (workshop / "runs" / "old").exists()


def test_no_runs_says_how_to_make_one(slm, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "slm run quick" in slm("runs").out


def test_doctor_says_what_the_machine_offers(slm, workshop) -> None:
    found = json.loads(slm("doctor", "--json", "--no-network").out)
    assert found["machine"]["cores"] >= 1 and found["training"]["device"] in ("cpu", "cuda", "mps")
    assert found["folders"]["runs"] > 1e6 and found["network"] is None
    assert "torch" in slm("doctor", "--no-network").out


def test_doctor_asks_the_hub(slm, workshop, monkeypatch) -> None:
    with HubServer({}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert "the hub answers" in slm("doctor").out
    assert "samples:stories" in slm("doctor").out
