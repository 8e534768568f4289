"""What a model learned by heart: continuations and canaries, by a model that knows a text and one that knows none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from tiny import split_of, tiny_tokenizer

from slm.audit import canaries as planting
from slm.audit.canaries import canary_section, exposures, make_canaries, read_canaries, write_canaries
from slm.audit.continuations import Piece, continued, draw_pieces, heart_section
from slm.data.documents import DocumentsConfig, open_documents
from slm.data.prompt_format import PromptFormat
from slm.errors import ConfigError, DataError

END = tiny_tokenizer().eot_token


def test_pieces_are_neighbours_within_a_document() -> None:
    split = split_of([[*range(start, start + length), END] for start, length in ((0, 30), (40, 9), (60, 10), (80, 25))])
    pieces = draw_pieces(split, 10, 5)
    assert len(pieces) == 3  # the second is too short
    for piece in pieces:
        ids = [*piece.prompt, *piece.next]
        assert len(ids) == 10 and ids == list(range(ids[0], ids[0] + 10))
    assert draw_pieces(split, 10, 5) == pieces and draw_pieces(split, 2, 5, seed=1) != pieces[:2]
    assert draw_pieces(split, 10, 50) == []


def test_the_share_and_the_tokens_before_the_first_that_differs() -> None:
    section = heart_section({"training": [5, 5, 2, 0], "validation": [1, 1], "none": []}, 5, "an engine")
    training, validation = section.figures["training"], section.figures["validation"]
    assert training["word_for_word"]["share"] == 0.5 and training["tokens_repeated"] == 3
    assert validation["word_for_word"]["share"] == 0 and section.figures["none"]["tokens_repeated"] is None
    assert section.tables[0].rows[0][:2] == ("training", "4") and section.tables[0].rows[2][2:] == ("none", "none")


def knowing(texts: list[list[int]], **values: int) -> FakeEngine:
    """An engine that goes on as one of the texts does where the last three ids stand in it, and with 0 elsewhere."""
    follows = {tuple(ids[place - 3 : place]): ids[place] for ids in texts for place in range(3, len(ids))}
    return FakeEngine(lambda ids: follows.get(tuple(ids[-3:]), 0), **values)


def test_a_model_that_knows_its_text_goes_on_with_it() -> None:
    known, other = list(range(10, 60)), list(range(100, 150))
    pieces = [Piece(tuple(known[:20]), tuple(known[20:40])), Piece(tuple(other[:20]), tuple(other[20:40]))]
    assert continued(knowing([known]), tiny_tokenizer(), pieces) == [20, 0]
    assert continued(knowing([known[:31]]), tiny_tokenizer(), pieces[:1]) == [11]
    assert continued(FakeEngine(), tiny_tokenizer(), []) == []


# Canaries


def test_planted_canaries_are_documents_that_differ(tmp_path: Path) -> None:
    path = tmp_path / "new" / "canaries.jsonl"
    canaries = write_canaries(path, seed=3)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == sum(canary.times for canary in canaries) == 315
    for canary in canaries:
        assert sum(canary.code in line["text"] and canary.code in line["response"] for line in lines) == canary.times
    assert read_canaries(path) == canaries == make_canaries(3) != make_canaries(4)
    for kind in ("text", "question_answer"):  # and so prepare drops none of them
        stream = open_documents(DocumentsConfig((str(path),), kind=kind))
        assert len(list(stream)) == 315 and stream.counts.duplicates == 0


def test_files_that_are_no_canaries(tmp_path: Path) -> None:
    path = tmp_path / "canaries.jsonl"
    for content in ("", "{}\n", "no\n", "[1]\n"):
        path.write_text(content)
        with pytest.raises(DataError, match="expected a file of canaries, found none; slm audit --plant-canaries"):
            read_canaries(path)
    with pytest.raises(ConfigError, match="exists and is not overwritten"):
        write_canaries(path)
    with pytest.raises(ConfigError, match=r"written as \.jsonl"):
        write_canaries(tmp_path / "canaries.txt")


@pytest.mark.parametrize("prompt_format", [None, PromptFormat()])
def test_exposure_is_highest_where_the_secret_is_known(monkeypatch, prompt_format: PromptFormat | None) -> None:
    monkeypatch.setattr(planting, "CANDIDATES", 64)
    monkeypatch.setattr(planting, "TOGETHER", 8)
    known, unknown = make_canaries()[-6], make_canaries()[-1]  # of 32 documents, of none
    prompted = planting._prompted(known.name, [known.code], tiny_tokenizer(), prompt_format)
    engine = knowing([list(prompted.ids[0])], context=200)
    found = exposures(engine, tiny_tokenizer(), [known, unknown], prompt_format)
    assert found[0] == 6 and 0 <= found[1] < 6
    section = canary_section([known, unknown], found)
    assert section.figures["by_times"][1] == {"times": 32, "canaries": 1, "exposure": 6.0, "first": 1}
    assert [row[0] for row in section.tables[0].rows] == ["0 (controls)", "32"]


def test_the_exposure_of_what_nobody_planted_is_about_one_and_a_half(monkeypatch) -> None:
    monkeypatch.setattr(planting, "CANDIDATES", 16)
    found = exposures(FakeEngine(context=200), tiny_tokenizer(), make_canaries()[:20])
    assert 0.8 < sum(found) / len(found) < 2  # log2(e), less what so few candidates cost
