"""Operations per token, against sums by hand and against the matrices that a model really has."""

from __future__ import annotations

from typing import Any

import pytest

from slm.model.flops import flops_per_token
from slm.model.gpt import GPT, GPTConfig

TINY = GPTConfig(block_size=8, vocab_size=11, n_layer=2, n_head=2, n_embd=4)


def test_a_tiny_shape_by_hand() -> None:
    matrices = 2 * (16 + 16 + 16 + 16 + 64 + 64) + 11 * 4  # q, k, v, behind attention, MLP up and down; the head
    scores_and_values = 2 * (4 * 8 * 4) // 2  # layers x (4 T C), halved by the causal mask, forward
    assert flops_per_token(TINY) == 6 * matrices + 3 * scores_and_values


def test_the_smallest_gpt2() -> None:
    # 6 x (84,934,656 in the blocks + 38,597,376 in the head) + 12 x 12 x 1024 x 768 / 2
    assert flops_per_token(GPTConfig()) == 741_192_192 + 56_623_104


def matrix_weights(model: GPT) -> int:
    """Of the blocks and the head, whatever the architecture calls them."""
    blocks = (weight for name, weight in model.named_parameters() if ".h." in f".{name}" and weight.dim() == 2)
    return sum(weight.numel() for weight in blocks) + model.config.vocab_size * model.config.n_embd


@pytest.mark.parametrize("more", [{"bias": True}, {"bias": False}, {"architecture": "qwen3", "bias": False}], ids=str)
def test_the_matrices_are_those_of_the_model(more: dict[str, Any]) -> None:
    config = GPTConfig(block_size=16, vocab_size=50, n_layer=3, n_head=2, n_embd=8, **more)
    attention = 6 * 3 * 16 * 8
    assert flops_per_token(config) == 6 * matrix_weights(GPT(config)) + attention


def test_positions_are_looked_up_and_cost_nothing_but_longer_attention() -> None:
    longer = GPTConfig(block_size=16, vocab_size=11, n_layer=2, n_head=2, n_embd=4)
    assert flops_per_token(longer) - flops_per_token(TINY) == 6 * 2 * 8 * 4
