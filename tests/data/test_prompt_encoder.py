"""The ids of short texts: those of the fast encoder, and when that one has to make them."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace

import pytest

from slm.data import prompt_encoder
from slm.data import tokenizer as tokenizer_module
from slm.data.prompt_encoder import LONG_WORD, PromptEncoder
from slm.data.tokenizer import Tokenizer
from slm.errors import DataError


@pytest.fixture
def prompts(gpt2: Tokenizer, monkeypatch) -> PromptEncoder:
    monkeypatch.setattr(prompt_encoder, "PATIENCE", 10**9)
    return PromptEncoder(gpt2.definition["model"]["vocab"])


def fuzzed_texts(count: int) -> list[str]:
    draw = random.Random(3)
    words = ["Once", " upon", "'s", "don't", "<|endoftext|>", "é", "語", "🙂", "  ", "\n", "\r\n", "12345", "...", "x="]
    planes = [(0, 0x7F), (0x80, 0x24F), (0x250, 0xD7FF), (0xE000, 0x10FFFF)]

    def piece() -> str:
        if draw.random() < 0.6:
            return draw.choice(words)
        return "".join(chr(draw.randint(*draw.choice(planes))) for _ in range(draw.randrange(1, 6)))

    return ["".join(piece() for _ in range(draw.randrange(30))) for _ in range(count)]


def test_the_ids_are_those_of_the_fast_encoder(prompts: PromptEncoder, gpt2: Tokenizer):
    texts = fuzzed_texts(1_000)
    for text, ids in zip(texts, gpt2.encode_batch(texts), strict=True):
        assert prompts.encode(text) == ids.tolist(), ascii(text)


def test_what_it_leaves_to_the_fast_encoder(prompts: PromptEncoder):
    assert prompts.encode("a" * LONG_WORD) and prompts.encode("a" * (LONG_WORD + 1)) is None
    assert prompts.encode("\ud800") is None


def test_a_prompt_does_not_make_the_fast_encoder_and_much_text_does(monkeypatch):
    made = []
    make = tokenizer_module.fastokens.Tokenizer.from_json_str
    counting = SimpleNamespace(from_json_str=lambda text: made.append(text) or make(text))
    monkeypatch.setattr(tokenizer_module, "fastokens", SimpleNamespace(Tokenizer=counting))
    text = json.dumps(tokenizer_module.gpt2_definition())
    tokenizer = Tokenizer(tokenizer_module.gpt2_definition(), "gpt2", text)
    assert tokenizer.encode_ordinary("Once upon a time") == [7454, 2402, 257, 640]
    assert not made
    with pytest.raises(DataError, match="lone surrogate"):
        tokenizer.encode_ordinary("a\ud800")
    for _ in range(1_000):
        assert tokenizer.encode_ordinary("Hello, world!") == [15496, 11, 995, 0]
    assert made == [text]
