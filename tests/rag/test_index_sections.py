"""What an index finds, cites and leaves unanswered, against what is known of a small one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rag_documents import RECORDS

from slm.domain import load_domain
from slm.evaluation.answers import Asked
from slm.rag import abstention
from slm.rag.answering import answer
from slm.rag.held_out import index_without, subject_of, taken_out
from slm.rag.index_sections import (
    IndexQuestions,
    abstention_section,
    citation_section,
    retrieval_section,
    verbatim,
)
from slm.rag.indexing import IndexSettings, index_documents
from slm.rag.retriever import Retriever
from slm.rag.vectors import choose_encoder

ASKED = [Asked(record["question"], (f" {record['answer']}\n",)) for record in RECORDS]
NOWHERE = Asked("What is not there?", ("This stands in no document.",))
HARD = Asked("Who inherits a tendency?", (RECORDS[0]["answer"],))  # BM25 finds another page first


def quiet(what: str, done: int, total: int) -> None:
    pass


def test_right_documents_are_told_by_their_words(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        own = IndexQuestions(retriever, [*ASKED, NOWHERE])
        assert list(own.right) == [record["question"] for record in RECORDS] and own.left_out == 1
        assert list(own.only([RECORDS[2]["question"]]).right) == [RECORDS[2]["question"]]
        assert own.subjects()["Is gout inherited?"] == "gout"


def test_retrieval_counts_places(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        section, items = retrieval_section(IndexQuestions(retriever, [*ASKED, HARD]), "Retrieval")
    figures = section.figures["rankings"]["by words (BM25)"]
    assert [item["places"]["by words (BM25)"] for item in items[:4]] == [1, 1, 1, 1]
    assert items[4]["places"]["by words (BM25)"] != 1
    assert figures["recall@1"]["mean"] == pytest.approx(4 / 5)
    assert section.plots[0].rows[0].dot.value == pytest.approx(4 / 5) and section.plots[0].rows[0].ring is None
    assert "as slm search ranks" not in section.tables[0].columns, "without vectors there is one way"


def test_retrieval_beside_an_encoder(pairs_file: Path, encoder_folder: Path, tmp_path: Path) -> None:
    pairs = [json.loads(line) for line in pairs_file.read_text().splitlines()]
    index_documents(tmp_path / "index", (str(pairs_file),), IndexSettings(search_titles=False))
    choose_encoder(tmp_path / "index", encoder_folder)
    with Retriever.open(tmp_path / "index") as retriever:
        asked = [Asked(pair["question"], (pair["answer"],)) for pair in pairs[:40]]
        section, items = retrieval_section(IndexQuestions(retriever, asked), "Retrieval")
    assert section.tables[0].columns == ("", "by words (BM25)", "by vectors", "as slm search ranks")
    words, vectors, found = (
        section.figures["rankings"][way]["recall@1"]["mean"] for way in section.tables[0].columns[1:]
    )
    assert found > max(words, vectors) and len(items) == 40, (words, vectors, found)
    assert section.plots[0].rows[0].dot.value == found and section.plots[0].rows[0].ring.value == words


def test_citation_counts_quotes_and_sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = replace(abstention.packaged_judges()["words"], threshold=0.999)  # from which two of the four are answered
    monkeypatch.setattr(abstention, "judge_of", lambda retriever: judge)
    with Retriever.open(folder) as retriever:
        section, items = citation_section(IndexQuestions(retriever, ASKED), "Citation")
        found = answer("What is gout?", retriever, load_domain("general"), threshold=0.0)
        assert verbatim(retriever, found) == len(found.quotes) > 0
        moved = [replace(quote, start=quote.start + 1) for quote in found.quotes]
        assert verbatim(retriever, replace(found, quotes=tuple(moved))) == 0
    shares = section.figures["shares"]
    assert shares["quotes word for word where they say"]["share"] == 1.0
    assert shares["questions that are answered"]["share"] == sum(item["answered"] for item in items) / 4
    assert [item["answered"] for item in items] == [True, False, False, True]
    assert [item["any_right"] for item in items] == [True, False, False, True], "nothing else fits"


def test_an_index_without_a_subject_does_not_know_it(folder: Path) -> None:
    with Retriever.open(folder) as retriever:
        before = retriever.store.counts(), retriever.store.stamp
        with index_without(retriever, {"gout"}, quiet) as without:
            assert set(without.store.titles().values()) == {"Glaucoma", "Asthma"}
            assert "gout" in retriever.lexical.bm25.vocab_dict and "gout" not in without.lexical.bm25.vocab_dict
            assert not without.search("gout") and len(without.search("glaucoma")) == 1
            copied = without.place
        assert not copied.exists()
        assert (retriever.store.counts(), retriever.store.stamp) == before and len(retriever.search("gout")) == 2


def test_abstention_tells_kinds_apart(folder: Path) -> None:
    unanswerable = {"nonsense": ["Why do zebras paint?", "How many purple Tuesdays fit?"]}
    with Retriever.open(folder) as retriever:
        section, items = abstention_section(IndexQuestions(retriever, ASKED), unanswerable, 0, "Abstention")
    kinds = section.figures["kinds"]
    assert list(kinds) == ["subjects taken out", "nonsense"], "a quarter of three subjects is one"
    assert kinds["nonsense"]["area"] == 1.0 and kinds["nonsense"]["area_interval"] == (1.0, 1.0)
    assert sum(item["kind"] == "answerable" for item in items) + kinds["subjects taken out"]["questions"] == 4
    assert [row.label for row in section.plots[0].rows] == ["answerable", *kinds]
    assert section.plots[0].line == section.figures["threshold"]


def test_without_titles_no_subject_is_taken_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Retriever.open(folder) as retriever:
        own = IndexQuestions(retriever, ASKED)
        monkeypatch.setattr(own, "subjects", lambda: dict.fromkeys(own.right, ""))
        section, _ = abstention_section(own, {"nonsense": ["Why do zebras paint?"]}, 0, "Abstention")
    assert list(section.figures["kinds"]) == ["nonsense"] and "was not asked" in section.notes[3]


def test_subjects_are_words_in_any_order() -> None:
    assert subject_of("Glaucoma, the Eyes'") == subject_of("eye the glaucomas")
    names = [f"{number}" for number in range(20)]
    assert taken_out(names * 2, 3) == taken_out(names, 3) and len(taken_out(names, 3)) == 5
