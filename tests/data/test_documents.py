"""The stream of documents: what comes out, in which split, and what is said of what does not."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.config_files import from_dict
from slm.data.documents import DocumentsConfig, DocumentStream, open_documents
from slm.errors import ConfigError, DataError


def stories(start: int, end: int) -> list[dict]:
    return [{"text": f"Story number {number}."} for number in range(start, end)]


def write_jsonl(path: Path, records: list[dict]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def read(config: DocumentsConfig) -> tuple[dict[str, list[dict]], DocumentStream]:
    stream = open_documents(config)
    splits: dict[str, list[dict]] = {"train": [], "validation": []}
    for split, record in stream:
        splits[split].append(record)
    return splits, stream


def texts(records: list[dict]) -> list[str]:
    return [record["text"] for record in records]


# What comes out


def test_one_document_in_twenty_is_held_out_and_every_other_trains(tmp_path: Path):
    source = write_jsonl(tmp_path / "a.jsonl", stories(0, 200))
    splits, stream = read(DocumentsConfig(source=source, seed=1))
    assert len(splits["validation"]) == 10
    assert sorted(texts(splits["train"] + splits["validation"])) == sorted(texts(stories(0, 200)))
    assert (stream.counts.read, stream.counts.train, stream.counts.validation) == (200, 190, 10)
    assert read(DocumentsConfig(source=source, seed=1))[0] == splits
    assert read(DocumentsConfig(source=source, seed=2))[0] != splits


def test_a_stream_can_be_read_again_with_the_same_result(tmp_path: Path):
    stream = open_documents(DocumentsConfig(source=write_jsonl(tmp_path / "a.jsonl", stories(0, 50) * 2)))
    first, counts = list(stream), stream.counts
    assert list(stream) == first
    assert stream.counts == counts and counts.duplicates == 50


def test_empty_documents_and_duplicates_are_dropped_and_counted(tmp_path: Path):
    records = [{"text": text} for text in ("a", " ", "b\r\nc ", "", None, "b\nc", "a", "d")]
    splits, stream = read(DocumentsConfig(source=write_jsonl(tmp_path / "a.jsonl", records), holdout=0.25))
    assert sorted(texts(splits["train"] + splits["validation"])) == ["a", "b\nc", "d"]
    assert (stream.counts.read, stream.counts.empty, stream.counts.duplicates) == (8, 3, 2)


def test_training_copies_of_validation_documents_are_dropped(tmp_path: Path):
    config = DocumentsConfig(
        source=write_jsonl(tmp_path / "train.jsonl", stories(0, 30)),
        validation=write_jsonl(tmp_path / "valid.jsonl", stories(20, 40)),
    )
    splits, stream = read(config)
    assert texts(splits["validation"]) == texts(stories(20, 40))
    assert texts(splits["train"]) == texts(stories(0, 20))
    assert stream.counts.duplicates == 10


SOME_TEXTS = ["", " ", "a", "a ", "b", "\ud800", "c\r\nd", "\ud83d\ude00"]


@given(st.lists(st.sampled_from(SOME_TEXTS)), st.integers(0, 3))
def test_every_document_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, some: list[str], beyond: int):
    records = [{"text": text} for text in ["x", "y", *some, "z"]]
    source = write_jsonl(tmp_path_factory.mktemp("files") / "a.jsonl", records)
    stream = open_documents(DocumentsConfig(source=source, limit=2 + len(some) + beyond))
    kept = list(stream)
    counts = stream.counts
    assert counts.read == 2 + len(some) + min(beyond, 1)
    assert counts.read == counts.empty + counts.duplicates + counts.train + counts.validation
    assert len(kept) == len({record["text"] for _, record in kept}) == counts.train + counts.validation
    for _, record in kept:
        assert record["text"] == record["text"].strip().encode().decode() != ""


def test_questions_come_with_reasoning_where_there_is_one(tmp_path: Path):
    medical = [{"Question": f"q{n}", "Complex_CoT": f"c{n}", "Response": f"r{n}"} for n in range(2)]
    alpaca = [
        {"instruction": "Add.", "input": "1 and 2", "output": "3"},
        {"instruction": "Greet.", "input": "", "output": "Hello."},
        {"instruction": "", "input": "", "output": "no question"},
        {"instruction": "No answer?", "input": "", "output": " "},
    ]
    config = DocumentsConfig(
        source=(write_jsonl(tmp_path / "m.jsonl", medical), write_jsonl(tmp_path / "a.jsonl", alpaca)),
        kind="question_answer",
        holdout=0.5,
    )
    splits, stream = read(config)
    documents = sorted(splits["train"] + splits["validation"], key=lambda record: record["response"])
    assert documents == [
        {"question": "Add.\n1 and 2", "reasoning": "", "response": "3"},
        {"question": "Greet.", "reasoning": "", "response": "Hello."},
        {"question": "q0", "reasoning": "c0", "response": "r0"},
        {"question": "q1", "reasoning": "c1", "response": "r1"},
    ]
    assert stream.counts.empty == 2


def test_records_that_differ_in_one_field_are_no_duplicates(tmp_path: Path):
    records = [
        {"question": "a", "reasoning": "b", "answer": "c"},
        {"question": "a", "reasoning": "", "answer": "c"},
        {"question": "a", "reasoning": "c", "answer": "b"},
        {"question": "ab", "reasoning": "", "answer": "c"},
        {"question": "a", "reasoning": "b", "answer": "c"},
    ]
    config = DocumentsConfig(source=write_jsonl(tmp_path / "a.jsonl", records), kind="question_answer")
    assert read(config)[1].counts.duplicates == 1


def test_limit_reads_so_many_documents_of_the_training_source(tmp_path: Path):
    config = DocumentsConfig(
        source=write_jsonl(tmp_path / "a.jsonl", stories(0, 30)),
        validation=write_jsonl(tmp_path / "b.jsonl", stories(50, 59)),
        limit=7,
    )
    splits, _ = read(config)
    assert (len(splits["train"]), len(splits["validation"])) == (7, 9)


def test_bad_lines_before_the_limit_are_counted(tmp_path: Path):
    source = write_jsonl(tmp_path / "a.jsonl", stories(0, 30))
    Path(source).write_text("{\n" + Path(source).read_text(encoding="utf-8"), encoding="utf-8")
    _, stream = read(DocumentsConfig(source=source, limit=7))
    assert (stream.counts.read, len(stream.counts.unreadable)) == (7, 1)


# Where it comes from


def test_folders_are_read_with_their_folders_in_order_and_without_hidden_files(tmp_path: Path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "b" / "2.md").write_text("two", encoding="utf-8")
    (tmp_path / "1.txt").write_text("one<|endoftext|>one more", encoding="utf-8")
    (tmp_path / "3.html").write_text("<p>three</p>", encoding="utf-8")
    (tmp_path / "b" / "4.exe").write_bytes(b"MZ")
    (tmp_path / ".git" / "5.txt").write_text("hidden", encoding="utf-8")
    write_jsonl(tmp_path / "c.jsonl", [{"text": "four"}])
    splits, stream = read(DocumentsConfig(source=tmp_path, validation=tmp_path / "3.html"))
    assert texts(splits["train"]) == ["one", "one more", "four", "two"]
    assert stream.sources[1]["skipped"] == [str(tmp_path / "b" / "4.exe")]
    assert "1 files of unknown kind were skipped" in stream.notes[0]


def test_globs_find_files_in_order_once(tmp_path: Path):
    for name in ("b/2.txt", "a/1.txt", "a/x.exe"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"text of {name}", encoding="utf-8")
    stream = open_documents(DocumentsConfig(source=f"{tmp_path}/**"))
    names = [Path(file["name"]).name for file in stream.sources[0]["files"]]
    assert names == ["1.txt", "2.txt"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing.txt", r"nothing\.txt: expected a file, folder or glob, found nothing there$"),
        ("roneneldan/TinyStories", r"for a dataset on the hub say hub:roneneldan/TinyStories"),
        ("*.pdf", r"\*\.pdf: expected files that end in \.txt .*, found 0 files"),
        ("a.exe", r"a\.exe: no reader for files of this name; known are \.txt"),
        ("empty", r"empty: expected files that end in .*found 0 files"),
        ("samples:storys", r"samples:storys: no built-in samples of this name; did you mean 'stories'\?"),
        ("hub:a/b/c", r"hub:a/b/c: expected hub:owner/name"),
    ],
)
def test_sources_that_lead_nowhere_are_refused(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("a.exe" if source == "a.exe" else "b.doc").write_bytes(b"")
    with pytest.raises((DataError, ConfigError), match=message):
        open_documents(DocumentsConfig(source=source))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DataError, match="expected a regular file"):
        open_documents(DocumentsConfig(source=tmp_path / "a.txt"))


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("stories", "text", {"text"}),
        ("medical", "question_answer", {"question", "reasoning", "response"}),
    ],
)
def test_samples_are_read_and_said_to_be_synthetic(name: str, kind: str, fields: set[str]):
    splits, stream = read(DocumentsConfig(source=f"samples:{name}", kind=kind, limit=100))
    assert stream.synthetic and stream.sources[0]["synthetic"] and stream.bytes_total is None
    assert all(set(record) == fields for record in splits["train"])
    assert len(splits["train"]) + len(splits["validation"]) + stream.counts.duplicates == 100


# What is said of damage and mistakes


def test_unreadable_files_are_counted_and_fatal_when_strict(tmp_path: Path):
    write_jsonl(tmp_path / "a.jsonl", stories(0, 40))
    (tmp_path / "b.jsonl").write_text('{"text": "fine"}\n{"text":\n{\n', encoding="utf-8")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    (tmp_path / "d.txt").symlink_to(tmp_path / "gone.txt")
    _, stream = read(DocumentsConfig(source=tmp_path))
    assert stream.counts.read == 41
    names = [Path(name).name for name, _ in stream.counts.unreadable]
    assert names == ["b.jsonl", "c.txt.gz", "d.txt"]
    assert "line 2: not JSON" in stream.counts.unreadable[0][1]
    assert stream.counts.unreadable[0][1].endswith("and 1 more")
    with pytest.raises(DataError, match=r"b\.jsonl, line 2: not JSON"):
        read(DocumentsConfig(source=tmp_path, strict=True))


COLUMN_MISTAKES = {
    "no column": ("text", {}, {"title": "a"}, r"expected a column 'text' or .* found 'title'; .*--column text=NAME"),
    "mapped column": ("text", {"text": "body"}, {"text": "a"}, r"expected a column 'body' for the text, found 'text'"),
    "other kind": ("text", {}, {"Question": "a", "Response": "b"}, r"or read it as kind 'question_answer'"),
    "text as answers": ("question_answer", {}, {"text": "a"}, r"column 'question' or .*, or read it as kind 'text'"),
    "no text": ("text", {}, {"text": ["a"]}, r"line 3: expected text in column 'text', found list"),
}


@pytest.mark.parametrize("mistake", COLUMN_MISTAKES)
def test_a_wrong_column_is_always_an_error(mistake: str, tmp_path: Path):
    kind, columns, record, message = COLUMN_MISTAKES[mistake]
    good = {"text": "x", "body": "x", "question": "q", "answer": "r"}
    source = write_jsonl(tmp_path / "a.jsonl", [good | {"text": "y"}, good, record])
    with pytest.raises(DataError, match=message) as caught:
        read(DocumentsConfig(source=source, kind=kind, columns=columns))
    assert str(caught.value).startswith(f"{source}, line 3: ")


def test_a_table_without_the_column_is_refused_even_when_it_has_no_rows(tmp_path: Path):
    (tmp_path / "a.csv").write_text("title,author\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.csv: expected a column 'text' .* found 'title', 'author'"):
        read(DocumentsConfig(source=tmp_path / "a.csv"))


def test_columns_can_be_mapped_and_are_found_in_any_case(tmp_path: Path):
    source = write_jsonl(tmp_path / "a.jsonl", [{"TEXT": f"t{n}", "body": f"b{n}"} for n in range(4)])
    assert texts(read(DocumentsConfig(source=source))[0]["train"])[-1] == "t3"
    assert texts(read(DocumentsConfig(source=source, columns={"text": "body"}))[0]["train"])[-1] == "b3"


def test_too_few_documents_to_hold_one_out(tmp_path: Path):
    (tmp_path / "a.txt").write_text("All of it is one document.", encoding="utf-8")
    with pytest.raises(DataError, match=r"at least 2 documents.* found 1; say with --separator .*--validation"):
        read(DocumentsConfig(source=tmp_path / "a.txt"))


def test_a_source_with_nothing_in_it(tmp_path: Path):
    source = write_jsonl(tmp_path / "a.jsonl", [{"text": " "}])
    Path(tmp_path / "b.jsonl").write_text("nonsense", encoding="utf-8")
    with pytest.raises(DataError, match=r"found none \(1 empty; .*b\.jsonl: line 1: not JSON"):
        read(DocumentsConfig(source=(source, str(tmp_path / "b.jsonl"))))
    full = write_jsonl(tmp_path / "c.jsonl", stories(0, 5))
    with pytest.raises(DataError, match=r"to validate on in .*a\.jsonl, found none"):
        read(DocumentsConfig(source=full, validation=source))
    with pytest.raises(DataError, match=r"to train on in .*c\.jsonl, found none \(5 duplicates\)"):
        read(DocumentsConfig(source=full, validation=full))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": []}, "source: expected at least one"),
        ({"source": " "}, "source: expected files"),
        ({"source": "a", "kind": "chat"}, "kind: expected text or question_answer, got 'chat'"),
        ({"source": "a", "columns": {"txt": "b"}}, "columns: 'txt' is no field of kind 'text'; did you mean 'text'"),
        ({"source": "a", "separator": ""}, "separator: expected"),
        ({"source": "a", "holdout": 0.0}, "holdout: expected a share above 0"),
        ({"source": "a", "holdout": 0.6}, "holdout: expected a share"),
        ({"source": "a", "limit": -1}, "limit: expected a number"),
        ({"source": "a", "config": "en"}, "config: 'en' applies to hub: sources alone"),
        ({"source": "a", "split": "test"}, "split: 'test' applies to hub: sources alone"),
        ({"source": "hub:a/b", "split": ""}, "split: expected the name"),
    ],
)
def test_settings_are_checked(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        from_dict(DocumentsConfig, values, where="recipe")


# For progress bars and for knowing whether anything changed


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path):
    write_jsonl(tmp_path / "a.jsonl", stories(0, 20_000))
    (tmp_path / "b.txt").write_text("b", encoding="utf-8")
    stream = open_documents(DocumentsConfig(source=tmp_path))
    assert stream.bytes_total == sum(path.stat().st_size for path in tmp_path.iterdir())
    seen = [stream.bytes_read for _ in stream]
    assert seen == sorted(seen) and len(set(seen)) > 2
    assert stream.bytes_read == stream.bytes_total


def test_the_fingerprint_changes_with_whatever_changes_the_documents(tmp_path: Path):
    source = write_jsonl(tmp_path / "a.jsonl", stories(0, 20))
    config = DocumentsConfig(source=source)
    fingerprint = open_documents(config).fingerprint
    assert open_documents(config).fingerprint == fingerprint and len(fingerprint) == 64
    changed = [{"seed": 1}, {"limit": 3}, {"separator": "\n"}, {"columns": {"text": "text"}}, {"validation": source}]
    others = {open_documents(replace(config, **change)).fingerprint for change in changed}
    os.utime(source, ns=(0, 1))
    others.add(open_documents(config).fingerprint)
    write_jsonl(tmp_path / "a.jsonl", stories(0, 21))
    others.add(open_documents(config).fingerprint)
    assert len(others | {fingerprint}) == len(changed) + 3


def test_documents_need_no_torch_and_no_hub_client():
    program = "import sys, slm.data.documents; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "datasets", "huggingface_hub", "pyarrow", "numpy"} & set(modules)
