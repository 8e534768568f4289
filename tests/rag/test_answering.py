"""Answers in the words of the sources: verbatim, with their places, the advice first, or none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from rag_documents import write_records

from slm.domain import load_domain
from slm.errors import ConfigError, DataError
from slm.rag import abstention
from slm.rag.abstention import Judge
from slm.rag.answering import NOT_FOUND, answer, checked
from slm.rag.index_domain import choose_domain, domain_of_index
from slm.rag.indexing import index_documents
from slm.rag.quoting import Quoting, choose, spans_of
from slm.rag.retriever import Retriever

MEDICAL = load_domain("medical")


@pytest.fixture
def retriever(folder: Path):
    with Retriever.open(folder) as opened:
        yield opened


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found is taken for an answer."""
    judge = abstention.packaged_judges()["words"]
    monkeypatch.setattr(abstention, "judge_of", lambda retriever: dataclasses.replace(judge, threshold=0.0))


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = abstention.packaged_judges()["words"]
    monkeypatch.setattr(abstention, "judge_of", lambda retriever: dataclasses.replace(judge, threshold=1.1))


def test_sentences_are_quoted_with_numbers_and_places(retriever: Retriever, always: None) -> None:
    found = answer("Which nerve does glaucoma damage?", retriever, MEDICAL)
    assert found.answered and found.sources[0].title == "Glaucoma"
    assert found.text().startswith("Glaucoma damages the optic nerve. [1]")
    first = found.citations()[0]
    assert first["number"] == 1 and first["url"] == "https://example.org/glaucoma"
    for citation in found.citations():
        whole = retriever.store.document_text(citation["document"])
        for quote in citation["quotes"]:
            assert citation["passage"][quote["start"] : quote["end"]] == quote["text"]
            assert whole[quote["document_start"] : quote["document_end"]] == quote["text"]
    assert not found.nearest and not found.fields()["nearest"]


def test_a_quote_is_one_line_wherever_its_document_broke_it(tmp_path: Path, always: None) -> None:
    (tmp_path / "leaflet.txt").write_text("Oil the chain every two weeks,\nand after each ride in the rain.\n")
    index_documents(tmp_path / "index", (str(tmp_path / "leaflet.txt"),))
    with Retriever.open(tmp_path / "index") as opened:
        found = answer("When do I oil the chain?", opened, load_domain("general"))
    assert found.text() == "Oil the chain every two weeks, and after each ride in the rain. [1]"
    (quote,) = found.citations()[0]["quotes"]
    assert quote["text"] == "Oil the chain every two weeks,\nand after each ride in the rain."


def test_what_is_not_in_the_sources_is_not_answered_but_the_nearest_are_named(retriever, never: None) -> None:
    found = answer("Which nerve does glaucoma damage?", retriever, MEDICAL)
    assert not found.answered and found.text() == NOT_FOUND and found.citations() == []
    assert found.nearest[0].title == "Glaucoma"
    assert len({passage.document for passage in found.nearest}) == len(found.nearest)


def test_nothing_found_has_probability_zero(retriever: Retriever) -> None:
    found = answer("zxqv wvut?", retriever, MEDICAL)
    assert found.probability == 0.0 and not found.answered and not found.nearest
    with pytest.raises(ConfigError, match="expected a question"):
        answer("   ", retriever, MEDICAL)


def test_a_quote_that_is_not_in_its_passage_is_refused(retriever: Retriever) -> None:
    hits = retriever.search("glaucoma nerve", 3)
    quote = choose("glaucoma nerve", hits, retriever)[0]
    assert checked([quote], retriever.store) == (quote,)
    for wrong in (
        dataclasses.replace(quote, text=quote.text.replace("damages", "heals")),
        dataclasses.replace(quote, start=quote.start + 1),
        dataclasses.replace(quote, text="", start=0, end=0),
        dataclasses.replace(quote, passage=dataclasses.replace(quote.passage, id=10_000)),
    ):
        with pytest.raises(DataError, match="word for word"):
            checked([quote, wrong], retriever.store)


def test_a_quote_is_held_against_the_store_not_against_the_passage_in_memory(retriever: Retriever) -> None:
    quote = choose("glaucoma nerve", retriever.search("glaucoma nerve", 3), retriever)[0]
    changed = quote.passage.text.replace("damages", "heals..")
    forged = dataclasses.replace(quote, passage=dataclasses.replace(quote.passage, text=changed),
                                 text=changed[quote.start : quote.end])  # fmt: skip
    with pytest.raises(DataError, match="word for word"):
        checked([forged], retriever.store)


def test_advice_comes_first_whether_the_sources_answer_or_not(retriever: Retriever, never: None) -> None:
    found = answer("I have crushing chest pain and cannot breathe", retriever, MEDICAL)
    assert found.heading.lines()[0].startswith("This may be an emergency.")
    assert next(iter(found.fields())) == "emergency"
    assert found.fields()["notice"] == MEDICAL.notice


def test_how_many_sentences_and_characters(retriever: Retriever) -> None:
    hits = retriever.search("gout uric acid crystals joints", 5)
    question = "gout uric acid crystals joints"
    assert len(choose(question, hits, retriever, Quoting(sentences=1))) == 1
    assert len(choose(question, hits, retriever, Quoting(characters=10))) == 1
    quotes = choose(question, hits, retriever, Quoting(least=0.0))
    assert len({quote.text for quote in quotes}) == len(quotes) > 1
    places = [(quote.passage.id, quote.start) for quote in quotes]
    passages = list(dict.fromkeys(passage for passage, _ in places))
    assert places == sorted(places, key=lambda place: (passages.index(place[0]), place[1]))
    assert max(quotes, key=lambda quote: quote.score).passage.id == passages[0]


def test_questions_and_bare_marks_are_not_quoted() -> None:
    text = "What is gout? Gout is an arthritis.\n\n- 12\n\n- Pain in a joint\n"
    assert [text[start:end] for start, end in spans_of(text)] == ["Gout is an arthritis.", "- Pain in a joint"]


def test_offsets_hold_for_texts_beyond_ascii(tmp_path: Path, always: None) -> None:
    text = "😀 Die Gicht ist schmerzhaft – sehr. Harnsäure kristallisiert in den Gelenken, und das tut weh."
    index_documents(tmp_path / "index", (str(write_records(tmp_path / "a.jsonl", [{"text": text, "title": "Gicht"}])),))
    with Retriever.open(tmp_path / "index") as retriever:
        found = answer("Was tut die Harnsäure bei Gicht?", retriever, MEDICAL)
        (citation,) = found.citations()
        for quote in citation["quotes"]:
            assert text[quote["document_start"] : quote["document_end"]] == quote["text"]
    assert found.heading.remark  # signs of an emergency are not looked for in German


def test_the_domain_of_an_index(folder: Path) -> None:
    unnamed = domain_of_index(folder)
    assert unnamed.name == "general" and unnamed.emergency("I have crushing chest pain and cannot breathe")
    choose_domain(folder, "general")
    assert domain_of_index(folder).emergency("I have crushing chest pain and cannot breathe") is None
    choose_domain(folder, "medical")
    assert domain_of_index(folder).notice == MEDICAL.notice
    with pytest.raises(ConfigError, match="did you mean 'medical'"):
        choose_domain(folder, "medcal")
    (folder / "domain.toml").write_text("name = ")
    with pytest.raises(ConfigError, match=r"domain\.toml"):
        domain_of_index(folder)


def test_a_judge_goes_through_json_unchanged() -> None:
    for judge in abstention.packaged_judges().values():
        again = Judge.from_dict(judge.as_dict())
        assert again.names == judge.names and 0 < again.threshold < 1
        assert (again.weights == judge.weights).all() and len(judge.names) == len(judge.weights)
