"""The fast engine computes what the model computes, in 32 bits and with the weights that 8 and 4 bits leave."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_moves import random_ids, random_moves
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_model, tiny_tokenizer

from slm.errors import ConfigError, ModelError
from slm.generation import onnx_engine, onnx_graph
from slm.generation.batch import Batch, Drawn, GenerationConfig, Writer
from slm.generation.generator import Generator
from slm.generation.onnx_engine import OnnxEngine
from slm.generation.onnx_graph import write_graph
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT
from slm.model.quantization import quantize

MODELS = {
    "gpt2": tiny_model(n_layer=3, n_head=4, n_embd=32, block_size=32),
    "without biases": tiny_model(bias=False, block_size=32),
    "rows that fill no block": tiny_model(n_head=5, n_embd=40, block_size=32),
    "qwen3": tiny_model(architecture="qwen3", n_embd=32, block_size=32),
    "qwen3, rows that fill no block": tiny_model(architecture="qwen3", n_head=3, n_embd=48, block_size=32),
}
IDS = random_ids(32)


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def engine_of(name: str, folder: Path, bits: int = 32, slots: int = 16) -> OnnxEngine:
    path = folder / f"{name}-{bits}-{onnx_graph.ROUNDED_ACTIVATIONS}.onnx"
    if not path.exists():
        write_graph(MODELS[name], path, bits)
    return OnnxEngine(path, threads=1, slots=slots)


def expected(model: GPT, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model(torch.tensor([ids]))[0].numpy()


def rounded(model: GPT, bits: int) -> GPT:
    """The model with the weights that `bits` leave of its matrices."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.dim() == 2 and "wpe" not in name:
                block = tensor.shape[1] if bits == 8 else 0
                tensor.copy_(torch.from_numpy(quantize(tensor.numpy(), bits, block).dequantized()))
    return model


def in_seven_bits(model: GPT) -> GPT:
    """The model, every row that a matrix is multiplied with rounded as `integer_graph` says."""
    gelu = model.config.architecture == "gpt2"
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            raised = 0.17005 if gelu and name.endswith("mlp.c_proj") else 0.0
            module.register_forward_pre_hook(lambda _, inputs, raised=raised: (seven_bits(inputs[0], raised),))
    model.transformer.ln_f.register_forward_hook(lambda _, inputs, output: seven_bits(output, 0.0))
    return model


def seven_bits(rows: torch.Tensor, raised: float) -> torch.Tensor:
    step = (rows + raised).abs().amax(-1, keepdim=True) .clamp(min=1e-30) / (127 if raised else 63)
    return torch.round((rows + raised) / step) * step - raised


def close(first: np.ndarray, second: np.ndarray, within: float = 1e-4) -> None:
    np.testing.assert_allclose(first, second, atol=within, rtol=0)


# The logits


def test_in_32_bits_the_logits_are_the_models(name: str, folder: Path):
    engine = engine_of(name, folder)
    assert (engine.context, engine.vocabulary) == (32, MODELS[name].config.vocab_size)
    close(engine.logits(IDS), expected(MODELS[name], IDS))


@pytest.mark.parametrize("bits", [8, 4])
def test_in_fewer_bits_they_are_about_those_of_the_rounded_weights(name: str, bits: int, folder: Path):
    reference = expected(rounded(MODELS[name], bits), IDS)
    difference = engine_of(name, folder, bits).logits(IDS) - reference
    assert difference.std() < 0.08 * reference.std()  # activations are rounded too


def test_in_8_bits_they_are_those_of_the_rounded_activations_too(name: str, folder: Path):
    difference = engine_of(name, folder, 8).logits(IDS) - expected(in_seven_bits(rounded(MODELS[name], 8)), IDS)
    assert (np.abs(difference) < 1e-3).mean() > 0.9  # a value between two integers may be rounded either way


def test_in_4_bits_they_are_those_of_the_rounded_weights(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(onnx_graph, "ROUNDED_ACTIVATIONS", 1)  # float32
    close(engine_of(name, folder, 4).logits(IDS), expected(rounded(MODELS[name], 4), IDS))


def test_rows_of_zeros_stay_zeros(tmp_path: Path):
    """They have no largest value to be rounded by."""
    model = copy.deepcopy(MODELS["without biases"])
    for block in model.transformer.h:
        torch.nn.init.zeros_(block.attn.c_attn.weight)  # attention gives zeros
    write_graph(model, tmp_path / "model.onnx", 8)
    logits = OnnxEngine(tmp_path / "model.onnx", threads=1).logits(IDS)
    close(logits, expected(in_seven_bits(rounded(model, 8)), IDS), within=1e-3)


def test_the_bound_would_notice_other_weights():
    model = MODELS["gpt2"]
    reference = expected(model, IDS)
    assert (expected(rounded(model, 4), IDS) - reference).std() > 0.15 * reference.std()
    assert np.abs(expected(rounded(model, 8), IDS) - reference).max() > 0.01


@settings(max_examples=30)
@given(st.data())
def test_sequences_are_on_their_own_whatever_lies_beside_them(folder: Path, data: st.DataObject):
    model = MODELS["gpt2"]
    for ids, logits in random_moves(engine_of("gpt2", folder, slots=5), data, moves=16):
        close(logits, expected(model, ids)[-1])


def test_a_long_prompt_goes_through_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch):
    reference = expected(MODELS["qwen3"], IDS)
    monkeypatch.setattr(onnx_engine, "PROMPT_TOKENS", 5)
    engine = engine_of("qwen3", folder)
    close(engine.logits(IDS), reference)
    close(engine.extend({engine.open(): IDS}), reference[-1:])


@pytest.mark.parametrize("bits", [32, 8])
def test_in_parts_it_is_the_same_to_the_last_bit(bits: int, folder: Path, monkeypatch: pytest.MonkeyPatch):
    engine = engine_of("gpt2", folder, bits)
    whole = engine.logits(IDS)
    for tokens in range(3, len(IDS)):
        monkeypatch.setattr(onnx_engine, "PROMPT_TOKENS", tokens)  # of 31 and 32 one token would be left
        assert np.array_equal(engine.logits(IDS), whole)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Rows and tokens of each run of the graph, as they come."""
    shapes: list[tuple[int, int]] = []
    logits = onnx_engine.Run.logits
    monkeypatch.setattr(
        onnx_engine.Run, "logits", lambda run, size: shapes.append(run.input_ids.shape) or logits(run, size)
    )
    return shapes


@pytest.mark.parametrize("bits", [32, 8])
@pytest.mark.parametrize("name", ["gpt2", "qwen3"])
def test_prompts_of_about_one_length_are_one_batch(name: str, bits: int, folder: Path, batches: list):
    engine = engine_of(name, folder, bits)
    prompts = [IDS[:5], IDS[1:9], IDS[2:9], IDS[3:23], IDS[4:6], IDS[5:7]]
    alone = [engine.extend({engine.open(): prompt})[0] for prompt in prompts]
    batches.clear()
    together = engine.extend(dict(zip([engine.open() for _ in prompts], prompts, strict=True)))
    assert batches == [(3, 8), (1, 20), (2, 2)]
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("name", ["gpt2", "qwen3"])
def test_nothing_is_filled_up_past_the_end_of_the_context(name: str, folder: Path, batches: list):
    engine = engine_of(name, folder)
    first, second, third = (engine.open() for _ in range(3))
    engine.extend({first: IDS[:29], second: IDS[:26], third: IDS[:26]})
    batches.clear()
    found = engine.extend({first: IDS[29:], second: IDS[26:], third: IDS[26:30]})
    assert batches == [(1, 3), (2, 6)]
    reference = expected(MODELS[name], IDS)
    close(found, reference[[31, 31, 29]])


def test_logits_that_were_given_stay(folder: Path):
    """Of several sequences, prompts and single tokens mixed, in the order of the parts."""
    engine = engine_of("gpt2", folder)
    first, second, third = (engine.open() for _ in range(3))
    engine.extend({second: IDS[:4], first: IDS[:2]})
    logits = engine.extend({third: IDS[:3], second: IDS[4:5], first: IDS[2:3]})
    before = np.stack(logits)
    engine.extend({first: [1], second: [2]})
    reference = expected(MODELS["gpt2"], IDS)
    assert np.array_equal(logits, before)
    close(logits, np.stack([reference[2], reference[4], reference[2]]))


@pytest.mark.parametrize("bits", [32, 8])
def test_a_text_is_the_same_to_the_last_bit_in_any_company(bits: int, folder: Path):
    """Alone; beside others, who began alike and go on differently; after others who did, and were kept."""
    short = [IDS[:5], IDS[:12], [*IDS[:11], 1, 2], IDS[:12], IDS[:9]]
    prompts = [IDS[:24], *short, [*IDS[:20], 3], [*IDS[:18], 4, 5, 6, 7, 8]]
    config = GenerationConfig(6, seed=3, top_k=0, temperature=1.0, log_probabilities=0)

    def written(batch: Batch, prompts: list[list[int]]) -> list[list[Drawn]]:
        writers = [batch.add(prompt, config)[0] for prompt in prompts]
        drawn: dict[Writer, list[Drawn]] = {writer: [] for writer in writers}
        while batch.busy:
            for writer, piece in batch.step():
                drawn[writer].append(piece.drawn)
        return list(drawn.values())

    def batch() -> Batch:
        return Batch(engine_of("gpt2", folder, bits, slots=4), tiny_tokenizer())

    alone = [written(batch(), [prompt])[0] for prompt in prompts]
    together = batch()
    assert written(together, prompts) == alone
    assert written(together, prompts[::-1]) == alone[::-1]


@pytest.mark.parametrize("bits", [32, 8])
def test_it_writes_what_the_reference_writes(bits: int, folder: Path):
    """Greedy in 32 bits: the same text, in a batch with prefixes shared; in 8 bits one that is told to be likely."""
    model, tokenizer = MODELS["gpt2"], tiny_tokenizer()
    config = GenerationConfig(24, temperature=0.0, log_probabilities=1, continue_past_context=True)
    sampled = GenerationConfig(24, seed=3, top_k=0, temperature=1.0, continue_past_context=True)
    fast, reference = Generator(engine_of("gpt2", folder, bits), tokenizer), Generator(TorchEngine(model), tokenizer)
    for prompt in ("The cat", "A dog ran in the", ""):
        ours, theirs = fast.complete(prompt, config)[0], reference.complete(prompt, config)[0]
        if bits == 32:
            assert (ours.ids, ours.stop) == (theirs.ids, theirs.stop)
            close([d.log_probability for d in ours.drawn], [d.log_probability for d in theirs.drawn])
            assert fast.complete(prompt, sampled, 5) == reference.complete(prompt, sampled, 5)
        else:
            close(ours.drawn[0].log_probability, theirs.drawn[0].log_probability, within=0.1)


# What cannot be


@pytest.mark.parametrize(("values", "message"), [
    ({"n_embd": 24, "n_head": 2}, "heads of a multiple of 8 channels, got 12: use --engine torch"),
    ({"n_embd": 24, "n_head": 3, "architecture": "qwen3"}, "heads of a multiple of 16 channels, got 8"),
])  # fmt: skip
def test_shapes_without_a_kernel_are_refused(values: dict, message: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=message):
        write_graph(tiny_model(**values), tmp_path / "model.onnx", 8)


def test_graphs_that_no_file_holds_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(onnx_graph, "LARGEST_FILE", 30_000)
    write_graph(tiny_model(), tmp_path / "model.onnx", 8)
    with pytest.raises(ConfigError, match=r"a graph in 32 bits expects less than 2 GB, got 0.0: use --bits 8 or 4"):
        write_graph(tiny_model(), tmp_path / "model.onnx", 32)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08" * 100])
def test_a_file_that_is_no_graph_is_one_line(content: bytes, tmp_path: Path):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx: onnxruntime cannot load it") as error:
        OnnxEngine(tmp_path / "model.onnx", threads=1)
    assert "\n" not in str(error.value)


def test_a_graph_of_another_kind_is_one_line(tmp_path: Path):
    from onnx import TensorProto, helper, save

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "other", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    save(model, tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx: not a graph that slm wrote"):
        OnnxEngine(tmp_path / "model.onnx", threads=1)
