"""The learning rate of each step: a pure function."""

from __future__ import annotations

import math


def learning_rate(step: int, steps: int, peak: float, warmup_steps: int, final_share: float) -> float:
    """Linear warm-up over `warmup_steps`, then a cosine from `peak` down to `final_share * peak` at the last step.

    `step` counts updates from 0. (Loshchilov and Hutter 2016, arXiv 1608.03983, without restarts.)
    """
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    done = (step - warmup_steps) / max(1, steps - 1 - warmup_steps)
    return peak * (final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))
