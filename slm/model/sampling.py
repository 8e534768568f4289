"""From logits to the next token: pure functions of tensors. (B batch, V vocabulary.)"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from slm.errors import ConfigError


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. The defaults draw from the model's own distribution."""

    temperature: float = 1.0
    """Divides the logits: under 1 is safer, over 1 wilder, 0 takes the likeliest token every time."""
    top_k: int = 0
    """Only the k likeliest tokens may come; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may come (Holtzman et al. 2019)."""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise ConfigError(f"temperature expects a number from 0 to 100, got {self.temperature}")
        if self.top_k < 0:
            raise ConfigError(f"top_k expects 0 (all tokens) or a whole number from 1 up, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p expects a probability above 0 and up to 1, got {self.top_p}")


def sample(logits: Tensor, sampling: Sampling, generators: list[torch.Generator]) -> Tensor:
    """Draw one token id for each row of logits (B, V), on the CPU; returns (B,).

    Row i draws from generators[i] alone, one number a token, so that a text does not depend on its neighbours.
    """
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    logits, ids = (logits.float() / sampling.temperature).sort(dim=-1, descending=True, stable=True)
    if sampling.top_k:
        logits, ids = logits[:, : sampling.top_k], ids[:, : sampling.top_k]
    cumulative = logits.softmax(dim=-1).double().cumsum(dim=-1)  # (B, k)
    # The first token always stays; the one that crosses top_p stays too.
    kept = (cumulative < sampling.top_p).sum(dim=-1).clamp(max=logits.size(1) - 1)  # (B,) last place that may come
    ceiling = cumulative.gather(1, kept[:, None])
    draws = torch.stack([torch.rand(1, generator=g, dtype=torch.float64) for g in generators])  # (B, 1)
    places = torch.searchsorted(cumulative, draws * ceiling, right=True).clamp(max=kept[:, None])
    return ids.gather(1, places)[:, 0]
