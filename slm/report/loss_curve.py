"""`loss_curve.png`: how the loss fell, drawn with matplotlib's objects alone (no pyplot, no global state).

Knows nothing about the page, which draws its own curves; both take their arithmetic from `curves`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from slm import atomic_write
from slm.errors import DataError
from slm.report import wording
from slm.report.collect import read_record
from slm.report.curves import Axis, half_window, loss_axis, smoothed, usual_losses
from slm.report.metrics import Metrics, number, read_metrics

INK, GREY, PALE, ACCENT = "#1f2328", "#6b7075", "#b9bdc1", "#b4431f"
SIZE_INCHES, DOTS_PER_INCH = (9.0, 6.0), 160
MAX_EVENT_LABELS = 12


def draw_loss_curve(run: Path) -> Path:
    """Draw the run's `loss_curve.png` (1440 x 960 pixels) and return its path.

    A run without steps yet gives a picture that says so. Raises `DataError` where `run` is no run folder or
    the picture cannot be written; an old picture stays whole.
    """
    record, metrics = read_record(Path(run)), read_metrics(Path(run) / "metrics.jsonl")
    path = Path(run) / "loss_curve.png"
    picture = io.BytesIO()
    figure = figure_of(metrics, _title(record, metrics), number(record, "text_entropy"))
    figure.savefig(picture, format="png", dpi=DOTS_PER_INCH)
    try:
        atomic_write.write_bytes(path, picture.getvalue())
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): free space or check permissions") from None
    return path


def figure_of(metrics: Metrics, title: str, entropy: float | None = None) -> Figure:
    """The figure: losses above, learning rate below, over a shared axis of steps; behind them what is usual, for runs
    that know the entropy of their text's single tokens."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    losses, rate = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    _draw_usual(losses, metrics, entropy)
    _draw_losses(losses, metrics)
    _mark_best(losses, metrics)
    _draw_events(losses, metrics)
    _draw_learning_rate(rate, metrics)
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold", color=INK)
    return figure


def _title(record: dict[str, Any], metrics: Metrics) -> str:
    """Says how far the run came from its steps alone: its state changes after the picture is drawn."""
    last, planned = metrics.last_step, record.get("steps")
    short = isinstance(planned, int) and last < planned
    reached = f", up to step {wording.count(last)} of {wording.count(planned)}" if short else ""
    return f"{record.get('name', '')}: {record.get('stage', 'training')}{reached}"


def _draw_losses(axes: Axes, metrics: Metrics) -> None:
    steps = [(point.step, point.loss) for point in metrics.steps if point.loss is not None]
    train = [(point.step, point.train_loss) for point in metrics.evaluations if point.train_loss is not None]
    validation = [(e.step, e.validation_loss) for e in metrics.evaluations if e.validation_loss is not None]
    if steps:
        _draw_steps(axes, *zip(*steps, strict=True))
    if train:
        small = {"markersize": 4, "markerfacecolor": "white", "label": "train, estimated"}
        axes.plot(*zip(*train, strict=True), "o", color=GREY, **small)
    if validation:
        small = {"markersize": 4, "linewidth": 1.6, "label": "validation, estimated"}
        axes.plot(*zip(*validation, strict=True), "o-", color=ACCENT, **small)
    set_value_axis(axes, loss_axis([loss for _, loss in (*steps, *train, *validation)]), "loss, nats per token")
    if steps or validation:
        axes.legend(loc="upper right", frameon=False, fontsize=9.5, labelcolor=INK)
    else:
        axes.text(0.5, 0.5, "no steps yet", transform=axes.transAxes, ha="center", color=GREY, fontsize=13)


def _draw_usual(axes: Axes, metrics: Metrics, entropy: float | None) -> None:
    if band := usual_losses(metrics, entropy):
        at, low, usual, high = zip(*band, strict=True)
        axes.fill_between(at, low, high, color=PALE, alpha=0.25, linewidth=0, label="usual, before the decay")
        axes.plot(at, usual, color=PALE, linewidth=1, linestyle=(0, (4, 3)))


def _draw_steps(axes: Axes, at: Sequence[int], losses: Sequence[float]) -> None:
    half = half_window(len(losses))
    if half:
        axes.plot(at, losses, color=PALE, linewidth=0.7, label="train, each step")
    label = f"train, mean of {2 * half + 1} steps" if half else "train, each step"
    axes.plot(at, smoothed(losses, half), color=GREY, linewidth=1.8, label=label)


def set_value_axis(axes: Axes, axis: Axis, label: str) -> None:
    """Give `axes` this scale upwards, with round ticks, and say where it is logarithmic."""
    if axis.logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", which="minor", length=0)
    ticks = axis.ticks(7)
    axes.set_ylim(axis.low, axis.high)
    axes.set_yticks(ticks, [wording.compact(tick) for tick in ticks])
    axes.set_ylabel(label + (" (log scale)" if axis.logarithmic else ""))
    quiet(axes)


def _mark_best(axes: Axes, metrics: Metrics) -> None:
    best = metrics.best
    if best is None:
        return
    ring = {"markersize": 9, "markeredgecolor": "white", "markeredgewidth": 1.5}
    axes.plot(best.step, best.validation_loss, "o", color=ACCENT, **ring)
    share = best.step / max(1, metrics.last_step)
    high = axes.transLimits.transform(axes.transScale.transform((0, best.validation_loss)))[1] > 0.85
    axes.annotate(
        f"best {best.validation_loss:.3f} at step {wording.count(best.step)}",
        (best.step, best.validation_loss),
        xytext=(0, -60 if high else 50),
        textcoords="offset points",
        ha="left" if share < 0.5 else "center" if share < 0.8 else "right",
        color=ACCENT,
        fontweight="bold",
        fontsize=10,
        arrowprops={"arrowstyle": "-", "color": ACCENT, "linewidth": 0.8, "relpos": (share >= 0.8, high)},
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
    )


def _draw_learning_rate(axes: Axes, metrics: Metrics) -> None:
    rates = [(point.step, point.learning_rate) for point in metrics.steps if point.learning_rate is not None]
    top = max((rate for _, rate in rates), default=0) or 1.0
    if rates:
        axes.plot(*zip(*rates, strict=True), color=INK, linewidth=1.4)
    axes.set_ylim(0, 1.12 * top)
    axes.set_yticks([0, top] if rates else [0], ["0", wording.rate(top)] if rates else ["0"])
    axes.set_ylabel("learning rate")
    axes.set_xlabel("step (one optimizer update)")
    axes.set_xlim(0, 1.012 * max(1, metrics.last_step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.count(value)))
    quiet(axes)


def _draw_events(axes: Axes, metrics: Metrics) -> None:
    for event in metrics.events:
        axes.axvline(event.step, color=INK, linewidth=0.8, linestyle=(0, (2, 3)))
    for event in metrics.events if len(metrics.events) <= MAX_EVENT_LABELS else ():
        axes.annotate(
            event.event.replace("_", " "),
            (event.step, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            rotation=90,
            va="top",
            fontsize=8,
            color=INK,
        )


def quiet(axes: Axes) -> None:
    """Pale lines across, no frame: the look of every picture."""
    axes.grid(axis="y", color="#e6e7e8", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=GREY, labelsize=9.5, length=0)
    axes.yaxis.label.set_color(GREY)
    axes.xaxis.label.set_color(GREY)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
