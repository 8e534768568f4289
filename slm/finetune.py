"""A trained model and questions with answers to a model that answers: the fine-tuning stage, and going on with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from slm.base_domain import base_domain
from slm.checkpoint import LoadedModel, load_model
from slm.data.batches import IGNORED, Documents, Records
from slm.data.replay import Replayed
from slm.data.token_store import TokenStore
from slm.domain import Domain, load_domain
from slm.errors import ConfigError, DataError
from slm.model.gpt import GPT
from slm.model.lora import add_adapters
from slm.model.positions import extend_positions
from slm.model_folder import names_model
from slm.recipe import Recipe
from slm.stage import Measure, Stage, go_on, recorded_domain, recorded_recipe, recorded_start, recorded_store, start
from slm.training.budget import RunningTime
from slm.training.observer import Observer
from slm.training.ranks import ALONE, Ranks
from slm.training.run_folder import RUNS, RunFolder, find_run, list_runs
from slm.training.selection import Guard
from slm.tuning_search import replaying, searched


def finetune(
    store: TokenStore,
    recipe: Recipe,
    source: str = "",
    name: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    resume_command: str = "",
    running: Callable[[], float] | None = None,
    ranks: Ranks = ALONE,
) -> RunFolder:
    """Tune a model on the records of `store`, and measure what it learned and what it forgot.

    `source` is a run, a model folder or 'hub:owner/name'; by default the newest pre-training run. Where the recipe has
    a budget of time, learning rate and epochs are searched for first; `running` gives the seconds of it that are spent
    already, without it the budget begins now. `ranks` train it, of which this is the first; it searches alone. Raises
    SlmError.
    """
    parent_run, loaded = _parent(source, runs)
    observer, tuning = observer or Observer(), recipe.tuning
    base = base_domain(tuning.base, loaded, parent_run, observer)
    if tuning.replay and base.store is None:
        raise ConfigError("nobody knows the text to replay: name it with --base, a token store or documents")
    model, recipe = _longer_model(loaded.model, store, recipe, observer)
    parent = {
        "run": parent_run.name if parent_run else None,
        "model": str(parent_run.best_model() if parent_run else source),
        "sha256": loaded.sha256,
        "prompts": list(base.prompts),
    }
    domain = load_domain(recipe.domain)
    stage = _stage(store, recipe, model, loaded.tokenizer.sha256, parent, base.store, observer, resume_command, domain)
    stage.ranks = ranks
    _show(stage)
    if recipe.training.budget_seconds or (tuning.replay and not tuning.replay_share):
        stage = searched(stage, running or RunningTime(already=0.0))
    return _told(start(stage, name or recipe.name, command, runs, fresh_name=not name), stage)


def resume_finetuning(
    run: str,
    observer: Observer | None = None,
    runs: Path = RUNS,
    resume_command: str = "",
    ranks: Ranks = ALONE,
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
    stage = recorded_finetuning(folder, record, observer or Observer(), resume_command, ranks)
    return _told(go_on(stage, folder), stage)


def recorded_finetuning(
    run: RunFolder, record: dict[str, Any], observer: Observer, resume_command: str = "", ranks: Ranks = ALONE
) -> Stage:
    """The stage that a run's record tells of, as far as its last checkpoint has come."""
    recipe, store = recorded_recipe(record), recorded_store(record)
    loaded, parent = recorded_start(run, record), record["parent"]
    base = _recorded_base(record, run, loaded, recipe, observer)
    model = _reshaped(loaded.model, recipe)
    domain = recorded_domain(run, record)
    stage = _stage(store, recipe, model, loaded.tokenizer.sha256, parent, base, observer, resume_command, domain)
    stage.ranks = ranks
    return stage


def _told(run: RunFolder, stage: Stage) -> RunFolder:
    """The finished run, with a word where it holds the model that it began with."""
    if stage.guard and run.read().get("best_step") == 0:
        stage.observer.message(
            f"every model that learned something had forgotten more than {stage.guard.tolerance:.0%}: the one it "
            "began with is kept; allow more (--forgetting-tolerance), replay more (tuning.replay_share) or learn slower"
        )
    return run


def _recorded_base(
    record: dict[str, Any], folder: RunFolder, loaded: LoadedModel, recipe: Recipe, observer: Observer
) -> TokenStore | None:
    """The base text of a run that was stopped; None, with a message, where it is gone and only was to be measured."""
    if "base_data" not in record:  # of a run that an older slm began
        before = record["parent"]["run"]
        parent_run = RunFolder(folder.path.parent / before) if before else None
        return base_domain(recipe.tuning.base, loaded, parent_run, observer).store
    if record["base_data"] is None:
        return None
    try:
        return recorded_store(record, "base_data")
    except DataError as error:
        if recipe.tuning.replay:
            raise
        observer.message(f"what is forgotten cannot be measured: {error}")
        return None


def _parent(source: str, runs: Path) -> tuple[RunFolder | None, LoadedModel]:
    """The run or model to start from; for '' the newest run that pre-trained."""
    if names_model(source):
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
    own = model.config.block_size
    block_size = max(recipe.model.block_size, own)
    if recipe.tuning.long_records == "extend":
        block_size = max(block_size, Records(store.train, block_size, train_on_prompt=True).counts.longest)
    if block_size > own and recipe.tuning.method == "lora" and not model.rotary:
        if recipe.tuning.long_records == "extend":
            raise ConfigError(
                f"tuning.long_records expects 'cut' or 'drop' with method 'lora', whose adapters have no positions of "
                f"their own, got 'extend' with records of up to {block_size} tokens and a context of {own}"
            )
        observer.message(f"context stays at {own} positions: adapters have none of their own")
        block_size = own
    if block_size > own:
        how = f" ({recipe.tuning.positions})" if model.config.architecture == "gpt2" else ""
        observer.message(f"context extended from {own} to {block_size} positions{how}")
    recipe = replace(recipe, model=replace(model.config, block_size=block_size, dropout=recipe.model.dropout))
    return _reshaped(model, recipe), recipe


def _reshaped(model: GPT, recipe: Recipe) -> GPT:
    """The model with the recipe's positions and dropout, and with adapters where it wants them."""
    longer = extend_positions(model, recipe.model.block_size, recipe.tuning.positions, recipe.training.seed)
    longer = longer.with_dropout(recipe.model.dropout)
    lora = recipe.tuning.method == "lora"
    return add_adapters(longer, recipe.tuning.lora, recipe.training.seed) if lora else longer


def _stage(
    store: TokenStore, recipe: Recipe, model: GPT, tokenizer_sha256: str, parent: dict[str, Any],
    base: TokenStore | None, observer: Observer, resume_command: str, domain: Domain,
) -> Stage:  # fmt: skip
    if store.prompt_format is None:
        raise ConfigError(
            f"{store.folder} holds plain documents; fine-tuning needs questions and answers "
            "(slm prepare --kind question_answer)"
        )
    if store.tokenizer.sha256 != tokenizer_sha256:
        raise ConfigError(
            f"{store.folder} was tokenized by another tokenizer than the model's; "
            f"prepare it with --tokenizer {parent['model']}"
        )
    if store.prompt_format.headings != domain.settings.prompt:
        raise ConfigError(
            f"{store.folder} was prepared with other headings than those of the domain {domain.name!r}; prepare it "
            "with --domain, or name the domain that it was prepared with"
        )
    tuning, block_size = recipe.tuning, model.config.block_size
    training, validation = (
        Records(split, block_size, tuning.train_on == "all", tuning.long_records == "drop", tuning.packing)
        for split in (store.train, store.validation)
    )
    measures = [Measure(f"Responses of {store.title}, held out", store.title, store.validation, responses=True)]
    if base is not None:
        measures.append(Measure(f"{base.title}, held out", base.title, base.validation, responses=False))
    guard = Guard(Documents(base.validation, block_size), tuning.forgetting_tolerance) if tuning.replay else None
    stage = Stage(
        recipe, store, model, training, validation, measures, domain, prompt_format=store.prompt_format, parent=parent,
        observer=observer, resume_command=resume_command, base_prompts=tuple(parent.get("prompts", ())), base=base,
        guard=guard,
    )  # fmt: skip
    stage.training = replaying(training, stage, tuning.replay_share)
    return stage


def _show(stage: Stage) -> None:
    """Say what becomes of the records, and show one as it is trained on."""
    records = stage.training.records if isinstance(stage.training, Replayed) else stage.training
    counts, block_size = records.counts, stage.model.config.block_size
    fates = {"cut": "cut without an end token", "drop": "dropped", "extend": "kept whole"}
    fate = fates[stage.recipe.tuning.long_records]
    stage.observer.message(
        f"{counts.records} records; {counts.too_long} ({counts.too_long / counts.records:.1%}) are longer than "
        f"{block_size} tokens and are {fate}; {counts.untrained} have no token to train on within the block and are "
        "left out"
    )
    inputs, targets = records.rows(range(1), epoch=0)[0]
    ids, trained = [*inputs.tolist(), int(targets[-1])], [False, *(targets != IGNORED).tolist()]
    pieces: list[tuple[list[int], bool]] = []
    for token, flag in zip(ids, trained, strict=True):
        if not pieces or pieces[-1][1] != flag:
            pieces.append(([], flag))
        pieces[-1][0].append(token)
    stage.observer.example([(stage.store.tokenizer.decode(run), flag) for run, flag in pieces])
