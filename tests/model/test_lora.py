"""Adapters: they start as nothing, train alone, merge exactly, and are what PEFT reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import save_model
from slm.errors import ConfigError, ModelError
from slm.model.gpt import GPT
from slm.model.lora import (
    LoraConfig,
    adapters,
    add_adapters,
    kept_apart,
    load_weights,
    merged,
    peft_config,
    peft_tensors,
    plain_parameters,
)
from slm.training.launch import adapter_files

IDS = torch.tensor([[5, 80, 3, 200, 41, 7, 7, 120]])


def adapted(seed: int = 0, config: LoraConfig | None = None, **values: str) -> GPT:
    """A model with adapters that are not at their beginning."""
    model = add_adapters(tiny_model(**values), config or LoraConfig(rank=3, alpha=6.0), seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed + 1)
        for layer in adapters(model).values():
            layer.lora_B.normal_(std=0.1)
    return model.eval()


# Training


def test_training_begins_with_the_very_model():
    assert torch.equal(add_adapters(tiny_model(), LoraConfig())(IDS), tiny_model()(IDS))


def test_only_adapters_are_trained():
    model = add_adapters(tiny_model(), LoraConfig(rank=2))
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {f"{name}.{part}" for name in adapters(model) for part in ("lora_A", "lora_B")}
    assert len(adapters(model)) == 4 * 2  # all matrices of both blocks
    model.loss_sum(IDS[:, :-1], IDS[:, 1:]).backward()
    given = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert given == trained
    assert plain_parameters(model) == tiny_model().num_parameters()


def test_a_seed_decides_where_adapters_begin():
    first, again, other = (add_adapters(tiny_model(), LoraConfig(), seed) for seed in (0, 0, 1))
    for one, same, another in zip(*(adapters(model).values() for model in (first, again, other)), strict=True):
        assert torch.equal(one.lora_A, same.lora_A) and not torch.equal(one.lora_A, another.lora_A)


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (("c_attn",), {"attn.c_attn"}),
        (("c_proj",), {"attn.c_proj", "mlp.c_proj"}),
        (("mlp.c_proj", "c_fc"), {"mlp.c_proj", "mlp.c_fc"}),
    ],
)
def test_targets_are_named_as_peft_names_them(targets: tuple[str, ...], names: set[str]):
    model = add_adapters(tiny_model(), LoraConfig(rank=2, targets=targets))
    assert {name.split(".", 3)[3] for name in adapters(model)} == names


def test_what_cannot_be_is_refused_by_its_name():
    with pytest.raises(ConfigError, match=r"no matrix 'q_proj' in this model; did you mean|no matrix 'q_proj'.*known"):
        add_adapters(tiny_model(), LoraConfig(targets=("q_proj",)))
    with pytest.raises(ConfigError, match=r"lora.rank expects 1 to 16, the smaller side of .*, got 17"):
        add_adapters(tiny_model(), LoraConfig(rank=17))
    with pytest.raises(ConfigError, match="rank expects a whole number from 1 up, got 0"):
        LoraConfig(rank=0)
    with pytest.raises(ConfigError, match="alpha expects a number above 0"):
        LoraConfig(alpha=0.0)


# Merging, and going on


def test_the_merged_model_computes_the_same():
    model = adapted()
    plain = merged(model)
    assert not adapters(plain) and plain.state_dict().keys() == tiny_model().state_dict().keys()
    torch.testing.assert_close(plain(IDS), model(IDS), rtol=0, atol=1e-5)
    assert not torch.allclose(plain(IDS), tiny_model()(IDS), atol=1e-2)
    assert merged(plain) is plain


def test_a_checkpoint_gives_back_both_parts_to_the_bit():
    model, other = adapted(), adapted(seed=3)
    load_weights(other, merged(model), kept_apart(model))
    for (name, mine), theirs in zip(other.named_parameters(), model.parameters(), strict=True):
        assert torch.equal(mine, theirs), name


def test_a_checkpoint_of_other_adapters_is_refused():
    model, fewer = adapted(), adapted(config=LoraConfig(rank=3, targets=("c_attn",)))
    with pytest.raises(ModelError, match="it is not of this run"):
        load_weights(model, merged(fewer), kept_apart(fewer))
    with pytest.raises(ModelError, match="it is not of this run"):
        load_weights(tiny_model(), merged(model), kept_apart(model))


# PEFT


@pytest.mark.parametrize("architecture", ["gpt2", "qwen3"])
def test_peft_loads_and_merges_the_adapter(tmp_path: Path, architecture: str):
    """An independent reading of the file: the base model by transformers, the adapter by peft, merged by peft."""
    peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
    model = adapted(architecture=architecture)
    save_model(tmp_path / "base", tiny_model(architecture=architecture), tiny_tokenizer())
    save_model(tmp_path / "tuned", merged(model), tiny_tokenizer(), files=adapter_files(model, str(tmp_path / "base")))
    base = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    reading = peft.PeftModel.from_pretrained(base, tmp_path / "tuned" / "adapter").eval()
    tuned = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "tuned")
    with torch.no_grad():
        expected = model(IDS)
        torch.testing.assert_close(reading(IDS).logits, expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(reading.merge_and_unload()(IDS).logits, expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(tuned(IDS).logits, expected, rtol=0, atol=1e-5)


def test_the_adapters_files(tmp_path: Path):
    model = adapted(config=LoraConfig(rank=3, alpha=6.0, targets=("c_attn",)))
    save_model(tmp_path / "tuned", merged(model), tiny_tokenizer(), files=adapter_files(model, "runs/base"))
    config = json.loads((tmp_path / "tuned" / "adapter" / "adapter_config.json").read_text())
    assert config == peft_config(model, "runs/base")
    assert (config["r"], config["lora_alpha"], config["target_modules"]) == (3, 6.0, ["attn.c_attn"])
    assert config["fan_in_fan_out"] is True and config["base_model_name_or_path"] == "runs/base"
    tensors = load_file(tmp_path / "tuned" / "adapter" / "adapter_model.safetensors")
    assert tensors.keys() == peft_tensors(model).keys() and len(tensors) == 4
    assert tensors["base_model.model.transformer.h.1.attn.c_attn.lora_B.weight"].shape == (48, 3)
    record = json.loads((tmp_path / "tuned" / "slm.json").read_text())
    assert "adapter/adapter_model.safetensors" in record["sha256"]  # damaged ones are found


def test_a_plain_model_has_no_adapter_files():
    assert adapter_files(tiny_model(), "") == {}
