"""Continuous batching: one thread a model, which gives every text that is being written one token a step.

Between steps requests join, leave and expire. The event loop hands requests in by `submit` and `cancel`, and learns
of what came by `deliver`, once a step for all readers together. Knows nothing about HTTP, JSON or questions.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from slm.data.tokenizer import Tokenizer
from slm.generation.batch import Batch, Piece, Writer
from slm.generation.engine import Engine
from slm.serving.fair_queue import FairQueue
from slm.serving.figures import ModelFigures
from slm.serving.limits import Limits
from slm.serving.pace import Pace
from slm.serving.refusals import (
    LONGEST_RETRY,
    ApiError,
    engine_failed,
    left_unread,
    shutting_down,
    waited_too_long,
)
from slm.serving.shares import Shares
from slm.serving.ticket import Ticket

JOINING_TOKENS = 256  # of prompts that may join in one step: those who read wait while prompts are worked through
SPARE = 8  # beside so many places of one client there is one more for clients who hold few
LOOK_SECONDS = 1.0  # between looks for deadlines where nothing is written
UNREAD_SECONDS = 2.0  # after which a stream that is not read speaks against its client's other requests
PACE_SECONDS = 10.0
Deliver = Callable[[Sequence[Ticket]], None]


class Scheduler:
    """Writes for many clients with one engine. Its methods may be called from any thread."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer, limits: Limits, figures: ModelFigures):
        self.engine, self.tokenizer = engine, tokenizer
        self.failures = 0
        self._figures, self._pause_seconds = figures, limits.pause_seconds
        self._changed = threading.Condition()
        self._queue = FairQueue(limits.queue)
        self._left: list[Ticket] = []  # whose clients have gone
        self._read: list[Ticket] = []  # paused ones whose clients have read
        self._stopping = False
        self._ends, self._refused = Pace(PACE_SECONDS), Pace(PACE_SECONDS)  # requests that ended; that found no room
        self._batch = Batch(engine, tokenizer)
        self._writers: dict[Ticket, list[Writer]] = {}  # those that still write, of the requests that have joined
        self._owners: dict[Writer, tuple[Ticket, int]] = {}
        self._shares = Shares()
        self._paused: dict[Ticket, dict[Writer, int]] = {}  # texts that wait to be read, by their number
        self._running: Counter[str] = Counter()  # texts being written or paused, by client
        self._unread: Counter[str] = Counter()  # those of them that have not been read for UNREAD_SECONDS
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self, deliver: Deliver) -> None:
        """Begin. `deliver` is called from the scheduler's thread with the requests whose readers have news."""
        self._deliver = deliver
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def busy(self) -> bool:
        """Whether there is anything to write."""
        with self._changed:
            return bool(self._queue or self._writers or self._paused)

    @property
    def queued(self) -> int:
        with self._changed:
            return len(self._queue)

    @property
    def writing(self) -> int:
        """Texts that have a place."""
        return len(self._owners)

    def submit(self, ticket: Ticket) -> None:
        """Let a request wait for its place. Raises ApiError: 429 where the queue is full, 503 where it was stopped."""
        with self._changed:
            if self._stopping or not self.alive:
                raise shutting_down()
            if refusal := self._refusal(ticket.client):
                raise refusal
            self._queue.put(ticket)
            self._changed.notify()

    def refusal_for(self, client: str) -> ApiError | None:
        """What `submit` would raise of a request of this client as things are."""
        with self._changed:
            return self._refusal(client)

    def _refusal(self, client: str) -> ApiError | None:
        if self._leaves_unread(client):
            return left_unread(self._unread[client])
        return self._queue_full() if self._queue.full_for(client) else None

    def _leaves_unread(self, client: str) -> bool:
        """Whether it does not read a quarter as many texts as there are places: it wants none of the others either."""
        return self._unread[client] >= max(1, self.engine.slots // 4)

    def _queue_full(self) -> ApiError:
        """To come again when those who wait now, and those who were refused lately, will have been served at the pace
        of late: else all who were refused come again at once, for few places."""
        before = len(self._queue) + self._refused.recent
        wait = before * PACE_SECONDS / max(self._ends.recent, 1.0)
        self._refused.add()
        message = f"{len(self._queue)} requests wait, and one client may have half of all places; try later"
        return ApiError(429, "queue_full", message, retry_after=min(wait, LONGEST_RETRY))

    def cancel(self, ticket: Ticket) -> None:
        """Its client has gone: stop before the next step. One that has ended is left alone."""
        if ticket.ended:
            return
        with self._changed:
            self._left.append(ticket)
            self._changed.notify()

    def resume(self, ticket: Ticket) -> None:
        """What was written of a paused request has been read: write on."""
        with self._changed:
            self._read.append(ticket)
            self._changed.notify()

    def stop(self) -> None:
        """End everything now; what was not finished is refused. Returns when the thread has ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:  # it was started
            self._thread.join()

    def _run(self) -> None:
        try:
            self._write_until_stopped()
        finally:  # also where this thread fails: nobody shall wait for ever
            self._stopping = True
            self._deliver(self._end_all(shutting_down()))
            self._batch.close()

    def _write_until_stopped(self) -> None:
        waited = True
        while not self._stopping:
            with self._changed:
                while not (self._stopping or self._batch.busy or self._left or self._read or self._may_join):
                    self._figures.batch_size.set(0)
                    waited = True
                    if not self._changed.wait(LOOK_SECONDS if self._paused else None):
                        break  # to see whether one has come to its deadline
            try:
                news = self._between_steps()
                if self._batch.busy:
                    news += self._step(waited)
                    waited = False
            except Exception:
                news = self._fail()
            if news:
                self._deliver(news)

    def _between_steps(self) -> list[Ticket]:
        """Let requests leave, expire and join; those that ended by it."""
        with self._changed:
            left, self._left = self._left, []
            for ticket in left:
                self._queue.remove(ticket)
            now = time.monotonic()
            unread = [ticket for ticket in self._paused if ticket.unread(now) > UNREAD_SECONDS]
            self._unread = Counter(ticket.client for ticket in unread for _ in self._paused[ticket])
            refused = [ticket for ticket in self._queue if now > ticket.deadline or self._leaves_unread(ticket.client)]
            for ticket in refused:
                self._queue.remove(ticket)
            read, self._read = self._read, []
            for ticket in read:
                self._resume(ticket)
            scored = self._join()
            self._figures.queue_length.set(len(self._queue))
        for ticket in scored:  # the lock is free: this takes as long as a long prompt
            self._score(ticket)
        for ticket in refused:
            ticket.end(waited_too_long() if now > ticket.deadline else left_unread(self._unread[ticket.client]))
        cut = [ticket for ticket in [*self._writers, *self._paused] if now > ticket.deadline]
        for ticket in left:
            self._leave(ticket, "left")
        for ticket in cut:
            self._cut(ticket)
        return left + refused + cut + scored

    def _join(self) -> list[Ticket]:
        """Let requests join while there are places, as many as their prompts allow; those that want scores alone."""
        tokens, scored = 0, []
        while self._may_join and tokens < JOINING_TOKENS:
            ticket = self._queue.take(self._running)
            self._writers[ticket] = []  # first: whatever fails from here on, it is ended and not forgotten
            tokens += ticket.prompt_tokens
            self._figures.prompt_tokens.inc(ticket.prompt_tokens)
            if not ticket.writes:
                scored.append(ticket)
                continue
            for number, ids in enumerate(ticket.prompts):
                for writer in self._batch.add(ids, ticket.config, ticket.samples):
                    self._owners[writer] = (ticket, number * ticket.samples + writer.sample)
                    self._writers[ticket].append(writer)
                    self._running[ticket.client] += 1
        return scored

    @property
    def _may_join(self) -> bool:
        """Whether a request waits and there are places for it. The last places are for clients who hold few, and
        nobody holds more than all others, also by texts that he does not read; beside others, no more than half."""
        if not self._queue:
            return False
        request, slots = self._queue.next(self._running), self.engine.slots
        held, spare = self._running[request.client], slots // (SPARE + 1)
        wanted = request.texts if held else 1
        if held + wanted > max(1, slots // 2) and self._shares.others_than(request.client):
            return False
        return max(len(self._owners), held) + wanted <= (slots if held + request.texts <= spare else slots - spare)

    def _score(self, ticket: Ticket) -> None:
        ticket.scored = self._batch.score(ticket.prompts[0], ticket.config.log_probabilities)
        del self._writers[ticket]
        ticket.end()

    def _step(self, waited: bool) -> list[Ticket]:
        pieces = self._batch.step(set(self._shares.turn(self._owners)))
        self._shares.end_step()
        now = time.monotonic()
        news = {}
        for writer, piece in pieces:
            ticket, number = self._owners[writer]
            if ticket.first is None:
                self._figures.first_token.observe(now - ticket.came)
            if ticket.put(number, piece, now, beside=len(pieces)):
                news[ticket] = True
            if piece.stop and self._finish(writer, piece):
                news[ticket] = True
        for ticket in [ticket for ticket in self._writers if ticket.unread(now) > self._pause_seconds]:
            self._pause(ticket)
            news[ticket] = True  # whoever reads it from here on sees that it is paused
        self._figures.step(len(pieces), len(pieces), waited)
        return list(news)

    def _finish(self, writer: Writer, piece: Piece) -> bool:
        """A text has ended; whether its request has."""
        ticket, _ = self._owners[writer]
        self._figures.texts(piece.stop).inc()
        self._forget(ticket, writer)
        if self._writers[ticket]:
            return False
        del self._writers[ticket]
        self._ends.add()
        ticket.end()
        return True

    def _pause(self, ticket: Ticket) -> None:
        """Its client does not read: others shall have its places."""
        ticket.paused = True
        writers = self._writers.pop(ticket)
        self._paused[ticket] = {writer: self._owners.pop(writer)[1] for writer in writers}
        for writer in writers:
            self._batch.pause(writer)
        self._figures.texts_paused.inc(len(writers))

    def _resume(self, ticket: Ticket) -> None:
        if not ticket.paused or ticket.ended:
            return
        ticket.paused = False
        self._take_back(ticket)
        for writer in self._writers[ticket]:
            self._batch.resume(writer)

    def _take_back(self, ticket: Ticket) -> None:
        """Of a paused request all texts as those of one that runs; of another nothing."""
        if texts := self._paused.pop(ticket, None):
            self._writers[ticket] = list(texts)
            self._owners |= {writer: (ticket, number) for writer, number in texts.items()}
            self._figures.texts_paused.dec(len(texts))

    def _forget(self, ticket: Ticket, writer: Writer) -> None:
        del self._owners[writer]
        self._writers[ticket].remove(writer)
        ticket.completion_tokens += len(writer.ids)
        self._running[ticket.client] -= 1
        if not self._running[ticket.client]:
            del self._running[ticket.client]

    def _leave(self, ticket: Ticket, reason: str) -> None:
        """Give back all places of a request."""
        self._take_back(ticket)
        for writer in list(self._writers.get(ticket, ())):
            self._batch.cancel(writer)
            self._forget(ticket, writer)
            self._figures.texts(reason).inc()
        self._writers.pop(ticket, None)
        ticket.end(ticket.error)

    def _cut(self, ticket: Ticket) -> None:
        self._take_back(ticket)
        for writer in self._writers[ticket]:
            ticket.cut_text(self._owners[writer][1], writer.sample)
        self._leave(ticket, "deadline")

    def _end_all(self, error: ApiError) -> list[Ticket]:
        with self._changed:
            waiting, running = list(self._queue), [*self._writers, *self._paused]
            for ticket in waiting:
                self._queue.remove(ticket)
        for ticket in waiting + running:
            ticket.error = error
            self._leave(ticket, "refused")
        return waiting + running

    def _fail(self) -> list[Ticket]:
        """The engine failed: end what it was writing, tell of it, and begin anew with an empty batch."""
        self.failures += 1
        self.on_failure()
        running = list(self._writers)
        for ticket in running:
            ticket.error = engine_failed()
            self._leave(ticket, "failed")
        self._batch.close()
        self._batch = Batch(self.engine, self.tokenizer)
        return running

    def on_failure(self) -> None:
        """Called in an except block; the server logs there what happened."""
