"""An index that carries an encoder with a reranker: what it finds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_pairs import records
from typer.testing import CliRunner

from slm.cli.main import app
from slm.errors import ModelError
from slm.rag.encoder import TextEncoder
from slm.rag.encoder_folder import ENCODER, RERANKER
from slm.rag.indexing import IndexSettings, index_documents
from slm.rag.retriever import Retriever
from slm.rag.vectors import choose_encoder

ASKED = records()[::5]  # of every kind


@pytest.fixture
def index(tmp_path: Path, encoder_folder: Path) -> Path:
    source = tmp_path / "answers.jsonl"
    source.write_text("\n".join(json.dumps({"text": row["answer"]}) for row in records()), encoding="utf-8")
    index_documents(tmp_path / "index", (str(source),), IndexSettings(search_titles=False))  # the encoder saw none
    choose_encoder(tmp_path / "index", encoder_folder)
    return tmp_path / "index"


def test_the_first_passage_answers(index: Path):
    with Retriever.open(index) as retriever:
        found = [retriever.search(row["question"], 3) for row in ASKED]
        retriever.reranker = retriever.ranks.vectors = None
        by_words = [retriever.search(row["question"], 3) for row in ASKED]
    right = [hits[0].passage.text == row["answer"] for hits, row in zip(found, ASKED, strict=True)]
    words = [bool(hits) and hits[0].passage.text == row["answer"] for hits, row in zip(by_words, ASKED, strict=True)]
    assert np.mean(right) > np.mean(words) + 0.1
    assert all(hits[0].score >= hits[1].score >= hits[2].score for hits in found)
    assert all(set(hits[0].ranks) <= {"lexical", "vectors"} for hits in found)


def test_more_passages_than_candidates_are_all_judged(index: Path):
    with Retriever.open(index) as retriever:
        hits = retriever.search(ASKED[0]["question"], 200)
        scores = [hit.score for hit in hits]
        assert len(hits) == 200 and scores == sorted(scores, reverse=True)
        assert [hit.passage.id for hit in retriever.search(ASKED[0]["question"], 1)] == [hits[0].passage.id]


def test_what_is_quoted_is_there(index: Path):
    with Retriever.open(index) as retriever:
        hits = retriever.search('What is the colour of "winter"?', 10)
        assert hits and all("winter" in hit.passage.text for hit in hits)


def test_without_a_reranker_the_rankings_are_fused(index: Path):
    with Retriever.open(index) as retriever:
        retriever.reranker = None
        hit = retriever.search(ASKED[0]["question"], 1)[0]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in hit.ranks.values()))


@pytest.mark.parametrize("name", [ENCODER, RERANKER])
def test_a_damaged_encoder_in_an_index_is_one_line(index: Path, name: str):
    (index / "encoder" / name).write_bytes(b"x")
    result = CliRunner().invoke(app, ["search", "What?", "--index", str(index)])
    assert isinstance(result.exception, ModelError) and "\n" not in str(result.exception)


def test_the_folder_of_an_encoder_is_asked_for(index: Path, tmp_path: Path):
    arguments = ["index", str(tmp_path / "answers.jsonl"), "--out", str(tmp_path / "new"), "--encoder", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, ModelError) and "expected an encoder's folder" in str(result.exception)


def test_a_small_index_has_fewer_than_asked_for(tmp_path: Path, encoder_folder: Path):
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.txt").write_text(" ")
    index_documents(tmp_path / "index", (str(tmp_path / "*.txt"),))
    choose_encoder(tmp_path / "index", encoder_folder)
    with Retriever.open(tmp_path / "index") as retriever:
        assert len(retriever.search("anything at all", 5)) == 1
        assert retriever.vectors.encoder.dimension == TextEncoder.load(encoder_folder).dimension
