"""AdamW, and Muon beside it: what decays, and that its state can be put away and taken out again."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model

from slm.errors import ConfigError, ModelError
from slm.model.gpt import GPT
from slm.training.optimizer import make_optimizer, optimizer_tensors, restore_optimizer

BOTH = pytest.mark.parametrize("kind", ["adamw", "muon"])


def optimizer_of(model: GPT, decay: float = 0.1, kind: str = "adamw") -> torch.optim.Optimizer:
    return make_optimizer(model, 1e-2, (0.9, 0.95), decay, kind)


def train(model: GPT, optimizer: torch.optim.Optimizer, steps: int, seed: int = 0) -> None:
    for step in range(steps):
        ids = torch.randint(0, 200, (2, 9), generator=torch.Generator().manual_seed(seed + step))
        model.loss_sum(ids[:, :-1], ids[:, 1:]).backward()
        optimizer.step()
        optimizer.zero_grad()


@BOTH
def test_only_matrices_decay(kind: str) -> None:
    model = tiny_model()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = optimizer_of(model, 0.5, kind)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in model.named_parameters():
        vector = name.endswith("bias") or ".ln_" in name
        factor = 1.0 if vector else 1 - 1e-2 * 0.5
        torch.testing.assert_close(parameter.detach(), before[name] * factor, msg=name)


@BOTH
def test_every_parameter_is_trained_once(kind: str) -> None:
    model = tiny_model()
    optimizer = optimizer_of(model, kind=kind)
    trained = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(trained) == sorted(id(parameter) for parameter in model.parameters())


def test_frozen_parameters_are_left_out() -> None:
    model = tiny_model()
    model.transformer.wpe.weight.requires_grad_(False)
    trained = {id(parameter) for group in optimizer_of(model).param_groups for parameter in group["params"]}
    assert id(model.transformer.wpe.weight) not in trained and len(trained) == len(list(model.parameters())) - 1


def test_muon_moves_the_matrices_of_the_blocks_in_every_direction_alike() -> None:
    model = tiny_model()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    train(model, optimizer_of(model, decay=0.0, kind="muon"), steps=1)
    for name, parameter in model.named_parameters():
        moved = parameter.detach() - before[name]
        if parameter.dim() == 2 and ".h." in name:
            sizes = torch.linalg.svdvals(moved) / (1e-2 * 0.2 * max(parameter.shape) ** 0.5)
            assert (sizes > 0.4).float().mean() > 0.75 and sizes.max() < 1.4, (
                name
            )  # the gradient of few rows lacks some
        elif parameter.dim() == 2:  # AdamW's first step: every weight that had a gradient moves by the learning rate
            assert moved.abs().max() == pytest.approx(1e-2, rel=1e-3), name


def test_a_torch_without_muon_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(ConfigError, match=r"optimizer=muon needs torch 2\.9 or newer, found .*; take adamw"):
        optimizer_of(tiny_model(), kind="muon")
    optimizer_of(tiny_model())


def test_the_learning_rate_of_every_group_counts() -> None:
    model = tiny_model()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = optimizer_of(model, kind="muon")
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    train(model, optimizer, steps=1)
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())


@BOTH
def test_a_restored_optimizer_goes_on_with_the_same_bits(kind: str) -> None:
    one, two = tiny_model(), tiny_model(seed=1)
    optimizer = optimizer_of(one, kind=kind)
    train(one, optimizer, steps=3)
    saved = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer, one).items()}
    two.load_state_dict(one.state_dict())
    restored = optimizer_of(two, kind=kind)
    train(two, restored, steps=1)  # what it had before must not matter
    two.load_state_dict(one.state_dict())
    restore_optimizer(restored, two, saved)
    train(one, optimizer, steps=2, seed=100)
    train(two, restored, steps=2, seed=100)
    for (name, mine), other in zip(one.named_parameters(), two.parameters(), strict=True):
        assert torch.equal(mine, other), name
    for name, tensor in optimizer_tensors(optimizer, one).items():
        assert torch.equal(tensor, optimizer_tensors(restored, two)[name]), name


def test_the_state_is_named_by_parameter() -> None:
    model = tiny_model()
    optimizer = optimizer_of(model)
    train(model, optimizer, steps=1)
    tensors = optimizer_tensors(optimizer, model)
    names = [name for name, _ in model.named_parameters()]
    assert tensors.keys() == {f"{what}/{name}" for what in ("step", "exp_avg", "exp_avg_sq") for name in names}
    assert all(tensor.is_contiguous() and tensor.device.type == "cpu" for tensor in tensors.values())


def test_putting_away_copies_so_that_restoring_does_not_share() -> None:
    model = tiny_model()
    optimizer = optimizer_of(model)
    train(model, optimizer, steps=1)
    saved = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer, model).items()}
    restore_optimizer(optimizer, model, saved)
    kept = {name: tensor.clone() for name, tensor in saved.items()}
    train(model, optimizer, steps=1)
    assert all(torch.equal(saved[name], kept[name]) for name in saved)


def test_the_state_of_another_model_is_refused() -> None:
    model, wider = tiny_model(), tiny_model(n_embd=32)
    optimizer = optimizer_of(wider)
    train(wider, optimizer, steps=1)
    tensors = optimizer_tensors(optimizer, wider)
    with pytest.raises(ModelError, match="belongs to another model"):
        restore_optimizer(optimizer_of(model), model, tensors)
    with pytest.raises(ModelError, match="exp_avg/head"):
        restore_optimizer(optimizer_of(model), model, {"exp_avg/head": torch.zeros(3)})
