"""What the tests of the page share: runs that it shows, models that it asks, what to expect of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from run_folders import append, evaluation, event, run_record, step, write_samples
from tiny import tiny_tokenizer

for package in ("fastapi", "uvicorn"):
    pytest.importorskip(package, reason=f"the package {package} comes with the extra 'serve'")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright comes with the extra 'export'")

from serving.page_server import Letters, Served  # noqa: E402

OpenPage = Callable[..., Any]
expect = playwright.expect
expect.set_options(timeout=15_000)

MARKUP = "<b>bold</b>"
CITATIONS = [{"title": "A leaflet", "text": "Colds pass."}, "plain words"]
FAILS = re.compile(
    r"status of 4\d\d|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET|ERR_EMPTY_RESPONSE"
)


def write_run(runs: Path, name: str, count: int = 20, **values: Any) -> Path:
    folder = runs / name
    (folder / "samples").mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run_record("recorded", "pretraining") | values))
    lines = [step(number) for number in range(1, count + 1)]
    append(folder, *lines, evaluation(count, 2.25), event(count, "resumed", "from step 10"))
    write_samples(folder, count, " a cat sat.")
    return folder


def letters(name: str, **values: Any) -> Served:
    return Served(name, Letters(), tiny_tokenizer(), **values)


def fits(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
