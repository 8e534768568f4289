"""evaluate, generate, report on finished runs."""

from __future__ import annotations

import json

from slm.data.prompt_format import NOTICE


def test_generate_takes_the_newest_run_and_says_which(slm, workshop) -> None:
    outcome = slm("generate", "The fox", "--max-new-tokens", "3")
    assert outcome.code == 0
    assert outcome.out.startswith("The fox") and "model: runs/" in outcome.err


def test_the_same_seed_gives_the_same_text(slm, workshop) -> None:
    words = ("generate", "base", "The fox", "--max-new-tokens", "8", "--seed")
    first, second, other = (slm(*words, seed).out for seed in ("1", "1", "2"))
    assert first == second != other


def test_temperature_0_is_greedy(slm, workshop) -> None:
    words = ("generate", "base", "The", "--temperature", "0", "--max-new-tokens", "8", "--seed")
    assert slm(*words, "1").out == slm(*words, "2").out


def test_the_end_of_the_context_says_length_and_can_be_passed(slm, workshop) -> None:
    outcome = slm("generate", "base", "The fox", "--max-new-tokens", "100", "--temperature", "2", "--top-k", "0")
    assert "length" in outcome.err
    words = ("generate", "base", "The fox", "--max-new-tokens", "60", "--continue-past-context", "--json")
    assert json.loads(slm(*words).out)["samples"][0]["tokens"] > 32


def test_a_question_shows_the_response_with_the_notice(slm, workshop) -> None:
    outcome = slm("generate", "tuned", "--question", "What is thing 3?", "--max-new-tokens", "4")
    assert outcome.code == 0
    assert "###" not in outcome.out and NOTICE in outcome.err
    as_json = json.loads(
        slm("generate", "tuned", "--question", "What is thing 3?", "--json", "--max-new-tokens", "4").out
    )
    assert as_json["notice"] == NOTICE and as_json["prompt"].startswith("### Question:\nWhat is thing 3?\n")


def test_a_question_to_a_story_model_is_refused(slm, workshop) -> None:
    outcome = slm("generate", "base", "--question", "Why?")
    assert outcome.code == 2 and "not fine-tuned" in outcome.err


def test_a_prompt_file_and_samples(slm, workshop, tmp_path) -> None:
    (tmp_path / "prompt.txt").write_text("The fox")
    outcome = slm(
        "generate", "base", "--prompt-file", str(tmp_path / "prompt.txt"), "--samples", "2", "--max-new-tokens", "3"
    )
    assert outcome.out.count("The fox") == 2
    assert slm("generate", "base", "--prompt-file", "nowhere.txt").code == 1


def test_a_prompt_longer_than_the_context_is_refused(slm, workshop) -> None:
    outcome = slm("generate", "base", "fox " * 60)
    assert outcome.code == 2 and "context" in outcome.err


def test_evaluate_gives_the_same_figures_for_any_batch_size(slm, workshop) -> None:
    figures = [json.loads(slm("evaluate", "base", "--json", "--batch-size", size).out) for size in ("1", "7")]
    assert abs(figures[0]["bits_per_byte"] - figures[1]["bits_per_byte"]) < 1e-5
    assert figures[0]["interval"][0] <= figures[0]["bits_per_byte"] <= figures[0]["interval"][1]


def test_evaluate_on_other_text(slm, workshop) -> None:
    outcome = slm("evaluate", "base", "--data", "stories.txt")
    assert outcome.code == 1 and "--separator" in outcome.err
    store = next(path for path in (workshop / "token_stores").iterdir() if path.name.startswith("stories"))
    outcome = slm("evaluate", "base", "--data", str(store), "--split", "train", "--documents", "5", "--samples", "1")
    assert "perplexity" in outcome.out and "8-grams" in outcome.out


def test_report_is_written_anew(slm, workshop) -> None:
    page = workshop / "runs" / "tuned" / "report.html"
    page.unlink()
    assert slm("report", "tuned").out.strip() == "runs/tuned/report.html"
    assert "no substitute for a doctor" in page.read_text()
