"""GPT-2 in one file, top to bottom: config, attention, MLP, block, model.

Shapes: B batch, T tokens, C = n_embd channels, H = n_head heads, D = C / H, V = vocab_size.
The parameter names are GPT-2's own, so that weights map one to one (Radford et al. 2019; the released code).
It knows nothing about text, files or training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn import functional as F

from slm.errors import ConfigError
from slm.model.kv_cache import KVCache, LayerCache
from slm.model.loss import IGNORED, linear_cross_entropy_sum
from slm.model.sampling import Sampling, sample

INITIAL_STD = 0.02  # standard deviation of all matrices and embeddings at initialisation, GPT-2's


@dataclass(frozen=True)
class GPTConfig:
    """The shape of a GPT-2. The defaults are those of the smallest released one (124 million parameters)."""

    block_size: int = 1024
    """Positions: the longest text, in tokens, that the model can look at."""
    vocab_size: int = 50257
    """Token ids run from 0 to vocab_size - 1."""
    n_layer: int = 12
    """Blocks, one after the other."""
    n_head: int = 12
    """Attention heads in each block; divides n_embd."""
    n_embd: int = 768
    """Channels of the residual stream."""
    dropout: float = 0.0
    """Share of activations dropped in training (embeddings, attention, residual branches)."""
    bias: bool = True
    """Whether linear layers and LayerNorms have a bias, as GPT-2's do."""

    def __post_init__(self) -> None:
        for name in ("block_size", "vocab_size", "n_layer", "n_head", "n_embd"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} expects a whole number from 1 up, got {getattr(self, name)}")
        if self.n_embd % self.n_head:
            raise ConfigError(f"n_embd expects a multiple of n_head ({self.n_head}), got {self.n_embd}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout expects a share from 0 up to but not 1, got {self.dropout}")


class CausalSelfAttention(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.n_head = config.n_head
        self.dropout = config.dropout
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)

    def forward(self, x: Tensor, cache: LayerCache | None = None) -> Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, C // self.n_head).permute(2, 0, 3, 1, 4)  # (B, H, T, D)
        mask = None
        if cache is not None:
            mask = cache.mask(T)  # None for a whole prompt (plain causal) and for one token (sees everything)
            k, v = cache.append(k, v)  # (B, H, past + T, D)
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None and k.size(2) == T,
            dropout_p=self.dropout if self.training else 0.0,
        )  # fmt: skip
        y = y.transpose(1, 2).reshape(B, T, C)
        return F.dropout(self.c_proj(y), self.dropout, self.training)


class MLP(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.dropout = config.dropout
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.c_fc(x), approximate="tanh")  # (B, T, 4C)
        return F.dropout(self.c_proj(x), self.dropout, self.training)


class Block(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cache: LayerCache | None = None) -> Tensor:
        x = x + self.attn(self.ln_1(x), cache)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """A GPT-2 language model. `forward` gives logits, `loss_sum` what training needs, `generate` text."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(config.vocab_size, config.n_embd),
                wpe=nn.Embedding(config.block_size, config.n_embd),
                h=nn.ModuleList(Block(config) for _ in range(config.n_layer)),
                ln_f=nn.LayerNorm(config.n_embd, bias=config.bias),
            )
        )
        self.apply(self._initialise)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):  # two residual branches a layer add up (GPT-2 paper, section 2.3)
                nn.init.normal_(parameter, std=INITIAL_STD / math.sqrt(2 * config.n_layer))

    def features(self, idx: Tensor, cache: KVCache | None = None) -> Tensor:
        """The final hidden states (B, T, C) of token ids (B, T): all of the model but the output head."""
        past = cache.length if cache is not None else 0
        T = idx.size(1)
        if past + T > self.config.block_size:
            raise ConfigError(
                f"expected at most {self.config.block_size} tokens (block_size), got {past + T}; cut the text"
            )
        positions = torch.arange(past, past + T, device=idx.device)  # (T)
        x = self.transformer.wte(idx) + self.transformer.wpe(positions)  # (B, T, C)
        x = F.dropout(x, self.config.dropout, self.training)
        for number, block in enumerate(self.transformer.h):
            x = block(x, cache.layer(number) if cache is not None else None)
        if cache is not None:
            cache.length += T
        return self.transformer.ln_f(x)

    def forward(self, idx: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits (B, T, V) for token ids (B, T); with a cache, `idx` goes on where the cache ends."""
        return F.linear(self.features(idx, cache), self.transformer.wte.weight)

    def loss_sum(self, idx: Tensor, targets: Tensor) -> Tensor:
        """Summed negative log-likelihood, in nats, of `targets` (B, T), where it is not `IGNORED` (-1)."""
        x = self.features(idx)
        return linear_cross_entropy_sum(x.flatten(0, 1), self.transformer.wte.weight, targets.flatten())

    @torch.no_grad()
    def generate(
        self,
        idx: Tensor,
        max_new_tokens: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int | None = None,
    ) -> Tensor:
        """Continue token ids (B, T), or one prompt (T,), by `max_new_tokens`; returns (B, T + max_new_tokens).

        Past the model's context it goes on from the last half block. Temperature 0 takes the likeliest token.
        Without a seed the draws follow from torch's own, so that torch.manual_seed repeats them.
        """
        idx = idx.unsqueeze(0) if idx.dim() == 1 else idx
        idx = idx.to(self.transformer.wte.weight.device, torch.long)
        if idx.size(1) == 0:
            raise ConfigError("generate expects at least one token to go on from, such as <|endoftext|>")
        generator = torch.Generator().manual_seed(int(torch.randint(2**63 - 1, ())) if seed is None else seed)
        was_training = self.training
        self.eval()
        cache, fresh = None, idx
        for _ in range(max_new_tokens):
            if cache is None or cache.length + fresh.size(1) > self.config.block_size:
                cache = KVCache(self.config, idx.size(0), idx.device)
                keep = (
                    self.config.block_size
                    if idx.size(1) < self.config.block_size
                    else max(1, self.config.block_size // 2)
                )
                fresh = idx[:, -keep:]
            logits = self(fresh, cache)[:, -1].float().cpu()  # (B, V)
            fresh = sample(logits, Sampling(temperature, top_k or 0), [generator] * len(logits)).to(idx.device)[:, None]
            idx = torch.cat((idx, fresh), dim=1)
        self.train(was_training)
        return idx

    def with_dropout(self, dropout: float) -> GPT:
        """A model with these very weights (not copied) and another dropout."""
        other = GPT(replace(self.config, dropout=dropout))
        other.load_state_dict(self.state_dict(), assign=True)
        return other.requires_grad_(True)

    def num_parameters(self) -> int:
        """All parameters; the head is the token embedding and counts once."""
        return sum(p.numel() for p in self.parameters())

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=INITIAL_STD)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


__all__ = ["GPT", "IGNORED", "GPTConfig"]
