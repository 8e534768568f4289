"""What a token costs: floating-point operations, counted from the shape of the model alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm.model.qwen3 import mlp_width

if TYPE_CHECKING:
    from slm.model.gpt import GPTConfig


def flops_per_token(config: GPTConfig) -> int:
    """Floating-point operations to train on one token, forward and backward: 6 N + 12 L T C / 2.

    N counts the weights of the matrices that a token is multiplied with: those of the L blocks and the head, but not
    the look-ups of token and position embeddings; each costs a multiplication and an addition forward, and twice that
    backward (Kaplan et al. 2020, arXiv 2001.08361, section 2.1). Attention adds 12 L T C for a block of T tokens and C
    channels (Chowdhery et al. 2022, PaLM, arXiv 2204.02311, appendix B), halved, as under a causal mask a token looks
    at half the block on average. Biases, LayerNorms, softmax and the optimizer are left out, as they are there.
    """
    width = config.n_embd
    mlp = 3 * width * mlp_width(config) if config.architecture == "qwen3" else 8 * width**2
    block = 4 * width**2 + mlp  # 3 C^2 for q, k, v, C^2 behind the attention
    matrices = config.n_layer * block + config.vocab_size * config.n_embd
    attention = 12 * config.n_layer * config.block_size * config.n_embd // 2
    return 6 * matrices + attention
