"""Small grammars for text: choices written as plain lines, compiled once, expanded with seeded draws.

Knows nothing about stories or medicine. The notation:

    [a|b|c]   one of these, drawn afresh; nests, and an empty choice is allowed
    <rule>    a rule of the grammar, drawn afresh; <Rule> with its first letter capitalised
    {slot}    a value that stays the same for the whole text; {Slot} with its first letter capitalised
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Slot(NamedTuple):
    """A place for a value that the text's slots hold."""

    name: str


class Capital(NamedTuple):
    """A node whose text starts with a capital letter."""

    node: Node


class Choice(tuple):
    """Nodes of which one is drawn, each as likely as the others."""


Node = str | list | Slot | Capital | Choice
TOKEN = re.compile(r"[\[\]|]|<[A-Za-z_]+>|\{[A-Za-z_]+\}|[^\[\]|<>{}]+")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])")


class Slots(dict):
    """Values by name; a name with a capital first letter gives the value with a capital first letter."""

    def __missing__(self, name: str) -> str:
        if name[0].islower():
            raise KeyError(name)
        return capitalise(self[name[0].lower() + name[1:]])


def capitalise(text: str) -> str:
    """`text` with its first letter as a capital, the rest as it was."""
    return text[:1].upper() + text[1:]


def expand(node: Node, draw: Callable[[], float], slots: Slots) -> str:
    """Write `node` out; `draw` gives uniform floats in [0, 1)."""
    kind = type(node)
    if kind is str:
        return node
    if kind is list:
        return "".join([expand(part, draw, slots) for part in node])
    if kind is Choice:
        return expand(node[int(draw() * len(node))], draw, slots)
    if kind is Slot:
        return slots[node.name]
    return capitalise(expand(node.node, draw, slots))


def mend_articles(text: str) -> str:
    """Turn 'a apple' into 'an apple'; the tables hold no word whose sound and first letter disagree."""
    return ARTICLE.sub(r"\1n ", text)


class Grammar:
    """Named rules, each `name = choice|choice`, a line that starts with '|' going on with the one above."""

    def __init__(self, *texts: str):
        """Read the rules of all `texts`; a rule given twice keeps its last form."""
        self.sources = {}
        for line in join_lines("\n".join(texts)):
            name, equals, source = line.partition(" = ")
            assert equals, f"expected 'name = choices', got {line!r}"
            self.sources[name] = source
        self.compiled: dict[str, Node] = {}

    def rule(self, name: str) -> Node:
        """The compiled rule `name`; rules may use each other in any order, but not in a circle."""
        if name not in self.compiled:
            self.compiled[name] = self.compile(self.sources[name])
        return self.compiled[name]

    def compile(self, text: str) -> Node:
        """Parse one line of choices into a node."""
        tokens = TOKEN.findall(text)
        assert "".join(tokens) == text, f"stray bracket in {text!r}"
        node, rest = self._choices(tokens, 0)
        assert rest == len(tokens), f"unmatched ']' in {text!r}"
        return node

    def _choices(self, tokens: list[str], at: int) -> tuple[Node, int]:
        choices: list[list[Node]] = [[]]
        while at < len(tokens) and tokens[at] != "]":
            token = tokens[at]
            at += 1
            if token == "|":
                choices.append([])
            elif token == "[":
                node, at = self._choices(tokens, at)
                assert at < len(tokens), f"unmatched '[' in {''.join(tokens)!r}"
                at += 1
                choices[-1].append(node)
            else:
                choices[-1].append(self._leaf(token))
        nodes = [_sequence(parts) for parts in choices]
        return (nodes[0] if len(nodes) == 1 else Choice(nodes)), at

    def _leaf(self, token: str) -> Node:
        name = token[1:-1]
        if token[0] == "{":
            return Slot(name)
        if token[0] == "<":
            return self.rule(name) if name[0].islower() else Capital(self.rule(name[0].lower() + name[1:]))
        return token


def join_lines(text: str) -> list[str]:
    """The lines of `text` that are not blank, each joined with the lines below it that start with '|'."""
    joined: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("|"):
            joined[-1] += "|" + line[1:].strip()
        else:
            joined.append(line)
    return joined


def _sequence(parts: list[Node]) -> Node:
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else parts
