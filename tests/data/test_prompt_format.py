"""The words around questions and answers, and the way back out of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.config_files import from_dict
from slm.data.prompt_format import PromptFormat
from slm.errors import ConfigError

RECORD = {"question": "What is flu?", "reasoning": "It is a virus.", "response": "An illness."}


def test_the_documented_format():
    plain = PromptFormat()
    assert plain.prompt("What is flu?") == "### Question:\nWhat is flu?\n### Response:\n"
    assert plain.response(RECORD) == "An illness."


def test_the_format_with_reasoning():
    reasoning = PromptFormat(reasoning=True)
    text = reasoning.prompt("What is flu?") + reasoning.response(RECORD)
    assert text == ("### Question:\nWhat is flu?\n### Reasoning:\nIt is a virus.\n### Response:\nAn illness.")


def test_reasoning_may_be_kept_in_the_response():
    kept = PromptFormat(reasoning="keep")
    assert kept.prompt("What is flu?") == PromptFormat().prompt("What is flu?")
    assert kept.response(RECORD) == kept.shown(kept.response(RECORD)) == "It is a virus.\n\nAn illness."
    assert kept.response(RECORD | {"reasoning": ""}) == "An illness."
    assert kept.chat_template() == PromptFormat().chat_template()


def test_older_folders_say_it_with_true_and_false():
    assert PromptFormat(reasoning=True) == PromptFormat("section") != PromptFormat("keep")
    assert PromptFormat(reasoning=False) == PromptFormat("drop") == PromptFormat()
    assert from_dict(PromptFormat, {"reasoning": True}, "slm.json") == PromptFormat("section")
    with pytest.raises(ConfigError, match="reasoning expects drop, keep, section, got 'think'"):
        PromptFormat("think")


@pytest.mark.parametrize("reasoning", ["drop", "keep", "section"])
@given(question=st.text().filter(str.strip))
def test_a_question_comes_back_out_of_its_prompt(reasoning: str, question: str):
    prompt_format = PromptFormat(reasoning)
    prompt = prompt_format.prompt(question)
    assert prompt_format.question(prompt) == question.strip()
    assert prompt_format.prompt(f"\n {question}\t") == prompt


@pytest.mark.parametrize("question", ["", " ", "\n\t "])
def test_an_empty_question_is_refused(question: str):
    with pytest.raises(ConfigError, match="expected a question, got empty text"):
        PromptFormat().prompt(question)


def test_only_the_response_is_shown():
    reasoning = PromptFormat(reasoning=True)
    assert reasoning.shown(reasoning.response(RECORD)) == "An illness."
    assert reasoning.shown("It thinks and never ends") == "It thinks and never ends"
    assert PromptFormat().shown("All of\n### Response:\nit") == "All of\n### Response:\nit"
