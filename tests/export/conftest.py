from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    """A model folder in memory: a GPT-2 of two layers with a vocabulary of its own."""
    from tiny import tiny_model, tiny_tokenizer

    from slm.checkpoint import load_model, save_model

    save_model(tmp_path / "model", tiny_model(n_embd=32), tiny_tokenizer(), record={"run": "tiny"})
    return load_model(tmp_path / "model")
