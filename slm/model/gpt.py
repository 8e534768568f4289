"""GPT-2 in one file, top to bottom: config, attention, MLP, block, model; and where Qwen3's layout differs from it.

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
from slm.model.attention import causal_attention
from slm.model.kv_cache import KVCache, LayerCache
from slm.model.loss import IGNORED, linear_cross_entropy_sum
from slm.model.packing import Packing
from slm.model.qwen3 import RMSNorm, Rotation, SwiGLU
from slm.model.sampling import Sampling, generator_for, sample

ARCHITECTURES = ("gpt2", "qwen3")
INITIAL_STD = 0.02  # standard deviation of all matrices and embeddings at initialisation, GPT-2's


@dataclass(frozen=True)
class GPTConfig:
    """The shape of a model. The defaults are those of the smallest released GPT-2 (124 million parameters)."""

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
    """Whether linear layers and LayerNorms have a bias, as GPT-2's do; in Qwen3's layout there is none."""
    architecture: str = "gpt2"
    """'gpt2', or 'qwen3': rotary positions, RMSNorm, normed queries and keys, a gated MLP; as many weights."""

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ConfigError(f"architecture expects {' or '.join(ARCHITECTURES)}, got {self.architecture!r}")
        if self.architecture == "qwen3":
            object.__setattr__(self, "bias", False)  # so that equal models have equal configs
        for name in ("block_size", "vocab_size", "n_layer", "n_head", "n_embd"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} expects a whole number from 1 up, got {getattr(self, name)}")
        if self.n_embd % self.n_head:
            raise ConfigError(f"n_embd expects a multiple of n_head ({self.n_head}), got {self.n_embd}")
        if self.architecture == "qwen3" and self.n_embd // self.n_head % 2:
            raise ConfigError(
                f"n_embd expects an even number of channels for each of {self.n_head} heads, got {self.n_embd}: "
                "rotary positions turn pairs of them"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout expects a share from 0 up to but not 1, got {self.dropout}")


class CausalSelfAttention(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.n_head = config.n_head
        self.dropout = config.dropout
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        if config.architecture == "qwen3":
            self.q_norm, self.k_norm = (RMSNorm(config.n_embd // config.n_head) for _ in "qk")

    def forward(
        self, x: Tensor, cache: LayerCache | None = None, packing: Packing | None = None,
        rotation: Rotation | None = None,
    ) -> Tensor:  # fmt: skip
        qkv = self.c_attn(x)
        if packing is not None:
            qkv = packing.as_rows(qkv)  # (N, 3C) -> (B, T, 3C)
        B, T, C = qkv.size(0), qkv.size(1), x.size(-1)
        q, k, v = qkv.view(B, T, 3, self.n_head, C // self.n_head).unbind(2)  # (B, T, H, D)
        if rotation is not None:
            q, k = self.q_norm(q, rotation), self.k_norm(k, rotation)
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))  # (B, H, T, D)
        mask = None
        if cache is not None:
            mask = cache.mask(T)  # None for a whole prompt (plain causal) and for one token (sees everything)
            k, v = cache.append(k, v)  # (B, H, past + T, D)
        if mask is None and k.size(2) == T:
            y = causal_attention(q, k, v, self.dropout if self.training else 0.0)
        else:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        y = y.transpose(1, 2).reshape(B, T, C)
        if packing is not None:
            y = packing.as_tokens(y)
        return F.dropout(self.c_proj(y), self.dropout, self.training)


class MLP(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.dropout = config.dropout
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)  # (B, T, 4C)
        x = F.gelu(x, approximate="none" if self.training and _rounds_more_than_gelus_differ(x) else "tanh")
        return F.dropout(self.c_proj(x), self.dropout, self.training)


def _rounds_more_than_gelus_differ(x: Tensor) -> bool:
    """Whether GELU may be the exact one, which oneDNN computes three times as fast as GPT-2's tanh approximation.

    The two differ by 5e-4 at most, less than bfloat16 rounds an activation of 0.25 or more.
    """
    return x.device.type == "cpu" and x.dtype == torch.bfloat16


def _trains_in_bfloat16(x: Tensor) -> bool:
    device = x.device.type
    return torch.is_autocast_enabled(device) and torch.get_autocast_dtype(device) == torch.bfloat16


class Block(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1 = _norm(config)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = _norm(config)
        self.mlp = SwiGLU(config) if config.architecture == "qwen3" else MLP(config)

    def forward(
        self, x: Tensor, cache: LayerCache | None = None, packing: Packing | None = None,
        rotation: Rotation | None = None,
    ) -> Tensor:  # fmt: skip
        x = x + self.attn(self.ln_1(x), cache, packing, rotation)
        return x + self.mlp(self.ln_2(x))


def _norm(config: GPTConfig) -> nn.Module:
    if config.architecture == "qwen3":
        return RMSNorm(config.n_embd)
    return nn.LayerNorm(config.n_embd, bias=config.bias)


class GPT(nn.Module):
    """A GPT-2, or a Qwen3 by config. `forward` gives logits, `loss_sum` what training needs, `generate` text."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.rotary = config.architecture == "qwen3"
        self.transformer = nn.ModuleDict({"wte": nn.Embedding(config.vocab_size, config.n_embd)})
        if not self.rotary:
            self.transformer["wpe"] = nn.Embedding(config.block_size, config.n_embd)
        self.transformer["h"] = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.transformer["ln_f"] = _norm(config)
        self.apply(self._initialise)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):  # two residual branches a layer add up (GPT-2 paper, section 2.3)
                nn.init.normal_(parameter, std=INITIAL_STD / math.sqrt(2 * config.n_layer))

    def features(self, idx: Tensor, cache: KVCache | None = None, packing: Packing | None = None) -> Tensor:
        """The final hidden states (B, T, C) of token ids (B, T): all of the model but the output head.

        With `packing`, idx is (N,), documents one behind the other that do not see each other, and so is the result.
        """
        past = cache.length if cache is not None else 0
        T = idx.size(-1)
        if packing is None and past + T > self.config.block_size:
            raise ConfigError(
                f"expected at most {self.config.block_size} tokens (block_size), got {past + T}; cut the text"
            )
        wte = self.transformer.wte.weight
        # The gradient of the few rows that are looked up is added to the head's, without a dense one of its own.
        x, rotation = F.embedding(idx, wte, sparse=idx.is_cpu and wte.requires_grad), None  # (B, T, C)
        if cache is not None:
            positions = cache.positions(T)  # (T), or (B, T) where rows stand at places of their own
        elif packing is not None and not self.rotary:
            positions = packing.positions
        else:
            positions = torch.arange(T if packing is None else packing.row_length, device=idx.device)
        if self.rotary:
            heads = self.config.n_head
            rotation = Rotation(positions, heads, self.config.n_embd // heads)
        else:
            x = x + self.transformer.wpe(positions)
        if self.training and _trains_in_bfloat16(x):
            x = x.bfloat16()  # half the memory traffic between matrix products; the weights stay float32
        x = F.dropout(x, self.config.dropout, self.training)
        for number, block in enumerate(self.transformer.h):
            x = block(x, cache.layer(number) if cache is not None else None, packing, rotation)
        if cache is not None:
            cache.length += T
        return self.transformer.ln_f(x)

    def forward(self, idx: Tensor, cache: KVCache | None = None) -> Tensor:
        """Logits (B, T, V) for token ids (B, T); with a cache, `idx` goes on where the cache ends."""
        return F.linear(self.features(idx, cache), self.transformer.wte.weight)

    def loss_sum(self, idx: Tensor, targets: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Summed negative log-likelihood, in nats, of `targets` (B, T), where it is not `IGNORED` (-1).

        With `lengths` (D,), idx and targets are (N,): documents of these lengths, one behind the other.
        """
        packing = None if lengths is None else Packing.of(lengths, idx.device)
        x = self.features(idx, packing=packing)
        return linear_cross_entropy_sum(x.flatten(0, -2), self.transformer.wte.weight, targets.flatten())

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
        generator = generator_for(int(torch.randint(2**63 - 1, ())) if seed is None else seed)
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
            logits = self(fresh, cache)[:, -1].float().cpu().numpy()  # (B, V)
            tokens = [sample(row, Sampling(temperature, top_k or 0), generator) for row in logits]
            fresh = torch.tensor(tokens, device=idx.device)[:, None]
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
