"""Ranked passages as a person reads them: place, score, title, address, and the part with the words asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from slm.rag.retriever import Hit
from slm.rag.terms import question_terms

SNIPPET = 280  # characters
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_WORD = re.compile(r"\w+")


def print_hits(hits: Sequence[Hit], words: Collection[str], languages: Sequence[str]) -> None:
    """Print hits, the best first; `words` are the terms of the question, shown bold where they stand."""
    console = Console(highlight=False, soft_wrap=True)
    for place, hit in enumerate(hits, 1):
        passage = hit.passage
        ranks = ", ".join(f"{name} {rank} ({hit.scores[name]:.2f})" for name, rank in hit.ranks.items())
        heading = f" > {passage.heading}" if passage.heading not in ("", passage.title) else ""
        console.print(Text.assemble(f"{place:>2}. ", (one_line(passage.title + heading), "bold"),
                                    (f"   {hit.score:.4f}: {ranks}", "dim")))  # fmt: skip
        console.print(Text.assemble("    ", (one_line(passage.url or passage.source), "cyan"),
                                    (f"   characters {passage.start:,} to {passage.end:,}", "dim")))  # fmt: skip
        console.print(Text.assemble("    ", *snippet(passage.text, words, languages)))
        console.print()


def snippet(text: str, words: Collection[str], languages: Sequence[str]) -> list[tuple[str, str]]:
    """(piece, style) of the stretch of `text` that has most of the words, those words bold."""
    matches = [match.span() for match in _WORD.finditer(text) if set(question_terms(match[0], languages)) & set(words)]
    start = max((first for first, _ in matches), key=lambda first: _within(matches, first), default=0)
    start = text.rfind(" ", 0, max(0, start - 40)) + 1 if start > 60 else 0
    end = min(len(text), start + SNIPPET)
    pieces, place = [("... " if start else "", "")], start
    for first, last in matches:
        if start <= first and last <= end:
            pieces += [(one_line(text[place:first]), ""), (text[first:last], "bold")]
            place = last
    return [*pieces, (one_line(text[place:end]), ""), (" ..." if end < len(text) else "", "")]


def _within(matches: list[tuple[int, int]], first: int) -> int:
    return sum(first <= begin < first + SNIPPET - 40 for begin, _ in matches)


def one_line(text: str) -> str:
    """`text` without line ends and without what would steer a terminal."""
    return _CONTROL.sub(" ", text)
