"""An ONNX export computes the model: whole, by the cache, in filled-up batches; in every number of bits."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny import tiny_model

from slm.data.prompt_format import PromptFormat
from slm.errors import ModelError
from slm.export.onnx_folder import FILES, OnnxFolder, write_onnx
from slm.model.quantization import quantize

IDS = [3, 7, 1, 200, 13, 8, 44, 90, 91, 92, 5]
QUANTIZED = ("attn.c_attn.weight", "c_proj.weight", "mlp.c_fc.weight", "c_gate.weight", "c_up.weight", "wte.weight")


def logits_of(model: torch.nn.Module, ids: list[int] = IDS) -> np.ndarray:
    with torch.no_grad():
        return model(torch.tensor([ids]))[0].numpy()


def exported(loaded, folder: Path, bits: int, **values: object) -> tuple[OnnxFolder, torch.nn.Module]:
    model = tiny_model(n_embd=32, **values)
    write_onnx(dataclasses.replace(loaded, model=model), folder, bits)
    return OnnxFolder(folder, bits), model


@pytest.mark.parametrize("values", [{}, {"bias": False}, {"architecture": "qwen3"}])
def test_32_bits_give_the_logits_of_the_model_also_by_the_cache(loaded, tmp_path, values) -> None:
    export, model = exported(loaded, tmp_path / "x", 32, **values)
    np.testing.assert_allclose(export.logits(IDS), logits_of(model), atol=1e-5)
    np.testing.assert_allclose(export.logits(IDS[:1]), logits_of(model, IDS[:1]), atol=1e-5)


def test_16_bits_give_the_logits_of_the_model_with_rounded_matrices(loaded, tmp_path) -> None:
    export, model = exported(loaded, tmp_path / "x", 16)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.copy_(parameter.half().float())
    np.testing.assert_allclose(export.logits(IDS), logits_of(model), atol=1e-5)


@pytest.mark.parametrize("bits", [8, 4])
def test_quantized_weights_give_about_the_logits_of_the_model_with_these_weights(loaded, tmp_path, bits) -> None:
    export, model = exported(loaded, tmp_path / "x", bits)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(QUANTIZED):
                parameter.copy_(torch.from_numpy(quantize(parameter.numpy(), bits).dequantized()))
    expected = logits_of(model)
    # the activations are rounded too, to 8 bits
    assert np.abs(export.logits(IDS) - expected).max() < 0.03 * np.abs(expected).max()


@pytest.mark.parametrize("values", [{}, {"architecture": "qwen3"}])
def test_rows_filled_up_on_the_left_are_as_if_alone(loaded, tmp_path, values) -> None:
    export, model = exported(loaded, tmp_path / "x", 32, **values)
    first, second = IDS[:4], IDS[4:11]
    fed = {
        "input_ids": np.array([[0, 0, 0, *first], second]),
        "attention_mask": np.array([[0, 0, 0, 1, 1, 1, 1], [1] * 7]),
        "position_ids": np.array([[1, 1, 1, 0, 1, 2, 3], range(7)]),
    }
    empty = {name: np.zeros((2, shape[1], 0, shape[3]), np.float32) for name, shape in export._caches.items()}
    logits = export._session.run(["logits"], fed | empty)[0]
    np.testing.assert_allclose(logits[0, 3:], logits_of(model, first), atol=1e-5)
    np.testing.assert_allclose(logits[1], logits_of(model, second), atol=1e-5)


def test_32_bits_need_standard_operators_alone_and_pass_onnx_checker(loaded, tmp_path) -> None:
    for values in ({}, {"architecture": "qwen3"}):
        exported(loaded, tmp_path / "x", 32, **values)
        onnx.checker.check_model(str(tmp_path / "x" / "onnx" / FILES[32]), full_check=True)
        graph = onnx.load(tmp_path / "x" / "onnx" / FILES[32]).graph
        assert {node.domain for node in graph.node} == {""}


def test_the_embedding_is_stored_once(loaded, tmp_path) -> None:
    sizes = {}
    for bits in (32, 16, 8, 4):
        model = tiny_model(n_embd=32, vocab_size=5000)
        write_onnx(dataclasses.replace(loaded, model=model), tmp_path / "x", bits)
        sizes[bits] = (tmp_path / "x" / "onnx" / FILES[bits]).stat().st_size
    embedding = 5000 * 32
    assert sizes[32] < 1.7 * 4 * embedding and sizes[16] < 1.8 * 2 * embedding
    assert sizes[8] < 1.8 * embedding and sizes[4] < sizes[8]


def test_a_tuned_model_has_its_template_where_transformers_js_looks(loaded, tmp_path) -> None:
    write_onnx(dataclasses.replace(loaded, prompt_format=PromptFormat()), tmp_path / "x", 8)
    settings = json.loads((tmp_path / "x" / "tokenizer_config.json").read_text())
    assert settings["chat_template"] == PromptFormat().chat_template()
    write_onnx(loaded, tmp_path / "x", 8)
    assert "chat_template" not in json.loads((tmp_path / "x" / "tokenizer_config.json").read_text())


def test_a_damaged_file_is_one_line(loaded, tmp_path) -> None:
    exported(loaded, tmp_path / "x", 8)
    path = tmp_path / "x" / "onnx" / FILES[8]
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError) as caught:
        OnnxFolder(tmp_path / "x", 8)
    assert "\n" not in str(caught.value)
