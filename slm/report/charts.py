"""The page's drawings as inline SVG: the curves of a run, the intervals of an evaluation, a share as a bar.

Places are percentages and texts keep their size, so one drawing fits a desk and a phone. Lines lie in an
inner, stretched drawing; marks and labels in the outer one, where nothing is distorted. Reads no files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from slm.evaluation.sections import Mark, Plot, Row
from slm.report import wording
from slm.report.curves import Axis, Point, envelope, evenly, half_window, loss_axis, smoothed, usual_losses
from slm.report.markup import Markup, el, group
from slm.report.metrics import Metrics
from slm.report.run_record import Comparison, Result, Stage

MAX_POINTS = 600
MAX_READOUTS = 300
MAX_EVENT_LABELS = 4


def curves(stage: Stage) -> Markup:
    """Losses and learning rate of a stage over its steps, with a line of text that follows the pointer."""
    metrics = stage.metrics
    steps = [(point.step, point.loss) for point in metrics.steps if point.loss is not None]
    half = half_window(len(steps))
    smooth = [(at, loss) for (at, _), loss in zip(steps, smoothed([y for _, y in steps], half), strict=True)]
    usual = evenly(usual_losses(metrics, stage.text_entropy), MAX_POINTS)
    plot = el(
        "div",
        _loss_panel(metrics, steps, smooth, usual),
        _rate_panel(metrics),
        class_="plot",
        data_curve=json.dumps(_readouts(metrics, smooth), separators=(",", ":")),
    )
    return el(
        "figure",
        _legend(metrics, half, len(steps), bool(usual)),
        plot,
        el("p", _summary(metrics), class_="readout"),
        el("figcaption", _caption(metrics, len(steps))),
        class_="curves",
    )


def _legend(metrics: Metrics, half: int, steps: int, usual: bool) -> Markup:
    keys = []
    if steps:
        keys = [("raw", "training, each step"), ("train", f"training, mean of {2 * half + 1} steps")]
        keys = keys if half else [("train", "training, each step")]
    if metrics.evaluations:
        keys += [("estimate", "training, estimated"), ("validation", "validation, estimated")]
    if usual:
        keys.append(("usual", "usual, before the decay"))
    return el("ul", (el("li", el("span", class_=f"key {kind}"), text) for kind, text in keys), class_="legend")


def _summary(metrics: Metrics) -> str:
    best = metrics.best
    if best is None:
        return f"Step {wording.count(metrics.last_step)}: no validation loss has been estimated yet."
    return f"Best validation loss {best.validation_loss:.3f} at step {wording.count(best.step)}."


def _caption(metrics: Metrics, steps: int) -> str:
    text = "Across: steps, each one optimizer update."
    if steps > MAX_POINTS:
        text += " The thin line shows the lowest and the highest loss of every few steps."
    if metrics.evaluations:
        text += " Estimates are taken on the same samples of text every time."
    return text


def _readouts(metrics: Metrics, smooth: Sequence[Point]) -> dict[str, object]:
    """What the pointer shows: [step, smoothed loss, learning rate, tokens] and [step, train, validation]."""
    known = {point.step: point for point in metrics.steps}
    points = [
        [at, round(loss, 4), known[at].learning_rate, known[at].tokens] for at, loss in evenly(smooth, MAX_READOUTS)
    ]
    evaluations = [[e.step, e.train_loss, e.validation_loss] for e in metrics.evaluations]
    return {"high": max(1, metrics.last_step), "points": points, "evaluations": evaluations}


def _loss_panel(
    metrics: Metrics, steps: Sequence[Point], smooth: Sequence[Point], usual: Sequence[tuple[int, float, float, float]]
) -> Markup:
    train = [(point.step, point.train_loss) for point in metrics.evaluations if point.train_loss is not None]
    validation = [(e.step, e.validation_loss) for e in metrics.evaluations if e.validation_loss is not None]
    x, y = _step_axis(metrics), loss_axis([loss for _, loss in (*steps, *train, *validation)])
    lines = []
    if usual:
        low, middle, high = ([(row[0], min(max(row[n], y.low), y.high)) for row in usual] for n in (1, 2, 3))
        lines = [_line([*high, *reversed(low)], x, y, "band"), _line(middle, x, y, "usual")]
    if len(smooth) > 1 and half_window(len(steps)):
        lines.append(_line(envelope(steps, MAX_POINTS), x, y, "raw"))
    lines += [_line(evenly(smooth, MAX_POINTS), x, y, "train"), _line(validation, x, y, "validation")]
    return el(
        "svg",
        _grid(y, y.ticks(6)),
        (
            el("line", x1=_at(x.at(step)), x2=_at(x.at(step)), y1="0%", y2="100%", class_="event")
            for step in _events(metrics)
        ),
        _stretched(lines),
        (_dot(point, x, y, "estimate") for point in train),
        (_dot(point, x, y, "validation") for point in validation),
        _event_labels(metrics, x),
        _best(metrics, x, y),
        el("line", x1="0", x2="0", y1="0%", y2="100%", class_="cross"),
        _title(f"loss, nats per token{', logarithmic' if y.logarithmic else ''}"),
        class_="losses",
        role="img",
        aria_label=f"Loss by step{', logarithmic scale' if y.logarithmic else ''}. {_summary(metrics)}",
    )


def _rate_panel(metrics: Metrics) -> Markup:
    rates = [(point.step, point.learning_rate) for point in metrics.steps if point.learning_rate is not None]
    top = max((rate for _, rate in rates), default=0) or 1.0
    x, y = _step_axis(metrics), Axis(0, 1.08 * top)
    return el(
        "svg",
        _grid(y, [0, top] if rates else [0], wording.rate),
        _stretched([_line(evenly(rates, MAX_POINTS), x, y, "rate")]),
        (_step_label(tick, x) for tick in x.ticks(5) if tick == int(tick)),
        el("line", x1="0", x2="0", y1="0%", y2="100%", class_="cross"),
        _title("learning rate"),
        class_="rates",
        role="img",
        aria_label=f"Learning rate by step, at most {wording.rate(top)}." if rates else "No learning rates yet.",
    )


def _title(words: str) -> Markup:
    return el("text", words, x="0", y="0", dx="-3em", dy="-.9em", class_="axis")


def _step_axis(metrics: Metrics) -> Axis:
    return Axis(0, max(1, metrics.last_step))


def _step_label(step: float, x: Axis) -> Markup:
    place = x.at(step)
    anchor = "start" if place < 0.03 else "end" if place > 0.97 else "middle"
    return el(
        "text",
        f"step {step:.0f}" if step == 0 else wording.count(step),
        x=_at(place),
        y="100%",
        dy="1.5em",
        text_anchor=anchor,
        class_="tick",
    )


def _grid(y: Axis, ticks: Iterable[float], words: Callable[[float], str] = wording.compact) -> Markup:
    return group(
        (
            el("line", x1="0", x2="100%", y1=_down(y, tick), y2=_down(y, tick), class_="grid"),
            el(
                "text",
                words(tick),
                x="-8",
                y=_down(y, tick),
                dy=".32em",
                text_anchor="end",
                class_="tick",
            ),
        )
        for tick in ticks
    )


def _stretched(lines: Iterable[Markup]) -> Markup:
    return el(
        "svg",
        lines,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
        class_="lines",
    )


def _line(points: Sequence[Point], x: Axis, y: Axis, kind: str) -> Markup:
    """One line through `points`; the markup names its kind and says how many points it has."""
    places = (f"{1000 * x.at(at):.1f} {1000 * (1 - y.at(value)):.1f}" for at, value in points)
    return el("path", d="M" + "L".join(places) if points else None, class_=kind, data_points=len(points))


def _dot(point: Point, x: Axis, y: Axis, kind: str) -> Markup:
    return el("circle", cx=_at(x.at(point[0])), cy=_down(y, point[1]), r="3", class_=kind)


def _best(metrics: Metrics, x: Axis, y: Axis) -> Markup | None:
    best = metrics.best
    if best is None:
        return None
    place = x.at(best.step)
    anchor = "start" if place < 0.5 else "middle" if place < 0.85 else "end"
    below = y.at(best.validation_loss) > 0.85  # above it there would be the panel's title
    start, end, baseline = (9, 26, 42) if below else (-9, -26, -32)
    # The inner drawing moves the origin to the point, so that what stands around it is placed in pixels.
    return el(
        "svg",
        el("line", x1="0", x2="0", y1=start, y2=end, class_="best"),
        el("circle", cx="0", cy="0", r="5.5", class_="best"),
        el("text", f"best {best.validation_loss:.3f}", x="0", y=baseline, text_anchor=anchor, class_="best"),
        x=_at(place),
        y=_down(y, best.validation_loss),
    )


def _events(metrics: Metrics) -> list[int]:
    return sorted({event.step for event in metrics.events if event.step <= metrics.last_step})


def _event_labels(metrics: Metrics, x: Axis) -> Markup | None:
    """Names beside the lines while they are few; the list below the drawing has all of them."""
    shown = {step: [e.event.replace("_", " ") for e in metrics.events if e.step == step] for step in _events(metrics)}
    if len(shown) > MAX_EVENT_LABELS:
        return None
    return group(
        el(
            "text",
            ", ".join(dict.fromkeys(names)),
            x=_at(x.at(step)),
            y="0",
            dx="-4" if x.at(step) > 0.5 else "4",
            dy=f"{0.9 + 1.2 * row}em",
            text_anchor="end" if x.at(step) > 0.5 else "start",
            class_="event",
        )
        for row, (step, names) in enumerate(shown.items())
    )


def intervals(comparisons: Sequence[Comparison]) -> Markup:
    """Bits per byte before (ring) and after (dot) with 95 % intervals (whiskers), a row for each text."""
    rows = (Row(named(pair), _mark(pair.after), _mark(pair.before)) for pair in comparisons)
    return dot_plot(Plot("bits per byte", tuple(rows), "after", "before", moments=True))


def named(scored: Comparison | Result) -> str:
    """What was scored, in words for people."""
    return wording.shortened(scored.title or scored.data, scored.data) or "Untitled"


def _mark(result: Result | None) -> Mark | None:
    if result is None or result.bits_per_byte is None:
        return None
    return Mark(result.bits_per_byte, *(result.interval or ()))


def dot_plot(plot: Plot) -> Markup:
    """A plot's rows on one axis; beside each label its figures, from ring to dot where they are two moments."""
    marks = [mark for row in plot.rows for mark in (row.ring, row.dot) if mark is not None]
    ends = [value for mark in marks for value in (mark.value, mark.low, mark.high) if value is not None]
    ends += [plot.line] if plot.line is not None else []
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    air = 0.05 * (high - low) or 0.1
    axis = Axis(low - air if low < 0 else max(0.0, low - air), high + air)
    rows = [_plot_row(row, plot, axis) for row in plot.rows]
    scale = el("svg", (_scale_tick(tick, axis) for tick in axis.ticks(5)), class_="scale", aria_hidden="true")
    unit = el("p", plot.unit, class_="unit", aria_hidden="true")
    return el("figure", rows, el("div", unit, scale, class_="row"), class_="intervals")


def plot_legend(plot: Plot) -> Markup | None:
    """What ring and dot stand for; None where the rows say it."""
    keys = [(kind, words) for kind, words in (("ring", plot.ring), ("dot", plot.dot)) if words]
    items = (el("li", el("span", class_=f"key {kind}"), words) for kind, words in keys)
    return el("ul", items, class_="legend") if keys else None


def _plot_row(row: Row, plot: Plot, axis: Axis) -> Markup:
    line = None if plot.line is None else _at(axis.at(plot.line))
    digits = 1 if axis.high > 10 else 3
    values = [_said(mark, name, plot.whiskers, digits) for mark, name in ((row.ring, plot.ring), (row.dot, plot.dot))]
    drawing = el(
        "svg",
        (el("line", x1=_at(axis.at(t)), x2=_at(axis.at(t)), y1="0", y2="100%", class_="grid") for t in axis.ticks(5)),
        el("line", x1=line, x2=line, y1="0", y2="100%", class_="best") if line else None,
        _whisker(row.ring, axis, "before", alone=row.dot is None),
        _whisker(row.dot, axis, "after", alone=row.ring is None),
        role="img",
        aria_label=f"{row.label}, {plot.unit}: {'; '.join(value for value in values if value)}.",
    )
    shown = [mark for mark in ((row.ring, row.dot) if plot.moments else (row.dot, row.ring)) if mark is not None]
    figures = (" → " if plot.moments else ", beside ").join(wording.decimal(mark.value, digits) for mark in shown)
    label = el("p", el("b", row.label), " ", el("span", figures, class_="change"), class_="label")
    return el("div", label, drawing, class_="row")


def _said(mark: Mark | None, name: str, whiskers: str, digits: int) -> str:
    if mark is None:
        return ""
    ends = [wording.decimal(end, digits) for end in (mark.low, mark.high) if end is not None]
    within = f", {whiskers} between {' and '.join(ends)}" if len(ends) == 2 else ""
    return f"{name} {wording.decimal(mark.value, digits)}{within}".strip()


def _whisker(mark: Mark | None, axis: Axis, kind: str, alone: bool) -> Markup | None:
    if mark is None:
        return None
    # Apart, so that overlapping intervals stay readable.
    height = "50%" if alone else "36%" if kind == "before" else "64%"
    line = None
    if mark.low is not None and mark.high is not None:
        low, high = (_at(axis.at(end)) for end in (mark.low, mark.high))
        line = el("line", x1=low, x2=high, y1=height, y2=height, class_=f"whisker {kind}")
    return group(line, el("circle", cx=_at(axis.at(mark.value)), cy=height, r="5", class_=kind))


def _scale_tick(tick: float, axis: Axis) -> Markup:
    place = axis.at(tick)
    anchor = "start" if place < 0.03 else "end" if place > 0.97 else "middle"
    return el("text", wording.compact(tick), x=_at(place), y="1em", text_anchor=anchor, class_="tick")


def bar(share: float, label: str) -> Markup:
    """A share of one as a filled bar."""
    return el(
        "svg",
        el("rect", width="100%", height="100%", class_="whole"),
        el("rect", width=_at(min(1.0, max(0.0, share))), height="100%", class_="part"),
        class_="bar",
        role="img",
        aria_label=label,
    )


def _at(fraction: float) -> str:
    return f"{100 * fraction:.2f}%"


def _down(axis: Axis, value: float) -> str:
    return _at(1 - axis.at(value))
