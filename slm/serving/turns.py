"""Whose bytes are worked on next: fair between addresses, whatever comes at once. For one event loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

EACH = 2  # pieces of work of one address in a round
LONGEST_LINE = 64  # pieces of work that wait, of one address; what comes behind them is refused
LATELY_SECONDS = 1.0
REST, REST_FROM_CROWD = 2, 16  # times as long as a round took, for others; where more waits than LONGEST_LINE


class Turns:
    """Work that waits for its turn, by address. Of each address it is done in the order in which it came; where there
    are several, what one has sent at once takes a third of the loop's time at most, a crowd a seventeenth."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Callable[[], None]]] = {}
        self._lately: dict[str, float] = {}  # when each address came

    def add(self, address: str, work: Callable[[], None], refuse: Callable[[], None]) -> None:
        """Have `work` done in its turn; or `refuse`, where the line was too long already."""
        now = time.monotonic()
        if not self._lines:
            self._lately = {each: seen for each, seen in self._lately.items() if now - seen < LATELY_SECONDS}
        self._lately[address] = now
        if address not in self._lines:
            self._lines[address] = deque()
            asyncio.get_running_loop().call_soon(self._round, address)
        line = self._lines[address]
        line.append(work if len(line) < LONGEST_LINE else refuse)

    def _round(self, address: str) -> None:
        began, line = time.monotonic(), self._lines[address]
        try:
            for _ in range(min(EACH, len(line))):
                line.popleft()()
        finally:
            if line:
                asyncio.get_running_loop().call_soon(self._rest, address, began)  # behind what that work has begun
            else:
                del self._lines[address]

    def _rest(self, address: str, began: float) -> None:
        """Let others have the loop; they have rounds of their own, and none waits for this rest."""
        rest = REST if len(self._lines[address]) < LONGEST_LINE else REST_FROM_CROWD
        seconds = rest * (time.monotonic() - began) if len(self._lately) > 1 else 0.0
        asyncio.get_running_loop().call_later(seconds, self._round, address)
