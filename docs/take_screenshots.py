"""Take the pictures of the page in docs/page/: each view in light and in dark, 1200 wide.

    python docs/take_screenshots.py STORY_MODEL ANSWER_MODEL RUNS
    python docs/take_screenshots.py --sources URL "How often do I have to oil the chain?"

Needs the extras `serve` and `export` and the program chromium. The models are served in 8 bits, the first one in 4 bits
too; RUNS is a folder of runs. URL is a server with an index of bench/small_folders/bicycle (`slm serve --index`) and no
model that answers: its answer to the question is taken alone.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from serving.page_server import PageServer, Served  # noqa: E402

from slm.data.prompt_format import PromptFormat  # noqa: E402
from slm.export.browser import ARGUMENTS, chromium_path  # noqa: E402
from slm.generation.engine_cache import cached_graph  # noqa: E402
from slm.generation.engines import open_engine  # noqa: E402
from slm.model_folder import WEIGHTS, open_model_folder, read_json  # noqa: E402

FOLDER = ROOT / "docs" / "page"
SIZE = {"width": 1200, "height": 860}
COLOURS = 64
SECONDS = 60
PACE = 0.004


def served(name: str, path: Path, bits: int) -> Served:
    folder = open_model_folder(path)
    engine = open_engine(folder, "onnx", bits)
    graph = cached_graph(folder, bits)
    facts = {
        "bits": bits, "size_bytes": graph.stat().st_size, "parameters": (folder.path / WEIGHTS).stat().st_size // 4,
        "context": read_json(folder.path / "config.json")["n_positions"],
    }  # fmt: skip
    answers = folder.prompt_format is not None
    return Served(name, engine, folder.tokenizer, answers, PACE, facts, folder.prompt_format or PromptFormat())


def write(page: Any) -> None:
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("tokens")
    page.locator(".story .token").nth(14).hover()
    expect(page.locator(".likely")).to_be_visible()


def write_several(page: Any) -> None:
    page.fill("#samples", "2")
    page.fill("#length", "110")
    page.check("#surprise")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("tokens")


def ask(page: Any) -> None:
    page.get_by_role("button", name="What helps against a headache?").click()
    page.click("#ask-start")
    expect(page.locator("#ask-status")).to_contain_text("tokens")


def compare(page: Any) -> None:
    page.locator(".side select").last.select_option("stories-4bit")
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")


def runs(page: Any) -> None:
    expect(page.locator(".plot svg")).to_be_visible()


VIEWS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "write": ("#write", write), "several": ("#write", write_several), "ask": ("#ask", ask),
    "compare": ("#compare", compare), "runs": ("#runs", runs), "empty": ("#write", lambda page: None),
}  # fmt: skip


def take(page: Any, path: Path) -> None:
    """A picture of what is seen, in few colours: small, and sharp as text has to be."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def launched(driver: Any) -> Any:
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
    return driver.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS), chromium_sandbox=not root)


def sources(url: str, question: str) -> None:
    with sync_playwright() as driver:
        browser = launched(driver)
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce").new_page()
            page.goto(f"{url}#ask")
            page.fill("#question", question)
            page.click("#ask-start")
            expect(page.locator("#ask-status")).to_contain_text("Looked up")
            take(page, FOLDER / f"sources-{scheme}.png")
        browser.close()


def main(story: str, answer: str, run_folders: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=SECONDS * 1000)
    stories, medical = Path(story), Path(answer)
    models = [served("stories", stories, 8), served("stories-4bit", stories, 4), served("medical", medical, 8)]
    server = PageServer(models, Path(run_folders)).start()
    with sync_playwright() as driver:
        browser = launched(driver)
        for scheme in ("light", "dark"):
            for name, (view, act) in VIEWS.items():
                page = browser.new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce").new_page()
                page.goto(server.url + view)
                expect(page.locator("#write-model option")).to_have_count(len(models))
                act(page)
                take(page, FOLDER / f"{name}-{scheme}.png")
                page.context.close()
        browser.close()
    server.stop()


if __name__ == "__main__":
    sources(*sys.argv[2:]) if sys.argv[1] == "--sources" else main(*sys.argv[1:])
