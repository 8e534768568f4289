"""The page in a real Chromium, against a small server: each view, streams that break off, hostile names and texts."""

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

from slm.data.prompt_format import NOTICE  # noqa: E402
from slm.errors import MissingExtra  # noqa: E402
from slm.export.browser import ARGUMENTS, chromium_path  # noqa: E402
from slm.training.run_folder import RunFolder  # noqa: E402

expect = playwright.expect
expect.set_options(timeout=15_000)

MARKUP = "<b>bold</b>"
CITATIONS = [{"title": "A leaflet", "text": "Colds pass."}, "plain words"]
FAILS = re.compile(r"status of 4\d\d|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET|ERR_EMPTY_RESPONSE")


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


# Write


def test_a_story_in_two_clicks(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    assert page.title() == "Begin a story · slm"
    expect(page.locator("#write-empty")).to_be_visible()
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.locator("#write-status")).to_contain_text("200 tokens")
    expect(page.locator(".story .begun")).to_have_text("Once upon a time")
    assert page.locator(".story .token").count() == 200
    expect(page.locator("#write-empty")).to_be_hidden()
    expect(page.locator(".story .end")).to_contain_text("As long as asked for")


def test_settings_are_what_the_server_gets_and_the_seed_decides(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    for name, value in {"temperature": "1.2", "top-k": "7", "seed": "3", "length": "20"}.items():
        page.fill(f"#{name}", value)
    texts = []
    for _ in range(2):
        page.click("#write-start")
        expect(page.locator("#write-status")).to_contain_text("20 tokens")
        texts.append(page.locator(".story .tokens").inner_text())
    asked = site.asked[-1]
    assert (asked["temperature"], asked["top_k"], asked["seed"], asked["max_tokens"]) == (1.2, 7, 3, 20)
    assert texts[0] == texts[1]
    page.click("#write-again")
    expect(page.locator("#write-status")).to_contain_text("20 tokens")
    assert page.locator(".story .tokens").inner_text() != texts[0] and page.input_value("#seed") != "3"


def test_wrong_settings_ask_nothing(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    before = len(site.asked)
    page.fill("#temperature", "-1")
    page.click("#write-start")
    page.wait_for_timeout(100)
    assert len(site.asked) == before and not page.locator(".story").count()


def test_stop_keeps_what_is_there_and_lets_the_server_go_and_continue_goes_on(
    site: PageServer, open_page: Callable[..., Any]
):
    page = open_page(site)
    page.select_option("#write-model", "slow")
    left = site.left
    page.click("#write-start")
    expect(page.locator(".story .token").nth(5)).to_be_visible()
    page.click("#write-stop")
    expect(page.locator(".story .end")).to_have_text("Stopped.")
    written = page.locator(".story .written").inner_text()
    page.wait_for_timeout(300)
    assert page.locator(".story .written").inner_text() == written
    assert site.left == left + 1
    page.fill("#length", "5")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#write-status")).to_contain_text("5 tokens")
    assert site.asked[-1]["prompt"] == written
    assert page.locator(".story .written").inner_text().startswith(written)


def test_escape_stops_and_control_enter_writes(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    page.select_option("#write-model", "slow")
    page.focus("#opening")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".story .token").nth(2)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".story .end")).to_have_text("Stopped.")


def test_pointing_at_a_word_shows_what_was_likely_and_another_one_takes_the_turn(
    site: PageServer, open_page: Callable[..., Any]
):
    page = open_page(site)
    page.fill("#length", "12")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("12 tokens")
    tokens = page.locator(".story .token").all_inner_texts()
    page.locator(".story .token").nth(4).hover()
    offers = page.locator(".likely li button")
    expect(offers).to_have_count(8)
    assert all("%" in text for text in offers.all_inner_texts())
    other = page.locator(".likely li button:not(:disabled)").first
    name = other.locator(".name").inner_text()
    other.click()
    expect(page.locator("#write-status")).to_contain_text("12 tokens")
    told = name.replace("␣", " ")
    assert site.asked[-1]["prompt"] == "Once upon a time" + "".join(tokens[:4]) + told
    assert page.locator(".story .token").all_inner_texts()[:5] == [*tokens[:4], told]
    assert page.locator(".story .token").count() == 17
    expect(page.locator(".likely")).to_be_hidden()


def test_the_keyboard_walks_through_the_words(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    page.fill("#length", "6")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("6 tokens")
    page.focus(".story .written")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".token.active")).to_have_attribute("data-place", "1")
    expect(page.locator(".story [role=status]")).to_contain_text("%")
    page.keyboard.press("Enter")
    expect(page.locator(".likely button:not(:disabled)").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator(".likely")).to_be_hidden()
    expect(page.locator(".story .written")).to_be_focused()


def test_several_stories_stand_side_by_side(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    page.fill("#samples", "3")
    page.fill("#length", "15")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("45 tokens")
    texts = page.locator(".story .tokens").all_inner_texts()
    assert len(set(texts)) == 3
    boxes = [page.locator(".story").nth(number).bounding_box() for number in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]


def test_what_the_server_refuses_is_shown(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, fails=True)
    page.route("**/v1/completions", lambda route: route.fulfill(
        status=429, headers={"Retry-After": "7"}, json={"error": {"message": f"the queue is full {MARKUP}"}}))
    with page.expect_response("**/v1/completions"):
        page.click("#write-start")
    expect(page.locator("#write-error")).to_have_text(f"the queue is full {MARKUP}; try again in 7 s")
    expect(page.locator("#write-start")).to_be_enabled()


# Ask


def test_an_answer_stands_with_its_notice(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, "#ask")
    page.get_by_role("button", name="What are the symptoms of a cold?").click()
    page.fill("#ask-length", "30")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#ask-status")).to_contain_text("30 tokens")
    expect(page.locator(".answer .question")).to_have_text("What are the symptoms of a cold?")
    expect(page.locator(".answer .notice")).to_have_text(NOTICE)
    expect(page.locator(".answer .sources")).to_be_hidden()
    assert page.locator(".answer .written").inner_text()
    assert site.asked[-1]["messages"] == [{"role": "user", "content": "What are the symptoms of a cold?"}]
    assert page.locator("#ask-model option").all_inner_texts() == ["medical", "cited"]


def test_sources_are_shown_as_text(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, "#ask")
    page.select_option("#ask-model", "cited")
    page.fill("#question", "What helps?")
    page.click("#ask-start")
    expect(page.locator(".answer .written")).to_have_text(f"Rest and {MARKUP}")
    expect(page.locator(".answer .sources li")).to_have_count(2)
    expect(page.locator(".answer .sources")).to_contain_text("Colds pass.")


def test_without_a_model_that_answers_it_says_how_to_get_one(tmp_path: Path, open_page: Callable[..., Any]):
    server = PageServer([letters("stories")], tmp_path / "runs").start()
    page = open_page(server, "#ask")
    expect(page.locator("#ask-none")).to_contain_text("slm finetune")
    expect(page.locator("#ask-work")).to_be_hidden()
    page.goto(server.url + "#runs")
    expect(page.locator("#runs-empty")).to_contain_text("slm run quick")
    page.goto(server.url + "#compare")
    expect(page.locator("#compare-one")).to_be_visible()
    server.stop()


# Compare


def test_two_models_write_one_after_the_other(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, "#compare")
    page.fill("#compare-length", "25")
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")
    first, second = page.locator(".side").all()
    assert [body["model"] for body in site.asked[-2:]] == ["stories", "slow"]
    expect(first).to_contain_text("tokens/s")
    expect(second).to_contain_text("123.5 kB")
    assert first.locator(".written").inner_text() == second.locator(".written").inner_text()  # the same weights here


def test_two_models_that_answer_are_asked(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, "#compare")
    page.get_by_label("First model").last.select_option("medical")
    page.get_by_label("Second model").last.select_option("cited")
    page.fill("#prompt", "What helps?")
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")
    assert all(body["messages"][0]["content"] == "What helps?" for body in site.asked[-2:])
    expect(page.locator(".side .notice:visible")).to_have_count(2)


# Runs


def test_a_run_is_shown_and_grows_as_it_trains(tmp_path: Path, open_page: Callable[..., Any]):
    live = write_run(tmp_path / "runs", "live", state="running", steps=100, process=os.getpid())
    server = PageServer([letters("stories")], tmp_path / "runs").start()
    with RunFolder(live).hold():
        see_it_grow(live, open_page(server, "#runs"))
    server.stop()


def see_it_grow(live: Path, page: Any) -> None:
    expect(page.locator("#run h2")).to_contain_text("live")
    expect(page.locator("#run h2 .badge")).to_have_text("running")
    expect(page.locator(".plot svg")).to_have_attribute("aria-label", re.compile("at step 20"))
    append(live, *(step(number, 0.4) for number in range(21, 31)), evaluation(30, 1.5))
    expect(page.locator(".plot svg")).to_have_attribute("aria-label", re.compile("0.400 at step 30; validation loss 1.500"))
    expect(page.locator("#run .figures")).to_contain_text("30 of 100")
    write_samples(live, 30, f" and {MARKUP} sat.")
    expect(page.locator(".strip li").first).to_contain_text(f"Once and {MARKUP} sat.")


def test_a_run_has_an_address_and_its_report_opens_tame(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, "#runs/quick")
    expect(page.locator("#run h2")).to_contain_text("quick")
    expect(page.locator("#run .report")).to_contain_text("when the run has ended")
    page.locator("#run-list a", has_text="bold").click()
    expect(page.locator("#run h2")).to_contain_text("<b>bold<b>")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    expect(opened.value.locator("h1")).to_have_text("The report")
    assert opened.value.evaluate("self.origin") == "null"


# The server goes and comes back


def test_a_restart_in_the_midst_of_a_story(tmp_path: Path, open_page: Callable[..., Any]):
    server = PageServer([letters("slow", pace=0.05)], tmp_path / "runs").start()
    page = open_page(server, fails=True)
    page.click("#write-start")
    expect(page.locator(".story .token").nth(3)).to_be_visible()
    server.stop()
    expect(page.locator("#connection")).to_contain_text("does not answer")
    expect(page.locator(".story .end")).to_have_text("Cut off here.")
    expect(page.locator("#write-error")).to_contain_text("What it wrote so far is kept.")
    server.models = {"other": letters("other")}
    server.start()
    expect(page.locator("#connection")).to_have_text("The server is back.")
    expect(page.locator("#write-model")).to_have_value("other")
    page.fill("#length", "8")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#write-status")).to_contain_text("8 tokens")
    expect(page.locator("#connection")).to_be_hidden()
    server.stop()


def test_a_key_is_asked_for_and_kept_in_the_tab_alone(tmp_path: Path, open_page: Callable[..., Any]):
    server = PageServer([letters("stories")], tmp_path / "runs", key="right").start()
    page = open_page(server, fails=True)
    dialog = page.locator("#key-dialog")
    expect(dialog).to_be_visible()
    page.fill("#key", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).to_be_visible()
    page.fill("#key", "right")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#write-start")).to_be_enabled()
    assert page.evaluate("[localStorage.length, Object.values(sessionStorage)]") == [0, ["right"]]
    server.stop()


def test_two_tabs_write_at_the_same_time(site: PageServer, open_page: Callable[..., Any]):
    first = open_page(site)
    second = first.context.new_page()
    second.goto(site.url)
    for page, opening in ((first, "One"), (second, "Two")):
        page.select_option("#write-model", "slow")
        page.fill("#opening", opening)
        page.fill("#length", "30")
    for page in (first, second):
        page.click("#write-start")
    for page, opening in ((first, "One"), (second, "Two")):
        expect(page.locator("#write-status")).to_contain_text("30 tokens")
        assert page.locator(".story .written").inner_text().startswith(opening)
        assert page.locator(".story .token").count() == 30


# Screens, colours, names


@pytest.mark.parametrize("width", [360, 768, 2000])
def test_nothing_goes_over_the_edge(site: PageServer, open_page: Callable[..., Any], width: int):
    touch = width < 500
    page = open_page(site, viewport={"width": width, "height": 740}, has_touch=touch, is_mobile=touch)
    page.fill("#opening", "x" * 300)
    page.fill("#length", "40")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("40 tokens")
    last = page.locator(".story .token").last
    last.tap() if touch else last.hover()
    expect(page.locator(".likely")).to_be_visible()
    box = page.locator(".likely").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and fits(page)
    for view in ("ask", "compare", "runs"):
        page.click(f"[data-view={view}]")
        expect(page.locator(f"#{view}-view")).to_be_visible()
        if view == "runs":
            expect(page.locator(".plot svg")).to_be_visible()
        assert fits(page), view


def test_light_and_dark_follow_the_system_until_somebody_chooses(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("button", name="Light colours").click()
    light = page.evaluate(colour)
    assert light != dark
    page.reload()
    assert page.evaluate(colour) == light
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(colour) == dark


def test_everything_has_a_name_and_views_are_reached_by_the_keyboard(site: PageServer, open_page: Callable[..., Any]):
    page = open_page(site)
    unnamed = page.evaluate("""() => [...document.querySelectorAll("input, select, textarea, button")].filter((one) =>
      !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim())).map((one) => one.outerHTML)""")
    assert not unnamed
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()
    expect(page.locator("[data-view=ask]")).to_have_attribute("aria-current", "page")


def contrast(page: Any, selector: str) -> float:
    """The WCAG contrast of an element's text with the nearest opaque ground behind it."""
    return page.evaluate("""(selector) => {
      const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const numbers = (colour) => {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const light = (colour) => {
        const [r, g, b] = numbers(colour).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let ground = document.querySelector(selector);
      const text = light(getComputedStyle(ground).color);
      while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
      const back = light(getComputedStyle(ground).backgroundColor);
      return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    }""", selector)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(site: PageServer, open_page: Callable[..., Any], scheme: str):
    page = open_page(site, "#runs", color_scheme=scheme)
    expect(page.locator("#run h2")).to_be_visible()
    for selector in (
        "h1", ".top nav a", ".top nav a[aria-current]", ".hint", "label", "button.main", ".chip", ".notice", "#run-list a",
        ".begun", ".badge", "footer a", "th", ".legend",
    ):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector


# Hostile texts


def payloads() -> list[str]:
    """200 ways to have a page run something, each of which would set `window.hit`."""
    act = "window.hit=1"
    forms = (
        "<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "<svg><script>{}</script></svg>",
        '"><img src=x onerror={}>', "'><svg/onload={}>", "</textarea><img src=x onerror={}>", "</p><img src=x onerror={}>",
        "<iframe srcdoc='<script>parent.{}</script>'>", "<iframe src='javascript:parent.{}'>", "<a href='javascript:{}'>x</a>",
        "javascript:{}", "data:text/html,<script>{}</script>", "<body onload={}>", "<details open ontoggle={}>",
        "<input autofocus onfocus={}>", "<video><source onerror={}>", "<style onload={}>", "<math><mi xlink:href='javascript:{}'>",
        "<object data='javascript:{}'>", "{{{{constructor.constructor('{}')()}}}}", "${{{}}}", "`${{{}}}`", "';{};'", '";{};"',
    )  # fmt: skip
    dressed = (
        "{}", "once {} upon", "\n{}\n", "<!-- --!>{}", "<![CDATA[{}]]>", "</title>{}", "\u2028{}", "\u202e{}",
    )  # fmt: skip
    return [dress.format(form.format(act)) for dress in dressed for form in forms]


def file_name(payload: str) -> str:
    """The payload as a folder's name: no slash."""
    return payload.replace("/", "\u2215").replace("\n", "\u240a")


def untouched(page: Any) -> bool:
    """No payload ran, and none became an element."""
    made = "main script, iframe, svg script, object, video, math, main img, body[onload], [onerror], [onload], [ontoggle], [onfocus]"
    return page.evaluate("(made) => window.hit === undefined && !document.querySelector(made)", made)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """A server whose models, runs and texts are all payloads."""
    runs, texts = tmp_path_factory.mktemp("hostile") / "runs", payloads()
    for text in texts:
        (runs / file_name(text)).mkdir(parents=True)
        (runs / file_name(text) / "run.json").write_text(json.dumps(run_record(text, text, state=text, created=text)))
    worst = write_run(runs, "0 all of them", state="running", message="".join(texts))
    record = run_record("x", "finetuning", parent={"run": texts[1]})
    record["data"]["sources"] = [{"source": text} for text in texts]
    record["recipe"] |= {"description": texts[0], "tokenizer": texts[1]}
    record["recipe"]["model"]["architecture"] = record["recipe"]["training"]["optimizer"] = texts[2]
    (worst / "run.json").write_text(json.dumps(record))
    append(worst, *(event(20, text, text) for text in texts))
    items = [{"prompt": text, "text": text, "stop": text} for text in texts]
    (worst / "samples" / "step-000020.json").write_text(json.dumps({"step": 20, "items": items}))
    said = [{"question": text, "before": {"text": text}, "after": {"text": text}} for text in texts]
    (worst / "answers.json").write_text(json.dumps({"items": said}))
    cited = [*texts, *({"title": text, "text": text} for text in texts)]
    models = [
        Recited("all", texts, context=10_000), Recited("cited", texts, answers=True, citations=cited, notice=texts[0]),
        *(Recited(text, texts, answers=True, engine=text, notice=text, bits=text) for text in texts),
    ]  # fmt: skip
    server = PageServer(models, runs).start()
    yield server
    server.stop()


def test_there_are_200_payloads():
    assert len(set(payloads())) == 200 == len({file_name(text) for text in payloads()})


def test_payloads_in_stories_and_model_names_are_text(hostile: PageServer, open_page: Callable[..., Any]):
    page = open_page(hostile)
    expect(page.locator("#write-model option")).to_have_count(202)
    page.fill("#opening", "".join(payloads()))
    page.fill("#length", "300")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("201 tokens")
    assert page.locator(".story .tokens").evaluate("(one) => one.textContent") == "".join(payloads())
    for place in (0, 60, 120, 199):
        page.locator(".story .token").nth(place).dispatch_event("click")
        expect(page.locator(".likely b")).to_be_visible()
    assert untouched(page)


def test_payloads_in_questions_answers_and_sources_are_text(hostile: PageServer, open_page: Callable[..., Any]):
    page = open_page(hostile, "#ask")
    expect(page.locator("#ask-model option")).to_have_count(201)
    page.fill("#question", "".join(payloads()))
    page.fill("#ask-length", "300")
    page.click("#ask-start")
    expect(page.locator(".answer .sources li")).to_have_count(400)
    assert page.locator(".answer .written").evaluate("(one) => one.textContent") == "".join(payloads())
    page.click("[data-view=compare]")
    page.get_by_label("Second model").last.select_option(payloads()[5])
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")
    assert untouched(page)


def test_payloads_in_run_names_and_samples_are_text(hostile: PageServer, open_page: Callable[..., Any]):
    page = open_page(hostile, "#runs/0%20all%20of%20them")
    expect(page.locator("#run-list a")).to_have_count(201)
    expect(page.locator(".strip .written")).to_have_count(200)
    expect(page.locator(".events li")).to_have_count(200)
    assert untouched(page)
    name = file_name(payloads()[1])
    page.locator("#run-list a", has_text=name).first.click()
    expect(page.locator("#run h2")).to_contain_text(name)
    assert untouched(page)


@pytest.mark.parametrize("view", [f"#runs/{payload}" for payload in payloads()[:3]] + ["#<img src=x>", "#runs/%", "#__proto__"])
def test_hostile_addresses_are_no_more_than_unknown(site: PageServer, open_page: Callable[..., Any], view: str):
    page = open_page(site, view, fails=True)
    expect(page.locator("main h1:visible")).to_have_count(1)
    assert untouched(page)
