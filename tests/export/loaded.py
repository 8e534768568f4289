"""Models as if they had been loaded, to export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import LoadedModel
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.export.gguf import write_gguf

SHAPES = {
    "gpt2": {"architecture": "gpt2"},
    "gpt2 without biases": {"architecture": "gpt2", "bias": False},
    "qwen3": {"architecture": "qwen3"},
}
SHA256 = "5" * 64


def loaded(tokenizer: Tokenizer | None = None, prompt_format: PromptFormat | None = None, **shape: Any) -> LoadedModel:
    """A model whose matrices are small, so that its logits are of a trained one's size."""
    tokenizer = tokenizer or tiny_tokenizer()
    model = tiny_model(**{"n_embd": 64, "block_size": 64, "vocab_size": tokenizer.n_vocab} | shape)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                parameter *= 0.2 if ".h." in name else 0.3
    return LoadedModel(model, tokenizer, prompt_format, Path("model"), SHA256)


def exported(folder: Path, bits: int = 32, **shape: Any) -> tuple[LoadedModel, Path]:
    """A model and the GGUF file of it."""
    model = loaded(**shape)
    write_gguf(model, folder / "model.gguf", bits)
    return model, folder / "model.gguf"
