"""The commands that make something of text: run, prepare, train; tuning has the one for questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.making import observing, print_finished, typed_command
from slm.cli.ranks import among_ranks, begun_runs, finished_run, refuse_ranks, running_time
from slm.cli.sharding import in_shards, merged
from slm.cli.sources import accompanied, checked_company, model_folder, prepared, recipe_and_store
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.cli.console import ConsoleObserver
    from slm.data.token_store import TokenStore
    from slm.recipe import Recipe
    from slm.training.run_folder import RunFolder

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    for command in (run, prepare, train):
        app.command()(command)


def run(
    recipe: Annotated[str, typer.Argument(help="quick, tinystories, or your own file.toml.")] = "quick",
    set_: options.Set = None,
    name: options.Name = "",
    resume: options.Resume = None,
    track: options.Track = None,
    mirror: options.Mirror = "",
    yes: options.Yes = False,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Do everything, from documents to a report.

    Prepares, trains, fine-tunes and measures what a recipe names, and writes the report.

    Example: slm run quick
    """
    refuse_ranks("slm run", "slm train and slm finetune")
    from slm.pipeline import resume_recipe, run_recipe
    from slm.recipe import load_recipe

    company = checked_company(track, mirror, "--resume" if resume is not None else "")
    with observing(yes, "slm run quick (a few minutes)") as observer:
        if resume is not None:
            result = resume_recipe(resume, observer, runs, prepared)
        else:
            settings = accompanied(load_recipe(recipe, set_ or []), company)
            result = run_recipe(settings, name, observer, typed_command(), runs, prepared)
    summary = result.summary()
    if as_json:
        print(json.dumps(summary, indent=1))
    else:
        from slm.cli.summary import print_summary

        print_summary(summary, next_command=_next_after_run("" if resume is not None else recipe))


def prepare(
    source: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, addresses (s3://...), hub:owner/name, samples:stories.")
    ],
    out: Annotated[
        str,
        typer.Option(metavar="FOLDER|ADDRESS", help="Where it goes; by default token_stores/<source>-<hash>."),
    ] = "",
    kind: Annotated[str, typer.Option(help="text, or question_answer for fine-tuning.")] = "text",
    column: options.Column = None,
    validation: options.Validation = None,
    separator: options.Separator = "",
    strict: options.Strict = False,
    limit: options.Limit = 0,
    holdout: Annotated[float, typer.Option(help="Share held out for validation where there is none.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Decides which documents are held out.")] = 0,
    config: Annotated[str, typer.Option(help="Configuration of a hub dataset.")] = "",
    split: Annotated[str, typer.Option(help="Split of a hub dataset to train on.")] = "",
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of a hub dataset.")] = "",
    tokenizer: options.Tokenizer = "gpt2",
    reasoning: options.Reasoning = "drop",
    domain: options.DomainName = "general",
    shards: options.Shards = 0,
    shard: options.Shard = "",
    merge: options.Merge = False,
    engine: options.ShardEngine = "",
    as_json: options.Json = False,
) -> None:
    """Turn documents into a token store.

    Documents are cleaned, duplicates dropped, some held out for validation, all encoded. By shards, for more text than
    one process or machine should read, the same store comes out.

    Example: slm prepare stories/*.txt --separator '\\n\\n'
    """
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig
    from slm.domain import load_domain
    from slm.remote.address import checked_address, is_address

    elsewhere = checked_address(out, writable=True) if is_address(out) else ""
    folder = Path(out) if out and not elsewhere else None
    if merge:
        _finish_prepare(merged(source, folder), elsewhere, as_json)
        return

    section = options.documents_section(
        source, kind, column, validation, separator, strict, limit, holdout=holdout, seed=seed, config=config,
        split=split, revision=revision,
    )  # fmt: skip
    documents = from_dict(DocumentsConfig, section, where="slm prepare")
    prompt_format = load_domain(domain).prompt_format(reasoning) if kind == "question_answer" else None
    store = in_shards(documents, tokenizer, prompt_format, folder, shards, shard, engine)
    if store is not None:
        _finish_prepare(store, elsewhere, as_json)


def _finish_prepare(store: TokenStore, elsewhere: str, as_json: bool) -> None:
    from slm.cli.console import say
    from slm.remote.folders import upload_folder

    if elsewhere:
        say(f"copying {store.folder} to {elsewhere}")
        upload_folder(store.folder, elsewhere)
    if as_json:
        print(json.dumps(store.manifest, indent=1))
    else:
        from slm.audit.scan import hint
        from slm.cli.console import say
        from slm.cli.summary import print_store

        print_store(store)
        if line := hint(store):
            say(line)


def train(
    data: Annotated[
        list[str] | None,
        typer.Argument(help="A token store, or sources as for slm prepare; by default the newest store."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="Settings to train with; where there is a --budget, `budget` in place of `stories`.")
    ] = "stories",
    set_: options.Set = None,
    name: options.Name = "",
    from_: Annotated[
        str, typer.Option("--from", metavar="MODEL", help="Start from a run, a model folder or hub:owner/name.")
    ] = "",
    resume: options.Resume = None,
    track: options.Track = None,
    mirror: options.Mirror = "",
    yes: options.Yes = False,
    column: options.Column = None,
    validation: options.Validation = None,
    separator: options.Separator = "",
    tokenizer: options.Tokenizer = "",
    domain: options.DomainName = "",
    budget: options.Budget = "",
    memory: options.Memory = "",
    out: options.Out = "",
    extend: options.Extend = "",
    replay: options.ReplayRun = "",
    seeds: options.Seeds = 1,
    ranks: options.Ranks = 1,
    shard: options.ShardModel = False,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Train a model on text, for so many steps or so much time.

    Example: slm train stories.txt --budget 10m

    Longer: slm train --extend 20m RUN goes on with what came of it.
    """
    from slm.pretrain import extend_pretraining, pretrain, replay_pretraining, resume_pretraining
    from slm.stage import recorded_recipe

    if out:
        runs, name, mirror = _place_of(out, runs, mirror)
    company = checked_company(track, mirror, _refuse_mixed(budget, resume, extend, replay, seeds))
    if memory and (from_ or not budget):
        raise ConfigError("--memory goes with --budget and without --from: it bounds the model that the plan chooses")
    next_command = 'slm generate {} "Once upon a time"'
    with among_ranks(ranks, shard) as joined, observing(yes, "--set training.steps=... for fewer steps") as observer:
        if joined is None:
            return
        running = running_time()
        begun = begun_runs(runs)
        if begun and resume is None and seeds == 1:
            resume = str(begun[0].path)

        def go_on(run: str) -> RunFolder:
            return finished_run(run, runs) or resume_pretraining(run, observer, runs, running=running, ranks=joined)

        if resume is not None:
            finished = go_on(resume)
        elif extend:
            seconds, run = options.seconds_of(extend, "--extend"), _only_run(data)
            finished = extend_pretraining(run, seconds, name, observer, typed_command(), runs, running, joined)
        elif replay:
            finished = replay_pretraining(replay, name, observer, typed_command(), runs, joined)
        else:
            model = model_folder(from_, runs)
            recipe = "budget" if budget and recipe == "stories" else recipe
            settings, store = recipe_and_store(
                recipe, set_, data, "text", column, validation, separator, tokenizer, model, domain
            )
            if begun:  # another look at the machine could plan another model
                settings = recorded_recipe(begun[0].read())
            else:
                planned = _planned(settings, set_, store, budget, memory, model, observer) if budget else settings
                settings = accompanied(planned, company)
            made = []
            for number in range(seeds):
                seeded = _with_seed(settings, number) if seeds > 1 else settings
                of_seed = name and (name if seeds == 1 else f"{name}-seed{seeded.training.seed}")
                finished = go_on(str(begun[number].path)) if number < len(begun) else pretrain(
                    store, seeded, of_seed, model, observer, typed_command(), runs, running=running, ranks=joined
                )
                made.append(finished.argument)
                running = None  # each further one has the whole budget
            if seeds > 1:
                next_command = f"slm compare {' '.join(made)}"
        print_finished(finished, as_json, next_command.format(finished.argument))


def _place_of(out: str, runs: Path, mirror: str) -> tuple[Path, str, str]:
    """Where --out puts a run: the folder of runs, its name there, and where it is mirrored if that is an address."""
    from slm.remote.address import is_address

    if is_address(out):
        mirror, _, name = out.rstrip("/").rpartition("/")
        return runs, name, mirror
    return Path(out).parent, Path(out).name, mirror


def _refuse_mixed(budget: str, resume: str | None, extend: str, replay: str, seeds: int) -> str:
    """The option that goes on with a run or repeats one; '' for a new run. Raises ConfigError for what contradicts."""
    given = {"--budget": budget, "--resume": resume is not None, "--extend": extend, "--replay": replay}
    named = [option for option, value in given.items() if value]
    if len(named) > 1:
        raise ConfigError(f"{' and '.join(named)} do not go together; --resume and --replay know their run's budget")
    if seeds > 1 and named and named != ["--budget"]:
        raise ConfigError(f"--seeds does not go with {named[0]}, which is about one run")
    if seeds < 1:
        raise ConfigError(f"--seeds expects a whole number from 1 up, got {seeds}")
    return "".join(option for option in named if option != "--budget")


def _only_run(data: list[str] | None) -> str:
    if data and len(data) > 1:
        raise ConfigError(f"--extend expects one run, got {len(data)}: {', '.join(data)}")
    return data[0] if data else ""


def _with_seed(recipe: Recipe, number: int) -> Recipe:
    return replace(recipe, training=replace(recipe.training, seed=recipe.training.seed + number))


def _planned(
    recipe: Recipe, assignments: list[str] | None, store: TokenStore, budget: str, memory: str, model: str,
    observer: ConsoleObserver,
) -> Recipe:  # fmt: skip
    """The recipe with what fits the budget, and on top of it again what the person set."""
    from slm.config_files import apply_assignments, from_dict, to_dict
    from slm.plan import budgeted_recipe, quick_choice, quick_plan

    seconds = options.seconds_of(budget, "--budget")
    if model:
        from slm.checkpoint import load_model

        choice = quick_choice(store, seconds, load_model(model).model.config)
    else:
        plan = quick_plan(store, seconds, options.bytes_of(memory, "--memory") if memory else 0)
        choice = plan.best
        for warning in plan.warnings():
            observer.message(warning)
    planned = budgeted_recipe(recipe, choice, seconds)
    recipe = from_dict(type(recipe), apply_assignments(to_dict(planned), assignments or []), where="--set")
    said = f"budget {budget}: {recipe.model.n_layer} layers of {recipe.model.n_embd}"
    if recipe.model == planned.model:
        said += f", {choice.parameters / 1e6:.1f} M parameters, about {choice.passes:.1f} passes over the text"
        if not model:
            said += "; expected bits per byte {:.2f} to {:.2f}".format(*choice.interval)
    observer.message(said)
    return recipe


def _next_after_run(recipe: str) -> str:
    if recipe == "quick":
        return "slm run tinystories   (the documented system on real data: hours on a CPU, asks first)"
    return 'slm generate --question "What are the symptoms of asthma?"'
