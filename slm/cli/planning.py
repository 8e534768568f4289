"""The command that says what a budget of time buys: plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.making import observing
from slm.cli.ranks import require_ranks

if TYPE_CHECKING:
    from slm.cli.console import ConsoleObserver
    from slm.data.token_store import TokenStore
    from slm.plan import Plan
    from slm.recipe import Recipe
    from slm.training.planner import Choice, Share
    from slm.training.scaling_law import Law

SHOWN = 6
FEWEST_STEPS = 20  # of a pilot that says something


def register(app: typer.Typer) -> None:
    app.command()(plan)


def plan(
    data: Annotated[
        list[str] | None,
        typer.Argument(help="A token store, or sources as for slm prepare; by default the newest store."),
    ] = None,
    budget: options.Budget = "10m",
    memory: options.Memory = "",
    column: options.Column = None,
    validation: options.Validation = None,
    separator: options.Separator = "",
    tokenizer: options.Tokenizer = "",
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw what each choice would come to.")] = None,
    pilot: Annotated[
        bool, typer.Option("--pilot", help="First train for a tenth of the budget, to predict this very text better.")
    ] = False,
    ranks: options.Ranks = 1,
    as_json: options.Json = False,
) -> None:
    """Say what can be trained here in a given time, and how well.

    Looks at the text, tries the likeliest models for a few steps each on this machine, and prints the choices, the best
    first. `slm train --budget` looks for half a second only and may take another of nearly the same figure.

    Example: slm plan stories.txt --budget 10m
    """
    from slm.cli.sources import recipe_and_store
    from slm.plan import measured_plan

    require_ranks(ranks)
    seconds = options.seconds_of(budget, "--budget")
    size = options.bytes_of(memory, "--memory") if memory else 0
    recipe, store = recipe_and_store("budget", None, data, "text", column, validation, separator, tokenizer)
    with observing() as observer:
        law = _law_by_pilot(recipe, store, seconds / 10, size, observer) if pilot else None
        made = measured_plan(store, seconds, size, observer.working, law)
    share = _share(recipe, made, seconds, ranks) if ranks > 1 else None
    if as_json:
        print(json.dumps(made.as_json() | ({"share_of_rank": asdict(share)} if share else {}), indent=1))
    else:
        bounded = (f" --memory {memory}" if memory else "") + (f" --ranks {ranks}" if share else "")
        _print_plan(made, f"slm train {store.folder} --budget {budget}{bounded} --out runs/mine", share)
    if plot is not None:
        from slm.report.plan_picture import draw_plan

        draw_plan(made.choices, seconds, plot)
        observer.message(f"picture: {plot}")


def _law_by_pilot(
    recipe: Recipe, store: TokenStore, seconds: float, memory: int, observer: ConsoleObserver
) -> Law | None:
    """Train for `seconds` in a folder that is thrown away; the scaling law as what came corrects it, None where that
    was too short to say anything."""
    import tempfile

    from slm.plan import law_after, pilot_recipe, quick_plan
    from slm.pretrain import pretrain

    choice = quick_plan(store, seconds, memory).best
    with tempfile.TemporaryDirectory() as folder:
        run = pretrain(store, pilot_recipe(recipe, choice, seconds), "pilot", observer=observer, runs=Path(folder))
        results = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))["results"]
        after = next(result for result in results if result["moment"] == "after")
        steps, tokens = (run.read()[name] for name in ("steps", "tokens_seen"))
    if steps < FEWEST_STEPS:
        observer.message(
            f"the pilot of {seconds:.1f} s had {steps} steps, which say nothing; the plan goes without. A longer "
            "--budget has a longer pilot"
        )
        return None
    observer.message(f"the pilot came to {after['bits_per_byte']:.3f} bits per byte after {tokens:,} tokens")
    return law_after(store, choice.model, tokens, after["bits_per_byte"], after["interval"])


def _share(recipe: Recipe, plan: Plan, seconds: float, ranks: int) -> Share:
    from slm.plan import budgeted_recipe
    from slm.training.planner import share_of_rank

    rows = budgeted_recipe(recipe, plan.best, seconds).training.micro_batch_size
    return share_of_rank(plan.best.model, plan.best.tokens_per_step, ranks, rows)


def _print_plan(plan: Plan, next_command: str, share: Share | None = None) -> None:
    from rich.table import Table

    from slm.cli.console import duration
    from slm.cli.summary import out

    table = Table(box=None, pad_edge=False)
    for column in ("", "model", "weights", "step", "tok/s", "passes", "memory", "bits/byte", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for place, choice in enumerate(plan.choices[:SHOWN]):
        table.add_row("->" if place == 0 else "", *_cells(choice))
    machine = plan.machine
    out.print(
        f"this machine: {plan.matrix_rate / 1e9:,.0f} GFLOP/s in {machine.precision} on {machine.device} with "
        f"{machine.threads} threads, memory {plan.memory_rate / 1e9:.0f} GB/s; the optimizer takes "
        f"{plan.optimizer_share:.0%} of a step",
        soft_wrap=True,
    )
    best = plan.best.model
    out.print(
        f"text: {plan.text_bytes:,} bytes, {plan.text_tokens:,} tokens of a vocabulary of {best.vocab_size:,}; block "
        f"{best.block_size}\n",
        soft_wrap=True,
    )
    out.print(table)
    for seconds, choice in plan.longer:
        low, high = choice.interval
        out.print(
            f"{duration(seconds)} would give about {choice.bits_per_byte:.2f} ({low:.2f} to {high:.2f}): "
            f"{choice.model.n_layer} x {choice.model.n_embd}, {choice.passes:.1f} passes",
            soft_wrap=True,
        )
    if share is not None:
        out.print(
            f"on {share.ranks} ranks a step of the first is {share.micro_batch} x {best.block_size} x "
            f"{share.accumulation} x {share.ranks} tokens (micro-batch, block, accumulation, ranks), and a rank takes "
            f"{share.memory_bytes / 2**30:.1f} GB; with --shard {share.sharded_memory_bytes / 2**30:.1f} GB, the first "
            "one the weights once more; tokens/s are those of this machine, whose cores the ranks share",
            soft_wrap=True,
        )
    for warning in plan.warnings():
        out.print(warning, style="yellow", soft_wrap=True)
    out.print(f"\nnext:    {next_command}", soft_wrap=True)


def _cells(choice: Choice) -> list[str]:
    low, high = choice.interval
    return [
        f"{choice.model.n_layer} x {choice.model.n_embd}", f"{choice.parameters / 1e6:.1f} M",
        f"{choice.tokens_per_step:,}", f"{choice.tokens_per_second:,.0f}", f"{choice.passes:.1f}",
        f"{choice.memory_bytes / 2**30:.1f} GB", f"{choice.bits_per_byte:.2f}", f"{low:.2f} to {high:.2f}",
    ]  # fmt: skip
