"""Real servers on loopback, in a thread of the test's own process: a story model and a tuned one, both tiny."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slm.data.prompt_format import PromptFormat
from slm.model_folder import ModelFolder, open_model_folder
from slm.serving.event_log import EventLog
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.models import Models, open_served
from slm.serving.security import Rules
from slm.serving.server import Server, Settings, address_of, open_socket

PATIENCE = 60.0  # seconds after which a test that waits has failed
USUAL, EVERYONE = Limits(), Rules()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]


@dataclass
class Running:
    """A server that answers at `url`; `log` is what it has told."""

    url: str
    server: Server
    lines: io.StringIO

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ask(self, path: str, content: Any = None, method: str = "", **headers: str) -> Answer:
        """POST `content` as JSON, or as it is where it is bytes; GET without."""
        data = content if isinstance(content, bytes | None) else json.dumps(content).encode()
        sent = {"Content-Type": "application/json"} | headers
        request = urllib.request.Request(self.url + path, data, sent, method=method or ("POST" if data else "GET"))
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def events(self, path: str, content: dict[str, Any]) -> list[Any]:
        """The data of all events of a stream, '[DONE]' left out."""
        answer = self.ask(path, content | {"stream": True})
        assert answer.status == 200 and answer.body.endswith(b"data: [DONE]\n\n"), answer
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in answer.body.split(b"\n\n")[:-2]]

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def figure(self, name: str) -> float:
        """A figure by its name with labels, as /metrics writes it; 0 where it is not there."""
        for line in self.server.service.figures.text().decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return connection

    def stop(self) -> None:
        self.server.config.loop_of_tests.call_soon_threadsafe(self.server.stop_soon)  # type: ignore[attr-defined]


def wait_for(condition: Callable[[], bool]) -> None:
    """Until `condition` holds; the test fails if that is never."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "what the test waits for never came"
        time.sleep(0.005)


@contextlib.contextmanager
def running(
    models: Models, figures: Figures, limits: Limits = USUAL, rules: Rules = EVERYONE, runs: Path = Path("runs"),
    sources: Any = None,
) -> Iterator[Running]:
    bound, lines, started = open_socket("127.0.0.1", 0, keys=True), io.StringIO(), threading.Event()
    server = Server(models, Settings(rules, limits, runs, EventLog(lines), sources), figures, started.set)

    async def main() -> None:
        server.config.loop_of_tests = asyncio.get_running_loop()  # type: ignore[attr-defined]
        await server.serve(sockets=[bound])

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="server")
    thread.start()
    assert started.wait(PATIENCE)
    made = Running(address_of(bound), server, lines)
    try:
        yield made
    finally:
        with contextlib.suppress(RuntimeError):  # it has stopped already
            made.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelFolder]:
    """'stories', 'answers' and 'reasons': tiny models."""
    from tiny import tiny_model, tiny_tokenizer

    from slm.checkpoint import save_model

    made, root = {}, tmp_path_factory.mktemp("models")
    formats = {"stories": None, "answers": PromptFormat(), "reasons": PromptFormat(reasoning=True)}
    for number, (name, prompt_format) in enumerate(formats.items()):
        model = tiny_model(number, block_size=128)
        save_model(root / name, model, tiny_tokenizer(), record={"run": name}, prompt_format=prompt_format)
        made[name] = open_model_folder(root / name)
    return made


def opened(folders: dict[str, ModelFolder], figures: Figures, limits: Limits = USUAL, slots: int = 8) -> Models:
    return Models(
        [
            open_served(name, folder, "onnx", 32, 1, slots, limits, figures, lambda text: None)
            for name, folder in folders.items()
        ]
    )


@pytest.fixture(scope="module")
def server(folders: dict[str, ModelFolder]) -> Iterator[Running]:
    """One that a module's tests share."""
    figures = Figures()
    with running(opened(folders, figures), figures) as made:
        yield made
