"""When the events of a stream go out."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

from slm.domain import Heading
from slm.generation.batch import GenerationConfig, Piece
from slm.serving.answers import DONE, Answer, CompletionShape
from slm.serving.service import _events
from slm.serving.ticket import Ticket


def answer_of(tokenizer, samples: int = 1) -> Answer:
    ticket = Ticket("a", [[5, 6]], GenerationConfig(), samples, time.monotonic() + 60)
    return Answer(CompletionShape(), ticket, tokenizer, "m", "f", Heading(), hides="")


def test_what_is_not_the_end_goes_out_before_more_has_come(tokenizer, run_async):
    async def nothing_more() -> AsyncIterator:
        raise AssertionError("asked for more before the first was told")
        yield

    async def first() -> bytes:
        return await anext(_events(answer_of(tokenizer), [(0, Piece(0, "Once"))], nothing_more(), with_usage=False))

    assert json.loads(run_async(first()).removeprefix(b"data: "))["choices"][0]["text"] == "Once"


def test_the_usage_stands_in_the_last_event_with_text(tokenizer, run_async):
    pieces = [[(0, Piece(0, " upon")), (1, Piece(1, "b", "end"))], [(0, Piece(0, " a", "length"))]]

    async def coming() -> AsyncIterator:
        for some in pieces:
            yield some

    async def events() -> list[bytes]:
        whole = [part async for part in _events(answer_of(tokenizer, 2), [(0, Piece(0, "x"))], coming(), False)]
        return b"".join(whole).split(b"\n\n")[:-1]

    *told, last = run_async(events())
    chunks = [json.loads(each.removeprefix(b"data: ")) for each in told]
    assert last + b"\n\n" == DONE
    assert [("usage" in each) for each in chunks] == [False, False, False, True]
    assert "".join(c["text"] for each in chunks for c in each["choices"] if c["index"] == 0) == "x upon a"


def test_without_any_text_there_is_still_an_end(tokenizer, run_async):
    async def events() -> bytes:
        async def nothing() -> AsyncIterator:
            return
            yield

        only = [(0, Piece(0, "", "end"))]
        return b"".join([part async for part in _events(answer_of(tokenizer), only, nothing(), False)])

    assert b'"finish_reason":"stop"' in (whole := run_async(events())) and whole.endswith(DONE)
