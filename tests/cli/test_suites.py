"""evaluate --suite as a person types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from evaluation.choice_files import record, write_records


@pytest.fixture
def questions(own_workshop: Path, finished_workshop: Path) -> Path:
    """A folder of questions, beside runs that may be written to."""
    shutil.copytree(finished_workshop / "runs", own_workshop / "runs")
    folder = own_workshop / "questions"
    folder.mkdir()
    write_records(folder / "medical_mc_eval.jsonl", [record(n, context="the mat " * n) for n in range(9)])
    pairs = [{"question": f"What is thing {n}?", "answer": f"It is the number {n}."} for n in range(5)]
    write_records(folder / "medquad_valid.jsonl", [*pairs, {"question": "What is " * 40 + "?", "answer": "It is."}])
    write_records(folder / "medquad_train.jsonl", [{"question": str(n), "answer": "It is the number."} for n in "ab"])
    return folder


def test_a_suite_is_measured_kept_and_shown(slm, questions: Path) -> None:
    outcome = slm("evaluate", "tuned", "--suite", "medical", "--data", "questions", "--lm-eval-task", "task")
    assert outcome.code == 0, outcome.err
    assert "Multiple choice, by log-likelihood (medical_mc_eval.jsonl)" in outcome.out
    assert "the commonest training answer" in outcome.out and "stands 2 times" in " ".join(outcome.out.split())
    assert "1 questions fill the model's context" in " ".join(outcome.out.split())
    assert "medical_o1: not measured, no file medical_valid.*" in outcome.err
    assert "lm_eval --model hf" in outcome.err and Path("task/slm_multiple_choice.yaml").is_file()
    kept = json.loads(Path("runs/tuned/evaluation_medical.json").read_text())
    assert list(kept["sections"]) == ["multiple_choice", "medquad", "forgetting"]
    assert kept["sections"]["forgetting"]["figures"]["forgetting"]["rise"] != 0
    assert "retrieval: not measured, no index; name it with --index FOLDER" in outcome.err
    assert kept["sections"]["multiple_choice"]["figures"]["limit"] == 0
    assert kept["sections"]["medquad"]["figures"]["stops"]["context"] == 1
    choices, answers = (Path(f"runs/tuned/evaluation_medical_{name}.jsonl") for name in ("multiple_choice", "medquad"))
    assert len(choices.read_text().splitlines()) == 9
    assert [json.loads(line)["stop"] for line in answers.read_text().splitlines()][5:] == ["context"]
    page = Path("runs/tuned/report.html").read_text()
    assert "Evaluation by questions" in page and "Multiple choice, by log-likelihood" in page


def test_an_index_is_measured_too(slm, questions: Path) -> None:
    assert slm("index", "questions/medquad_valid.jsonl", "--out", "indexes/own").code == 0
    outcome = slm(
        "evaluate", "tuned", "--suite", "medical", "--data", "questions", "--index", "indexes/own", "--limit", "4"
    )
    assert outcome.code == 0, outcome.err
    kept = json.loads(Path("runs/tuned/evaluation_medical.json").read_text())
    figures = {name: section["figures"] for name, section in kept["sections"].items()}
    assert list(figures)[2:] == ["retrieval", "citation", "abstention", "forgetting"]
    assert [figures[name]["questions"] for name in ("retrieval", "citation", "abstention")] == [4, 4, 4]
    assert figures["citation"]["shares"]["quotes word for word where they say"]["share"] in (1.0, None)
    assert figures["abstention"]["kinds"]["made-up diseases"]["questions"] == 4
    assert len(Path("runs/tuned/evaluation_medical_retrieval.jsonl").read_text().splitlines()) == 4
    assert not Path("runs/tuned/evaluation_medical_forgetting.jsonl").exists()
    assert list(json.loads(Path("indexes/own/evaluation_medical.json").read_text())["sections"]) == list(figures)[2:5]
    page = Path("runs/tuned/report.html").read_text()
    for title in ("Retrieval, the right", "Citation, quotes", "Abstention, answerable", "Forgetting: before"):
        assert title in page


def test_an_index_of_other_documents_is_said_to_be_one(slm, questions: Path) -> None:
    assert slm("index", "stories.txt", "--out", "indexes/own").code == 0
    outcome = slm(
        "evaluate", "base", "--suite", "medical", "--data", "questions", "--index", "indexes/own", "--limit", "1"
    )
    said = "citation: not measured, no answer in questions/medquad_valid.jsonl is a document of indexes/own"
    assert outcome.code == 0 and said in outcome.err


def test_engines_agree_and_a_sample_is_the_same_each_time(slm, questions: Path) -> None:
    words = ("evaluate", "base", "--suite", "medical", "--data", "questions/medical_mc_eval.jsonl", "--json")
    outcomes = [slm(*words, "--limit", "5", "--engine", engine) for engine in ("onnx", "torch")]
    figures = [json.loads(outcome.out)["sections"]["multiple_choice"]["datasets"] for outcome in outcomes]
    assert figures[0] == figures[1] and figures[0][-1]["items"] == 5
    assert all("medquad: not measured" in outcome.err for outcome in outcomes)


def test_questions_are_found_beside_what_the_run_learned_from(slm, questions: Path) -> None:
    shutil.copy(questions / "medical_mc_eval.jsonl", ".")
    outcome = slm("evaluate", "base", "--suite", "medical", "--json")
    assert json.loads(outcome.out)["sections"]["multiple_choice"]["file"] == "medical_mc_eval.jsonl"


@pytest.mark.parametrize(("words", "code", "said"), [
    (("--suite", "medicine"), 2, "did you mean 'medical'?"),
    (("--suite", "medical", "--data", "stories.txt"), 2, "say what it is: --data NAME=stories.txt"),
    (("--suite", "medical", "--data", "multiple_choice=stories.txt"), 1, "found plain text"),
    (("--suite", "medical", "--data", "multiple_choice=questions.jsonl"), 1, "for the options, found 'question'"),
    (("--suite", "medical", "--data", "nowhere"), 1, "found none there"),
    (("--suite", "medical", "--limit", "-1", "--data", "questions"), 2, "--limit expects"),
    (("--suite", "medical", "--column", "text=a"), 2, "--column does not go with --suite"),
    (("--suite", "medical"), 1, "multiple_choice: not measured, no file"),
    (("--suite", "medical", "--data", "questions", "--engine", "onx"), 2, "engine expects"),
    (("--data", "a", "--data", "b"), 2, "several go with --suite"),
])  # fmt: skip
def test_what_cannot_be_measured_is_said_in_a_line(slm, questions: Path, words, code: int, said: str) -> None:
    outcome = slm("evaluate", "base", *words)
    assert outcome.code == code and said in outcome.err.splitlines()[-1]
    assert not Path("runs/base/evaluation_medical.json").exists()


def test_a_model_that_is_no_run_is_measured_and_nothing_kept(slm, questions: Path) -> None:
    shutil.copytree("runs/base/checkpoints/best", "model")
    outcome = slm("evaluate", "model", "--suite", "medical", "--data", "questions", "--limit", "2")
    assert outcome.code == 0 and "is no run: the figures are kept nowhere" in " ".join(outcome.err.split())
    assert not list(Path("model").glob("evaluation*"))
