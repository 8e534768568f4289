"""An index on a real server is the same index as in a folder: incremental, exact deletes, whole or not at all.

All that is asked of the one is asked of the other, and the answers are compared.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from rag_documents import RECORDS, WordEncoder, write_records

from slm.errors import DataError
from slm.rag import stores, vectors
from slm.rag.held_out import index_without
from slm.rag.index_domain import choose_domain, domain_of
from slm.rag.indexing import IndexReport, IndexSettings, index_documents, refresh_index, remove_sources
from slm.rag.places import Address, Place
from slm.rag.postgres.schema import connect
from slm.rag.retriever import Retriever

pytestmark = pytest.mark.slow  # a server starts in seconds
pytest.importorskip("bm25s")

QUESTIONS = (
    "gout uric acid", "What are the symptoms of glaucoma?", 'joints "uric acid crystals"', "zebra", "the of and",
    "recessive pattern of asthma", "inherited inherited inherit", '"vision is lost" asthma', "Bücher über Gicht",
    "is gout, or acid, inherited? '; DROP TABLE passages; --", '"%s" gout\\', "\u4e2d\u6587\u7b14",
)  # fmt: skip


def state(place: Place) -> list[tuple]:
    """All that an index says of its documents, whatever their numbers; checks that its parts agree."""
    with stores.open_store(place) as store:
        found = []
        for number, title in store.titles().items():
            text, passages = store.document_text(number), store.passages_of(number)
            assert all(text[passage.start : passage.end] == passage.text for passage in passages)
            found.append((text, title, [(one.heading, one.text, one.url, one.source) for one in passages]))
        assert store.counts()["documents"] == len(found)
        assert store.counts()["passages"] == sum(len(passages) for *_, passages in found)
        return sorted(found)


def derived(address: Address) -> dict[str, list[tuple]]:
    """What is kept of the searched texts, by words in place of numbers: the same for the same passages."""
    connection = connect(address)
    queries = {
        "postings": "SELECT terms.term, texts.digest, times, postings.length FROM postings "
        "JOIN terms ON terms.id = postings.term JOIN texts ON texts.id = postings.text",
        "terms": "SELECT term, texts, unstemmed FROM terms",
        "texts": "SELECT digest, language, words::text, length, cardinality(terms) FROM texts",
        "places": "SELECT texts.digest, count(*) FROM places JOIN texts ON texts.id = text "
        "JOIN searched ON searched.id = passage GROUP BY 1",
        "sizes": "SELECT key, value FROM about WHERE key IN ('texts', 'words')",
    }  # fmt: skip
    try:
        return {name: sorted(connection.execute(query).fetchall()) for name, query in queries.items()}
    finally:
        connection.close()


def ranked(place: Place) -> list[list[tuple]]:
    """What each question finds, with ranks and scores, in an order that equal scores do not change."""
    with Retriever.open(place) as retriever:
        return [
            sorted(
                (round(-hit.score, 4), hit.passage.text, sorted(hit.ranks), sorted(
                    (name, round(score, 3)) for name, score in hit.scores.items()))
                for hit in retriever.search(question, 50)
            )
            for question in QUESTIONS
        ]  # fmt: skip


def figures(report: IndexReport) -> tuple[int, int, int, int]:
    return report.files_read, report.documents_added, report.documents_removed, report.documents_kept


@pytest.fixture
def on_server(address: Address, answers: Path) -> Address:
    index_documents(address, (str(answers),))
    return address


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WordEncoder:
    encoder = WordEncoder()
    monkeypatch.setattr(vectors, "load_encoder", lambda folder: encoder)
    monkeypatch.setattr("slm.rag.folder_ranks.open_reranker", lambda folder: None)
    monkeypatch.setattr("slm.rag.postgres.ranks.Reranker.load", lambda folder: None)
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "weights").write_bytes(b"w\0w")
    return encoder


def test_it_holds_and_finds_what_a_folder_does(on_server: Address, folder: Path) -> None:
    assert state(on_server) == state(folder)
    assert ranked(on_server) == ranked(folder)
    assert any(ranked(folder)), "something is found at all"


def test_random_changes_leave_what_a_fresh_index_would_hold(tmp_path: Path, address: Address) -> None:
    draw = random.Random(3)
    documents, fresh = tmp_path / "documents", Address(address.connection, f"{address.schema}_f", "fresh")
    documents.mkdir()
    texts = [
        "Some words here. ",
        "Quelques mots sur la goutte. ",
        "Inherited words, an' \\ accent: né. ",
        "痛风是什么。",
    ]
    for number in range(8):
        for _ in range(5):
            path = documents / f"{draw.randrange(9)}.md"
            if path.exists() and draw.random() < 0.4:
                path.unlink()
            else:
                path.write_text(f"# Title {draw.randrange(3)}\n\n" + draw.choice(texts) * draw.randrange(1, 120))
        (documents / "always.txt").write_text(f"This one stays, {number}.")
        settings = IndexSettings(search_titles=number % 3 != 2)
        index_documents(address, (str(documents),), settings)
        index_documents(tmp_path / "folder", (str(documents),), settings)
        assert state(address) == state(tmp_path / "folder")
    assert ranked(address) == ranked(tmp_path / "folder")
    index_documents(fresh, (str(documents),), settings)
    try:
        assert derived(address) == derived(fresh)
    finally:
        connection = connect(fresh)
        connection.execute(f"DROP SCHEMA {fresh.schema} CASCADE")
        connection.close()


def test_only_what_changed_is_read_and_removal_is_exact(on_server: Address, answers: Path, tmp_path: Path) -> None:
    with stores.open_store(on_server) as store:
        stamp, titles = store.stamp, store.titles()
    assert figures(index_documents(on_server, (str(answers),))) == (0, 0, 0, 4)
    with stores.open_store(on_server) as store:
        assert store.stamp == stamp
    write_records(answers, [{**RECORDS[0], "answer": "Another text about gout."}, *RECORDS[1:]])
    assert figures(refresh_index(on_server)) == (1, 1, 1, 3)
    with stores.open_store(on_server) as store:
        assert len(store.titles().keys() & titles.keys()) == 3 and store.stamp != stamp
    with pytest.raises(DataError, match="found nothing of it"):
        remove_sources(on_server, (str(answers), "nowhere.txt"))
    assert len(state(on_server)) == 4
    assert remove_sources(on_server, (str(answers),)).documents_removed == 4
    assert state(on_server) == [] and not any(ranked(on_server))
    assert {name: rows for name, rows in derived(on_server).items() if rows} == {
        "sizes": [("texts", "0"), ("words", "0")]
    }


def test_a_text_in_many_documents_takes_one_place(tmp_path: Path, address: Address) -> None:
    records = [{"text": "Inherited in a recessive pattern.", "title": f"Disease {n}"} for n in range(20)]
    path = write_records(tmp_path / "same.jsonl", [*records, {"text": "A recessive gene."}])
    index_documents(address, (str(path),), IndexSettings(search_titles=False))
    with Retriever.open(address) as retriever:
        assert len(retriever.search("recessive pattern")) == 2
        write_records(path, records[5:])
        index_documents(address, (str(path),), IndexSettings(search_titles=False))
        (hit,) = retriever.search("recessive pattern")  # an open retriever follows the index
        assert hit.passage.title == "Disease 5"


# Vectors and what lies beside


@pytest.mark.parametrize("graph", [False, True])
def test_vectors_are_fused_as_in_a_folder_and_only_new_texts_are_encoded(
    on_server: Address, folder: Path, answers: Path, tmp_path: Path, encoder: WordEncoder, graph: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if graph:  # HNSW, which misses nothing where there is next to nothing
        monkeypatch.setattr("slm.rag.postgres.derived.MOST_COMPARED", 0)
    for place in (on_server, folder):
        vectors.choose_encoder(place, tmp_path / "encoder")
    before = encoder.encoded
    assert ranked(on_server) == ranked(folder)
    with connect(on_server) as connection:
        graphs = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE schemaname = %s AND indexdef LIKE '%%hnsw%%'", (on_server.schema,)
        )
        assert graphs.fetchone() == (int(graph),)
    with stores.open_store(on_server) as store, store.beside("encoder") as beside:
        assert (beside / "encoder" / "weights").read_bytes() == b"w\0w"
    write_records(answers, [{"text": "Penguins live in the south.", "title": "Birds"}, *RECORDS[1:]])
    before = encoder.encoded
    index_documents(on_server, (str(answers),))
    assert encoder.encoded == before + 1
    index_documents(folder, (str(answers),))
    assert ranked(on_server) == ranked(folder)


def test_another_encoder_means_other_vectors(on_server: Address, tmp_path: Path, encoder: WordEncoder) -> None:
    vectors.choose_encoder(on_server, tmp_path / "encoder")
    with Retriever.open(on_server) as reader:
        table = reader.vectors.table
        encoder.fingerprint = "words-2"
        vectors.choose_encoder(on_server, tmp_path / "encoder")
        assert set(reader.search("gout")[0].ranks) == {"lexical", "vectors"}  # by the new table
        assert reader.vectors.table != table
        tables = reader.store.query("SELECT tablename FROM pg_tables WHERE schemaname = %s", (on_server.schema,))
        assert [name for (name,) in tables if name.startswith("vectors_")] == [reader.vectors.table]


def test_domain_and_subjects_taken_out(on_server: Address) -> None:
    with Retriever.open(on_server) as retriever:
        assert domain_of(retriever.store).settings.emergency
        choose_domain(on_server, "general")
        assert not domain_of(retriever.store).settings.emergency
        before = retriever.store.counts(), retriever.store.stamp
        with index_without(retriever, {"gout"}, lambda *_: None) as without:
            assert set(without.store.titles().values()) == {"Glaucoma", "Asthma"}
            assert without.lexical.counts(["gout"])[0] == 0 and without.lexical.size == 2
            assert not without.search("gout") and len(without.search("glaucoma")) == 1
            assert retriever.search("gout"), "nobody else sees it"
        assert (retriever.store.counts(), retriever.store.stamp) == before and len(retriever.search("gout")) == 2


# Several at once, and a stop at any moment


def test_a_second_writer_is_refused_and_readers_go_on(on_server: Address, answers: Path) -> None:
    write_records(answers, RECORDS[:1])
    with stores.open_for_writing(on_server) as store, store.changing():
        store.remove_documents(list(store.titles()))
        with pytest.raises(DataError, match="another slm index is writing"):
            index_documents(on_server, (str(answers),))
        with stores.open_store(on_server) as reader:
            assert reader.counts()["documents"] == 4
    assert len(state(on_server)) == 0


KILLED = """
import os, signal, sys
from slm.rag.indexing import index_documents
from slm.rag.places import place_of
from slm.rag.postgres import derived, store
owner = {"store": store.PostgresStore, "derived": derived.Derived}[sys.argv[3]]
method, calls = sys.argv[4], int(sys.argv[5])
plain = getattr(owner, method)
def until_killed(*arguments, **named):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*arguments, **named)
setattr(owner, method, until_killed)
index_documents(place_of(sys.argv[1]), (sys.argv[2],))
"""


@pytest.mark.parametrize(
    ("owner", "method", "calls", "new"),
    [
        ("store", "add_document", 700, False), ("store", "remove_documents", 0, False),
        ("derived", "_place", 0, False), ("derived", "_count_terms", 0, False), ("store", "_tell_planner", 0, True),
    ],
)  # fmt: skip
def test_killed_at_a_moment_it_is_the_old_or_the_new_one_and_the_next_run_completes(
    on_server: Address, folder: Path, answers: Path, owner: str, method: str, calls: int, new: bool
) -> None:
    before = state(on_server), ranked(on_server)
    write_records(answers, [{"text": f"Text number {n}. " * 9} for n in range(800)] + RECORDS[2:])
    words = [sys.executable, "-c", KILLED, str(on_server), str(answers), owner, method, str(calls)]
    assert subprocess.run(words, check=False).returncode == -9
    index_documents(folder, (str(answers),))
    if new:
        assert state(on_server) == state(folder)
    else:
        assert (state(on_server), ranked(on_server)) == before
    _when_free(lambda: index_documents(on_server, (str(answers),)))
    assert state(on_server) == state(folder) and ranked(on_server) == ranked(folder)


def _when_free(change) -> None:
    """The server has to notice first that the one that was killed is gone."""
    import time

    for _ in range(50):
        try:
            change()
            return
        except DataError as error:
            assert "another slm index is writing" in str(error)
            time.sleep(0.1)
    raise AssertionError("the lock of a killed writer stays")
