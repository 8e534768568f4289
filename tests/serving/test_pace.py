"""How many there were lately: whole at once, an e-th after its seconds, of a steady pace as many as come in them."""

from __future__ import annotations

import time

import pytest

from slm.serving.pace import Pace


def test_what_came_counts_less_the_longer_ago_it_was(monkeypatch):
    clock = [5.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    pace = Pace(10.0)
    assert pace.recent == 0
    pace.add()
    pace.add()
    assert pace.recent == 2
    clock[0] += 10
    assert pace.recent == pytest.approx(2 / 2.718281828, rel=1e-6)
    for _ in range(3000):  # 4 a second
        clock[0] += 0.25
        pace.add()
    assert pace.recent == pytest.approx(40, rel=0.02)
