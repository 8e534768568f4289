"""Is my run normal? What it means when the loss of a run by the clock, or a weight, is not what is to be expected.

Knows the trainer's figures and the model, nothing else.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from slm.training.expectation import Expectation

FIRST_STEPS, FIRST_TOKENS = 50, 100_000  # before that, runs differ by their warm-up and by the size of their steps
LAST_TOO_LOW = 500_000  # tokens; later, a text made from templates is rightly learned far better than others
SMOOTHED_STEPS = 12
LOOKED_AT_STEP = 12  # when every weight should have moved
LAST_LOOK_AT_GAIN = 400_000  # tokens
LEAST_GAIN = 0.75
"""Of the last LayerNorm, from FIRST_STEPS on until then: 1.1 in clean runs, under 0.5 at ten times the learning
rate, which shrinks it to make up for weights that have grown too large; the loss tells nothing yet."""


@dataclass
class Watch:
    """Looks at every step of one run; `look` gives what a person should be told, each thing once."""

    expectation: Expectation
    model: nn.Module
    _losses: deque[float] = field(default_factory=lambda: deque(maxlen=SMOOTHED_STEPS))
    _said: set[str] = field(default_factory=set)
    _first: dict[str, Tensor] = field(default_factory=dict)
    _since: int = 0

    def look(self, step: int, tokens: int, loss: float) -> list[str]:
        """After `step` with this `loss`, `tokens` seen in all."""
        if not self._first:
            self._since = step
            self._first = {name: _glimpse(parameter) for name, parameter in self.model.named_parameters()}
        self._losses.append(loss)
        found = {"frozen": self._frozen() if self._since < step == LOOKED_AT_STEP else ""}
        if step >= FIRST_STEPS and tokens >= FIRST_TOKENS:
            found["rate"] = self._overshot() if tokens <= LAST_LOOK_AT_GAIN else ""
            found["loss"] = self._strange(tokens, sum(self._losses) / len(self._losses))
        fresh = {kind: message for kind, message in found.items() if message and kind not in self._said}
        self._said |= fresh.keys()
        return list(fresh.values())

    def _frozen(self) -> str:
        moved = dict(self.model.named_parameters())
        still = [name for name, before in self._first.items() if torch.equal(_glimpse(moved[name]), before)]
        if not still:
            return ""
        more = f" and {len(still) - 1} more" if len(still) > 1 else ""
        return f"{still[0]}{more} has not moved since the start: is it frozen, or cut off from the loss?"

    def _overshot(self) -> str:
        gain = self.model.transformer.ln_f.weight.detach().mean().item()
        if gain >= LEAST_GAIN:
            return ""
        return f"the last norm's gain has fallen to {gain:.2f}, where 1.1 is usual: is the learning rate far too high?"

    def _strange(self, tokens: int, loss: float) -> str:
        low, _, high = self.expectation.loss(tokens)
        figures = f"loss {loss:.2f} where {low:.2f} to {high:.2f} is usual after {tokens:,} tokens"
        if loss < low and tokens <= LAST_TOO_LOW:
            return (
                f"{figures}: does the model see what it has to predict (mask, labels), or does the text repeat itself?"
            )
        if loss > high and loss > 0.93 * self.expectation.entropy:
            return (
                f"{figures}, and hardly less than from counting tokens: is the text in order, do the labels fit, is "
                "the learning rate far too high or low?"
            )
        if loss > high:
            return f"{figures}: a learning rate that is too high or too low, labels that are shifted, or unusual text"
        return ""


def _glimpse(parameter: Tensor) -> Tensor:
    """A few of its numbers."""
    return parameter.detach().flatten()[:256].cpu().clone()
