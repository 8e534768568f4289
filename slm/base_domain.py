"""What a model knew before it is tuned: the text of its base domain, from its lineage or as a person names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slm.checkpoint import LoadedModel
from slm.data.documents import DocumentsConfig
from slm.data.token_store import TokenStore, open_token_store
from slm.errors import ConfigError, DataError
from slm.prepare import prepare
from slm.remote.folders import local_store
from slm.stage import recorded_store
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder


@dataclass(frozen=True)
class BaseDomain:
    """Text of the base domain, None where nobody knows it, and openings that the base model went on from."""

    store: TokenStore | None
    prompts: tuple[str, ...] = ()


def base_domain(named: str, loaded: LoadedModel, parent_run: RunFolder | None, observer: Observer) -> BaseDomain:
    """The text called `named` (a token store or documents), or for '' what the run at the beginning of the lineage of
    `loaded` learned from. Raises ConfigError where text and model have different tokenizers."""
    run = pretraining_run(parent_run)
    prompts = tuple(run.read()["recipe"]["samples"]["prompts"]) if run else ()
    if not named:
        return BaseDomain(_learned_from(run, observer), prompts)
    named = local_store(named)
    if (Path(named) / "manifest.json").is_file():
        store = open_token_store(Path(named))
    else:
        store = prepare(DocumentsConfig((named,)), loaded.tokenizer_source, message=observer.message)
    if store.tokenizer.sha256 != loaded.tokenizer.sha256:
        raise ConfigError(
            f"{store.folder} is tokenized by {store.tokenizer.name!r}, the model by {loaded.tokenizer.name!r}; name "
            f"the documents themselves, or prepare them with --tokenizer {loaded.tokenizer_source}"
        )
    return BaseDomain(store, prompts)


def pretraining_run(run: RunFolder | None) -> RunFolder | None:
    """The run at the beginning of a lineage; None where it leads out of the folder of runs."""
    known: set[str] = set()
    while run is not None and run.name not in known:
        known.add(run.name)
        try:
            record = run.read()
        except DataError:
            return None
        if record["stage"] == "pretraining":
            return run
        before = record["parent"]["run"]
        run = RunFolder(run.path.parent / before) if before else None
    return None


def _learned_from(run: RunFolder | None, observer: Observer) -> TokenStore | None:
    if run is None:
        return None
    try:
        return recorded_store(run.read())
    except DataError as error:
        observer.message(f"what is forgotten cannot be measured: {error}")
        return None
