"""A small server for the page alone: the routes that it asks, over tiny models, and its own port to come back on.

Not the real one: no limits, no queue. What it answers has the same shape.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fake_engine import FakeEngine, by_all_ids
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.domain import heading, load_domain
from slm.generation.batch import Batch, Drawn, GenerationConfig
from slm.generation.engine import Engine
from slm.serving import runs as runs_routes

NOTICE = load_domain("medical").notice

PAGE = Path(runs_routes.__file__).parent / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
Told = tuple[int, str, str, dict[str, Any] | None]  # sample, text, finish reason or '', logprobs


class Letters(FakeEngine):
    """Writes letters and short words of the tiny vocabulary, each text its own; it never ends one."""

    ALLOWED = [*range(64, 90), *range(256, 269)]

    def __init__(self) -> None:
        super().__init__(slots=64, context=2048)

    def _logits(self, ids: list[int]) -> np.ndarray:
        logits = np.full(self.vocabulary, -30, np.float32)
        logits[self.ALLOWED] = by_all_ids(ids, self.vocabulary)[self.ALLOWED]
        return logits


@dataclass
class Served:
    """A model by its name. `answers`: it is asked questions. `pace`: seconds that it waits after each token."""

    name: str
    engine: Engine
    tokenizer: Tokenizer
    answers: bool = False
    pace: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    prompt_format: PromptFormat = field(default_factory=PromptFormat)

    def write(self, prompt: str, config: GenerationConfig, samples: int) -> Iterator[Told]:
        batch = Batch(self.engine, self.tokenizer)
        try:
            batch.add(self.tokenizer.encode_ordinary(prompt) or [self.tokenizer.eot_token], config, samples)
            while batch.busy:
                for _, piece in batch.step():
                    reason = {"": "", "length": "length"}.get(piece.stop, "stop")
                    yield piece.sample, piece.text, reason, self._logprobs(piece.drawn)
        finally:
            batch.close()

    def _logprobs(self, drawn: Drawn | None) -> dict[str, Any] | None:
        if drawn is None or drawn.token == self.tokenizer.eot_token:
            return None
        return {
            "tokens": [self._text(drawn.token)], "token_logprobs": [drawn.log_probability],
            "top_logprobs": [{self._text(token): value for token, value in drawn.likeliest}], "text_offset": [0],
        }  # fmt: skip

    def _text(self, token: int) -> str:
        raw = self.tokenizer.decode_bytes([token])
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)


class Recited:
    """In the place of a model: writes the given tokens, which are their own likeliest neighbours."""

    def __init__(self, name: str, tokens: list[str], answers: bool = False, pace: float = 0.0, **more: Any):
        self.name, self.tokens, self.answers, self.pace = name, tokens, answers, pace
        self.facts = {"engine": "recited", "size_bytes": 1000, "parameters": 1000, "context": 10_000, **more}
        self.citations = more.get("citations")
        self.prompt_format = PromptFormat()

    def write(self, prompt: str, config: GenerationConfig, samples: int) -> Iterator[Told]:
        for place, token in enumerate(self.tokens[: config.max_new_tokens]):
            near = {other: -1.0 - number for number, other in enumerate(self.tokens[place : place + 8])}
            logprobs = {"tokens": [token], "token_logprobs": [-1.0], "top_logprobs": [near], "text_offset": [0]}
            for sample in range(samples):
                yield sample, token, "", logprobs
        for sample in range(samples):
            yield sample, "", "stop" if config.max_new_tokens > len(self.tokens) else "length", None


class PageServer:
    """The page on loopback, in a thread; `left` counts answers that the reader left. Keeps its port over a restart."""

    def __init__(self, models: list[Any], runs: Path, key: str = ""):
        self.models, self.runs, self.key = {model.name: model for model in models}, runs, key
        self.left, self.asked = 0, []  # asked: the bodies of requests
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def start(self) -> PageServer:
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=self.port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """At once, in the midst of whatever it writes."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def gate(request: Request, call_next: Any) -> Response:
            closed = self.key and request.url.path.startswith(("/v1", "/api"))
            if closed and request.headers.get("authorization") != f"Bearer {self.key}":
                response: Response = JSONResponse({"error": {"message": "a key is needed"}}, status_code=401)
            else:
                response = await call_next(request)
            response.headers.setdefault("Content-Security-Policy", POLICY)
            return response

        @app.get("/health")
        def health() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/api/models")
        def models() -> dict[str, Any]:
            return {"models": [self._facts(model) for model in self.models.values()]}

        @app.post("/v1/completions")
        @app.post("/v1/chat/completions")
        async def complete(request: Request) -> Response:
            body = await request.json()
            self.asked.append(body)
            model = self.models.get(body.get("model"))
            if model is None:
                return JSONResponse({"error": {"message": "there is no model of this name"}}, status_code=404)
            return StreamingResponse(self._events(model, body), media_type="text/event-stream")

        app.include_router(runs_routes.router(self.runs))
        app.mount("/", StaticFiles(directory=PAGE, html=True))
        return app

    def _facts(self, model: Any) -> dict[str, Any]:
        kind, notice = ("answers", NOTICE) if model.answers else ("stories", None)
        return {
            "name": model.name, "kind": kind, "notice": notice, "engine": "tiny", "bits": 8, "size_bytes": 123_456,
            "parameters": 30_000, "context": 256, **model.facts,
        }  # fmt: skip

    async def _events(self, model: Any, body: dict[str, Any]) -> AsyncIterator[str]:
        chat = "messages" in body
        prompt = body["messages"][-1]["content"] if chat else body["prompt"]
        prompt = model.prompt_format.prompt(prompt) if chat and model.answers else prompt
        config = GenerationConfig(
            body.get("max_tokens", 100), body.get("temperature", 0.8), body.get("top_k", 50), seed=body.get("seed", 0),
            log_probabilities=body.get("logprobs"), continue_past_context=True,
        )  # fmt: skip
        first = heading(load_domain("medical"), prompt).fields() if chat and model.answers else {}
        count, whole = 0, False
        try:
            for sample, text, reason, logprobs in model.write(prompt, config, body.get("n", 1)):
                said = {"delta": {"content": text}} if chat else {"text": text, "logprobs": logprobs}
                yield _event({**first, "choices": [{"index": sample, "finish_reason": reason or None, **said}]})
                first = {}
                count += 1
                await asyncio.sleep(model.pace)
            end: dict[str, Any] = {"choices": [], "usage": {"completion_tokens": count}}
            if getattr(model, "citations", None):
                end["citations"] = model.citations
            yield _event(end)
            yield "data: [DONE]\n\n"
            whole = True
        finally:
            self.left += not whole


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"
