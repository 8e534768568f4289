"""Readers: what was written comes back, in flat memory, and damage is named by file and line."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.data import reading as bytes_reading
from slm.data.files import format_of, is_known, read_file
from slm.data.reading import Reading, split_stream, unix_line_ends
from slm.errors import ConfigError, DataError

RECORDS = [{"text": 'One, "two"\nthree', "n": "1"}, {"text": "żółw \U0001f600 \u2028 x", "n": "2"}]


def read(path: Path, **options: object) -> tuple[list[dict], Reading]:
    reading = Reading(path, **options)
    return list(read_file(reading)), reading


def write(path: Path, content: str | bytes) -> Path:
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def json_lines(records: list[dict]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


# Bytes


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    borders = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(borders)]


@given(
    st.lists(st.sampled_from([b"a", b"b", b"ab", b"aab", b"\r", b"\n"])).map(b"".join),
    st.sampled_from([b"a", b"ab", b"aa", b"aba", b"aab", b"\n", b"\n\n"]),
    st.lists(st.integers(0, 1000)),
)
def test_separators_are_found_across_the_borders_of_chunks(data: bytes, separator: bytes, cuts: list[int]):
    pieces = [bytes(piece) for piece in split_stream(Reading(Path("x")), in_chunks(data, cuts), separator)]
    expected = data.split(separator)
    assert pieces == (expected if expected[-1].strip() else expected[:-1])


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n"])).map(b"".join), st.lists(st.integers(0, 1000)))
def test_windows_line_ends_are_found_across_the_borders_of_chunks(data: bytes, cuts: list[int]):
    assert b"".join(unix_line_ends(in_chunks(data, cuts))) == data.replace(b"\r\n", b"\n")


# Formats: the same records out of each


def write_csv(path: Path, delimiter: str = ",") -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "n"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(RECORDS)


def write_parquet(path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow comes with the extra 'hub'")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(RECORDS), path, row_group_size=1)


FORMATS: dict[str, Callable[[Path], object]] = {
    "a.jsonl": lambda path: write(path, json_lines(RECORDS)),
    "a.jsonl.gz": lambda path: write(path, json_lines(RECORDS)),
    "A.JSONL": lambda path: write(path, "\ufeff" + json_lines(RECORDS).replace("\n", "\r\n\n")),
    "a.ndjson": lambda path: write(path, json_lines(RECORDS).rstrip()),
    "a.json": lambda path: write(path, json.dumps(RECORDS)),
    "b.json": lambda path: write(path, json.dumps({"version": 1, "tags": ["x"], "data": RECORDS}, indent=2)),
    "c.json": lambda path: write(path, json_lines(RECORDS)),
    "a.json.gz": lambda path: write(path, json.dumps(RECORDS, indent=1)),
    "a.csv": write_csv,
    "a.tsv": lambda path: write_csv(path, delimiter="\t"),
    "a.parquet": write_parquet,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_back_the_records(name: str, tmp_path: Path):
    FORMATS[name](tmp_path / name)
    records, reading = read(tmp_path / name)
    assert records == RECORDS
    assert not reading.skipped
    assert reading.bytes_read == (tmp_path / name).stat().st_size


@given(st.lists(st.dictionaries(st.text(), st.text() | st.none() | st.integers()), max_size=8))
def test_json_lines_round_trip(tmp_path_factory: pytest.TempPathFactory, records: list[dict]):
    path = tmp_path_factory.mktemp("files") / "a.jsonl"
    write(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    assert read(path)[0] == records


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_text_is_split_at_the_separator(name: str, tmp_path: Path):
    path = write(tmp_path / name, "\ufeffOnce\nupon<|endoftext|>a time<|endoftext|><|endoftext|>end<|endoftext|>\n")
    assert [record["text"] for record in read(path)[0]] == ["Once\nupon", "a time", "", "end"]
    path = write(tmp_path / name, "one document\n\nof two paragraphs")
    assert read(path)[0] == [{"text": "one document\n\nof two paragraphs"}]


def test_a_separator_of_line_ends_is_found_in_windows_files(tmp_path: Path):
    path = write(tmp_path / "a.txt", "first\r\nstory\r\n\r\nsecond\r\n\r\n")
    assert [record["text"] for record in read(path, separator="\n\n")[0]] == ["first\nstory", "second"]


def test_markdown_is_one_document_as_it_stands(tmp_path: Path):
    text = "# Title\n\n* a <|endoftext|> b\n"
    assert read(write(tmp_path / "a.md", text))[0] == [{"text": text}]


def test_html_gives_its_prose(tmp_path: Path):
    page = """<!doctype html><html><head><title>T</title><style>p {color: red}</style><script>var x = "<p>";</script>
    </head><body><nav><ul><li>Home</li></ul><nav>x</nav>more</nav><h1>The  fox</h1>
    <p>A <b>quick</b>&nbsp;fox &amp;
       a dog.<br>They run.</p><p>Second.<template>no</template></p><ul><li>one</li><li>two</li></ul>
    <table><tr><td>a</td><td>b</td></tr></table><pre>x = 1
    y  = 2</pre><footer>Bye</footer></body></html>"""
    text = read(write(tmp_path / "a.html", page))[0][0]["text"]
    assert text == (
        "The fox\n\nA quick\u00a0fox & a dog.\nThey run.\n\nSecond.\n\none\ntwo\n\na b\n\nx = 1\n    y  = 2\n\nBye"
    )


def test_html_without_an_end_to_its_head_keeps_its_body(tmp_path: Path):
    assert read(write(tmp_path / "a.htm", "<html><head><title>T<body>Hello"))[0] == [{"text": "Hello"}]


def test_long_fields_of_a_table_are_read(tmp_path: Path):
    path = write(tmp_path / "a.csv", 'text\n"' + "long " * 100_000 + '"\n')
    records, reading = read(path)
    assert len(records[0]["text"]) == 500_000 and not reading.skipped


def test_parquet_reads_only_the_columns_that_are_wanted(tmp_path: Path):
    write_parquet(tmp_path / "a.parquet")
    records, _ = read(tmp_path / "a.parquet", wanted=lambda names: [names[1], None])
    assert records == [{"n": "1"}, {"n": "2"}]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_table_can_be_refused_before_its_first_row(name: str, tmp_path: Path):
    FORMATS[name](tmp_path / name)

    def refuse(names: list[str]) -> list[str]:
        raise DataError(f"found {list(names)}")

    with pytest.raises(DataError, match=r"found \['text', 'n'\]"):
        read(tmp_path / name, wanted=refuse)


def test_names_without_a_reader_are_refused_with_those_that_have_one():
    assert [format_of(name) for name in ("a.TXT", "b.jsonl.gz", "x.y.html")] == [".txt", ".jsonl", ".html"]
    assert not any(map(is_known, ["a", "a.gz", "a.doc", "a.parquet.gz", ".txt", "a.txt.zip"]))
    with pytest.raises(ConfigError, match=r"a\.odt: .*\.txt \.md .*\.parquet"):
        format_of("a.odt")


# Damage


SOUND = json_lines(RECORDS)

DAMAGE: dict[str, tuple[str, str | bytes, int, str]] = {
    "bad line": ("a.jsonl", SOUND + '{"text": \n' + SOUND, 4, "line 3: not JSON"),
    "cut last line": ("a.jsonl", SOUND + '{"text": "Once up', 2, "line 3: not JSON"),
    "no object": ("a.jsonl", SOUND + "[1]\n", 2, "line 3: expected a JSON object, found a list"),
    "deep json": ("a.jsonl", "[" * 200_000 + "\n" + SOUND, 2, "line 1: not JSON"),
    "bad bytes": ("a.jsonl", b'{"text": "\xff"}\n' + SOUND.encode(), 2, "line 1: .*not UTF-8: byte 0xff"),
    "bad document": ("a.txt", b"a\nb<|endoftext|>\xe9t\xe9<|endoftext|>c", 2, "line 2: .*0xe9"),
    "utf-16": ("a.txt", "hello".encode("utf-16"), 0, "UTF-16: save it as UTF-8"),
    "bad page": ("a.html", b"<p>\xe9</p>", 0, "not UTF-8: byte 0xe9"),
    "cut json": ("a.json", '[{"text": "a"}, ', 0, "cannot be read from here on"),
    "json scalar": ("a.json", "3", 0, "expected a list of objects, found a int"),
    "json item": ("a.json", '[{"text": "a"}, 3]', 1, "record 2: expected a JSON object, found a int"),
    "ragged csv": ("a.csv", "text,n\na,1\nb\nc,3\n", 2, "line 3: expected 2 fields, found 1"),
    "open quote": ("a.csv", 'text,n\na,1\n"b,2\nc,3\n', 1, "line 4: .*cannot be read from here on"),
    "no parquet": ("a.parquet", b"PAR1 and then nothing of use PAR1", 0, "cannot be read from here on"),
}
"""Name and content of a damaged file, how many records it still gives, and what must be said of it."""


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_and_counted_and_fatal_when_strict(kind: str, tmp_path: Path):
    name, content, left, reason = DAMAGE[kind]
    if kind == "no parquet":
        pytest.importorskip("pyarrow", reason="pyarrow comes with the extra 'hub'")
    path = write(tmp_path / name, content)
    records, reading = read(path)
    assert (len(records), reading.skipped) == (left, 1)
    assert re.search(reason, reading.problem), reading.problem
    with pytest.raises(DataError, match=re.escape(str(path))) as caught:
        read(path, strict=True)
    assert re.search("--strict", str(caught.value)) and "\n" not in str(caught.value)


def test_a_file_that_is_gone_or_no_archive_is_named(tmp_path: Path):
    assert "No such file" in read(tmp_path / "gone.jsonl")[1].problem
    (tmp_path / "no.txt.gz").write_bytes(b"plain text")
    assert "gzipped" in read(tmp_path / "no.txt.gz")[1].problem


def test_a_cut_archive_gives_no_part_of_a_document(tmp_path: Path):
    documents = [f"story {n} " + "x" * n for n in range(3_000)]
    path = tmp_path / "a.txt.gz"
    packed = gzip.compress("<|endoftext|>".join(documents).encode())
    path.write_bytes(packed[: len(packed) * 2 // 3])
    records, reading = read(path)
    assert reading.skipped == 1 and "cut off" in reading.problem
    assert 100 < len(records) < 3_000
    assert [record["text"] for record in records] == documents[: len(records)]


def test_a_wrong_separator_ends_before_it_eats_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bytes_reading, "LONGEST_PIECE", 1 << 20)
    path = write(tmp_path / "a.txt", "all one document " * 100_000)
    with pytest.raises(DataError, match=r"a\.txt.*'<\|endoftext\|>' at least every 1 MB.*--separator"):
        read(path)


# Memory


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.jsonl.gz"])
def test_memory_stays_flat(name: str, tmp_path: Path):
    document = "Once upon a time there was a little fox who lived in the wood. " * 64  # 4 KB
    piece = document + "<|endoftext|>" if ".txt" in name else json.dumps({"text": document}) + "\n"
    path = write(tmp_path / name, piece * 5_000)  # 20 MB
    tracemalloc.start()
    count = sum(1 for _ in read_file(Reading(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5_000
    assert peak < 5_000_000
