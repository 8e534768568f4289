"""A whole recipe, from documents to answers: prepare, pre-train, fine-tune; and going on with one that was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slm.data.token_store import TokenStore
from slm.domain import run_domain
from slm.errors import ConfigError
from slm.finetune import finetune, resume_finetuning
from slm.prepare import prepare
from slm.pretrain import pretrain, resume_pretraining
from slm.recipe import Recipe
from slm.stage import recorded_recipe, recorded_store
from slm.training.observer import Observer
from slm.training.run_folder import RUNS, RunFolder, find_run, list_runs

PrepareStore = Callable[[Recipe], TokenStore]


@dataclass(frozen=True)
class PipelineResult:
    """The runs of a finished pipeline; `tuned` is None for a recipe without fine-tuning."""

    base: RunFolder
    tuned: RunFolder | None

    @property
    def final(self) -> RunFolder:
        return self.tuned or self.base

    def summary(self) -> dict[str, Any]:
        """The figures and texts that a person wants to see at the end."""
        scores = []
        for run in (self.base, self.tuned):
            if run is not None:
                scores += _read(run, "evaluation.json")["results"]
        stories = max((self.base.path / "samples").glob("step-*.json"))
        return {
            "base": self.base.name,
            "tuned": self.tuned.name if self.tuned else None,
            "scores": scores,
            "stories": json.loads(stories.read_text(encoding="utf-8"))["items"],
            "answers": _read(self.tuned, "answers.json")["items"] if self.tuned else [],
            "notice": run_domain(self.tuned.path).notice if self.tuned else "",
            "report": str(self.final.path / "report.html"),
        }


def prepare_recipe(recipe: Recipe, message: Callable[[str], None] = lambda text: None) -> TokenStore:
    """The token store that a recipe learns from."""
    prompt_format = recipe.prompt_format()
    return prepare(recipe.documents, recipe.tokenizer, prompt_format, message=message)


def run_recipe(
    recipe: Recipe,
    name: str = "",
    observer: Observer | None = None,
    command: str = "",
    runs: Path = RUNS,
    prepare_store: PrepareStore = prepare_recipe,
) -> PipelineResult:
    """Do all that `recipe` names. Both stores are prepared first: what is missing shows before hours of work."""
    if recipe.stage != "pretraining":
        raise ConfigError(
            f"recipe {recipe.name!r} fine-tunes a model that is there; use slm finetune --recipe {recipe.name}"
        )
    store = prepare_store(recipe)
    tuning = tokenized_like(store, recipe.finetuning) if recipe.finetuning else None
    tuning_store = prepare_store(tuning) if tuning else None
    base = pretrain(
        store, recipe, name, observer=observer, command=command, runs=runs, resume_command="slm run --resume {run}"
    )
    tuned = None
    if tuning and tuning_store:
        tuned = _tune(tuning, tuning_store, base, observer, command, runs)
    return PipelineResult(base, tuned)


def resume_recipe(
    run: str, observer: Observer | None = None, runs: Path = RUNS, prepare_store: PrepareStore = prepare_recipe
) -> PipelineResult:
    """Go on with a stopped pipeline: `run` is its base or its tuned run, '' the newest."""
    folder = find_run(run, runs)
    record, runs = folder.read(), folder.path.parent
    if record["stage"] == "finetuning" and record["parent"]["run"]:
        folder = find_run(record["parent"]["run"], runs)
        record = folder.read()
    recipe = recorded_recipe(record)
    if record["state"] != "finished":
        folder = resume_pretraining(folder.name, observer, runs, resume_command="slm run --resume {run}")
    if recipe.finetuning is None:
        return PipelineResult(folder, None)
    tuned = _tuned_run(folder, recipe.finetuning, runs)
    if tuned is None:
        tuning = tokenized_like(recorded_store(record), recipe.finetuning)
        tuned = _tune(tuning, prepare_store(tuning), folder, observer, record["command"], runs)
    elif tuned.read()["state"] != "finished":
        tuned = resume_finetuning(tuned.name, observer, runs, resume_command=f"slm run --resume {folder.argument}")
    return PipelineResult(folder, tuned)


def tokenized_like(store: TokenStore, tuning: Recipe) -> Recipe:
    """The recipe of the second stage: its questions are tokenized as the texts in `store` were."""
    return replace(tuning, tokenizer=store.tokenizer_source)


def _tune(
    recipe: Recipe, store: TokenStore, base: RunFolder, observer: Observer | None, command: str, runs: Path
) -> RunFolder:
    name = f"{base.name}-medical" if recipe.name.endswith("medical") else f"{base.name}-tuned"
    return finetune(
        store, recipe, str(base.path), name if not (runs / name).exists() else "", observer, command, runs,
        resume_command=f"slm run --resume {base.argument}",
    )  # fmt: skip


def _tuned_run(base: RunFolder, recipe: Recipe, runs: Path) -> RunFolder | None:
    """The newest run that tuned `base` by `recipe`."""
    for run in list_runs(runs):
        record = run.read()
        if (
            record["stage"] == "finetuning"
            and record["recipe"]["name"] == recipe.name
            and record["parent"]["run"] == base.name
        ):
            return run
    return None


def _read(run: RunFolder, name: str) -> dict[str, Any]:
    return json.loads((run.path / name).read_text(encoding="utf-8"))
