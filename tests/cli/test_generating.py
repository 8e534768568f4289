"""generate and chat on finished runs."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.conftest import END

from slm.domain import load_domain
from slm.model_folder import open_model_folder

NOTICE = load_domain("medical").notice


def generated(slm, *words: str) -> dict:
    outcome = slm("generate", *words, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


# What is written


def test_generate_takes_the_newest_run_and_says_which(slm, workshop) -> None:
    outcome = slm("generate", "The fox", "--max-new-tokens", "3")
    assert outcome.code == 0
    assert outcome.out.startswith(f"{NOTICE}\n\nThe fox") and "model: runs/" in outcome.err


def test_the_same_seed_gives_the_same_text(slm, workshop) -> None:
    words = ("generate", "base", "The fox", "--max-new-tokens", "8", "--seed")
    first, second, other = (slm(*words, seed).out for seed in ("1", "1", "2"))
    assert first == second != other


def test_temperature_0_is_greedy(slm, workshop) -> None:
    words = ("generate", "base", "The", "--temperature", "0", "--max-new-tokens", "8", "--seed")
    assert slm(*words, "1").out == slm(*words, "2").out


def test_both_engines_write_the_same_in_32_bits(slm, workshop) -> None:
    words = ("base", "The fox", "--max-new-tokens", "12", "--samples", "3", "--log-probabilities", "1")
    fast, reference = generated(slm, *words, "--bits", "32"), generated(slm, *words, "--engine", "torch")
    assert fast["engine"].startswith("onnxruntime") and reference["engine"].startswith("torch")
    assert [s["text"] for s in fast["samples"]] == [s["text"] for s in reference["samples"]]


def test_training_has_left_nothing_to_convert(slm, workshop) -> None:
    assert "convert" not in slm("generate", "base", "The fox", "--max-new-tokens", "1").err
    assert slm("generate", "base", "The fox", "--max-new-tokens", "1", "--bits", "4").err.count("convert") == 2


def test_the_end_of_the_context_says_length_and_can_be_passed(slm, workshop) -> None:
    outcome = slm("generate", "base", "The fox", "--max-new-tokens", "100", "--temperature", "2", "--top-k", "0")
    assert "length" in outcome.err
    words = ("base", "The fox", "--max-new-tokens", "60", "--continue-past-context", "--logit-bias", f"{END}=-100")
    for engine in ("onnx", "torch"):
        assert generated(slm, *words, "--engine", engine)["samples"][0]["tokens"] == 60


def test_stop_strings_are_literal_and_not_shown(slm, workshop) -> None:
    words = ("base", "The fox", "--max-new-tokens", "20", "--temperature", "0")
    (whole,) = generated(slm, *words)["samples"]
    stop = whole["text"][3:6]
    (cut,) = generated(slm, *words, "--stop", "no such thing", "--stop", stop)["samples"]
    assert cut["stop"] == "stop" and cut["text"] == whole["text"].partition(stop)[0]
    outcome = slm("generate", *words, "--stop", stop)
    assert outcome.out == f"The fox{cut['text']}\n"


def test_a_bias_forbids_a_token(slm, workshop) -> None:
    words = ("base", "The fox", "--max-new-tokens", "1", "--temperature", "0", "--log-probabilities", "2")
    (first,) = generated(slm, *words)["samples"][0]["log_probabilities"]
    (other,) = generated(slm, *words, "--logit-bias", f"{first['token']}=-100")["samples"][0]["log_probabilities"]
    assert other["token"] == first["likeliest"][1]["token"] != first["token"]
    assert other["likeliest"] == first["likeliest"]  # by the model alone


def test_log_probabilities_are_told_token_by_token(slm, workshop) -> None:
    (sample,) = generated(slm, "base", "The", "--max-new-tokens", "5", "--log-probabilities", "3")["samples"]
    assert len(sample["log_probabilities"]) == 5
    assert "".join(token["text"] for token in sample["log_probabilities"]) == sample["text"]
    for token in sample["log_probabilities"]:
        values = [other["log_probability"] for other in token["likeliest"]]
        assert len(values) == 3 and values == sorted(values, reverse=True) and token["log_probability"] <= values[0] < 0


def test_a_prompt_file_and_samples(slm, workshop, tmp_path) -> None:
    (tmp_path / "prompt.txt").write_text("The fox")
    words = ("--prompt-file", str(tmp_path / "prompt.txt"), "--samples", "2", "--max-new-tokens", "3")
    outcome = slm("generate", "base", *words)
    assert outcome.out.count("The fox") == 2 and outcome.out.startswith("--- 1 of 2\nThe fox")
    texts = [sample["text"] for sample in generated(slm, "base", *words)["samples"]]
    assert outcome.out == f"--- 1 of 2\nThe fox{texts[0]}\n--- 2 of 2\nThe fox{texts[1]}\n"


def test_a_prompt_from_standard_input(slm, workshop, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("The fox"))
    assert slm("generate", "base", "--prompt-file", "-", "--max-new-tokens", "1").out.startswith("The fox")


# Questions


def test_a_question_shows_the_response_with_the_notice(slm, workshop) -> None:
    words = ("tuned", "--question", "What is thing 3?", "--max-new-tokens", "4")
    outcome = slm("generate", *words)
    assert outcome.code == 0
    assert "###" not in outcome.out and outcome.out.startswith(f"{NOTICE}\n\n") and outcome.out.count(NOTICE) == 1
    as_json = generated(slm, *words)
    assert as_json["notice"] == NOTICE and as_json["prompt"].startswith("### Question:\nWhat is thing 3?\n")


def test_advice_comes_before_all_else_and_once(slm, workshop) -> None:
    words = ("tuned", "--question", "my dads face is drooping", "--max-new-tokens", "4")
    outcome = slm("generate", *words)
    advice = generated(slm, *words)["emergency"]
    assert advice["kind"] == "stroke" and advice["phrase"] == "face is drooping" and advice["sources"]
    assert outcome.out.startswith(f"{advice['advice']}\n{NOTICE}\n\n") and outcome.out.count(advice["advice"]) == 1


def test_a_question_in_another_language_is_told_that_emergencies_are_not_recognised(slm, workshop) -> None:
    words = ("generate", "tuned", "--max-new-tokens", "4", "--question")
    german = slm(*words, "Mein Vater hat starke Schmerzen und ich weiss nicht was")
    assert german.out.startswith("Signs of an emergency")
    assert "emergency" not in slm(*words, "What is thing 3?").out


def test_a_story_model_of_the_general_domain_says_no_more_than_its_story(slm, workshop) -> None:
    outcome = slm("generate", "base", "my dads face is drooping", "--max-new-tokens", "4")
    assert outcome.out.startswith("my dads face is drooping")


def test_a_question_to_a_story_model_is_refused(slm, workshop) -> None:
    outcome = slm("generate", "base", "--question", "Why?")
    assert outcome.code == 2 and "not fine-tuned" in outcome.err


# Speed


@pytest.mark.parametrize("more", [(), ("--json",), ("--samples", "3")])
def test_verbose_tells_engine_and_speed(more: tuple[str, ...], slm, workshop) -> None:
    outcome = slm("generate", "base", "The", "--max-new-tokens", "5", "--logit-bias", f"{END}=-100", "--verbose", *more)
    line = outcome.err.splitlines()[-1]
    found = re.fullmatch(
        r"onnxruntime [\d.]+, 8 bits, \d+ threads?: (\d+) tokens, "
        r"the first after (\d+\.\d\d) s of this command's work, then ([\d,]+) tokens/s",
        line,
    )
    assert found, line
    assert int(found[1]) == (15 if "--samples" in more else 5) and float(found[2]) < 60 and found[3] != "0"
    assert "tokens/s" not in slm("generate", "base", "The", "--max-new-tokens", "5", *more).err


# Mistakes are one line


@pytest.mark.parametrize(("words", "code", "message"), [
    (("base", "fox " * 60), 2, "context"),
    (("base", "--prompt-file", "nowhere.txt"), 1, "nowhere.txt: expected a text file"),
    (("base", "The", "--log-probabilities", "1"), 2, "add --json"),
    (("base", "The", "--logit-bias", "fox=1"), 2, "logit_bias expects token ids"),
    (("base", "The", "--logit-bias", "1"), 2, "--logit-bias expects ID=NUMBER"),
    (("base", "The", "--logit-bias", "99999=1"), 2, f"logit_bias expects token ids from 0 to {END}, got 99999"),
    (("base", "The", "--stop", ""), 2, "stop expects a list of strings"),
    (("base", "The", "--samples", "0"), 2, "samples expects a whole number from 1 up"),
    (("base", "The", "--temperature", "-1"), 2, "temperature expects"),
    (("base", "The", "--min-p", "2"), 2, "min_p expects"),
    (("base", "The", "--engine", "fast"), 2, "engine expects auto, onnx, torch"),
    (("base", "The", "--bits", "5"), 2, "bits expects 32, 8, 4"),
    (("base", "The", "fox"), 2, "put the prompt in quotes"),
    (("base", "The", "--question", "Why?"), 2, "expected one prompt, got two"),
    (("nowhere", "The"), 1, "nowhere"),
])  # fmt: skip
def test_mistakes_are_one_line(words: tuple[str, ...], code: int, message: str, slm, workshop) -> None:
    outcome = slm("generate", *words)
    assert (outcome.code, outcome.out) == (code, "") and message in outcome.err
    assert len([line for line in outcome.err.splitlines() if not line.startswith("model: ")]) == 1


# Chat


@pytest.fixture
def chat(slm, workshop, monkeypatch):
    """Type some lines into `slm chat`."""

    def typed(text: str, *words: str):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        return slm("chat", *words, "--max-new-tokens", "4")

    return typed


@pytest.mark.parametrize("end", ["", "\n", "\nThis is never asked.\n"])
def test_a_chat_answers_line_by_line_until_an_empty_line_or_the_end(end: str, chat, slm) -> None:
    outcome = chat(f"What is thing 3?\n  What is thing 4?  \n{end}")
    assert outcome.code == 0 and outcome.err.splitlines() == [f"model: {Path('runs/tuned/checkpoints/best')}"]
    alone = [
        slm("generate", "tuned", "--question", f"What is thing {n}?", "--max-new-tokens", "4").out.strip("\n")
        for n in (3, 4)
    ]
    assert outcome.out.rstrip("\n") == f"{alone[0]}\n\n{alone[1]}"


def test_a_chat_puts_advice_first(chat) -> None:
    outcome = chat("i took a whole bottle of pills\n", "tuned")
    assert outcome.out.startswith("This may be an emergency.") and outcome.out.count(NOTICE) == 1


def test_a_story_model_goes_on_from_openings(chat) -> None:
    outcome = chat("The fox\n", "base", "--verbose")
    assert outcome.out.startswith("The fox") and len(outcome.out) > len("The fox\n\n\n")
    assert len(outcome.err.splitlines()) == 1 and "tokens/s" in outcome.err


def test_a_line_that_cannot_be_answered_ends_no_chat(chat) -> None:
    outcome = chat("lone \udc80 surrogate\nThe fox\n", "base")
    assert outcome.code == 0 and outcome.err.startswith("error: expected text in Unicode")
    assert "The fox" in outcome.out


def test_ctrl_c_stops_the_answer_and_not_the_chat(chat, monkeypatch) -> None:
    from slm.generation.generator import Generator

    stream, calls = Generator.stream, []

    def interrupted(self, prompt, config, samples=1):
        calls.append(prompt)
        yield from (piece for piece in stream(self, prompt, config, samples))
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Generator, "stream", interrupted)
    outcome = chat("The fox\nThe hill\n", "base")
    assert outcome.code == 0 and calls == ["The fox", "The hill"]
    assert "(stopped)" in outcome.out and "The hill" in outcome.out.partition("(stopped)")[2]


# Without torch


def test_generate_and_chat_from_the_cache_import_no_torch(workshop) -> None:
    code = (
        "import sys, io\nfrom slm.cli.main import app\n"
        "app(['generate', 'base', 'The fox', '--max-new-tokens', '3'], standalone_mode=False)\n"
        "app(['generate', '--question', 'What is it?', '--max-new-tokens', '3'], standalone_mode=False)\n"
        "sys.stdin = io.StringIO('What is it?\\n')\n"
        "app(['chat', '--max-new-tokens', '3'], standalone_mode=False)\n"
        "print('\\nloaded:', *{'torch', 'onnx', 'matplotlib', 'onnxruntime'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "loaded: onnxruntime" and "convert" not in run.stderr


def test_a_damaged_model_is_one_line_whatever_is_cached(slm, workshop, tmp_path) -> None:
    import shutil

    folder = Path(shutil.copytree("runs/base/checkpoints/best", tmp_path / "model"))
    assert slm("generate", str(folder), "The", "--max-new-tokens", "1").code == 0
    assert open_model_folder(folder).sha256
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    outcome = slm("generate", str(folder), "The", "--max-new-tokens", "1")
    assert outcome.code == 1 and "model.safetensors: its SHA-256 differs" in outcome.err
    assert len(outcome.err.splitlines()) == 1
