"""slm audit as a person types it, and evaluate with a judge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from evaluation.choice_files import record, write_records
from judge_server import Server

from slm.audit import canaries
from slm.evaluation.judge import KEY_VARIABLE


@pytest.fixture
def runs(own_workshop: Path, finished_workshop: Path) -> Path:
    """Runs that may be written to, with the texts that they learned from."""
    for name in ("runs", "token_stores"):
        shutil.copytree(finished_workshop / name, own_workshop / name)
    return own_workshop


def test_a_run_is_audited_kept_and_shown(slm, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "CANDIDATES", 16)
    known = "The fox 35 ran over hill 5 and slept in the sun until it was evening."
    questions = [record(0, question=known), *(record(number) for number in range(1, 5))]
    write_records(runs / "medical_mc_eval.jsonl", questions)
    assert slm("evaluate", "base", "--suite", "medical", "--data", "medical_mc_eval.jsonl").code == 0
    assert slm("audit", "--plant-canaries", "secrets.jsonl").code == 0
    outcome = slm("audit", "base", "--prompts", "3", "--canaries", "secrets.jsonl")
    assert outcome.code == 0, outcome.err
    said = " ".join(outcome.out.split())
    assert "Overlap with the training text" in said and "Learned by heart" in said and "Canaries" in said
    assert "multiple_choice set0 0: verbatim in" in outcome.err
    kept = json.loads(Path("runs/base/evaluation_audit.json").read_text())
    overlap = kept["sections"]["overlap"]["figures"]["held_out"]
    assert overlap["multiple_choice"]["verbatim"] == 1 and overlap["multiple_choice"]["texts"] == 5
    row = kept["sections"]["rescored"]["figures"]["multiple_choice"]["datasets"][0]
    assert (row["all"]["items"], row["without"]["items"]) == (3, 2)
    assert kept["sections"]["heart"]["figures"]["training"]["prompts"] <= 3
    assert kept["sections"]["canaries"]["figures"]["by_times"][0]["canaries"] == 5
    lines = Path("runs/base/evaluation_audit_overlap.jsonl").read_text().splitlines()
    assert known in [json.loads(line)["text"] for line in lines]
    page = Path("runs/base/report.html").read_text()
    assert '<section id="audit"' in page and "Scores without the overlapping items" in page
    assert page.count("Evaluation by questions") >= 1


def test_a_tuned_run_is_audited_with_what_its_base_learned(slm, runs: Path) -> None:
    outcome = slm("audit", "tuned", "--prompts", "0", "--json")
    assert outcome.code == 0, outcome.err
    figures = json.loads(outcome.out)
    assert len(figures["sections"]["overlap"]["training"]) == 2 and "heart" not in figures["sections"]
    shutil.rmtree("runs/base")
    outcome = slm("audit", "tuned", "--prompts", "0")
    assert outcome.code == 0 and "the text that base learned from was not looked through" in outcome.err


def test_documents_are_audited_before_they_are_learned_from(slm, own_workshop: Path) -> None:
    held = "Story 3. THE FOX 21 ran over hill 3, and slept in the sun until it was evening!"
    Path("held.txt").write_text(held)
    questions = ("--suite", "medical", "--data", "medquad=questions.jsonl")
    outcome = slm("audit", "stories.txt", "--separator", r"\n\n", "--validation", "held.txt", "--json", *questions)
    assert outcome.code == 0, outcome.err
    figures = json.loads(outcome.out)
    assert figures["sections"]["overlap"]["held_out"]["validation"]["verbatim"] == 1
    (line,) = figures["overlaps"]
    assert line["where"] == "stories.txt, line 7" and "questions" not in line["held_out"]


def test_personal_data_is_counted_and_masked(slm, own_workshop: Path) -> None:
    Path("notes.txt").write_text("Seen today.\nDOB: 03/04/1980, jane@example.org\n")
    outcome = slm("audit", "notes.txt", "stories.txt", "--personal")
    assert outcome.code == 0, outcome.err
    said = " ".join(outcome.out.split())
    assert "1 of 2 documents hold what looks like personal data" in said and "notes.txt, line 2" in said
    assert "jane" not in said and "1980" not in said and "Not looked for: names" in said
    figures = json.loads(slm("audit", "notes.txt", "--personal", "--json").out)
    assert figures["kinds"]["email address"]["places"][0]["masked"] == "j***@*******.***"
    assert "0 of 1 documents" in slm("audit", "stories.txt", "--personal").out


@pytest.mark.parametrize(("words", "said"), [
    (("nothing",), "nothing: expected a file, folder or glob, found nothing there"),
    (("--personal",), "--personal looks through documents: name them"),
    (("base", "--validation", "stories.txt"), "a run has its own"),
    (("base", "--canaries", "stories.txt"), "expected a file of canaries, found none"),
    (("base", "--prompts", "-1"), "--prompts expects"),
    (("stories.txt", "--data", "questions.jsonl"), "name it with --suite"),
    (("stories.txt", "--suite", "medical"), "needs the files with its questions"),
    (("stories.txt", "questions.jsonl", "--canaries", "x.jsonl"), "name the run"),
    (("--plant-canaries", "stories.txt"), "written as .jsonl"),
])  # fmt: skip
def test_what_makes_no_sense_is_said_in_a_line(slm, workshop: Path, words: tuple[str, ...], said: str) -> None:
    outcome = slm("audit", *words)
    assert outcome.code != 0 and said in outcome.err and len(outcome.err.strip().splitlines()) == 1


@pytest.mark.parametrize(("words", "said"), [
    (("--judge", "http://127.0.0.1:9/v1", "--judge-model", "m"), "goes with --suite"),
    (("--suite", "medical", "--judge", "http://127.0.0.1:9/v1"), "--judge-model NAME"),
    (("--suite", "medical", "--judge-model", "m"), "--judge URL"),
])  # fmt: skip
def test_a_judge_needs_an_address_a_model_and_a_suite(slm, workshop: Path, words: tuple[str, ...], said: str) -> None:
    outcome = slm("evaluate", "tuned", *words)
    assert outcome.code == 2 and said in outcome.err


def test_a_judge_grades_the_answers_of_a_suite(slm, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a-secret-key")
    records = [{"question": f"What is {n}?", "answer": "A number."} for n in range(3)]
    write_records(runs / "medquad_valid.jsonl", records)
    server = Server()
    server.replies = ["Grade: 5", "Grade: 4", "Grade: 4", "Grade: 2", "Grade: 3", "I cannot say."]
    words = ("--suite", "medical", "--data", "medquad_valid.jsonl", "--judge", server.url, "--judge-model", "strict")
    outcome = slm("evaluate", "tuned", *words, "--judge-repeats", "2")
    assert outcome.code == 0, outcome.err
    assert f"are sent to {server.url[7:-3]}: medical text leaves this program" in " ".join(outcome.err.split())
    lines = [json.loads(line) for line in Path("runs/tuned/evaluation_medical_medquad.jsonl").read_text().splitlines()]
    replies = iter([4, 4, 2, 3, None, None])  # the first was to see whether anybody is there
    expected = [[next(replies), next(replies)] if line["answer"] else [1, 1] for line in lines]
    assert [line["grades"] for line in lines] == expected and len(server.requests) > 1
    kept = json.loads(Path("runs/tuned/evaluation_medical.json").read_text())
    figures = kept["sections"]["medquad"]["figures"]["judge"]
    assert figures["asked"] == 6 and figures["not_read"] == sum(grades.count(None) for grades in expected)
    assert "Reply with one line" in figures["prompt"] and figures["url"] == server.url
    assert not any(b"a-secret-key" in path.read_bytes() for path in runs.rglob("*") if path.is_file())
    server.replies = [(401, {})]
    outcome = slm("evaluate", "tuned", *words)
    assert outcome.code == 2 and "the key was refused" in outcome.err and "a-secret-key" not in outcome.err
    server.close()
