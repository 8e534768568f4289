"""The picture of a comparison: bits per byte against time, tokens and FLOPs, drawn with matplotlib's objects alone.

Lines are estimates on the way, diamonds the final figures; both come from `compare`, which computes them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from slm.report import wording
from slm.report.compare import Group, MeanPoint, RunComparison
from slm.report.compare_rows import write_file
from slm.report.curves import LOGARITHMIC_FROM_RATIO, Axis, loss_axis
from slm.report.loss_curve import DOTS_PER_INCH, GREY, INK, quiet, set_value_axis

COLOURS = ("#b4431f", "#2b6a99", "#4c8b3f", "#7d4f96", "#c2952b", "#3c9d9b", "#6b7075")
LINES = ("-", (0, (5, 2)), (0, (1, 1.5)))
SIZE_INCHES = (12.0, 5.4)
TIMES = ((3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))
COUNTS = ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands"), (1.0, ""))
EXPLANATION = (
    "Lines: an estimate on the way, from the validation loss on always the same samples. "
    "Diamonds: the final figure, over whole documents, by the project's definition.\n"
    "Of several seeds both are means; bands and whiskers go from the lowest to the highest. "
    "The whiskers of one run are its 95 % interval over documents."
)


def draw_comparison(comparison: RunComparison, path: Path) -> None:
    """Draw the comparison as a PNG at `path`. Raises DataError where it cannot be written; an old one stays whole."""
    picture = io.BytesIO()
    figure_of(comparison).savefig(picture, format="png", dpi=DOTS_PER_INCH)
    write_file(path, picture.getvalue())


def figure_of(comparison: RunComparison) -> Figure:
    """Three panels beside one another over one axis of bits per byte: by time, by tokens, by FLOPs."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, name in zip(panels, ("seconds", "tokens", "flops"), strict=True):
        _draw_panel(axes, comparison.groups, name)
    set_value_axis(panels[0], loss_axis(_heights(panels[0])), "bits per byte of held-out text")
    figure.suptitle(f"Bits per byte of {comparison.title}", x=0.01, ha="left", fontsize=14, weight="bold", color=INK)
    _explain(figure, *panels[0].get_legend_handles_labels())
    return figure


def _explain(figure: Figure, handles: list[Any], labels: list[str]) -> None:
    """Which line is which, and what lines and marks are, below the panels in room that is kept free for them."""
    columns = max(1, min(4, len(labels), 100 // max(map(len, labels), default=1)))
    lines = -(-len(labels) // columns)
    room = (0.62 + 0.24 * lines) / SIZE_INCHES[1]
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room), wspace=0.06)
    look = {"frameon": False, "labelcolor": INK, "fontsize": 10, "ncols": columns, "borderaxespad": 0}
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.004, room), **look)
    figure.text(0.01, 0.02, EXPLANATION, fontsize=8.5, color=GREY, linespacing=1.5)


def _draw_panel(axes: Axes, groups: Sequence[Group], name: str) -> None:
    costs = [cost for group in groups for cost in (*_costs(group.curve(), name), group.mean(name)) if cost is not None]
    size, label = _unit(name, max(costs, default=0))
    axis = _cost_axis([cost / size for cost in costs])
    for number, group in enumerate(groups):
        look = {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number // len(COLOURS) % len(LINES)]}
        _draw_curve(axes, group, name, size, axis, look)
        _draw_final(axes, group, name, size, look["color"])
    _set_cost_axis(axes, axis, label)


def _draw_curve(axes: Axes, group: Group, name: str, size: float, axis: Axis, look: dict[str, Any]) -> None:
    known = [(getattr(point, name), point) for point in group.curve()]
    shown = [(cost / size, point) for cost, point in known if cost is not None and cost / size >= axis.low]
    at, points = [cost for cost, _ in shown], [point for _, point in shown]
    label = group.label if len(group.runs) == 1 else f"{group.label} (mean of {len(group.runs)} runs)"
    axes.plot(at, [point.bits_per_byte for point in points], linewidth=1.8, label=label, **look)
    if len(group.runs) > 1:
        ends = [point.low for point in points], [point.high for point in points]
        axes.fill_between(at, *ends, color=look["color"], alpha=0.18, linewidth=0)


def _draw_final(axes: Axes, group: Group, name: str, size: float, colour: str) -> None:
    cost, figure = group.mean(name), group.bits_per_byte
    if cost is None:
        return
    low, high = group.interval or (figure, figure)
    look = {"elinewidth": 1.3, "capsize": 3, "markersize": 7, "markeredgecolor": "white", "markeredgewidth": 1.0}
    ends = [[max(0.0, figure - low)], [max(0.0, high - figure)]]  # a mean may miss equal figures by a last digit
    axes.errorbar(cost / size, figure, ends, fmt="D", color=colour, zorder=4, **look)


def _costs(points: Iterable[MeanPoint], name: str) -> list[float]:
    return [cost for point in points if (cost := getattr(point, name)) is not None]


def _cost_axis(costs: Sequence[float]) -> Axis:
    """From zero; logarithmic, and without what was measured before training, where the costs span much."""
    positive = [cost for cost in costs if cost > 0]
    low, high = (min(positive), max(positive)) if positive else (1.0, 1.0)
    if high / low > LOGARITHMIC_FROM_RATIO:
        return Axis(low / 1.1, high * 1.2, logarithmic=True)
    return Axis(0.0, 1.05 * high)


def _set_cost_axis(axes: Axes, axis: Axis, label: str) -> None:
    if axis.logarithmic:
        axes.set_xscale("log")
    ticks = axis.ticks(5)
    axes.set_xlim(axis.low, axis.high)
    axes.set_xticks(ticks, [wording.compact(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label + (" (log scale)" if axis.logarithmic else ""))
    quiet(axes)


def _unit(name: str, top: float) -> tuple[float, str]:
    """The unit of a cost that fits its largest value, and the words for the axis."""
    if name == "flops":
        power = 3 * int(math.log10(top) // 3) if top >= 1 else 0
        raised = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return 10.0**power, f"FLOPs, 10{raised}"
    words, units = ("training time", TIMES) if name == "seconds" else ("tokens trained on", COUNTS)
    size, unit = next((size, unit) for size, unit in units if top >= 2 * size or size == 1)
    return size, f"{words}, {unit}" if unit else words


def _heights(axes: Axes) -> list[float]:
    """All that is drawn, upwards: an axis of these hides nothing."""
    box = axes.dataLim
    return [box.y0, box.y1] if box.y1 >= box.y0 else []
