"""An answer as a person reads it: what comes first, quotes with numbers, sources, or that there is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from slm.cli.passage_table import one_line
from slm.rag.answering import NOT_FOUND, Answer
from slm.rag.passages import Passage

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian"}


def print_answer(answer: Answer, languages: Sequence[str], written: str, model: Path | None) -> None:
    """Print all of an answer; `written` is what a model said by itself, '' for nothing."""
    console = Console(highlight=False, soft_wrap=True)
    head = answer.heading
    if head.emergency is not None:
        console.print(Text(head.emergency.advice, "bold"))
    for line in filter(None, (head.remark, head.notice)):
        console.print(Text(line))
    console.print()
    _print_quotes(console, answer) if answer.answered else _print_nearest(console, answer)
    if model is not None:
        console.print(Text("\nWritten by a model, not from the sources; it may be wrong in every word:", "bold"))
        said = written or "(nothing: where the sources have no answer, no model is asked)"
        console.print(Text("  " + one_line(said), "dim"))
    if languages:
        named = ", ".join(LANGUAGES.get(code, code) for code in languages)
        console.print(Text(f"\nSigns of an emergency are looked for in: {named}.", "dim"))


def _print_quotes(console: Console, answer: Answer) -> None:
    console.print(Text("In the words of the sources:"))
    last = 0
    for quote in answer.quotes:
        number = answer.number(quote)
        if number != last:
            console.print()
        last = number
        console.print(Text.assemble("  ", one_line(quote.text), (f" [{number}]", "bold cyan")))
    console.print(Text("\nSources"))
    for number, passage in enumerate(answer.sources, 1):
        console.print(Text.assemble("  ", (f"[{number}] ", "bold cyan"), _name(passage)))
        console.print(Text.assemble("      ", (one_line(passage.url or passage.source), "cyan"),
                                    (f"   characters {passage.start:,} to {passage.end:,}", "dim")))  # fmt: skip
    said = f"\nThat the sources answer this: {answer.probability:.0%} (from {answer.threshold:.0%} it is shown). "
    console.print(Text(said + "Open a source: the same command with --show 1", "dim"))


def _print_nearest(console: Console, answer: Answer) -> None:
    said = f"   That they answer this: {answer.probability:.0%}; from {answer.threshold:.0%} an answer is shown."
    console.print(Text.assemble((NOT_FOUND, "bold"), (said, "dim")))
    if answer.nearest:
        console.print(Text("The nearest, which need not have the answer:"))
    for passage in answer.nearest:
        console.print(Text.assemble("  - ", _name(passage), "   ", (one_line(passage.url or passage.source), "cyan")))


def print_source(answer: Answer, number: int) -> None:
    """One source: its passage as it stands, the quoted sentences in bold between angle quotes."""
    console = Console(highlight=False, soft_wrap=True)
    passage = answer.sources[number - 1]
    console.print(Text.assemble((f"[{number}] ", "bold cyan"), (_name(passage), "bold")))
    place = f"{one_line(passage.source)}, characters {passage.start:,} to {passage.end:,}\n"
    console.print(Text.assemble((one_line(passage.url), "cyan"), "\n" if passage.url else "", place))
    shown, place = Text(), 0
    for quote in (quote for quote in answer.quotes if quote.passage.id == passage.id):
        shown.append(_lines(passage.text[place : quote.start]))
        shown.append(f"»{_lines(quote.text)}«", "bold")
        place = quote.end
    console.print(shown.append(_lines(passage.text[place:])))


def _name(passage: Passage) -> str:
    heading = f" > {passage.heading}" if passage.heading not in ("", passage.title) else ""
    return one_line(passage.title + heading)


def _lines(text: str) -> str:
    """A text with its line ends, without what would steer a terminal."""
    return "\n".join(map(one_line, text.split("\n")))
