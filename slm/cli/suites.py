"""The part of `slm evaluate` that runs a suite: find the model, measure, print the tables, keep them in the run."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from slm.cli.making import observing
from slm.cli.retrieval import opened
from slm.cli.sources import open_source
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.evaluation.answers import Encode
    from slm.evaluation.sections import Section
    from slm.suite import SuiteSettings


def evaluate_suite(
    model: str, name: str, data: list[str], settings: SuiteSettings, encoder: str, index: str, as_json: bool,
    runs: Path,
) -> None:  # fmt: skip
    """Run the suite called `name` and print what it found."""
    from slm.cli.console import say
    from slm.evaluation.sections import suite_path
    from slm.evaluation.suites import load_suite
    from slm.suite import keep, keep_beside, run_suite
    from slm.training.run_folder import run_of

    suite, encode = load_suite(name), _encoder(encoder)
    folder = open_source(model, runs)
    run = run_of(folder.path)
    with contextlib.ExitStack() as stack:
        retriever = stack.enter_context(opened(index)) if index else None
        observer = stack.enter_context(observing())
        outcome = run_suite(
            suite, folder, data, settings, observer, encode, retriever, done=lambda found: run and keep(found, run)
        )
        if retriever:
            keep_beside(outcome, suite, retriever)
    for line in outcome.missing:
        say(line)
    if as_json:
        print(json.dumps(outcome.as_dict(), indent=1))
    else:
        print_sections(outcome.sections)
    if run is None:
        say(f"{folder.path} is no run: the figures are kept nowhere; --json > FILE keeps them")
        return
    from slm.report.html import write_report

    say(f"kept in {suite_path(run.path, suite.name)} and in {write_report(run.path)}")


def print_sections(sections: dict[str, Section]) -> None:
    """The tables of a suite, each under its title, with its notes."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    for section in sections.values():
        out.print(f"\n[bold]{escape(section.title)}[/bold]", soft_wrap=True)
        for shown in section.tables:
            table = Table(box=None, pad_edge=False, caption=escape(shown.caption) or None)
            for number, column in enumerate(shown.columns):
                table.add_column(escape(column), justify="right" if number else "left", overflow="fold")
            for row in shown.rows:
                table.add_row(*map(escape, row))
            out.print(table)
        for note in section.notes:
            out.print(escape(note), style="dim")


def _encoder(folder: str) -> Encode | None:
    """The sentence encoder in a folder; None for ''."""
    if not folder:
        return None
    try:
        from slm.rag.encoder import TextEncoder
    except ImportError as error:
        raise ConfigError(f"--encoder needs slm's sentence encoder, which cannot be loaded here ({error})") from None
    return TextEncoder.load(Path(folder)).encode
