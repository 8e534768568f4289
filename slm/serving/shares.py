"""Which texts get a token in the next step: fair between clients, however many texts each of them has."""

from __future__ import annotations

import bisect
import itertools
import time
from collections.abc import Sequence

from slm.generation.batch import Writer
from slm.serving.ticket import Ticket

MODEST = 4  # texts that every client gets a token for in every step, however few others have
LONG_TURN = 16  # tokens that a longer text has in a row: the engine moves what it holds of those whose turn it is
PROMPT_TOKENS = 32  # of one client's prompts that are worked through in one step, while others wait
REST = 2  # times as long as a step with prompts took, for others, before there are more of a client with many texts
LATELY_SECONDS = 1.0  # between two texts of a client who asks again and again


class Shares:
    """Texts of one client all have a token in every step. Of several clients each has as many as the one with the
    fewest texts, or MODEST, in turns: who has many shall not slow down who has few. Not for several threads."""

    def __init__(self) -> None:
        self._lately: dict[str, float] = {}  # when each client had texts
        self._began = 0.0
        self._prompted: set[str] = set()  # whose prompts this step works through
        self._rests: dict[str, float] = {}  # until when there are none of each client

    def turn(self, owners: dict[Writer, tuple[Ticket, int]]) -> list[Writer]:
        """Whose turn it is of all texts; those who have had it go behind the others in `owners`."""
        now = self._began = time.monotonic()
        self._lately = {client: seen for client, seen in self._lately.items() if now - seen < LATELY_SECONDS}
        self._rests = {client: until for client, until in self._rests.items() if now < until}
        texts: dict[str, list[Writer]] = {client: [] for client in self._lately}
        for writer, (ticket, _) in owners.items():
            texts.setdefault(ticket.client, []).append(writer)
            self._lately[ticket.client] = now
        if len(texts) <= 1:
            return list(owners)
        most = max(MODEST, min(map(len, texts.values())))
        turn = [
            writer
            for client, its in texts.items()
            for writer in _first(its, most, prompts=len(its) <= most or client not in self._rests)
        ] or list(owners)[:1]
        self._prompted = {owners[writer][0].client for writer in turn if len(writer.pending) > 1}
        for writer in turn:
            if len(writer.ids) < LONG_TURN or len(writer.ids) % LONG_TURN == 0:
                owners[writer] = owners.pop(writer)
        return turn

    def others_than(self, client: str) -> bool:
        """Whether others have, or had lately, texts."""
        now = time.monotonic()
        return any(each != client and now - seen < LATELY_SECONDS for each, seen in self._lately.items())

    def end_step(self) -> None:
        """The step is done: those whose prompts made it long shall rest."""
        now = time.monotonic()
        self._rests |= dict.fromkeys(self._prompted, now + REST * (now - self._began))
        self._prompted = set()


def _first(writers: Sequence[Writer], most: int, prompts: bool) -> Sequence[Writer]:
    """The first `most` of them; fewer, one at least, where they bring more than PROMPT_TOKENS; those with a prompt to
    be worked through only with `prompts`."""
    those = [writer for writer in writers if prompts or len(writer.pending) == 1][:most]
    tokens = list(itertools.accumulate(len(writer.pending) for writer in those))
    return those[: max(1, bisect.bisect_right(tokens, PROMPT_TOKENS))]
