"""A running server: the socket, uvicorn with our bounds, signals, and an end that waits for what is being written."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from slm.errors import ConfigError
from slm.serving.api_keys import MAKE_ONE
from slm.serving.app import create_app
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.guarded_protocol import TOGETHER, guarded, limit_buffers, look_around
from slm.serving.limits import Limits
from slm.serving.models import Models
from slm.serving.security import Rules
from slm.serving.service import Service
from slm.serving.sources import Sources

SPARE_FILES = 100  # beside connections: models, logs, the page
BACKLOG = 2048  # connections that the system holds for us until they are accepted
ACCEPTS = 16  # connections in a round of uvloop's, which takes one of each socket: else others wait behind a crowd
ON_UVLOOP = importlib.util.find_spec("uvloop") is not None  # asyncio's own loop takes TOGETHER of one socket
LAST_WORDS = 2  # seconds that connections have after the last text
TICK = 0.05


@dataclass(frozen=True)
class Settings:
    """Where and how a server is reached."""

    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    runs: Path = Path("runs")
    log: EventLog = field(default_factory=EventLog)
    sources: Sources | None = None


def open_socket(host: str, port: int, keys: bool) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises ConfigError where that cannot be, or would let in everyone."""
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port expects 0 to 65535, got {port}")
    if not keys and not _is_loopback(host):
        raise ConfigError(
            f"{host} can be reached from other machines: give --api-keys FILE, or leave out --host. A file with a key: "
            f"{MAKE_ONE}"
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        limit_buffers(bound)  # connections inherit it
        bound.bind(address)
    except OSError as error:
        raise ConfigError(
            f"{host}:{port} cannot be listened on ({error.strerror or error}); choose another --port or --host"
        ) from None
    return bound


def address_of(bound: socket.socket) -> str:
    """http://127.0.0.1:8000"""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn's, but for signals: on the first, new requests get 503 and what is being written ends in its own time."""

    def __init__(self, models: Models, settings: Settings, figures: Figures, started: Callable[[], None]):
        self.service = Service(models, settings.limits, figures, settings.log, settings.sources)
        self.settings, self._tell_started = settings, started
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        limits = settings.limits
        raise_file_limit(limits.connections + SPARE_FILES)
        self.app = create_app(self.service, settings.rules, settings.runs)
        config = uvicorn.Config(
            self.app, http=guarded(limits, figures, settings.log, settings.rules.proxies),
            ws="none", loop="auto", lifespan="on", log_config=None, log_level="critical", access_log=False,
            server_header=False, proxy_headers=False, timeout_keep_alive=int(limits.keep_alive_seconds) + 1,
            timeout_graceful_shutdown=LAST_WORDS, backlog=TOGETHER,
        )  # fmt: skip
        super().__init__(config)

    def stop_soon(self) -> None:
        """Drain, then exit; the second time, exit now."""
        if self._stopping:
            self.should_exit = True
        else:
            self._stopping = True
            self._tasks.append(asyncio.get_running_loop().create_task(self._drain()))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # uvicorn's is how many are accepted at once, too
        loop = asyncio.get_running_loop()
        self._tasks.append(loop.create_task(look_around(self.server_state.connections)))
        for number in (signal.SIGINT, signal.SIGTERM):
            self._on_signal(loop, number)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in self._tasks:
            task.cancel()
        self.service.loader.close()
        await asyncio.get_running_loop().run_in_executor(None, self.service.end)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's would end the process by the signal that it got, in place of exit code 0."""
        yield

    def _on_signal(self, loop: asyncio.AbstractEventLoop, number: int) -> None:
        try:
            loop.add_signal_handler(number, self.stop_soon)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.stop_soon))
        except (ValueError, RuntimeError):
            pass  # not in the main thread: whoever started us stops us

    async def _drain(self) -> None:
        self.settings.log.write("draining", queued=self.service.queued)
        self.service.drain()
        ticks = int(self.settings.limits.drain_seconds / TICK)
        for _ in range(ticks):
            if not self.service.busy:
                break
            await asyncio.sleep(TICK)
        self.should_exit = True


def serve(
    models: Models, bound: socket.socket, settings: Settings, figures: Figures,
    started: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Serve until SIGTERM or Ctrl-C. `started` is called when requests are taken."""
    with bound:
        sockets = [bound, *(bound.dup() for _ in range(ACCEPTS - 1 if ON_UVLOOP else 0))]
        Server(models, settings, figures, started).run(sockets=sockets)


def raise_file_limit(wanted: int) -> None:
    """Let the process open so many files, as far as the system allows."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _is_loopback(host: str) -> bool:
    """Of names only localhost counts: what others stand for may change."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
