"""A Chromium for the tests of the page, and small servers for it. Fixtures, to be imported by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from run_folders import evaluation, event, run_record, step
from tiny import tiny_tokenizer

for package in ("fastapi", "uvicorn"):
    pytest.importorskip(package, reason=f"the package {package} comes with the extra 'serve'")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright comes with the extra 'export'")

from serving.page_server import Letters, PageServer, Recited, Served  # noqa: E402

from slm.errors import MissingExtra  # noqa: E402
from slm.export.browser import ARGUMENTS, chromium_path  # noqa: E402

OpenPage = Callable[..., Any]
expect = playwright.expect
expect.set_options(timeout=15_000)

MARKUP = "<b>bold</b>"
CITATIONS = [{"title": "A leaflet", "text": "Colds pass."}, "plain words"]
FAILS = re.compile(
    r"status of 4\d\d|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET|ERR_EMPTY_RESPONSE"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One Chromium for all tests here."""
    try:
        path = chromium_path()
    except MissingExtra as error:
        pytest.skip(f"the program chromium is missing: {error}")
    with playwright.sync_playwright() as driver:
        root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS), chromium_sandbox=not root)
        yield browser
        browser.close()


def write_run(runs: Path, name: str, count: int = 20, **values: Any) -> Path:
    folder = runs / name
    (folder / "samples").mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run_record("recorded", "pretraining") | values))
    lines = [step(number) for number in range(1, count + 1)]
    append(folder, *lines, evaluation(count, 2.25), event(count, "resumed", "from step 10"))
    write_samples(folder, count, " a cat sat.")
    return folder


def append(folder: Path, *lines: dict[str, Any]) -> None:
    with open(folder / "metrics.jsonl", "a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def write_samples(folder: Path, number: int, text: str) -> None:
    items = [{"prompt": "Once", "text": text, "stop": "end"}]
    (folder / "samples" / f"step-{number:06d}.json").write_text(json.dumps({"step": number, "items": items}))


def letters(name: str, **values: Any) -> Served:
    return Served(name, Letters(), tiny_tokenizer(), **values)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """A server with a quick model, a slow one, one that answers and one that answers with sources; and two runs."""
    runs = tmp_path_factory.mktemp("site") / "runs"
    write_run(runs, "quick")
    (write_run(runs, MARKUP.replace("/", "")) / "report.html").write_text("<h1>The report</h1>")
    models = [
        letters("stories"), letters("slow", pace=0.02), letters("medical", answers=True),
        Recited("cited", ["Rest", " and ", MARKUP], answers=True, citations=CITATIONS),
    ]  # fmt: skip
    server = PageServer(models, runs).start()
    yield server
    server.stop()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """open_page(server, view) gives a page in a window of its own; whatever it complains of, or asks of others, fails
    the test. `fails`: the server goes away or refuses, and the browser may say so."""
    windows, complaints = [], []

    def opened(server: PageServer, view: str = "", fails: bool = False, **options: Any) -> Any:
        window = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        windows.append(window)
        window.on("weberror", lambda error: complaints.append(f"error: {error.error}"))
        window.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        window.on("console", lambda message: heard(message, fails))
        window.on("request", lambda request: asked(request.url, server))
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


def fits(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
