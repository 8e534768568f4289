"""From a prompt to text, as it comes: prefill, decode, sample, stop. Knows nothing about questions or files."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.model.kv_cache import KVCache
from slm.model.sampling import Sampling, sample

END, LENGTH = "end", "length"


@dataclass(frozen=True)
class GenerationConfig:
    """How much to write, and how the next token is drawn."""

    max_new_tokens: int = 200
    """Tokens to write at most."""
    temperature: float = 0.8
    """Under 1 is safer, over 1 wilder; 0 takes the likeliest token every time."""
    top_k: int = 50
    """Only the k likeliest tokens may come; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may come."""
    seed: int = 0
    """Sample n of a prompt is decided by (seed, n)."""
    continue_past_context: bool = False
    """At the end of the model's context go on from its last half, instead of stopping with reason 'length'."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise ConfigError(f"max_new_tokens expects a whole number from 1 up, got {self.max_new_tokens}")
        self.sampling  # noqa: B018 - checked when made

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k, self.top_p)


@dataclass(frozen=True)
class Piece:
    """Some text of one sample. `stop` is '' until its last piece: 'end' (the model ended) or 'length'."""

    sample: int
    text: str
    stop: str = ""


@dataclass(frozen=True)
class Completion:
    """A whole generated text, without its prompt, and its token ids."""

    text: str
    stop: str
    ids: tuple[int, ...]


class Generator:
    """Writes with `model`. Use one per model; it keeps nothing between calls."""

    def __init__(self, model: GPT, tokenizer: Tokenizer):
        self.model, self.tokenizer = model.eval(), tokenizer

    def complete(self, prompt: str, config: GenerationConfig, samples: int = 1) -> list[Completion]:
        """`samples` whole continuations of `prompt`."""
        writers = [_SampleWriter(self.tokenizer) for _ in range(samples)]
        texts, stops = [""] * samples, [""] * samples
        for piece in self.stream(prompt, config, samples, writers):
            texts[piece.sample] += piece.text
            stops[piece.sample] = piece.stop or stops[piece.sample]
        return [Completion(t, s, tuple(w.ids)) for t, s, w in zip(texts, stops, writers, strict=True)]

    @torch.no_grad()
    def stream(
        self, prompt: str, config: GenerationConfig, samples: int = 1, writers: list[_SampleWriter] | None = None
    ) -> Iterator[Piece]:
        """Continuations of `prompt`, piece by piece; characters are never cut. Raises ConfigError for a long prompt.

        An empty prompt starts from ``<|endoftext|>``, as every document did.
        """
        if samples < 1:
            raise ConfigError(f"samples expects a whole number from 1 up, got {samples}")
        ids = self._prompt_ids(prompt, config)
        writers = writers or [_SampleWriter(self.tokenizer) for _ in range(samples)]
        generators = [torch.Generator().manual_seed((config.seed * 1_000_003 + n) % 2**63) for n in range(samples)]
        texts = torch.tensor(ids).repeat(samples, 1)  # (samples, T) all ids so far
        cache, logits = self._prefill(texts[:1])
        cache, logits = cache.repeated(samples), logits.expand(samples, -1)
        for count in range(1, config.max_new_tokens + 1):
            tokens = sample(logits, config.sampling, generators)  # (samples,)
            texts = torch.cat((texts, tokens[:, None]), dim=1)
            full = cache.length >= self.model.config.block_size and not config.continue_past_context
            last = count == config.max_new_tokens or full
            for number, writer in enumerate(writers):
                if not writer.stopped:
                    yield writer.write(number, int(tokens[number]), last)
            if last or all(writer.stopped for writer in writers):
                return
            cache, logits = self._next(texts, cache)

    def _prompt_ids(self, prompt: str, config: GenerationConfig) -> list[int]:
        ids = self.tokenizer.encode_ordinary(prompt) or [self.tokenizer.eot_token]
        room = self.model.config.block_size
        if len(ids) >= room and not config.continue_past_context:
            raise ConfigError(
                f"the prompt has {len(ids)} tokens, the model's context {room}: shorten it, or go on from its end with "
                "--continue-past-context"
            )
        return ids

    def _prefill(self, texts: Tensor) -> tuple[KVCache, Tensor]:
        """A cache filled with texts (B, T), of which the last half block where they are too long; logits (B, V)."""
        block_size = self.model.config.block_size
        if texts.size(1) >= block_size:
            texts = texts[:, -max(1, block_size // 2) :]
        device = self.model.transformer.wte.weight.device
        cache = KVCache(self.model.config, texts.size(0), device)
        return cache, self.model(texts.to(device), cache)[:, -1].float().cpu()

    def _next(self, texts: Tensor, cache: KVCache) -> tuple[KVCache, Tensor]:
        """The logits (B, V) after the newest token of texts (B, T)."""
        if cache.length >= self.model.config.block_size:
            return self._prefill(texts)
        newest = texts[:, -1:].to(cache.room.device)
        return cache, self.model(newest, cache)[:, -1].float().cpu()


class _SampleWriter:
    """Turns one sample's tokens into text that is valid at every moment."""

    def __init__(self, tokenizer: Tokenizer):
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.ids: list[int] = []
        self.stopped = False

    def write(self, number: int, token: int, last: bool) -> Piece:
        ended = token == self._tokenizer.eot_token
        self.stopped = ended or last
        if not ended:
            self.ids.append(token)
        content = b"" if ended else self._tokenizer.decode_bytes([token])
        return Piece(
            number, self._decoder.decode(content, final=self.stopped), END if ended else LENGTH if last else ""
        )
