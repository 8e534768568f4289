"""The settings of a training run, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from slm.errors import ConfigError
from slm.processor import check_names
from slm.remote.address import checked_address
from slm.training.schedule import SCHEDULES

CHOICES = {
    "batches": ("windows", "documents"),
    "initialization": ("gpt2", "looking_back"),
    "optimizer": ("adamw", "muon"),
    "schedule": SCHEDULES,
}
COUNTS = ("updates", "iterations")
TRACKERS = ("trackio", "wandb", "mlflow", "tensorboard")
SWITCH = ("auto", "on", "off")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. A step is one update of the weights; tokens per step: micro-batch x accumulation x block size."""

    steps: int = 1000
    """How many steps; in micro-batches where `count` is 'iterations'. Without meaning where there is a budget."""
    budget_seconds: float = 0.0
    """Running time for the whole command, from text to report; 0 lets `steps` decide when training ends."""
    count: str = "updates"
    """What steps, warmup_steps and the intervals count: 'updates', or 'iterations' for micro-batches."""
    batches: str = "windows"
    """'windows' over the joined text, or 'documents': each from its start on, seen alone, as models are scored."""
    micro_batch_size: int = 32
    """Samples that go through the model together."""
    accumulation: int = 1
    """Micro-batches whose gradients are added up for one update."""
    initialization: str = "gpt2"
    """The first weights: 'gpt2', or 'looking_back' (waves as positions, heads that look at the tokens before)."""
    optimizer: str = "adamw"
    """adamw, or muon: Muon for the matrices of the blocks, AdamW for the rest."""
    learning_rate: float = 1e-3
    """The highest learning rate, reached at the end of the warm-up."""
    schedule: str = "cosine"
    """How the learning rate falls after the warm-up: cosine, or stable and then linear ('wsd')."""
    decay_share: float = 0.4
    """The last share of the steps, over which 'wsd' falls."""
    final_learning_rate_share: float = 0.1
    """Where the learning rate ends, as a share of learning_rate."""
    batch_ramp: float = 0.0
    """The first share of the run, in which steps grow from an eighth of their tokens to all of them. Of whole documents
    only."""
    warmup_steps: int = 100
    """Steps over which the learning rate rises from near 0."""
    warmup_share: float = 0.02
    """The same as a share of the time, where a budget of time decides and not a number of steps."""
    weight_decay: float = 0.1
    """AdamW's decay of matrices."""
    beta1: float = 0.9
    """AdamW's decay of the mean of gradients."""
    beta2: float = 0.95
    """AdamW's decay of the mean of squared gradients."""
    gradient_clip: float = 1.0
    """The largest norm of a step's gradient; longer ones are shortened to it. 0 switches it off."""
    evaluation_interval: int = 100
    """Steps between two estimates of train and validation loss."""
    evaluation_samples: int = 128
    """Samples of each split in such an estimate: always the same ones."""
    patience: int = 0
    """Estimates in a row without a lower validation loss after which a run by steps ends; 0 never ends it."""
    save_interval: int = 0
    """Steps between two saves of checkpoints/last; 0 means evaluation_interval. A kill loses at most this."""
    sample_points: int = 6
    """At how many points of the training texts are written to samples/, start and end included."""
    seed: int = 0
    """Decides initial weights, order of samples and dropout."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""
    precision: str = "auto"
    """Of matrix products: auto, float32, bfloat16 or float16."""
    compile: str = "auto"
    """torch.compile: auto, on or off."""
    threads: int = 0
    """CPU threads; 0 takes all cores."""
    tensorboard: bool = False
    """Write TensorBoard events beside metrics.jsonl."""
    mirror: str = ""
    """Address to copy the run to at every checkpoint, such as s3://bucket/runs: there it lies under its name."""
    track: tuple[str, ...] = ()
    """Trackers that are told what is added to metrics.jsonl: trackio, wandb, mlflow; 'tensorboard' sets tensorboard."""

    def __post_init__(self) -> None:
        for name in ("steps", "micro_batch_size", "accumulation", "evaluation_interval", "evaluation_samples"):
            _require(getattr(self, name) >= 1, name, "a whole number from 1 up", getattr(self, name))
        for name in ("warmup_steps", "patience", "save_interval", "sample_points", "seed", "threads"):
            _require(getattr(self, name) >= 0, name, "a whole number from 0 up", getattr(self, name))
        for name in ("learning_rate", "weight_decay", "gradient_clip", "budget_seconds"):
            value = getattr(self, name)
            _require(math.isfinite(value) and value >= 0, name, "a number from 0 up", value)
        for name in ("beta1", "beta2"):
            _require(0 <= getattr(self, name) < 1, name, "a number from 0 up to but not 1", getattr(self, name))
        for name in ("final_learning_rate_share", "decay_share", "warmup_share", "batch_ramp"):
            _require(0 <= getattr(self, name) <= 1, name, "a share from 0 to 1", getattr(self, name))
        whole = self.batches == "documents"
        _require(whole or not self.batch_ramp, "batch_ramp", '0 unless training.batches="documents"', self.batch_ramp)
        for name, allowed in CHOICES.items():
            _require(getattr(self, name) in allowed, name, " or ".join(allowed), getattr(self, name))
        _require(self.count in COUNTS, "count", " or ".join(COUNTS), self.count)
        _require(self.compile in SWITCH, "compile", ", ".join(SWITCH), self.compile)
        check_names(self.device, self.precision)
        if self.mirror:
            checked_address(self.mirror, writable=True)
        _require(set(self.track) <= set(TRACKERS), "track", "some of " + ", ".join(TRACKERS), list(self.track))
        if "tensorboard" in self.track:  # the one that is told by the trainer itself
            object.__setattr__(self, "tensorboard", True)
        others = tuple(name for name in dict.fromkeys(self.track) if name != "tensorboard")
        object.__setattr__(self, "track", others)

    @property
    def batch_size(self) -> int:
        """Samples a step."""
        return self.micro_batch_size * self.accumulation

    def in_updates(self, count: int) -> int:
        """`count`, as the recipe counts, in updates: at least 1 for anything above 0."""
        if self.count == "updates" or count == 0:
            return count
        return max(1, round(count / self.accumulation))


def _require(condition: bool, name: str, expected: str, value: object) -> None:
    if not condition:
        raise ConfigError(f"{name} expects {expected}, got {value!r}")
