"""docs/scale.md: its figures are those that the script computes, and these agree with planner and optimizers."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import tiny_model

from slm.training import planner
from slm.training.optimizer import make_optimizer, optimizer_tensors

SCRIPT = Path(__file__).parents[1] / "docs" / "write_scale.py"


@pytest.fixture(scope="module")
def scale() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_the_page_is_fresh(scale) -> None:
    assert scale["PAGE"].read_text(encoding="utf-8") == scale["page"](), "make docs writes it anew"


def test_memory_is_what_the_planner_says(scale) -> None:
    by_adamw = scale["memory"]()[-1][1]
    assert by_adamw == pytest.approx(planner.peak_memory(scale["MODEL"], scale["MICRO_BATCH"]), rel=0.01)
    assert scale["counts"](scale["MODEL"])[0] == pytest.approx(planner.num_parameters(scale["MODEL"]), rel=0.01)


@pytest.mark.parametrize("kind, column", [("adamw", 1), ("muon", 2)])
def test_moments_are_what_the_optimizers_keep(scale, monkeypatch, kind, column) -> None:
    model = tiny_model(0)
    optimizer = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1, kind)
    model.loss_sum(torch.tensor([[1, 2, 3]]), torch.tensor([[2, 3, 4]])).backward()
    for parameter in model.parameters():
        parameter.grad = parameter.grad.to_dense() if parameter.grad.is_sparse else parameter.grad
    optimizer.step()
    kept = sum(t.nbytes for name, t in optimizer_tensors(optimizer, model).items() if t.dim())
    monkeypatch.setitem(scale["memory"].__globals__, "MODEL", model.config)
    moments = next(row for row in scale["memory"]() if row[0].startswith("moments"))
    assert moments[column] == kept


def test_fewer_gpus_send_less_and_one_sends_nothing(scale) -> None:
    assert all(size == 0 for _, size in scale["sent"](1))
    assert [a < b for (_, a), (_, b) in zip(scale["sent"](2), scale["sent"](8), strict=True)] == [True] * 3
