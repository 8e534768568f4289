"""The commands that look: runs and doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from slm.cli import options
from slm.errors import ConfigError

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    runs = typer.Typer(help="List, show and remove runs.\n\nExample: slm runs", rich_markup_mode=None)
    runs.callback(invoke_without_command=True)(list_all)
    runs.command("list")(list_command)
    runs.command("show")(show)
    runs.command("upload")(upload)
    runs.command("remove")(remove)
    app.add_typer(runs, name="runs")
    app.command()(doctor)


def list_all(context: typer.Context, as_json: options.Json = False, runs: options.Runs = RUNS) -> None:
    """List runs: state, size and figures. Example: slm runs"""
    if context.invoked_subcommand is None:
        _list(as_json, runs)


def list_command(as_json: options.Json = False, runs: options.Runs = RUNS) -> None:
    """List runs: state, size and figures.

    Example: slm runs list --json
    """
    _list(as_json, runs)


def show(
    run: Annotated[str, typer.Argument(help="A run; by default the newest.")] = "",
    runs: options.Runs = RUNS,
) -> None:
    """Print the whole record of a run as JSON.

    Example: slm runs show quick
    """
    from slm.training.run_folder import find_run

    folder = find_run(run, runs)
    print(json.dumps({**folder.read(), "state": folder.state(), "bytes": folder.size()}, indent=1))


def upload(
    run: Annotated[str, typer.Argument(help="A run.")],
    to: Annotated[
        str, typer.Option(metavar="ADDRESS", help="It goes to ADDRESS/NAME; by default where its --mirror said.")
    ] = "",
    runs: options.Runs = RUNS,
) -> None:
    """Copy a run to an address, as --mirror does.

    Example: slm runs upload quick --to s3://bucket/runs
    """
    from slm.cli.console import say
    from slm.remote.address import checked_address
    from slm.remote.mirror import Mirror
    from slm.training.run_folder import find_run

    folder = find_run(run, runs)
    recipe = folder.read()["recipe"]
    address = to or recipe["training"].get("mirror", "")
    if not address:
        raise ConfigError(f"{folder.path} has no --mirror; say --to ADDRESS, such as s3://bucket/runs")
    address = checked_address(address, writable=True)
    with folder.hold():
        recipe["training"]["mirror"] = address
        folder.update(recipe=recipe)
        with Mirror(f"{address}/{folder.name}", folder.path, new=False, message=say):
            pass
    print(f"copied:  {address}/{folder.name}")


def remove(
    names: Annotated[list[str], typer.Argument(help="Runs to delete, with their checkpoints.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    runs: options.Runs = RUNS,
) -> None:
    """Delete runs with their checkpoints.

    Example: slm runs remove quick-2
    """
    import sys

    from slm.training.run_folder import find_run

    folders = [find_run(name, runs) for name in names]
    for folder in folders:
        if not yes:
            if not sys.stdin.isatty():
                raise ConfigError(f"deleting {folder.path} needs --yes where nobody can be asked")
            if not typer.confirm(f"delete {folder.path} ({folder.size() / 1e6:.0f} MB)?"):
                continue
        folder.remove()
        print(f"removed {folder.path}")


def doctor(
    as_json: options.Json = False,
    network: Annotated[bool, typer.Option(help="Also try whether the hub answers.")] = True,
    runs: options.Runs = RUNS,
) -> None:
    """Say what this machine offers and lacks.

    Hardware, packages, folders and their sizes, network, and what is missing for what.

    Example: slm doctor
    """
    from slm.cli.doctor import examine, print_findings

    findings = examine(runs, network)
    if as_json:
        print(json.dumps(findings, indent=1))
    else:
        print_findings(findings)


def _list(as_json: bool, runs: Path) -> None:
    from slm.training.run_folder import list_runs

    rows = [_row(run) for run in list_runs(runs)]
    if as_json:
        print(json.dumps(rows, indent=1))
    elif not rows:
        print(f"no runs in {runs}/; make one: slm run quick")
    else:
        _print_rows(rows)


def _row(run: Any) -> dict[str, Any]:
    record = run.read()
    row = {
        "name": run.name,
        "stage": record["stage"],
        "state": run.state(),
        "created": record["created"],
        "bytes": run.size(),
    }
    row |= {key: record.get(key) for key in ("parameters", "steps", "best_validation_loss", "tokens_seen")}
    path = run.path / "evaluation.json"
    results = json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else []
    after = [result for result in results if result["moment"] == "after"]
    return row | {"bits_per_byte": after[0]["bits_per_byte"] if after else None}


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("run", "stage", "state", "weights", "bits/byte", "disk", "created"):
        justify = "right" if column in ("weights", "bits/byte", "disk") else "left"
        # A name that a person must type again is never cut short.
        table.add_column(column, justify=justify, no_wrap=column == "run", overflow="fold")
    for row in rows:
        figure = "" if row["bits_per_byte"] is None else f"{row['bits_per_byte']:.3f}"
        parameters = f"{row['parameters'] / 1e6:.1f} M" if row["parameters"] else ""
        table.add_row(
            row["name"],
            row["stage"],
            row["state"],
            parameters,
            figure,
            f"{row['bytes'] / 1e6:,.0f} MB",
            row["created"][5:16].replace("T", " "),
        )
    Console(highlight=False).print(table)
