"""The index of a server: under the name `sources` it answers chat requests in the words of its documents.

No model has a part in it: sampling settings have no effect, and no tokens are counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
import uuid
from typing import Any

from slm.domain import heading
from slm.errors import NetworkError
from slm.evaluation.sections import PREFIX, measured
from slm.rag.answering import Answer, answer
from slm.rag.index_domain import domain_of
from slm.rag.places import Place
from slm.rag.retriever import Retriever
from slm.serving.answers import DONE, sse
from slm.serving.limits import Limits
from slm.serving.refusals import ApiError, invalid
from slm.serving.schemas import ChatRequest

NAME = "sources"


class Sources:
    """An index that was opened; asked in one thread at a time, while others wait."""

    name, loaded = NAME, True

    def __init__(self, index: Place, limits: Limits):
        self.retriever, self.limits = Retriever.open(index), limits
        self.domain = domain_of(self.retriever.store)
        self._lock, self._waiting = asyncio.Lock(), 0

    @property
    def fingerprint(self) -> str:
        """Which state of the index answers."""
        return f"slm-index-{self.retriever.stamp}"

    def facts(self) -> dict[str, Any]:
        """As a model tells of itself."""
        return {
            "name": NAME, "kind": "sources", "engine": "retrieval", "bits": 0,
            "size_bytes": 0, "parameters": None, "context": None, "notice": heading(self.domain, "").notice,
            "loaded": self.loaded, "measured": [], **self._facts_of_store(),
        }  # fmt: skip

    def _facts_of_store(self) -> dict[str, Any]:
        """What the store has to be asked for; nothing while it cannot be reached."""
        store = self.retriever.store
        with contextlib.suppress(NetworkError), store.beside(PREFIX) as folder:
            return {"size_bytes": store.size_bytes(), "measured": measured(folder, store.stamp)}
        return {}

    async def ask(self, asked: ChatRequest) -> Answer:
        """Raises ApiError for what sources cannot do, and where too many wait."""
        question = self._question(asked)
        told = "\n".join(message.text for message in reversed(asked.messages[:-1]) if message.role == "user")
        if refusal := self.refusal():
            raise refusal
        self._waiting += 1
        try:
            async with asyncio.timeout(self.limits.seconds), self._lock:
                return await asyncio.to_thread(answer, question, self.retriever, self.domain, told=told)
        except TimeoutError:
            message = "the sources had too much to do before the deadline"
            raise ApiError(429, "waited_too_long", message, None, 1) from None
        except NetworkError as error:
            print(error, file=sys.stderr)  # for whoever runs the server: clients need not know where it looks
            message = "the sources cannot be reached at the moment"
            raise ApiError(503, "sources_unreachable", message, None, 5) from None
        finally:
            self._waiting -= 1

    def refusal(self) -> ApiError | None:
        """Why no question can be taken now; None where one can."""
        if self._waiting < self.limits.queue:
            return None
        return ApiError(429, "queue_full", f"{self._waiting} questions wait for the sources", None, 1)

    def _question(self, asked: ChatRequest) -> str:
        last = asked.messages[-1]
        if last.role != "user" or not last.text.strip():
            raise invalid("the last message has to be the user's question", "messages")
        if sum(len(message.text) for message in asked.messages) > self.limits.prompt_characters:
            message = f"messages may have {self.limits.prompt_characters:,} characters together"
            raise invalid(message, "messages", "prompt_too_long")
        if asked.samples > 1:
            raise invalid(f"{NAME} has one answer to a question; n may be 1", "n", "unsupported_parameter")
        if asked.logprobs or asked.top_logprobs is not None:
            raise invalid(f"{NAME} quotes, it draws no tokens", "logprobs", "unsupported_parameter")
        if asked.stream_options is not None and not asked.stream:
            raise invalid("stream_options is for stream: true", "stream_options")
        return last.text

    def close(self) -> None:
        self.retriever.close()


def whole(found: Answer, fingerprint: str) -> dict[str, Any]:
    """The answer as a chat completion."""
    message = {"role": "assistant", "content": found.text(), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _headed(found) | _object("chat.completion", fingerprint) | {"choices": [choice]} | _end()


def events(found: Answer, fingerprint: str, usage_apart: bool) -> bytes:
    """The answer as a stream whose events are there at once: role, text, end."""
    head = _object("chat.completion.chunk", fingerprint)

    def event(delta: dict[str, Any], reason: str | None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return sse({**more, **head, "choices": [choice]})

    begun = event({"role": "assistant", "content": "", "refusal": None}, None, **_headed(found))
    ended = event({}, "stop", **({} if usage_apart else _end()))
    usage = sse({**head, "choices": [], **_end()}) if usage_apart else b""
    return begun + event({"content": found.text()}, None) + ended + usage + DONE


def _object(kind: str, fingerprint: str) -> dict[str, Any]:
    return {"object": kind, "id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": NAME,
            "system_fingerprint": fingerprint}  # fmt: skip


def _headed(found: Answer) -> dict[str, Any]:
    fields = found.fields()
    kept = ("answered", "probability", "threshold", "citations", "nearest")
    return json.loads(json.dumps({**found.heading.fields(), **{name: fields[name] for name in kept}}))


def _end() -> dict[str, Any]:
    return {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "seed": 0}
