"""A trained model and questions with answers to a model that answers: the fine-tuning stage, and going on with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from slm.checkpoint import LoadedModel, load_model
from slm.data.batches import IGNORED, Records
from slm.data.token_store import TokenStore
from slm.domain import Domain, load_domain
from slm.errors import ConfigError, DataError
from slm.model.gpt import GPT
from slm.model.positions import extend_positions
from slm.recipe import Recipe
from slm.stage import Measure, Stage, go_on, recorded_domain, recorded_recipe, recorded_start, recorded_store, start
from slm.training.observer import Observer
from slm.training.run_folder import RUNS, RunFolder, find_run, list_runs


def finetune(
    store: TokenStore,
    recipe: Recipe,
    source: str = "",
    name: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    resume_command: str = "",
) -> RunFolder:
    """Tune a model on the records of `store`, and measure what it learned and what it forgot.

    `source` is a run, a model folder or 'hub:owner/name'; by default the newest pre-training run. Raises SlmError.
    """
    parent_run, loaded = _parent(source, runs)
    observer = observer or Observer()
    model, recipe = _longer_model(loaded.model, store, recipe, observer)
    parent = {
        "run": parent_run.name if parent_run else None,
        "model": str(parent_run.best_model() if parent_run else source),
        "sha256": loaded.sha256,
        "prompts": _base_prompts(parent_run),
    }
    measures = _base_measures(parent_run, observer)
    domain = load_domain(recipe.domain)
    stage = _stage(store, recipe, model, loaded.tokenizer.sha256, parent, measures, observer, resume_command, domain)
    _show(stage)
    return start(stage, name or recipe.name, command, runs, fresh_name=not name)


def resume_finetuning(
    run: str, observer: Observer | None = None, runs: Path = RUNS, resume_command: str = ""
) -> RunFolder:
    """Go on with a stopped fine-tuning run ('' is the newest)."""
    folder = find_run(run, runs)
    record = folder.read()
    if record["stage"] != "finetuning":
        raise ConfigError(f"{folder.path} is a pre-training run; go on with: slm train --resume {folder.argument}")
    if record["state"] == "finished":
        raise ConfigError(
            f"{folder.path} is finished; nothing to go on with. Further tuning: slm finetune --from {folder.path}"
        )
    recipe, store, observer = recorded_recipe(record), recorded_store(record), observer or Observer()
    loaded, parent = recorded_start(folder, record), record["parent"]
    parent_run = RunFolder(folder.path.parent / parent["run"]) if parent["run"] else None
    measures = _base_measures(parent_run, observer)
    model = _reshaped(loaded.model, recipe)
    domain = recorded_domain(folder, record)
    stage = _stage(store, recipe, model, loaded.tokenizer.sha256, parent, measures, observer, resume_command, domain)
    return go_on(stage, folder)


def _parent(source: str, runs: Path) -> tuple[RunFolder | None, LoadedModel]:
    """The run or model to start from; for '' the newest run that pre-trained."""
    if source.startswith("hub:") or (source and (Path(source) / "config.json").is_file()):
        return None, load_model(source)
    run = find_run(source, runs) if source else newest_pretraining(runs)
    return run, load_model(run.best_model())


def newest_pretraining(runs: Path = RUNS) -> RunFolder:
    """The newest run that trained a base model. Raises DataError where there is none."""
    for run in list_runs(runs):
        if run.read()["stage"] == "pretraining":
            return run
    raise DataError(
        f"expected a pre-training run in {runs}/, to start from; make one with slm train, or name a model with --from"
    )


def _longer_model(model: GPT, store: TokenStore, recipe: Recipe, observer: Observer) -> tuple[GPT, Recipe]:
    """The model with as many positions as the recipe wants, and the recipe with the model's real shape."""
    block_size = max(recipe.model.block_size, model.config.block_size)
    if recipe.tuning.long_records == "extend":
        block_size = max(block_size, Records(store.train, block_size, train_on_prompt=True).counts.longest)
    if block_size > model.config.block_size:
        how = f" ({recipe.tuning.positions})" if model.config.architecture == "gpt2" else ""
        observer.message(f"context extended from {model.config.block_size} to {block_size} positions{how}")
    recipe = replace(recipe, model=replace(model.config, block_size=block_size, dropout=recipe.model.dropout))
    return _reshaped(model, recipe), recipe


def _reshaped(model: GPT, recipe: Recipe) -> GPT:
    """The model with the recipe's positions and dropout."""
    longer = extend_positions(model, recipe.model.block_size, recipe.tuning.positions, recipe.training.seed)
    return longer.with_dropout(recipe.model.dropout)


def _stage(
    store: TokenStore, recipe: Recipe, model: GPT, tokenizer_sha256: str, parent: dict[str, Any],
    base_measures: list[Measure], observer: Observer, resume_command: str, domain: Domain,
) -> Stage:  # fmt: skip
    if store.prompt_format is None:
        raise ConfigError(
            f"{store.folder} holds plain documents; fine-tuning needs questions and answers "
            "(slm prepare --kind question_answer)"
        )
    if store.prompt_format.headings != domain.settings.prompt:
        raise ConfigError(
            f"{store.folder} was prepared with other headings than those of the domain {domain.name!r}; prepare it "
            "with --domain, or name the domain that it was prepared with"
        )
    if store.tokenizer.sha256 != tokenizer_sha256:
        raise ConfigError(
            f"{store.folder} was tokenized by another tokenizer than the model's; "
            f"prepare it with --tokenizer {parent['model']}"
        )
    everything = recipe.tuning.train_on == "all"
    drop = recipe.tuning.long_records == "drop"
    samples = [Records(split, model.config.block_size, everything, drop) for split in (store.train, store.validation)]
    measures = [Measure(f"Responses of {store.title}, held out", store.title, store.validation, responses=True)]
    return Stage(
        recipe, store, model, *samples, measures + base_measures, domain,
        prompt_format=store.prompt_format, parent=parent, observer=observer, resume_command=resume_command,
        base_prompts=tuple(parent.get("prompts", ())),
    )  # fmt: skip


def _base_measures(parent_run: RunFolder | None, observer: Observer) -> list[Measure]:
    """What the parent was trained on, to see how much of it is forgotten."""
    if parent_run is None:
        return []
    try:
        record = parent_run.read()
        if record["stage"] == "finetuning":
            return []
        base = recorded_store(record)
    except DataError as error:
        observer.message(f"what is forgotten cannot be measured: {error}")
        return []
    return [Measure(f"{base.title}, held out", base.title, base.validation, responses=False)]


def _base_prompts(parent_run: RunFolder | None) -> list[str]:
    """The openings that the parent went on from while it learned; the tuned model is given them again."""
    record = parent_run.read() if parent_run else {"stage": ""}
    return record["recipe"]["samples"]["prompts"] if record["stage"] == "pretraining" else []


def _show(stage: Stage) -> None:
    """Say what becomes of the records, and show one as it is trained on."""
    counts, block_size = stage.training.counts, stage.model.config.block_size
    fates = {"cut": "cut without an end token", "drop": "dropped", "extend": "kept whole"}
    fate = fates[stage.recipe.tuning.long_records]
    stage.observer.message(
        f"{counts.records} records; {counts.too_long} ({counts.too_long / counts.records:.1%}) are longer than "
        f"{block_size} tokens and are {fate}; {counts.untrained} have no token to train on within the block and are "
        "left out"
    )
    inputs, targets = stage.training.rows(range(1), epoch=0)[0]
    ids, trained = [*inputs.tolist(), int(targets[-1])], [False, *(targets != IGNORED).tolist()]
    pieces: list[tuple[list[int], bool]] = []
    for token, flag in zip(ids, trained, strict=True):
        if not pieces or pieces[-1][1] != flag:
            pieces.append(([], flag))
        pieces[-1][0].append(token)
    stage.observer.example([(stage.store.tokenizer.decode(run), flag) for run, flag in pieces])
