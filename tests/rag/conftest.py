"""A tiny task in which words alone do not tell the answer: things of which several kinds of question are asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slm.rag.encoder_training import EncoderSettings

KINDS = {
    "What is the colour of {}?": "{} looks {} in the sun, and in the shade a little darker.",
    "Where is {} found?": "You meet {} by the {} sea, on rocks and in the sand.",
    "How heavy is {}?": "{} has {} kilograms on the scales, more in winter.",
    "Who wrote about {}?": "A book on {} came from the {} press long ago.",
}
SYLLABLES = ("ba", "ko", "ri", "mu", "te", "lo", "sha", "ni", "ve", "du")
MORE = ("red", "north", "seven", "old", "pale", "south", "nine", "new")
TINY = EncoderSettings(vocabulary=400, dimension=64, epochs=12, batch=64, learning_rate=0.01)


def records(things: int = 60) -> list[dict[str, str]]:
    """Four questions with their answers about each of so many made-up things."""
    found = []
    for number in range(things):
        first, second, third = number % 10, number // 10 % 10, (number * 7 + 3) % 10
        thing = SYLLABLES[first] + SYLLABLES[second] + SYLLABLES[third]
        for kind, (question, answer) in enumerate(KINDS.items()):
            word = MORE[(number + kind) % len(MORE)]
            found.append({"question": question.format(thing), "answer": answer.format(thing, word)})
    return found


@pytest.fixture(scope="session")
def pairs_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, records())), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def encoder_folder(pairs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained encoder with a reranker; copy it before changing anything."""
    from slm.data.documents import DocumentsConfig
    from slm.rag.encoder_stage import make_encoder

    pytest.importorskip("bm25s")
    out = tmp_path_factory.mktemp("encoders") / "tiny"
    config = DocumentsConfig(source=(str(pairs_file),), kind="question_answer", holdout=0.25)
    make_encoder(config, out, TINY)
    return out
