"""A small file of answers on the disk, and an index over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rag_documents import RECORDS, write_records

from slm.rag.indexing import index_documents


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_records(tmp_path / "answers.jsonl", RECORDS)


@pytest.fixture
def folder(tmp_path: Path, answers: Path) -> Path:
    """An index of four answers."""
    index_documents(tmp_path / "index", (str(answers),))
    return tmp_path / "index"
