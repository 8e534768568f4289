"""Strings on which two tokenizers are likeliest to differ, drawn by a seed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

EMOJI = ("😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "❤️", "☺", "🫠", "1️⃣", "\U0001f9d1\U0001f3ff‍\U0001f680")
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|endoftext", "|>", "<s>", "</s>", "[INST]", "<unk>", "<|fim_middle|>")
CONTRACTIONS = ("don't", "I'll", "we've", "it's", "you're", "I'm", "he'd", "DON'T", "'S", "''s", "’s", "'")
SPACES = (" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\ufeff")
WORDS = ("the", "The", "Once", "hyperventilation", "x", "HTTP", "naïve", "straße", "Ελλάδα", "Москва", "שלום", "مرحبا")
RANGES = {
    "latin": (0x20, 0x24F), "combining": (0x300, 0x36F), "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F),
    "hebrew": (0x590, 0x5FF), "arabic": (0x600, 0x6FF), "devanagari": (0x900, 0x97F), "thai": (0xE00, 0xE7F),
    "hangul": (0xAC00, 0xD7A3), "kana": (0x3040, 0x30FF), "cjk": (0x4E00, 0x9FFF), "cjk_extension": (0x20000, 0x2A6DF),
    "symbols": (0x2000, 0x2BFF), "emoji": (0x1F300, 0x1FAFF), "mathematical": (0x1D400, 0x1D7FF),
    "private": (0xE000, 0xF8FF), "anything": (0x80, 0x10FFFF),
}  # fmt: skip


def hard_strings(count: int, seed: int = 0) -> list[str]:
    """`count` strings, the first of each kind in turn: the empty one, emoji, CJK, control characters, runs of spaces,
    line ends of all kinds, mixed scripts, combining marks, numbers, what looks like special tokens, words of all
    these."""
    generator = random.Random(seed)
    kinds: list[Callable[[random.Random], str]] = [
        _characters, _controls, _runs_of_spaces, _emoji, _special_looking, _numbers, _mixed, _combined, _words, _bytes,
    ]  # fmt: skip
    return ["", *(kinds[n % len(kinds)](generator) for n in range(count - 1))]


def _some(draw: random.Random, parts: tuple[str, ...], most: int = 8) -> str:
    return "".join(draw.choice(parts) for _ in range(draw.randint(1, most)))


def _characters(draw: random.Random) -> str:
    """Characters of one script, or of all of Unicode, also such as have no name yet."""
    first, last = draw.choice(list(RANGES.values()))
    drawn = (chr(draw.randint(first, last)) for _ in range(draw.randint(1, 20)))
    return "".join(character for character in drawn if unicodedata.category(character) != "Cs")


def _controls(draw: random.Random) -> str:
    return "".join(draw.choice((chr(draw.randint(0, 31)), "\x7f", "\x85", "a", " b", "\0")) for _ in range(12))


def _runs_of_spaces(draw: random.Random) -> str:
    parts = (draw.choice(SPACES) * draw.randint(1, 9) + draw.choice(("", *WORDS, "7", "!")) for _ in range(5))
    return "".join(parts)


def _emoji(draw: random.Random) -> str:
    return _some(draw, (*EMOJI, " ", "a", "\n"))


def _special_looking(draw: random.Random) -> str:
    return _some(draw, (*SPECIAL, *WORDS, " ", "\n"))


def _numbers(draw: random.Random) -> str:
    digits = "".join(draw.choice("0123456789٣५⅓²Ⅷ一") for _ in range(draw.randint(1, 9)))
    return _some(draw, (digits, " ", ".", ",", "-", "%", "a", "$"))


def _mixed(draw: random.Random) -> str:
    return "".join(_characters(draw)[:3] + draw.choice(("", " ", "-")) for _ in range(6))


def _combined(draw: random.Random) -> str:
    marks = "".join(chr(draw.randint(0x300, 0x36F)) for _ in range(draw.randint(1, 5)))
    return _some(draw, (*WORDS, "e" + marks, " " + marks, unicodedata.normalize("NFD", "Ångström"), "각", " "))


def _words(draw: random.Random) -> str:
    return _some(draw, (*WORDS, *CONTRACTIONS, *SPACES, ".", ",", "!?", "..."), 20)


def _bytes(draw: random.Random) -> str:
    """What a damaged file reads as."""
    return draw.randbytes(draw.randint(1, 20)).decode("utf-8", errors=draw.choice(("replace", "ignore")))
