"""PDF and Word files: their text in order, and damage of any kind as one line."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest

from slm.data.files import format_of, read_file
from slm.data.reading import Reading
from slm.errors import ConfigError, DataError

docx = pytest.importorskip("docx")
pytest.importorskip("pypdf")


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF file with these lines of text on its pages, made by hand."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        lines = b" ".join(f"({line}) Tj T*".encode("latin-1") for line in page.split("\n"))
        stream = b"BT /F1 12 Tf 14 TL 50 700 Td " + lines + b" ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    objects.append(b"<< /Title (%s) >>" % title.encode())
    content, places = b"%PDF-1.4\n", []
    for number, entry in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, entry)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    return content + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, trailer, len(content),
    )  # fmt: skip


def read(path: Path, strict: bool = False) -> tuple[list[dict], Reading]:
    reading = Reading(path, strict=strict)
    return list(read_file(reading)), reading


def test_the_pages_of_a_pdf_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "a.PDF"
    path.write_bytes(pdf("Gout is a pain-\nful disease of", "the joints.", "Next page.", title="On gout"))
    records, reading = read(path)
    assert records == [{"text": "Gout is a painful disease of\nthe joints.\n\nNext page.", "title": "On gout"}]
    assert reading.bytes_read == path.stat().st_size and not reading.problem


def test_a_pdf_of_pictures_or_with_a_password_says_so(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    path = tmp_path / "scanned.pdf"
    path.write_bytes(pdf("", ""))
    assert "no text on its 2 pages" in read(path)[1].problem and read(path)[1].broken
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    assert "locked by a password" in read(tmp_path / "locked.pdf")[1].problem


def test_the_paragraphs_lists_and_tables_of_a_word_file(tmp_path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "On gout"
    document.add_heading("Gout", 1)
    document.add_paragraph("It hurts.\nA lot.")
    document.add_paragraph("fever", style="List Bullet")
    document.add_paragraph("pain", style="List Bullet")
    document.add_paragraph("")
    table = document.add_table(2, 2)
    for cell, text in zip([*table.rows[0].cells, *table.rows[1].cells], ["Drug", "Dose", "A", "5 mg"], strict=True):
        cell.text = text
    path = tmp_path / "a.docx"
    document.save(path)
    text = "Gout\n\nIt hurts.\nA lot.\n\n- fever\n- pain\n\nDrug | Dose\nA | 5 mg"
    assert read(path)[0] == [{"text": text, "title": "On gout"}]


def test_a_word_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("slm.data.office_files.LARGEST_UNPACKED", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"x" * 2000)
    assert "unpacks to more than" in read(tmp_path / "bomb.docx")[1].problem


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_damaged_files_are_read_or_left_out_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "pdf":
        path.write_bytes(pdf("Some text.", "More."))
    else:
        document = docx.Document()
        document.add_paragraph("Some text.")
        document.save(path)
    content, draw = path.read_bytes(), random.Random(3)
    for number in range(25):
        changed = bytearray(content)
        if number % 2:
            del changed[draw.randrange(len(content)) :]
        else:
            for _ in range(4):
                changed[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(changed)
        records, reading = read(path)
        assert len(records) == 1 or (reading.broken and "\n" not in reading.problem)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="that can be read"):
        read(path, strict=True)


@pytest.mark.parametrize("name", ["a.pdf.gz", "a.docx.gz"])
def test_packed_ones_are_not_known(name: str) -> None:
    with pytest.raises(ConfigError, match="no reader"):
        format_of(name)
