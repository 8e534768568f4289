"""The command that sets runs side by side: compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options

if TYPE_CHECKING:
    from slm.report.compare import Group, RunComparison

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    app.command()(compare)


def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="The runs, by their names or folders.")],
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw them by time, tokens and FLOPs.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every evaluation of every run.")] = None,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Set runs side by side: figures, costs, what differs.

    Runs that differ in their seed alone become one line with their mean, from the lowest to the highest.

    Example: slm compare mine other --plot compare.png
    """
    from slm.report.compare import compare_runs
    from slm.report.compare_rows import as_dictionary, write_csv
    from slm.training.run_folder import find_run

    comparison = compare_runs([find_run(name, runs).path for name in names])
    if csv is not None:
        write_csv(comparison, csv)
    if plot is not None:
        from slm.report.compare_picture import draw_comparison

        draw_comparison(comparison, plot)
    if as_json:
        print(json.dumps(as_dictionary(comparison), indent=1))
    else:
        _print_comparison(comparison, plot)


def _print_comparison(comparison: RunComparison, plot: Path | None) -> None:
    from rich.markup import escape
    from rich.table import Table

    from slm.cli.summary import out

    table = Table(box=None, pad_edge=False)
    for column in ("run", "bits/byte", "interval", "seeds", "time", "tokens", "FLOPs", "tok/s"):
        table.add_column(column, justify="left" if column == "run" else "right", no_wrap=column != "run")
    for group in comparison.groups:
        table.add_row(escape(group.label), *_cells(group))
    out.print(f"bits per byte of {escape(comparison.title)}; lower is better:")
    out.print(table)
    if comparison.differences:
        _print_differences(comparison)
    for note in comparison.notes:
        out.print(note, style="yellow", soft_wrap=True)
    out.print(f"\nplot:    {plot}" if plot else "\nas a picture: --plot FILE.png; every evaluation: --csv FILE.csv")


def _cells(group: Group) -> list[str]:
    from slm.report import wording

    low, high = group.interval or (group.bits_per_byte, group.bits_per_byte)
    seconds, tokens, flops, pace = (group.mean(name) for name in ("seconds", "tokens", "flops", "tokens_per_second"))
    return [
        f"{group.bits_per_byte:.3f}", f"{low:.3f} to {high:.3f}", str(group.seeds), _time(seconds),
        wording.compact(tokens / 1e6) + " M" if tokens else wording.UNKNOWN,
        f"{flops:.1e}" if flops else wording.UNKNOWN, wording.count(pace),
    ]  # fmt: skip


def _time(seconds: float | None) -> str:
    from slm.cli.console import duration
    from slm.report import wording

    return wording.UNKNOWN if seconds is None else duration(seconds)


def _print_differences(comparison: RunComparison) -> None:
    from rich.markup import escape
    from rich.table import Table

    from slm.cli.summary import out

    table = Table(box=None, pad_edge=False)
    table.add_column("what differs")
    for group in comparison.groups:
        table.add_column(escape(group.label), justify="right")
    for key, values in comparison.differences.items():
        table.add_row(escape(key), *(escape(_value(value)) for value in values))
    out.print()
    out.print(table)


def _value(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
