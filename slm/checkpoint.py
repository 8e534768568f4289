"""The model folder: weights, config, tokenizer and what made them, in Hugging Face's layout, checked by hashes.

    config.json, generation_config.json, model.safetensors      GPT2LMHeadModel's or Qwen3ForCausalLM's
    tokenizer.json, tokenizer_config.json, chat_template.jinja   what AutoTokenizer reads
    domain.toml                                                  notice, signs of an emergency, headings of the prompt
    slm.json                                                     what made it, and the SHA-256 of each file
    adapter/                                                     of a LoRA tuning: what was merged in, for PEFT
    state/optimizer.safetensors, state/trainer.json              only in checkpoints/last: what training needs to go on
    state/shards/                                                of it, what several ranks had a share of each

A folder is written whole or not at all. Nothing in it can run code when it is loaded: no pickle. This module knows
nothing about training loops; it saves and gives back what it is handed.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from slm import __version__
from slm.atomic_write import existing_folder, new_folder, write_bytes
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import END_OF_TEXT, Tokenizer
from slm.domain import FILE, Domain, domain_of_old, heading
from slm.errors import ModelError
from slm.model.gpt import GPT
from slm.model.hf_names import config_from_hf, config_to_hf, tensors_from_hf, tensors_to_hf
from slm.model_folder import RECORD, WEIGHTS, missing_weights, open_model_folder, read_json, sha256_of

SHARDS = "shards"
KINDS = {32: torch.float32, 16: torch.float16}


@dataclass(frozen=True)
class LoadedModel:
    """A model folder in memory. `record` is the content of slm.json, empty for a folder that slm did not write."""

    model: GPT
    tokenizer: Tokenizer
    prompt_format: PromptFormat | None
    folder: Path
    sha256: str
    record: dict[str, Any] = field(default_factory=dict)
    domain: Domain = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.domain is None:
            object.__setattr__(self, "domain", domain_of_old(answers=self.prompt_format is not None))

    @property
    def notice(self) -> str:
        """What the reader of its texts has to know; '' where there is nothing."""
        return heading(self.domain, "", answers=self.prompt_format is not None).notice

    @property
    def tokenizer_source(self) -> str:
        """What `load_tokenizer` takes to give this model's tokenizer."""
        return self.tokenizer.name if self.tokenizer.name == "gpt2" else str(self.folder)


@dataclass(frozen=True)
class TrainingState:
    """What, besides the weights, a run needs to go on with the same bits: tensors by name, and plain values."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]
    shards: Path | None = None
    """The folder that has the other tensors, where they are spread over several ranks."""


def save_model(
    folder: Path,
    model: GPT,
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None = None,
    record: Mapping[str, Any] | None = None,
    state: TrainingState | None = None,
    bits: int = 32,
    files: Mapping[str, str | bytes] | None = None,
    domain: Domain | None = None,
) -> None:
    """Write a model folder, and the training state, more `files` (text or bytes, by their paths in it) and its domain's
    into it if given; with 16 bits the weights are float16. Raises OSError with an old folder untouched."""
    with new_folder(folder) as temporary:
        tensors = {name: tensor.to(KINDS[bits]) for name, tensor in tensors_to_hf(model).items()}
        safetensors.torch.save_file(tensors, temporary / WEIGHTS, metadata={"format": "pt"})
        write_small_files(temporary, model, tokenizer, prompt_format, bits)
        for name, content in (files or {}).items():
            (temporary / name).parent.mkdir(exist_ok=True)
            (temporary / name).write_bytes(content.encode() if isinstance(content, str) else content)
        if domain is not None:
            (temporary / FILE).write_bytes(domain.text.encode())
        if state is not None:
            (temporary / "state").mkdir()
            safetensors.torch.save_file(state.tensors, temporary / "state" / "optimizer.safetensors")
            (temporary / "state" / "trainer.json").write_text(json.dumps(state.values, indent=1))
            if state.shards is not None:
                state.shards.rename(temporary / "state" / SHARDS)
        files = sorted(path for path in temporary.rglob("*") if path.is_file())
        described = {
            "slm": __version__,
            "torch": str(torch.__version__),
            "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256},
            "prompt_format": None if prompt_format is None else prompt_format.settings(),
            **({} if domain is None else {"domain": domain.name}),
            **(record or {}),
            "sha256": {path.relative_to(temporary).as_posix(): sha256_of(path) for path in files},
        }
        (temporary / RECORD).write_text(json.dumps(described, indent=1, ensure_ascii=False), encoding="utf-8")


def load_model(source: str | Path) -> LoadedModel:
    """Load a model folder, ours or any GPT-2 in Hugging Face's layout, or 'hub:owner/name'; a Qwen3 of a shape of ours.

    Raises ModelError, with the file's name, where something is missing, damaged or computed otherwise; NetworkError
    where a hub model cannot be fetched.
    """
    opened = open_model_folder(source)
    folder = opened.path
    config = config_from_hf(read_json(folder / "config.json"), where=str(folder / "config.json"))
    tensors = _read_tensors(folder / WEIGHTS)
    with torch.device("meta"):
        model = GPT(config)
    model.load_state_dict(tensors_from_hf(tensors, config, where=str(folder / WEIGHTS)), assign=True)
    model.requires_grad_(True)
    if (tokens := opened.tokenizer.n_vocab) > config.vocab_size:
        raise ModelError(
            f"{folder}: its tokenizer has {tokens} tokens, the model {config.vocab_size}; they do not belong together"
        )
    return LoadedModel(
        model.eval(), opened.tokenizer, opened.prompt_format, folder, opened.sha256, opened.record, opened.domain
    )


def load_state(folder: Path) -> TrainingState:
    """The training state of checkpoints/last. Raises ModelError where there is none (checked by `load_model`)."""
    folder = existing_folder(folder)
    path = folder / "state" / "trainer.json"
    if not path.is_file():
        raise ModelError(
            f"{folder}: expected a checkpoint with state/, to go on training from; only checkpoints/last has it"
        )
    shards = folder / "state" / SHARDS
    tensors = _read_tensors(folder / "state" / "optimizer.safetensors")
    return TrainingState(tensors, read_json(path), shards if shards.is_dir() else None)


def save_best_params(path: Path, model: GPT) -> None:
    """Write best_model_params.pt, a plain state dict that ``torch.load(path, weights_only=True)`` reads.

    For scripts that expect that file; slm itself never loads it.
    """
    buffer = io.BytesIO()
    torch.save({name: tensor.cpu() for name, tensor in model.state_dict().items()}, buffer)
    write_bytes(path, buffer.getvalue())


def write_small_files(
    folder: Path, model: GPT, tokenizer: Tokenizer, prompt_format: PromptFormat | None, bits: int = 32
) -> None:
    """Write what stands beside the weights: config, generation config, tokenizer, chat template."""
    for name, content in _small_files(model, tokenizer, prompt_format, bits).items():
        text = content if isinstance(content, str) else _as_json(content)
        (folder / name).write_text(text, encoding="utf-8")


def _as_json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)


@functools.lru_cache(maxsize=2)
def _tokenizer_file(tokenizer: Tokenizer) -> str:
    """The same at every save of a run: with GPT-2's vocabulary it takes half a second to write out."""
    return _as_json(tokenizer.definition)


def _small_files(
    model: GPT, tokenizer: Tokenizer, prompt_format: PromptFormat | None, bits: int
) -> dict[str, Any]:
    end, kind = tokenizer.eot_token, str(KINDS[bits]).removeprefix("torch.")
    files = {
        "config.json": config_to_hf(model.config, end) | {"dtype": kind, "torch_dtype": kind},
        "generation_config.json": {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end},
        "tokenizer.json": _tokenizer_file(tokenizer),
        "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer",
            "model_max_length": model.config.block_size,
            "bos_token": END_OF_TEXT,
            "eos_token": END_OF_TEXT,
            "unk_token": END_OF_TEXT,
            "add_prefix_space": False,
            "clean_up_tokenization_spaces": False,
            "split_special_tokens": True,  # "<|endoftext|>" inside a text stays text
        },
    }
    if prompt_format is not None:
        files["chat_template.jinja"] = prompt_format.chat_template()
    return files


def _read_tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        weights = path.name == WEIGHTS
        raise ModelError(missing_weights(path.parent) if weights else f"{path}: expected tensors here, found none")
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: not a whole safetensors file ({error}); take another checkpoint") from None
