"""The picture of a plan: what each shape would come to in the time, with the interval of the prediction."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from slm import atomic_write
from slm.errors import DataError
from slm.report.loss_curve import ACCENT, GREY, INK
from slm.training.planner import Choice


def draw_plan(choices: Sequence[Choice], seconds: float, path: Path) -> Path:
    """Draw `choices`, the best first, over their parameters. Raises DataError where `path` cannot be written."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    by_size = sorted(choices, key=lambda choice: choice.parameters)
    sizes, values = [c.parameters / 1e6 for c in by_size], [c.bits_per_byte for c in by_size]
    axes.fill_between(sizes, *zip(*(c.interval for c in by_size), strict=True), color=GREY, alpha=0.15, linewidth=0)
    axes.plot(sizes, values, "o-", color=INK, linewidth=1.4, markersize=4)
    for number, choice in enumerate(by_size):
        axes.annotate(
            f"{choice.model.n_layer} x {choice.model.n_embd}", (choice.parameters / 1e6, choice.bits_per_byte),
            xytext=(0, -16 if number % 2 else 9), textcoords="offset points", ha="center", fontsize=8, color=GREY,
        )  # fmt: skip
    best = choices[0]
    axes.plot(best.parameters / 1e6, best.bits_per_byte, "o", color=ACCENT, markersize=9, label="the one taken")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"], minor=False)
    axes.minorticks_off()
    axes.set_xlabel("million parameters")
    axes.set_ylabel("predicted bits per byte")
    axes.set_title(f"What {seconds / 60:g} minutes come to, by size", loc="left", fontweight="bold", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=160)
    try:
        atomic_write.write_bytes(path, picture.getvalue())
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): free space or check permissions") from None
    return path
