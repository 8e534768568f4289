"""How common words are in English, and that small folders answer what stands in them for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slm.domain import load_domain
from slm.rag.answering import answer
from slm.rag.common_words import ranks, share_of_texts
from slm.rag.evidence import AskedWords
from slm.rag.indexing import index_documents
from slm.rag.languages import stemmer
from slm.rag.retriever import Retriever

LEAFLET = """# Bicycle care
Oil the chain every 200 km, and after each ride in the rain. Wipe off what is too much.

# Punctures
To find a hole, pump up the inner tube and hold it under water; bubbles show where the air leaves the tyre.

# Brakes
Brake pads are replaced when the grooves in them are gone, which is after about 2,000 km.
"""


@pytest.fixture
def leaflet(tmp_path: Path):
    (tmp_path / "leaflet.md").write_text(LEAFLET, encoding="utf-8")
    index_documents(tmp_path / "index", (str(tmp_path / "leaflet.md"),))
    with Retriever.open(tmp_path / "index") as retriever:
        yield retriever


def test_common_words_come_before_rare_ones_whatever_their_ending() -> None:
    stems = stemmer("en")(["must", "replaced", "brake", "gout"])
    must, replaced, brake, unknown = map(share_of_texts, stems)
    assert 0.5 > must > replaced > brake > unknown == 0
    assert share_of_texts("replaced") > 0  # of a text whose language is unknown
    assert "lisa" not in ranks() and len(ranks()) > 10_000


def test_a_word_that_a_small_index_lacks_weighs_as_english_has_it(leaflet: Retriever) -> None:
    asked = AskedWords.of("Why must an obvious glaucoma be replaced?", leaflet)
    weights = {min(word): weight for word, weight in zip(asked.words, asked.weights.tolist(), strict=True)}
    assert weights["must"] < weights["replac"] < weights["glaucoma"] == pytest.approx(asked.heaviest)
    assert "why" not in weights  # asks, and stands in no text


@pytest.mark.parametrize("question", ["When must brake pads be replaced?", "How often should the chain be oiled?",
                                      "How do I find a hole in the tube?"])  # fmt: skip
def test_a_leaflet_answers_what_stands_in_it(leaflet: Retriever, question: str) -> None:
    found = answer(question, leaflet, load_domain("general"))
    assert found.answered and found.probability > 0.8


@pytest.mark.parametrize("question", ["What is the capital of France?", "How do I adjust the gears?",
                                      "Who won the football match?", "How do I grow tomatoes?"])  # fmt: skip
def test_a_leaflet_does_not_answer_what_does_not(leaflet: Retriever, question: str) -> None:
    assert answer(question, leaflet, load_domain("general")).probability < 0.1
