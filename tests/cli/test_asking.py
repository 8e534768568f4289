"""slm ask, as a person uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

GLAUCOMA = (
    "Glaucoma is a group of diseases that damage the optic nerve. The symptoms of glaucoma begin with a loss of side "
    "vision. At first glaucoma has no symptoms.\x1b[31m"
)
RECORDS = [
    {"focus": "Glaucoma", "answer": GLAUCOMA, "url": "https://example.org/glaucoma"},
    {"focus": "Gout", "answer": "Gout is a painful arthritis. Uric acid forms crystals.", "url": ""},
    {"focus": "Asthma", "answer": "Inhalers open the airways. Avoid smoke and dust.", "url": ""},
]
QUESTION = "What are the symptoms of glaucoma?"


@pytest.fixture
def asking(slm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaflets.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    assert slm("index", "leaflets.jsonl", "--domain", "medical").code == 0

    def ask(*words: str):
        return slm("ask", *words)

    return ask


def test_an_answer_has_its_notice_quotes_sources_and_languages(asking) -> None:
    out = asking(QUESTION).out
    assert out.count("A research model") == 1 and out.startswith("A research model")
    assert "The symptoms of glaucoma begin with a loss of side vision. [1]" in out
    assert "[1] Glaucoma" in out and "https://example.org/glaucoma" in out
    assert "Signs of an emergency are looked for in: English." in out
    assert "\x1b" not in out


def test_json_has_all_of_it_with_places(asking) -> None:
    made = json.loads(asking(QUESTION, "--json").out)
    assert made["answered"] and 0.5 <= made["probability"] <= 1 and made["languages"] == ["en"]
    assert made["notice"].startswith("A research model") and "emergency" not in made and "generated" not in made
    (citation,) = [each for each in made["citations"] if each["title"] == "Glaucoma"]
    for quote in citation["quotes"]:
        assert GLAUCOMA[quote["document_start"] : quote["document_end"]] == quote["text"]


def test_what_is_not_in_the_sources(asking) -> None:
    outcome = asking("Which zebra painted the ceiling of the side chapel?")
    assert outcome.code == 0 and "Not in my sources." in outcome.out and "[1]" not in outcome.out
    assert "The nearest, which need not have the answer:" in outcome.out and "loss of side vision" not in outcome.out
    assert not json.loads(asking("xylophone", "--json").out)["answered"]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_advice_comes_first(asking, words: tuple[str, ...]) -> None:
    out = asking("my dad has crushing chest pain and cannot breathe", *words).out
    if words:
        assert next(iter(json.loads(out))) == "emergency"
    else:
        assert out.startswith("This may be an emergency. Call")


def test_a_source_is_opened_by_its_number(asking) -> None:
    out = asking(QUESTION, "--show", "1").out
    assert out.startswith("[1] Glaucoma") and "»The symptoms of glaucoma begin with a loss of side vision.«" in out
    assert asking(QUESTION, "--show", "9").err.startswith("error: --show expects a source of the answer, 1 to")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), "expected a question"),
        ((QUESTION, "--index", "nowhere"), "expected an index, found none"),
        ((QUESTION, "--domain", "medcal"), "did you mean 'medical'"),
        ((QUESTION, "--model", "quick"), "add --generate"),
        ((QUESTION, "--generate"), "run"),
    ],
)
def test_what_is_wrong_is_one_line(asking, words: tuple[str, ...], expected: str) -> None:
    outcome = asking(*words)
    assert outcome.code != 0 and not outcome.out
    assert outcome.err.startswith("error: ") and expected in outcome.err and outcome.err.count("\n") == 1


def test_a_models_own_words_stand_apart_and_only_where_the_sources_answer(asking, tmp_path: Path) -> None:
    from tiny import tiny_model, tiny_tokenizer

    from slm.checkpoint import save_model
    from slm.data.prompt_format import PromptFormat

    pytest.importorskip("onnxruntime")
    save_model(tmp_path / "tuned", tiny_model(1, block_size=128), tiny_tokenizer(), prompt_format=PromptFormat())
    words = (QUESTION, "--generate", "--model", str(tmp_path / "tuned"))
    out = asking(*words).out
    quotes, label, _ = out.partition("Written by a model, not from the sources; it may be wrong in every word:")
    assert label and "loss of side vision. [1]" in quotes
    made = json.loads(asking(*words, "--json").out)
    assert set(made["generated"]) == {"text", "model"}
    assert made["answer"] == json.loads(asking(QUESTION, "--json").out)["answer"]
    unknown = asking("Which zebra painted the ceiling of the side chapel?", *words[1:]).out
    assert "no model is asked" in unknown


def test_torch_is_not_imported(asking, tmp_path: Path) -> None:
    code = (
        "import sys; from slm.cli.main import run; sys.argv = ['slm', 'ask', 'glaucoma symptoms']\n"
        "try: run()\nexcept SystemExit: pass\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
