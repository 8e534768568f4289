"""Files of a model, damaged by a seed in as many ways: an error of one line or the same model, never a crash, a hang or
other weights. llama.cpp's own, GGUF files, are damaged in tests/export/test_llama_cpp.py."""

from __future__ import annotations

import faulthandler
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damaged
from tiny import split_of, tiny_model, tiny_tokenizer

from slm.checkpoint import LoadedModel, load_model, save_model
from slm.data.tokenizer import read_tokenizer
from slm.errors import DataError, ModelError
from slm.export.exporting import export, verify
from slm.export.onnx_folder import FILES, OnnxFolder, write_onnx
from slm.model_folder import RECORD

FEW, MANY = 60, 1000
LONGEST_SECONDS = 5
IDS = [3, 7, 1, 200, 13]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "model"
    save_model(folder, tiny_model(n_embd=32), tiny_tokenizer())
    return folder


def logits(loaded: LoadedModel) -> np.ndarray:
    with torch.no_grad():
        return loaded.model(torch.tensor([IDS]))[0].numpy()


def outcomes(names: list[str], folder: Path, count: int, attempt: Callable[[], bool]) -> dict[str, int]:
    """How often `attempt` gave True, False, or one line, over `count` ways to damage these files of a folder."""
    found = {"same": 0, "other": 0, "refused": 0}
    for seed in range(count):
        path = folder / names[seed % len(names)]
        content = path.read_bytes()
        path.write_bytes(damaged(content, seed, described=min(len(content), 2000)))
        faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)  # a hang ends the whole run, seen
        try:
            found["same" if attempt() else "other"] += 1
        except (ModelError, DataError) as error:
            assert "\n" not in str(error) and str(folder) in str(error), error
            found["refused"] += 1
        finally:
            faulthandler.cancel_dump_traceback_later()
            path.write_bytes(content)
    assert sum(found.values()) == count
    return found


def many(count: int) -> pytest.param:
    return pytest.param(count, marks=pytest.mark.slow if count == MANY else ())


@pytest.mark.parametrize("count", [many(FEW), many(MANY)])
def test_a_damaged_model_folder_is_refused_or_the_same_model(whole: Path, tmp_path: Path, count: int) -> None:
    folder = shutil.copytree(whole, tmp_path / "model")
    expected, ids = logits(load_model(folder)), tiny_tokenizer().encode_ordinary("The cat sat")

    def same() -> bool:
        loaded = load_model(folder)
        return np.array_equal(logits(loaded), expected) and loaded.tokenizer.encode_ordinary("The cat sat") == ids

    names = [path.name for path in sorted(folder.iterdir())]
    found = outcomes(names, folder, count, same)
    assert found["other"] == 0 and found["refused"] > 0.8 * count, found


@pytest.mark.parametrize("count", [many(FEW), many(MANY)])
def test_a_damaged_folder_without_hashes_is_refused_or_loads(whole: Path, tmp_path: Path, count: int) -> None:
    folder = shutil.copytree(whole, tmp_path / "model")
    (folder / RECORD).unlink()
    names = ["config.json", "model.safetensors", "tokenizer.json"]
    found = outcomes(names, folder, count, lambda: len(logits(load_model(folder))) == len(IDS))
    assert found["refused"] > count / 4, found


@pytest.mark.parametrize("count", [many(FEW), many(MANY)])
def test_a_damaged_tokenizer_is_refused_or_encodes(whole: Path, tmp_path: Path, count: int) -> None:
    folder = shutil.copytree(whole, tmp_path / "model")
    path, text = folder / "tokenizer.json", "The cat sat. \u00e9"

    def encodes() -> bool:
        tokenizer = read_tokenizer(path)
        return max(tokenizer.encode_ordinary(text), default=0) < tokenizer.n_vocab

    found = outcomes([path.name], folder, count, encodes)
    assert found["other"] == 0 and found["refused"] > count / 4, found


@pytest.mark.parametrize("count", [many(FEW), many(MANY)])
def test_a_damaged_export_is_found_by_its_hashes(whole: Path, tmp_path: Path, few_strings, count: int) -> None:
    folder, split = tmp_path / "x", split_of([[n % 250 + 3, 269] for n in range(40)])
    export(load_model(whole), "onnx", 8, folder, "tiny", "", split, 5, responses=False)
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    sums = verify(folder)["sha256"]
    found = outcomes(names, folder, count, lambda: verify(folder)["sha256"] == sums)
    assert found["other"] == 0 and found["refused"] > 0.8 * count, found


@pytest.mark.parametrize("count", [many(FEW), many(MANY)])
def test_onnxruntime_refuses_a_damaged_graph_or_computes_it(whole: Path, tmp_path: Path, count: int) -> None:
    """In a process of its own, so that a crash is seen as one; without the hashes, which would find them all."""
    write_onnx(load_model(whole), tmp_path / "x", 8)
    command = [sys.executable, __file__, str(tmp_path / "x"), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > count / 4


def main(folder: Path, count: int) -> None:
    def computes() -> bool:
        with OnnxFolder(folder, 8) as graph:
            return len(graph.logits(IDS)) == len(IDS)

    print(outcomes([f"onnx/{FILES[8]}"], folder, count, computes)["refused"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
