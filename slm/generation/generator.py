"""From a prompt to text, as it comes, or whole. Knows nothing about questions or files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from slm.data.tokenizer import Tokenizer
from slm.generation.batch import Batch, Drawn, GenerationConfig, Piece
from slm.generation.engine import Engine


@dataclass(frozen=True)
class Completion:
    """A whole generated text, without its prompt, its token ids, and each token as drawn where that was asked for."""

    text: str
    stop: str
    ids: tuple[int, ...]
    drawn: tuple[Drawn, ...] = ()


class Generator:
    """Writes with an engine; keeps nothing between calls."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer):
        self.engine, self.tokenizer = engine, tokenizer

    def complete(
        self,
        prompt: str,
        config: GenerationConfig,
        samples: int = 1,
        seen: Callable[[Piece], None] = lambda piece: None,
    ) -> list[Completion]:
        """`samples` whole continuations of `prompt`; `seen` gets each piece as it comes."""
        batch = Batch(self.engine, self.tokenizer)
        writers = batch.add(self.prompt_ids(prompt), config, samples)
        texts: list[str] = [""] * samples
        drawn: list[tuple[Drawn, ...]] = [()] * samples
        for piece in _pieces(batch):
            seen(piece)
            texts[piece.sample] += piece.text
            drawn[piece.sample] += (piece.drawn,) if piece.drawn else ()
        return [Completion(t, w.stop, tuple(w.ids), d) for t, w, d in zip(texts, writers, drawn, strict=True)]

    def stream(self, prompt: str, config: GenerationConfig, samples: int = 1) -> Iterator[Piece]:
        """Continuations of `prompt`, piece by piece; characters are never cut. Raises ConfigError, before anything is
        written, for a prompt that is too long.

        An empty prompt starts from ``<|endoftext|>``, as every document did.
        """
        batch = Batch(self.engine, self.tokenizer)
        batch.add(self.prompt_ids(prompt), config, samples)
        return _pieces(batch)

    def prompt_ids(self, prompt: str) -> list[int]:
        return self.tokenizer.encode_ordinary(prompt) or [self.tokenizer.eot_token]


def _pieces(batch: Batch) -> Iterator[Piece]:
    """All that a batch writes, until nothing is left or the reader has gone."""
    try:
        while batch.busy:
            for _, piece in batch.step():
                yield piece
    finally:
        batch.close()


__all__ = ["Completion", "Drawn", "GenerationConfig", "Generator", "Piece"]
