"""Token store and recipe to a trained model: the pre-training stage, and going on with it."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from slm.checkpoint import LoadedModel, load_model, load_state, save_model
from slm.config_files import to_dict
from slm.data.batches import Documents, Windows
from slm.data.token_store import TokenStore
from slm.domain import FILE, Domain, load_domain
from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.model.initialization import initialize_looking_back
from slm.recipe import Recipe
from slm.stage import Measure, Stage, go_on, recorded_domain, recorded_recipe, recorded_start, recorded_store, start
from slm.training.budget import Budget, RunningTime
from slm.training.launch import changed_since, recorded_setup
from slm.training.metrics_log import read_lines
from slm.training.observer import Observer
from slm.training.pace import Recorded
from slm.training.ranks import ALONE, Ranks
from slm.training.run_folder import RUNS, RunFolder, create_run, find_run

KEPT_OF_A_RUN = ("stage", "parent", "frozen", "data", "parameters", "tokens_per_step", "machine", "versions")
"""What the record of an extension has from that of its run."""


def pretrain(
    store: TokenStore,
    recipe: Recipe,
    name: str = "",
    from_model: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    resume_command: str = "",
    running: Callable[[], float] | None = None,
    ranks: Ranks = ALONE,
) -> RunFolder:
    """Train a model on `store` as `recipe` says, and measure it before and after. Returns the finished run.

    It starts from random weights, or from the model folder or 'hub:owner/name' `from_model`, whose shape then counts.
    Without a name the run takes the recipe's, or the next that is free. `running` gives the seconds of a budget that
    are spent already; without it the budget begins now. `ranks` train it, of which this is the first; the others are
    `slm.following`. Raises SlmError of the kind of what went wrong.
    """
    loaded = load_model(from_model) if from_model else None
    parent = {"run": None, "model": from_model, "sha256": loaded.sha256} if loaded else None
    stage = _stage(store, recipe, loaded, parent, observer, resume_command, load_domain(recipe.domain), ranks)
    stage.budget = _budget(recipe, running)
    return start(stage, name or recipe.name, command, runs, fresh_name=not name)


def resume_pretraining(
    run: str,
    observer: Observer | None = None,
    runs: Path = RUNS,
    resume_command: str = "",
    running: Callable[[], float] | None = None,
    ranks: Ranks = ALONE,
) -> RunFolder:
    """Go on with a stopped pre-training run ('' is the newest): by steps with the same bits as if it had never stopped,
    by a budget for the time that was left."""
    folder, record = _pretraining_run(run, runs)
    if record["state"] == "finished":
        extension = folder.before_decay.exists()
        more = f"--extend 20m {folder.argument}" if extension else f"--from {folder.path}"
        raise ConfigError(f"{folder.path} is finished; nothing to go on with. A longer run: slm train {more}")
    return go_on(recorded_pretraining(folder, record, observer, resume_command, running, ranks), folder)


def recorded_pretraining(
    run: RunFolder,
    record: dict[str, Any],
    observer: Observer | None = None,
    resume_command: str = "",
    running: Callable[[], float] | None = None,
    ranks: Ranks = ALONE,
) -> Stage:
    """The stage that a run's record tells of, as far as its last checkpoint has come."""
    loaded = recorded_start(run, record) if record["parent"] else None
    stage = _recorded_stage(run, record, loaded, observer, resume_command, ranks)
    if record.get("replayed"):
        stage.replayed = Path(record["replayed"])
    else:
        stage.budget = _budget(stage.recipe, running)
    return stage


def extend_pretraining(
    run: str,
    seconds: float,
    name: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    running: Callable[[], float] | None = None,
    ranks: Ranks = ALONE,
) -> RunFolder:
    """A new run that goes on for `seconds` from the state that `run` was in before its learning rate fell.

    Raises ConfigError where the run kept no such state.
    """
    folder, record = _pretraining_run(run, runs)
    if not folder.before_decay.exists():
        raise ConfigError(
            f"{folder.path}: expected checkpoints/before_decay, which runs by --budget keep once their learning rate "
            f"falls; found none. Start anew from its weights: slm train --from {folder.path}"
        )
    recipe = recorded_recipe(record)
    recipe = replace(recipe, training=replace(recipe.training, budget_seconds=seconds))
    record = {key: record[key] for key in KEPT_OF_A_RUN if key in record}
    record |= {"recipe": to_dict(recipe), "command": command, "extended": str(folder.path), "steps": 0, "timing": {}}
    longer = create_run(name or f"{folder.name}-extended", record, runs, fresh_name=not name)
    try:
        _copy_before_decay(folder, longer)
    except BaseException:
        shutil.rmtree(longer.path, ignore_errors=True)  # nothing to go on with
        raise
    return go_on(recorded_pretraining(longer, longer.read(), observer, running=running, ranks=ranks), longer)


def replay_pretraining(
    run: str,
    name: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    ranks: Ranks = ALONE,
) -> RunFolder:
    """A new run that repeats one by the clock step by step, as its metrics recorded it: to the same bits."""
    folder, record = _pretraining_run(run, runs)
    Recorded(folder.metrics)  # refuses a run that cannot be repeated before there is a folder for its repetition
    loaded = None
    if parent := record["parent"]:
        loaded = load_model(parent["model"])
        if loaded.sha256 != parent["sha256"]:
            raise ConfigError(
                f"{parent['model']}: not the weights that {folder.path} began with; it cannot be done again"
            )
    stage = _recorded_stage(folder, record, loaded, observer, "", ranks)
    stage.replayed = folder.metrics.resolve()
    documents = record.get("scored_documents", stage.recipe.evaluation.documents)
    stage.recipe = replace(stage.recipe, evaluation=replace(stage.recipe.evaluation, documents=documents))
    for change in changed_since(record):
        stage.observer.message(f"{change}: the bits may differ from those of {folder.path}")
    setup = recorded_setup(record, stage.recipe.training, ranks)
    if (before := record["frozen"].get("ranks", 1)) != ranks.size:
        stage.observer.message(f"{folder.path} had {before} ranks, this has {ranks.size}: equal but for rounding")
    return start(stage, name or f"{folder.name}-replay", command, runs, not name, setup)


def _pretraining_run(run: str, runs: Path) -> tuple[RunFolder, dict[str, Any]]:
    folder = find_run(run, runs)
    record = folder.read()
    if record["stage"] != "pretraining":
        raise ConfigError(f"{folder.path} is a fine-tuning run; go on with: slm finetune --resume {folder.argument}")
    return folder, record


def _budget(recipe: Recipe, running: Callable[[], float] | None) -> Budget | None:
    seconds = recipe.training.budget_seconds
    return Budget(seconds, running or RunningTime(already=0.0)) if seconds else None


def _copy_before_decay(source: RunFolder, target: RunFolder) -> None:
    """State and metrics up to it: as if `target` had been stopped there, with nothing of its budget spent."""
    loaded, state = load_model(source.before_decay), load_state(source.before_decay)
    progress = state.values["progress"] | {"spent": 0.0, "best_validation_loss": math.inf, "best_step": -1}
    state.values["progress"] = progress
    save_model(
        target.last, loaded.model, loaded.tokenizer, loaded.prompt_format, _own(loaded.record), state,
        domain=loaded.domain,
    )  # fmt: skip
    kept = [line for line in read_lines(source.metrics) if line["step"] <= progress["step"]]
    target.metrics.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")
    for name in ("evaluation.json", FILE):
        if (source.path / name).is_file():
            shutil.copy(source.path / name, target.path / name)


def _own(record: dict[str, Any]) -> dict[str, Any]:
    """What a trainer wrote into slm.json, without what `save_model` adds by itself."""
    return {key: record[key] for key in ("recipe", "stage", "data", "parent", "run", "step") if key in record}


def _recorded_stage(
    run: RunFolder, record: dict[str, Any], loaded: LoadedModel | None, observer: Observer | None, resume_command: str,
    ranks: Ranks,
) -> Stage:  # fmt: skip
    store, recipe, domain = recorded_store(record), recorded_recipe(record), recorded_domain(run, record)
    return _stage(store, recipe, loaded, record["parent"], observer, resume_command, domain, ranks)


def _stage(
    store: TokenStore, recipe: Recipe, loaded: LoadedModel | None, parent: dict[str, Any] | None,
    observer: Observer | None, resume_command: str, domain: Domain, ranks: Ranks,
) -> Stage:  # fmt: skip
    if store.prompt_format is not None:
        raise ConfigError(f"{store.folder} holds questions and answers; those are for slm finetune")
    if loaded and parent:
        if loaded.tokenizer.sha256 != store.tokenizer.sha256:
            raise ConfigError(
                f"{store.folder} is tokenized by {store.tokenizer.name!r}, the model by {loaded.tokenizer.name!r}; "
                f"prepare it with --tokenizer {parent['model']}"
            )
        model = loaded.model
        recipe = replace(recipe, model=model.config)
    else:
        recipe = replace(recipe, model=replace(recipe.model, vocab_size=store.tokenizer.n_vocab))
        torch.manual_seed(recipe.training.seed)
        model = GPT(recipe.model)
        if recipe.training.initialization == "looking_back":
            initialize_looking_back(model)
    seed, block_size = recipe.training.seed, model.config.block_size
    measures = [Measure(f"{store.title}, held out", store.title, store.validation, responses=False)]
    whole = recipe.training.batches == "documents"
    samples = [
        Documents(split, block_size) if whole else Windows(split, block_size, seed)
        for split in (store.train, store.validation)
    ]
    return Stage(
        recipe, store, model, *samples, measures, domain, parent=parent, observer=observer or Observer(),
        resume_command=resume_command, ranks=ranks,
    )  # fmt: skip
