"""The model in Qwen3's layout: against transformers' Qwen3, by cache and packed, and what is refused by name."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_config, tiny_model, tiny_tokenizer
from tiny_training import (
    Watcher,
    differences,
    question_recipe,
    question_store,
    story_store,
    story_values,
    trainer_of,
    without_pictures,
)
from torch import Tensor
from torch.nn import functional as F

from slm.checkpoint import load_model, save_best_params, save_model
from slm.config_files import from_dict
from slm.errors import ConfigError, ModelError, Stopped
from slm.finetune import finetune
from slm.model import qwen3
from slm.model.flops import flops_per_token
from slm.model.gpt import GPT, GPTConfig
from slm.model.hf_names import config_from_hf, config_to_hf, tensors_from_hf, tensors_to_hf
from slm.model.initialization import initialize_looking_back
from slm.model.kv_cache import KVCache
from slm.model.positions import extend_positions
from slm.model.qwen3 import RMSNorm, Rotation, mlp_width
from slm.pretrain import pretrain
from slm.recipe import Recipe, load_recipe
from slm.training.optimizer import make_optimizer

END = 269


def qwen3_model(seed: int = 0, **values: Any) -> GPT:
    return tiny_model(seed, **{"architecture": "qwen3", "n_embd": 32, "n_head": 4} | values)


def qwen3_config(**values: Any) -> GPTConfig:
    return tiny_config(**{"architecture": "qwen3", "n_embd": 32, "n_head": 4} | values)


def some_ids(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(270, shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def transformers() -> Any:
    return pytest.importorskip("transformers", reason="the package transformers comes with the extra 'dev'")


# The same function as Qwen3


@pytest.mark.parametrize("heads", [1, 4])
def test_transformers_loads_our_folder_and_computes_the_same(tmp_path: Path, transformers: Any, heads: int):
    ours = qwen3_model(n_layer=3, n_head=heads)
    save_model(tmp_path / "model", ours, tiny_tokenizer())
    theirs, report = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model", output_loading_info=True)
    assert type(theirs) is transformers.Qwen3ForCausalLM
    assert not any(report.values()), report
    ids = some_ids(3, 16)
    with torch.no_grad():
        logits, expected = ours(ids), theirs(ids, labels=ids)
    assert logits.std() > 0.5  # the comparison means something
    torch.testing.assert_close(logits, expected.logits, atol=1e-4, rtol=0)
    loss = ours.loss_sum(ids[:, :-1], ids[:, 1:]) / (3 * 15)
    torch.testing.assert_close(loss, expected.loss, atol=1e-5, rtol=1e-5)


def test_we_compute_the_same_with_their_folder(tmp_path: Path, transformers: Any):
    torch.manual_seed(0)
    config = transformers.Qwen3Config(
        vocab_size=270, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=4, head_dim=8, max_position_embeddings=16, tie_word_embeddings=True, initializer_range=0.3,
        bos_token_id=END, eos_token_id=END,
    )  # fmt: skip
    theirs = transformers.Qwen3ForCausalLM(config).eval()
    theirs.save_pretrained(tmp_path / "model")
    save_model(tmp_path / "other", qwen3_model(), tiny_tokenizer())
    (tmp_path / "other" / "tokenizer.json").rename(tmp_path / "model" / "tokenizer.json")
    loaded = load_model(tmp_path / "model")
    ids = some_ids(3, 16)
    with torch.no_grad():
        logits = theirs(ids).logits
        assert logits.std() > 0.5
        torch.testing.assert_close(loaded.model(ids), logits, atol=1e-4, rtol=0)


def test_their_tokenizer_reads_our_folder_as_before(tmp_path: Path, transformers: Any):
    save_model(tmp_path / "model", qwen3_model(), tiny_tokenizer())
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    text = "The cat sat on the mat.\n\n1 thing."
    assert theirs(text)["input_ids"] == tiny_tokenizer().encode_ordinary(text)


def test_our_gradients_are_those_of_transformers(transformers: Any):
    ours = qwen3_model().train()
    theirs = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**config_to_hf(ours.config, END)))
    theirs.load_state_dict(tensors_to_hf(ours) | {"lm_head.weight": ours.transformer.wte.weight})
    ids = some_ids(3, 16)
    (ours.loss_sum(ids[:, :-1], ids[:, 1:]) / 45).backward()
    theirs(ids, labels=ids).loss.backward()
    named = {name: p.grad for name, p in theirs.named_parameters() if name != "lm_head.weight"}
    gradients = tensors_from_hf(named, ours.config, "gradients")
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], atol=1e-5, rtol=1e-3, msg=name)


# The parts


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (2, 3, 4, 6)])
def test_the_norms_own_gradients_are_autograds(shape: tuple[int, ...], turned: bool):
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=draw).transpose(1, 2).requires_grad_()  # as queries stand in memory: apart
    toward = torch.randn(x.shape, generator=draw)
    norm, rotation = RMSNorm(shape[-1]), Rotation(torch.arange(3, 3 + x.size(1)), *x.shape[2:]) if turned else None
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
    expected = F.rms_norm(x, x.shape[-1:], norm.weight, qwen3.EPSILON)
    expected = rotation(expected) if rotation else expected
    own = norm(x, rotation)
    torch.testing.assert_close(own, expected)
    own_gradients, wanted = (torch.autograd.grad(y, (x, norm.weight), toward) for y in (own, expected))
    torch.testing.assert_close(own_gradients, wanted, atol=1e-5, rtol=1e-4)


def test_in_bfloat16_the_norm_is_rounded_only_at_the_end():
    x = torch.randn(64, 32).bfloat16().requires_grad_()
    y = RMSNorm(32)(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, F.rms_norm(x.float(), (32,), eps=qwen3.EPSILON).bfloat16())
    y.sum().backward()
    assert x.grad.dtype == torch.bfloat16


def test_a_rotation_keeps_lengths_and_tells_distances_only():
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    row = Rotation(torch.arange(100), 1, 8)
    queries, keys = row(q.expand(1, 100, 1, 8)), row(k.expand(1, 100, 1, 8))
    torch.testing.assert_close(queries.norm(dim=-1), q.norm(dim=-1).expand(1, 100, 1))
    products = queries[0, :, 0] @ keys[0, :, 0].mT
    for distance in (0, 1, 40):
        diagonal = products.diagonal(-distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4, rtol=0)
    torch.testing.assert_close(Rotation(torch.arange(7, 10), 1, 8)(q.expand(1, 3, 1, 8)), queries[:, 7:10])


def test_it_has_about_as_many_weights_as_gpt2():
    assert [mlp_width(GPTConfig(n_embd=width, n_head=1)) for width in (2, 16, 256, 320, 384, 768)] == [
        64, 64, 704, 832, 1024, 2048,
    ]  # fmt: skip
    with torch.device("meta"):
        sizes = [GPT(GPTConfig(block_size=256, architecture=name)).num_parameters() for name in ("gpt2", "qwen3")]
    assert sizes[1] / sizes[0] == pytest.approx(1, abs=0.01)


def test_operations_are_counted_from_the_matrices():
    for config in (qwen3_config(), qwen3_config(n_embd=256), tiny_config()):
        with torch.device("meta"):
            model = GPT(config)
        matrices = sum(p.numel() for name, p in model.named_parameters() if p.dim() == 2 and "wpe" not in name)
        attention = 6 * config.n_layer * config.block_size * config.n_embd
        assert flops_per_token(config) == 6 * matrices + attention


# By cache and packed


def test_what_comes_later_changes_nothing_before_it():
    model, ids = qwen3_model(), some_ids(2, 16)
    with torch.no_grad():
        whole = model(ids)
        for length in (1, 5, 15):
            torch.testing.assert_close(model(ids[:, :length]), whole[:, :length], atol=1e-5, rtol=0)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 99))
def test_cached_is_uncached(parts: list[int], seed: int):
    model, ids = qwen3_model(), some_ids(2, min(16, sum(parts)), seed=seed)
    cache = KVCache(model.config, 2)
    with torch.no_grad():
        cached = [model(part, cache) for part in ids.split(_within(parts, ids.size(1)), dim=1)]
        torch.testing.assert_close(torch.cat(cached, dim=1), model(ids), atol=1e-4, rtol=0)


def _within(parts: list[int], total: int) -> list[int]:
    ends = [min(total, sum(parts[: n + 1])) for n in range(len(parts))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("lengths", [[16], [1, 16, 3], [5, 5, 7, 2, 9, 1]])
def test_packed_is_separate(lengths: list[int]):
    model = qwen3_model().train()
    rows = [some_ids(2, length, seed=length) for length in lengths]
    ids, targets = torch.cat(rows, dim=1)
    packed = model.loss_sum(ids, targets, torch.tensor(lengths))
    packed.backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    separate = sum(model.loss_sum(row[:1], row[1:]) for row in rows)
    separate.backward()
    torch.testing.assert_close(packed, separate, atol=1e-3, rtol=1e-5)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-3, rtol=1e-3)


def test_it_writes_on_past_its_context():
    ids = qwen3_model().generate(some_ids(2, 5), 40, seed=1)
    assert ids.shape == (2, 45)


def test_in_bfloat16_it_trains_on_nearly_the_same_gradients():
    model, (ids, targets) = qwen3_model(n_embd=64).train(), some_ids(2, 4, 16)
    losses, gradients = [], []
    for enabled in (False, True):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss = model.loss_sum(ids, targets)
        loss.backward()
        losses.append(loss.item())
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert F.cosine_similarity(*gradients, dim=0) > 0.99


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_one_batch_overfits(kind: str):
    torch.manual_seed(0)
    model = GPT(qwen3_config()).train()
    initialize_looking_back(model)
    optimizer = make_optimizer(model, 1e-2, (0.9, 0.95), 0.0, kind)
    ids, targets = some_ids(2, 4, 16)
    for _ in range(60):
        loss = model.loss_sum(ids, targets) / targets.numel()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


def test_all_matrices_of_the_blocks_are_muons():
    model = GPT(qwen3_config())
    muon = make_optimizer(model, 1e-2, (0.9, 0.95), 0.0, "muon")._parts[0]
    parts = {parameter: group["parts"] for group in muon.param_groups for parameter in group["params"]}
    named = {name.removeprefix("transformer."): parts.get(p) for name, p in model.named_parameters()}
    assert {name for name, count in named.items() if count is None} == {
        "wte.weight", "ln_f.weight",
        *(f"h.{n}.{x}.weight" for n in (0, 1) for x in ("ln_1", "ln_2", "attn.q_norm", "attn.k_norm")),
    }  # fmt: skip
    assert {name for name, count in named.items() if count == 3} == {f"h.{n}.attn.c_attn.weight" for n in (0, 1)}


# First weights, settings


def test_first_weights():
    torch.manual_seed(0)
    model = GPT(qwen3_config(n_embd=192))
    state = model.state_dict()
    assert all(torch.equal(t, torch.ones_like(t)) for name, t in state.items() if "norm" in name or "ln_" in name)
    assert state["transformer.h.0.mlp.c_gate.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    assert state["transformer.h.0.mlp.c_proj.weight"].std().item() == pytest.approx(0.01, rel=0.05)
    initialize_looking_back(model)
    bound = (3 / 192) ** 0.5 / 2
    for name, tensor in model.state_dict().items():
        if name.endswith("c_proj.weight"):
            assert not tensor.any()
        elif tensor.dim() == 2 and ".h." in name:
            assert 0.99 * bound < tensor.abs().max() <= bound
            assert tensor.std().item() == pytest.approx(bound / 3**0.5, rel=0.03)
    assert state["transformer.wte.weight"].std().item() == pytest.approx(0.02, rel=0.05)


def test_there_are_no_biases_whatever_is_said():
    assert qwen3_config(bias=True) == qwen3_config(bias=False)
    assert not any("bias" in name or "wpe" in name for name, _ in qwen3_model(bias=True).named_parameters())


@pytest.mark.parametrize(("values", "message"), [
    ({"architecture": "llama"}, "architecture expects gpt2 or qwen3, got 'llama'"),
    ({"architecture": "qwen3", "n_embd": 15, "n_head": 5}, "n_embd expects an even number of channels for each"),
])  # fmt: skip
def test_a_shape_that_cannot_be_is_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        tiny_config(**values)


def test_a_longer_context_only_changes_the_config():
    model = qwen3_model(dropout=0.25)
    longer = extend_positions(model, 40, "new")
    assert vars(longer.config) == vars(model.config) | {"block_size": 40}
    assert all(torch.equal(t, longer.state_dict()[name]) for name, t in model.state_dict().items())
    with torch.no_grad():
        ids = some_ids(1, 40)
        torch.testing.assert_close(longer.eval()(ids)[:, :16], model(ids[:, :16]), atol=1e-5, rtol=0)


# Saved and loaded


def test_saving_and_loading_is_the_identity(tmp_path: Path):
    model = qwen3_model(dropout=0.1)
    save_model(tmp_path / "model", model, tiny_tokenizer())
    loaded = load_model(tmp_path / "model").model
    assert loaded.config == model.config
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(t, loaded.state_dict()[name]) for name, t in model.state_dict().items())
    save_best_params(tmp_path / "best.pt", model)
    GPT(model.config).load_state_dict(torch.load(tmp_path / "best.pt", weights_only=True))


def test_another_dropout_on_the_same_weights():
    model = qwen3_model()
    other = model.with_dropout(0.5)
    assert other.config == qwen3_config(dropout=0.5)
    for mine, its in zip(model.parameters(), other.parameters(), strict=True):
        assert mine.data_ptr() == its.data_ptr()


def test_tensors_come_by_their_names():
    tensors = tensors_to_hf(qwen3_model())
    assert len(tensors) == 2 + 2 * 11
    assert tensors["model.embed_tokens.weight"].shape == (270, 32)
    assert tensors["model.layers.1.self_attn.k_proj.weight"].shape == (32, 32)
    assert tensors["model.layers.0.mlp.down_proj.weight"].shape == (32, 64)
    assert all(tensor.is_contiguous() and tensor.dtype == torch.float32 for tensor in tensors.values())


def test_foreign_tensors_load():
    model = qwen3_model()
    tensors = {name.removeprefix("model."): tensor for name, tensor in tensors_to_hf(model).items()}
    tensors["lm_head.weight"] = tensors["embed_tokens.weight"].clone()
    state = tensors_from_hf(tensors, model.config, "here")
    assert all(torch.equal(t, state[name]) for name, t in model.state_dict().items())


# Refused by name


@pytest.mark.parametrize(("key", "value"), [
    ("hidden_act", "gelu"), ("rms_norm_eps", 1e-5), ("attention_bias", True), ("tie_word_embeddings", False),
    ("use_sliding_window", True), ("layer_types", ["full_attention", "sliding_attention"]),
    ("rope_parameters", {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10_000.0}),
    ("rope_parameters", {"rope_type": "default", "rope_theta": 1e6}),
    ("rope_scaling", {"rope_type": "linear", "factor": 2.0}), ("rope_theta", 1e6), ("partial_rotary_factor", 0.5),
    ("head_dim", 16), ("num_key_value_heads", 2), ("intermediate_size", 128), ("model_type", "qwen2"),
])  # fmt: skip
def test_a_setting_that_we_would_compute_otherwise_is_refused(key: str, value: Any):
    with pytest.raises(ModelError) as refusal:
        config_from_hf(config_to_hf(qwen3_config(), END) | {key: value}, "here/config.json")
    assert str(refusal.value).startswith(f"here/config.json: {key} is {value!r}; slm computes")


@pytest.mark.parametrize("key", ["tie_word_embeddings", "head_dim", "num_key_value_heads", "intermediate_size"])
def test_an_absent_key_with_another_meaning_is_refused(key: str):
    values = config_to_hf(qwen3_config(), END)
    del values[key]
    with pytest.raises(ModelError, match=f"{key} is .*; slm computes"):
        config_from_hf(values, "config.json")


@pytest.mark.parametrize("key", [
    "hidden_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "vocab_size",
])  # fmt: skip
def test_a_size_that_is_none_is_named(key: str):
    values = config_to_hf(qwen3_config(), END)
    with pytest.raises(ModelError, match=r"^config\.json: "):
        config_from_hf(values | {key: "12"}, "config.json")
    del values[key]
    with pytest.raises(ModelError, match=f"expected Qwen3's key '{key}'"):
        config_from_hf(values, "config.json")


@pytest.mark.parametrize("dropped", ["rope_parameters", "rope_theta", "layer_types", "max_window_layers"])
def test_older_and_newer_configs_have_fewer_keys(dropped: str):
    values = config_to_hf(qwen3_config(dropout=0.1), END)
    values.pop(dropped, None)
    assert config_from_hf(values, "config.json") == qwen3_config(dropout=0.1)


def refused(tensors: dict[str, Tensor], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        tensors_from_hf(tensors, qwen3_config(), "weights")


def test_a_missing_an_unknown_and_a_misshapen_tensor_are_named():
    complete = tensors_to_hf(qwen3_model())
    for name in complete:
        refused({n: t for n, t in complete.items() if n != name}, f"^weights: tensor {name} is missing")
        refused(complete | {name: torch.zeros(3, 5)}, f"^weights: tensor {name} has shape .* config.json means")
    refused(complete | {"model.layers.0.self_attn.q_proj.bias": torch.zeros(32)}, "q_proj.bias is not one of Qwen3")
    refused(complete | {"lm_head.weight": torch.zeros(270, 32)}, "lm_head.weight differs from the token embedding")


# From end to end


def test_it_is_pretrained_and_tuned_like_the_other(tmp_path: Path, transformers: Any):
    values = story_values(tmp_path, steps=30, micro_batch_size=8, learning_rate=1e-2, evaluation_interval=30)
    values["model"]["architecture"] = "qwen3"
    stories, questions = story_store(tmp_path), question_store(tmp_path)
    with without_pictures():
        base = pretrain(stories, from_dict(Recipe, values, "test"), "base", runs=tmp_path / "runs")
        tuned = finetune(questions, question_recipe(tmp_path, steps=4), "base", "tuned", runs=tmp_path / "runs")
    before, after = json.loads((base.path / "evaluation.json").read_text())["results"]
    assert after["bits_per_byte"] < 0.7 * before["bits_per_byte"]
    model = load_model(tuned.best_model()).model
    assert vars(model.config) == values["model"] | {
        "block_size": 96, "dropout": 0.2, "vocab_size": 270, "bias": False, "architecture": "qwen3",
    }  # fmt: skip
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tuned.best_model())
    with torch.no_grad():
        torch.testing.assert_close(model(some_ids(1, 96)), theirs(some_ids(1, 96)).logits, atol=1e-4, rtol=0)


def test_any_recipe_can_be_asked_for_it():
    assert load_recipe("tinystories", ["model.architecture=qwen3"]).model.architecture == "qwen3"
    assert load_recipe("tinystories").model.architecture == "gpt2"


def test_going_on_is_never_having_stopped(tmp_path: Path):
    def stop(step: int) -> None:
        if step == 3:
            signal.raise_signal(signal.SIGINT)

    shape = {"architecture": "qwen3", "dropout": 0.1}
    whole = trainer_of(tmp_path, name="whole", shape=shape, optimizer="muon")
    whole.train()
    with pytest.raises(Stopped):
        trainer_of(tmp_path, observer=Watcher(stop), shape=shape, optimizer="muon").train()
    resumed = trainer_of(tmp_path, shape=shape, optimizer="muon")
    resumed.train()
    assert differences(resumed.run, whole.run) == []
