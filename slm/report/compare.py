"""Several runs side by side: what each came to, what that took, and in which settings they differ.

Runs that differ in nothing but their seed become one group with a mean. Its interval goes from the lowest to the
highest seed: one of Student's t over two seeds would be 12.7 times as wide and hide every difference worth finding.
Reads run folders and loads no weights; knows nothing about tables, pictures and files that are written.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slm.errors import DataError
from slm.report import wording
from slm.report.collect import read_stage
from slm.report.compared_run import ComparedRun, Point, compared, section
from slm.report.run_record import FINETUNING, Result, Stage
from slm.training.run_folder import RunFolder


@dataclass(frozen=True)
class MeanPoint:
    """The mean of the runs of a group at a step, and the lowest and the highest of their bits per byte."""

    step: int
    seconds: float | None
    tokens: float | None
    flops: float | None
    bits_per_byte: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed. Figures are means over the runs."""

    label: str
    runs: tuple[ComparedRun, ...]
    settings: Mapping[str, Any] = field(repr=False)

    @property
    def seeds(self) -> int:
        """How many different seeds."""
        return len({run.seed for run in self.runs})

    @property
    def bits_per_byte(self) -> float:
        return statistics.fmean(run.result.bits_per_byte for run in self.runs)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of one run its 95 % interval over documents, of several from the lowest to the highest."""
        if len(self.runs) == 1:
            return self.runs[0].result.interval
        figures = [run.result.bits_per_byte for run in self.runs]
        return min(figures), max(figures)

    def mean(self, name: str) -> float | None:
        """The mean of 'seconds', 'tokens', 'flops' or 'tokens_per_second'; None where one run has none."""
        return _mean(getattr(run, name) for run in self.runs)

    def curve(self) -> list[MeanPoint]:
        """The estimates where every run has one: at the same steps or, of runs by the clock, shares of the time."""
        known = [[point for point in run.curve if point.bits_per_byte is not None] for run in self.runs]
        if self.settings.get("training.budget_seconds") and len({len(points) for points in known}) == 1:
            return [_mean_point(points) for points in zip(*known, strict=True)]
        curves = [{point.step: point for point in points} for points in known]
        steps = sorted(set.intersection(*map(set, curves)))
        return [_mean_point([curve[step] for curve in curves]) for step in steps]


@dataclass(frozen=True)
class RunComparison:
    """The groups in the order in which their runs were named; setting -> its value in each group, where they differ."""

    title: str
    groups: tuple[Group, ...]
    differences: Mapping[str, tuple[Any, ...]]
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> list[ComparedRun]:
        return [run for group in self.groups for run in group.runs]


def compare_runs(folders: Sequence[Path]) -> RunComparison:
    """Put these run folders side by side; one that is named twice counts once.

    Raises DataError where a folder is no run, has no figure after training, or was scored on other text than the first.
    """
    stages = [
        read_stage(Path(path), hashed=False) for path in {Path(path).resolve(): path for path in folders}.values()
    ]
    if not stages:
        raise DataError("expected runs to compare, got none; slm runs lists them")
    results = _results(stages)
    _require_same_text(stages, results)
    runs = [compared(stage, result) for stage, result in zip(stages, results, strict=True)]
    groups = _groups(runs)
    title = wording.shortened(results[0].title or results[0].data, results[0].data)
    return RunComparison(title, groups, _differences(groups), tuple(_notes(groups)))


def _results(stages: Sequence[Stage]) -> list[Result]:
    found = [stage.result_after for stage in stages]
    lacking = [_lacking(stage) for stage, result in zip(stages, found, strict=True) if result is None]
    if lacking:
        raise DataError(f"expected runs with a figure after training, found none in {'; nor in '.join(lacking)}")
    return [result for result in found if result is not None]


def _lacking(stage: Stage) -> str:
    verb = "finetune" if stage.stage == FINETUNING else "train"
    run = RunFolder(stage.folder)
    if stage.state == "finished":
        return f"{run.path} (its evaluation.json has none of the moment 'after'; leave the run out)"
    if stage.state == "running":
        return f"{run.path} (running; wait for its end, or leave it out)"
    return f"{run.path} ({stage.state}; finish it with: slm {verb} --resume {run.argument}, or leave it out)"


def _require_same_text(stages: Sequence[Stage], results: Sequence[Result]) -> None:
    first = _text_of(stages[0], results[0])
    for stage, result in zip(stages, results, strict=True):
        text = _text_of(stage, result)
        same_ids = stage.data.get("tokenizer") == stages[0].data.get("tokenizer")
        if text != first or (same_ids and _hash(stage, "validation.bin") != _hash(stages[0], "validation.bin")):
            raise DataError(
                f"expected runs with the same validation text, got {stages[0].name} on {_words(first, stages[0])} and "
                f"{stage.name} on {_words(text, stage)}: their bits per byte cannot be compared; leave one out"
            )


def _text_of(stage: Stage, result: Result) -> tuple[Any, ...]:
    """What tells one validation text from another under any tokenizer: what is scored, and how much there is of it."""
    return result.scored, stage.data.get("validation_documents"), stage.data.get("validation_bytes")


def _words(text: tuple[Any, ...], stage: Stage) -> str:
    scored, documents, size = text
    sources = wording.listed([wording.source(name) for name in stage.sources])
    sha256 = (_hash(stage, "validation.bin") or wording.UNKNOWN)[:8]
    return f"{wording.count(documents)} {scored} of {sources} ({wording.count(size)} bytes, sha256 {sha256})"


def _hash(stage: Stage, name: str) -> str | None:
    hashes = stage.data.get("sha256")
    return hashes.get(name) if isinstance(hashes, Mapping) else None


def _mean_point(points: Sequence[Point]) -> MeanPoint:
    figures = [point.bits_per_byte for point in points]
    costs = (_mean(getattr(point, name) for point in points) for name in ("seconds", "tokens", "flops"))
    return MeanPoint(points[0].step, *costs, statistics.fmean(figures), min(figures), max(figures))


def _groups(runs: Sequence[ComparedRun]) -> tuple[Group, ...]:
    alike: dict[frozenset[tuple[str, str]], list[ComparedRun]] = {}
    for run in runs:
        alike.setdefault(frozenset((key, repr(value)) for key, value in _settings(run.stage).items()), []).append(run)
    labelled = zip(_labels(list(alike.values())), alike.values(), strict=True)
    return tuple(Group(label, tuple(members), _settings(members[0].stage)) for label, members in labelled)


def _settings(stage: Stage) -> dict[str, Any]:
    """All that decides what a run comes to but its seed, flat: the recipe, what its 'auto' came to, and the data."""
    recipe = {key: value for key, value in stage.recipe.items() if key not in ("name", "description", "finetuning")}
    training = {**section(recipe, "training"), **stage.frozen}
    training.pop("seed", None)
    counts = {key: stage.data.get(f"train_{key}") for key in ("documents", "bytes", "tokens")}
    data = {**counts, "sha256": (_hash(stage, "train.bin") or "")[:12]}
    data["tokenizer"] = section(stage.data, "tokenizer").get("name")
    parent = stage.parent and f"{stage.parent.run or stage.parent.model} ({(stage.parent.sha256 or '')[:12]})"
    return dict(_flat({**recipe, "training": training, "data": data, "parent": parent, "extended": stage.extended}))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """('training.steps', 700) and so on; what is not set is left out."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _differences(groups: Sequence[Group]) -> dict[str, tuple[Any, ...]]:
    keys = dict.fromkeys(key for group in groups for key in group.settings)
    values = {key: tuple(group.settings.get(key) for group in groups) for key in keys}
    return {key: row for key, row in values.items() if any(value != row[0] for value in row)}


def _labels(groups: Sequence[Sequence[ComparedRun]]) -> list[str]:
    """A name for each group: what its runs' names begin with, or the folder of its first run; no two are the same."""
    stems = [_stem([run.name for run in runs]) for runs in groups]
    return [
        stem if stem and stems.count(stem) == 1 else _by_folder(runs) for stem, runs in zip(stems, groups, strict=True)
    ]


def _stem(names: Sequence[str]) -> str:
    """'small' for small-1 and small-2, and for small and small-2; '' where the names begin in different ways."""
    alike = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    common = "".join(letters[0] for letters in alike)
    end = max(common.rfind(mark) for mark in "-_.")
    return common if common in names or end < 1 else common[:end]


def _by_folder(runs: Sequence[ComparedRun]) -> str:
    more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
    return f"{runs[0].stage.folder}{more}"


def _notes(groups: Sequence[Group]) -> Iterable[str]:
    runs = [run for group in groups for run in group.runs]
    if any(group.seeds < len(group.runs) for group in groups):
        yield "Some runs of a group have the same seed: they say how long it takes, and nothing about chance."
    if len({run.result.documents for run in runs}) > 1:
        yield "The runs were scored on different numbers of documents (evaluation.documents)."
    if len({_machine(run.stage) for run in runs}) > 1:
        yield "The runs were made on different machines: compare them by tokens and FLOPs, not by time."
    if any(run.stage.stage == FINETUNING for run in runs):
        yield "In fine-tuning, tokens and FLOPs are those of the trained tokens; prompts are not counted."


def _machine(stage: Stage) -> tuple[str, ...]:
    return tuple(str(stage.machine.get(key)) for key in ("processor", "cores", "accelerator"))


def _mean(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else statistics.fmean(known)
