"""What is usual for a run: silent about clean ones, a word about each fault, and each thing is said once."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model

from slm.training.expectation import Expectation
from slm.training.watch import FIRST_STEPS, LOOKED_AT_STEP, Watch

ENTROPY = 5.9
TOKENS = 4096  # a step


def told(losses: list[float], watch: Watch | None = None) -> list[str]:
    """All that is said of steps with these losses, in a model whose weights move."""
    watch = watch or Watch(Expectation(ENTROPY), tiny_model())
    said = []
    for step, loss in enumerate(losses, start=1):
        with torch.no_grad():
            for parameter in watch.model.parameters():
                if parameter.requires_grad:
                    parameter += 1e-3
        said += watch.look(step, step * TOKENS, loss)
    return said


def usual(steps: int, factor: float = 1.0) -> list[float]:
    return [factor * Expectation(ENTROPY).loss(step * TOKENS)[1] for step in range(1, steps + 1)]


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.15])
def test_a_run_within_the_band_is_left_in_peace(factor: float) -> None:
    assert told(usual(400, factor)) == []


def test_the_first_steps_are_not_judged() -> None:
    assert told([9.0] * (FIRST_STEPS - 1)) == []


def test_a_loss_that_stays_at_the_entropy_of_tokens_is_told_once() -> None:
    said = told([0.99 * ENTROPY] * 200)
    assert len(said) == 1 and "hardly less than from counting tokens" in said[0]


def test_a_slow_run_names_the_learning_rate() -> None:
    (said,) = told(usual(200, 1.3))
    assert "learning rate" in said and "counting" not in said


def test_a_loss_too_good_to_be_true_names_mask_and_labels() -> None:
    (said,) = told([0.1] * 100)
    assert "mask" in said and "labels" in said


def test_a_text_that_is_learned_well_in_the_end_is_left_in_peace() -> None:
    assert told([*usual(130), *usual(400, 0.3)[130:]]) == []


def test_a_layer_that_does_not_move_is_named() -> None:
    model = tiny_model()
    model.transformer.h[0].mlp.c_fc.weight.requires_grad_(False)
    (said,) = told(usual(LOOKED_AT_STEP + 1), Watch(Expectation(ENTROPY), model))
    assert said.startswith("transformer.h.0.mlp.c_fc.weight has not moved")


def test_weights_that_grow_too_fast_name_the_learning_rate() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.transformer.ln_f.weight.fill_(0.4)
    (said,) = told(usual(2 * FIRST_STEPS + 50), Watch(Expectation(ENTROPY), model))
    assert "gain has fallen to 0.45" in said and "learning rate" in said


def test_a_run_gone_on_with_shortly_before_the_look_is_not_called_frozen() -> None:
    watch = Watch(Expectation(ENTROPY), tiny_model())
    assert watch.look(LOOKED_AT_STEP, LOOKED_AT_STEP * TOKENS, 5.0) == []
