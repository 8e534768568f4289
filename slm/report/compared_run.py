"""One run as a comparison shows it: its figure after training, what that took, and its estimates on the way.

Knows nothing about other runs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slm.config_files import from_dict
from slm.model.flops import flops_per_token
from slm.model.gpt import GPTConfig
from slm.report.metrics import EvaluationPoint, Step, number
from slm.report.run_record import Result, Stage


@dataclass(frozen=True)
class Point:
    """An evaluation on the way, after `step` updates. `bits_per_byte` is the estimate from its validation loss."""

    step: int
    seconds: float | None
    tokens: int | None
    flops: int | None
    train_loss: float | None
    validation_loss: float | None
    bits_per_byte: float | None


@dataclass(frozen=True)
class ComparedRun:
    """A run with its figure after training (`result`), what it took, and its estimates on the way (`curve`)."""

    stage: Stage = field(repr=False)
    result: Result
    seed: Any
    seconds: float | None
    tokens: int | None
    flops: int | None
    tokens_per_second: float | None
    curve: tuple[Point, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return self.stage.name


def compared(stage: Stage, result: Result) -> ComparedRun:
    """`stage` with its figure `result`; what its record lacks stays None."""
    flops = _flops_per_token(stage)
    paces = [step.tokens_per_second for step in stage.metrics.steps if step.tokens_per_second]
    return ComparedRun(
        stage=stage,
        result=result,
        seed=section(stage.recipe, "training").get("seed"),
        seconds=stage.training_seconds,
        tokens=stage.tokens_seen,
        flops=_product(stage.tokens_seen, flops),
        tokens_per_second=statistics.median(paces) if paces else None,
        curve=_curve(stage, flops, _tokens_per_byte(stage, result)),
    )


def _flops_per_token(stage: Stage) -> int | None:
    shape = section(stage.recipe, "model")
    return flops_per_token(from_dict(GPTConfig, shape, where=str(stage.folder / "run.json"))) if shape else None


def _tokens_per_byte(stage: Stage, result: Result) -> float | None:
    """Of the validation text, which turns nats per token into bits per byte; of the responses where they are scored."""
    data = {"tokens": result.tokens, "bytes": result.bytes}
    if result.scored != "responses":
        data = {name: number(stage.data, f"validation_{name}") for name in data}
    return data["tokens"] / data["bytes"] if data["tokens"] and data["bytes"] else None


def _curve(stage: Stage, flops: int | None, tokens_per_byte: float | None) -> tuple[Point, ...]:
    steps = {step.step: step for step in stage.metrics.steps}
    points = []
    for evaluation in stage.metrics.evaluations:
        step = steps.get(evaluation.step)
        tokens = step.tokens if step else None if evaluation.step else 0
        points.append(_point(evaluation, _seconds(evaluation, step), tokens, flops, tokens_per_byte))
    return tuple(points)


def _seconds(evaluation: EvaluationPoint, step: Step | None) -> float | None:
    if evaluation.seconds is not None:
        return evaluation.seconds
    return step.seconds if step else None if evaluation.step else 0.0


def _point(
    evaluation: EvaluationPoint, seconds: float | None, tokens: int | None, flops: int | None, per_byte: float | None
) -> Point:
    bits = _product(evaluation.validation_loss, per_byte)
    return Point(
        evaluation.step, seconds, tokens, _product(tokens, flops), evaluation.train_loss, evaluation.validation_loss,
        None if bits is None else bits / math.log(2),
    )  # fmt: skip


def section(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table inside a record, empty where there is none."""
    section = values.get(key)
    return section if isinstance(section, Mapping) else {}


def _product(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one * other
