"""The runs that the page shows: names are only looked up, curves are thinned, what is new is told, a report is tame."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from run_folders import append, evaluation, event, result, run_record, step, write_samples

fastapi = pytest.importorskip("fastapi", reason="the package fastapi comes with the extra 'serve'")
if not (find_spec("httpx2") or find_spec("httpx")):
    pytest.skip("the package httpx comes with the extra 'dev'", allow_module_level=True)

from fastapi.testclient import TestClient  # noqa: E402

from slm.serving.runs import POINTS, router, thinned  # noqa: E402

WriteRun = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteRun:
    """write(folder name, metrics, **record) makes a run folder; its record may carry another name."""

    def write(name: str, metrics: list[dict[str, Any]] = (), **values: Any) -> Path:
        folder = tmp_path / "runs" / name
        (folder / "samples").mkdir(parents=True)
        record = run_record("recorded", "pretraining") | values.pop("record", {}) | values
        (folder / "run.json").write_text(json.dumps(record))
        append(folder, *metrics)
        return folder

    return write


@pytest.fixture
def client(tmp_path: Path) -> Any:
    app = fastapi.FastAPI()
    app.include_router(router(tmp_path / "runs"))
    return TestClient(app, raise_server_exceptions=True)


# The list


def test_no_folder_is_no_runs(client: Any):
    assert client.get("/api/runs").json() == {"runs": []}


def test_the_list_names_runs_by_their_folders_the_newest_first(client: Any, write: WriteRun):
    old = write("old", [step(1), step(2), evaluation(2, 2.5)])
    (old / "evaluation.json").write_text(json.dumps({"results": [result("Stories", "after", 1.25)]}))
    os.utime(old / "run.json", (1, 1))
    write("new")
    new, old_entry = client.get("/api/runs").json()["runs"]
    assert (new["name"], new["steps"], new["best_validation_loss"], new["bits_per_byte"]) == ("new", 0, None, None)
    assert (old_entry["name"], old_entry["steps"]) == ("old", 2)
    assert (old_entry["best_validation_loss"], old_entry["bits_per_byte"]) == (2.5, 1.25)
    assert (old_entry["stage"], old_entry["state"], old_entry["planned_steps"]) == ("pretraining", "finished", 20)


def test_a_damaged_run_stays_in_the_list_and_says_so(client: Any, write: WriteRun):
    folder = write("damaged")
    (folder / "run.json").write_text("{")
    (entry,) = client.get("/api/runs").json()["runs"]
    assert entry == {"name": "damaged", "stage": "", "state": "unreadable"}
    answer = client.get("/api/runs/damaged")
    assert answer.status_code == 409 and "run.json that cannot be read" in answer.json()["error"]["message"]
    assert client.get("/api/runs/damaged/events").json()["state"] == "unreadable"


@pytest.mark.parametrize("metrics", [b"\xff\xfe{", b'{"kind": "step"}\n' * 3, b"[" * 100_000])
def test_metrics_that_cannot_be_read_are_none(client: Any, write: WriteRun, metrics: bytes):
    (write("odd") / "metrics.jsonl").write_bytes(metrics)
    assert client.get("/api/runs/odd").json()["metrics"] == {"steps": [], "evaluations": []}


# Names


@pytest.mark.parametrize(
    "name",
    ["nothing", "..", ".", "%2e%2e", "..%2fsecret", "%2fetc%2fpasswd", "runs%00", "quick%2f..%2fquick", "*", "%ff",
     "a" * 5000],
)  # fmt: skip
def test_only_names_from_the_list_are_found(client: Any, write: WriteRun, tmp_path: Path, name: str):
    write("quick")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "run.json").write_text(json.dumps(run_record("secret", "pretraining")))
    (secret / "report.html").write_text("a secret")
    for route in ("", "/events", "/report"):
        answer = client.get(f"/api/runs/{name}{route}")
        assert answer.status_code in (404, 200)
        assert answer.status_code == 404 or set(answer.json()) == {"runs"}  # dots that the client took for the list
        assert "secret" not in answer.text.replace("..%2fsecret", "").replace("../secret", "")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "a b", "Größe", "50%", "a?b#c"])
def test_strange_names_are_names(client: Any, write: WriteRun, name: str):
    write(name, [step(1)])
    answer = client.get(f"/api/runs/{quote(name, safe='')}")
    assert answer.status_code == 200 and answer.json()["name"] == name


def test_a_name_that_no_address_can_spell_is_left_out(client: Any, write: WriteRun, tmp_path: Path):
    write("good")
    os.mkdir(os.fsencode(tmp_path / "runs") + b"/\xff")
    (tmp_path / "runs" / "\udcff" / "run.json").write_text(json.dumps(run_record("x", "pretraining")))
    assert [run["name"] for run in client.get("/api/runs").json()["runs"]] == ["good"]


# One run


def test_a_run_in_full(client: Any, write: WriteRun):
    folder = write("full", [step(1), step(2), evaluation(2, 2.5), event(2, "resumed", "from step 2")])
    write_samples(folder, 2, " a cat \ud800 sat.")
    run = client.get("/api/runs/full").json()
    assert [(line["step"], line["loss"]) for line in run["metrics"]["steps"]] == [(1, 10.0), (2, 5.0)]
    assert [line["validation_loss"] for line in run["metrics"]["evaluations"]] == [2.5]
    assert run["events"] == [{"step": 2, "event": "resumed", "message": "from step 2"}] and run["events_so_far"] == 1
    assert run["samples"] == [{"step": 2, "items": [{"prompt": "Once", "text": " a cat \ud800 sat.", "stop": "end"}]}]
    assert run["recipe"]["model"] == {
        "n_layer": 6, "n_head": 6, "n_embd": 384, "block_size": 32, "vocab_size": 50_257,
    }  # fmt: skip
    assert run["recipe"]["training"] == {"learning_rate": 1e-3, "steps": 20, "seed": 1337}
    assert run["report"] is False


def test_no_folders_of_the_machine_are_told(client: Any, write: WriteRun):
    record = run_record("x", "pretraining")
    record["data"]["sources"] = [{"source": "/home/ann/private/stories.txt"}]
    record["recipe"]["tokenizer"] = "/home/ann/private/tokenizer.json"
    write("x", record=record)
    text = client.get("/api/runs/x").text
    assert "stories.txt" in text and "tokenizer.json" in text and "/home" not in text


@pytest.mark.parametrize("content", [None, [], "text", {"model": 7, "training": ["a"]}, -1.5])
def test_odd_records_are_no_error(client: Any, write: WriteRun, content: Any):
    for value in ("recipe", "data", "frozen", "timing", "parent", "steps", "created", "parameters", "message"):
        write(value, **{value: content})
        assert client.get(f"/api/runs/{value}").status_code == 200
    assert client.get("/api/runs").status_code == 200


def test_numbers_that_json_cannot_hold_are_none(client: Any, write: WriteRun):
    record = run_record("x", "pretraining", parameters=float("nan"))
    record["recipe"]["training"]["learning_rate"] = float("inf")
    write("x", [step(1, float("nan")), step(2)], record=record)
    run = client.get("/api/runs/x").json()
    assert (run["parameters"], run["recipe"]["training"]["learning_rate"]) == (None, None)
    assert [line["loss"] for line in run["metrics"]["steps"]] == [None, 5.0]


def test_long_curves_are_thinned(client: Any, write: WriteRun):
    write("long", [step(number) for number in range(1, 3001)])
    steps = [line["step"] for line in client.get("/api/runs/long").json()["metrics"]["steps"]]
    assert len(steps) == POINTS and (steps[0], steps[-1]) == (1, 3000)
    assert {second - first for first, second in itertools.pairwise(steps)} <= {5, 6, 7}


@pytest.mark.parametrize(("count", "most"), [(0, 2), (1, 2), (2, 2), (3, 2), (500, 500), (501, 500), (999, 500)])
def test_thinning_keeps_the_ends_and_the_order(count: int, most: int):
    points = list(range(count))
    kept = thinned(points, most)
    assert len(kept) == min(count, most) and kept == sorted(set(kept))
    assert not points or (kept[0], kept[-1]) == (points[0], points[-1])


# What is new


def test_what_has_come_since_a_step(client: Any, write: WriteRun):
    folder = write("live", [step(1), step(2)])
    news = client.get("/api/runs/live/events?after=2").json()
    assert news["metrics"] == {"steps": [], "evaluations": []} and news["last_step"] == 2
    append(folder, evaluation(2, 3.0), step(3), event(3, "resumed"))
    write_samples(folder, 3, " more")
    news = client.get("/api/runs/live/events?after=2").json()
    assert [line["step"] for line in news["metrics"]["steps"]] == [3]
    assert [line["step"] for line in news["metrics"]["evaluations"]] == [2]  # written after the line of its step
    assert (news["events_so_far"], news["sample_steps"], news["went_back"]) == (1, [3], False)


def test_a_training_that_went_back_says_so(client: Any, write: WriteRun):
    folder = write("back", [step(number) for number in range(1, 6)])
    assert client.get("/api/runs/back").json()["steps"] == 5
    append(folder, event(2, "rolled_back"), step(3))
    news = client.get("/api/runs/back/events?after=5").json()
    assert news["went_back"] and news["last_step"] == 3


def test_a_line_that_is_being_written_comes_when_it_is_whole(client: Any, write: WriteRun):
    folder = write("live", [step(1)])
    line = json.dumps(step(2))
    for part, seen in ((line[:20], 1), (line[20:], 2), ("\n", 2)):
        with open(folder / "metrics.jsonl", "a") as file:
            file.write(part)
        assert client.get("/api/runs/live/events").json()["last_step"] == seen


def test_a_run_made_anew_under_its_name_is_read_from_its_beginning(client: Any, write: WriteRun):
    folder = write("again", [step(number) for number in range(1, 6)])
    assert client.get("/api/runs/again/events").json()["last_step"] == 5
    (folder / "metrics.jsonl").write_text(json.dumps(step(1)) + "\n")
    assert client.get("/api/runs/again/events").json()["last_step"] == 1
    (folder / "metrics.jsonl").unlink()
    assert client.get("/api/runs/again/events").json()["last_step"] == 0


@pytest.mark.parametrize("after", ["x", "-2", "1e9", "99999999999999999999"])
def test_after_is_a_step(client: Any, write: WriteRun, after: str):
    write("live")
    assert client.get(f"/api/runs/live/events?after={after}").status_code == 422


# The report


def test_the_report_cannot_act(client: Any, write: WriteRun):
    (write("x") / "report.html").write_text("<script>alert(1)</script>")
    answer = client.get("/api/runs/x/report")
    policy = answer.headers["content-security-policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert answer.status_code == 200 and answer.headers["x-content-type-options"] == "nosniff"
    assert directives["sandbox"] == "allow-scripts" and directives["default-src"] == "'none'"
    assert directives["script-src"].startswith("'sha256-") and "unsafe" not in policy
    assert client.get("/api/runs/x").json()["report"] is True


def test_no_report_is_not_found(client: Any, write: WriteRun):
    write("x")
    answer = client.get("/api/runs/x/report")
    assert answer.status_code == 404 and "slm report writes it" in answer.json()["error"]["message"]


def test_a_report_that_is_a_link_leads_nowhere(client: Any, write: WriteRun, tmp_path: Path):
    (tmp_path / "secret").write_text("a secret")
    (write("x") / "report.html").symlink_to(tmp_path / "secret")
    assert client.get("/api/runs/x/report").status_code == 404
