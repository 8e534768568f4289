"""The command that sets runs side by side: compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options

if TYPE_CHECKING:
    from rich.table import Table

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
        _print_comparison(comparison, plot, csv)


def _print_comparison(comparison: RunComparison, plot: Path | None, csv: Path | None) -> None:
    from rich.markup import escape

    from slm.cli.summary import out

    out.print(f"bits per byte of {escape(comparison.title)}, after training; lower is better:")
    _print_groups(comparison.groups)
    for line in _explained(comparison.groups):
        out.print(escape(line), soft_wrap=True)
    if comparison.differences:
        out.print()
        out.print(_differences(comparison))
    for note in comparison.notes:
        out.print(note, style="yellow", soft_wrap=True)
    out.print(f"\n{_files(plot, csv)}", soft_wrap=True)
    out.print("Curves there are estimates on a few samples; the figures above are by whole documents.", soft_wrap=True)


def _print_groups(groups: Sequence[Group]) -> None:
    """A line for each group; where a name is too long for it, the name stands above its figures."""
    from rich.markup import escape

    from slm.cli.summary import out

    headings = ("bits/byte", "interval", "seeds", "time", "tokens", "FLOPs", "tok/s")
    table = _table("run", *headings)
    for group in groups:
        table.add_row(escape(group.label), *_cells(group))
    if _fits(table):
        out.print(table)
        return
    table = _table("", *headings)
    for group in groups:
        table.add_row("", *_cells(group))
    with out.capture() as captured:
        out.print(table)
    heading, *figures = captured.get().splitlines()
    out.print(heading, soft_wrap=True)
    for group, line in zip(groups, figures, strict=True):
        out.print(f"{escape(group.label)}\n{line}", soft_wrap=True)


def _cells(group: Group) -> list[str]:
    from slm.report import wording

    low, high = group.interval or (None, None)
    seconds, tokens, flops, pace = (group.mean(name) for name in ("seconds", "tokens", "flops", "tokens_per_second"))
    return [
        f"{group.bits_per_byte:.3f}", wording.UNKNOWN if low is None else f"{low:.3f} to {high:.3f}", str(group.seeds),
        _time(seconds), _tokens(tokens), f"{flops:.1e}".replace("e+", "e") if flops else wording.UNKNOWN,
        wording.count(pace),
    ]  # fmt: skip


def _time(seconds: float | None) -> str:
    from slm.cli.console import duration
    from slm.report import wording

    return wording.UNKNOWN if seconds is None else duration(seconds)


def _tokens(count: float | None) -> str:
    """'30,720', '15.4 M', '1.2 B': with the word of `wording.large` the line would be too long."""
    from slm.report import wording

    return wording.large(count).replace("illion", "").replace("m", "M").replace("b", "B")


def _explained(groups: Sequence[Group]) -> Iterator[str]:
    """Which runs a line stands for, and what the intervals are."""
    from slm.report import wording

    several = [group for group in groups if len(group.runs) > 1]
    for group in several:
        yield f"{group.label}: the mean of {wording.listed([run.name for run in group.runs])}"
    one = "95 % over documents" if len(several) < len(groups) else ""
    many = "from the lowest to the highest run" if several else ""
    yield f"interval: {f'one run, {one}; several, {many}' if one and many else one or many}"


def _differences(comparison: RunComparison) -> Table:
    """The settings that differ: a column for each group or, where those are too many, a line for each value."""
    from rich.markup import escape

    table = _table("what differs", *(escape(group.label) for group in comparison.groups))
    for key, values in comparison.differences.items():
        table.add_row(escape(key), *(escape(_value(value)) for value in values))
    return table if _fits(table) else _differences_by_value(comparison)


def _differences_by_value(comparison: RunComparison) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("what differs", "value", "runs", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for key, values in comparison.differences.items():
        alike: dict[str, list[str]] = {}
        for group, value in zip(comparison.groups, values, strict=True):
            alike.setdefault(_value(value), []).append(group.label)
        for number, (value, labels) in enumerate(alike.items()):
            table.add_row("" if number else escape(key), escape(value), escape("\n".join(labels)))
    return table


def _table(first: str, *figures: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _fits(table: Table) -> bool:
    from slm.cli.summary import out

    return out.measure(table, options=out.options.update(width=10_000)).maximum <= out.width


def _value(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _files(plot: Path | None, csv: Path | None) -> str:
    written = [f"{name + ':':8} {path}" for name, path in (("picture", plot), ("csv", csv)) if path]
    return "\n".join(written) or "as a picture: --plot compare.png; every evaluation: --csv compare.csv"
