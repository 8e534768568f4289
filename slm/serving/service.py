"""What the routes share: the models, the budget of tokens, and how a request becomes a ticket and a ticket an answer.

Knows FastAPI's Request only to learn that a client has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slm.data.tokenizer import Tokenizer
from slm.errors import SlmError
from slm.generation.batch import GenerationConfig
from slm.serving import sources
from slm.serving.answers import DONE, Answer, ChatShape, CompletionShape
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits, TokenBudget
from slm.serving.models import Models, Served
from slm.serving.refusals import ApiError, invalid, shutting_down
from slm.serving.schemas import ChatRequest, CompletionRequest, Settings
from slm.serving.sources import Sources
from slm.serving.ticket import Ticket, tell

TEMPERATURE, TEMPERATURE_OF_ANSWERS = 0.8, 0.0  # as slm generate, without and with --question


class Service:
    """The models at work. `begin` and `end` frame its use in an event loop."""

    def __init__(
        self, models: Models, limits: Limits, figures: Figures, log: EventLog, sources: Sources | None = None
    ):
        self.models, self.limits, self.figures, self.log, self.sources = models, limits, figures, log, sources
        self.budget = TokenBudget(limits.tokens_per_minute)
        self.draining = False
        self.begun = int(time.time())

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        for model in self.models:
            model.scheduler.on_failure = lambda name=model.name: self.log.failure(f"engine of {name}")
            model.scheduler.start(lambda tickets: _in_loop(loop, tickets))

    def drain(self) -> None:
        """Take nothing new; what was begun goes on."""
        self.draining = True
        for model in self.models:
            model.scheduler.drain()

    @property
    def busy(self) -> bool:
        return any(model.scheduler.busy for model in self.models)

    @property
    def ready(self) -> bool:
        return not self.draining and all(model.scheduler.alive for model in self.models)

    def check_room(self, client: str) -> None:
        """Raises ApiError, 429, where no model has a place for a request of this client, whatever it asks."""
        refusals = [model.scheduler.refusal_for(client) for model in self.models]
        refusals += [self.sources.refusal()] if self.sources else []
        if all(refusals):
            raise refusals[0]

    def end(self) -> None:
        for model in self.models:
            model.scheduler.stop()
        if self.sources is not None:
            self.sources.close()

    @property
    def answering(self) -> list[Served | Sources]:
        """All that can be named in a request: the models, and the sources behind them."""
        return [*self.models, *([self.sources] if self.sources else [])]

    async def complete(self, asked: CompletionRequest, request: Request) -> Response:
        if self._means_sources(asked):
            raise invalid(f"{sources.NAME} goes on from no text: ask it at /v1/chat/completions", "model")
        model = self.models.named(asked.model)
        prompts = _prompt_ids(asked.prompt, model, self.limits)
        seed = secrets.randbits(48) if asked.seed is None else asked.seed
        config = _checked(lambda: asked.config(TEMPERATURE, seed, asked.max_tokens, asked.logprobs))
        question = "\n".join(_question(ids, model) for ids in prompts)
        return await self._write(asked, request, model, prompts, config, CompletionShape(), question)

    async def chat(self, asked: ChatRequest, request: Request) -> Response:
        if self._means_sources(asked):
            return await self._from_sources(asked, request)
        model = self.models.named(asked.model)
        prompt = _chat_prompt(asked, model)
        prompts = _prompt_ids(prompt, model, self.limits)
        temperature = TEMPERATURE_OF_ANSWERS if model.answers else TEMPERATURE
        seed = secrets.randbits(48) if asked.seed is None else asked.seed
        config = _checked(lambda: asked.config(temperature, seed, _chat_tokens(asked), _chat_logprobs(asked)))
        question = "\n".join(message.text for message in reversed(asked.messages) if message.role == "user")
        return await self._write(asked, request, model, prompts, config, ChatShape(), question)

    def _means_sources(self, asked: Settings) -> bool:
        """Whether the index is asked: by its name, or as all that there is."""
        return self.sources is not None and asked.model in (sources.NAME, *(() if list(self.models) else (None,)))

    async def _from_sources(self, asked: ChatRequest, request: Request) -> Response:
        if self.draining:
            raise shutting_down()
        request.scope["slm"]["model"] = sources.NAME
        found, fingerprint = await self.sources.ask(asked), self.sources.fingerprint
        if not asked.stream:
            return JSONResponse(sources.whole(found, fingerprint))
        apart = asked.stream_options is not None and bool(asked.stream_options.include_usage)
        body = sources.events(found, fingerprint, usage_apart=apart)
        return Response(body, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _write(
        self, asked: Settings, request: Request, model: Served, prompts: Sequence[Sequence[int]],
        config: GenerationConfig, shape: Any, question: str,
    ) -> Response:  # fmt: skip
        if asked.stream_options is not None and not asked.stream:
            raise invalid("stream_options is for stream: true", "stream_options")
        facts = request.scope["slm"]
        facts["model"] = model.name
        deadline = time.monotonic() + self.limits.seconds
        ticket = Ticket(facts["client"], prompts, config, asked.samples, deadline, bool(asked.stream))
        self._check_size(ticket, model)
        heading = await asyncio.to_thread(model.heading, question)  # of a long text it takes a while
        self._take_tokens(ticket)
        try:
            model.scheduler.submit(ticket)
        except ApiError:
            self._settle(ticket, facts)
            raise
        asks = model.folder.prompt_format if isinstance(shape, ChatShape) else None
        answer = Answer(
            shape, ticket, model.folder.tokenizer, model.name, model.fingerprint, heading,
            hides=asks.before_response if asks and asks.hides_reasoning else "",
        )  # fmt: skip
        pieces = self._pieces(ticket, model, request, facts)
        if not asked.stream:
            async for some in pieces:
                answer.add(some)
            return JSONResponse(answer.whole())
        first = await anext(pieces, None)  # until then a refusal can have its own status
        with_usage = asked.stream_options is not None and bool(asked.stream_options.include_usage)
        return EventStream(_events(answer, first, pieces, with_usage), pieces)

    async def _pieces(self, ticket: Ticket, model: Served, request: Request, facts: dict[str, Any]) -> AsyncIterator:
        """What is written, until all is or the client has gone; then its places are free and its tokens counted."""
        watch = asyncio.create_task(_cancel_when_gone(request, ticket, model))
        try:
            async for pieces in ticket.told():
                yield pieces
                if ticket.paused:
                    model.scheduler.resume(ticket)
        finally:
            watch.cancel()
            model.scheduler.cancel(ticket)
            self._settle(ticket, facts)

    def _check_size(self, ticket: Ticket, model: Served) -> None:
        if ticket.texts > self.limits.texts:
            raise invalid(f"{ticket.texts} texts are asked for; {self.limits.texts} may be, prompts times n", "n")
        longest = max(map(len, ticket.prompts))
        if longest >= model.engine.context and not ticket.config.continue_past_context:
            message = (
                f"the prompt has {longest} tokens, the context of {model.name} holds {model.engine.context}: shorten "
                "it, or go on from its end with continue_past_context"
            )
            raise invalid(message, "prompt", "context_length_exceeded")
        largest = max(map(int, ticket.config.logit_bias), default=0)
        if largest >= model.engine.vocabulary:
            raise invalid(f"logit_bias expects token ids up to {model.engine.vocabulary - 1}", "logit_bias")

    def _take_tokens(self, ticket: Ticket) -> None:
        """Take what the request may cost at most from its client's budget. Raises ApiError, 429."""
        wait = self.budget.take(ticket.client, _cost(ticket))
        if wait == float("inf"):
            message = f"this may take {_cost(ticket)} tokens; {self.budget.per_minute} a minute are yours: ask for less"
            raise invalid(message, "max_tokens", "more_than_a_minutes_tokens")
        if wait:
            raise ApiError(429, "tokens_per_minute", f"{self.budget.per_minute} tokens a minute are yours", None, wait)

    def _settle(self, ticket: Ticket, facts: dict[str, Any]) -> None:
        """Give back the tokens that were not written; tell the log what was."""
        written = ticket.prompt_tokens + ticket.completion_tokens if ticket.first else 0
        self.budget.give_back(ticket.client, _cost(ticket) - written)
        facts["prompt_tokens"], facts["completion_tokens"] = ticket.prompt_tokens, ticket.completion_tokens
        if ticket.first:
            facts["first_token_seconds"] = round(ticket.first - ticket.came, 4)


class EventStream(Response):
    """Server-sent events. What has come while the client was slow goes out as one."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], source: Any):
        self.status_code, self.background = 200, None
        self.init_headers({"X-Accel-Buffering": "no"})  # no proxy shall hold events back
        self._events, self._source = events, source

    def init_headers(self, headers: Any = None) -> None:
        super().init_headers(headers)
        self.raw_headers = [item for item in self.raw_headers if item[0] != b"content-length"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for data in self._events:
                await send({"type": "http.response.body", "body": data, "more_body": True})
        finally:
            await self._events.aclose()
            await self._source.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _events(answer: Answer, first: Any, pieces: AsyncIterator, with_usage: bool) -> AsyncIterator[bytes]:
    """The events of a stream, those that come together joined; an error is an event of its own, and the last.

    What may be the last of a text is held until more comes, or the end: the usage is known only then."""
    held = answer.add(first or [])
    try:
        if held and not answer.may_end:
            yield b"".join(answer.event(choice, usage=False) for choice in held)
            held = []
        async for some in pieces:
            made = held + answer.add(some)
            held = made if answer.may_end else []
            if made and not held:
                yield b"".join(answer.event(choice, usage=False) for choice in made)
    except ApiError as error:
        yield b"data: " + error.body + b"\n\n"
        return
    last = [answer.event(choice, usage=not with_usage and choice is held[-1]) for choice in held]
    yield b"".join([*last, *([answer.usage_event()] if with_usage else []), DONE])


async def _cancel_when_gone(request: Request, ticket: Ticket, model: Served) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    model.scheduler.cancel(ticket)


def _in_loop(loop: asyncio.AbstractEventLoop, tickets: Sequence[Ticket]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads
        loop.call_soon_threadsafe(tell, tickets)


def _cost(ticket: Ticket) -> int:
    return ticket.prompt_tokens + ticket.texts * ticket.config.max_new_tokens


def _checked(make: Any) -> GenerationConfig:
    try:
        return make()
    except SlmError as error:
        raise invalid(str(error), str(error).split()[0]) from None


def _prompt_ids(prompt: Any, model: Served, limits: Limits) -> list[list[int]]:
    """Token ids of each prompt. Raises ApiError for what is too long, no Unicode or no id of this model."""
    several = prompt if isinstance(prompt, list) and not isinstance(prompt[0], int) else [prompt]
    if sum(map(len, several)) > limits.prompt_characters:
        raise invalid(f"prompts may have {limits.prompt_characters:,} characters together", "prompt", "prompt_too_long")
    tokenizer = model.folder.tokenizer
    return [_encoded(one, tokenizer) if isinstance(one, str) else _known_ids(one, tokenizer) for one in several]


def _question(ids: list[int], model: Served) -> str:
    """A prompt without the headings of the model's format, as it was asked."""
    text = model.folder.tokenizer.decode(ids)
    return model.folder.prompt_format.question(text) if model.answers else text


def _encoded(prompt: str, tokenizer: Tokenizer) -> list[int]:
    try:
        return tokenizer.encode_ordinary(prompt) or [tokenizer.eot_token]
    except SlmError as error:
        raise invalid(f"prompt: {error}", "prompt") from None


def _known_ids(ids: list[int], tokenizer: Tokenizer) -> list[int]:
    if max(ids) >= tokenizer.n_vocab:
        raise invalid(f"prompt expects token ids from 0 to {tokenizer.n_vocab - 1}, got {max(ids)}", "prompt")
    return ids


def _chat_prompt(asked: ChatRequest, model: Served) -> str:
    """A tuned model's own format, as its chat template writes it; of a story model the last message is the opening."""
    last = asked.messages[-1]
    if not model.answers:
        return last.text
    if last.role != "user":
        raise invalid("the last message has to be the user's question", "messages")
    written = model.folder.prompt_format.prompt
    try:
        return "".join(m.text if m.role == "assistant" else written(m.text) for m in asked.messages)
    except SlmError as error:
        raise invalid(f"messages: {error}", "messages") from None


def _chat_tokens(asked: ChatRequest) -> int | None:
    if asked.max_tokens and asked.max_completion_tokens and asked.max_tokens != asked.max_completion_tokens:
        raise invalid("max_tokens and max_completion_tokens are two names of one thing: give one", "max_tokens")
    return asked.max_completion_tokens or asked.max_tokens


def _chat_logprobs(asked: ChatRequest) -> int | None:
    if asked.top_logprobs is not None and not asked.logprobs:
        raise invalid("top_logprobs is for logprobs: true", "top_logprobs")
    return (asked.top_logprobs or 0) if asked.logprobs else None
