"""From what a request asks to prompts: their token ids, their texts, and the question that they ask."""

from __future__ import annotations

from typing import Any

from slm.data.tokenizer import Tokenizer
from slm.errors import SlmError
from slm.serving.limits import Limits
from slm.serving.models import Served
from slm.serving.refusals import invalid
from slm.serving.schemas import ChatRequest


def prompt_ids(prompt: Any, model: Served, limits: Limits) -> list[list[int]]:
    """Token ids of each prompt. Raises ApiError for what is too long, no Unicode or no id of this model."""
    several = _several(prompt)
    if sum(map(len, several)) > limits.prompt_characters:
        raise invalid(f"prompts may have {limits.prompt_characters:,} characters together", "prompt", "prompt_too_long")
    tokenizer = model.folder.tokenizer
    return [_encoded(one, tokenizer) if isinstance(one, str) else _known_ids(one, tokenizer) for one in several]


def prompt_texts(prompt: Any, model: Served) -> list[str]:
    """What stands in each prompt."""
    return [one if isinstance(one, str) else model.folder.tokenizer.decode(one) for one in _several(prompt)]


def _several(prompt: Any) -> list[Any]:
    return prompt if isinstance(prompt, list) and not isinstance(prompt[0], int) else [prompt]


def question_of(ids: list[int], model: Served) -> str:
    """A prompt without the headings of the model's format, as it was asked."""
    text = model.folder.tokenizer.decode(ids)
    return model.folder.prompt_format.question(text) if model.answers else text


def _encoded(prompt: str, tokenizer: Tokenizer) -> list[int]:
    try:
        return tokenizer.encode_ordinary(prompt) or [tokenizer.eot_token]
    except SlmError as error:
        raise invalid(f"prompt: {error}", "prompt") from None


def _known_ids(ids: list[int], tokenizer: Tokenizer) -> list[int]:
    if max(ids) >= tokenizer.n_vocab:
        raise invalid(f"prompt expects token ids from 0 to {tokenizer.n_vocab - 1}, got {max(ids)}", "prompt")
    return ids


def chat_prompt(asked: ChatRequest, model: Served) -> str:
    """A tuned model's own format, as its chat template writes it; of a story model the last message is the opening."""
    last = asked.messages[-1]
    if not model.answers:
        return last.text
    if last.role != "user":
        raise invalid("the last message has to be the user's question", "messages")
    written = model.folder.prompt_format.prompt
    try:
        return "".join(m.text if m.role == "assistant" else written(m.text) for m in asked.messages)
    except SlmError as error:
        raise invalid(f"messages: {error}", "messages") from None
