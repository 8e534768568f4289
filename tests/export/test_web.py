"""What is written for a static host: all of it and nothing else, small, the same every time, nothing from elsewhere."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_definition, tiny_model, tiny_tokenizer

from slm.checkpoint import LoadedModel
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer, gpt2_definition
from slm.domain import load_domain
from slm.errors import ConfigError, ModelError
from slm.export.kernel import kernel
from slm.export.letters import letters_digits_spaces
from slm.export.web import write_web
from slm.export.weights import pack, rounded
from slm.model.gpt import GPT, GPTConfig

NOTICE = load_domain("medical").notice

FILES = {
    "index.html", "style.css", "icon.svg", "manifest.webmanifest", "page.js", "engine.js", "worker.js", "model.js",
    "tokenizer.js", "sampling.js", "service.js", "kernel.wasm", "model.json", "tokenizer.json", "weights.bin",
}  # fmt: skip


def loaded(model: GPT | None = None, tokenizer: Tokenizer | None = None, **values: Any) -> LoadedModel:
    return LoadedModel(
        model or tiny_model(), tokenizer or tiny_tokenizer(), values.get("prompt_format"), Path("runs/tiny"), "0" * 64,
        values.get("record", {}),
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The folder


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_the_folder_holds_all_files_and_no_others(tmp_path: Path, bits: int):
    write_web(loaded(), tmp_path / "web", bits)
    files = contents(tmp_path / "web")
    assert files.keys() == FILES and all(files.values())
    described = json.loads(files["model.json"])
    assert (described["bits"], described["title"], described["notice"]) == (bits, "tiny", None)
    assert described["weights"]["bytes"] == len(files["weights.bin"])


def test_the_service_worker_keeps_what_the_page_needs_besides_the_weights(tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    kept = re.search(r"^const FILES = (.*);$", (tmp_path / "web/service.js").read_text(), re.MULTILINE)
    assert set(json.loads(kept[1])) == {"./"} | FILES - {"index.html", "service.js", "weights.bin"}


def test_the_same_model_gives_the_same_bytes_and_another_one_another_version(tmp_path: Path):
    for name, model in (("a", tiny_model()), ("b", tiny_model()), ("c", tiny_model(seed=1))):
        write_web(loaded(model), tmp_path / name)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert {name for name in FILES if a[name] != c[name]} == {"weights.bin", "model.json", "service.js"}


def test_ten_million_parameters_take_less_than_20_mb(tmp_path: Path):
    tokenizer = Tokenizer(tiny_definition([" ".join(merge) for merge in gpt2_definition()["model"]["merges"][:3839]]))
    model = GPT(GPTConfig(block_size=256, vocab_size=4096, n_layer=6, n_head=8, n_embd=352))
    assert tokenizer.n_vocab == 4096 and model.num_parameters() > 10e6
    write_web(loaded(model, tokenizer), tmp_path / "web")
    assert sum(len(content) for content in contents(tmp_path / "web").values()) < 13e6  # blocks of 32, the costliest


def test_nothing_names_another_host(tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    for name, content in contents(tmp_path / "web").items():
        if not name.endswith((".bin", ".wasm", ".json")):
            named = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}\S*", content.decode())
            assert set(named) <= {'http://www.w3.org/2000/svg"'}, name


def test_the_page_lets_nothing_in_from_elsewhere(tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    page = (tmp_path / "web/index.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';")
    assert "unsafe-inline" not in policy
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son\w+=", page)


def test_a_model_that_answers_brings_its_prompt_and_the_notice(tmp_path: Path):
    asked = loaded(prompt_format=PromptFormat(reasoning=True), record={"run": "medical"})
    write_web(asked, tmp_path / "web")
    described = json.loads((tmp_path / "web/model.json").read_text())
    assert described["title"] == "medical" and described["notice"] == NOTICE
    prompt = described["prompt"]
    assert prompt["before"] + "Why?" + prompt["after"] == PromptFormat(reasoning=True).prompt("Why?")
    assert PromptFormat(reasoning=True).shown("Because" + prompt["answer"] + "So.") == "So."


# Whole or not at all


def test_other_bits_are_refused_and_the_old_folder_stays(tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    before = contents(tmp_path / "web")
    with pytest.raises(ConfigError, match="bits expects 16, 8, 4 for the web, got 5"):
        write_web(loaded(), tmp_path / "web", 5)
    assert contents(tmp_path / "web") == before


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_web(loaded(), tmp_path / "web")
    before = contents(tmp_path / "web")

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_web(loaded(tiny_model(seed=1)), tmp_path / "web")
    assert contents(tmp_path / "web") == before and os.listdir(tmp_path) == ["web"]


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("pre_tokenizer", "add_prefix_space", True), ("pre_tokenizer", "use_regex", False),
        ("model", "ignore_merges", True),
    ],
)  # fmt: skip
def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path, part: str, name: str, value: bool):
    definition = copy.deepcopy(tiny_definition())
    definition[part][name] = value
    with pytest.raises(ModelError, match=rf"runs/tiny: its tokenizer's {part}\.{name} is {value}"):
        write_web(loaded(tokenizer=Tokenizer(definition)), tmp_path / "web")
    assert not list(tmp_path.iterdir())


def test_a_tokenizer_that_rewrites_texts_is_refused(tmp_path: Path):
    definition = tiny_definition() | {"normalizer": {"type": "NFC"}}
    with pytest.raises(ModelError, match="rewrites texts first"):
        write_web(loaded(tokenizer=Tokenizer(definition)), tmp_path / "web")


# Its parts


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_the_file_holds_what_the_reference_computes_with(bits: int):
    model = tiny_model()
    places, content = pack(model, bits)
    reference = rounded(model, bits).state_dict()
    assert places.keys() == reference.keys()
    for name, place in places.items():
        assert np.array_equal(unpacked(place, content), reference[name].numpy()), name
        assert place["values"] % 16 == 0


def unpacked(place: dict[str, Any], content: bytes) -> np.ndarray:
    shape, block = place["shape"], place.get("block", 0)
    if not block:
        kind = {"float32": "<f4", "float16": "<f2"}[place["kind"]]
        return np.frombuffer(content, kind, np.prod(shape), place["values"]).astype(np.float32).reshape(shape)
    blocks = shape[0] * -(-shape[1] // block)
    scales = np.frombuffer(content, "<f4", blocks, place["scales"])[:, None]
    if place["kind"] == "int8":
        values = np.frombuffer(content, np.int8, blocks * block, place["values"])
    else:
        packed = np.frombuffer(content, np.uint8, blocks * block // 2, place["values"])
        values = np.stack((packed & 15, packed >> 4), axis=1).astype(np.int8) - 8
    return (values.reshape(blocks, block) * scales).reshape(shape[0], -1)[:, : shape[1]]


def test_fewer_bits_are_further_from_the_model():
    model, ids = tiny_model(), torch.arange(16)[None]
    with torch.no_grad():
        distances = [float((rounded(model, bits)(ids) - model(ids)).abs().max()) for bits in (16, 8, 4)]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_what_float16_cannot_hold_becomes_its_largest_number():
    model = tiny_model()
    with torch.no_grad():
        model.transformer.wte.weight[0, 0] = 1e6
    assert rounded(model, 16).transformer.wte.weight[0, 0] == 65504


def test_the_kernel_is_a_module_of_webassembly():
    assert kernel()[:8] == b"\0asm\1\0\0\0" and len(kernel()) < 1000


@pytest.mark.parametrize(
    ("character", "kind"),
    [("a", "letters"), ("é", "letters"), ("ſ", "letters"), ("語", "letters"), ("\U0001d49c", "letters"),
     ("7", "digits"), ("½", "digits"), ("Ⅷ", "digits"), ("४", "digits"), (" ", "spaces"), ("\x85", "spaces"),
     ("\u3000", "spaces"), ("\ufeff", ""), ("\x1c", ""), ("\u0301", ""), ("\U0001f642", ""), ("\u200b", ""), ("'", "")],
)  # fmt: skip
def test_classes_of_characters(character: str, kind: str):
    found = [
        name for name, runs in letters_digits_spaces().items()
        if any(first <= ord(character) <= last for first, last in zip(runs[::2], runs[1::2], strict=True))
    ]  # fmt: skip
    assert found == ([kind] if kind else [])
