"""The notation of the sample texts: choices, rules, slots, articles."""

import random

import pytest

from slm.data.samples.grammar import Grammar, Slots, expand, join_lines, mend_articles


def every(grammar: Grammar, text: str, slots: Slots | None = None) -> set[str]:
    node, draw = grammar.compile(text), random.Random(0).random
    return {expand(node, draw, slots or Slots()) for _ in range(300)}


def test_choices_nest_and_may_be_empty():
    assert every(Grammar(), "a[| b[ c| d]]") == {"a", "a b c", "a b d"}


def test_rules_use_each_other_in_any_order_and_can_be_capitalised():
    grammar = Grammar("greeting = good <time>\ntime = day\n| night")
    assert every(grammar, "<Greeting>!") == {"Good day!", "Good night!"}


def test_a_slot_keeps_its_value_and_its_capital_form_follows():
    assert every(Grammar(), "{who} and {Who}", Slots(who="the owl")) == {"the owl and The owl"}


def test_an_unknown_slot_or_rule_is_an_error():
    with pytest.raises(KeyError):
        every(Grammar(), "{nobody}")
    with pytest.raises(KeyError):
        Grammar().compile("<nothing>")


@pytest.mark.parametrize("text", ["[a|b", "a]", "{open", "<rule", "a > b"])
def test_a_stray_bracket_is_an_error(text):
    with pytest.raises(AssertionError):
        Grammar().compile(text)


def test_lines_that_go_on_are_joined():
    assert join_lines("one = a\n  | b\n\ntwo = c") == ["one = a|b", "two = c"]


def test_articles():
    assert mend_articles("A owl saw a apple and a pear.") == "An owl saw an apple and a pear."
