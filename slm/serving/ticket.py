"""One request on its way through the scheduler: what is to be written, and what has been written of it so far.

The scheduler's thread puts pieces in, the event loop takes them out.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from slm.generation.batch import LENGTH, Drawn, GenerationConfig, Piece
from slm.serving.refusals import ApiError

EVENT_SECONDS, LONGEST_EVENT_SECONDS = 0.04, 0.16  # the first token is told at once, then at most so often
TELLING_SECONDS = 0.006  # and beside others less often: each telling costs the engine up to 0.4 ms of both cores


@dataclass(eq=False)
class Ticket:
    """`samples` texts for each of the prompts. Text number p * samples + n is sample n of prompt p."""

    client: str
    prompts: Sequence[Sequence[int]]
    config: GenerationConfig
    samples: int
    deadline: float
    """By time.monotonic."""
    streams: bool = True
    """Whether pieces are wanted as they come, or only when all is written."""
    writes: bool = True
    """Whether texts are wanted at all, or only what the model gives the tokens of the one prompt: `scored`."""
    scored: Sequence[Drawn] = ()
    came: float = field(default_factory=time.monotonic)
    first: float | None = None
    """When its first token came."""
    completion_tokens: int = 0
    cut: bool = False
    """Whether the deadline ended it."""
    error: ApiError | None = None
    ended: bool = False
    paused: bool = False
    """Whether nothing more is written until the client has read what there is."""

    def __post_init__(self) -> None:
        self.event = asyncio.Event()
        self._pieces: deque[tuple[int, Piece]] = deque()
        self._next_telling = 0.0
        self._told: float | None = None  # when the reader was told of the oldest of the pieces

    @property
    def texts(self) -> int:
        return len(self.prompts) * self.samples

    @property
    def prompt_tokens(self) -> int:
        return sum(map(len, self.prompts))

    @property
    def cost(self) -> int:
        """Tokens that it takes at most."""
        return self.prompt_tokens + self.writes * self.texts * self.config.max_new_tokens

    def put(self, number: int, piece: Piece, now: float, beside: int = 0) -> bool:
        """One more piece of a text, written beside so many others; whether the reader should be told now."""
        self.first = self.first or now
        self._pieces.append((number, piece))
        if not self.streams or now < self._next_telling:
            return False
        self._next_telling = now + min(max(EVENT_SECONDS, beside * TELLING_SECONDS), LONGEST_EVENT_SECONDS)
        self._told = self._told or now
        return True

    def unread(self, now: float) -> float:
        """For how many seconds a reader has not taken what it was told of."""
        told = self._told
        return 0.0 if told is None else now - told

    def cut_text(self, number: int, sample: int) -> None:
        """End a text at the deadline, with what has come of it."""
        self.cut = True
        self._pieces.append((number, Piece(sample, "", LENGTH)))

    def end(self, error: ApiError | None = None) -> None:
        self.error, self.ended = error, True

    async def told(self) -> AsyncIterator[list[tuple[int, Piece]]]:
        """What has come since the last time, whenever something has, until all is written. Raises ApiError."""
        while True:
            await self.event.wait()
            self.event.clear()
            self._told = None
            ended = self.ended  # before the pieces are taken: none comes after it
            pieces = [self._pieces.popleft() for _ in range(len(self._pieces))]
            if self.error is not None:
                raise self.error
            if pieces or self.paused:  # whoever asks for more has read
                yield pieces
            if ended:
                return


def tell(tickets: Sequence[Ticket]) -> None:
    """In the event loop: wake the readers."""
    for ticket in tickets:
        ticket.event.set()
