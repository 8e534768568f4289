"""The cross-entropy that never holds all logits, against torch's own."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from slm.model import loss as loss_module
from slm.model.loss import IGNORED, linear_cross_entropy_rows, linear_cross_entropy_sum

# rows below, at and over the numbers that are worked on together
SIZES = (1, 63, 64, 65, 200, loss_module.HEAD_ROWS, loss_module.HEAD_ROWS + 70)


def problem(rows: int, ignored_share: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    x = torch.randn(rows, 12, generator=generator, requires_grad=True)
    weight = torch.randn(40, 12, generator=generator, requires_grad=True)
    targets = torch.randint(40, (rows,), generator=generator)
    targets[torch.rand(rows, generator=generator) < ignored_share] = IGNORED
    return x, weight, targets


def expected_sum(x: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(x @ weight.T, targets, ignore_index=IGNORED, reduction="sum")


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("ignored_share", [0.0, 0.4])
def test_loss_and_gradients_equal_torchs(rows: int, ignored_share: float):
    x, weight, targets = problem(rows, ignored_share)
    loss, expected = linear_cross_entropy_sum(x, weight, targets), expected_sum(x, weight, targets)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    ours, its = torch.autograd.grad(loss * 0.3, (x, weight)), torch.autograd.grad(expected * 0.3, (x, weight))
    for gradient, other in zip(ours, its, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-4)
    assert not ours[0][targets == IGNORED].any()


def test_gradients_are_those_of_finite_differences():
    x, weight, targets = (problem(5, 0.3)[0].double(), problem(5)[1].double(), problem(5, 0.3)[2])
    loss = linear_cross_entropy_sum(x.float().requires_grad_(), weight.float(), targets)
    step = torch.zeros_like(x)
    x_float = x.detach().float().requires_grad_()
    (gradient,) = torch.autograd.grad(linear_cross_entropy_sum(x_float, weight.float(), targets), x_float)
    for row, column in ((0, 0), (3, 7), (4, 11)):
        step.zero_()[row, column] = 1e-5
        slope = (expected_sum(x + step, weight, targets) - expected_sum(x - step, weight, targets)) / 2e-5
        assert gradient[row, column].item() == pytest.approx(slope.item(), abs=1e-3)
    assert loss.item() == pytest.approx(expected_sum(x, weight, targets).item(), rel=1e-5)


def test_bfloat16_rounds_the_products_alone():
    x, weight, targets = problem(300, 0.2)
    with torch.autocast("cpu", torch.bfloat16):
        loss = linear_cross_entropy_sum(x, weight, targets)
    expected = expected_sum(x, weight, targets)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item(), rel=5e-3)
    ours, its = torch.autograd.grad(loss, (x, weight)), torch.autograd.grad(expected, (x, weight))
    for gradient, other in zip(ours, its, strict=True):
        assert gradient.dtype == torch.float32
        assert F.cosine_similarity(gradient.flatten(), other.flatten(), dim=0) > 0.999


def test_all_targets_ignored_is_a_loss_of_zero():
    x, weight, targets = problem(70, 1.0)
    loss = linear_cross_entropy_sum(x, weight, targets)
    assert loss.item() == 0
    for gradient in torch.autograd.grad(loss, (x, weight)):
        assert not gradient.any()


def test_no_gradients_are_made_where_none_are_wanted():
    x, weight, targets = problem(100)
    with torch.no_grad():
        loss = linear_cross_entropy_sum(x, weight, targets)
    assert not loss.requires_grad
    assert loss.item() == pytest.approx(expected_sum(x, weight, targets).item(), rel=1e-5)


def test_gradients_add_up_over_micro_batches():
    x, weight, targets = problem(130, 0.3)
    (whole,) = torch.autograd.grad(linear_cross_entropy_sum(x, weight, targets), weight)
    parts = [
        torch.autograd.grad(linear_cross_entropy_sum(x[rows], weight, targets[rows]), weight)[0]
        for rows in (slice(0, 31), slice(31, 130))
    ]
    torch.testing.assert_close(sum(parts), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", SIZES)
def test_each_rows_own_loss(rows: int):
    x, weight, targets = problem(rows)
    losses = linear_cross_entropy_rows(x, weight, targets)
    assert losses.shape == (rows,) and losses.dtype == torch.float32 and not losses.requires_grad
    torch.testing.assert_close(losses, F.cross_entropy(x @ weight.T, targets, reduction="none").detach())


def test_no_rows_have_no_losses():
    losses = linear_cross_entropy_rows(torch.zeros(0, 12), torch.zeros(40, 12), torch.zeros(0, dtype=torch.long))
    assert losses.shape == (0,)


def test_extreme_logits_stay_finite():
    x = torch.tensor([[1000.0], [-1000.0]], requires_grad=True)
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    loss = linear_cross_entropy_sum(x, weight, torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(-math.log(torch.finfo(torch.float32).tiny))  # at most this much a token
    assert torch.autograd.grad(loss, x)[0].tolist() == [[0.0], [-2.0]]
    uniform = linear_cross_entropy_rows(torch.zeros(1, 1), torch.zeros(50_257, 1), torch.tensor([7]))
    assert uniform.item() == pytest.approx(math.log(50_257))


def test_the_gradient_of_a_tied_embedding_is_dense_and_the_sum_of_both_uses():
    """The look-up's is sparse, so that it costs no second matrix; where it lands, it is added to the head's."""
    weight = torch.randn(40, 12, requires_grad=True)
    ids, targets = torch.tensor([3, 3, 7]), torch.tensor([1, 7, 3])
    linear_cross_entropy_sum(F.embedding(ids, weight, sparse=True), weight, targets).backward()
    expected = weight.detach().clone().requires_grad_(True)
    F.cross_entropy(F.embedding(ids, expected) @ expected.T, targets, reduction="sum").backward()
    assert not weight.grad.is_sparse
    torch.testing.assert_close(weight.grad, expected.grad)


def test_evaluation_makes_no_gradients(monkeypatch: pytest.MonkeyPatch):
    """Nor does a frozen embedding: their products would be most of the work."""
    products = []
    for name in ("mm", "addmm"):
        product = getattr(torch, name)
        monkeypatch.setattr(torch, name, lambda *args, of=product, **more: products.append(1) or of(*args, **more))
    x, weight = torch.randn(5, 12, requires_grad=True), torch.randn(40, 12, requires_grad=True)
    targets = torch.randint(40, (5,))
    losses = []
    for grad, frozen in ((True, False), (True, True), (False, False)):
        products.clear()
        with torch.set_grad_enabled(grad):
            losses.append(linear_cross_entropy_sum(x, weight.detach() if frozen else weight, targets).item())
        assert len(products) == {(True, False): 3, (True, True): 2, (False, False): 1}[grad, frozen]
    assert losses[0] == losses[1] == losses[2]
