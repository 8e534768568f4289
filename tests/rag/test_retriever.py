"""Searching: what is found, in which order, what stale, damaged and hostile things do to it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from damage import damaged
from rag_documents import RECORDS, WordEncoder, write_records

from slm.errors import ConfigError, DataError, ModelError
from slm.rag import vectors
from slm.rag.indexing import IndexSettings, index_documents, remove_sources
from slm.rag.passage_store import PassageStore
from slm.rag.retriever import Retriever
from slm.rag.schema import FILE


def titles(folder: Path, question: str, k: int = 10) -> list[str]:
    with Retriever.open(folder) as retriever:
        return [hit.passage.title for hit in retriever.search(question, k)]


def test_the_passage_that_answers_comes_first_and_says_where_it_stands(folder: Path, answers: Path) -> None:
    with Retriever.open(folder) as retriever:
        hits = retriever.search("Which nerve does glaucoma damage?")
    first = hits[0]
    assert first.passage.title == "Glaucoma" and first.passage.url == "https://example.org/glaucoma"
    assert first.passage.source == f"{answers}, line 2"
    assert first.ranks == {"lexical": 1} and first.score == pytest.approx(1 / 61)
    assert first.scores["lexical"] > 0
    assert [hit.ranks["lexical"] for hit in hits] == list(range(1, len(hits) + 1))


def test_stems_and_stop_words_are_of_the_language(folder: Path) -> None:
    assert titles(folder, "inheriting tendencies") == ["Gout"]
    with Retriever.open(folder) as retriever:
        assert retriever.terms("What are the tendencies of it?") == ["what", "tendenc"]


def test_documents_in_several_languages_are_found_each_in_its_own(tmp_path: Path) -> None:
    records = [
        {"text": "Die Krankheiten der Augen sind in diesem Buch beschrieben, und zwar ganz genau.", "title": "de"},
        {"text": "The diseases of the eye are described in this book, in great detail, by a doctor.", "title": "en"},
        {"text": "QX-7731 alpha", "title": "unknown"},
    ]
    path = write_records(tmp_path / "mixed.jsonl", records)
    index_documents(tmp_path / "index", (str(path),), IndexSettings(search_titles=False))
    with PassageStore.open(tmp_path / "index") as store:
        assert set(store.languages()) == {"de", "en", ""}
    assert titles(tmp_path / "index", "Welche Krankheit der Augen ist das und warum?")[0] == "de"
    assert titles(tmp_path / "index", "the disease of the eye that is in this book")[0] == "en"
    assert titles(tmp_path / "index", "QX-7731") == ["unknown"]


def test_a_word_of_an_unknown_language_is_no_rarer_than_its_stem(tmp_path: Path) -> None:
    texts = (f"Disease {n} is inherited from the parents, as the doctors of the clinic say. " * 2 for n in range(30))
    records = [{"text": text, "title": "en"} for text in texts]
    records.insert(7, {"text": "IS QX77 INHERITED", "title": "unknown"})
    index_documents(tmp_path / "index", (str(write_records(tmp_path / "a.jsonl", records)),))
    with Retriever.open(tmp_path / "index") as retriever:
        assert "" in retriever.store.languages()
        hits = retriever.search("is it inherited from the parents", 40)
    assert len(hits) == 31 and hits[-1].passage.title == "unknown"


def test_what_stands_in_quotes_must_be_there(folder: Path) -> None:
    assert titles(folder, "gout") == ["Gout", "Gout"]
    assert titles(folder, 'gout "uric acid crystals"') == ["Gout"]
    assert titles(folder, 'gout "acid uric"') == []
    assert titles(folder, "“optic nerve” „vision is lost“ glaucoma") == ["Glaucoma"]


def test_a_text_that_stands_in_many_documents_takes_one_place(tmp_path: Path) -> None:
    records = [{"text": "Inherited in a recessive pattern.", "title": f"Disease {n}"} for n in range(20)]
    path = write_records(tmp_path / "same.jsonl", [*records, {"text": "A recessive gene."}])
    index_documents(tmp_path / "index", (str(path),), IndexSettings(search_titles=False))
    assert len(titles(tmp_path / "index", "recessive pattern")) == 2


@pytest.mark.parametrize("question", ["", "  ", "\0", "\n\t"])
def test_an_empty_question_is_refused(folder: Path, question: str) -> None:
    with Retriever.open(folder) as retriever, pytest.raises(ConfigError, match="expected a question"):
        retriever.search(question)
    with Retriever.open(folder) as retriever, pytest.raises(ConfigError, match="from 1 up"):
        retriever.search("gout", 0)


@pytest.mark.parametrize(
    "question",
    [
        "the of and", "!!! ???", '"', '""', '"!!!"', "NEAR(gout, 3)", "gout AND NOT", "gout*", "^gout", "text:gout",
        "(", "'; DROP TABLE passages; --", "gout\0asthma", "\ud800", "gout \udfff", "-gout", "{gout}", '"a" "b',
        "a" * 10**6, "gout " * 200_000, '"' * 10**5, "\u202egout", "%s%n", "gout\x1b[31m", '"gout\0"',
        "“" * 1000, '"' + "a" * 10**5,
    ],
)  # fmt: skip
def test_hostile_questions_get_a_sane_answer(folder: Path, question: str) -> None:
    with Retriever.open(folder) as retriever:
        assert all(hit.passage.text for hit in retriever.search(question))
        assert retriever.store.counts()["passages"] == 4


def test_an_index_without_documents_finds_nothing(folder: Path, answers: Path) -> None:
    remove_sources(folder, (str(answers),))
    assert titles(folder, "gout") == []


def test_an_open_retriever_follows_the_index(folder: Path, answers: Path) -> None:
    with Retriever.open(folder) as retriever:
        assert retriever.search("asthma")
        write_records(answers, [*RECORDS[:2], {"text": "Penguins live in the south.", "title": "Birds"}])
        index_documents(folder, (str(answers),))
        assert not retriever.search("asthma")
        assert [hit.passage.title for hit in retriever.search("penguins")] == ["Birds"]


def test_there_must_be_an_index(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"make one: slm index DOCUMENTS --out"):
        Retriever.open(tmp_path / "none")


def test_an_index_of_a_later_version_or_of_another_program_is_refused(folder: Path) -> None:
    with PassageStore.open_for_writing(folder) as store:
        store.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="update slm"):
        Retriever.open(folder)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA application_id = 5")
    with pytest.raises(DataError, match="another program"):
        Retriever.open(folder)


def test_a_damaged_index_is_refused_in_one_line_or_answers_as_before(folder: Path) -> None:
    path = folder / FILE
    content = path.read_bytes()
    expected = titles(folder, "gout uric acid")
    for seed in range(60):
        shutil.rmtree(folder / "derived", ignore_errors=True)
        path.write_bytes(damaged(content, seed, len(content)))
        try:
            found = titles(folder, "gout uric acid")
        except DataError as error:
            assert "\n" not in str(error) and ("slm index" in str(error) or "slm" in str(error))
        else:
            assert found == expected or set(found) <= {"Gout", "Glaucoma", "Asthma"}


def test_damaged_text_is_never_shown(folder: Path) -> None:
    path = folder / FILE
    content = path.read_bytes()
    assert content.count(b"Uric acid crystals") == 1
    path.write_bytes(content.replace(b"Uric acid crystals", b"Uric acid bicycles"))
    with pytest.raises(DataError, match="passage 1 is damaged"):
        titles(folder, "gout")


def test_derived_files_are_made_again_when_they_are_lost_damaged_or_stale(folder: Path) -> None:
    expected = titles(folder, "gout uric acid")
    lexical = folder / "derived" / "lexical"
    names = [path.name for path in lexical.iterdir()]
    assert len(names) > 5
    for seed, name in enumerate(names):
        content = (lexical / name).read_bytes()
        (lexical / name).write_bytes(damaged(content, seed, len(content)) + b"x")
        assert titles(folder, "gout uric acid") == expected
        assert (lexical / name).read_bytes() == content or name == "manifest.json"
        (lexical / name).unlink()
        assert titles(folder, "gout uric acid") == expected
    assert titles(folder, "gout uric acid") == expected


# Vectors


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> WordEncoder:
    encoder = WordEncoder()
    monkeypatch.setattr(vectors, "load_encoder", lambda folder: encoder)
    monkeypatch.setattr("slm.rag.folder_ranks.open_reranker", lambda folder: None)
    return encoder


@pytest.fixture
def with_vectors(folder: Path, tmp_path: Path, encoder: WordEncoder) -> Path:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "weights").write_bytes(b"w")
    vectors.choose_encoder(folder, tmp_path / "encoder")
    return folder


def test_vectors_are_a_ranking_of_their_own_and_fused(with_vectors: Path) -> None:
    with Retriever.open(with_vectors) as retriever:
        hits = retriever.search("What is gout?")
    assert hits[0].passage.title == "Gout" and set(hits[0].ranks) == {"lexical", "vectors"}
    assert hits[0].score == pytest.approx(sum(1 / (60 + rank) for rank in hits[0].ranks.values()))
    assert len(hits) == 4  # vectors rank every passage
    assert (with_vectors / "encoder" / "weights").read_bytes() == b"w"


def test_only_what_changed_is_encoded(with_vectors: Path, answers: Path, encoder: WordEncoder) -> None:
    Retriever.open(with_vectors).close()
    Retriever.open(with_vectors).close()
    assert encoder.encoded == 4
    write_records(answers, [{"text": "Penguins live in the south.", "title": "Birds"}, *RECORDS[1:]])
    index_documents(with_vectors, (str(answers),))
    with Retriever.open(with_vectors) as retriever:
        assert encoder.encoded == 5
        assert retriever.search("penguins live south")[0].passage.title == "Birds"
        rows = encoder.encode([text.text for text in retriever.store.searched()])
        assert retriever.vectors.matrix == pytest.approx(rows)


def test_damaged_vectors_are_made_again(with_vectors: Path, encoder: WordEncoder) -> None:
    Retriever.open(with_vectors).close()
    path = with_vectors / "derived" / "vectors" / "matrix.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-5] + b"\x7f\x7f\x7f\x7f\x7f")
    Retriever.open(with_vectors).close()
    assert path.read_bytes() == content and encoder.encoded == 8


def test_another_encoder_means_other_vectors_and_a_lost_one_is_an_error(
    with_vectors: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    Retriever.open(with_vectors).close()
    encoder.fingerprint = "words-2"
    with pytest.raises(ModelError, match="choose one anew"):
        Retriever.open(with_vectors)
    vectors.choose_encoder(with_vectors, tmp_path / "encoder")
    Retriever.open(with_vectors).close()
    assert encoder.encoded == 8


def test_an_index_without_documents_has_no_vectors(with_vectors: Path, answers: Path) -> None:
    remove_sources(with_vectors, (str(answers),))
    assert titles(with_vectors, "gout") == []


# Torch


def test_a_question_is_answered_without_torch(folder: Path) -> None:
    code = (
        "import sys\nfrom slm.rag.retriever import Retriever\n"
        f"hits = Retriever.open({str(folder)!r}).search('What is gout?')\n"
        "assert hits\nprint(sorted({'torch', 'transformers', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
