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

from slm.errors import SlmError
from slm.generation.batch import LENGTH, Drawn, GenerationConfig, Piece
from slm.serving import sources
from slm.serving.answers import DONE, Answer, ChatShape, CompletionShape, Echo
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits, TokenBudget
from slm.serving.loader import Loader
from slm.serving.models import Models, Served
from slm.serving.prompts import chat_prompt, prompt_ids, prompt_texts, question_of
from slm.serving.refusals import ApiError, invalid, shutting_down
from slm.serving.scheduler import Scheduler
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
        self.loader = Loader(models, limits, figures, log, self._start)
        self.draining = False
        self.begun = int(time.time())

    def begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.loader.begin()

    def _start(self, model: Served) -> None:
        model.scheduler.on_failure = lambda: self.log.failure(f"engine of {model.name}")
        model.scheduler.start(lambda tickets: _in_loop(self._loop, tickets))

    @property
    def schedulers(self) -> list[Scheduler]:
        """Of the models that are loaded."""
        return [scheduler for model in self.models if (scheduler := model.scheduler) is not None]

    def drain(self) -> None:
        """Take nothing new; what was begun goes on."""
        self.draining = True

    @property
    def busy(self) -> bool:
        return bool(self.loader.waiting) or any(scheduler.busy for scheduler in self.schedulers)

    @property
    def queued(self) -> int:
        """Requests that wait: for a model, or for their place."""
        return self.loader.waiting + sum(scheduler.queued for scheduler in self.schedulers)

    @property
    def ready(self) -> bool:
        return not self.draining and all(scheduler.alive for scheduler in self.schedulers)

    def check_room(self, client: str) -> None:
        """Raises ApiError, 429, where no model has a place for a request of this client, whatever it asks."""
        refusals = [
            self.loader.refusal_for(model) if (scheduler := model.scheduler) is None else scheduler.refusal_for(client)
            for model in self.models
        ]
        refusals += [self.sources.refusal()] if self.sources else []
        if all(refusals):
            raise refusals[0]

    def end(self) -> None:
        for scheduler in self.schedulers:
            scheduler.stop()
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
        prompts = prompt_ids(asked.prompt, model, self.limits)
        seed = secrets.randbits(48) if asked.seed is None else asked.seed
        if asked.max_tokens == 0 and not asked.echo:
            raise invalid("max_tokens may be 0 with echo: true only, which then tells of the prompt", "max_tokens")
        config = _checked(lambda: asked.config(TEMPERATURE, seed, asked.max_tokens or None, asked.logprobs))
        question = "\n".join(question_of(ids, model) for ids in prompts)
        echoes = prompt_texts(asked.prompt, model) if asked.echo else ()
        return await self._write(asked, request, model, prompts, config, CompletionShape(), question, echoes)

    async def chat(self, asked: ChatRequest, request: Request) -> Response:
        if self._means_sources(asked):
            return await self._from_sources(asked, request)
        model = self.models.named(asked.model)
        prompt = chat_prompt(asked, model)
        prompts = prompt_ids(prompt, model, self.limits)
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
        config: GenerationConfig, shape: Any, question: str, echoes: Sequence[str] = (),
    ) -> Response:  # fmt: skip
        if asked.stream_options is not None and not asked.stream:
            raise invalid("stream_options is for stream: true", "stream_options")
        if self.draining:
            raise shutting_down()
        facts = request.scope["slm"]
        facts["model"] = model.name
        deadline = time.monotonic() + self.limits.seconds
        writes = asked.max_tokens != 0
        ticket = Ticket(facts["client"], prompts, config, asked.samples, deadline, bool(asked.stream), writes)
        self._check_size(ticket, model, scores=bool(echoes) and config.log_probabilities is not None)
        told = [Echo(text) for text in echoes]
        heading = await asyncio.to_thread(model.heading, question)  # of a long text it takes a while
        self._take_tokens(ticket)
        asks = model.folder.prompt_format if isinstance(shape, ChatShape) else None
        answer = Answer(
            shape, ticket, model.folder.tokenizer, model.name, model.fingerprint, heading,
            hides=asks.before_response if asks and asks.hides_reasoning else "",
            echoes=told,
        )  # fmt: skip
        pieces = self._pieces(ticket, model, request, facts, told)
        if not asked.stream:
            async with contextlib.aclosing(pieces):
                async for some in pieces:
                    answer.add(some)
            return JSONResponse(answer.whole())
        first = await anext(pieces, None)  # until then a refusal can have its own status
        with_usage = asked.stream_options is not None and bool(asked.stream_options.include_usage)
        return EventStream(_events(answer, first, pieces, with_usage), pieces)

    async def _pieces(
        self, ticket: Ticket, model: Served, request: Request, facts: dict[str, Any], echoes: Sequence[Echo]
    ) -> AsyncIterator:
        """What is written, until all is or the client has gone; then its places are free and its tokens counted."""
        gone = asyncio.create_task(_until_gone(request))
        try:
            async with self.loader.hold(model, ticket.deadline, gone) as scheduler:
                if scheduler is None:
                    return
                for echo, ids in zip(echoes, ticket.prompts, strict=False):
                    if echo.text and ticket.config.log_probabilities is not None:
                        echo.drawn = await _scored(ids, ticket, scheduler, gone)
                if not ticket.writes:
                    ticket.first = time.monotonic()  # its prompts were worked on
                    yield [(number, Piece(number % ticket.samples, "", LENGTH)) for number in range(ticket.texts)]
                    return
                async with contextlib.aclosing(_told(ticket, scheduler, gone)) as told:
                    async for pieces in told:
                        yield pieces
        finally:
            gone.cancel()
            self._settle(ticket, facts)

    def _check_size(self, ticket: Ticket, model: Served, scores: bool) -> None:
        if ticket.texts > self.limits.texts:
            raise invalid(f"{ticket.texts} texts are asked for; {self.limits.texts} may be, prompts times n", "n")
        longest = max(map(len, ticket.prompts))
        if longest > model.context - ticket.writes and (scores or not ticket.config.continue_past_context):
            message = (
                f"the prompt has {longest} tokens, the context of {model.name} holds {model.context}: shorten it, or "
                "go on from its end with continue_past_context, without logprobs of an echo"
            )
            raise invalid(message, "prompt", "context_length_exceeded")
        largest = max(map(int, ticket.config.logit_bias), default=0)
        if largest >= model.vocabulary:
            raise invalid(f"logit_bias expects token ids up to {model.vocabulary - 1}", "logit_bias")

    def _take_tokens(self, ticket: Ticket) -> None:
        """Take what the request may cost at most from its client's budget. Raises ApiError, 429."""
        wait = self.budget.take(ticket.client, ticket.cost)
        if wait == float("inf"):
            message = f"this may take {ticket.cost} tokens; {self.budget.per_minute} a minute are yours: ask for less"
            raise invalid(message, "max_tokens", "more_than_a_minutes_tokens")
        if wait:
            raise ApiError(429, "tokens_per_minute", f"{self.budget.per_minute} tokens a minute are yours", None, wait)

    def _settle(self, ticket: Ticket, facts: dict[str, Any]) -> None:
        """Give back the tokens that were not written; tell the log what was."""
        written = ticket.prompt_tokens + ticket.completion_tokens if ticket.first else 0
        self.budget.give_back(ticket.client, ticket.cost - written)
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


async def _told(ticket: Ticket, scheduler: Scheduler, gone: asyncio.Future[None]) -> AsyncIterator:
    """Have a request done; what comes of it, until all has, or `gone` is done."""
    scheduler.submit(ticket)
    gone.add_done_callback(lambda _: scheduler.cancel(ticket))
    try:
        async for pieces in ticket.told():
            yield pieces
            if ticket.paused:
                scheduler.resume(ticket)
    finally:
        scheduler.cancel(ticket)


async def _scored(
    ids: Sequence[int], ticket: Ticket, scheduler: Scheduler, gone: asyncio.Future[None]
) -> Sequence[Drawn]:
    """What the model gives the tokens of a prompt. Each is a request of its own: between them others are written."""
    asked = Ticket(ticket.client, [ids], ticket.config, 1, ticket.deadline, streams=False, writes=False)
    async for _ in _told(asked, scheduler, gone):
        pass
    return asked.scored


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _in_loop(loop: asyncio.AbstractEventLoop, tickets: Sequence[Ticket]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads
        loop.call_soon_threadsafe(tell, tickets)


def _checked(make: Any) -> GenerationConfig:
    try:
        return make()
    except SlmError as error:
        raise invalid(str(error), str(error).split()[0]) from None


def _chat_tokens(asked: ChatRequest) -> int | None:
    if asked.max_tokens and asked.max_completion_tokens and asked.max_tokens != asked.max_completion_tokens:
        raise invalid("max_tokens and max_completion_tokens are two names of one thing: give one", "max_tokens")
    return asked.max_completion_tokens or asked.max_tokens


def _chat_logprobs(asked: ChatRequest) -> int | None:
    if asked.top_logprobs is not None and not asked.logprobs:
        raise invalid("top_logprobs is for logprobs: true", "top_logprobs")
    return (asked.top_logprobs or 0) if asked.logprobs else None
