"""Sections of the page that only a tuning has: what was tried before it, and how its answers end."""

from __future__ import annotations

from slm.report import charts, wording
from slm.report.markup import Markup, el, group
from slm.report.run_record import FINETUNING, Report, Trial
from slm.report.training_sections import scrolling, section


def trials_section(report: Report) -> Markup | None:
    """The pilots of a search, as a table; None where there was none."""
    trials = report.run.trials
    if not trials:
        return None
    names = ("Learning rate", "Steps", "Epochs", "Replay", "Validation loss", "Base loss", "Time")
    head = el("tr", (el("th", name, scope="col") for name in names))
    table = el("table", el("thead", head), el("tbody", map(_trial_row, trials)), class_="numbers")
    hint = el(
        "p",
        "Short pilots from the same start, each with its whole schedule, judged by the same validation records. ",
        "What the run itself was made with stands under what was trained on what.",
        class_="hint",
    )
    return section("trials", "What was tried first", hint, scrolling(table, "Pilots of the search"))


def _trial_row(trial: Trial) -> Markup:
    rise = wording.UNKNOWN if trial.base_rise is None else f"{wording.signed(100 * trial.base_rise, 1)}{wording.NBSP}%"
    cells = (
        wording.count(trial.steps),
        wording.decimal(trial.epochs, 1),
        wording.percent(trial.replay_share, 0),
        wording.decimal(trial.validation_loss, 4) if trial.validation_loss is not None else "diverged",
        rise,
        wording.duration(trial.seconds),
    )
    rate = wording.UNKNOWN if trial.learning_rate is None else wording.rate(trial.learning_rate)
    return el("tr", el("th", rate, scope="row"), (el("td", cell) for cell in cells))


def endings_section(report: Report) -> Markup | None:
    """Whether the model ends its answers, and whether it goes round in circles; None where it was not measured."""
    found = report.run.endings
    if report.run.stage != FINETUNING or found is None:
        return None
    ended, repeating = wording.percent(found.ended, 0), wording.percent(found.repeating, 0)
    text = el(
        "p",
        el("b", ended, class_="big"),
        f" of {wording.count(found.answers)} answers to validation questions ended by themselves within ",
        f"{wording.count(found.max_new_tokens)} tokens; ",
        el("b", repeating),
        " repeat themselves: a stretch of tokens stands three times in a row, twelve tokens at least in all. ",
        f"Of the reference answers {wording.percent(found.references_repeating, 0)} do. Written by {found.engine}.",
    )
    bars = [
        charts.bar(share, f"{wording.percent(share, 0)} {what}")
        for share, what in ((found.ended, "ended by themselves"), (found.repeating, "repeat themselves"))
        if share is not None
    ]
    return section("endings", "How answers end", text, group(bars))
