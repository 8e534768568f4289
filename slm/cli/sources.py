"""From the words of a command to what it works on: a recipe and the token store that it learns from."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slm.cli import options
from slm.cli.making import observing
from slm.errors import ConfigError, DataError

if TYPE_CHECKING:
    from slm.checkpoint import LoadedModel
    from slm.data.token_store import TokenStore
    from slm.model_folder import ModelFolder
    from slm.recipe import Recipe


def recipe_and_store(
    name: str, assignments: list[str] | None, data: list[str] | None, kind: str, column: list[str] | None,
    validation: list[str] | None, separator: str = "", tokenizer: str = "", model: str = "",
    domain: str = "",
) -> tuple[Recipe, TokenStore]:  # fmt: skip
    """The recipe, and the store it shall learn from: the one named, one made from the sources named, or the newest.

    Documents are tokenized by `tokenizer`, or as `model` needs it, or as the recipe says.
    """
    from slm.data.token_store import open_token_store
    from slm.recipe import load_recipe
    from slm.remote.folders import local_store

    assignments = [*(assignments or []), *([f"domain={domain}"] if domain else [])]
    if not data and name in ("stories", "budget"):
        data = [str(_newest_store(kind))]
    if data and len(data) == 1:
        data = [local_store(data[0])]
    if data and len(data) == 1 and (Path(data[0]) / "manifest.json").is_file():
        store = open_token_store(Path(data[0]))
        if tokenizer:
            raise ConfigError(f"--tokenizer is for documents; {data[0]} is tokenized: slm prepare its documents anew")
        return load_recipe(name, assignments, documents=store.manifest["documents"]), store
    if data:
        section = options.documents_section(data, kind, column, validation, separator)
        settings = load_recipe(name, assignments, documents=section)
    else:
        settings = load_recipe(name, assignments)
    if tokenizer := tokenizer or _tokenizer_of(model):
        settings = replace(settings, tokenizer=tokenizer)
    return settings, prepared(settings)


def checked_company(track: list[str] | None, mirror: str, goes_on: str = "") -> dict[str, Any]:
    """What --track and --mirror say, as settings of the training, if it can be had here. `goes_on` is the option by
    which a run goes on or is repeated.

    Raises ConfigError for an unknown tracker or address, or with such an option; MissingExtra."""
    from slm.training.config import TrainingConfig
    from slm.training.tracking import require_trackers

    company = {"track": tuple(track or ()), "mirror": mirror}
    if any(company.values()) and goes_on:
        raise ConfigError(f"--track and --mirror do not go with {goes_on}: the run has its own")
    TrainingConfig(**company)
    require_trackers(company["track"])
    return {name: value for name, value in company.items() if value}


def accompanied(recipe: Recipe, company: dict[str, Any]) -> Recipe:
    """The recipe, its second stage too, with these settings of who follows its training."""
    tuning = recipe.finetuning and accompanied(recipe.finetuning, company)
    return replace(recipe, training=replace(recipe.training, **company), finetuning=tuning)


def model_folder(source: str, runs: Path) -> str:
    """The model that --from names by its run, its folder, its address or hub:owner/name; '' for none."""
    from slm.model_folder import names_model
    from slm.training.run_folder import find_run

    if not source or names_model(source):
        return source
    return str(find_run(source, runs).best_model())


def _tokenizer_of(model: str) -> str:
    """The tokenizer that documents for `model` must be prepared with; '' where there is no model yet."""
    from slm.checkpoint import load_model

    return load_model(model).tokenizer_source if model else ""


def _newest_store(kind: str) -> Path:
    from slm.cli.console import say
    from slm.data.token_store import read_manifest
    from slm.prepare import STORES

    manifests = sorted(STORES.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in manifests:
        if (read_manifest(path.parent)["prompt_format"] is not None) == (kind == "question_answer"):
            say(f"training on {path.parent}, the newest token store")
            return path.parent
    raise DataError(
        f"expected documents or a token store, and there is none in {STORES}/; name your text: "
        "slm train stories.txt --budget 10m"
    )


def prepared(recipe: Recipe) -> TokenStore:
    """The recipe's store, made with a progress bar."""
    from slm.prepare import prepare as prepare_documents

    prompt_format = recipe.prompt_format()
    with encoding_progress() as (progress, message):
        store = prepare_documents(recipe.documents, recipe.tokenizer, prompt_format, progress=progress, message=message)
    counts = store.manifest["splits"]
    message(
        f"{store.folder}: {counts['train']['documents']:,} documents to train on "
        f"({counts['train']['tokens']:,} tokens), {counts['validation']['documents']:,} held out"
    )
    return store


@contextlib.contextmanager
def encoding_progress(doing: str = "reading and encoding") -> Iterator[tuple]:
    from slm.cli.console import say

    def progress(stream: object, encoded: int) -> None:
        total = stream.bytes_total
        if total:
            observer.working(f"{doing} ({encoded:,} documents)", min(stream.bytes_read, total - 1), total)

    with observing() as observer:
        yield progress, say


def open_source(source: str, runs: Path, tuned: bool = False) -> ModelFolder:
    """The model folder at `source`: a folder, an address, hub:owner/name, a run; for '' the newest run (that answers,
    if `tuned`). Checks it, without torch."""
    from slm.model_folder import names_model, open_model_folder
    from slm.training.run_folder import find_run, list_runs

    if names_model(source):
        return open_model_folder(source)
    if not source and tuned:
        source = next((run.name for run in list_runs(runs) if run.read()["stage"] == "finetuning"), "")
    run = find_run(source, runs)
    if not source or tuned:
        print(f"model: {run.best_model()}", file=sys.stderr)
    return open_model_folder(run.best_model())


def model_and_store(
    source: str, data: str, column: list[str] | None, runs: Path, otherwise: str = ""
) -> tuple[LoadedModel, TokenStore]:
    """A model and what to score it on: `data` (a store or a source), else what its run was trained on, else the
    source `otherwise`. Raises ConfigError where the two have different tokenizers, or there is nothing to score on."""
    from slm.checkpoint import load_model
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig
    from slm.data.token_store import open_token_store
    from slm.prepare import prepare
    from slm.remote.folders import local_store
    from slm.training.run_folder import find_run

    loaded = load_model(open_source(source, runs).path)
    in_a_run = loaded.folder.parent.name == "checkpoints"
    if not data and not in_a_run:
        data = otherwise
    if not data:
        if not in_a_run:
            raise ConfigError(f"{loaded.folder} is no run: say what to score it on with --data")
        store = open_token_store(Path(find_run(str(loaded.folder.parent.parent), runs).read()["data"]["folder"]))
    elif (Path(data := local_store(data)) / "manifest.json").is_file():
        store = open_token_store(Path(data))
    else:
        kind = "question_answer" if loaded.prompt_format is not None and not _has_text(data) else "text"
        section = options.documents_section([data], kind, column)
        store = prepare(
            from_dict(DocumentsConfig, section, where="--data"),
            loaded.tokenizer_source,
            loaded.prompt_format if kind != "text" else None,
        )
    if store.tokenizer.sha256 != loaded.tokenizer.sha256:
        raise ConfigError(
            f"{store.folder} is tokenized by {store.tokenizer.name!r}, the model by {loaded.tokenizer.name!r}; "
            f"prepare it with --tokenizer {loaded.tokenizer_source}"
        )
    return loaded, store


def _has_text(data: str) -> bool:
    return data == "samples:stories" or data.endswith((".txt", ".md", ".html"))
