"""The four views of the page in a real Chromium, against a small server: what is asked, what is shown."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine
from run_folders import append, evaluation, step, write_samples
from serving.page_browser import MARKUP, OpenPage, expect, letters, write_run
from serving.page_server import PageServer, Recited
from tiny import tiny_tokenizer

from slm.domain import load_domain
from slm.generation.generator import GenerationConfig, Generator
from slm.training.run_folder import RunFolder

NOTICE = load_domain("medical").notice
LIVE = 2_000  # milliseconds between two looks at a run that trains

# Write


def test_a_story_in_two_clicks(site: PageServer, open_page: OpenPage):
    page = open_page(site)
    assert page.title() == "Begin a story · slm"
    expect(page.locator("#write-empty")).to_be_visible()
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.locator("#write-status")).to_contain_text("200 tokens")
    expect(page.locator(".story .begun")).to_have_text("Once upon a time")
    assert page.locator(".story .token").count() == 200
    expect(page.locator("#write-empty")).to_be_hidden()
    expect(page.locator(".story .end")).to_contain_text("As long as asked for")


def test_settings_are_what_the_server_gets_and_the_seed_decides(site: PageServer, open_page: OpenPage):
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


def test_wrong_settings_ask_nothing(site: PageServer, open_page: OpenPage):
    page = open_page(site)
    before = len(site.asked)
    page.fill("#temperature", "-1")
    page.click("#write-start")
    page.wait_for_timeout(100)
    assert len(site.asked) == before and not page.locator(".story").count()


def test_stop_keeps_what_is_there_and_lets_the_server_go_and_continue_goes_on(site: PageServer, open_page: OpenPage):
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


def test_escape_stops_and_control_enter_writes(site: PageServer, open_page: OpenPage):
    page = open_page(site)
    page.select_option("#write-model", "slow")
    page.focus("#opening")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".story .token").nth(2)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".story .end")).to_have_text("Stopped.")


def test_pointing_at_a_word_shows_what_was_likely_and_another_one_takes_the_turn(site: PageServer, open_page: OpenPage):
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


def test_the_keyboard_walks_through_the_words(site: PageServer, open_page: OpenPage):
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


def test_characters_of_several_tokens_are_whole(site: PageServer, open_page: OpenPage):
    page = open_page(site)
    page.select_option("#write-model", "bytes")
    page.fill("#temperature", "2")
    page.fill("#top-k", "0")
    page.fill("#length", "150")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("tokens,")
    config = GenerationConfig(150, 2.0, 0, continue_past_context=True)
    (alone,) = Generator(FakeEngine(context=2048), tiny_tokenizer()).complete("Once upon a time", config)
    assert "\ufffd" in alone.text and page.locator(".story .tokens").evaluate("(one) => one.textContent") == alone.text


def test_several_stories_stand_side_by_side(site: PageServer, open_page: OpenPage):
    page = open_page(site)
    page.fill("#samples", "3")
    page.fill("#length", "15")
    page.click("#write-start")
    expect(page.locator("#write-status")).to_contain_text("45 tokens")
    texts = page.locator(".story .tokens").all_inner_texts()
    assert len(set(texts)) == 3
    boxes = [page.locator(".story").nth(number).bounding_box() for number in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]


def test_what_the_server_refuses_is_shown(site: PageServer, open_page: OpenPage):
    page = open_page(site, fails=True)
    page.route(
        "**/v1/completions",
        lambda route: route.fulfill(
            status=429, headers={"Retry-After": "7"}, json={"error": {"message": f"the queue is full {MARKUP}"}}
        ),
    )
    with page.expect_response("**/v1/completions"):
        page.click("#write-start")
    expect(page.locator("#write-error")).to_have_text(f"the queue is full {MARKUP}; try again in 7 s")
    expect(page.locator("#write-start")).to_be_enabled()


# Ask


def test_an_answer_stands_with_its_notice(site: PageServer, open_page: OpenPage):
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


def test_advice_in_an_emergency_stands_above_the_answer(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#ask")
    page.fill("#question", "my dads face is drooping")
    page.click("#ask-start")
    advice = page.locator(".answer .advice")
    expect(advice).to_contain_text("Call your local emergency number now")
    assert advice.get_attribute("role") == "alert"
    assert advice.locator("a").first.get_attribute("href").startswith("https://")
    assert advice.bounding_box()["y"] < page.locator(".answer .written").bounding_box()["y"]
    page.fill("#question", "What helps?")
    page.click("#ask-start")
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.locator(".answer .advice").first).to_be_hidden()


def test_sources_are_shown_as_text(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#ask")
    page.select_option("#ask-model", "cited")
    page.fill("#question", "What helps?")
    page.click("#ask-start")
    expect(page.locator(".answer .written")).to_have_text(f"Rest and {MARKUP}")
    expect(page.locator(".answer .sources li")).to_have_count(2)
    expect(page.locator(".answer .sources")).to_contain_text("Colds pass.")


def test_what_was_measured_of_who_answers_stands_there(tmp_path: Path, open_page: OpenPage):
    table = {"columns": ["", "recall@1"], "rows": [["by words", MARKUP]], "caption": ""}
    measured = [{"title": "Retrieval", "tables": [table], "notes": ["819 questions."]}]
    models = [letters("plain", answers=True), Recited("cited", ["Rest."], answers=True, measured=measured)]
    server = PageServer(models, tmp_path / "runs").start()
    page = open_page(server, "#ask")
    expect(page.locator("#ask-measured")).to_be_hidden()
    page.select_option("#ask-model", "cited")
    page.locator("#ask-measured summary").click()
    expect(page.locator("#ask-figures h3")).to_have_text("Retrieval")
    expect(page.locator("#ask-figures tbody")).to_have_text(f"by words{MARKUP}")
    expect(page.locator("#ask-figures")).to_contain_text("819 questions.")
    server.stop()


def test_without_a_model_that_answers_it_says_how_to_get_one(tmp_path: Path, open_page: OpenPage):
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


def test_two_models_write_one_after_the_other(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#compare")
    page.fill("#compare-length", "25")
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")
    first, second = page.locator(".side").all()
    assert [body["model"] for body in site.asked[-2:]] == ["stories", "slow"]
    expect(second).to_contain_text("tokens/s")
    expect(first).to_contain_text("123.5 kB")
    assert first.locator(".written").inner_text() == second.locator(".written").inner_text()  # the same weights here


def test_two_models_that_answer_are_asked(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#compare")
    page.get_by_label("First model").last.select_option("medical")
    page.get_by_label("Second model").last.select_option("cited")
    page.fill("#prompt", "What helps?")
    page.click("#compare-start")
    expect(page.locator("#compare-status")).to_have_text("Both are done.")
    assert all(body["messages"][0]["content"] == "What helps?" for body in site.asked[-2:])
    expect(page.locator(".side .notice:visible")).to_have_count(2)


# Runs


def test_a_run_is_shown_and_grows_as_it_trains(tmp_path: Path, open_page: OpenPage):
    live = write_run(tmp_path / "runs", "live", state="running", steps=100, process=os.getpid())
    server = PageServer([letters("stories")], tmp_path / "runs").start()
    with RunFolder(live).hold():
        see_it_grow(live, open_page(server, "#runs", clock=True))
    server.stop()


def see_it_grow(live: Path, page: Any) -> None:
    expect(page.locator("#run h2")).to_contain_text("live")
    expect(page.locator("#run h2 .badge")).to_have_text("running")
    expect(page.locator(".plot svg")).to_have_attribute("aria-label", re.compile("at step 20"))
    append(live, *(step(number, 0.4) for number in range(21, 31)), evaluation(30, 1.5))
    page.clock.fast_forward(LIVE)
    expect(page.locator(".plot svg")).to_have_attribute("aria-label", re.compile("step 30; validation loss 1.5"))
    expect(page.locator("#run .figures")).to_contain_text("30 of 100")
    write_samples(live, 30, f" and {MARKUP} sat.")
    page.clock.fast_forward(LIVE)
    expect(page.locator(".strip li").first).to_contain_text(f"Once and {MARKUP} sat.")


def test_a_run_has_an_address_and_its_report_opens_tame(site: PageServer, open_page: OpenPage):
    page = open_page(site, "#runs/quick")
    expect(page.locator("#run h2")).to_contain_text("quick")
    expect(page.locator("#run .report")).to_contain_text("when the run has ended")
    page.locator("#run-list a", has_text="bold").click()
    expect(page.locator("#run h2")).to_contain_text("<b>bold<b>")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    expect(opened.value.locator("h1")).to_have_text("The report")
    assert opened.value.evaluate("self.origin") == "null"
