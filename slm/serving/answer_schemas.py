"""The shapes of answers, for /docs and for the tests that hold answers against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Part):
    message: str
    type: str
    param: str | None
    code: str


class Error(Part):
    error: ErrorDetail


class Usage(Part):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionLogprobs(Part):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]


class TopLogprob(Part):
    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(TopLogprob):
    top_logprobs: list[TopLogprob]


class ChatLogprobs(Part):
    content: list[TokenLogprob]
    refusal: None


class CompletionChoice(Part):
    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: Literal["stop", "length"]


class AnswerMessage(Part):
    role: Literal["assistant"]
    content: str
    refusal: None


class ChatChoice(Part):
    index: int
    message: AnswerMessage
    logprobs: ChatLogprobs | None
    finish_reason: Literal["stop", "length"]


class AdviceSource(Part):
    name: str
    url: str


class Advice(Part):
    """What a domain's list advises where the question tells of an emergency: to be shown before the answer. `phrase`
    are the words that told of it, `pattern` what they fit in the list."""

    kind: str
    title: str
    advice: str
    phrase: str
    pattern: str
    sources: list[AdviceSource]


class Answer(Part):
    """`emergency`, `remark`, `notice`, `seed` and `cut` are not OpenAI's: signs of an emergency in the question; that
    they are not looked for in its language; what the reader of an answer has to know; the seed that was used;
    'deadline' where the server's deadline ended the text. A stream has the first three in its first event."""

    id: str
    created: int
    model: str
    system_fingerprint: str
    usage: Usage
    seed: int
    emergency: Advice | None = None
    remark: str = ""
    notice: str = ""
    cut: Literal["deadline"] | None = None


class Completion(Answer):
    object: Literal["text_completion"]
    choices: list[CompletionChoice]


class Quoted(Part):
    """A sentence, and where it stands: `passage[start:end]`, and the same characters of the whole document."""

    text: str
    start: int
    end: int
    document_start: int
    document_end: int


class Nearest(Part):
    title: str
    heading: str
    url: str
    source: str
    document: int
    position: int


class Citation(Nearest):
    """A passage that is quoted; `number` is the one in brackets behind its sentences in the text."""

    number: int
    passage: str
    quotes: list[Quoted]


class ChatCompletion(Answer):
    """`answered` and what follows it comes from `sources` alone: whether the sources answer the question, by
    `probability`, from `threshold` up; what is quoted; and where they do not answer, the passages that came nearest."""

    object: Literal["chat.completion"]
    choices: list[ChatChoice]
    answered: bool | None = None
    probability: float | None = None
    threshold: float | None = None
    citations: list[Citation] | None = None
    nearest: list[Nearest] | None = None


class Model(Part):
    """`loaded` is not OpenAI's: whether it is in memory; else it is loaded when it is asked."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["slm"]
    loaded: bool


class ModelList(Part):
    object: Literal["list"]
    data: list[Model]


class Table(Part):
    columns: list[str]
    rows: list[list[str]]
    caption: str


class Measured(Part):
    """A section of what `slm evaluate --suite` found of these weights, or of this state of the index."""

    title: str
    tables: list[Table]
    notes: list[str]


class ModelFacts(Part):
    name: str
    kind: Literal["stories", "answers", "sources"]
    engine: str
    bits: int
    size_bytes: int
    parameters: int | None
    context: int | None
    notice: str
    measured: list[Measured]
    loaded: bool


class ModelFactsList(Part):
    models: list[ModelFacts]


class Health(Part):
    status: Literal["ok"]


class Readiness(Part):
    status: Literal["ready"]


def responses(model: Any, *statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: 200 with `model`, and errors, which all have one shape."""
    refused = {status: {"model": Error, "description": DESCRIPTIONS[status]} for status in statuses}
    return {200: {"model": model, **more}, **refused}


DESCRIPTIONS = {
    400: "The request is not valid; `param` names the field.",
    401: "The API key is missing or wrong.",
    403: "The Host or Origin header is not one that is served.",
    404: "There is no such model.",
    413: "The body is larger than is taken.",
    429: "Too much is asked for at the moment; Retry-After says when to try again.",
    500: "The engine failed.",
    503: "The server is being stopped, or not ready.",
}
