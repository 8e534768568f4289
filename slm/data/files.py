"""Readers for local files: each turns one file into records, as a stream.

Knows formats, encodings and damage; knows nothing of what a record means, of cleaning or of splits.
"""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from slm.data.html_text import html_title, html_to_text
from slm.data.office_files import docx_text, pdf_text
from slm.data.reading import (
    LONGEST_PIECE,
    Reading,
    read_chunks,
    read_lines,
    read_whole,
    split_stream,
    unix_line_ends,
)
from slm.errors import ConfigError, import_extra

Record = dict[str, Any]

ROWS_AT_A_TIME = 256  # of a Parquet file

UNREADABLE = (OSError, EOFError, ValueError, RecursionError, NotImplementedError, zlib.error, csv.Error)
"""What damaged files make the readers raise; pyarrow's own errors are subclasses of these."""


def format_of(name: str) -> str:
    """The format of a file by its name: '.jsonl' for 'a.JSONL.gz'. Raises `ConfigError` for an unknown one."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = suffixes[-1 - packed] if len(suffixes) > packed else ""
    if suffix not in READERS or (packed and suffix in NEVER_PACKED):
        raise ConfigError(
            f"{name}: no reader for files of this name; known are {' '.join(READERS)}, "
            f"all but {' '.join(NEVER_PACKED)} also as .gz"
        )
    return suffix


def is_known(name: str) -> bool:
    """Is there a reader for a file of this name?"""
    try:
        format_of(name)
    except ConfigError:
        return False
    return True


def read_file(reading: Reading) -> Iterator[Record]:
    """The records of one file, in order; those of plain text formats have the one key 'text'.

    What cannot be read is left out and counted in `reading`: a bad line alone, otherwise the rest of the file.
    Raises `DataError` for it when strict, and always where the separator or the columns are wrong.
    """
    reader = READERS[format_of(reading.path.name)]
    try:
        yield from reader(reading)
    except UNREADABLE as error:
        reading.broken = True
        reading.skip(f"the file cannot be read from here on ({_reason(error)})")


def _reason(error: Exception) -> str:
    """What went wrong, in few words and one line."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: byte 0x{error.object[error.start]:02x}"
    if isinstance(error, EOFError):
        return "the file ends in the middle; it was cut off"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:200]


# Plain text


def read_txt(reading: Reading) -> Iterator[Record]:
    """Documents with the separator between them; a file without it is one document."""
    separator = reading.separator.encode()
    chunks = read_chunks(reading)
    if b"\n" in separator:
        chunks = unix_line_ends(chunks)
    reading.line = reading.first_line = 1
    for piece in split_stream(reading, chunks, separator):
        try:
            yield {"text": piece.decode()}
        except UnicodeDecodeError as error:
            reading.skip(f"document left out ({_reason(error)})")
        reading.line += piece.count(b"\n") + separator.count(b"\n")


def read_markdown(reading: Reading) -> Iterator[Record]:
    """The whole file is one document, as it stands."""
    yield {"text": read_whole(reading)}


def read_html(reading: Reading) -> Iterator[Record]:
    """The whole file is one document: its visible text, a blank line between paragraphs."""
    page = read_whole(reading)
    yield _titled(html_to_text(page), html_title(page))


def read_pdf(reading: Reading) -> Iterator[Record]:
    """The whole file is one document: the text of its pages."""

    def skip(page: int, reason: str) -> None:
        reading.line, reading.unit = page, "page"
        reading.skip(reason)

    with reading.open() as raw:
        content = raw.read()
    text, title = pdf_text(io.BytesIO(content), skip)
    reading.line, reading.bytes_read = 0, len(content)
    yield _titled(text, title)


def read_docx(reading: Reading) -> Iterator[Record]:
    """The whole file is one document: its paragraphs, lists and tables."""
    with reading.open() as raw:
        content = raw.read()
    text, title = docx_text(io.BytesIO(content))
    reading.bytes_read = len(content)
    yield _titled(text, title)


def _titled(text: str, title: str) -> Record:
    return {"text": text, "title": title} if title else {"text": text}


# Records


def read_jsonl(reading: Reading) -> Iterator[Record]:
    """An object a line. A line that is none is left out."""
    loads = json.loads
    for line in read_lines(reading):
        try:
            record = loads(line.decode())
        except (ValueError, RecursionError) as error:
            if line.strip():
                reading.skip(f"not JSON ({_reason(error)})")
            continue
        if type(record) is dict:
            yield record
        else:
            reading.skip(f"expected a JSON object, found a {type(record).__name__}")


def read_json(reading: Reading) -> Iterator[Record]:
    """A list of objects, an object that holds one such list, or one object; the file is read whole into memory.

    Only a file with an object on each line, which some datasets call .json too, is read as a stream.
    """
    if _is_json_lines(reading):
        yield from read_jsonl(reading)
        return
    reading.unit = "record"
    for record in _objects_in(json.loads(read_whole(reading))):
        reading.line += 1
        if type(record) is dict:
            yield record
        else:
            reading.skip(f"expected a JSON object, found a {type(record).__name__}")


def _is_json_lines(reading: Reading) -> bool:
    """Do the first two lines hold an object each?"""
    head = b"".join(islice(read_chunks(Reading(reading.path, address=reading.address)), 16))
    lines = (line for line in head.split(b"\n") if line.strip())
    try:
        return all(type(json.loads(next(lines, b"").decode())) is dict for _ in range(2))
    except ValueError:
        return False


def _objects_in(data: Any) -> list[Any]:
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list) and value and type(value[0]) is dict]
        return lists[0] if len(lists) == 1 else [data]
    if isinstance(data, list):
        return data
    raise ValueError(f"expected a list of objects, found a {type(data).__name__}")


def read_csv(reading: Reading, delimiter: str = ",") -> Iterator[Record]:
    """A table with its column names in the first row; fields may hold line ends where they are quoted."""
    csv.field_size_limit(LONGEST_PIECE)  # the module's own limit, 128 KB, is less than a long article
    lines = (line.decode() + "\n" for line in read_lines(reading))
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    names = next(rows, [])
    if reading.wanted and names:
        reading.wanted(names)
    for row in rows:
        if len(row) == len(names):
            yield dict(zip(names, row, strict=True))
        elif row:
            reading.skip(f"expected {len(names)} fields, found {len(row)}")


def read_tsv(reading: Reading) -> Iterator[Record]:
    """As `read_csv`, with tabs."""
    return read_csv(reading, delimiter="\t")


def read_parquet(reading: Reading) -> Iterator[Record]:
    """The rows of a Parquet file, a few at a time and only the columns that are wanted."""
    parquet = import_extra("pyarrow.parquet", "hub", "reading .parquet files")
    reading.unit = "record"
    with reading.open() as raw, parquet.ParquetFile(raw, buffer_size=1 << 20, pre_buffer=False) as file:
        size, names = raw.seek(0, 2), file.schema_arrow.names
        wanted = list(filter(None, reading.wanted(names))) if reading.wanted else names
        for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME, columns=wanted):
            for record in batch.to_pylist():
                reading.line += 1
                yield record
            reading.bytes_read = size * reading.line // file.metadata.num_rows


READERS: dict[str, Callable[[Reading], Iterator[Record]]] = {
    ".txt": read_txt,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".parquet": read_parquet,
}
"""The reader of each format, by the end of the file's name."""

PLAIN = frozenset((".txt", ".md", ".html", ".htm", ".pdf", ".docx"))
"""Formats without columns: a record is {'text': ...}, and a 'title' where the file says it."""

NEVER_PACKED = (".parquet", ".pdf", ".docx")
"""Formats that are not read as .gz."""
