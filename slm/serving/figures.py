"""What the server counts and measures, in Prometheus' text format. Labels hold names of models, clients never."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from slm.errors import import_extra

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)
WINDOW = 10  # seconds over which tokens/s are told


class Figures:
    """The figures of one server; each has a registry of its own."""

    def __init__(self) -> None:
        client = import_extra("prometheus_client", "serve", "slm serve")
        client.disable_created_metrics()  # a line more for each figure, that nobody reads
        self._write = client.generate_latest
        self.content_type = "text/plain; version=0.0.4; charset=utf-8"
        self.registry = client.CollectorRegistry()

        def made(kind: Any, name: str, what: str, labels: tuple[str, ...] = ("model",), **more: Any) -> Any:
            return kind(f"slm_{name}", what, labels, registry=self.registry, **more)

        gauge, counter, histogram = client.Gauge, client.Counter, client.Histogram
        self.queue_length = made(gauge, "queue_length", "Requests that wait for a place.")
        self.batch_size = made(gauge, "batch_size", "Texts that are written together.")
        self.texts_paused = made(gauge, "texts_paused", "Texts that wait, without a place, until they are read.")
        self.first_token = made(
            histogram, "time_to_first_token_seconds", "From a request's coming to its first token.", buckets=SECONDS
        )
        self.between_tokens = made(
            histogram, "time_between_tokens_seconds", "From one step to the next, which gives every text one token.",
            buckets=SECONDS,
        )  # fmt: skip
        self.tokens = made(counter, "tokens", "Tokens written.")
        self.tokens_per_second = made(gauge, "tokens_per_second", f"Tokens written, over the last {WINDOW} seconds.")
        self.prompt_tokens = made(counter, "prompt_tokens", "Tokens of prompts.")
        self.texts = made(counter, "texts", "Texts that ended, by reason.", ("model", "reason"))
        self.model_loaded = made(gauge, "model_loaded", "Whether the model is in memory.")
        self.model_waiting = made(gauge, "model_waiting", "Requests that wait for the model to be loaded.")
        self.model_load = made(histogram, "model_load_seconds", "Of loading the model anew.", buckets=SECONDS)
        self.model_drops = made(counter, "model_drops", "How often the model was dropped for another one.")
        self.models_bytes = made(gauge, "models_bytes", "What the loaded models take, about.", ())
        self.refusals = made(counter, "refusals", "Requests refused, by reason.", ("reason",))
        self.responses = made(counter, "responses", "Answers, by route and status.", ("route", "status"))
        self.connections = made(gauge, "connections", "Connections that are open.", ())
        self.cut = made(counter, "connections_cut", "Connections cut, by reason.", ("reason",))

    def of_model(self, name: str) -> ModelFigures:
        return ModelFigures(self, name)

    def text(self) -> bytes:
        return self._write(self.registry)


class ModelFigures:
    """The figures of one model, for the thread that writes with it."""

    def __init__(self, figures: Figures, name: str):
        def of_it(family: Any) -> Any:
            return family.labels(name)

        self.queue_length, self.batch_size = of_it(figures.queue_length), of_it(figures.batch_size)
        self.texts_paused = of_it(figures.texts_paused)
        self.first_token, self.between_tokens = of_it(figures.first_token), of_it(figures.between_tokens)
        self.tokens, self.prompt_tokens = of_it(figures.tokens), of_it(figures.prompt_tokens)
        self.texts = lambda reason: figures.texts.labels(name, reason)
        self._recent: deque[tuple[float, int]] = deque()
        of_it(figures.tokens_per_second).set_function(self._rate)
        self._last_step = 0.0

    def step(self, written: int, size: int, waited: bool) -> None:
        """A step gave `written` texts a token; `waited` where nothing was written before it."""
        now = time.monotonic()
        if not waited:
            self.between_tokens.observe(now - self._last_step)
        self._last_step = now
        self.tokens.inc(written)
        self.batch_size.set(size)
        if self._recent and now - self._recent[-1][0] < 1:
            self._recent[-1] = (self._recent[-1][0], self._recent[-1][1] + written)
        else:
            self._recent.append((now, written))
        while self._recent[0][0] < now - WINDOW:
            self._recent.popleft()

    def _rate(self) -> float:
        now = time.monotonic()
        return sum(count for since, count in list(self._recent) if since >= now - WINDOW) / WINDOW
