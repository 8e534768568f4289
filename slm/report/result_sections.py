"""Sections of the page about the results: answers, evaluation, what was forgotten, what was learned by heart.

They show figures that others have computed, and compute none but differences.
"""

from __future__ import annotations

from collections.abc import Sequence

from slm.report import charts, wording
from slm.report.markup import Markup, el, group
from slm.report.run_record import (
    FINETUNING,
    Answers,
    Comparison,
    Continuation,
    Report,
    Result,
    Samples,
    Stage,
)
from slm.report.training_sections import notice, scrolling, section, stage_heading, story

SHORT_REFERENCE = 420


def answers_section(report: Report) -> Markup | None:
    """The questions with the answers before and after fine-tuning side by side; None for a pretraining."""
    run = report.run
    if run.stage != FINETUNING and not run.answers:
        return None
    if not run.answers:
        empty = el("p", "No answers have been written yet.", class_="empty")
        return section("answers", "Questions and answers", empty)
    return section("answers", "Questions and answers", notice(run), map(_exchange, run.answers))


def _exchange(item: Answers) -> Markup:
    sides = (("Before fine-tuning", item.before, "before"), ("After fine-tuning", item.after, "after"))
    return el(
        "article",
        el("h3", item.question, class_="question", dir="auto"),
        el("div", (_answer(*side) for side in sides), class_="sides"),
        _reference(item.reference),
    )


def _answer(title: str, said: Continuation | None, kind: str) -> Markup:
    if said is None:
        body = el("p", "Not written yet.", class_="empty")
    elif not said.text.strip():
        body = el("p", "Nothing but blank lines.", class_="empty")
    else:
        body = story(Continuation("", said.text.strip(), said.stop))
    return el("div", el("h4", title), body, class_=f"side {kind}")


def _reference(reference: str | None) -> Markup | None:
    if not reference:
        return None
    text = el("div", reference, class_="reference", dir="auto")
    opened = len(reference) <= SHORT_REFERENCE
    return el("details", el("summary", "The reference answer in the data"), text, open=opened)


def evaluation_section(report: Report) -> Markup:
    """Every figure of every stage's evaluation: drawn, and as a table."""
    stages = [stage for stage in report.stages if stage.results]
    if not stages:
        return section("evaluation", "Evaluation", el("p", "No evaluation has been made yet.", class_="empty"))
    hint = el(
        "p",
        "Bits per byte: how many bits the model needs for a byte of text it has not seen; lower is better. ",
        "Whiskers are 95 % intervals from resampling the documents.",
        class_="hint",
    )
    legend = el(
        "ul",
        el("li", el("span", class_="key ring"), "before"),
        el("li", el("span", class_="key dot"), "after"),
        class_="legend",
    )
    return section("evaluation", "Evaluation", hint, legend, (_stage_results(report, stage) for stage in stages))


def _stage_results(report: Report, stage: Stage) -> Markup:
    names = (
        "Text",
        "Bits per byte",
        "95 % interval",
        "Loss",
        "Perplexity",
        "Documents",
        "Tokens",
        "Bytes",
        "Time",
    )
    head = el("tr", (el("th", name, scope="col") for name in names))
    table = el("table", el("thead", head), el("tbody", map(_result_row, stage.results)), class_="numbers results")
    label = f"Evaluation of {stage.name}"
    return group(stage_heading(report, stage), charts.intervals(stage.comparisons()), scrolling(table, label))


def _result_row(result: Result) -> Markup:
    title = group(charts.named(result), ", ", result.moment)
    detail = ", ".join(part for part in (result.data, result.split, result.scored) if part)
    low, high = result.interval or (None, None)
    documents = group(wording.count(result.documents), _out_of(result))
    cells = (
        wording.decimal(result.bits_per_byte, 4),
        f"{wording.decimal(low, 4)}–{wording.decimal(high, 4)}" if result.interval else wording.UNKNOWN,
        wording.decimal(result.loss, 4),
        wording.decimal(result.perplexity, 2),
        documents,
        wording.count(result.tokens),
        wording.count(result.bytes),
        wording.duration(result.seconds),
    )
    return el("tr", el("th", title, el("small", detail), scope="row"), (el("td", cell) for cell in cells))


def _out_of(result: Result) -> str | None:
    return None if result.documents_in_split is None else f" of {wording.count(result.documents_in_split)}"


def forgotten_section(report: Report) -> Markup | None:
    """What fine-tuning cost: scores on other texts and stories, before and after; None for a pretraining."""
    run = report.run
    if run.stage != FINETUNING:
        return None
    lost = [pair for pair in run.comparisons() if not run.is_own(pair)]
    before, after = _stories_around(report)
    if not lost and not after:
        empty = el("p", "Not measured: there is neither a score nor a story from after fine-tuning.", class_="empty")
        return section("forgotten", "What was forgotten", empty)
    stories = _stories_beside(before, after) if after else None
    return section("forgotten", "What was forgotten", el("ul", map(_loss_of, lost), class_="costs"), stories)


def _loss_of(pair: Comparison) -> Markup:
    before, after = (side.bits_per_byte if side else None for side in (pair.before, pair.after))
    figures = group(el("b", wording.decimal(before)), " → ", el("b", wording.decimal(after)), " bits per byte")
    change = None
    if before and after is not None:
        share = (after - before) / before
        change = f" ({wording.signed(after - before)}, {wording.signed(100 * share, 1)}{wording.NBSP}%)"
    return el("li", f"{charts.named(pair)}: ", figures, change)


def _stories_around(report: Report) -> tuple[Samples | None, Samples | None]:
    """Stories from just before fine-tuning and from its end; the parent's last ones where it wrote none."""
    run = report.run
    told = [Samples(s.step, tuple(i for i in s.items if not report.is_answer(run, i))) for s in run.samples]
    told = [samples for samples in told if samples.items]
    after = told[-1] if told and told[-1].step > 0 else None
    if told and told[0].step == 0:
        return told[0], after
    parents = report.stages[:-1]
    return (parents[-1].samples[-1] if parents and parents[-1].samples else None), after


def _stories_beside(before: Samples | None, after: Samples) -> Markup:
    def side(title: str, kind: str, item: Continuation | None) -> Markup:
        body = story(item) if item else el("p", "No story from this prompt.", class_="empty")
        return el("div", el("h3", title), body, class_=f"side {kind}")

    earlier = _by_prompt(before)
    pairs = [(earlier.get(key), item) for key, item in _by_prompt(after).items()]
    rows = [
        el(
            "div",
            side("Before fine-tuning", "before", old),
            side("After fine-tuning", "after", new),
            class_="sides",
        )
        for old, new in pairs
    ]
    return group(rows)


def _by_prompt(samples: Samples | None) -> dict[tuple[str, int], Continuation]:
    found: dict[tuple[str, int], Continuation] = {}
    for item in samples.items if samples else ():
        nth = 1 + sum(prompt == item.prompt for prompt, _ in found)
        found[item.prompt, nth] = item
    return found


def memorisation_section(report: Report) -> Markup:
    """The share of generated n-grams that stand word for word in the training text."""
    measured = [stage for stage in report.stages if stage.memorisation is not None]
    title = "Learned by heart"
    if not measured:
        return section("memorisation", title, el("p", "Memorisation has not been measured.", class_="empty"))
    return section("memorisation", title, (_memorisation(report, stage) for stage in measured))


def _memorisation(report: Report, stage: Stage) -> Markup:
    found = stage.memorisation
    share = wording.percent(found.share)
    text = el(
        "p",
        el("b", share, class_="big"),
        f" of the {found.ngram or 'n'}-grams that the model wrote stand word for word in its training text: ",
        f"{wording.count(found.found)} of {wording.count(found.generated)}, ",
        f"in {wording.count(found.samples)} samples. ",
        "Set phrases count too.",
    )
    drawing = charts.bar(found.share, f"{share} found in the training text") if found.share is not None else None
    return group(stage_heading(report, stage), text, drawing)


def headline(report: Report) -> Sequence[tuple[str, Comparison]]:
    """Each stage's own text with its scores before and after, for the key figures."""
    return [(charts.named(pair), pair) for stage in report.stages for pair in stage.comparisons() if stage.is_own(pair)]
