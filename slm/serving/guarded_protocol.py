"""uvicorn's HTTP protocol with the bounds that it lacks: bytes and time of headers, time of bodies, time that a client
leaves our answer unread, connections. (uvicorn keeps half-open connections for ever, and takes headers of any size.)
What comes at once is worked on in turns.

Looks around all connections find the slow ones; there are no timers for each.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.pace import Pace
from slm.serving.proxies import Network, is_trusted
from slm.serving.refusals import LONGEST_RETRY, ApiError
from slm.serving.turns import LONGEST_LINE, Turns

if sys.platform == "linux":
    import fcntl

PIPELINED = 4  # requests that may wait on one connection
LOOK_SECONDS = 0.5
TOGETHER = 20  # connections that are accepted, or looked at, before others have their turn in the event loop
SEND_BUFFER = 32 * 2**10  # bytes
EVENT_BYTES = 1024  # of a stream, that may wait for a client; with fewer each event would wait for the one before it
UNSENT = 1  # byte that waits for a client to have room; with so many the system takes no more of us
RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # what a socket lingers: it does, for no time
SIOCOUTQNSD = 0x894B  # of Linux, tcp(7)'s relative: bytes that have not been sent yet
HEADERS, BODY, ANSWER, IDLE = "headers", "body", "answer", "idle"
CROWD_SECONDS = 2.0  # in which those who are refused together come


def guarded(
    limits: Limits, figures: Figures, log: EventLog, proxies: Sequence[Network] = ()
) -> type[HttpToolsProtocol]:
    """The protocol class of a server with these bounds, behind these proxies."""
    values = {"limits": limits, "figures": figures, "log": log, "proxies": proxies}
    return type("Guarded", (GuardedProtocol,), values | {"turns": Turns(), "crowd": Pace(CROWD_SECONDS)})


class GuardedProtocol(HttpToolsProtocol):
    limits: Limits
    figures: Figures
    log: EventLog
    proxies: Sequence[Network]
    turns: Turns
    crowd: Pace
    """Of those who were refused since too many came at once."""

    def __init__(self, *arguments: Any, **more: Any):
        super().__init__(*arguments, **more)
        self.phase, self.since = HEADERS, time.monotonic()
        self._header_bytes = 0
        self._in_line = 0  # pieces of data that wait for their turn
        self._unread_since: float | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._socket = transport.get_extra_info("socket")
        self._in_turn_as = self.client[0] if self.client else ""
        if is_trusted(self._in_turn_as, self.proxies):  # behind which there are many: each connection is somebody else
            self._in_turn_as += f" {self.client[1]}"
        transport.set_write_buffer_limits(high=EVENT_BYTES)  # whoever streams waits until the client has room
        self.figures.connections.set(len(self.connections))
        if len(self.connections) > self.limits.connections:
            self._refuse(ApiError(503, "too_many_connections", "too many connections are open", retry_after=5))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.figures.connections.set(len(self.connections))

    def data_received(self, data: bytes) -> None:
        self._in_line += 1
        if self._in_line > 1:
            self.transport.pause_reading()
        self.turns.add(self._in_turn_as, lambda: self._work_on(data), self._refuse_crowd)

    def _work_on(self, data: bytes) -> None:
        self._in_line -= 1
        if self.transport.is_closing():
            return
        if not (self._in_line or self.flow.read_paused):
            self.transport.resume_reading()
        if self.phase == IDLE:
            self._enter(HEADERS)
        if self.phase == HEADERS:
            self._header_bytes += len(data)
        super().data_received(data)
        # Bytes behind the end of the headers, in the same packet, are the body's.
        if self.phase == HEADERS and self._header_bytes > self.limits.header_bytes:
            self._refuse_headers()

    def on_headers_complete(self) -> None:
        url_and_headers = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        super().on_headers_complete()
        self._enter(BODY, self.since if self.phase == HEADERS else None)  # both together have a bound, too
        if url_and_headers > self.limits.header_bytes:
            self._refuse_headers()
        elif len(self.pipeline) > PIPELINED:
            self.cut("pipeline")

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.phase == BODY:
            self._enter(IDLE if self.cycle.response_complete else ANSWER)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.phase == ANSWER and self.cycle.response_complete:  # the last of those that came behind one another
            self._enter(IDLE)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_since = self._unread_since or time.monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_since = None  # some of it has been read

    def overdue(self, now: float) -> str:
        """What this connection takes too long for, or ''."""
        if self.transport.get_write_buffer_size():
            self._unread_since = self._unread_since or now
            return "unread" if now - self._unread_since > self.limits.stall_seconds else ""
        self._unread_since = None
        if self._in_line:
            return ""  # it is we who take long
        waits = {
            HEADERS: self.limits.header_seconds, BODY: self.limits.body_seconds, IDLE: self.limits.keep_alive_seconds,
        }  # fmt: skip
        if now - self.since <= waits.get(self.phase, float("inf")):
            return ""
        return "unread" if self.phase == IDLE and _unsent(self._socket) else self.phase

    def cut(self, reason: str) -> None:
        """End the connection at once, whatever is still to be sent."""
        if self._ended:
            return
        self._ended = True
        self.figures.cut.labels(reason).inc()
        if reason != IDLE:
            self.log.write("cut", reason=reason, address=self.client[0] if self.client else "")
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)  # else the system keeps what is unread
        self.transport.abort()

    def _enter(self, phase: str, since: float | None = None) -> None:
        self.phase, self.since, self._header_bytes = phase, since or time.monotonic(), 0

    def _refuse_headers(self) -> None:
        message = f"request line and headers may have {self.limits.header_bytes:,} bytes"
        self._refuse(ApiError(431, "headers_too_large", message))

    def _refuse_crowd(self) -> None:
        """To come again when so many others, a line a second, have: else the whole crowd comes again at once."""
        if not self.transport.is_closing():
            self._refuse(_crowd(min(1 + int(self.crowd.recent) // LONGEST_LINE, LONGEST_RETRY)))
            self.crowd.add()

    def _refuse(self, error: ApiError) -> None:
        """Answer without the application, and close."""
        self.figures.refusals.labels(error.code).inc()
        if self.cycle is not None:
            self.cycle.disconnected = True  # whatever the application answers is not sent
            self.cycle.message_event.set()
        more = "".join(f"{name.lower()}: {value}\r\n" for name, value in error.headers.items())
        head = (
            f"HTTP/1.1 {error.status} \r\ncontent-type: application/json\r\ncontent-length: {len(error.body)}\r\n"
            f"{more}\r\n"
        )
        self.transport.write(head.encode() + error.body)
        self.transport.close()


def limit_buffers(bound: socket.socket) -> None:
    """Have the system hold little for each client of a socket that listens: else it takes megabytes for one that does
    not read, and we do not see that it does not."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


async def look_around(connections: set[GuardedProtocol]) -> None:
    """Cut connections that take too long, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        those = list(connections)
        for first in range(0, len(those), TOGETHER):
            now = time.monotonic()
            for connection in those[first : first + TOGETHER]:
                if not connection.transport.is_closing() and (reason := connection.overdue(now)):
                    connection.cut(reason)
            await asyncio.sleep(0)


@functools.cache
def _crowd(seconds: int) -> ApiError:
    """Made once: it has to be cheap."""
    return ApiError(429, "crowd", "too many requests at once; try again", retry_after=seconds, closes=True)


def _unsent(line: socket.socket) -> int:
    """Bytes that the system has for a client which has no room for them; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    return int.from_bytes(fcntl.ioctl(line.fileno(), SIOCOUTQNSD, bytes(4)), sys.byteorder)
