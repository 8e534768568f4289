"""Texts that would have a page run something, in every place where the page shows text: they stay text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from run_folders import append, event, run_record
from serving.page_browser import OpenPage, expect, write_run
from serving.page_server import PageServer, Recited


def payloads() -> list[str]:
    """200 ways to have a page run something, each of which would set `window.hit`."""
    act = "window.hit=1"
    forms = (
        "<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "<svg><script>{}</script></svg>",
        '"><img src=x onerror={}>', "'><svg/onload={}>", "</textarea><img src=x onerror={}>",
        "</p><img src=x onerror={}>", "<iframe srcdoc='<script>parent.{}</script>'>",
        "<iframe src='javascript:parent.{}'>", "<a href='javascript:{}'>x</a>",
        "javascript:{}", "data:text/html,<script>{}</script>", "<body onload={}>", "<details open ontoggle={}>",
        "<input autofocus onfocus={}>", "<video><source onerror={}>", "<style onload={}>",
        "<math><mi xlink:href='javascript:{}'>", "<object data='javascript:{}'>",
        "{{{{constructor.constructor('{}')()}}}}", "${{{}}}", "`${{{}}}`", "';{};'", '";{};"',
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
    made = "main script, iframe, object, video, math, main img, main style, [onerror], [onload], [ontoggle], [onfocus]"
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


def test_payloads_in_stories_and_model_names_are_text(hostile: PageServer, open_page: OpenPage):
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


def test_payloads_in_questions_answers_and_sources_are_text(hostile: PageServer, open_page: OpenPage):
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


def test_payloads_in_run_names_and_samples_are_text(hostile: PageServer, open_page: OpenPage):
    page = open_page(hostile, "#runs/0%20all%20of%20them")
    expect(page.locator("#run-list a")).to_have_count(201)
    expect(page.locator(".strip .written")).to_have_count(200)
    expect(page.locator(".events li")).to_have_count(200)
    assert untouched(page)
    name = file_name(payloads()[1])
    page.locator("#run-list a", has_text=name).first.click()
    expect(page.locator("#run h2")).to_contain_text(name)
    assert untouched(page)


def test_hostile_addresses_are_no_more_than_unknown(site: PageServer, open_page: OpenPage):
    page = open_page(site, fails=True)
    for view in (*(f"#runs/{payload}" for payload in payloads()[:12]), "#<img src=x>", "#runs/%", "#__proto__"):
        page.evaluate("(view) => { location.hash = view; }", view)
    expect(page.get_by_role("heading", name="Begin a story")).to_be_visible()
    assert untouched(page)
