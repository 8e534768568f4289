"""A model folder is read without torch, checked file by file; whatever is wrong is one line with a file name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_layers import modules_after
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import save_model
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import gpt2_definition
from slm.errors import ModelError
from slm.model_folder import RECORD, WEIGHTS, open_model_folder, read_json, sha256_of


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "model"
    save_model(folder, tiny_model(), tiny_tokenizer(), PromptFormat(reasoning=True), {"step": 3})
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "model"))


@pytest.fixture
def foreign(folder: Path) -> Path:
    """What others save: no record."""
    (folder / RECORD).unlink()
    return folder


def change_record(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    record = json.loads((folder / RECORD).read_text())
    changed = change(record)
    (folder / RECORD).write_text(json.dumps(record if changed is None else changed))


def refused(folder: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message) as error:
        open_model_folder(folder)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_folder_gives_its_parts(folder: Path):
    opened = open_model_folder(str(folder))
    assert opened.path == folder and opened.record["step"] == 3
    assert opened.sha256 == sha256_of(folder / WEIGHTS)
    assert opened.prompt_format == PromptFormat(reasoning=True)
    assert opened.tokenizer.sha256 == tiny_tokenizer().sha256


def test_a_folder_that_others_saved_has_no_record(foreign: Path):
    opened = open_model_folder(foreign)
    assert (opened.record, opened.prompt_format) == ({}, None) and opened.sha256 == sha256_of(foreign / WEIGHTS)


def test_gpt2s_old_files_are_its_tokenizer(foreign: Path, gpt2):
    (foreign / "tokenizer.json").unlink()
    (foreign / "vocab.json").write_text(json.dumps(gpt2_definition()["model"]["vocab"]))
    assert open_model_folder(foreign).tokenizer is gpt2
    (foreign / "vocab.json").write_text('{"a": 0}')
    refused(foreign, r"tokenizer\.json: expected the tokenizer here, found none")


def test_the_folder_that_a_dying_process_left_is_found(folder: Path):
    folder.rename(folder.with_name(".model.old"))
    assert open_model_folder(folder).path.name == ".model.old"


def test_no_torch_is_needed(written: Path):
    statement = f"from slm.model_folder import open_model_folder; open_model_folder({str(written)!r})"
    assert "torch" not in modules_after(statement)


# Damage


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json", "chat_template.jinja"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_every_file_is_compared_with_its_hash(name: str, damage: str, folder: Path):
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    refused(folder, rf"{name}: (missing; the folder is not whole|its SHA-256 differs from slm\.json's)")


NESTED = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["", "{", "null", "[]", '"text"', "{}", '{"model": 1}', "\x00", NESTED])
def test_a_hostile_file_of_a_folder_without_hashes_is_one_line(name: str, content: str, foreign: Path):
    (foreign / name).write_text(content)
    if name == "config.json" and content not in ("", "{", "\x00", NESTED):
        open_model_folder(foreign)  # whether it describes a model is for who computes it to say
    else:
        refused(foreign, rf"{name}: ")


def test_bytes_that_are_no_text_are_one_line(foreign: Path):
    (foreign / "config.json").write_bytes(b"\xff\xfe")
    refused(foreign, r"config\.json: not readable as JSON")


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json"])
def test_what_is_missing_is_named(name: str, foreign: Path):
    (foreign / name).unlink()
    refused(foreign, rf"{name}: expected .* found none")


def test_a_pickle_is_not_read_and_the_way_on_is_told(foreign: Path):
    (foreign / WEIGHTS).rename(foreign / "pytorch_model.bin")
    refused(foreign, r"pytorch_model\.bin is a pickle, which can run code when loaded: save the model as safetensors")


def test_no_folder_is_one_line(tmp_path: Path):
    refused(tmp_path / "nowhere", r"nowhere: expected a model folder .*; slm runs lists what there is")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file", "file: expected a model folder")


@pytest.mark.parametrize("change", [
    lambda record: [], lambda record: {}, lambda record: "text", lambda record: 5,
    lambda record: record.pop("sha256") and None,
    lambda record: record.update(sha256=[WEIGHTS]),
    lambda record: record.update(sha256={}),
    lambda record: record["sha256"].pop(WEIGHTS) and None,
])  # fmt: skip
def test_a_hostile_record_is_one_line(change: Callable[[dict[str, Any]], Any], folder: Path):
    change_record(folder, change)
    refused(folder, r"slm\.json: not what slm writes")


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname-that-is-not-there", "a\x00b", ".", ""])
def test_names_in_the_record_that_are_no_files_are_one_line(name: str, folder: Path):
    change_record(folder, lambda record: record["sha256"].update({name: "0" * 64}))
    refused(folder, "missing; the folder is not whole")


@pytest.mark.parametrize("expected", [None, 5, [], "", "0" * 64, "A" * 64])
def test_hashes_that_are_none_do_not_pass(expected: Any, folder: Path):
    change_record(folder, lambda record: record["sha256"].update({WEIGHTS: expected}))
    refused(folder, rf"{WEIGHTS}: its SHA-256 differs")


@pytest.mark.parametrize("prompt_format", [{"reasoning": 5}, {"other": True}, ["reasoning"], "text", 7])
def test_a_prompt_format_of_another_kind_is_one_line(prompt_format: Any, folder: Path):
    change_record(folder, lambda record: record.update(prompt_format=prompt_format))
    refused(folder, r"slm\.json.*; was the folder written by a newer slm\?")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path):
    (tmp_path / "config.json").mkdir()
    with pytest.raises(ModelError, match=r"config\.json: not readable as JSON \(.*Is a directory"):
        read_json(tmp_path / "config.json")
