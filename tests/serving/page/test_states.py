"""The page when its server goes away or is closed, on all screens, in light and dark, by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from serving.page_browser import OpenPage, expect, fits, letters
from serving.page_server import PageServer

# The server goes and comes back


def test_a_restart_in_the_midst_of_a_story(tmp_path: Path, open_page: OpenPage):
    server = PageServer([letters("slow", pace=0.05)], tmp_path / "runs").start()
    page = open_page(server, fails=True, clock=True)
    page.click("#write-start")
    expect(page.locator(".story .token").nth(3)).to_be_visible()
    server.stop()
    expect(page.locator("#connection")).to_contain_text("does not answer")
    expect(page.locator(".story .end")).to_have_text("Cut off here.")
    expect(page.locator("#write-error")).to_contain_text("What it wrote so far is kept.")
    server.models = {"other": letters("other")}
    server.start()
    page.clock.fast_forward(1_500)  # until it looks again
    expect(page.locator("#connection")).to_have_text("The server is back.")
    expect(page.locator("#write-model")).to_have_value("other")
    page.fill("#length", "8")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#write-status")).to_contain_text("8 tokens")
    page.clock.fast_forward(5_000)  # so long the good news stays
    expect(page.locator("#connection")).to_be_hidden()
    server.stop()


def test_a_key_is_asked_for_and_kept_in_the_tab_alone(tmp_path: Path, open_page: OpenPage):
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


def test_two_tabs_write_at_the_same_time(site: PageServer, open_page: OpenPage):
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


@pytest.mark.parametrize(
    "width", [360, pytest.param(768, marks=pytest.mark.slow), pytest.param(2000, marks=pytest.mark.slow)]
)
def test_nothing_goes_over_the_edge(site: PageServer, open_page: OpenPage, width: int):
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


def test_light_and_dark_follow_the_system_until_somebody_chooses(site: PageServer, open_page: OpenPage):
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


def test_everything_has_a_name_and_views_are_reached_by_the_keyboard(site: PageServer, open_page: OpenPage):
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
    return page.evaluate(
        """(selector) => {
      const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const numbers = (colour) => {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const light = (colour) => {
        const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = numbers(colour).map((v) => linear(v / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let ground = document.querySelector(selector);
      const text = light(getComputedStyle(ground).color);
      while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
      const back = light(getComputedStyle(ground).backgroundColor);
      return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    }""",
        selector,
    )


def test_text_stands_out_from_its_ground(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#runs")
    expect(page.locator("#run h2")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        see_contrasts(page)


def see_contrasts(page: Any) -> None:
    for selector in (
        "h1", ".top nav a", ".top nav a[aria-current]", ".hint", "label", "button.main", ".chip", ".notice",
        "#run-list a", ".begun", ".badge", "footer a", "th", ".legend",
    ):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector
