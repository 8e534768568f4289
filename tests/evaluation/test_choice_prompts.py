"""What the model is given: the words, what is scored of them, and what is cut."""

from __future__ import annotations

import pytest
from evaluation.choice_files import WORDS, item

from slm.data.prompt_format import PromptFormat
from slm.evaluation.choice_prompts import prompt_text, prompted


def test_a_plain_model_is_asked_in_plain_words() -> None:
    assert prompt_text(item(2), None) == ("Question: sat on a\nAnswer:", " ")
    assert prompt_text(item(0, context="A mat."), None) == ("Context: A mat.\nQuestion: the\nAnswer:", " ")


@pytest.mark.parametrize("reasoning", [False, True])
def test_a_tuned_model_is_asked_in_its_own_format(reasoning: bool) -> None:
    form = PromptFormat(reasoning)
    prompt, delimiter = prompt_text(item(1, context="A mat."), form)
    response = form.response({"reasoning": "", "response": "yes"})
    assert prompt + delimiter + "yes" == form.prompt("A mat.\n\ncat sat") + response
    assert delimiter == "\n" and prompt.endswith("### Response:")


def test_what_is_scored_is_the_option_with_the_space_before_it(tokenizer) -> None:
    made = prompted(item(1), tokenizer, 200)
    for option, ids in zip(item(1).options, made.ids, strict=True):
        assert tokenizer.decode(ids[: made.start]) == made.prompt
        assert tokenizer.decode(ids[made.start :]) == f" {option}"
    assert made.shared == made.start and not made.cut


def test_prompt_and_option_are_encoded_together(tokenizer) -> None:
    made = prompted(item(0), tokenizer, 200, PromptFormat())
    for option, ids in zip(made.item.options, made.ids, strict=True):
        assert list(ids) == tokenizer.encode_ordinary(f"{made.prompt}\n{option}")


@pytest.mark.parametrize("room", range(40, 90, 7))
def test_a_context_that_is_too_long_loses_its_first_words(tokenizer, room: int) -> None:
    context = " ".join(WORDS * 6)
    long = item(1, context=context)
    made = prompted(long, tokenizer, room)
    kept = made.prompt.removeprefix("Context: ").partition("\n")[0]
    assert made.cut and made.item is long and context.endswith(f" {kept}")
    assert made.prompt.endswith("\nQuestion: cat sat\nAnswer:")
    assert max(map(len, made.ids)) <= room + 1
    longer = item(1, context=" ".join(WORDS * 6).split()[-len(kept.split()) - 1] + " " + kept)
    assert max(map(len, prompted(longer, tokenizer, 1000).ids)) > room + 1, "one word more would have fitted"


def test_then_the_question_loses_its_first_words(tokenizer) -> None:
    whole = item(3, context="the mat")
    room = max(map(len, prompted(item(3), tokenizer, 1000).ids)) - 4
    made = prompted(whole, tokenizer, room)
    assert made.cut and "Context" not in made.prompt
    question = made.prompt.removeprefix("Question: ").removesuffix("\nAnswer:")
    assert whole.question.endswith(question) and question != whole.question
    assert prompted(whole, tokenizer, 5) is None


def test_a_fitting_item_is_not_cut_at_the_last_place(tokenizer) -> None:
    longest = max(map(len, prompted(item(2), tokenizer, 1000).ids))
    assert not prompted(item(2), tokenizer, longest - 1).cut  # the last token of an option is not fed
    assert prompted(item(2), tokenizer, longest - 2).cut
