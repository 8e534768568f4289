"""Documents out of files: text, title and address, by well-known names or as a person says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slm.data.reading import Reading
from slm.errors import ConfigError, DataError
from slm.rag.source_documents import Document, FieldColumns, clean, read_documents


def documents(path: Path, **columns: str) -> list[Document]:
    return list(read_documents(Reading(path), FieldColumns(columns)))


def test_medquad_and_its_kin_work_out_of_the_box(tmp_path: Path) -> None:
    record = {"question": "What is gout?", "answer": "A disease.", "source": "NIH", "focus": "Gout",
              "url": "https://example.org", "qtype": "information"}  # fmt: skip
    path = tmp_path / "medquad.jsonl"
    path.write_text(json.dumps(record) + "\n" + json.dumps({"Question": "Q?", "Response": "R.", "Complex_CoT": "C"}))
    assert documents(path) == [
        Document("A disease.", "Gout", "https://example.org", 1, "line"),
        Document("R.", "Q?", "", 2, "line"),
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,c\nThe text,The title,http://x\n,No text,http://y\n")
    assert documents(path, text="a", title="b", url="c") == [Document("The text", "The title", "http://x", 2, "line")]
    with pytest.raises(DataError, match="expected a column 'z' for the title, found 'a', 'b', 'c'"):
        documents(path, text="a", title="z")
    with pytest.raises(DataError, match="name the right one with --column text=NAME"):
        documents(path)
    with pytest.raises(ConfigError, match="did you mean 'title'"):
        FieldColumns({"titel": "a"})


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("manual.v2.txt", "Just a text that goes on.", "manual"),
        ("manual.txt", "The Manual\n\nIt begins.", "The Manual"),
        ("manual.txt", "A sentence.\n\nAnother.", "manual"),
        ("manual.md", "# The Manual #\nIt begins.", "The Manual"),
        ("page.html", "<title>A &amp; B\n page</title><p>Text</p>", "A & B page"),
        ("page.html", "<p>Text</p>", "page"),
    ],
)
def test_titles_of_texts(tmp_path: Path, name: str, content: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert [document.title for document in documents(path)] == [title]


def test_text_is_cleaned_of_what_no_database_can_hold() -> None:
    assert clean(" a\0b\r\nc\ud800 ") == "a b\nc\ufffd"
    assert clean("\ud83d\ude00") == "\U0001f600"


def test_titles_and_addresses_are_one_line_and_not_endless(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "T", "title": "a\n b" + "c" * 10**6, "url": 5}))
    (document,) = documents(path)
    assert document.title.startswith("a bccc") and len(document.title) == 200 and document.url == ""
