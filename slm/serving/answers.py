"""From pieces of text to OpenAI's objects: choices, chunks, log-probabilities, usage."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from slm.data.tokenizer import Tokenizer
from slm.domain import Heading
from slm.generation.batch import LENGTH, Drawn, Piece
from slm.serving.ticket import Ticket

DONE = b"data: [DONE]\n\n"


@dataclass
class Echo:
    """A prompt that stands before its texts, and its tokens where they are told of."""

    text: str = ""
    drawn: Sequence[Drawn] = ()


@dataclass
class Choice:
    """One text, as far as it has been told. It hides its reasoning until `hides`, which the response begins behind."""

    index: int
    hides: str = ""
    echo: Echo = field(default_factory=Echo)
    text: str = ""
    stop: str = ""
    begun: bool = False
    _hidden: str = ""

    def add(self, pieces: Sequence[Piece]) -> str:
        """Take in what has come; the text of it that shows."""
        text = "".join(piece.text for piece in pieces)
        self.stop = pieces[-1].stop
        if self.hides:
            text = self._after_reasoning(text)
        if not self.begun:
            text = self.echo.text + text
        self.text += text
        return text

    def _after_reasoning(self, text: str) -> str:
        """As `PromptFormat.shown` does it, for a text that comes in pieces."""
        self._hidden += text
        _, marker, after = self._hidden.partition(self.hides)
        if marker and (after or self.stop):
            self.hides = ""
            return after or self._hidden
        return self._hidden if self.stop else ""

    @property
    def finish_reason(self) -> str | None:
        """OpenAI's word: 'stop' where the model ended or a stop string came, 'length' at a bound."""
        return None if not self.stop else "length" if self.stop == LENGTH else "stop"


class Shape(Protocol):
    """How one of the two APIs writes a choice, whole or in chunks."""

    whole: str
    chunk: str
    prefix: str

    def message(self, choice: Choice, logprobs: Any) -> dict[str, Any]: ...

    def deltas(self, choice: Choice, text: str, logprobs: Any) -> list[dict[str, Any]]: ...

    def logprobs(self, drawn: Sequence[Drawn], tokenizer: Tokenizer, offset: int) -> Any: ...


class CompletionShape:
    whole = chunk = "text_completion"
    prefix = "cmpl"

    def message(self, choice: Choice, logprobs: Any) -> dict[str, Any]:
        return self._choice(choice, choice.text, logprobs)

    def deltas(self, choice: Choice, text: str, logprobs: Any) -> list[dict[str, Any]]:
        return [self._choice(choice, text, logprobs)]

    def logprobs(self, drawn: Sequence[Drawn], tokenizer: Tokenizer, offset: int) -> dict[str, Any]:
        """Columns; `text_offset` counts characters of the text, as far as tokens are characters."""
        tokens = [token_text(tokenizer, each.token) for each in drawn]
        offsets = []
        for token in tokens:
            offsets.append(offset)
            offset += len(token)
        return {
            "tokens": tokens,
            "token_logprobs": [each.log_probability for each in drawn],
            "top_logprobs": [
                None if each.log_probability is None
                else {token_text(tokenizer, token): value for token, value in each.likeliest}
                for each in drawn
            ],
            "text_offset": offsets,
        }

    @staticmethod
    def _choice(choice: Choice, text: str, logprobs: Any) -> dict[str, Any]:
        return {"index": choice.index, "text": text, "logprobs": logprobs, "finish_reason": choice.finish_reason}


class ChatShape:
    whole, chunk = "chat.completion", "chat.completion.chunk"
    prefix = "chatcmpl"

    def message(self, choice: Choice, logprobs: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": choice.text, "refusal": None}
        return {
            "index": choice.index, "message": message, "logprobs": logprobs, "finish_reason": choice.finish_reason,
        }  # fmt: skip

    def deltas(self, choice: Choice, text: str, logprobs: Any) -> list[dict[str, Any]]:
        """The role first, then text, then the reason of the end in a delta of its own: as OpenAI does."""
        made = []
        if not choice.begun:
            made.append(self._delta(choice, {"role": "assistant", "content": "", "refusal": None}))
        if text or logprobs:
            made.append(self._delta(choice, {"content": text}, logprobs))
        if choice.stop:
            made.append(self._delta(choice, {}, reason=choice.finish_reason))
        return made

    def logprobs(self, drawn: Sequence[Drawn], tokenizer: Tokenizer, offset: int) -> dict[str, Any]:
        def told(token: int, value: float) -> dict[str, Any]:
            raw = tokenizer.decode_bytes([token])
            return {"token": token_text(tokenizer, token), "logprob": value, "bytes": list(raw)}

        content = [
            told(each.token, each.log_probability) | {"top_logprobs": [told(*pair) for pair in each.likeliest]}
            for each in drawn
        ]
        return {"content": content, "refusal": None}

    @staticmethod
    def _delta(choice: Choice, delta: dict[str, Any], logprobs: Any = None, reason: Any = None) -> dict[str, Any]:
        return {"index": choice.index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}


class Answer:
    """One answer, whole or in chunks."""

    def __init__(
        self, shape: Shape, ticket: Ticket, tokenizer: Tokenizer, model: str, fingerprint: str, heading: Heading,
        hides: str, echoes: Sequence[Echo] = (),
    ):  # fmt: skip
        self.shape, self.ticket, self.tokenizer = shape, ticket, tokenizer
        echoes = echoes or [Echo()] * len(ticket.prompts)
        self.choices = [Choice(index, hides, echoes[index // ticket.samples]) for index in range(ticket.texts)]
        self._drawn: list[list[Drawn]] = [[] for _ in self.choices]
        self._head = {
            "id": f"{shape.prefix}-{uuid.uuid4().hex}", "created": int(time.time()), "model": model,
            "system_fingerprint": fingerprint,
        }  # fmt: skip
        self._heading = heading.fields()  # once in an answer: in the first event of a stream

    def add(self, pieces: Sequence[tuple[int, Piece]]) -> list[dict[str, Any]]:
        """Take in what has come; the choices of the chunks that tell it."""
        by_text: dict[int, list[Piece]] = {}
        for number, piece in pieces:
            by_text.setdefault(number, []).append(piece)
        made = []
        for number, its in by_text.items():
            choice = self.choices[number]
            offset = len(choice.text)
            drawn = [p.drawn for p in its if p.drawn is not None and p.drawn.token != self.tokenizer.eot_token]
            if not choice.begun:
                drawn = [*choice.echo.drawn, *drawn]
            text = choice.add(its)
            self._drawn[number] += drawn
            if text or drawn or choice.stop or not choice.begun:
                made += self.shape.deltas(choice, text, self._logprobs(drawn, offset))
            choice.begun = True
        return made

    @property
    def may_end(self) -> bool:
        """Whether every text has come to its end."""
        return all(choice.stop for choice in self.choices)

    def whole(self) -> dict[str, Any]:
        choices = [self.shape.message(c, self._logprobs(self._drawn[c.index], 0)) for c in self.choices]
        return self._headed(self._object(self.shape.whole, choices)) | self._end

    def event(self, choice: dict[str, Any], usage: bool) -> bytes:
        """One server-sent event; the last ones of a stream carry what is known only then."""
        made = self._headed(self._object(self.shape.chunk, [choice]))
        return sse(made | self._end if usage else made)

    def usage_event(self) -> bytes:
        """OpenAI's chunk without choices."""
        return sse(self._headed(self._object(self.shape.chunk, [])) | self._end)

    @property
    def usage(self) -> dict[str, int]:
        prompt, completion = self.ticket.prompt_tokens, self.ticket.completion_tokens
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    @property
    def _end(self) -> dict[str, Any]:
        return {"usage": self.usage, "seed": self.ticket.config.seed, **self._cut}

    @property
    def _cut(self) -> dict[str, Any]:
        return {"cut": "deadline"} if self.ticket.cut else {}

    def _headed(self, made: dict[str, Any]) -> dict[str, Any]:
        """With what has to be read before the answer, the first time that it is asked for."""
        heading, self._heading = self._heading, {}
        return heading | made

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"object": kind, **self._head, "choices": choices}

    def _logprobs(self, drawn: Sequence[Drawn], offset: int) -> Any:
        if self.ticket.config.log_probabilities is None:
            return None
        return self.shape.logprobs(drawn, self.tokenizer, offset)


def sse(content: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n\n"


def token_text(tokenizer: Tokenizer, token: int) -> str:
    """The text of a token; of one that is no whole character its bytes, as OpenAI writes them."""
    raw = tokenizer.decode_bytes([token])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)
