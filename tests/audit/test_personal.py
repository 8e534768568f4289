"""Personal data by its form: what is found, what is not, and that nothing is shown whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tiny import TEXTS, write_store

from slm.audit import check_digits as checks
from slm.audit.personal import find, masked
from slm.audit.scan import hint, scan_documents
from slm.data.documents import DocumentsConfig

FOUND = [
    ("email address", "jane.roe@example.org"), ("email address", "jane [at] example [dot] org"),
    ("phone or fax number", "(415) 555-0132"), ("phone or fax number", "+44 20 7946 0149"),
    ("phone or fax number", "0191 496 0848"), ("phone or fax number", "415-555-0132x77"),
    ("US social security number", "123-45-6789"), ("IP address", "192.168.4.12"),
    ("IP address", "2001:db8::ff00:42:8329"),
    ("UK national insurance number", "AB 12 34 56 C"), ("US Medicare number", "1EG4-TE5-MK73"),
    ("bank account (IBAN)", "DE89 3704 0044 0532 0130 00"), ("card number", "4111 1111 1111 1111"),
    ("German health insurance number", "A123456780"), ("French social security number", "2 55 08 14 168 025 38"),
    ("US prescriber number (DEA)", "AB1234563"), ("postal address", "12 Main Street"),
    ("postal address", "Springfield, IL 62704"), ("postal address", "P.O. Box 12"), ("postal address", "SW1A 1AA"),
    ("web address with an identifier", "https://x.example/view?patient_id=8812"),
]  # fmt: skip
ANNOUNCED = [
    ("date of birth", "DOB: ", "03/04/1980"), ("date of birth", "born on ", "4 March 1980"),
    ("date of birth", "Date of birth (d/m/y):\n", "12.5.61"), ("record or insurance number", "MRN ", "00123456"),
    ("record or insurance number", "Policy number is ", "XZ-1234567"), ("NHS number", "NHS no. ", "943 476 5919"),
    ("US provider number (NPI)", "NPI: ", "1234567893"), ("phone or fax number", "call the ward on ", "4155550132"),
    ("US social security number", "SSN: ", "123456789"),
]  # fmt: skip
NONE = [
    "The enzyme is EC 3.4.24.69.", "Call 1-800-422-6237 toll free.", "doi 10.1038/nature12373",
    "Born in 1980, it was 3.",
    "In 2001-2004 the mean was 12.4 (95% CI 10.1-14.2).", "NHS number 9434765918", "Version 1.2.3",
    "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 01", "Take 600 International Units.", "Group 1-75.5%, Group 2-67.8%", "000-12-3456",
    "He was 34 years old and weighed 72 kg in March 1980.", "127.0.0.1", "http://a.example/Patient/page4", "AB1234564",
    "Once upon a time there were 3 Bears on 2 big hills.", "record 1234567 times", "a@b", "999.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), FOUND)
def test_what_has_a_form_is_found_wherever_it_stands(kind: str, value: str) -> None:
    for text in (value, f"It says {value}, as before.", f"a\n{value}\nb", f"({value})", "x " * 300 + value):
        (found,) = find(text)
        assert (found.kind, text[found.start : found.end]) == (kind, value)


@pytest.mark.parametrize(("kind", "words", "value"), ANNOUNCED)
def test_what_words_announce_is_found_behind_them(kind: str, words: str, value: str) -> None:
    (found,) = find(f"Seen today. {words}{value}. Well.")
    assert found.kind == kind and f"Seen today. {words}{value}. Well."[found.start : found.end] == value
    assert not list(find(f"Seen {value}.")) or kind in ("NHS number",)


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert list(find(text)) == []


@pytest.mark.parametrize(("check", "right", "wrong"), [
    (checks.luhn, "79927398713", "79927398710"), (checks.nhs, "9434765919", "9434765918"),
    (checks.dea, "AB1234563", "AB1234560"), (checks.iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
    (checks.npi, "1234567893", "1234567890"), (checks.nir, "255081416802538", "255081416802539"),
    (checks.kvnr, "A123456780", "A123456781"), (checks.ip_address, "8.8.8.8", "256.8.8.8"),
    (checks.phone, "415-555-0132", "800-555-0132"), (checks.card, "4111111111111111", "0000000000000000"),
])  # fmt: skip
def test_check_digits(check, right: str, wrong: str) -> None:
    assert check(right) and not check(wrong)


def test_nothing_is_shown_whole() -> None:
    assert masked("jane@example.org") == "j***@*******.***" and len(masked("x" * 99)) == 40
    for kind, value in FOUND:
        (found,) = find(value)
        assert value not in found.masked and sum(map(str.isalnum, found.masked)) <= 1, kind


def test_a_long_text_takes_no_longer_than_it_should() -> None:
    for hard in ("1" * 20_000, "a@" * 10_000, "1 A" * 10_000, "12 Ab " * 5000, "https://" * 3000, "1:" * 10_000):
        list(find(hard))  # a pattern that goes back and forth would not come back from these


def test_documents_are_looked_through_with_places(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Well.\nMRN 00123456\n<|endoftext|>\nIll.\n\njane@example.org\n")
    record = {"question": "Who?", "answer": "born on 4 March 1980", "phone": 4155550132, "tags": ["at", "10.0.0.7"]}
    with gzip.open(tmp_path / "records.jsonl.gz", "wt") as lines:
        lines.write(json.dumps({"text": "nobody"}) + "\n" + json.dumps(record) + "\nnot json\n")
    scan = scan_documents(DocumentsConfig((str(tmp_path),)))
    places = {kind: [one.where.removeprefix(f"{tmp_path}/") for one in found] for kind, found in scan.places.items()}
    assert places == {
        "record or insurance number": ["notes.txt, line 2"], "email address": ["notes.txt, line 6"],
        "date of birth": ["records.jsonl.gz, line 2, column 'answer'"],
        "phone or fax number": ["records.jsonl.gz, line 2, column 'phone'"],
        "IP address": ["records.jsonl.gz, line 2, column 'tags'"],
    }  # fmt: skip
    assert (scan.documents, scan.with_any) == (4, 3) and "not JSON" in scan.unreadable[0][1]
    whole = json.dumps(scan.as_dict())
    assert "00123456" not in whole and "jane" not in whole and "1980" not in whole and "names" in whole
    assert scan_documents(DocumentsConfig(("samples:medical",), limit=5)).documents > 100


def test_prepare_hints_at_it(tmp_path: Path) -> None:
    assert hint(write_store(tmp_path / "none")) == ""
    store = write_store(tmp_path / "some", [*TEXTS, "Write to jane@example.org."])
    assert hint(store).startswith(f"what looks like personal data (email address) stands in 1 of {len(TEXTS) + 1} doc")
    assert "jane" not in hint(store)
