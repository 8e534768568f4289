"""How a multiple-choice question is put to a model: the text before an option, and the token ids of both.

A plain model sees "Context: ... Question: ... Answer:" and each option after a space; a tuned model its own prompt
format and each option as the response. The options do not stand in the prompt: each is scored as the answer's own
words. White space at the end of the prompt belongs to what is scored, and prompt and option are encoded together, both
as EleutherAI's lm-eval does it. Without torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.evaluation.choice_items import ChoiceItem


@dataclass(frozen=True)
class Prompted:
    """An item as a model gets it: `prompt`, then `delimiter` and an option.

    `ids` are those of prompt and option, for each option; what stands from `start` on is scored. The first `shared` ids
    are the same for all options. `cut`: words at the left were left out so that it fits.
    """

    item: ChoiceItem
    prompt: str
    delimiter: str
    ids: tuple[tuple[int, ...], ...]
    start: int
    shared: int
    cut: bool = False


def prompted(
    item: ChoiceItem, tokenizer: Tokenizer, context: int, prompt_format: PromptFormat | None = None
) -> Prompted | None:
    """The item for a model that sees `context` tokens; None where not even its last word would fit.

    Where it is too long, words are left out at the left: of the item's context first, then of its question. All
    options see the same rest.
    """
    whole = _encoded(item, tokenizer, prompt_format)
    if _fits(whole, context):
        return whole
    longest = max(len(ids) - whole.start for ids in whole.ids)
    room = context + 1 - longest  # the last token of an option is not fed
    for shorter in (_cuts(item, "context") if item.context else (), _cuts(replace(item, context=""), "question")):
        first = _first_that_fits(shorter, tokenizer, room, prompt_format)
        for candidate in shorter[first:]:
            found = _encoded(candidate, tokenizer, prompt_format)
            if _fits(found, context):
                return replace(found, item=item, cut=True)
    return None


def prompt_text(item: ChoiceItem, prompt_format: PromptFormat | None) -> tuple[str, str]:
    """(prompt, delimiter): what stands before each option."""
    if prompt_format is None:
        context = f"Context: {item.context}\n" if item.context else ""
        return f"{context}Question: {item.question}\nAnswer:", " "
    asked = f"{item.context}\n\n{item.question}" if item.context else item.question
    text = prompt_format.prompt(asked) + prompt_format.response({"reasoning": "", "response": ""})
    prompt = text.rstrip()
    return prompt, text[len(prompt) :] or " "


def _encoded(item: ChoiceItem, tokenizer: Tokenizer, prompt_format: PromptFormat | None) -> Prompted:
    prompt, delimiter = prompt_text(item, prompt_format)
    first, *rest = tokenizer.encode_batch([prompt, *(f"{prompt}{delimiter}{option}" for option in item.options)])
    ids = tuple(tuple(option.tolist()) for option in rest)
    shared = 0
    while shared < len(first) and all(len(option) > shared and option[shared] == ids[0][shared] for option in ids):
        shared += 1
    return Prompted(item, prompt, delimiter, ids, len(first), shared)


def _fits(found: Prompted, context: int) -> bool:
    return max(map(len, found.ids)) <= context + 1


def _cuts(item: ChoiceItem, field: str) -> list[ChoiceItem]:
    """The item with ever fewer words at the left of a field, down to one."""
    text = getattr(item, field)
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    return [replace(item, **{field: text[start:]}) for start in starts[1:]]


def _first_that_fits(
    candidates: list[ChoiceItem], tokenizer: Tokenizer, room: int, prompt_format: PromptFormat | None
) -> int:
    """The place of the longest candidate whose prompt takes at most `room` tokens, by halving."""
    low, high = 0, len(candidates)
    while low < high:
        middle = (low + high) // 2
        if len(tokenizer.encode_ordinary(prompt_text(candidates[middle], prompt_format)[0])) <= room:
            high = middle
        else:
            low = middle + 1
    return low
