"""A model folder made presentable for Hugging Face's programs: card, generation config; loaded again by transformers.

The model folder is in their layout from the first checkpoint on (`slm.checkpoint`); this adds what people look for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from slm.checkpoint import LoadedModel, save_model
from slm.data.tokenizer import END_OF_TEXT
from slm.errors import ModelError, import_extra

CARD = "README.md"


def write_hugging_face(loaded: LoadedModel, folder: Path, bits: int, card: str) -> None:
    """Write `folder`, whole or not at all: float32 or, with 16 bits, float16 weights; `card` is the model card."""
    answers = loaded.prompt_format is not None
    end = loaded.tokenizer.eot_token
    generation = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "max_new_tokens": 200}
    generation |= {"do_sample": False} if answers else {"do_sample": True, "temperature": 0.8, "top_k": 50}
    extra = {CARD: card, "generation_config.json": json.dumps(generation, indent=1)}
    own = ("slm", "torch", "tokenizer", "prompt_format", "domain", "sha256")  # save_model states these itself
    record = {key: value for key, value in loaded.record.items() if key not in own}
    save_model(
        folder, loaded.model, loaded.tokenizer, loaded.prompt_format,
        record | {"exported_from": loaded.sha256}, bits=bits, files=extra, domain=loaded.domain,
    )  # fmt: skip


class TransformersFolder:
    """A folder loaded by transformers' Auto classes. Raises MissingExtra where it is not installed."""

    def __init__(self, folder: Path):
        transformers = import_extra("transformers", "export", "loading the export again with transformers")
        import torch

        transformers.logging.set_verbosity_error()  # that hard strings are longer than the context is nobody's mistake
        transformers.logging.disable_progress_bar()
        self.name = f"transformers {transformers.__version__}"
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32
            ).eval()
        except Exception as error:  # transformers' failures share no class
            raise ModelError(f"{folder}: transformers cannot load it ({str(error).splitlines()[0]})") from None
        self.context = self._model.config.max_position_embeddings
        if self._tokenizer.eos_token != END_OF_TEXT:
            raise ModelError(
                f"{folder}: expected transformers to end texts with {END_OF_TEXT}, it ends them with "
                f"{self._tokenizer.eos_token!r}: the tokenizer's files are damaged"
            )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self._model(torch.tensor([list(ids)])).logits[0].numpy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        del self._model
