"""Recipes: TOML files that name a whole run, each section the settings of one component.

`load_recipe` reads one of the recipes that come with slm (or a file), applies what the person sets differently, and
gives back checked dataclasses. Knows nothing about how a run is done.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slm.config_files import apply_assignments, from_dict, read_toml
from slm.data.documents import DocumentsConfig
from slm.data.prompt_format import WAYS_TO_REASON, PromptFormat
from slm.domain import load_domain
from slm.errors import ConfigError, nearest
from slm.generation.generator import GenerationConfig
from slm.model.gpt import GPTConfig
from slm.model.lora import LoraConfig
from slm.model.positions import METHODS
from slm.training.config import TrainingConfig

STAGES = ("pretraining", "finetuning")
LONG_RECORDS = ("cut", "drop", "extend")
TUNING_METHODS = ("full", "lora")


@dataclass(frozen=True)
class TuningConfig:
    """What is particular to fine-tuning."""

    train_on: str = "response"
    """'response', or 'all' tokens of a record."""
    method: str = "full"
    """'full' trains all weights, 'lora' small matrices beside frozen ones, merged in the end."""
    lora: LoraConfig = field(default_factory=LoraConfig)
    """Which adapters, where the method is 'lora'."""
    packing: bool = True
    """Whether records go through the model one behind the other, unseen by each other, or padded to one length."""
    base: str = ""
    """Text that the model knew before, to see what it forgets: a token store or documents; '' for what its base run
    learned from."""
    replay: bool = False
    """Whether text of the base domain is mixed in, so that it is not forgotten."""
    replay_share: float = 0.0
    """The share of the samples that is replayed; 0 chooses the smallest that held half the tolerance in pilots."""
    forgetting_tolerance: float = 0.05
    """With replay: by which share the bits per byte of the base domain may rise."""
    reasoning: str | bool = "drop"
    """What becomes of the column reasoning: 'drop', 'keep' as the first part of the response, or a 'section' of its own
    before it."""
    long_records: str = "cut"
    """Records longer than the block: 'cut' without an end token, 'drop', or 'extend' the block to the longest."""
    positions: str = "new"
    """How position embeddings grow for a longer block: interpolate, tile or new."""

    def __post_init__(self) -> None:
        if isinstance(self.reasoning, bool):  # as older recipes have it
            object.__setattr__(self, "reasoning", "section" if self.reasoning else "drop")
        for name, allowed in (
            ("train_on", ("response", "all")),
            ("method", TUNING_METHODS),
            ("reasoning", WAYS_TO_REASON),
            ("long_records", LONG_RECORDS),
            ("positions", METHODS),
        ):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} expects {', '.join(allowed)}, got {getattr(self, name)!r}")
        if not 0 <= self.replay_share < 1:
            raise ConfigError(f"replay_share expects a share from 0 up to but not 1, got {self.replay_share}")
        if self.replay_share and not self.replay:
            raise ConfigError("replay_share expects tuning.replay=true (--replay), got false")
        if not 0 < self.forgetting_tolerance < float("inf"):
            raise ConfigError(
                f"forgetting_tolerance expects a share above 0, such as 0.05; got {self.forgetting_tolerance}"
            )


@dataclass(frozen=True)
class EvaluationConfig:
    """What is measured at the end of a stage."""

    documents: int = 400
    """Validation documents to score, evenly spread over the split; 0 scores all."""
    memorisation_samples: int = 20
    """Texts to write, to see which share of their 8-grams stands in the training text; 0 leaves it out."""
    answers: int = 24
    """Validation questions that a tuned model answers, to see how its answers end; 0 leaves it out."""


@dataclass(frozen=True)
class SamplesConfig:
    """What the model is asked to write while it learns and in the report."""

    prompts: tuple[str, ...] = ("Once upon a time", "One day, a little girl named Lily")
    """Openings of stories, or questions where the recipe fine-tunes."""
    questions: int = 3
    """Questions of the validation split that a fine-tuning recipe asks besides `prompts`."""
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    """How they are written."""


@dataclass(frozen=True)
class Recipe:
    """A whole run. In fine-tuning recipes only block_size and dropout of [model] count; the rest is the parent's."""

    name: str
    """The recipe's name, and by default the run's."""
    description: str
    """One sentence for people."""
    documents: DocumentsConfig
    """What to learn from."""
    stage: str = "pretraining"
    """'pretraining' or 'finetuning'."""
    domain: str = "general"
    """'general', 'medical' or a path to a domain of your own (.toml): notice, signs of an emergency, prompt format."""
    tokenizer: str = "gpt2"
    """'gpt2', 'auto' or 'bpe:4096' for a vocabulary (of that size) made from the documents, or a tokenizer.json or its
    folder."""
    model: GPTConfig = field(default_factory=lambda: GPTConfig(block_size=256, n_layer=6, n_head=6, n_embd=384))
    """The shape of the model."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """How to train."""
    tuning: TuningConfig = field(default_factory=TuningConfig)
    """What is particular to fine-tuning."""
    samples: SamplesConfig = field(default_factory=SamplesConfig)
    """What the model is asked to write."""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    """What is measured at the end."""
    finetuning: Recipe | None = None
    """The recipe of the stage after this one; in TOML its name."""

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ConfigError(f"stage expects {' or '.join(STAGES)}, got {self.stage!r}")
        expected = "text" if self.stage == "pretraining" else "question_answer"
        if self.documents.kind != expected:
            raise ConfigError(f"documents.kind expects {expected!r} for {self.stage}, got {self.documents.kind!r}")
        if self.stage == "finetuning" and self.training.batches != "windows":
            raise ConfigError(
                f"training.batches expects 'windows' for finetuning, which sees each record whole anyway, got "
                f"{self.training.batches!r}"
            )
        if self.finetuning is not None and self.finetuning.stage != "finetuning":
            raise ConfigError(
                f"finetuning expects a recipe of that stage, got {self.finetuning.name!r} of {self.finetuning.stage}"
            )

    def prompt_format(self) -> PromptFormat | None:
        """The format of its records; None where it learns from plain texts. ConfigError for an unknown domain."""
        if self.stage != "finetuning":
            return None
        return load_domain(self.domain).prompt_format(self.tuning.reasoning)


def recipe_names() -> dict[str, Path]:
    """The recipes that come with slm, by name."""
    folder = Path(str(importlib.resources.files("slm"))) / "recipes"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_recipe(
    name: str, assignments: Sequence[str] = (), documents: dict[str, Any] | None = None, **sections: dict[str, Any]
) -> Recipe:
    """The recipe called `name`, or in the file `name`: with other `documents`, with keys of `sections` set, and then
    with the ``key=value`` assignments applied; one of training.steps ends a budget of time.

    Raises ConfigError for an unknown name or key, with the nearest ones.
    """
    values = _recipe_values(name)
    if documents is not None:  # none of the recipe's own columns or hub settings would fit them
        values["documents"] = documents
    for section, update in sections.items():
        values[section] = {**values.get(section, {}), **update}
    return from_dict(Recipe, apply_assignments(values, _steps_or_budget(assignments)), where=f"recipe {name}")


def _steps_or_budget(assignments: Sequence[str]) -> list[str]:
    """A number of steps that a person sets takes the place of the recipe's budget of time."""
    keys = [assignment.partition("=")[0].strip() for assignment in assignments]
    if "training.steps" in keys and "training.budget_seconds" not in keys:
        return [*assignments, "training.budget_seconds=0"]
    return list(assignments)


def _recipe_values(name: str, named_by: tuple[str, ...] = ()) -> dict[str, Any]:
    if name in named_by:
        raise ConfigError(f"recipe {name} names itself as its finetuning; name another, or leave the key out")
    known = recipe_names()
    path = known.get(name) or Path(name)
    if name not in known and path.suffix != ".toml":
        raise ConfigError(f"no recipe {name!r}; {nearest(name, known)} (a path that ends in .toml is read as a file)")
    values = {"name": path.stem, **read_toml(path)}
    if isinstance(values.get("finetuning"), str):
        values["finetuning"] = _recipe_values(values["finetuning"], (*named_by, name))
    return values
