"""How fast this machine is: figures of the right kind and order, whatever the machine."""

from __future__ import annotations

import numpy as np
from tiny import tiny_config

from slm.device import choose_machine
from slm.training.speed import matrix_rate, memory_rate, training_speed


def test_rates_are_those_of_some_machine() -> None:
    machine = choose_machine(device="cpu")
    assert 1e3 < matrix_rate(machine, 64, 32, 32) < 1e15  # whatever else the machine is doing
    assert 1e3 < memory_rate(machine) < 1e13


def test_steps_of_a_text_are_timed_and_leave_no_trace() -> None:
    """The optimizer's time is a part of the step's."""
    ids = np.arange(24) % 200
    batch = (ids, ids, np.array([4, 8, 12]))
    tokens_per_second, in_optimizer, peak = training_speed(tiny_config(), [batch] * 3, choose_machine(device="cpu"))
    assert 0 < in_optimizer < 24 / tokens_per_second < 10
    assert peak > 10_000_000
