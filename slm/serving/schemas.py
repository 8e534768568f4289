"""What a request may hold: OpenAI's fields that we do, ours beside them, and nothing else.

Strict: no number for a string, no unknown field. A field that OpenAI has and we do not is refused by its name. `null`
stands for a field that was not given, as with OpenAI.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from slm.generation.batch import GenerationConfig
from slm.serving.limits import Limits
from slm.serving.refusals import ApiError, invalid

LIMITS = Limits()  # bounds of single values stand in the schema, and do not differ between servers
DEFAULT_TOKENS = GenerationConfig().max_new_tokens
SYSTEM = "the models are trained on stories or questions, and know no instructions"
LARGEST_SEED = 2**63 - 1

UNSUPPORTED = {
    "audio": "the model writes text alone",
    "best_of": "ask for n texts and choose",
    "frequency_penalty": "only 0; see repetition_penalty",
    "function_call": "the model knows no tools",
    "functions": "the model knows no tools",
    "metadata": "nothing is stored",
    "modalities": "the model writes text alone",
    "parallel_tool_calls": "the model knows no tools",
    "prediction": "there is nothing to predict with",
    "presence_penalty": "only 0; see repetition_penalty",
    "reasoning_effort": "a model reasons as it was trained to",
    "response_format": "answers are plain text",
    "service_tier": "there is one tier",
    "store": "nothing is stored",
    "suffix": "the model goes on from a text, it does not fill in",
    "tool_choice": "the model knows no tools",
    "tools": "the model knows no tools",
    "user": "nothing is kept about people",
    "verbosity": "set max_tokens",
    "web_search_options": "nothing is fetched",
}

Id = Annotated[int, Field(ge=0, le=2**31 - 1)]
StopString = Annotated[str, Field(min_length=1, max_length=LIMITS.stop_characters)]
Bias = Annotated[float, Field(ge=-100, le=100)]
Nothing = Annotated[float, Field(ge=0, le=0)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class StreamOptions(Strict):
    include_usage: bool | None = Field(None, description="Send the usage in a chunk of its own, before [DONE].")


class Settings(Strict):
    """How to write; the same for completions and chat."""

    model: str | None = Field(
        None, max_length=200, description="A name that GET /v1/models lists; may be left out where there is one model."
    )
    max_tokens: int | None = Field(
        None, ge=1, le=LIMITS.max_tokens, description=f"Tokens to write at most; {DEFAULT_TOKENS} by default."
    )
    temperature: float | None = Field(
        None, ge=0, le=100, description="0 takes the likeliest token; 0.8 by default, and 0 for a tuned model's chat."
    )
    top_p: float | None = Field(None, gt=0, le=1, description="1 by default.")
    n: int | None = Field(None, ge=1, le=LIMITS.texts, description="Texts for each prompt; 1 by default.")
    seed: int | None = Field(
        None, ge=-LARGEST_SEED - 1, le=LARGEST_SEED,
        description="The same seed gives the same text as slm generate --seed; by default the server draws one and "
        "tells it.",
    )  # fmt: skip
    stop: StopString | Annotated[list[StopString], Field(max_length=LIMITS.stop_strings)] | None = Field(
        None, description="Strings, taken literally, before which the text ends."
    )
    stream: bool | None = Field(None, description="Send the text as it comes, as server-sent events.")
    stream_options: StreamOptions | None = None
    logit_bias: Annotated[dict[str, Bias], Field(max_length=LIMITS.logit_biases)] | None = Field(
        None, description="What is added to the logits of token ids."
    )
    frequency_penalty: Nothing | None = Field(None, description="Only 0.")
    presence_penalty: Nothing | None = Field(None, description="Only 0.")
    top_k: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Not OpenAI's. Only the k likeliest tokens; 0 for all; 50 by default."
    )
    min_p: float | None = Field(
        None, ge=0, le=1, description="Not OpenAI's. Only tokens so likely, as a share of the likeliest's probability."
    )
    repetition_penalty: float | None = Field(
        None, gt=0, le=100, description="Not OpenAI's. Over 1 makes what stands in the text already less likely."
    )
    continue_past_context: bool | None = Field(
        None, description="Not OpenAI's. At the end of the model's context go on from its last half."
    )

    @property
    def samples(self) -> int:
        return self.n or 1

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    def config(self, temperature: float, seed: int, max_tokens: int | None, logprobs: int | None) -> GenerationConfig:
        """The settings as `slm generate` has them; what was not given is as there."""
        given = {
            "temperature": self.temperature, "top_p": self.top_p, "top_k": self.top_k, "min_p": self.min_p,
            "repetition_penalty": self.repetition_penalty, "logit_bias": self.logit_bias, "seed": self.seed,
            "continue_past_context": self.continue_past_context, "max_new_tokens": max_tokens,
        }  # fmt: skip
        values = {name: value for name, value in given.items() if value is not None}
        defaults = {"temperature": temperature, "seed": seed, "log_probabilities": logprobs, "stop": self.stops}
        return GenerationConfig(**defaults | values)


class CompletionRequest(Settings):
    prompt: (
        str
        | Annotated[list[Id], Field(min_length=1)]
        | Annotated[list[str], Field(min_length=1, max_length=LIMITS.prompts)]
        | Annotated[list[Annotated[list[Id], Field(min_length=1)]], Field(min_length=1, max_length=LIMITS.prompts)]
    ) = Field(description="A text to go on from, or its token ids, or several of either; '' begins a document.")
    logprobs: int | None = Field(
        None, ge=0, le=LIMITS.logprobs, description="Tell each token's log-probability, and of so many in its place."
    )
    max_tokens: int | None = Field(
        None, ge=0, le=LIMITS.max_tokens,
        description=f"Tokens to write at most; {DEFAULT_TOKENS} by default. 0 with echo alone.",
    )  # fmt: skip
    echo: bool | None = Field(
        None, description="Put the prompt before the text; with logprobs tell those of its tokens too."
    )
    best_of: Literal[1] | None = Field(None, description="Only 1.")


class TextPart(Strict):
    type: Literal["text"]
    text: str


class Message(Strict):
    role: Literal["user", "assistant"] = Field(description=f"No other: {SYSTEM}.")
    content: str | Annotated[list[TextPart], Field(min_length=1, max_length=LIMITS.messages)]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class ChatRequest(Settings):
    messages: Annotated[list[Message], Field(min_length=1, max_length=LIMITS.messages)] = Field(
        description="A tuned model is asked in its own prompt format; a story model goes on from the last message."
    )
    max_completion_tokens: int | None = Field(
        None, ge=1, le=LIMITS.max_tokens, description="OpenAI's newer name of max_tokens."
    )
    logprobs: bool | None = Field(None, description="Tell each token's log-probability.")
    top_logprobs: int | None = Field(
        None, ge=0, le=LIMITS.logprobs, description="With logprobs: also those of so many likeliest in its place."
    )


def refusal_of(problems: list[dict[str, Any]]) -> ApiError:
    """The first of pydantic's problems in OpenAI's shape, what is not supported before all; names are quoted short."""
    problem = min(problems, key=lambda problem: not UNSUPPORTED.keys() & set(_places(problem)))
    places = _places(problem)
    name, where = "".join(places[:1])[:80], ".".join(places)[:200]
    if problem["type"] == "json_invalid":
        return invalid("the body is no JSON: send one object, in UTF-8", code="invalid_json")
    if not name:
        return invalid("expected a JSON object as body, with Content-Type: application/json", code="invalid_json")
    if name in UNSUPPORTED:
        return invalid(f"{name} is not supported: {UNSUPPORTED[name]}", name, "unsupported_parameter")
    if problem["type"] == "extra_forbidden":
        return invalid(f"{where!r} is no field of this request; /docs lists them", where, "unknown_parameter")
    if problem["type"] == "missing":
        return invalid(f"{where} is missing; /docs says what it is", name, "missing_parameter")
    if places[-1] == "role":
        return invalid(f"messages: only the roles user and assistant; {SYSTEM}", name, "unsupported_parameter")
    return invalid(f"{name}: {problem['msg'][:300]}; /docs says what it may be", name)


def _places(problem: dict[str, Any]) -> list[str]:
    """From the outermost field inwards; [] for the body itself."""
    return [str(place) for place in problem["loc"] if place not in ("body", "query", "path")]
