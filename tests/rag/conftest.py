"""A small file of answers and an index over it; a tiny task in which words alone do not tell the answer, and an encoder
that was trained on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rag_documents import RECORDS, write_records
from tiny_pairs import TINY, records

from slm.rag.indexing import index_documents


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_records(tmp_path / "answers.jsonl", RECORDS)


@pytest.fixture
def folder(tmp_path: Path, answers: Path) -> Path:
    """An index of four answers."""
    index_documents(tmp_path / "index", (str(answers),))
    return tmp_path / "index"


@pytest.fixture(scope="session")
def pairs_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, records())), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def encoder_folder(pairs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained encoder with a reranker; copy it before changing anything."""
    pytest.importorskip("bm25s")
    from slm.data.documents import DocumentsConfig
    from slm.rag.encoder_stage import make_encoder

    out = tmp_path_factory.mktemp("encoders") / "tiny"
    make_encoder(DocumentsConfig(source=(str(pairs_file),), kind="question_answer", holdout=0.25), out, TINY)
    return out
