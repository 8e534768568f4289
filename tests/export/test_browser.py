"""The page in a real Chromium: the same numbers, ids and texts as here, nothing asked of others, and no complaints."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import byte_alphabet, tiny_definition, tiny_model, tiny_tokenizer

from slm.checkpoint import LoadedModel
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer, gpt2_tokenizer
from slm.domain import load_domain
from slm.errors import MissingExtra, ModelError
from slm.export.browser import Browser, chromium_path
from slm.export.web import write_web
from slm.export.weights import rounded
from slm.generation.generator import GenerationConfig, Generator
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT

NOTICE = load_domain("medical").notice

TEXT = "The cat sat on the mat. Then"
SHAPE = {"block_size": 40, "n_embd": 40, "n_head": 5}  # no multiple of what the kernel takes at once
MARKUP = "<b>bold</b>"
# name: bits and other values of the model
MODELS = {
    "gpt2-16": (16, {}),
    "gpt2-8": (8, {}),
    "gpt2-4": (4, {}),
    "gpt2-8-no-bias": (8, {"bias": False}),
    "qwen3-8": (8, {"architecture": "qwen3"}),
}
HARD = (
    "", " ", "  ", "\n", "\n\n\n  \n", "\t\t \t", "\r\n\r", "a\r\nb", "  a   b\t\tc \n d ", "trailing   ", "a" * 300,
    " " * 300, "\n" * 300, "don't DON'T we'LL 'tis y'all've", "''s''S's", "'ſ ſ's İ i̇",
    "0 12 1234 3.14 ½ ² Ⅷ ٣ ४२ 1a2b", "<|endoftext|>", "a <|endoftext|>b<|endoftext|", "e\u0301 vs \u00e9",
    "日本語のテキスト", "中文,标点。", "한국어 텍스트",
    "ภาษาไทย", "العربية مرحبا", "हिन्दी में", "\U0001f642",
    "\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
    "\u0000\u0001\u007f", "\u0085\u00a0\u2028\u2029\u3000 x", "\ufeffa \ufeff", "\u200b\u200d", "\ufffd\uffff",
    "\ue000", "\U0010ffff\U000e0001", "\x1c\x1d\x1e\x1f", " \x1c a", "\u180e \u2003x", "ﬁ ǆ ᏣᎳᎩ 𝒜𝓁𝓅𝒽𝒶 a\u00adb １２３",
    "\u0378 \u1c89 \ua7cb",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all tests here, with the first model open."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright comes with the extra 'export'")
    try:
        chromium_path()
    except MissingExtra as error:
        pytest.skip(f"the program chromium is missing: {error}")
    folder = tmp_path_factory.mktemp("web")
    write_web(loaded(), folder / "first")
    with Browser(folder / "first") as opened:
        yield opened


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves a complaint in the console, or asked another host for something."""
    yield
    if "browser" in request.fixturenames:
        browser = request.getfixturevalue("browser")
        assert not browser.console_errors
        assert all(url.startswith("http://127.0.0.1:") for url in browser.requests)


def loaded(model: GPT | None = None, tokenizer: Tokenizer | None = None, prompt_format: PromptFormat | None = None):
    model = model or tiny_model(**SHAPE)
    return LoadedModel(model, tokenizer or tiny_tokenizer(), prompt_format, Path("runs/tiny"), "0" * 64)


def open_model(browser: Browser, folder: Path, model: GPT, bits: int = 8, **values: Any) -> GPT:
    """Have the browser open `model`; what it should compute."""
    write_web(loaded(model, **values), folder / "web", bits)
    browser.open(folder / "web")
    return rounded(model, bits)


def written(model: GPT, prompt: str, **settings: Any):
    return Generator(TorchEngine(model), tiny_tokenizer()).complete(prompt, GenerationConfig(**settings))[0]


def finished(browser: Browser) -> str:
    """The status line once the page has written."""
    status = browser.page.locator("#status", has_text="tokens")
    status.wait_for()
    return status.inner_text()


# The same numbers


@pytest.mark.parametrize("name", MODELS)
def test_logits_and_greedy_text_are_the_references(browser: Browser, tmp_path: Path, name: str):
    bits, values = MODELS[name]
    reference = open_model(browser, tmp_path, tiny_model(**SHAPE | values), bits)
    ids = tiny_tokenizer().encode_ordinary(TEXT)
    with torch.no_grad():
        expected = reference(torch.tensor([ids]))[0].numpy()
    assert (browser.context, browser.vocabulary) == (40, tiny_tokenizer().n_vocab)
    assert np.abs(browser.logits(ids) - expected).max() < 1e-4
    for new in (5, 100):  # within the context, and up to its end
        assert tuple(browser.greedy(ids, new)) == written(reference, TEXT, temperature=0, max_new_tokens=new).ids


def test_large_logits_come_in_parts(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    ids = tiny_tokenizer().encode_ordinary(TEXT)
    whole = browser.logits(ids)
    monkeypatch.setattr("slm.export.browser.BYTES_AT_ONCE", 3 * 4 * browser.vocabulary)
    assert np.array_equal(browser.logits(ids), whole) and whole.shape == (len(ids), browser.vocabulary)


def test_a_seed_draws_the_same_text_here_and_there(browser: Browser, tmp_path: Path):
    """Also past the context, from the last half of the text."""
    reference = open_model(browser, tmp_path, tiny_model(**SHAPE))
    for top_k in (0, 20):
        fields = {"opening": TEXT, "temperature": "0.9", "top-k": str(top_k), "seed": "12345", "count": "60"}
        for name, value in fields.items():
            browser.page.fill(f"#{name}", value)
        browser.page.click("#write")
        assert finished(browser).startswith("60 tokens")
        text = written(
            reference, TEXT, temperature=0.9, top_k=top_k, seed=12345, max_new_tokens=60, continue_past_context=True
        ).text
        assert browser.page.text_content("#written") == TEXT + text


# The same ids


@pytest.mark.parametrize("tokenizer", [tiny_tokenizer, gpt2_tokenizer])
def test_hard_texts_have_the_same_ids(browser: Browser, tmp_path: Path, tokenizer: Any):
    tokenizer = tokenizer()
    open_model(browser, tmp_path, tiny_model(**SHAPE | {"vocab_size": tokenizer.n_vocab}), tokenizer=tokenizer)
    texts = [*HARD, *fuzzed(300)]
    ids = browser.encode(texts)
    for text, found, expected in zip(texts, ids, tokenizer.encode_batch(texts), strict=True):
        assert found == expected.tolist(), ascii(text)
    decoded = browser.page.evaluate("(all) => Promise.all(all.map((ids) => slm.decode(ids)))", ids[: len(HARD)])
    assert decoded == list(HARD)


def fuzzed(count: int) -> list[str]:
    """Texts of words, spaces and characters of all planes."""
    draw = random.Random(0)
    pieces = ["Once", "'s", "don't", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "12", "..", "é", "\U0001f642"]
    planes = [(0, 0x7F), (0x80, 0x24F), (0x250, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x3FFFF)]

    def piece() -> str:
        return draw.choice(pieces) if draw.random() < 0.6 else chr(draw.randint(*draw.choice(planes)))

    return ["".join(piece() for _ in range(draw.randrange(30))) for _ in range(count)]


# What a reader sees


def test_likely_next_tokens_as_one_types(browser: Browser, tmp_path: Path):
    reference = open_model(browser, tmp_path, tiny_model(**SHAPE))
    browser.page.fill("#opening", "The cat")
    with torch.no_grad():
        logits = reference(torch.tensor([tiny_tokenizer().encode_ordinary("The cat")]))[0, -1]
    probability, token = (values.tolist() for values in logits.softmax(0).topk(8))
    share = browser.page.locator("#tokens .share")
    share.get_by_text(f"{100 * probability[0]:.1f} %", exact=True).first.wait_for()
    assert share.all_inner_texts() == [f"{100 * p:.1f} %" for p in probability]
    place = next(n for n, t in enumerate(token) if tiny_tokenizer().decode([t]).strip().isascii())
    browser.page.locator("#tokens button").nth(place).click()
    assert browser.page.input_value("#opening") == "The cat" + tiny_tokenizer().decode([token[place]])


def test_the_keyboard_writes_and_stops(browser: Browser, tmp_path: Path):
    open_model(browser, tmp_path, endless(MARKUP), tokenizer=marked_tokenizer())
    browser.page.fill("#count", "10000")
    browser.page.focus("#opening")
    browser.page.keyboard.press("Control+Enter")
    browser.page.wait_for_function("() => document.getElementById('text').textContent.length > 100")
    browser.page.keyboard.press("Escape")
    assert finished(browser).endswith("stopped.")
    assert browser.page.is_enabled("#write") and browser.page.is_disabled("#stop")


def test_what_looks_like_markup_stays_text(browser: Browser, tmp_path: Path):
    """Typed by the reader or written by the model."""
    open_model(browser, tmp_path, endless(MARKUP), tokenizer=marked_tokenizer())
    typed = "<img src=x onerror='window.reached = 1'><script>window.reached = 1</script>"
    browser.page.fill("#opening", typed)
    browser.page.fill("#count", "3")
    browser.page.click("#write")
    finished(browser)
    assert browser.page.text_content("#written") == typed + 3 * MARKUP
    assert browser.page.locator("#written b, #tokens b, main img, main script").count() == 0
    assert browser.page.evaluate("() => window.reached") is None


def marked_tokenizer() -> Tokenizer:
    """One with a token that is markup."""
    parts = [MARKUP[:n] for n in range(1, len(MARKUP) + 1)]
    merges = [f"{start} {MARKUP[len(start)]}" for start in parts[:-1]]
    assert set(MARKUP) <= set(byte_alphabet())
    return Tokenizer(tiny_definition(merges))


def endless(text: str) -> GPT:
    """A model that writes one token for ever."""
    tokenizer = marked_tokenizer()
    token = tokenizer.definition["model"]["vocab"][text]
    model = tiny_model(**SHAPE | {"vocab_size": tokenizer.n_vocab})
    with torch.no_grad():
        model.transformer.ln_f.weight.zero_()
        model.transformer.ln_f.bias.fill_(1)
        model.transformer.wte.weight[token] = 3
    return model


@pytest.mark.parametrize("reasoning", [False, True])
def test_a_model_that_answers(browser: Browser, tmp_path: Path, reasoning: bool):
    prompt_format = PromptFormat(reasoning)
    model = tiny_model(**SHAPE | {"block_size": 128})
    reference = open_model(browser, tmp_path, model, prompt_format=prompt_format)
    assert browser.page.inner_text("#notice") == NOTICE
    browser.page.fill("#opening", " Why? ")
    browser.page.fill("#temperature", "0")
    browser.page.fill("#count", "20")
    browser.page.press("#opening", "Control+Enter")
    finished(browser)
    answer = written(reference, prompt_format.prompt("Why?"), temperature=0, max_new_tokens=20).text
    shown = browser.page.text_content("#reasoning") + browser.page.text_content("#written")
    assert shown == answer


def test_it_fits_a_phone(browser: Browser):
    browser.open(browser.folder)
    browser.page.set_viewport_size({"width": 390, "height": 844})
    assert browser.page.evaluate("() => document.documentElement.scrollWidth") == 390
    heights = [box["height"] for box in map(lambda b: b.bounding_box(), browser.page.locator("button:visible").all())]
    assert min(heights) >= 44
    browser.page.set_viewport_size({"width": 1280, "height": 720})


# Without its host, and with less than all of it


def test_it_opens_without_its_host(browser: Browser, tmp_path: Path):
    reference = open_model(browser, tmp_path, tiny_model(**SHAPE))
    browser.wait_until_kept()
    browser.stop_serving()
    for name in ("", "index.html?from=home"):
        browser.page.goto(browser.url + name)
        assert browser.page.evaluate("() => slm.ready.then(() => 'loaded')") == "loaded"
    browser.load()
    ids = tiny_tokenizer().encode_ordinary(TEXT)
    assert tuple(browser.greedy(ids, 5)) == written(reference, TEXT, temperature=0, max_new_tokens=5).ids


@pytest.mark.parametrize("damage", [lambda content: content[:-100], lambda content: content[:-1] + b"\0"])
def test_damaged_weights_are_one_line_on_the_page(browser: Browser, tmp_path: Path, damage: Any):
    write_web(loaded(), tmp_path / "web")
    path = tmp_path / "web/weights.bin"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=r"weights\.bin is damaged: expected its \d+ bytes, \w+ came"):
        browser.open(tmp_path / "web")
    shown = browser.page.inner_text("#error")
    assert shown.startswith("weights.bin is damaged") and "\n" not in shown
    assert browser.page.is_disabled("#write") and browser.page.is_hidden("#progress")


def test_damaged_json_is_one_line_on_the_page(browser: Browser, tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    (tmp_path / "web/tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged: expected JSON"):
        browser.open(tmp_path / "web")


def test_a_file_that_was_not_uploaded_is_named(browser: Browser, tmp_path: Path):
    write_web(loaded(), tmp_path / "web")
    (tmp_path / "web/weights.bin").unlink()
    with pytest.raises(ModelError, match=r"weights\.bin did not come: the host answered 404\. Is the whole folder"):
        browser.open(tmp_path / "web")
    assert len(browser.console_errors) == 1 and "404" in browser.console_errors.pop()  # the browser's own line


# Without a browser


def test_without_chromium_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("playwright.sync_api", reason="the package playwright comes with the extra 'export'")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    message = r"needs the program chromium, found none of chromium, .*: apt-get install chromium"
    with pytest.raises(MissingExtra, match=message), Browser(tmp_path):
        pass


def test_without_playwright_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(MissingExtra, match=r"pip install 'slm-toolkit\[export\]'"), Browser(tmp_path):
        pass
