"""A page written by `write_web`, opened in headless Chromium: what it computes, what it asks for, what it complains of.

The page is served on loopback by a thread of this process. Playwright (the extra `export`) drives the Chromium that
is installed on the machine; nothing is downloaded.
"""

from __future__ import annotations

import base64
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from slm.errors import MissingExtra, ModelError, import_extra

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOAD_SECONDS = 120
BYTES_AT_ONCE = 4 * 2**20  # of logits, on their way out of the browser

# Bytes leave the browser as text, in pieces that a call can have as arguments.
LOGITS = """async ([ids, first]) => {
  const bytes = new Uint8Array((await slm.logits(ids, first)).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""


class Browser:
    """An exported folder in a Chromium of its own, from `with` to its end.

    `page` is Playwright's, `name` tells the versions, `context` and `vocabulary` are the model's. `requests` holds
    every address that was asked for, `console_errors` what the page complained of. Entering raises MissingExtra
    without Playwright or Chromium, ModelError with what the page shows if the model cannot be loaded. One at a time in
    a thread: Playwright allows no more.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.requests: list[str] = []
        self.console_errors: list[str] = []
        self.name, self.context, self.vocabulary = "", 0, 0
        self.url = ""
        self._left: list[str] = []  # addresses of folders that were open before
        self._server: http.server.ThreadingHTTPServer | None = None
        self._closing: list[Callable[[], Any]] = [self.stop_serving]

    def __enter__(self) -> Browser:
        try:
            self._start()
            self.open(self.folder)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, folder: Path) -> None:
        """Serve another folder, at an address of its own, and load its page. Raises ModelError with what that shows."""
        self.folder = Path(folder)
        if self.url:
            self._left.append(self.url)
            self.page.goto("about:blank")
        self.stop_serving()
        self.url = self._serve()
        self.load()

    def load(self) -> None:
        """Load the page, again too, and wait for its model. Raises ModelError with what the page shows instead."""
        self.page.goto(self.url, timeout=LOAD_SECONDS * 1000)
        error = self._ask("() => slm.ready.then(() => null, (error) => error.message)")
        if error:
            raise ModelError(f"{self.folder}: its page cannot load the model in {self._program}: {error}")
        description = self._ask("() => slm.describe()")
        self.context, self.vocabulary = description["config"]["block_size"], description["config"]["vocab_size"]
        self.name = f"page of slm {description['slm']}, {description['bits']} bits, in {self._program}"

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The page's token ids of each text."""
        return self._ask("(texts) => slm.encode(texts)", list(texts))

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """The logits (T, vocabulary), float32, after each of T tokens."""
        rows = max(1, BYTES_AT_ONCE // (4 * self.vocabulary))
        ids = [int(token) for token in ids]
        texts = [self._ask(LOGITS, [ids[: first + rows], first]) for first in range(0, len(ids), rows)]
        parts = [np.frombuffer(base64.b64decode(text), "<f4") for text in texts]
        return np.concatenate(parts).reshape(len(ids), self.vocabulary)

    def greedy(self, ids: Sequence[int], new: int) -> list[int]:
        """The likeliest tokens after `ids`: `new` at most, less where the model ends or its context does."""
        return self._ask("([ids, count]) => slm.greedy(ids, count)", [[int(token) for token in ids], new])

    def wait_until_kept(self) -> None:
        """Wait until the page opens without its host."""
        self._ask("() => slm.offline")

    def stop_serving(self) -> None:
        """From now on the host does not answer."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def close(self) -> None:
        while self._closing:
            self._closing.pop()()

    def _start(self) -> None:
        """An empty page in a Chromium with a profile that is new."""
        playwright = import_extra("playwright.sync_api", "export", "opening a page in Chromium")
        path = chromium_path()
        driver = playwright.sync_playwright().start()
        self._closing.append(driver.stop)
        root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
        try:
            chromium = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS), chromium_sandbox=not root)
        except playwright.Error as error:
            raise ModelError(f"{path} does not start ({str(error).splitlines()[0]}); try it by hand") from None
        self._closing.append(chromium.close)
        self._program = f"Chromium {chromium.version}"
        window = chromium.new_context()
        window.on("request", lambda request: self.requests.append(request.url))
        window.on("console", self._heard)
        window.on("weberror", lambda error: self.console_errors.append(str(error.error)))
        self.page = window.new_page()

    def _ask(self, function: str, values: Any = None) -> Any:
        return self.page.evaluate(function, values)

    def _serve(self) -> str:
        handler = functools.partial(_Quiet, directory=str(self.folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/"

    def _heard(self, message: Any) -> None:
        # A service worker may still fetch from the folder that was left, whose host has stopped.
        if message.type == "error" and not message.location["url"].startswith(tuple(self._left)):
            self.console_errors.append(message.text)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *values: Any) -> None:
        pass


def chromium_path() -> str:
    """The Chromium of this machine. Raises MissingExtra where there is none."""
    for name in CHROMIUM:
        if path := shutil.which(name):
            return path
    raise MissingExtra(
        f"opening a page in Chromium needs the program chromium, found none of {', '.join(CHROMIUM)}: "
        "apt-get install chromium"
    )
