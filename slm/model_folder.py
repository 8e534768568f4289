"""The parts of a model folder that need no torch: its record, tokenizer, prompt format, domain and hashes.

Where torch is needed, `checkpoint` goes on from here. Nothing that is read can run code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.atomic_write import existing_folder
from slm.config_files import from_dict
from slm.data.hub import open_snapshot
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer, gpt2_tokenizer, read_tokenizer
from slm.domain import FILE, Domain, domain_of_old, read_domain
from slm.errors import ConfigError, ModelError
from slm.hashing import sha256_of
from slm.remote.address import is_address
from slm.remote.runs import fetch_model

WEIGHTS = "model.safetensors"
RECORD = "slm.json"


@dataclass(frozen=True)
class ModelFolder:
    """A model folder, checked against its hashes. `record` is slm.json, empty for a folder that slm did not write;
    `sha256` is that of the weights."""

    path: Path
    tokenizer: Tokenizer
    prompt_format: PromptFormat | None
    sha256: str
    record: dict[str, Any]
    domain: Domain


def names_model(source: str) -> bool:
    """Whether `source` is a model by itself, and no run's name: an address, hub:owner/name, or a model folder."""
    return source.startswith("hub:") or is_address(source) or bool(source and (Path(source) / "config.json").is_file())


def open_model_folder(source: str | Path) -> ModelFolder:
    """The folder at `source`, a path or an address, or of 'hub:owner/name'. Raises ModelError, with the file's name,
    where something is missing or damaged; NetworkError where it must be fetched and cannot be, DataError where nothing
    lies at an address."""
    if is_address(source):
        folder = fetch_model(str(source))
    elif str(source).startswith("hub:"):
        folder = _hub_model(str(source)[4:])
    else:
        folder = existing_folder(Path(source))
    record = _read_record(folder)
    read_json(folder / "config.json")  # there, and whole
    tokenizer = _folder_tokenizer(folder)
    if not record and not (folder / WEIGHTS).is_file():
        raise ModelError(missing_weights(folder))
    sha256 = record["sha256"][WEIGHTS] if record else sha256_of(folder / WEIGHTS)
    prompt_format = _prompt_format(folder, record)
    return ModelFolder(folder, tokenizer, prompt_format, sha256, record, _domain(folder, prompt_format))


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: expected this file in a model folder, found none") from None
    except (ValueError, OSError, RecursionError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error}); the file is damaged") from None


def _read_record(folder: Path) -> dict[str, Any]:
    """slm.json, after comparing every file that it lists with its hash; {} where slm did not write the folder."""
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: expected a model folder (config.json, {WEIGHTS}), found none; slm runs lists what there is"
        )
    if not (folder / RECORD).is_file():
        return {}
    record = read_json(folder / RECORD)
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


def _domain(folder: Path, prompt_format: PromptFormat | None) -> Domain:
    """What its domain.toml says; older models have none."""
    if not (folder / FILE).is_file():
        return domain_of_old(answers=prompt_format is not None)
    try:
        return read_domain(folder / FILE)
    except ConfigError as error:
        raise ModelError(f"{error}; was the folder written by a newer slm?") from None


def _folder_tokenizer(folder: Path) -> Tokenizer:
    path = folder / "tokenizer.json"
    if path.is_file():
        return read_tokenizer(path)
    if (folder / "vocab.json").is_file() and read_json(folder / "vocab.json") == gpt2_tokenizer().definition["model"][
        "vocab"
    ]:
        return gpt2_tokenizer()
    raise ModelError(f"{path}: expected the tokenizer here, found none; save it with AutoTokenizer.save_pretrained")


def _hub_model(repository: str) -> Path:
    """Fetch a model from the hub into its cache: config, weights, tokenizer. Returns the folder."""
    snapshot = open_snapshot(repository)
    present = snapshot.names()
    wanted = [name for name in ("config.json", WEIGHTS, "tokenizer.json", "vocab.json", FILE) if name in present]
    if WEIGHTS not in wanted or "config.json" not in wanted:
        raise ModelError(
            f"{snapshot}: expected config.json and {WEIGHTS} in it; other formats, which can run code, are not read"
        )
    return snapshot.fetch(wanted)[0].path.parent


def missing_weights(folder: Path) -> str:
    """What to say where a folder has no weights that slm reads."""
    others = [path.name for path in folder.glob("*") if path.suffix in (".bin", ".pt", ".pth", ".ckpt")]
    hint = f"; {others[0]} is a pickle, which can run code when loaded: save the model as safetensors" if others else ""
    return f"{folder / WEIGHTS}: expected the weights here, found none{hint}"
