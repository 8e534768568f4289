"""GGUF files: what is in them, read by the gguf package and by our own reader; and what is refused."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from damage import damaged
from export.loaded import SHA256, SHAPES, exported, loaded
from tiny import tiny_definition, tiny_tokenizer

from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import END_OF_TEXT, Tokenizer
from slm.errors import ConfigError, MissingExtra, ModelError
from slm.export.gguf import BITS, gguf_tensors, write_gguf
from slm.export.gguf_structure import check_gguf
from slm.model.gpt import GPT
from slm.model.quantization import Quantized, quantize

gguf = pytest.importorskip("gguf")
BYTES_A_BLOCK = {32: 4 * 32, 16: 2 * 32, 8: 2 + 32, 4: 2 + 16}


def contents(path: Path) -> dict[str, Any]:
    return {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}


def tensors(path: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


def as_stored(weight: np.ndarray, bits: int) -> np.ndarray:
    """What an engine computes with: our quantized values, whose scales have 16 bits in the file."""
    if bits > 8:
        return weight.astype(np.float16 if bits == 16 else np.float32).astype(np.float32)
    ours = quantize(weight, bits, 32)
    return Quantized(ours.values, ours.scales.astype(np.float16).astype(np.float32), bits, ours.inputs).dequantized()


def rounded(model: GPT, bits: int) -> GPT:
    """The model with the weights that a file of so many bits has."""
    other = copy.deepcopy(model)
    for name, parameter in other.named_parameters():
        if parameter.dim() == 2:
            stored = as_stored(parameter.detach().numpy(), 16 if "wpe" in name and bits < 16 else bits)
            parameter.data = torch.from_numpy(stored)
    return other


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bits", BITS)
def test_every_weight_is_in_the_file_as_quantized_here(tmp_path: Path, shape: str, bits: int):
    model, path = exported(tmp_path, bits, **SHAPES[shape])
    found, expected = tensors(path), dict(gguf_tensors(rounded(model.model, bits)))
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        values = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(expected[name].shape)
        assert np.array_equal(values, expected[name]), name


@pytest.mark.parametrize("bits", BITS)
def test_a_file_is_as_large_as_its_weights_and_its_words(tmp_path: Path, bits: int):
    model, path = exported(tmp_path, bits)
    C, V, T, layers = 64, model.tokenizer.n_vocab, 64, 2
    matrices = V * C + layers * 12 * C * C  # the embedding once: it is the head
    vectors = layers * (2 * 2 * C + 3 * C + C + 4 * C + C) + 2 * C  # two norms; the biases of four matrices
    expected = matrices // 32 * BYTES_A_BLOCK[bits] + T * C * (4 if bits == 32 else 2) + 4 * vectors
    structure = check_gguf(path)
    assert sum(place.bytes for place in structure.tensors.values()) == expected
    padding = 32 * len(structure.tensors)
    start = min(place.start for place in structure.tensors.values())
    assert start + expected <= path.stat().st_size < start + expected + padding
    assert "output.weight" not in structure.tensors


def test_both_readers_find_the_same(tmp_path: Path):
    _, path = exported(tmp_path, 4, prompt_format=PromptFormat())
    structure, theirs = check_gguf(path), contents(path)
    assert {name: value for name, value in theirs.items() if not name.startswith("GGUF.")} == structure.values
    for name, tensor in tensors(path).items():
        place = structure.tensors[name]
        assert (place.type, place.start) == (tensor.tensor_type.name, tensor.data_offset)
        assert (place.shape, place.bytes) == (tuple(tensor.shape.tolist()[::-1]), tensor.n_bytes)


def test_absent_biases_are_zeros_and_others_are_kept(tmp_path: Path):
    model, path = exported(tmp_path, bias=False)
    biases = {name: tensor.data for name, tensor in tensors(path).items() if name.endswith(".bias")}
    assert len(biases) == 2 * 6 + 1 and not any(bias.any() for bias in biases.values())
    assert biases["blk.1.attn_qkv.bias"].shape == (3 * model.model.config.n_embd,)
    (tmp_path / "with").mkdir()
    model, path = exported(tmp_path / "with")
    kept = tensors(path)["blk.1.ffn_up.bias"].data
    assert np.array_equal(kept, model.model.transformer.h[1].mlp.c_fc.bias.detach().numpy()) and kept.any()


def test_it_says_how_it_is_computed(tmp_path: Path):
    _, path = exported(tmp_path, 8)
    found = contents(path)
    assert found["general.architecture"] == "gpt2" and found["slm.sha256"] == SHA256
    assert gguf.LlamaFileType(found["general.file_type"]).name == "MOSTLY_Q8_0"
    assert found["gpt2.context_length"] == found["gpt2.embedding_length"] == 64
    assert found["gpt2.block_count"] == found["gpt2.attention.head_count"] == 2
    assert found["gpt2.attention.layer_norm_epsilon"] == pytest.approx(1e-5)
    (tmp_path / "qwen3").mkdir()
    _, path = exported(tmp_path / "qwen3", architecture="qwen3")
    found = contents(path)
    assert found["qwen3.rope.freq_base"] == 10_000 and found["qwen3.attention.key_length"] == 32
    assert found["qwen3.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-6)


@pytest.mark.parametrize("prompt_format", [None, PromptFormat(), PromptFormat(reasoning=True)])
def test_it_carries_the_tokenizer_and_the_prompt_format(tmp_path: Path, prompt_format: PromptFormat | None):
    model, path = exported(tmp_path, prompt_format=prompt_format, vocab_size=tiny_tokenizer().n_vocab + 2)
    found, definition = contents(path), model.tokenizer.definition
    end = model.tokenizer.eot_token
    assert found["tokenizer.ggml.model"] == "gpt2" and found["tokenizer.ggml.pre"] == "gpt-2"
    vocabulary = definition["model"]["vocab"]
    assert found["tokenizer.ggml.tokens"][:end] == sorted(vocabulary, key=vocabulary.get)[:end]
    assert found["tokenizer.ggml.tokens"][end:] == [END_OF_TEXT, f"[PAD{end + 1}]", f"[PAD{end + 2}]"]
    assert found["tokenizer.ggml.token_type"][end - 1 :] == [1, 3, 5, 5]
    assert found["tokenizer.ggml.merges"] == [" ".join(merge) for merge in definition["model"]["merges"]]
    assert found["tokenizer.ggml.bos_token_id"] == found["tokenizer.ggml.eos_token_id"] == end
    assert found["tokenizer.ggml.add_bos_token"] is False
    template = prompt_format and prompt_format.chat_template()
    assert found.get("tokenizer.chat_template") == template


def test_the_same_model_gives_the_same_bytes(tmp_path: Path):
    for name in "ab":
        write_gguf(loaded(), tmp_path / name, 4)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rows_that_are_no_whole_blocks_stay_in_16_bits(tmp_path: Path):
    _, path = exported(tmp_path, 4, n_embd=16)
    types = {name: place.type for name, place in check_gguf(path).tensors.items()}
    assert types["token_embd.weight"] == types["blk.0.attn_qkv.weight"] == "F16"
    assert types["blk.0.ffn_down.weight"] == "Q4_0"  # rows of 64


# What is refused


def changed(change: Callable[[dict[str, Any]], Any]) -> Tokenizer:
    definition = tiny_definition()
    change(definition)
    return Tokenizer(definition)


@pytest.mark.parametrize("change", [
    lambda d: d["pre_tokenizer"].update(add_prefix_space=True),
    lambda d: d["pre_tokenizer"].update(use_regex=False),
    lambda d: d.update(normalizer={"type": "NFC"}),
    lambda d: d["model"].update(ignore_merges=True),
])  # fmt: skip
def test_a_tokenizer_that_splits_otherwise_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], Any]):
    with pytest.raises(ModelError, match="splits words as GPT-2's does"):
        write_gguf(loaded(changed(change)), tmp_path / "model.gguf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_weights_that_16_bits_cannot_hold_are_refused(tmp_path: Path, bits: int):
    model = loaded()
    with torch.no_grad():
        model.model.transformer.h[1].mlp.c_fc.weight[3, 5] = 1e8
    with pytest.raises(ModelError, match=r"blk\.1\.ffn_up\.weight: expected weights that 16 bits can hold"):
        write_gguf(model, tmp_path / "model.gguf", bits)
    assert not list(tmp_path.iterdir())
    write_gguf(model, tmp_path / "model.gguf", 32)


def test_other_bits_and_a_missing_package_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ConfigError, match="bits expects 32, 16, 8, 4, got 5"):
        write_gguf(loaded(), tmp_path / "model.gguf", 5)
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtra, match=r"pip install 'slm-toolkit\[export\]'"):
        write_gguf(loaded(), tmp_path / "model.gguf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"old")

    def fail(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", fail)
    with pytest.raises(OSError, match="No space"):
        write_gguf(loaded(), path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


# Damaged files, by the reader


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    """A file and the place where its tensors begin."""
    _, path = exported(tmp_path_factory.mktemp("whole"), 8, prompt_format=PromptFormat())
    return path.read_bytes(), min(place.start for place in check_gguf(path).tensors.values())


@pytest.mark.parametrize("cut", [0, 1, 4, 23, 24, 1000, -32, -1])
def test_a_file_that_is_cut_off_or_longer_is_refused(tmp_path: Path, whole: tuple[bytes, int], cut: int):
    (tmp_path / "model.gguf").write_bytes(whole[0][:cut])
    with pytest.raises(ModelError, match=r"model\.gguf: .*whole GGUF file.*; export the model again"):
        check_gguf(tmp_path / "model.gguf")
    (tmp_path / "model.gguf").write_bytes(whole[0] + b"\0" * 32)
    with pytest.raises(ModelError, match="where its tensors end at"):
        check_gguf(tmp_path / "model.gguf")


def test_other_files_and_none_are_refused(tmp_path: Path):
    (tmp_path / "text").write_text("Once upon a time")
    with pytest.raises(ModelError, match="begins with b'Once'"):
        check_gguf(tmp_path / "text")
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ModelError, match="expected a GGUF file, cannot read one"):
            check_gguf(path)


def read_damaged(path: Path, whole: tuple[bytes, int], seeds: range) -> int:
    """How many of the damaged files were refused."""
    refused = 0
    for seed in seeds:
        path.write_bytes(damaged(whole[0], seed, whole[1]))
        try:
            check_gguf(path)
        except ModelError as error:
            assert "\n" not in str(error)
            refused += 1
    return refused


def test_damaged_files_are_refused_or_read(tmp_path: Path, whole: tuple[bytes, int]):
    assert read_damaged(tmp_path / "model.gguf", whole, range(30)) > 15


@pytest.mark.slow
def test_many_damaged_files_are_refused_or_read(tmp_path: Path, whole: tuple[bytes, int]):
    assert read_damaged(tmp_path / "model.gguf", whole, range(100, 1100)) > 500
