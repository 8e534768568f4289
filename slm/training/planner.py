"""Which model to train in a given time: shapes, how fast they train, and which of them comes furthest.

Pure arithmetic over what was measured of the machine and counted of the text; it measures and reads nothing itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from slm.errors import ConfigError
from slm.model.flops import flops_per_token
from slm.model.gpt import GPTConfig
from slm.training.scaling_law import LAW, Law

HEAD_WIDTH = 64
SHAPES = (
    (128, 4),
    (192, 4),
    (192, 6),
    (256, 4),
    (256, 6),
    (320, 6),
    (384, 6),
    (384, 8),
    (512, 8),
    (640, 10),
    (768, 12),
)
"""Width and number of blocks."""
BLOCK_SIZE = 256
TOKENS_PER_STEP = (2048, 4096, 8192)
"""When they have grown to their full size; 16,384 was worse after 2 and 10 minutes (docs/experiments.md, section 9)."""
BYTES_PER_WEIGHT = 4 * 4 + 2  # weight, gradient and two moments in float32, and a copy in bfloat16
BYTES_PER_CHANNEL = 47  # of each block, kept of a token for the backward pass: fitted, with the next, to five runs
PROCESS_BYTES = 710_000_000  # Python, torch and its kernels, the loss, evaluation, what the allocator holds back
TRAINING_SHARE = 0.93  # of a budget; the rest goes to reading, encoding, scoring, saving, drawing


@dataclass(frozen=True)
class Speed:
    """What this machine reaches: matrix products in FLOP/s, and which share of them a training step comes to."""

    flops_per_second: float
    efficiency: float = 0.45

    def tokens_per_second(self, model: GPTConfig) -> float:
        return self.flops_per_second * self.efficiency / flops_per_token(model)


@dataclass(frozen=True)
class Choice:
    """A model, how it would be trained, and what would come of it."""

    model: GPTConfig
    tokens_per_step: int
    learning_rate: float
    dropout: float
    parameters: int
    tokens_per_second: float
    tokens: int
    passes: float
    memory_bytes: int
    bits_per_byte: float
    """Predicted; `interval` is where 19 of 20 such predictions end."""
    interval: tuple[float, float]


def choices(
    seconds: float,
    text_bytes: int,
    text_tokens: int,
    vocabulary: int,
    speed: Speed,
    memory_bytes: int = 0,
    law: Law = LAW,
    measured: Mapping[GPTConfig, tuple[float, float, int]] = MappingProxyType({}),
) -> list[Choice]:
    """Every shape that fits into `memory_bytes` (0: any), the best by prediction first.

    `text_tokens` are the text's by a vocabulary of that size; `measured` gives tokens a second of shapes that were
    tried. Raises ConfigError where none fits.
    """
    found = []
    for width, layers in SHAPES:
        model = GPTConfig(BLOCK_SIZE, vocabulary, layers, max(1, width // HEAD_WIDTH), width)
        rate = measured[model][0] if model in measured else speed.tokens_per_second(model)
        found.append(choice_of(model, rate, seconds, text_bytes, text_tokens, law))
    fitting = [choice for choice in found if not memory_bytes or choice.memory_bytes <= memory_bytes]
    if not fitting:
        least = min(choice.memory_bytes for choice in found)
        raise ConfigError(
            f"--memory expects at least {least / 2**30:.2f}G for the smallest model, got {memory_bytes / 2**30:.2f}G"
        )
    return sorted(fitting, key=lambda choice: choice.bits_per_byte)


def choice_of(
    model: GPTConfig, rate: float, seconds: float, text_bytes: int, text_tokens: int, law: Law = LAW
) -> Choice:
    """How a model of this shape would be trained at `rate` tokens a second, and how good it would become."""
    tokens = int(rate * seconds * TRAINING_SHARE)
    predicted, interval = law.predict(matrix_weights(model), tokens * text_bytes / text_tokens, text_bytes)
    step = tokens_per_step(tokens)
    return Choice(
        model, step, learning_rate(step, model.n_embd), 0.0, num_parameters(model), rate, tokens,
        tokens / text_tokens, peak_memory(model, step), predicted, interval,
    )  # fmt: skip


def matrix_weights(model: GPTConfig) -> int:
    """Weights of the blocks' matrices, by which the scaling law counts a model's size."""
    return 12 * model.n_layer * model.n_embd**2


def num_parameters(model: GPTConfig) -> int:
    """All weights of the matrices and embeddings; biases and LayerNorms are a fraction of a percent."""
    return matrix_weights(model) + (model.vocab_size + model.block_size) * model.n_embd


def tokens_per_step(tokens: int) -> int:
    """How many of the `tokens` of a run go into one step when it has grown to its full size."""
    wanted = math.sqrt(tokens * 20)
    return min(TOKENS_PER_STEP, key=lambda size: abs(math.log(size / wanted)))


def learning_rate(tokens_per_step: int, width: int) -> float:
    """Grows with the square root of the step's tokens (Krizhevsky 2014, arXiv 1404.5997)."""
    return 4e-3 * math.sqrt(tokens_per_step / 4096) * math.sqrt(256 / width)


@dataclass(frozen=True)
class Share:
    """What a rank does in a step, which has micro_batch x block size x accumulation x ranks tokens (and fewer in a last
    micro-batch that is not full), and the bytes that it takes with the whole model or, sharded, with a share of it."""

    ranks: int
    micro_batch: int
    accumulation: int
    memory_bytes: int
    sharded_memory_bytes: int


def share_of_rank(model: GPTConfig, tokens_per_step: int, ranks: int, micro_batch: int) -> Share:
    """The share of each of `ranks` in steps of so many tokens, with micro-batches of `micro_batch` rows at most."""
    rows = max(1, -(-tokens_per_step // model.block_size // ranks))
    parts = -(-rows // micro_batch)
    together = -(-rows // parts)
    whole = peak_memory(model, together * model.block_size)
    of_weights = BYTES_PER_WEIGHT * num_parameters(model)
    return Share(ranks, together, parts, whole, whole - of_weights + of_weights // ranks)


def peak_memory(model: GPTConfig, micro_batch_tokens: int) -> int:
    """Bytes that training takes, from the shape alone."""
    scores = model.n_head * model.block_size  # of each token, half of them hidden by the mask, in bfloat16
    activations = micro_batch_tokens * model.n_layer * (BYTES_PER_CHANNEL * model.n_embd + scores)
    return PROCESS_BYTES + BYTES_PER_WEIGHT * num_parameters(model) + activations
