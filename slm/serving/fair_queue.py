"""Requests that wait for a place: bounded, and fair between clients. Not for several threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Protocol


class Waiting(Protocol):
    """What the queue needs to know of a request."""

    client: str
    deadline: float


class Full(Exception):
    """There is no place in the queue: for anyone, or for this client."""


class FairQueue:
    """At most `limit` requests, and at most half of them (one at least) of one client."""

    def __init__(self, limit: int):
        self.limit, self.of_one = limit, max(1, limit // 2)
        self._lines: dict[str, deque[Waiting]] = {}  # one a client, those who were served longest ago first

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Waiting]:
        return (request for line in self._lines.values() for request in line)

    def full_for(self, client: str) -> bool:
        return len(self) >= self.limit or len(self._lines.get(client, ())) >= self.of_one

    def put(self, request: Waiting) -> None:
        """Raises Full."""
        if self.full_for(request.client):
            raise Full
        self._lines.setdefault(request.client, deque()).append(request)

    def next(self, running: Mapping[str, int]) -> Waiting:
        """Whose turn it is: of the client with the fewest texts `running`, of equal ones who was served longest ago."""
        return self._lines[min(self._lines, key=lambda client: running.get(client, 0))][0]  # the first of equal ones

    def take(self, running: Mapping[str, int]) -> Waiting:
        """The next one; its client stands behind the others."""
        request = self.next(running)
        line = self._lines.pop(request.client)
        line.popleft()
        if line:
            self._lines[request.client] = line
        return request

    def remove(self, request: Waiting) -> bool:
        """Whether it was there."""
        line = self._lines.get(request.client, ())
        if request not in line:
            return False
        line.remove(request)
        if not line:
            del self._lines[request.client]
        return True
