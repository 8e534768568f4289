"""The learning rate and the momentum of each step: pure functions."""

from __future__ import annotations

import math

SCHEDULES = ("cosine", "wsd")
BATCH_RAMP = ((1 / 8, 1 / 9), (1 / 4, 1 / 3), (1 / 2, 1.0))
"""Shares of a step's tokens, and up to where each holds, as a share of the ramp."""
MOMENTUM_WARMUP = 0.15


def learning_rate(
    step: float, steps: float, peak: float, warmup_steps: float, final_share: float, schedule: str = "cosine",
    decay_share: float = 1.0,
) -> float:  # fmt: skip
    """Linear warm-up over `warmup_steps`, then from `peak` down to `final_share * peak` at the last step.

    `step` counts from 0, in updates or in any other unit that `steps` and `warmup_steps` share. 'cosine' falls all the
    way (Loshchilov and Hutter 2016, arXiv 1608.03983, without restarts); 'wsd' stays at the peak and falls in a
    straight line over the last `decay_share` of the steps (Hu et al. 2024, arXiv 2404.06395).
    """
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    if schedule == "cosine":
        done = min((step - warmup_steps) / max(1, steps - 1 - warmup_steps), 1.0)
        return peak * (final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * done)))
    left = min((steps - 1 - step) / max(1.0, decay_share * steps), 1.0)
    return peak * (final_share + (1 - final_share) * max(left, 0.0))


def batch_share(done: float, ramp: float) -> float:
    """Which share of its tokens a step has after the share `done` of a run: few at first, when gradients of few tokens
    agree as well as those of many (McCandlish et al. 2018, arXiv 1812.06162, section 2.3)."""
    return next((share for share, end in BATCH_RAMP if done < ramp * end), 1.0)


def momentum(done: float) -> float:
    """Muon's momentum when the share `done` of the run lies behind: it rises from 0.85 to 0.95 (Jordan et al. 2024):
    early gradients soon point elsewhere."""
    return 0.85 + 0.10 * min(1.0, done / MOMENTUM_WARMUP)
