"""A run folder and its lineage, read into frozen dataclasses for whoever shows or prints them.

What is missing stays empty, what is damaged is named in `notes`; only a folder that is no run is an error.
Knows nothing about pages or pictures, and loads no weights: it only measures and hashes their files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slm.atomic_write import existing_folder
from slm.domain import FILE, Domain, domain_of_old, run_domain
from slm.errors import ConfigError, DataError
from slm.evaluation.sections import sections_of
from slm.report.metrics import Metrics, number, read_metrics
from slm.report.run_record import (
    PRETRAINING,
    Answers,
    Continuation,
    Memorisation,
    Parent,
    Report,
    Result,
    Samples,
    Stage,
    SuiteResult,
)
from slm.training.run_folder import RunFolder

__all__ = ["collect", "read_metrics", "read_record", "read_stage"]

RUN_FORMAT = 1


def collect(run: Path) -> Report:
    """Read a run folder and the runs it came from.

    Raises `DataError` where `run` is no run folder. All else that is missing or damaged is left out.
    """
    folder = Path(run).resolve()
    stages = [read_stage(folder)]
    notes: list[str] = []
    while (parent := stages[0].parent) is not None:
        found = _read_parent(parent, folder.parent, {stage.folder.name for stage in stages}, notes)
        if found is None:
            break
        stages.insert(0, found)
    return Report(tuple(stages), tuple(notes))


def _read_parent(parent: Parent, runs: Path, known: set[str], notes: list[str]) -> Stage | None:
    if parent.run is None:
        notes.append(f"It started from the model {parent.model or 'unknown'}, which is no run of this folder.")
        return None
    # A name with a separator would lead out of the runs folder; a known one would lead in a circle.
    if Path(parent.run).name != parent.run or parent.run in known:
        notes.append(f"It names {parent.run!r} as the run it started from, which cannot be followed.")
        return None
    try:
        stage = read_stage(runs / parent.run)
    except DataError:
        notes.append(f"The run {parent.run!r} that it started from is not in the runs folder any more.")
        return None
    if parent.sha256 and stage.weights and parent.sha256 not in stage.weights.values():
        notes.append(f"The weights in the run {parent.run!r} are no longer those that this run started from.")
    return stage


def read_stage(folder: Path, hashed: bool = True, metrics: Metrics | None = None) -> Stage:
    """Read one run folder, without those it came from. `hashed`: with the SHA-256 of its weights, which takes time;
    `metrics`: where its metrics.jsonl has been read already."""
    record = read_record(folder)
    notes: list[str] = []
    evaluation = _read_json(folder / "evaluation.json", notes)
    domain = _domain(folder, notes)
    return Stage(
        folder=folder,
        name=str(record.get("name") or folder.name),
        stage=str(record.get("stage") or PRETRAINING),
        state=_state(folder, record),
        message=str(record.get("message") or ""),
        created=record.get("created"),
        finished=record.get("finished"),
        command=str(record.get("command") or ""),
        parent=_parent(record.get("parent")),
        extended=record.get("extended"),
        parameters=number(record, "parameters"),
        planned_steps=number(record, "steps"),
        tokens_per_step=number(record, "tokens_per_step"),
        text_entropy=number(record, "text_entropy"),
        peak_memory_bytes=number(record, "peak_memory_bytes"),
        **{name: _mapping(record, name) for name in ("recipe", "frozen", "data", "machine", "versions", "timing")},
        metrics=read_metrics(folder / "metrics.jsonl") if metrics is None else metrics,
        samples=tuple(_read_samples(folder / "samples", notes)),
        answers=tuple(map(_answers, _items(_read_json(folder / "answers.json", notes), "items"))),
        results=tuple(map(_result, _items(evaluation, "results"))),
        memorisation=_memorisation(evaluation.get("memorisation")),
        sizes=_sizes(folder),
        weights=_weights(folder) if hashed else {},
        suites=tuple(_read_suites(folder, notes)),
        notes=tuple(notes),
        notice=domain.notice,
        limits=domain.limits,
    )


def _domain(folder: Path, notes: list[str]) -> Domain:
    try:
        return run_domain(folder)
    except ConfigError as error:
        notes.append(f"{FILE} cannot be read and is left out: {error}.")
        return domain_of_old(answers=True)


def _state(folder: Path, record: dict[str, Any]) -> str:
    """The state on record; 'interrupted' for one that says running while its process is gone."""
    known = isinstance(record.get("process"), int) and {"name", "stage", "state"} <= record.keys()
    return RunFolder(folder).state() if known else str(record.get("state") or "unknown")


def read_record(folder: Path) -> dict[str, Any]:
    """The run's `run.json`. Raises `DataError` where the folder is no run of a format known here."""
    path = folder / "run.json"
    hint = "name a folder under runs/ (slm runs lists them)"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{folder} was expected to be a run folder, but holds no run.json: {hint}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
    except ValueError as error:
        raise DataError(f"{path} was expected to be JSON, but is not ({error}): {hint}") from None
    if not isinstance(record, dict) or record.get("format") != RUN_FORMAT:
        found = record.get("format") if isinstance(record, dict) else type(record).__name__
        raise DataError(f"{path} was expected to be a run of format {RUN_FORMAT}, but says {found!r}: {hint}")
    return record


def _read_json(path: Path, notes: list[str]) -> dict[str, Any]:
    """The object in this file, {} where there is none; a damaged one is noted, as the rest can be shown."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict):
            return record
        problem = "it holds no JSON object"
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problem = str(error)
    notes.append(f"{path.name} cannot be read and is left out: {problem}.")
    return {}


def _read_samples(folder: Path, notes: list[str]) -> Iterator[Samples]:
    by_step = {}
    for path in sorted(folder.glob("step-*.json")):
        record = _read_json(path, notes)
        step, items = number(record, "step"), tuple(map(_continuation, _items(record, "items")))
        if step is not None and items:
            by_step[step] = Samples(step, items)
    yield from (by_step[step] for step in sorted(by_step))


def _continuation(record: dict[str, Any]) -> Continuation:
    return Continuation(str(record.get("prompt") or ""), str(record.get("text") or ""), record.get("stop"))


def _answers(record: dict[str, Any]) -> Answers:
    question = str(record.get("question") or "")
    sides = {name: record.get(name) for name in ("before", "after")}
    said = {
        name: Continuation(question, str(side.get("text") or ""), side.get("stop")) if isinstance(side, dict) else None
        for name, side in sides.items()
    }
    return Answers(question, record.get("reference") and str(record["reference"]), said["before"], said["after"])


def _result(record: dict[str, Any]) -> Result:
    words = {name: str(record.get(name) or "") for name in ("title", "moment", "data", "split", "scored")}
    names = (
        "documents",
        "documents_in_split",
        "tokens",
        "bytes",
        "loss",
        "perplexity",
        "bits_per_byte",
        "seconds",
    )
    ends = record.get("interval")
    ends = dict(enumerate(ends)) if isinstance(ends, list) and len(ends) == 2 else {}
    low, high = number(ends, 0), number(ends, 1)
    interval = (low, high) if low is not None and high is not None else None
    return Result(**words, **{name: number(record, name) for name in names}, interval=interval)


def _memorisation(record: Any) -> Memorisation | None:
    if not isinstance(record, dict):
        return None
    return Memorisation(*(number(record, name) for name in ("ngram", "generated", "found", "share", "samples")))


def _read_suites(folder: Path, notes: list[str]) -> Iterator[SuiteResult]:
    for path in sorted(folder.glob("evaluation_*.json")):
        record = _read_json(path, notes)
        if sections := sections_of(record):
            words = {name: str(record.get(name) or "") for name in ("suite", "description", "created", "sha256")}
            missing = {name: line for name, line in _mapping(record, "missing").items() if name not in sections}
            yield SuiteResult(
                words["suite"] or path.stem.removeprefix("evaluation_"), words["description"], words["created"] or None,
                tuple(sections.values()), tuple(map(str, missing.values())), words["sha256"] or None,
            )  # fmt: skip


def _parent(record: Any) -> Parent | None:
    if not isinstance(record, dict):
        return None
    return Parent(*(str(record[name]) if record.get(name) else None for name in ("run", "model", "sha256")))


def _items(record: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    listed = record.get(key)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _mapping(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes on disk of the parts worth naming, and of the whole folder under '.'."""
    parts = {name: folder / name for name in ("checkpoints/best", "checkpoints/last", "best_model_params.pt")}
    sizes = {name: _bytes_in(path) for name, path in parts.items() if path.exists()}
    return {**sizes, ".": _bytes_in(folder)}


def _bytes_in(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    total = 0
    for file in files:
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:  # a running trainer may have renamed it meanwhile
            continue
    return total


def _weights(folder: Path) -> dict[str, str]:
    """SHA-256 of the weights in each checkpoint, by the checkpoint's name."""
    hashes = {}
    for name in ("best", "last"):
        try:
            with open(existing_folder(folder / "checkpoints" / name) / "model.safetensors", "rb") as file:
                hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
    return hashes
