"""The command that tunes a model on questions: finetune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.making import observing, print_finished, typed_command
from slm.cli.ranks import among_ranks, begun_runs, finished_run, running_time
from slm.cli.sources import accompanied, checked_company, model_folder, recipe_and_store
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.data.token_store import TokenStore

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    app.command()(finetune)


def finetune(
    data: Annotated[
        list[str] | None,
        typer.Argument(help="A token store of questions, or sources as for slm prepare; by default the recipe's own."),
    ] = None,
    from_: Annotated[
        str,
        typer.Option(
            "--from", metavar="MODEL", help="A run, a model folder or hub:owner/name; by default the newest base run."
        ),
    ] = "",
    recipe: Annotated[str, typer.Option(help="Settings to tune with.")] = "medical",
    set_: options.Set = None,
    name: options.Name = "",
    resume: options.Resume = None,
    track: options.Track = None,
    mirror: options.Mirror = "",
    yes: options.Yes = False,
    column: options.Column = None,
    validation: options.Validation = None,
    domain: options.DomainName = "",
    budget: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Running time for the whole command, such as 5m; searches learning rate and epochs."
        ),
    ] = "",
    reasoning: options.Reasoning = "",
    lora: Annotated[
        bool, typer.Option("--lora", help="Train small matrices beside frozen weights, at about ten times the rate.")
    ] = False,
    lora_rank: Annotated[int | None, typer.Option(help="Of these matrices; by default 8.")] = None,
    lora_alpha: Annotated[float | None, typer.Option(help="They count alpha / rank times; by default 16.")] = None,
    lora_targets: Annotated[
        str, typer.Option(metavar="NAMES", help="Which get one, such as c_attn,mlp.c_proj; by default all.")
    ] = "",
    replay: Annotated[
        bool, typer.Option("--replay", help="Mix in text that the base run learned from, so that it is not forgotten.")
    ] = False,
    base: Annotated[
        str, typer.Option(metavar="TEXT", help="That text, where the base run does not know it: documents or a store.")
    ] = "",
    forgetting_tolerance: Annotated[
        float | None, typer.Option(help="With --replay: by which share bits per byte on it may rise; by default 0.05.")
    ] = None,
    ranks: options.Ranks = 1,
    shard: options.ShardModel = False,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Tune a model on questions and answers.

    Example: slm finetune questions.jsonl --column response=answer

    All of it: slm finetune questions.jsonl --budget 10m --lora --replay
    """
    from slm.finetune import finetune as tune
    from slm.finetune import newest_pretraining, resume_finetuning

    tuning = options.tuning(
        budget, reasoning, lora, lora_rank, lora_alpha, lora_targets, replay, base, forgetting_tolerance
    )
    company = checked_company(track, mirror, "--resume" if resume is not None else "")
    with among_ranks(ranks, shard) as joined, observing(yes, "--set training.steps=... for fewer steps") as observer:
        if joined is None:
            return
        running = running_time()
        if resume is None and (begun := begun_runs(runs)):
            resume, tuning = str(begun[0].path), []  # as the run has it
        if resume is not None:
            if tuning:
                raise ConfigError("--resume goes on as the run began; leave the other options out")
            finished = finished_run(resume, runs) or resume_finetuning(resume, observer, runs, ranks=joined)
        else:
            if not from_:
                from_ = newest_pretraining(runs).name
                observer.message(f"starting from {runs / from_}, the newest base run")
            model = model_folder(from_, runs)
            assignments = [*tuning, *(set_ or [])]
            settings, store = recipe_and_store(
                recipe, assignments, data, "question_answer", column, validation, model=model, domain=domain
            )
            _require_reasoning(reasoning, store)
            settings = accompanied(settings, company)
            finished = tune(store, settings, from_, name, observer, typed_command(), runs, "", running, joined)
        print_finished(
            finished, as_json, f'slm generate {finished.argument} --question "What are the symptoms of asthma?"'
        )


def _require_reasoning(reasoning: str, store: TokenStore) -> None:
    """A store that was made before has its reasoning in it, or has not."""
    if reasoning and store.prompt_format is not None and store.prompt_format.reasoning != reasoning:
        raise ConfigError(
            f"{store.folder}: prepared with --reasoning {store.prompt_format.reasoning}, asked for is {reasoning!r}: "
            "prepare its documents again"
        )
