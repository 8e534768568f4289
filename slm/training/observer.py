"""What a training run tells whoever watches it. The base class is silent; the command line draws a progress line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """What a run will need, measured over its first seconds."""

    seconds: float
    disk_bytes: int


class Observer:
    """Gets called by the trainer; any method may raise `Stopped` to end the run."""

    def started(self, step: int, steps: int, tokens_per_step: int, by_clock: bool = False) -> None: ...

    def tokens_done(self, tokens: int) -> None:
        """A micro-batch of so many tokens went through the model and back."""

    def estimated(self, estimate: Estimate) -> None:
        """Called once, after the first seconds of a new run."""

    def step(self, step: int, **metrics: float | None) -> None:
        """`steps` among the metrics is how many there will be, by what is known now."""

    def evaluated(self, step: int, best: bool, **losses: float) -> None:
        """`losses` are train_loss, validation_loss and, where documents are guarded, base_loss."""

    def message(self, text: str) -> None: ...

    def working(self, what: str, done: int, total: int) -> None:
        """Work outside the training loop, such as scoring documents, stands at `done` of `total`."""

    def example(self, pieces: list[tuple[str, bool]]) -> None:
        """One record as (text, whether it is trained on), so that a person sees the loss mask."""

    def finished(self) -> None: ...
