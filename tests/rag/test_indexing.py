"""Indexing: only what changed is read, deletes are exact, and a stop at any moment leaves the old state or the new."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rag_documents import RECORDS, write_records

from slm.errors import ConfigError, DataError
from slm.rag.indexing import IndexReport, IndexSettings, index_documents, refresh_index, remove_sources
from slm.rag.passage_store import PassageStore


def state(folder: Path) -> list[tuple]:
    """All that an index says of its documents, whatever their numbers; checks that its parts agree."""
    with PassageStore.open(folder) as store:
        integrity = PassageStore.open_for_writing(folder)
        integrity.connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        integrity.close()
        documents = store.connection.execute("SELECT id, title, url, language FROM documents").fetchall()
        found = []
        for number, *about in documents:
            text = store.document_text(number)
            passages = store.passages_of(number)
            assert all(text[passage.start : passage.end] == passage.text for passage in passages)
            assert [passage.position for passage in passages] == list(range(len(passages)))
            found.append((text, *about, [(passage.heading, passage.text, passage.source) for passage in passages]))
        total = sum(len(passages) for *_, passages in found)
        assert store.counts() == {
            "files": store.counts()["files"], "documents": len(found), "passages": total,
        }  # fmt: skip
        assert store.connection.execute("SELECT count(*) FROM words_docsize").fetchone()[0] == total
        return sorted(found)


def stamp(folder: Path) -> str:
    with PassageStore.open(folder) as store:
        return store.stamp


def figures(report: IndexReport) -> tuple[int, int, int, int]:
    return report.files_read, report.documents_added, report.documents_removed, report.documents_kept


def test_nothing_is_read_twice(folder: Path, answers: Path) -> None:
    before = stamp(folder)
    assert figures(index_documents(folder, (str(answers),))) == (0, 0, 0, 4)
    os.utime(answers, ns=(1, 1))  # another time, the same content
    assert figures(index_documents(folder, (str(answers),))) == (0, 0, 0, 4)
    assert stamp(folder) == before


def test_one_changed_record_is_one_document(folder: Path, answers: Path) -> None:
    with PassageStore.open(folder) as store:
        numbers = {document.title: document.document for document in store.passages(range(1, 9))}
    changed = [{**RECORDS[0], "answer": "Another text about gout."}, *RECORDS[1:]]
    write_records(answers, changed)
    assert figures(index_documents(folder, (str(answers),))) == (1, 1, 1, 3)
    assert state(folder) == fresh_state(folder.parent / "fresh", answers)
    with PassageStore.open(folder) as store:
        kept = {document.title: document.document for document in store.passages(range(1, 99))}
    assert kept["Glaucoma"] == numbers["Glaucoma"]


def fresh_state(folder: Path, *sources: Path) -> list[tuple]:
    index_documents(folder, tuple(map(str, sources)))
    return state(folder)


def test_records_that_moved_are_kept_and_say_where_they_are(folder: Path, answers: Path) -> None:
    write_records(answers, [{"text": "A new first line of text."}, *RECORDS[:2]])
    assert figures(index_documents(folder, (str(answers),))) == (1, 1, 2, 2)
    assert any("line 2" in source for *_, passages in state(folder) for _, _, source in passages)
    assert state(folder) == fresh_state(folder.parent / "fresh", answers)


def test_fifty_random_changes_leave_what_a_fresh_index_would_hold(tmp_path: Path) -> None:
    import random

    draw = random.Random(2)
    documents, folder = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    (documents / "always.txt").write_text("This one stays.")
    for number in range(13):
        for _ in range(4):
            path = documents / f"{draw.randrange(8)}.md"
            if path.exists() and draw.random() < 0.4:
                path.unlink()
            else:
                path.write_text(f"# Title {draw.randrange(3)}\n\n" + "Some words here. " * draw.randrange(1, 200))
                os.utime(path, ns=(number * 10**9 + 1, number * 10**9 + draw.randrange(10**9)))
        index_documents(folder, (str(documents),))
        if number % 6 == 0 or number == 12:
            assert state(folder) == fresh_state(tmp_path / f"fresh-{number}", documents)


def test_files_that_are_gone_from_a_source_are_gone_and_other_sources_stay(tmp_path: Path) -> None:
    documents, folder = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    for name in ("a", "b"):
        (documents / f"{name}.txt").write_text(f"The text of {name}.")
    other = tmp_path / "other.txt"
    other.write_text("Another source.")
    index_documents(folder, (str(documents),))
    assert index_documents(folder, (str(other),)).documents_removed == 0
    (documents / "a.txt").unlink()
    assert figures(index_documents(folder, (str(documents),))) == (0, 0, 1, 1)
    assert [text for text, *_ in state(folder)] == ["Another source.", "The text of b."]


def test_a_file_that_was_named_alone_goes_when_it_is_gone_from_its_folder(tmp_path: Path) -> None:
    documents, folder = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    for name in ("a", "b"):
        (documents / f"{name}.txt").write_text(f"The text of {name}.")
    index_documents(folder, (str(documents / "a.txt"),))
    assert figures(index_documents(folder, (str(documents),))) == (1, 1, 0, 1)
    (documents / "a.txt").unlink()
    index_documents(folder, (str(documents / "b.txt"),))
    assert len(state(folder)) == 2  # nobody asked about a.txt
    assert index_documents(folder, (str(documents),)).documents_removed == 1


def test_a_file_whose_name_is_not_utf8_is_listed(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "good.txt").write_text("A good text.")
    with open(os.fsencode(tmp_path / "documents") + b"/\xff.txt", "w") as file:
        file.write("Text.")
    report = index_documents(tmp_path / "index", (str(tmp_path / "documents"),))
    assert [reason for _, reason in report.unreadable] == ["its name is not UTF-8; rename it"]
    assert len(state(tmp_path / "index")) == 1


def test_without_sources_all_are_brought_up_to_date_and_one_that_is_away_keeps_its_passages(
    tmp_path: Path, folder: Path, answers: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("One. ### Two.")
    index_documents(folder, (str(text),), IndexSettings(separator="###", search_titles=False))
    answers.unlink()
    text.write_text("One. ### Three. ### Four.")
    report = refresh_index(folder)
    assert figures(report)[1:3] == (2, 1)
    assert [name for name, _ in report.unreadable] == [str(answers)]
    assert len(state(folder)) == 4 + 3


def test_removal_is_exact_and_asks_for_what_is_there(folder: Path, tmp_path: Path, answers: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("One.")
    index_documents(folder, (str(text),))
    with pytest.raises(DataError, match="found nothing of it"):
        remove_sources(folder, (str(text), "nowhere.txt"))
    assert len(state(folder)) == 5  # whole or not at all
    assert remove_sources(folder, (str(answers),)).documents_removed == 4
    assert [text for text, *_ in state(folder)] == ["One."]
    assert remove_sources(folder, (str(tmp_path),)).documents_removed == 1
    assert state(folder) == []


def test_what_cannot_be_read_is_listed_and_the_rest_is_indexed(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "good.txt").write_text("A good text.")
    (documents / "half.jsonl").write_text('{"text": "A good line."}\nno json\n{"text": 5}\n{"text": "Another."}\n')
    (documents / "columns.jsonl").write_text('{"wrong": "A line."}\n')
    (documents / "broken.txt.gz").write_bytes(gzip.compress(b"x" * 10000)[:20])
    (documents / "latin.txt").write_bytes("é".encode("latin-1"))
    (documents / "fake.pdf").write_bytes(b"no pdf")
    (documents / "fake.docx").write_bytes(b"no docx")
    report = index_documents(tmp_path / "index", (str(documents),))
    assert [text for text, *_ in state(tmp_path / "index")] == ["A good line.", "A good text.", "Another."]
    reasons = {Path(name).name: reason for name, reason in report.unreadable}
    assert set(reasons) == {"half.jsonl", "columns.jsonl", "broken.txt.gz", "latin.txt", "fake.pdf", "fake.docx"}
    assert "line 2" in reasons["half.jsonl"] and "and 1 more" in reasons["half.jsonl"]
    assert "--column text=NAME" in reasons["columns.jsonl"]
    again = index_documents(tmp_path / "index", (str(documents),))
    assert {Path(name).name for name, _ in again.unreadable} == set(reasons)


def test_a_file_that_breaks_keeps_what_it_held_until_it_is_whole_again(tmp_path: Path) -> None:
    path, folder = tmp_path / "records.jsonl.gz", tmp_path / "index"
    lines = "".join(f'{{"text": "Number {n} of them, {n * 7919}."}}\n' for n in range(1000)).encode()
    path.write_bytes(gzip.compress(lines))
    index_documents(folder, (str(path),))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    report = index_documents(folder, (str(path),))
    assert report.unreadable and report.documents_removed == 0
    assert len(state(folder)) == 1000
    path.write_bytes(gzip.compress(lines[: lines.index(b"\n") + 1]))
    assert index_documents(folder, (str(path),)).documents_removed == 999


def test_the_same_record_twice_in_a_file_is_one_document(tmp_path: Path) -> None:
    path = write_records(tmp_path / "twice.jsonl", [RECORDS[0], RECORDS[1], RECORDS[0]])
    report = index_documents(tmp_path / "index", (str(path),))
    assert (report.documents_added, report.duplicates) == (2, 1)


def test_built_in_samples_can_be_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"question": "What is it?", "response": "It is gout."}, {"question": "And that?", "response": "Asthma."}]
    monkeypatch.setattr("slm.data.samples.read_samples", lambda name: iter(records))
    report = index_documents(tmp_path / "index", ("samples:medical",))
    assert report.documents_added == 2
    assert index_documents(tmp_path / "index", ("samples:medical",)).files_read == 0
    assert [title for _, title, *_ in state(tmp_path / "index")] == ["And that?", "What is it?"]


def test_another_way_of_reading_reads_anew(folder: Path, answers: Path) -> None:
    settings = IndexSettings(columns={"text": "question"})
    assert figures(index_documents(folder, (str(answers),), settings))[1:3] == (4, 4)
    with pytest.raises(ConfigError, match="no field of a document"):
        index_documents(folder, (str(answers),), IndexSettings(columns={"txt": "question"}))


def test_titles_are_searched_or_not_as_it_was_said_last(folder: Path, answers: Path) -> None:
    with PassageStore.open(folder) as store:
        assert len(store.having(["Asthma"])) == 1
    index_documents(folder, (str(answers),), IndexSettings(search_titles=False))
    with PassageStore.open(folder) as store:
        assert store.having(["Asthma"]) == [] and len(store.having(["open the airways"])) == 1
    state(folder)


def test_a_second_writer_is_refused_in_one_line(folder: Path, answers: Path, monkeypatch) -> None:
    monkeypatch.setattr("slm.rag.schema.SECONDS_TO_WAIT", 0.05)
    write_records(answers, RECORDS[:1])
    with PassageStore.open_for_writing(folder) as store, store.changing():
        with pytest.raises(DataError, match="another slm index is writing"):
            index_documents(folder, (str(answers),))
        with PassageStore.open(folder) as reader:  # a reader sees the state before
            assert reader.counts()["documents"] == 4


KILLED = """
import os, signal, sys
from pathlib import Path
from slm.rag import passage_store
from slm.rag.indexing import index_documents
method, calls = sys.argv[3], int(sys.argv[4])
plain = getattr(passage_store.PassageStore, method)
def until_killed(*arguments):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*arguments)
setattr(passage_store.PassageStore, method, until_killed)
index_documents(Path(sys.argv[1]), (sys.argv[2],))
"""


@pytest.mark.parametrize(
    ("method", "calls", "new"),
    [
        ("add_document", 40, False), ("close", 0, True),
        pytest.param("remove_documents", 0, False, marks=pytest.mark.slow),
        pytest.param("stamp_anew", 0, False, marks=pytest.mark.slow),
    ],
)
def test_killed_at_a_moment_the_index_is_the_old_or_the_new_one_and_the_next_run_completes(
    tmp_path: Path, folder: Path, answers: Path, method: str, calls: int, new: bool
) -> None:
    before = state(folder)
    write_records(answers, [{"text": f"Text number {n}. " * 50} for n in range(60)] + RECORDS[2:])
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(answers), method, str(calls)], check=False)
    assert killed.returncode == -9
    wanted = fresh_state(tmp_path / "fresh", answers)
    shutil.copytree(folder, tmp_path / "copy")
    assert state(tmp_path / "copy") == (wanted if new else before)
    index_documents(folder, (str(answers),))
    assert state(folder) == wanted


def test_a_new_index_killed_in_the_middle_is_no_index(tmp_path: Path, answers: Path) -> None:
    folder = tmp_path / "new"
    subprocess.run([sys.executable, "-c", KILLED, str(folder), str(answers), "add_document", "2"], check=False)
    with pytest.raises(DataError, match="the index is empty; make it: slm index"):
        PassageStore.open(folder)
    assert figures(index_documents(folder, (str(answers),))) == (1, 4, 0, 0)
