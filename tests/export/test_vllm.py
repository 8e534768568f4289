"""vLLM, where it is: SLM_VLLM_PYTHON names a Python that has it, as it and slm want other versions of packages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import load_model, save_model
from slm.export.hugging_face import write_hugging_face

PYTHON = os.environ.get("SLM_VLLM_PYTHON")
SCRIPT = Path(__file__).with_name("vllm_log_probabilities.py")
TOLERANCE = 1e-3  # in log-probabilities; both compute in float32, in another order


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="needs vLLM: name a Python that has it by SLM_VLLM_PYTHON")
def test_vllm_gives_tokens_the_same_probabilities(tmp_path: Path) -> None:
    """Of an exported model: that of SLM_VLLM_MODEL, or a tiny one, with heads as wide as vLLM's kernels want."""
    source, exported = os.environ.get("SLM_VLLM_MODEL"), tmp_path / "exported"
    if source is None:
        model = tiny_model(0, block_size=128, n_embd=128, n_head=2)
        save_model(source := tmp_path / "tiny", model, tiny_tokenizer(), record={"run": "tiny"})
    write_hugging_face(load_model(Path(source)), exported, 32, "card")
    model = load_model(exported).model.eval()
    config = model.config
    ids = torch.randint(config.vocab_size, (4, min(100, config.block_size - 1)), generator=torch.manual_seed(0))
    (tmp_path / "ids.json").write_text(json.dumps(ids.tolist()))
    subprocess.run([PYTHON, SCRIPT, exported, tmp_path / "ids.json", tmp_path / "out.npy"], check=True)
    with torch.no_grad():
        expected = model(ids).log_softmax(-1)[:, :-1].numpy()
    got = np.load(tmp_path / "out.npy")
    difference = np.abs(got - expected).max()
    print(f"largest difference {difference:.1e} in {got.size:,} log-probabilities")
    assert got.shape == expected.shape and difference < TOLERANCE
    assert np.abs(got[1:] - expected[:-1]).max() > TOLERANCE  # of another text they are others
