"""Which engine runs a model: as asked for, or the one that suits the machine; converted once, without torch after."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import load_model, save_model
from slm.errors import ConfigError, ModelError
from slm.generation import engines
from slm.generation.engine_cache import cached_graph
from slm.generation.engines import convert, convert_anew, open_engine
from slm.generation.onnx_engine import OnnxEngine
from slm.generation.torch_engine import TorchEngine
from slm.model_folder import ModelFolder, open_model_folder


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "may_have_gpu", lambda: False)
    monkeypatch.setenv("SLM_CACHE", str(tmp_path / "cache"))


def saved(folder: Path, **values: int) -> ModelFolder:
    save_model(folder, tiny_model(**values), tiny_tokenizer())
    return open_model_folder(folder)


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return saved(tmp_path / "model")


def test_a_model_is_converted_at_its_first_use_and_found_at_the_next(folder: ModelFolder):
    said: list[str] = []
    for _ in range(2):
        engine = open_engine(folder, threads=1, message=said.append)
        assert isinstance(engine, OnnxEngine) and engine.name.endswith("8 bits, 1 thread")
    assert len(said) == 2 and said[0] == f"converting {folder.path} for the fast engine, 8 bits, once"
    assert said[1].startswith("converted in ")


def test_training_leaves_a_graph_that_needs_no_conversion(folder: ModelFolder):
    said: list[str] = []
    convert_anew(load_model(folder.path), said.append)
    assert len(said) == 1 and said[0].startswith("converted for the fast engine, 8 bits: ")
    open_engine(folder, message=said.append)
    assert len(said) == 1 and cached_graph(folder, 8)


def test_a_graph_that_is_damaged_is_made_anew(folder: ModelFolder):
    path = convert(load_model(folder.path))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    said: list[str] = []
    assert open_engine(folder, message=said.append).logits([1, 2]).shape == (2, 270)
    assert said[0].startswith("converting ")


@pytest.mark.parametrize(("kind", "bits", "expected"), [
    ("auto", 0, "8 bits"), ("auto", 32, "32 bits"), ("onnx", 4, "4 bits"), ("torch", 0, "float32, cpu"),
    ("torch", 32, "float32, cpu"),
])  # fmt: skip
def test_the_engine_that_is_asked_for_is_opened(kind: str, bits: int, expected: str, folder: ModelFolder):
    engine = open_engine(folder, kind, bits, threads=1)
    assert expected in engine.name and engine.context == 16
    assert isinstance(engine, TorchEngine if kind == "torch" else OnnxEngine)


def test_where_there_is_a_gpu_auto_takes_torch(folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "_has_gpu", lambda: True)
    assert isinstance(open_engine(folder), TorchEngine)
    assert isinstance(open_engine(folder, bits=8), OnnxEngine)
    assert isinstance(open_engine(folder, "onnx"), OnnxEngine)
    monkeypatch.setattr(engines, "may_have_gpu", lambda: True)
    said: list[str] = []
    convert_anew(load_model(folder.path), said.append)
    assert not said  # nothing to do: it would not be used


def test_a_driver_without_a_gpu_is_no_gpu(folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "may_have_gpu", lambda: True)
    monkeypatch.setattr("slm.device.best_device", lambda: "cpu")
    assert isinstance(open_engine(folder), OnnxEngine)


def test_shapes_that_the_fast_engine_has_no_kernel_for_go_to_torch(tmp_path: Path):
    odd, said = saved(tmp_path / "odd", n_embd=24, n_head=2), []
    assert isinstance(open_engine(odd, message=said.append), TorchEngine)
    assert said[-1] == "the fast engine expects heads of a multiple of 8 channels, got 12: taking torch"
    convert_anew(load_model(odd.path), said.append)
    assert said[-1].endswith("got 12: slm generate will take torch")
    for kind, bits in (("onnx", 0), ("auto", 8)):
        with pytest.raises(ConfigError, match="got 12: use --engine torch"):
            open_engine(odd, kind, bits)


def test_a_cache_that_cannot_be_written_is_one_line_and_no_failure_of_a_training(
    folder: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SLM_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"the cache for the fast engine cannot be written .*: set SLM_CACHE"):
        open_engine(folder)
    said: list[str] = []
    convert_anew(load_model(folder.path), said.append)
    assert len(said) == 1 and said[0].startswith("not converted for the fast engine (Not a directory)")


@pytest.mark.parametrize(("kind", "bits", "message"), [
    ("cuda", 0, "engine expects auto, onnx, torch, got 'cuda'"),
    ("onnx", 5, r"bits expects 32, 8, 4 \(torch: 32 only\), got 5"),
    ("torch", 8, r"bits expects 32, 8, 4 \(torch: 32 only\), got 8"),
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(kind: str, bits: int, message: str, folder: ModelFolder):
    with pytest.raises(ConfigError, match=message):
        open_engine(folder, kind, bits)
