"""Text as it comes: whole characters, and stop strings that are never seen, however the text is cut into tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.generation.text_stream import TextStream


class Pieces:
    """A tokenizer whose token n is the n-th of some pieces of bytes."""

    def __init__(self, pieces: list[bytes]):
        self.pieces = pieces

    def decode_bytes(self, ids: list[int]) -> bytes:
        return b"".join(self.pieces[number] for number in ids)


def shown_by(pieces: list[bytes], stop: tuple[str, ...] = ()) -> tuple[list[str], bool]:
    """What is shown after each piece, and at the end; whether it stopped."""
    stream = TextStream(Pieces(pieces), stop)
    shown = [stream.push(number) for number in range(len(pieces))]
    return [*shown, stream.finish()], stream.stopped


def until_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    """The same by the definition: read on, character by character, until the text ends with a stop string."""
    for end in range(1, len(text) + 1):
        if found := [string for string in stop if text[:end].endswith(string)]:
            return text[: end - max(map(len, found))], True
    return text, False


@st.composite
def cut(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[bytes]]:
    """A text, and its bytes in pieces; some of them are empty."""
    text = draw(texts)
    content = text.encode()
    places = sorted(draw(st.lists(st.integers(0, len(content)), max_size=12)))
    return text, [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]


@given(cut(st.text(max_size=20)))
def test_all_that_is_whole_is_shown_at_once_and_never_half_a_character(text_and_pieces: tuple[str, list[bytes]]):
    text, pieces = text_and_pieces
    shown, stopped = shown_by(pieces)
    for number in range(len(pieces)):
        so_far = b"".join(pieces[: number + 1]).decode("utf-8", errors="ignore")
        assert "".join(shown[: number + 1]) == so_far
    assert "".join(shown) == text and not stopped


FEW = st.text("ab\U0001f642", max_size=12)
STOPS = st.lists(st.text("ab\U0001f642", min_size=1, max_size=4), min_size=1, max_size=3).map(tuple)


@given(cut(FEW), STOPS)
def test_a_text_ends_before_the_first_stop_string_however_it_is_cut(
    text_and_pieces: tuple[str, list[bytes]], stop: tuple[str, ...]
):
    text, pieces = text_and_pieces
    expected, stops = until_stop(text, stop)
    shown, stopped = shown_by(pieces, stop)
    assert ("".join(shown), stopped) == (expected, stops)
    assert all(expected.startswith("".join(shown[:number])) for number in range(len(shown)))


@pytest.mark.parametrize(("pieces", "shown"), [
    ([b"one ST", b"O", b"P two"], ["one ", "", "", ""]),  # over three tokens
    ([b"one ST", b"ART"], ["one ", "START", ""]),  # it was none: shown as soon as that is known
    ([b"one ST"], ["one ", "ST"]),  # the text ends within it
    ([b"one STOP two", b"three"], ["one ", "", ""]),  # nothing is shown after it
    ([b"SSTOP"], ["S", ""]),
])  # fmt: skip
def test_what_may_be_a_stop_string_is_held_back(pieces: list[bytes], shown: list[str]):
    assert shown_by(pieces, ("STOP",))[0] == shown


def test_stop_strings_are_literal():
    assert shown_by([b"a+b. ", b"a.b"], ("a.b",)) == (["a+b. ", "", ""], True)
    assert shown_by([b"a\\nb"], ("\n",)) == (["a\\nb", ""], False)


def test_a_character_that_never_ends_is_shown_as_unknown():
    assert shown_by([b"a\xf0\x9f"]) == (["a", "\ufffd"], False)
    assert "".join(shown_by([b"a\xf0\x9f", b"b\xffc"])[0]) == b"a\xf0\x9fb\xffc".decode("utf-8", errors="replace")
