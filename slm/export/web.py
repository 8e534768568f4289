"""A folder that any static host serves: one page, the model in few bits, its tokenizer, and what runs them.

    index.html, style.css, icon.svg, manifest.webmanifest, *.js      slm/export/page, as it is
    service.js            keeps these files in the browser: which ones, and their version, stand at its beginning
    kernel.wasm           the products of matrices (`slm.export.kernel`)
    model.json            the model's shape, where its tensors stand in weights.bin, kinds of characters, what is shown
    weights.bin           all tensors, one behind the other (`slm.export.weights`)
    tokenizer.json        as in the model folder, without line breaks

Nothing of it comes from elsewhere, and nothing of it asks another host for anything.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from slm import __version__
from slm.atomic_write import new_folder
from slm.checkpoint import LoadedModel
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.errors import ModelError
from slm.export.kernel import kernel
from slm.export.letters import letters_digits_spaces
from slm.export.weights import pack
from slm.model.gpt import GPTConfig
from slm.model.qwen3 import ROTARY_BASE

WEIGHTS_FILE = "weights.bin"
# Settings of a tokenizer.json that change its ids, and the values that the page computes with.
COMPUTED = {
    "model": {
        "dropout": (None, 0), "continuing_subword_prefix": (None, ""), "end_of_word_suffix": (None, ""),
        "byte_fallback": (None, False), "ignore_merges": (None, False),
    },
    "pre_tokenizer": {"type": ("ByteLevel",), "add_prefix_space": (False,), "use_regex": (None, True)},
}  # fmt: skip


def write_web(loaded: LoadedModel, folder: Path, bits: int = 8) -> None:
    """Write the page with the model in 16, 8 or 4 bits into `folder`, whole or not at all.

    Raises ConfigError for other bits, ModelError for a tokenizer that the page would compute otherwise, OSError with
    an old folder untouched.
    """
    places, content = pack(loaded.model, bits)
    definition = _checked(loaded.tokenizer, str(loaded.folder))
    files = {path.name: path.read_bytes() for path in resources.files("slm.export").joinpath("page").iterdir()}
    files |= {
        "kernel.wasm": kernel(),
        "tokenizer.json": _json(definition),
        "model.json": _json(_description(loaded, bits) | {"weights": _weights(content), "tensors": places}),
    }
    files["service.js"] = _service(files)
    with new_folder(folder) as temporary:
        for name, file in (files | {WEIGHTS_FILE: content}).items():
            (temporary / name).write_bytes(file)


def _description(loaded: LoadedModel, bits: int) -> dict[str, Any]:
    """model.json without the tensors: what the page shows, and what it computes with."""
    return {
        "slm": __version__,
        "title": loaded.record.get("run") or loaded.folder.resolve().name,
        "notice": loaded.notice or None,
        "parameters": loaded.model.num_parameters(),
        "bits": bits,
        "vocabulary": loaded.tokenizer.n_vocab,
        "prompt": _prompt(loaded.prompt_format),
        "model": loaded.sha256,
        "config": _shape(loaded.model.config),
        "classes": letters_digits_spaces(),
    }


def _shape(config: GPTConfig) -> dict[str, Any]:
    names = ("architecture", "block_size", "vocab_size", "n_layer", "n_head", "n_embd")
    return {name: getattr(config, name) for name in names} | {"rotary_base": ROTARY_BASE}


def _prompt(prompt_format: PromptFormat | None) -> dict[str, str | None] | None:
    """What stands before and after a question, and between reasoning and answer."""
    if prompt_format is None:
        return None
    before, _, after = prompt_format.prompt("?").partition("?")
    answer = prompt_format.before_response if prompt_format.reasoning else None
    return {"before": before, "after": after, "answer": answer}


def _weights(content: bytes) -> dict[str, Any]:
    return {"file": WEIGHTS_FILE, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _checked(tokenizer: Tokenizer, where: str) -> dict[str, Any]:
    """The tokenizer's definition. Raises ModelError where its ids would differ in the page."""
    definition = tokenizer.definition
    if definition.get("normalizer"):
        raise ModelError(f"{where}: its tokenizer rewrites texts first (normalizer); the web page knows no such thing")
    for part, settings in COMPUTED.items():
        for name, allowed in settings.items():
            value = (definition[part] or {}).get(name)
            if value not in allowed:
                raise ModelError(
                    f"{where}: its tokenizer's {part}.{name} is {value!r}; the web page computes GPT-2's "
                    f"byte-level BPE, with {allowed[-1]!r}, only"
                )
    return definition


def _service(files: dict[str, bytes]) -> bytes:
    """service.js with the names of all files but the weights, and a version that changes with any of them."""
    version = hashlib.sha256()
    for name in sorted(files):
        version.update(f"{name} {len(files[name])} ".encode() + files[name])
    names = ["./", *sorted(files.keys() - {"service.js", "index.html"})]  # some hosts redirect index.html to ./
    head = f"const VERSION = {json.dumps(version.hexdigest())};\nconst FILES = {json.dumps(names)};\n"
    return head.encode() + files["service.js"]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
