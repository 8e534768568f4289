"""An index that carries an encoder: vectors and reranking in search, made anew when stale, refused when damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_pairs import records
from typer.testing import CliRunner

from slm.cli.main import app
from slm.errors import ModelError
from slm.rag import vectors
from slm.rag.encoder import TextEncoder
from slm.rag.encoder_folder import ENCODER, RERANKER, write_folder
from slm.rag.indexing import index_documents
from slm.rag.meaning import take_encoder
from slm.rag.retriever import Retriever
from slm.rag.vectors import VectorIndex

ANSWERS = [row["answer"] for row in records()]
COLOURS = [row for row in records() if "colour" in row["question"]][:20]


@pytest.fixture
def index(tmp_path: Path, encoder_folder: Path) -> Path:
    source = tmp_path / "answers.jsonl"
    source.write_text("\n".join(json.dumps({"text": answer}) for answer in ANSWERS), encoding="utf-8")
    index_documents(tmp_path / "index", (str(source),))
    take_encoder(tmp_path / "index", encoder_folder)
    return tmp_path / "index"


def test_the_first_passage_answers(index: Path):
    with Retriever.open(index) as retriever:
        hits = [retriever.search(row["question"], 3) for row in COLOURS]
    right = [found[0].passage.text == row["answer"] for found, row in zip(hits, COLOURS, strict=True)]
    assert np.mean(right) > 0.8
    assert all(set(found[0].ranks) <= {"lexical", "vectors"} for found in hits)
    assert all(found[0].score >= found[1].score >= found[2].score for found in hits)


def test_without_a_reranker_the_two_rankings_are_fused(index: Path):
    import dataclasses

    with Retriever.open(index) as retriever:
        retriever.meaning = dataclasses.replace(retriever.meaning, reranker=None)
        hit = retriever.search(COLOURS[0]["question"], 1)[0]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in hit.ranks.values()))


def test_vectors_are_kept_and_only_new_passages_are_encoded(index: Path, monkeypatch: pytest.MonkeyPatch):
    encoded: list[str] = []
    encode = TextEncoder.encode
    monkeypatch.setattr(TextEncoder, "encode", lambda self, texts: encoded.extend(texts) or encode(self, texts))
    Retriever.open(index).close()
    count = len(encoded)
    assert count == len(set(ANSWERS))
    Retriever.open(index).close()
    assert len(encoded) == count
    source = index.parent / "answers.jsonl"
    lines = source.read_text().splitlines()
    source.write_text("\n".join([*lines[5:], json.dumps({"text": "Something else."})]))
    index_documents(index, (str(source),))
    with Retriever.open(index) as retriever:
        assert len(encoded) == count + 1 and "Something else." in encoded[-1]
        made = vectors.build(retriever.store, retriever.meaning.encoder)
        assert np.array_equal(made.passages, retriever.meaning.vectors.passages)
        assert np.allclose(made.matrix, retriever.meaning.vectors.matrix, atol=1e-6)


def test_another_encoder_makes_other_vectors(index: Path, encoder_folder: Path, tmp_path: Path):
    Retriever.open(index).close()
    from safetensors.numpy import load_file

    record = json.loads((encoder_folder / "encoder.json").read_text())
    tensors = load_file(encoder_folder / ENCODER)
    tensors["passage_weights"] = tensors["passage_weights"] ** 2
    tokenizer = json.loads((encoder_folder / "tokenizer.json").read_text())
    write_folder(tmp_path / "other", record, tokenizer, tensors, None)
    take_encoder(index, tmp_path / "other")
    with Retriever.open(index) as retriever:
        assert retriever.meaning.reranker is None
        text = retriever.store.searched_texts([int(retriever.meaning.vectors.passages[0])]).popitem()[1]
        assert np.allclose(TextEncoder.load(tmp_path / "other").encode([text])[0], retriever.meaning.vectors.matrix[0])


@pytest.mark.parametrize("name", [ENCODER, RERANKER])
def test_a_damaged_encoder_in_an_index_is_one_line(index: Path, name: str):
    (index / "encoder" / name).write_bytes(b"x")
    result = CliRunner().invoke(app, ["search", "What?", "--index", str(index)])
    assert isinstance(result.exception, ModelError)
    assert "index again with --encoder" in str(result.exception) and "\n" not in str(result.exception)


def test_damaged_vectors_are_made_anew(index: Path):
    Retriever.open(index).close()
    matrix = index / "derived" / "vectors" / "vectors.npy"
    matrix.write_bytes(matrix.read_bytes()[:-7])
    with Retriever.open(index) as retriever:
        assert retriever.search(COLOURS[0]["question"], 1)
    assert len(np.load(matrix)) == len(set(ANSWERS))


def test_a_folder_that_is_no_encoder_is_refused_before_anything_is_read(index: Path, tmp_path: Path):
    source = str(tmp_path / "answers.jsonl")
    result = CliRunner().invoke(app, ["index", source, "--out", str(tmp_path / "new"), "--encoder", str(tmp_path)])
    assert isinstance(result.exception, ModelError) and "expected an encoder's folder" in str(result.exception)
    assert not (tmp_path / "new").exists()
    result = CliRunner().invoke(app, ["index", source, "--out", str(index), "--encoder", str(index / "encoder")])
    assert result.exit_code == 0  # its own


def test_scores_of_passages_that_have_no_row():
    known = VectorIndex(np.eye(3, dtype=np.float32), np.array([2, 5, 9]))
    assert known.scores_of(np.array([1, 2, 3], np.float32), [9, 1, 2, 10]).tolist() == [3, -1, 1, -1]
    empty = VectorIndex(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))
    assert empty.search(np.ones(3, np.float32), 5) == [] and empty.scores_of(np.ones(3), [1]).tolist() == [-1]
    assert [number for number, _ in known.search(np.array([1, 2, 3], np.float32), 2)] == [9, 5]


def test_an_index_without_passages_has_no_vectors(tmp_path: Path, encoder_folder: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text(" ")
    index_documents(tmp_path / "index", (str(tmp_path / "empty"),))
    take_encoder(tmp_path / "index", encoder_folder)
    with Retriever.open(tmp_path / "index") as retriever:
        assert retriever.search("anything", 5) == []


def test_a_copied_encoder_does_not_need_the_first(index: Path, encoder_folder: Path, tmp_path: Path):
    shutil.copytree(index, tmp_path / "moved")
    with Retriever.open(tmp_path / "moved") as retriever:
        assert retriever.meaning.encoder.fingerprint == TextEncoder.load(encoder_folder).fingerprint
