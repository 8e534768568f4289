"""The model folder: weights, config, tokenizer and what made them, in Hugging Face's layout, checked by hashes.

    config.json, generation_config.json, model.safetensors      GPT2LMHeadModel's or Qwen3ForCausalLM's
    tokenizer.json, tokenizer_config.json, chat_template.jinja   what AutoTokenizer reads
    slm.json                                                     what made it, and the SHA-256 of each file
    state/optimizer.safetensors, state/trainer.json              only in checkpoints/last: what training needs to go on

A folder is written whole or not at all. Nothing in it can run code when it is loaded: no pickle. This module knows
nothing about training loops; it saves and gives back what it is handed.
"""

from __future__ import annotations

import hashlib
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
from slm.config_files import from_dict
from slm.data.hub import open_snapshot
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import END_OF_TEXT, Tokenizer, gpt2_tokenizer, read_tokenizer
from slm.errors import ConfigError, ModelError
from slm.model.gpt import GPT
from slm.model.hf_names import config_from_hf, config_to_hf, tensors_from_hf, tensors_to_hf

WEIGHTS = "model.safetensors"
RECORD = "slm.json"


@dataclass(frozen=True)
class LoadedModel:
    """A model folder in memory. `record` is the content of slm.json, empty for a folder that slm did not write."""

    model: GPT
    tokenizer: Tokenizer
    prompt_format: PromptFormat | None
    folder: Path
    sha256: str
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def tokenizer_source(self) -> str:
        """What `load_tokenizer` takes to give this model's tokenizer."""
        return self.tokenizer.name if self.tokenizer.name == "gpt2" else str(self.folder)


@dataclass(frozen=True)
class TrainingState:
    """What, besides the weights, a run needs to go on with the same bits: tensors by name, and plain values."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]


def save_model(
    folder: Path,
    model: GPT,
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None = None,
    record: Mapping[str, Any] | None = None,
    state: TrainingState | None = None,
) -> None:
    """Write a model folder, and the training state into it if given. Raises OSError with an old folder untouched."""
    with new_folder(folder) as temporary:
        safetensors.torch.save_file(tensors_to_hf(model), temporary / WEIGHTS, metadata={"format": "pt"})
        for name, content in _small_files(model, tokenizer, prompt_format).items():
            text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)
            (temporary / name).write_text(text, encoding="utf-8")
        if state is not None:
            (temporary / "state").mkdir()
            safetensors.torch.save_file(state.tensors, temporary / "state" / "optimizer.safetensors")
            (temporary / "state" / "trainer.json").write_text(json.dumps(state.values, indent=1))
        files = sorted(path for path in temporary.rglob("*") if path.is_file())
        described = {
            "slm": __version__,
            "torch": str(torch.__version__),
            "tokenizer": {"name": tokenizer.name, "sha256": tokenizer.sha256},
            "prompt_format": None if prompt_format is None else vars(prompt_format),
            **(record or {}),
            "sha256": {path.relative_to(temporary).as_posix(): sha256_of(path) for path in files},
        }
        (temporary / RECORD).write_text(json.dumps(described, indent=1, ensure_ascii=False), encoding="utf-8")


def load_model(source: str | Path) -> LoadedModel:
    """Load a model folder, ours or any GPT-2 in Hugging Face's layout, or 'hub:owner/name'; a Qwen3 of a shape of ours.

    Raises ModelError, with the file's name, where something is missing, damaged or computed otherwise; NetworkError
    where a hub model cannot be fetched.
    """
    folder = _hub_model(str(source)[4:]) if str(source).startswith("hub:") else existing_folder(Path(source))
    record = _read_record(folder)
    config = config_from_hf(_read_json(folder / "config.json"), where=str(folder / "config.json"))
    tensors = _read_tensors(folder / WEIGHTS)
    with torch.device("meta"):
        model = GPT(config)
    model.load_state_dict(tensors_from_hf(tensors, config, where=str(folder / WEIGHTS)), assign=True)
    model.requires_grad_(True)
    tokenizer = _folder_tokenizer(folder)
    if tokenizer.n_vocab > config.vocab_size:
        raise ModelError(
            f"{folder}: its tokenizer has {tokenizer.n_vocab} tokens, the model {config.vocab_size}; they do not "
            "belong together"
        )
    sha256 = record["sha256"][WEIGHTS] if record else sha256_of(folder / WEIGHTS)
    return LoadedModel(model.eval(), tokenizer, _prompt_format(folder, record), folder, sha256, record)


def load_state(folder: Path) -> TrainingState:
    """The training state of checkpoints/last. Raises ModelError where there is none (checked by `load_model`)."""
    folder = existing_folder(folder)
    path = folder / "state" / "trainer.json"
    if not path.is_file():
        raise ModelError(
            f"{folder}: expected a checkpoint with state/, to go on training from; only checkpoints/last has it"
        )
    return TrainingState(_read_tensors(folder / "state" / "optimizer.safetensors"), _read_json(path))


def save_best_params(path: Path, model: GPT) -> None:
    """Write best_model_params.pt, a plain state dict that ``torch.load(path, weights_only=True)`` reads.

    For scripts that expect that file; slm itself never loads it.
    """
    buffer = io.BytesIO()
    torch.save({name: tensor.cpu() for name, tensor in model.state_dict().items()}, buffer)
    write_bytes(path, buffer.getvalue())


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _small_files(model: GPT, tokenizer: Tokenizer, prompt_format: PromptFormat | None) -> dict[str, Any]:
    end = tokenizer.eot_token
    files = {
        "config.json": config_to_hf(model.config, end),
        "generation_config.json": {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end},
        "tokenizer.json": tokenizer.definition,
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


def _read_record(folder: Path) -> dict[str, Any]:
    """slm.json, after comparing every file that it lists with its hash; {} where slm did not write the folder."""
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: expected a model folder (config.json, {WEIGHTS}), found none; slm runs lists what there is"
        )
    if not (folder / RECORD).is_file():
        return {}
    record = _read_json(folder / RECORD)
    try:
        for name, expected in record["sha256"].items():
            if not (folder / name).is_file():
                raise ModelError(f"{folder / name}: missing; the folder is not whole: take another checkpoint")
            if sha256_of(folder / name) != expected:
                raise ModelError(
                    f"{folder / name}: its SHA-256 differs from {RECORD}'s; the file is damaged or was changed: take "
                    "another checkpoint"
                )
        record["sha256"][WEIGHTS]
    except (KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{folder / RECORD}: not what slm writes ({error!r}); take another checkpoint") from None
    return record


def _prompt_format(folder: Path, record: dict[str, Any]) -> PromptFormat | None:
    if not record.get("prompt_format"):
        return None
    try:
        return from_dict(PromptFormat, record["prompt_format"], where=str(folder / RECORD))
    except ConfigError as error:
        raise ModelError(f"{error}; was the folder written by a newer slm?") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: expected this file in a model folder, found none") from None
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error}); the file is damaged") from None


def _read_tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        others = [p.name for p in path.parent.glob("*") if p.suffix in (".bin", ".pt", ".pth", ".ckpt")]
        hint = (
            f"; {others[0]} is a pickle, which can run code when loaded: save the model as safetensors"
            if others
            else ""
        )
        raise ModelError(f"{path}: expected the weights here, found none{hint}")
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: not a whole safetensors file ({error}); take another checkpoint") from None


def _folder_tokenizer(folder: Path) -> Tokenizer:
    path = folder / "tokenizer.json"
    if path.is_file():
        return read_tokenizer(path)
    if (folder / "vocab.json").is_file() and _read_json(folder / "vocab.json") == gpt2_tokenizer().definition["model"][
        "vocab"
    ]:
        return gpt2_tokenizer()
    raise ModelError(f"{path}: expected the tokenizer here, found none; save it with AutoTokenizer.save_pretrained")


def _hub_model(repository: str) -> Path:
    """Fetch a model from the hub into its cache: config, weights, tokenizer. Returns the folder."""
    snapshot = open_snapshot(repository)
    present = snapshot.names()
    wanted = [name for name in ("config.json", WEIGHTS, "tokenizer.json", "vocab.json") if name in present]
    if WEIGHTS not in wanted or "config.json" not in wanted:
        raise ModelError(
            f"{snapshot}: expected config.json and {WEIGHTS} in it; other formats, which can run code, are not read"
        )
    return snapshot.fetch(wanted)[0].path.parent
