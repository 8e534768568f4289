"""slm index and slm search, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def manuals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manuals").mkdir()
    pump = "# The pump\n\nIt moves water.\n\n## Repair\n\nTurn the red valve off."
    (tmp_path / "manuals" / "pump.md").write_text(pump)
    (tmp_path / "manuals" / "broken.jsonl").write_text("no json\n")
    (tmp_path / "manuals" / "notes.txt").write_text("Evil \x1b[31m title\n\nThe fan \x1b[2J cools\x07 the engine.")
    return tmp_path


def test_index_then_search(slm, manuals: Path) -> None:
    made = slm("index", "manuals")
    assert made.code == 0
    assert "indexes/manuals: 2 documents in 3 passages (2 added, 0 removed, 0 unchanged)" in made.out
    assert "could not be read (1):\n  manuals/broken.jsonl: line 1: not JSON" in made.out
    assert 'slm search "..." --index indexes/manuals' in made.out
    found = slm("search", "how do I repair the valves?")
    assert found.code == 0
    first = found.out.splitlines()
    assert first[0].startswith(" 1. The pump > Repair") and "lexical 1" in first[0]
    assert "manuals/pump.md" in first[1] and "Turn the red valve off." in first[2]


def test_an_index_of_which_nothing_can_be_read_is_a_failure(slm, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.pdf").write_bytes(b"no pdf")
    made = slm("index", "bad.pdf", "--out", "bad")
    assert made.code == 1 and "nothing to search, since none of the documents could be read" in made.err
    assert "bad.pdf" in made.out and "next:" not in made.out


def test_search_as_json_has_passages_with_offsets(slm, manuals: Path) -> None:
    slm("index", "manuals", "--out", "mine")
    (hit,) = json.loads(slm("search", "water", "--index", "mine", "--json").out)
    assert hit["text"] == "It moves water." and hit["ranks"] == {"lexical": 1} and hit["title"] == "The pump"
    text = (manuals / "manuals" / "pump.md").read_text()
    assert text[hit["start"] : hit["end"]] == hit["text"]


def test_nothing_steers_the_terminal(slm, manuals: Path) -> None:
    slm("index", "manuals")
    out = slm("search", "engine fan").out
    assert "cools" in out and not {"\x1b", "\x07"} & set(out)


def test_a_second_run_says_that_nothing_changed_and_json_says_all(slm, manuals: Path) -> None:
    slm("index", "manuals")
    report = json.loads(slm("index", "--json").out)
    assert report["documents_kept"] == 2 and report["documents_added"] == 0 and report["files_read"] == 0
    assert report["folder"] == "indexes/manuals" and len(report["unreadable"]) == 1
    assert "1 removed" in slm("index", "--remove", "manuals/pump.md").out
    assert "nothing found: no passage has any of its words" in slm("search", "valve").out


def test_titles_can_be_left_out_and_stay_out(slm, manuals: Path) -> None:
    (manuals / "manuals" / "flight.jsonl").write_text('{"text": "It flies.", "title": "Zeppelin"}\n')
    slm("index", "manuals", "--no-search-titles")
    assert slm("search", "zeppelin").out.startswith("nothing found")
    slm("index", "manuals")
    assert slm("search", "zeppelin").out.startswith("nothing found")
    slm("index", "manuals", "--search-titles")
    assert "It flies." in slm("search", "zeppelin").out


def test_stop_words_alone_find_nothing(slm, manuals: Path) -> None:
    (manuals / "manuals" / "long.txt").write_text("The pump is old, and it is in the shed that was by the house. " * 3)
    (manuals / "manuals" / "pump.md").unlink()
    (manuals / "manuals" / "notes.txt").unlink()
    slm("index", "manuals")
    assert slm("search", "the of and").out == "nothing found: it has no words but the commonest\n"


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("search", "x"), 1, "expected an index in indexes/, found none; make one: slm index DOCUMENTS"),
        (("search", "x", "--index", "none"), 1, "make one: slm index DOCUMENTS --out none"),
        (("index",), 1, "expected an index in indexes/"),
        (("index", "nowhere.txt"), 1, "found nothing there"),
        (("index", "manuals", "--column", "txt=a"), 2, "did you mean 'text'"),
        (("index", "--column", "text=a", "--out", "none"), 2, "name the documents"),
        (("index", "--remove", "manuals", "--out", "none"), 1, "expected an index, found none"),
    ],
)
def test_a_mistake_ends_in_one_line_that_says_what_to_do(slm, manuals: Path, words, code, expected) -> None:
    outcome = slm(*words)
    assert outcome.code == code
    assert expected in outcome.err and outcome.err.strip().count("\n") == 0
    assert not (manuals / "none").exists()


def test_a_damaged_index_is_one_line(slm, manuals: Path) -> None:
    slm("index", "manuals")
    path = manuals / "indexes" / "manuals" / "passages.sqlite"
    path.write_bytes(path.read_bytes()[:5000])
    for words in (("search", "pump"), ("index", "manuals")):
        outcome = slm(*words)
        assert outcome.code == 1 and "make it anew" in outcome.err and outcome.err.strip().count("\n") == 0
