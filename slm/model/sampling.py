"""From logits to the next token: pure functions of arrays, without torch, the same for every engine. (V vocabulary.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from slm.errors import ConfigError

GROUP = 64  # logits at most whose largest is looked at first, when the k largest of all are wanted
LARGEST_BIAS = 100.0  # OpenAI's bound
COLDEST = 1e-6  # what temperatures above 0 count as at least: logits are float32


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. The defaults draw from the model's own distribution.

    In this order: repetition_penalty, logit_bias, temperature, top_k, top_p, min_p.
    """

    temperature: float = 1.0
    """Divides the logits: under 1 is safer, over 1 wilder, 0 takes the likeliest token every time."""
    top_k: int = 0
    """Only the k likeliest tokens may come; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may come (Holtzman et al. 2019)."""
    min_p: float = 0.0
    """Only tokens at least so likely, as a share of the likeliest one's probability, may come (arXiv 2407.01082)."""
    repetition_penalty: float = 1.0
    """Over 1 makes tokens that stand in the text already less likely (Keskar et al. 2019, section 4.1)."""
    logit_bias: dict[str, float] = field(default_factory=dict)
    """What is added to the logit of a token id, -100 (never) to 100 (always)."""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise ConfigError(f"temperature expects a number from 0 to 100, got {self.temperature}")
        if self.top_k < 0:
            raise ConfigError(f"top_k expects 0 (all tokens) or a whole number from 1 up, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p expects a probability above 0 and up to 1, got {self.top_p}")
        if not 0 <= self.min_p <= 1:
            raise ConfigError(f"min_p expects a share from 0 to 1, got {self.min_p}")
        if not 0 < self.repetition_penalty <= 100:
            raise ConfigError(
                f"repetition_penalty expects a number above 0, 1 for none, up to 100; got {self.repetition_penalty}"
            )
        for token, bias in self.logit_bias.items():
            if not token.isascii() or not token.isdigit() or not abs(bias) <= LARGEST_BIAS:
                raise ConfigError(f"logit_bias expects token ids with a number from -100 to 100, got {token}: {bias}")


def sample(logits: np.ndarray, sampling: Sampling, generator: np.random.Generator, seen: Sequence[int] = ()) -> int:
    """Draw a token id from logits (V,), where the text has the tokens `seen` already.

    One number of `generator` is used a token, none at temperature 0: a text does not depend on its neighbours.
    """
    logits = adjusted(logits, sampling, seen)
    if sampling.temperature == 0:
        return int(logits.argmax())
    ids = None
    if sampling.top_k or sampling.top_p < 1 or sampling.min_p:
        ids = likeliest(logits, sampling.top_k or len(logits))
        logits = logits[ids]
    temperature = np.float32(max(sampling.temperature, COLDEST))
    weights = np.exp((logits - logits.max()) / temperature)  # the likeliest has 1
    cumulative = weights.cumsum(dtype=np.float64)
    kept = len(weights)
    if sampling.top_p < 1:  # the one that crosses top_p stays
        kept = int(np.searchsorted(cumulative, sampling.top_p * cumulative[-1], side="left")) + 1
    if sampling.min_p:
        kept = min(kept, int((weights >= sampling.min_p).sum()))
    kept = max(1, min(kept, len(weights)))
    place = int(np.searchsorted(cumulative[:kept], generator.random() * cumulative[kept - 1], side="right"))
    place = min(place, kept - 1)
    return place if ids is None else int(ids[place])


def adjusted(logits: np.ndarray, sampling: Sampling, seen: Sequence[int] = ()) -> np.ndarray:
    """Logits (V,) after repetition penalty and bias; the same array where there are none."""
    if sampling.repetition_penalty == 1 and not sampling.logit_bias:
        return logits
    logits = logits.copy()
    if sampling.repetition_penalty != 1 and len(seen):
        places = np.unique(np.asarray(seen))
        values = logits[places]
        logits[places] = np.where(
            values > 0, values / sampling.repetition_penalty, values * sampling.repetition_penalty
        )
    for token, bias in sampling.logit_bias.items():
        logits[int(token)] += np.float32(bias)
    return logits


def likeliest(logits: np.ndarray, k: int) -> np.ndarray:
    """The ids of the k largest of logits (V,), largest first, of equal ones the smaller id first."""
    groups = max(len(logits) // GROUP, 4 * k)
    if groups <= len(logits) // 2:
        size = len(logits) // groups
        # At least k logits reach the k-th largest of the groups' maxima, so the k largest of all do. A group has
        # each `groups`-th logit: maxima along the first axis are found with wide instructions.
        maxima = logits[: groups * size].reshape(size, groups).max(axis=0)
        places = np.flatnonzero(logits >= np.partition(maxima, -k)[-k])
        return places[np.argsort(-logits[places], kind="stable")[:k]]
    return np.argsort(-logits, kind="stable")[:k]


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """The natural logarithms of the softmax of logits (..., V), summed in float64; float32."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return logits.astype(np.float32)


def generator_for(seed: int, number: int = 0) -> np.random.Generator:
    """The source of draws of text `number` of a seed: independent of all others (Salmon et al. 2011, Philox)."""
    return np.random.Generator(np.random.Philox(key=np.array([seed % 2**64, number], np.uint64)))
