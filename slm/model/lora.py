"""LoRA: small matrices trained beside frozen ones, merged into them, or written in PEFT's format.

A matrix W (out, in) with an adapter computes W x + (alpha / rank) B A x (Hu et al. 2021, arXiv 2106.09685). A (rank,
in) starts at random, B (out, rank) at zero: training begins with the very model. Reads and writes no files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from slm.errors import ConfigError, ModelError, nearest
from slm.model.gpt import GPT
from slm.model.hf_qwen3 import names_to_hf

ADAPTER, FROZEN = "adapter/", "frozen/"  # before the names of what a checkpoint keeps besides the merged weights
PEFT_PREFIX = "base_model.model."


@dataclass(frozen=True)
class LoraConfig:
    """Which matrices get an adapter, and how large it is."""

    rank: int = 8
    """Rows of A and columns of B; the adapter's size grows with it."""
    alpha: float = 16.0
    """The adapter counts alpha / rank times."""
    targets: tuple[str, ...] = ()
    """Names of matrices, such as c_attn or mlp.c_proj; none means all of every block."""

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ConfigError(f"rank expects a whole number from 1 up, got {self.rank}")
        if not 0 < self.alpha < math.inf:
            raise ConfigError(f"alpha expects a number above 0, got {self.alpha}")


class AdaptedLinear(nn.Linear):
    """A linear layer whose own weights are frozen, with an adapter that is not."""

    def __init__(self, linear: nn.Linear, config: LoraConfig, generator: torch.Generator):
        has_bias = linear.bias is not None
        super().__init__(linear.in_features, linear.out_features, has_bias, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        first = torch.rand(config.rank, self.in_features, generator=generator) * 2 - 1
        self.lora_A = nn.Parameter(first / math.sqrt(self.in_features))  # PEFT's way to begin
        self.lora_B = nn.Parameter(torch.zeros(self.out_features, config.rank))
        self.scale = config.alpha / config.rank

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.scale * F.linear(F.linear(x, self.lora_A), self.lora_B)

    @torch.no_grad()
    def merged_weight(self) -> Tensor:
        """W + (alpha / rank) B A, (out, in)."""
        return self.weight + self.scale * (self.lora_B @ self.lora_A)


def add_adapters(model: GPT, config: LoraConfig, seed: int = 0) -> GPT:
    """Freeze `model` and give its matrices adapters, in place; returns it. `seed` decides where they start.

    Raises ConfigError for a target that the model does not have and a rank that its matrices cannot have.
    """
    targets = _targets(model, config)
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(False)
    for block in model.transformer.h:
        for name in targets:
            parent, _, child = name.rpartition(".")
            holder = block.get_submodule(parent)
            setattr(holder, child, AdaptedLinear(getattr(holder, child), config, generator))
    return model


def _targets(model: GPT, config: LoraConfig) -> list[str]:
    """The names, within a block, of the matrices that get an adapter."""
    modules = model.transformer.h[0].named_modules()
    matrices = {name: module for name, module in modules if isinstance(module, nn.Linear)}
    for target in config.targets:
        if not any(_is_named(name, target) for name in matrices):
            raise ConfigError(f"lora.targets: no matrix {target!r} in this model; {nearest(target, list(matrices))}")
    chosen = [n for n in matrices if not config.targets or any(_is_named(n, target) for target in config.targets)]
    widths = {name: min(matrices[name].weight.shape) for name in chosen}
    narrowest = min(widths, key=widths.__getitem__)
    if config.rank > widths[narrowest]:
        raise ConfigError(
            f"lora.rank expects 1 to {widths[narrowest]}, the smaller side of {narrowest}, got {config.rank}; "
            "more would add nothing"
        )
    return chosen


def _is_named(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def adapters(model: GPT) -> dict[str, AdaptedLinear]:
    """The layers that have an adapter, by name; none in a plain model."""
    return {name: module for name, module in model.named_modules() if isinstance(module, AdaptedLinear)}


def merged(model: GPT) -> GPT:
    """A plain model that computes the same: `model` itself where it has no adapters."""
    if not (adapted := adapters(model)):
        return model
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith(("lora_A", "lora_B"))}
    state |= {f"{name}.weight": layer.merged_weight() for name, layer in adapted.items()}
    with torch.device("meta"):
        plain = GPT(model.config)
    plain.load_state_dict(state, assign=True)
    return plain.requires_grad_(True).train(model.training)


def plain_parameters(model: GPT) -> int:
    """How many the merged model has."""
    of_adapters = sum(layer.lora_A.numel() + layer.lora_B.numel() for layer in adapters(model).values())
    return model.num_parameters() - of_adapters


# Going on with the same bits: merging rounds, so a checkpoint keeps both parts


def kept_apart(model: GPT) -> dict[str, Tensor]:
    """What cannot be had back from the merged weights: the adapters, and the matrices that they are merged into."""
    kept = {}
    for name, layer in adapters(model).items():
        kept[f"{FROZEN}{name}.weight"] = layer.weight
        kept |= {f"{ADAPTER}{name}.{part}": getattr(layer, part) for part in ("lora_A", "lora_B")}
    return {name: tensor.detach().cpu().contiguous() for name, tensor in kept.items()}


@torch.no_grad()
def load_weights(model: GPT, source: GPT, kept: Mapping[str, Tensor]) -> None:
    """Copy a checkpoint into `model`: the weights of `source`, but what `kept_apart` kept from that.

    Raises ModelError where it was of a model with other adapters.
    """
    mine = dict(model.named_parameters())
    saved = dict(source.named_parameters())
    saved |= {name.partition("/")[2]: tensor for name, tensor in kept.items() if name.startswith((ADAPTER, FROZEN))}
    for name in sorted(mine.keys() ^ saved.keys()):
        raise ModelError(f"{name}: in the checkpoint or in the model, but not in both; it is not of this run")
    for name, parameter in mine.items():
        parameter.copy_(saved[name])


# PEFT's format


def peft_config(model: GPT, base: str) -> dict[str, Any]:
    """The content of adapter_config.json. `base` names the model that the adapter was trained on."""
    layer = next(iter(adapters(model).values()))
    names = {name.split(".", 3)[3] for name in _peft_names(model)}  # 'attn.c_attn' of 'transformer.h.0.attn.c_attn'
    rank = len(layer.lora_A)
    return {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "inference_mode": True,
        "r": rank, "lora_alpha": layer.scale * rank, "lora_dropout": 0.0, "target_modules": sorted(names),
        "fan_in_fan_out": not model.rotary,  # GPT-2's layers are Conv1D there, whose weights lie transposed
        "bias": "none",
    }  # fmt: skip


def peft_tensors(model: GPT) -> dict[str, Tensor]:
    """The tensors of adapter_model.safetensors."""
    tensors = {}
    for name, (a, b) in _peft_names(model).items():
        tensors |= {f"{PEFT_PREFIX}{name}.lora_A.weight": a, f"{PEFT_PREFIX}{name}.lora_B.weight": b}
    return {name: tensor.detach().to("cpu", torch.float32).clone() for name, tensor in tensors.items()}


def _peft_names(model: GPT) -> dict[str, tuple[Tensor, Tensor]]:
    """A and B by the layer's name in transformers; where three matrices there are one here, each has the same A."""
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name, layer in adapters(model).items():
        if not model.rotary:
            found[name] = layer.lora_A, layer.lora_B
            continue
        parts = names_to_hf({f"{name}.weight": layer.lora_B})
        found |= {theirs.removesuffix(".weight"): (layer.lora_A, part) for theirs, part in parts.items()}
    return found
