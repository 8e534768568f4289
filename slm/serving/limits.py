"""What one request, one client and one connection may take of the server: every bound in one place, and the rate of
tokens a minute. Knows nothing about HTTP or models.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from slm.errors import ConfigError
from slm.generation.batch import MOST_LIKELIEST


@dataclass(frozen=True)
class Limits:
    """Bounds of the server. What goes beyond one is refused, never cut down in silence."""

    body_bytes: int = 2**20
    """Of a request's body."""
    header_bytes: int = 16 * 2**10
    """Of a request's line and headers together."""
    prompt_characters: int = 200_000
    """Of all prompts, or messages, of a request together."""
    prompts: int = 8
    """Of one completion request."""
    messages: int = 64
    """Of one chat request."""
    texts: int = 16
    """That one request may have written: prompts times n."""
    max_tokens: int = 4096
    """That one text may have."""
    stop_strings: int = 4
    """Of a request."""
    stop_characters: int = 256
    """Of each stop string."""
    logprobs: int = MOST_LIKELIEST
    """Likeliest tokens told of in each place."""
    logit_biases: int = 300
    """Of a request."""
    queue: int = 256
    """Requests that wait for a model; one client may hold half of them."""
    seconds: float = 120.0
    """From a request's coming to its last token: then it is refused if it still waits, cut if it is being written."""
    tokens_per_minute: int = 0
    """Of one client, prompt and answer; 0 sets no bound."""
    memory_bytes: int = 0
    """That the loaded models may take together, by what is known of them beforehand; 0 keeps all of them loaded."""
    connections: int = 2000
    """Open at a time."""
    header_seconds: float = 7.0
    """In which a request's headers must have come."""
    body_seconds: float = 9.0
    """In which headers and body must have come."""
    stall_seconds: float = 5.0
    """That a client may leave what we write unread."""
    pause_seconds: float = 0.25
    """That a client may leave a stream unread before nothing more is written for it; it goes on when that is read."""
    keep_alive_seconds: float = 7.0
    """That a connection may wait for its next request."""
    drain_seconds: float = 30.0
    """In which running requests may finish after SIGTERM."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name in ("tokens_per_minute", "memory_bytes") else 1e-3
            if not value >= least:
                raise ConfigError(f"{field.name} expects a number above 0, got {value}")


class TokenBudget:
    """A bucket of tokens for each client, that fills at `per_minute`; 0 sets no bound. Not for several threads."""

    MOST_CLIENTS = 10_000  # remembered; the fullest buckets are forgotten first

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic):
        self.per_minute, self._clock = per_minute, clock
        self._left: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def take(self, client: str, tokens: int) -> float:
        """0.0 and the tokens are taken; else the seconds until so many are there. Infinite for more than a minute's."""
        if not self.per_minute:
            return 0.0
        left = self._now(client)
        if tokens > self.per_minute:
            return float("inf")
        if tokens > left:
            return (tokens - left) * 60 / self.per_minute
        self._left[client] = (left - tokens, self._clock())
        return 0.0

    def give_back(self, client: str, tokens: int) -> None:
        """Tokens that were taken and not written."""
        if self.per_minute:
            self._left[client] = (min(self.per_minute, self._now(client) + tokens), self._clock())

    def _now(self, client: str) -> float:
        if client not in self._left:
            self._forget()
            return float(self.per_minute)
        left, since = self._left[client]
        return min(float(self.per_minute), left + (self._clock() - since) * self.per_minute / 60)

    def _forget(self) -> None:
        if len(self._left) >= self.MOST_CLIENTS:
            fullest = sorted(self._left, key=self._now, reverse=True)
            for client in fullest[: self.MOST_CLIENTS // 10]:
                del self._left[client]
