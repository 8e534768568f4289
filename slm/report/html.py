"""`report.html`: one page about a run and what it came from, in one file that needs no network.

Puts the sections together; what they say stands in the `*_sections` modules, how they look in page.css.
"""

from __future__ import annotations

import base64
import hashlib
import statistics
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from slm import atomic_write
from slm.errors import DataError
from slm.report import wording
from slm.report.collect import collect
from slm.report.markup import Markup, el, group
from slm.report.record_sections import again_section, claims_section, record_section
from slm.report.result_sections import (
    answers_section,
    evaluation_section,
    forgotten_section,
    headline,
    memorisation_section,
)
from slm.report.run_record import FINETUNING, Comparison, Report, Stage
from slm.report.suite_section import audit_section, suite_section
from slm.report.training_sections import curves_section, setup_section, sources, stories_section
from slm.report.tuning_sections import endings_section, trials_section

STATES = {
    "running": "Marked as running: at step {place} when this page was written",
    "interrupted": "Interrupted at step {place}: its process is gone",
    "stopped": "Stopped at step {place}",
    "failed": "Failed at step {place}",
}


def write_report(run: Path) -> Path:
    """Write the run's `report.html` and return its path.

    Raises `DataError` where `run` is no run folder or the page cannot be written; an old page stays whole.
    """
    path = Path(run) / "report.html"
    page = render(collect(run))
    try:
        atomic_write.write_text(path, page)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): free space or check permissions") from None
    return path


def render(report: Report) -> str:
    """The whole page as a string."""
    sections = [
        setup_section(report),
        trials_section(report),
        curves_section(report),
        stories_section(report),
        answers_section(report),
        endings_section(report),
        evaluation_section(report),
        forgotten_section(report),
        memorisation_section(report),
        suite_section(report),
        audit_section(report),
        record_section(report),
        again_section(report),
        claims_section(report),
    ]
    body = el("body", _header(report), el("main", sections), el("script", _own_file("page.js")))
    return "<!doctype html>\n" + el("html", _head(report), body, lang="en") + "\n"


def _head(report: Report) -> Markup:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=content_policy()),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{report.run.name}: training report"),
        el("style", _own_file("page.css")),
    )


def content_policy() -> str:
    """Nothing may be loaded, only our own style and script may act: markup that slipped in stays inert."""
    style, script = (_fingerprint(_own_file(name)) for name in ("page.css", "page.js"))
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _own_file(name: str) -> Markup:
    """A file of this package, which is trusted as it is."""
    return Markup(resources.files("slm.report").joinpath(name).read_text(encoding="utf-8"))


def _header(report: Report) -> Markup:
    return el(
        "header",
        el("p", "slm training report", class_="kicker"),
        el("h1", report.run.name),
        el("p", _badges(report), class_="badges"),
        el("p", _statement(report), class_="statement"),
        _state_line(report.run),
        el("dl", _scores(report), class_="figures scores"),
        el("dl", _key_figures(report), class_="figures"),
    )


def _badges(report: Report) -> Iterable[Markup]:
    yield el("span", report.run.state, class_=f"badge {'done' if report.run.state == 'finished' else 'open'}")
    yield group(" ")
    if report.synthetic:
        yield el("span", "synthetic data", class_="badge synthetic")


def _statement(report: Report) -> Markup:
    """One sentence: what was trained on what, for how long."""
    first, *others = report.stages
    size = f" with {wording.large(first.parameters)} parameters" if first.parameters else ""
    verb = "fine-tuned" if first.stage == FINETUNING else "trained from random weights"
    if first.parent is not None:
        verb = f"{verb.split()[0]} from {first.parent.run or first.parent.model or 'another model'}"
    parts = [f"A {wording.architecture(first.recipe)} language model{size}, {verb} on ", _trained_on(first)]
    for stage in others:
        parts += [
            ", then ",
            "fine-tuned" if stage.stage == FINETUNING else "trained further",
            " on ",
            _trained_on(stage),
        ]
    return group(parts, ".")


def _trained_on(stage: Stage) -> Markup:
    size, seconds = stage.data.get("train_bytes"), stage.training_seconds
    amount = f"{wording.size(size)} of " if isinstance(size, int) else ""
    names = [wording.source(name) for name in stage.sources]
    return group(amount, sources(names), f" for {wording.duration(seconds)}" if seconds else None)


def _state_line(run: Stage) -> Markup | None:
    if run.state not in STATES:
        return None
    place = wording.count(run.metrics.last_step)
    if run.planned_steps:
        place += f" of {wording.count(run.planned_steps)}"
    line = STATES[run.state].format(place=place)
    return el("p", f"{line}: {run.message}" if run.message else f"{line}.", class_="state", role="note")


def _scores(report: Report) -> list[Markup]:
    return [_figure(f"Bits per byte: {title}", _before_after(pair), _within(pair)) for title, pair in headline(report)]


def _key_figures(report: Report) -> Iterable[Markup]:
    yield _figure("Parameters", wording.large(report.run.parameters))
    yield _summed(report, "Tokens seen", "tokens_seen", wording.large)
    yield _summed(report, "Time in training", "training_seconds", wording.duration)
    yield _figure("Speed", _speed(report), "tokens per second, median step")


def _figure(name: str, value: Any, note: Any = None) -> Markup:
    return el("div", el("dt", name), el("dd", value), el("dd", note, class_="note") if note else None)


def _before_after(pair: Comparison) -> Markup:
    if pair.before is None or pair.after is None:
        side = pair.after or pair.before
        return group(wording.decimal(side.bits_per_byte), " before training" if pair.after is None else None)
    before = el("span", wording.decimal(pair.before.bits_per_byte), class_="was")
    return group(before, " → ", el("b", wording.decimal(pair.after.bits_per_byte)))


def _within(pair: Comparison) -> str | None:
    interval = pair.after and pair.after.interval
    return f"95 % interval {interval[0]:.3f} to {interval[1]:.3f}" if interval else None


def _summed(report: Report, name: str, attribute: str, words: Any) -> Markup:
    """The sum over the stages, with its parts where there are several."""
    parts = [getattr(stage, attribute) for stage in report.stages]
    known = [part for part in parts if part is not None]
    note = " + ".join(map(words, parts)) if len(parts) > 1 else None
    return _figure(name, words(sum(known)) if known else wording.UNKNOWN, note)


def _speed(report: Report) -> str:
    """Tokens per second of each stage's median step."""
    paces = [[s.tokens_per_second for s in stage.metrics.steps if s.tokens_per_second] for stage in report.stages]
    return ", ".join(wording.count(statistics.median(pace)) for pace in paces if pace) or wording.UNKNOWN
