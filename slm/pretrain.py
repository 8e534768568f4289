"""Token store and recipe to a trained model: the pre-training stage, and going on with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from slm.checkpoint import LoadedModel, load_model
from slm.data.batches import Windows
from slm.data.token_store import TokenStore
from slm.errors import ConfigError
from slm.model.gpt import GPT
from slm.recipe import Recipe
from slm.stage import Measure, Stage, go_on, recorded_recipe, recorded_start, recorded_store, start
from slm.training.observer import Observer
from slm.training.run_folder import RUNS, RunFolder, find_run


def pretrain(
    store: TokenStore,
    recipe: Recipe,
    name: str = "",
    from_model: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    resume_command: str = "",
) -> RunFolder:
    """Train a model on `store` as `recipe` says, and measure it before and after. Returns the finished run.

    It starts from random weights, or from the model folder or 'hub:owner/name' `from_model`, whose shape then counts.
    Without a name the run takes the recipe's, or the next that is free. Raises SlmError of the kind of what went wrong.
    """
    loaded = load_model(from_model) if from_model else None
    parent = {"run": None, "model": from_model, "sha256": loaded.sha256} if loaded else None
    stage = _stage(store, recipe, loaded, parent, observer or Observer(), resume_command)
    return start(stage, name or recipe.name, command, runs, fresh_name=not name)


def resume_pretraining(
    run: str, observer: Observer | None = None, runs: Path = RUNS, resume_command: str = ""
) -> RunFolder:
    """Go on with a stopped pre-training run ('' is the newest), with the same bits as if it had never stopped."""
    folder = find_run(run, runs)
    record = folder.read()
    if record["stage"] != "pretraining":
        raise ConfigError(f"{folder.path} is a fine-tuning run; go on with: slm finetune --resume {folder.argument}")
    if record["state"] == "finished":
        raise ConfigError(
            f"{folder.path} is finished; nothing to go on with. A longer run: slm train --from {folder.path}"
        )
    loaded = recorded_start(folder, record) if record["parent"] else None
    stage = _stage(
        recorded_store(record),
        recorded_recipe(record),
        loaded,
        record["parent"],
        observer or Observer(),
        resume_command,
    )
    return go_on(stage, folder)


def _stage(
    store: TokenStore, recipe: Recipe, loaded: LoadedModel | None, parent: dict[str, Any] | None, observer: Observer,
    resume_command: str,
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
    seed, block_size = recipe.training.seed, model.config.block_size
    measures = [Measure(f"{store.title}, held out", store.title, store.validation, responses=False)]
    samples = [Windows(split, block_size, seed) for split in (store.train, store.validation)]
    return Stage(
        recipe, store, model, *samples, measures, parent=parent, observer=observer, resume_command=resume_command
    )
