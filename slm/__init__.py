"""slm: make a small language model of your own, on the machine you have.

The public names, each imported when it is first used, so that ``import slm`` costs nothing. The stages have modules of
their own name: ``from slm.prepare import prepare``, and so for pretrain and finetune.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "GPT": "slm.model.gpt",
    "GPTConfig": "slm.model.gpt",
    "DocumentsConfig": "slm.data.documents",
    "GenerationConfig": "slm.generation.generator",
    "Generator": "slm.generation.generator",
    "SlmError": "slm.errors",
    "evaluate": "slm.evaluation.bits_per_byte",
    "gpt2_tokenizer": "slm.data.tokenizer",
    "load_model": "slm.checkpoint",
    "load_recipe": "slm.recipe",
    "open_engine": "slm.generation.engines",
    "open_model_folder": "slm.model_folder",
    "open_token_store": "slm.data.token_store",
    "run_recipe": "slm.pipeline",
    "save_model": "slm.checkpoint",
    "write_report": "slm.report.html",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'slm' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
