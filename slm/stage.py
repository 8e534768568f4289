"""One stage of a run: measure, train, measure again, draw, report. Pre-training and fine-tuning both go through here.

Wires the trainer to evaluation and generation, which do not know one another; has no loop over batches of its own.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from slm.atomic_write import existing_folder, write_text
from slm.checkpoint import LoadedModel, load_model
from slm.config_files import from_dict, to_dict
from slm.data.token_store import TokenStore, open_token_store
from slm.device import peak_memory_bytes
from slm.domain import FILE, Domain, domain_of_old, load_domain, read_domain
from slm.errors import DataError, Stopped, TrainingError
from slm.evaluation.bits_per_byte import evaluate, tokens_of
from slm.measuring import Measure, Stage, measure_after, measure_before, rehearsed_documents, write_samples
from slm.model.gpt import GPT
from slm.model.lora import plain_parameters
from slm.recipe import Recipe
from slm.remote.folders import fetch_folder, fetched_from
from slm.remote.mirror import Mirror
from slm.report.html import write_report
from slm.report.loss_curve import draw_loss_curve
from slm.training.expectation import Expectation, entropy_of
from slm.training.launch import (
    Setup,
    changed_since,
    choose_setup,
    laid_out,
    make_trainer,
    recorded_setup,
    run_record,
)
from slm.training.pace import ByClock, ByFirstClock, ByStep, Pace, Recorded
from slm.training.ranks import Launcher
from slm.training.run_folder import RunFolder, create_run, recording
from slm.training.stop_request import stopping_at_once
from slm.training.tracking import require_trackers, tracked
from slm.training.trainer import Trainer
from slm.training.watch import Watch


def start(stage: Stage, name: str, command: str, runs: Path, fresh_name: bool, setup: Setup | None = None) -> RunFolder:
    """Make a new run of `stage` and work on it to the end, with `setup` or what is best here. Raises whatever ends it;
    the record then says why."""
    require_trackers(stage.recipe.training.track)
    setup = setup or choose_setup(stage.recipe.training, stage.ranks)
    setup = laid_out(setup, stage.model, stage.recipe.training, stage.ranks)
    record = {
        "stage": stage.recipe.stage,
        "command": command,
        "parent": stage.parent,
        "replayed": str(stage.replayed) if stage.replayed else None,
        "recipe": to_dict(stage.recipe),
        "base_data": _summary(stage.base) if stage.base else None,
        "searched": stage.searched,
        "launcher": launcher.name if (launcher := Launcher.here()) else None,
        **run_record(stage.model, stage.recipe.training, setup, _summary(stage.store)),
    }
    run = create_run(name, record, runs, fresh_name)
    try:
        mirror = _mirror(stage, run, new=True)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)  # nothing began
        raise
    write_text(run.path / FILE, stage.domain.text)
    with mirror as saved:
        _work(stage, run, setup, False, saved)
    return run


def go_on(stage: Stage, run: RunFolder) -> RunFolder:
    """Go on with a stopped run from its last checkpoint; `stage` was built from the run's own record."""
    record = run.read()
    for change in changed_since(record):
        stage.observer.message(f"{change}: the bits may differ from a run that never stopped")
    setup = recorded_setup(record, stage.recipe.training, stage.ranks)
    setup = laid_out(setup, stage.model, stage.recipe.training, stage.ranks)
    if (before := record["frozen"].get("ranks", 1)) != setup.ranks:
        stage.observer.message(f"ranks were {before}, are {setup.ranks}: equal but for rounding")
    run.update(frozen=asdict(setup))
    with _mirror(stage, run) as saved:
        _work(stage, run, setup, True, saved)
    return run


def train_along(stage: Stage, run: RunFolder, resumed: bool) -> None:
    """Be one of the ranks but the first in a run that the first one works on; `stage` was built from its record."""
    command = _resume_command(stage, run)
    setup = recorded_setup(run.read(), stage.recipe.training, stage.ranks)
    with stage.ranks.naming_lost(command):
        trainer = _trainer(stage, run, setup, command)
        if resumed:
            trainer.restore()
        stage.ranks.while_first(lambda: None)
        trainer.train()


def _summary(store: TokenStore) -> dict[str, Any]:
    """What a run writes down of its data; of a store that was fetched its address too."""
    address = fetched_from(store.folder)
    return store.summary() | ({"address": address} if address else {})


def _mirror(
    stage: Stage, run: RunFolder, new: bool = False
) -> contextlib.AbstractContextManager[Callable[[], None]]:
    """What copies the run elsewhere, if it shall be; as a context it gives what to call at every checkpoint."""
    if not (address := stage.recipe.training.mirror):
        return contextlib.nullcontext(lambda: None)
    with run.hold():  # who holds the folder holds the run elsewhere too, and is not to be taken for one that ended
        return Mirror(f"{address.rstrip('/')}/{run.name}", run.path, new, stage.observer.message)


def recorded_recipe(record: dict[str, Any]) -> Recipe:
    """The recipe that a run was started with."""
    return from_dict(Recipe, record["recipe"], where=f"runs/{record['name']}/run.json")


def recorded_domain(run: RunFolder, record: dict[str, Any]) -> Domain:
    """The domain that a run was started with: the copy in its folder; of runs that died before they had one, what their
    recipe names."""
    if (run.path / FILE).is_file():
        return read_domain(run.path / FILE)
    if "domain" in record["recipe"]:
        return load_domain(record["recipe"]["domain"])
    return domain_of_old(answers=record["stage"] == "finetuning")


def recorded_store(record: dict[str, Any], which: str = "data") -> TokenStore:
    """The token store that a run was started with, or its 'base_data'. Raises DataError where it is gone or is not the
    same any more."""
    folder, address = Path(record[which]["folder"]), record[which].get("address")
    store = open_token_store(fetch_folder(address) if address and not folder.is_dir() else folder)
    if store.manifest["sha256"] != record[which]["sha256"]:
        raise DataError(
            f"{store.folder}: holds other data than run {record['name']!r} began with; prepare the old documents again"
        )
    return store


def recorded_start(run: RunFolder, record: dict[str, Any]) -> LoadedModel:
    """The model of a run's last checkpoint, or the one that it began with where it has none yet.

    Raises TrainingError where that one is not the same any more.
    """
    if existing_folder(run.last).exists():
        return load_model(run.last)
    loaded = load_model(record["parent"]["model"])
    if loaded.sha256 != record["parent"]["sha256"]:
        raise TrainingError(
            f"{loaded.folder}: not the weights that run {run.name!r} began with; begin a new run from them"
        )
    return loaded


def _work(stage: Stage, run: RunFolder, setup: Setup, resumed: bool, saved: Callable[[], None]) -> None:
    command = _resume_command(stage, run)
    stage.observer.message(f"run {run.path}: {_size(stage.model)}, {setup.precision} on {setup.device}")
    with (
        stopping_at_once(command), recording(run), tracked(run, stage.recipe.training.track, stage.observer),
        _machine_errors(run, command), _curve_when_stopped(run), stage.ranks.naming_lost(command),
    ):  # fmt: skip
        resumed = resumed and existing_folder(run.last).exists()
        stage.ranks.begin(run=str(run.path), resumed=resumed)
        trainer = _trainer(stage, run, setup, command, _watch(stage, run), saved)
        if resumed:
            trainer.restore()
            if stage.budget:
                stage.budget.before = trainer.progress.spent
        stage.ranks.while_first(lambda: _measure_first(stage, run, resumed))
        progress = trainer.train()
        draw_loss_curve(run.path)
        measure_after(stage, run, run.read()["scored_documents"])
        seconds = {"training_seconds": progress.seconds, "evaluation_seconds": progress.evaluation_seconds}
        run.update(
            timing={name: round(value, 1) for name, value in seconds.items()},
            tokens_seen=progress.tokens,
            peak_memory_bytes=peak_memory_bytes(),
            best_validation_loss=progress.best_validation_loss,
            best_step=progress.best_step,
            steps=progress.step,
        )
    write_report(run.path)


def _resume_command(stage: Stage, run: RunFolder) -> str:
    command = "train" if stage.recipe.stage == "pretraining" else "finetune"
    ranks = f" --ranks {stage.ranks.size}" if stage.ranks.size > 1 else ""
    return (stage.resume_command or f"slm {command} --resume {{run}}{ranks}").replace("{run}", run.argument)


def _trainer(
    stage: Stage, run: RunFolder, setup: Setup, command: str, watch: Watch | None = None,
    saved: Callable[[], None] = lambda: None,
) -> Trainer:  # fmt: skip
    recipe = stage.recipe
    made_from = {"data": stage.store.manifest["sha256"], "parent": stage.parent}
    return make_trainer(
        run, stage.model, stage.store.tokenizer, stage.prompt_format, stage.training, stage.validation,
        recipe.training, setup, stage.observer, command, lambda step: write_samples(stage, run, step),
        {"recipe": recipe.name, "stage": recipe.stage, **made_from}, _pace(stage), _clock(stage), watch, stage.domain,
        stage.guard, stage.ranks, saved,
    )  # fmt: skip


def _size(model: GPT) -> str:
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    everything = plain_parameters(model)
    apart = "" if trained == everything else f", beside which {trained / 1e6:.2f} million are trained"
    return f"{everything / 1e6:.1f} million parameters{apart}"


@contextlib.contextmanager
def _machine_errors(run: RunFolder, command: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # who read our messages has gone
        raise
    except OSError as error:
        raise TrainingError(
            f"{error.filename or run.path}: {error.strerror or error}; the last checkpoint is intact: make room or "
            f"mend the permissions, then {command}"
        ) from None
    except torch.OutOfMemoryError:
        raise TrainingError(
            f"{run.path}: the GPU's memory is too small for this; begin again with a smaller training.micro_batch_size "
            "and as much more training.accumulation, which trains the same"
        ) from None


@contextlib.contextmanager
def _curve_when_stopped(run: RunFolder) -> Iterator[None]:
    try:
        yield
    except Stopped:
        with contextlib.suppress(OSError, DataError):
            draw_loss_curve(run.path)
        raise


def _pace(stage: Stage) -> Pace:
    if stage.replayed is not None:
        return Recorded(stage.replayed)
    if not stage.budget:
        return ByStep(stage.recipe.training)
    if stage.ranks.size > 1:
        return ByFirstClock(stage.recipe.training, stage.budget, stage.ranks)
    return ByClock(stage.recipe.training, stage.budget)


def _watch(stage: Stage, run: RunFolder) -> Watch | None:
    """For runs by the clock that start from nothing: of those it is known what is usual."""
    if stage.budget is None or stage.parent is not None:
        return None
    entropy = entropy_of(stage.store.train.tokens, stage.store.tokenizer.n_vocab)
    run.update(text_entropy=round(entropy, 4))
    return Watch(Expectation(entropy), stage.model)


def _clock(stage: Stage) -> Callable[[], float]:
    return stage.budget.running if stage.budget else time.perf_counter


def _measure_first(stage: Stage, run: RunFolder, resumed: bool) -> None:
    if not resumed:
        measure_before(stage, run)
    documents = _rehearse(stage, run) if stage.budget else stage.recipe.evaluation.documents
    run.update(scored_documents=documents)


def _rehearse(stage: Stage, run: RunFolder) -> int:
    """Do what follows training once on a small scale, and keep back from the budget the time that it will take.

    Returns how many documents can be scored at the end: all that are asked for and fit into a fortieth of the budget.
    """
    began = stage.budget.running()
    draw_loss_curve(run.path)
    write_report(run.path)
    drawn = stage.budget.running()
    tokens = 0
    for measure in stage.measures:
        count = rehearsed_documents(measure.split)
        evaluate(stage.model, measure.split, stage.store.tokenizer, count, measure.responses)
        tokens += tokens_of(measure.split, count)
    per_token = (stage.budget.running() - drawn) / tokens
    per_document = per_token * sum(len(measure.split.tokens) / measure.split.documents for measure in stage.measures)
    wanted = stage.recipe.evaluation.documents or max(measure.split.documents for measure in stage.measures)
    least = max(rehearsed_documents(measure.split) for measure in stage.measures)
    scored = min(wanted, max(least, int(stage.budget.seconds / 40 / per_document)))
    seconds = per_token * sum(tokens_of(measure.split, scored) for measure in stage.measures)
    stage.budget.reserve = 1.1 * (drawn - began + seconds)
    if (left := stage.budget.left_for_training) < stage.budget.seconds / 3:
        stage.observer.message(
            f"of the budget of {stage.budget.seconds:.0f} s only {left:.0f} s are left for training: preparing, "
            "measuring and drawing take the rest; give more time"
        )
    return scored




__all__ = ["Measure", "Stage", "go_on", "recorded_recipe", "recorded_start", "recorded_store", "start"]
