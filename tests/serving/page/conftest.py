"""A Chromium for the tests of the page, and a small server with models and runs for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from fake_engine import FakeEngine
from serving.page_browser import CITATIONS, FAILS, MARKUP, OpenPage, letters, playwright, write_run
from serving.page_server import PageServer, Recited, Served
from tiny import tiny_tokenizer

from slm.errors import MissingExtra
from slm.export.browser import ARGUMENTS, chromium_path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One Chromium for the tests of a file: Playwright keeps a loop in this thread, which others must not find."""
    try:
        path = chromium_path()
    except MissingExtra as error:
        pytest.skip(f"the program chromium is missing: {error}")
    with playwright.sync_playwright() as driver:
        root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS), chromium_sandbox=not root)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """A server with a quick model, a slow one, one that answers and one that answers with sources; and two runs."""
    runs = tmp_path_factory.mktemp("site") / "runs"
    write_run(runs, "quick")
    (write_run(runs, MARKUP.replace("/", "")) / "report.html").write_text("<h1>The report</h1>")
    models = [
        letters("stories"), letters("slow", pace=0.02), letters("medical", answers=True),
        Served("bytes", FakeEngine(slots=64, context=2048), tiny_tokenizer()),
        Recited("cited", ["Rest", " and ", MARKUP], answers=True, citations=CITATIONS),
    ]  # fmt: skip
    server = PageServer(models, runs).start()
    yield server
    server.stop()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """open_page(server, view) gives a page in a window of its own; whatever it complains of, or asks of others, fails
    the test. `fails`: the server goes away or refuses, and the browser may say so. `clock`: the test may turn the
    page's clock on."""
    windows, complaints = [], []

    def opened(server: PageServer, view: str = "", fails: bool = False, clock: bool = False, **options: Any) -> Any:
        window = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        windows.append(window)
        window.on("weberror", lambda error: complaints.append(f"error: {error.error}"))
        window.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        window.on("console", lambda message: heard(message, fails))
        window.on("request", lambda request: asked(request.url, server))
        if clock:
            window.clock.install()
        page = window.new_page()
        page.goto(server.url + view)
        return page

    def heard(message: Any, fails: bool) -> None:
        if message.type in ("error", "warning") and not (fails and FAILS.search(message.text)):
            complaints.append(f"{message.type}: {message.text}")

    def asked(url: str, server: PageServer) -> None:
        if not url.startswith((server.url, "blob:")):
            complaints.append(f"asked for {url}")

    yield opened
    for window in windows:
        window.close()
    assert not complaints, complaints
