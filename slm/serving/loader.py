"""Which of a server's models are in memory: loaded when a request comes for them, within a bound; the one that was used
longest ago is dropped first, one in use never. Requests wait meanwhile; models are loaded one at a time, in turn.

For one event loop. Of requests it knows only that they wait for a model, hold it, and let go of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any

from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.models import Models, Served
from slm.serving.refusals import ApiError, engine_failed, shutting_down
from slm.serving.scheduler import Scheduler

TURN_SECONDS = 10.0  # that a model takes requests at least, before it takes none for the sake of one that is waited for


class Loader:
    """Keeps what the loaded models take together under `limits.memory_bytes`; 0 sets no bound."""

    def __init__(
        self, models: Models, limits: Limits, figures: Figures, log: EventLog, start: Callable[[Served], None]
    ):
        """`start` is called with each model that was loaded, before it is used."""
        self._limits, self._figures, self._log, self._start = limits, figures, log, start
        self._users: Counter[Served] = Counter()
        self._loaded: OrderedDict[Served, float] = OrderedDict()  # since when; the one used longest ago first
        self._wanted: dict[Served, list[asyncio.Future[None]]] = {}  # those who wait, by model, in the models' turns
        self._short = False  # whether the first one in turn waits for others to be let go of
        self._changed = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._models = models

    def begin(self) -> None:
        """Start the models that are loaded already."""
        for model in self._models:
            self._figures.model_loaded.labels(model.name).set(0)
            self._figures.model_waiting.labels(model.name).set(0)
            if model.loaded:
                self._ready(model)

    def close(self) -> None:
        """Refuse those who wait, and load no more. In the event loop."""
        if self._work is not None:
            self._work.cancel()
        for model in list(self._wanted):
            self._answer(model, shutting_down())

    @property
    def waiting(self) -> int:
        """Requests that wait for a model to be loaded."""
        return sum(map(len, self._wanted.values()))

    def refusal_for(self, model: Served) -> ApiError | None:
        """Why no request can wait for this model; None where one can."""
        waiting = len(self._wanted.get(model, ()))
        if waiting < self._limits.queue:
            return None
        return ApiError(429, "queue_full", f"{waiting} requests wait for {model.name} to be loaded", None, 5)

    @contextlib.asynccontextmanager
    async def hold(self, model: Served, deadline: float, gone: asyncio.Future[Any]) -> AsyncIterator[Scheduler | None]:
        """The model's scheduler, which stays as long as it is held; None where `gone` is done before it is loaded.

        Raises ApiError where too many wait, where `deadline`, by time.monotonic, is over, or it cannot be loaded."""
        if self._takes_requests(model):
            self._users[model] += 1
        elif not await self._wait(model, deadline, gone):
            yield None
            return
        try:
            self._loaded.move_to_end(model)
            yield model.scheduler
        finally:
            self._let_go(model)

    def _takes_requests(self, model: Served) -> bool:
        """Whether it is loaded, and no other one waits for it to end its turn."""
        return model in self._loaded and not (self._short and time.monotonic() - self._loaded[model] > TURN_SECONDS)

    def _let_go(self, model: Served) -> None:
        self._users[model] -= 1
        self._changed.set()

    async def _wait(self, model: Served, deadline: float, gone: asyncio.Future[Any]) -> bool:
        """Until the model is held for this request: True; or the client has gone: False. Raises ApiError."""
        if refusal := self.refusal_for(model):
            raise refusal
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(model, []).append(place)
        self._figures.model_waiting.labels(model.name).inc()
        if self._work is None:
            self._work = asyncio.create_task(self._load_in_turn())
        try:
            left = max(0.0, deadline - time.monotonic())
            await asyncio.wait({place, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._give_up(model, place)
            raise
        if place.done():
            place.result()
            return True
        self._give_up(model, place)
        if gone.done():
            return False
        raise ApiError(429, "waited_too_long", f"{model.name} could not be loaded before the deadline", None, 5)

    def _give_up(self, model: Served, place: asyncio.Future[None]) -> None:
        """Somebody waits no more."""
        if place.done():
            if place.exception() is None:
                self._let_go(model)
            return
        self._wanted[model].remove(place)
        self._figures.model_waiting.labels(model.name).dec()
        if not self._wanted[model]:
            del self._wanted[model]
        self._changed.set()

    async def _load_in_turn(self) -> None:
        """Load what is waited for, one model after the other, until nothing is."""
        try:
            while self._wanted:
                model = next(iter(self._wanted))
                try:
                    if model in self._loaded or await self._load(model):
                        self._answer(model)
                except Exception:
                    self._log.failure(f"loading {model.name}")
                    self._answer(model, engine_failed())
        finally:
            self._work = None

    def _answer(self, model: Served, error: ApiError | None = None) -> None:
        """Let those who wait for a model hold it, or refuse them."""
        places = self._wanted.pop(model, [])
        for place in places:
            if error is not None:
                place.set_exception(error)
            else:
                self._users[model] += 1
                place.set_result(None)
        self._figures.model_waiting.labels(model.name).dec(len(places))

    async def _load(self, model: Served) -> bool:
        """Whether it is there; not, where nobody waits for it any more before there is room."""
        while self._taken + model.needed_bytes > (self._limits.memory_bytes or float("inf")):
            if model not in self._wanted:
                return False
            await self._make_room()
        began = time.monotonic()
        await asyncio.to_thread(model.load)
        self._ready(model)
        seconds = time.monotonic() - began
        self._figures.model_load.labels(model.name).observe(seconds)
        self._log.write("loaded", model=model.name, seconds=round(seconds, 3))
        return True

    async def _make_room(self) -> None:
        """Drop the model that was used longest ago and is not in use; where all are, wait until something changes."""
        model = next((model for model in self._loaded if not self._users[model]), None)
        if model is None:
            self._short = True
            self._changed.clear()
            await self._changed.wait()
            self._short = False
            return
        del self._loaded[model]  # from here on requests for it wait
        await asyncio.to_thread(model.drop)
        self._figures.model_loaded.labels(model.name).set(0)
        self._figures.model_drops.labels(model.name).inc()
        self._figures.models_bytes.set(self._taken)
        self._log.write("dropped", model=model.name)

    def _ready(self, model: Served) -> None:
        self._start(model)
        self._loaded[model] = time.monotonic()
        self._figures.model_loaded.labels(model.name).set(1)
        self._figures.models_bytes.set(self._taken)

    @property
    def _taken(self) -> int:
        return sum(model.needed_bytes for model in self._loaded)
