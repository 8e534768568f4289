"""AdamW, and Muon beside it: what decays, and that its state can be put away and taken out again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch
from tiny import tiny_model
from tiny_training import weights_of

from slm.errors import ModelError
from slm.model.gpt import GPT
from slm.training import optimizer as optimizer_module
from slm.training.optimizer import (
    MUON_SCALE,
    Muon,
    drop_rounding,
    make_optimizer,
    optimizer_tensors,
    orthogonal,
    restore_optimizer,
)  # fmt: skip

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
            for part in moved.chunk(3 if name.endswith("c_attn.weight") else 1):
                sizes = torch.linalg.svdvals(part) / (1e-2 * reach(part.shape))
                # the gradient of few rows lacks some directions
                assert (sizes > 0.4).float().mean() > 0.7 and sizes.max() < 1.4, name
        elif parameter.dim() == 2:  # AdamW's first step: every weight that had a gradient moves by the learning rate
            assert moved.abs().max() == pytest.approx(1e-2, rel=1e-3), name


# Muon itself


def muon_of(weights: dict[str, torch.Tensor], learning_rate: float = 0.1, decay: float = 0.0) -> Muon:
    return Muon([(name, torch.nn.Parameter(weight)) for name, weight in weights.items()], learning_rate, decay)


def reach(shape: Sequence[int]) -> float:
    """How far a step moves a matrix of this shape in any direction, for a learning rate of 1."""
    return MUON_SCALE * max(1.0, shape[0] / shape[1]) ** 0.5


def random_matrices(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def stepped(optimizer: torch.optim.Optimizer, weight: torch.Tensor, gradients: list[torch.Tensor]) -> torch.Tensor:
    """How far each of these gradients moved `weight`, one below the other."""
    moves = []
    for gradient in gradients:
        before, weight.grad = weight.detach().clone(), gradient.clone()
        optimizer.step()
        moves.append(weight.detach() - before)
    return torch.stack(moves)


LOW = pytest.mark.parametrize("low", [True, False], ids=["bfloat16", "float32"])


@pytest.fixture
def precision(low: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer_module, "multiplies_bfloat16", lambda device: low)


@LOW
@pytest.mark.parametrize("shape", [(4, 16, 16), (3, 8, 64), (3, 64, 8), (1, 64, 64), (2, 1, 5)])
def test_singular_values_come_near_1_and_directions_stay(shape: tuple[int, ...], precision: None) -> None:
    left, _, right = torch.linalg.svd(random_matrices(*shape), full_matrices=False)
    sizes = torch.linspace(0.1, 1.0, left.size(-1)) * torch.logspace(-3, 3, shape[0])[:, None]  # also of the whole
    matrices = left * sizes[:, None] @ right
    made = orthogonal(matrices)
    assert made.shape == shape and made.dtype == torch.float32 and made.is_contiguous()
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.4 and values.max() < 1.3
    assert torch.cosine_similarity(made.flatten(1), (left @ right).flatten(1)).min() > 0.95


@LOW
@pytest.mark.parametrize("shape", [(5, 16, 16), (5, 8, 64), (5, 64, 8)])
def test_many_matrices_at_once_are_made_as_one_by_one(shape: tuple[int, ...], low: bool, precision: None) -> None:
    matrices = random_matrices(*shape)
    together, alone = orthogonal(matrices), torch.cat([orthogonal(matrix[None]) for matrix in matrices])
    torch.testing.assert_close(together, alone, rtol=0, atol=0.02 if low else 1e-5)


@LOW
def test_a_transposed_matrix_is_made_transposed(precision: None) -> None:
    matrices = random_matrices(2, 24, 8)
    assert torch.equal(orthogonal(matrices.mT), orthogonal(matrices).mT)


def test_a_gradient_of_zero_moves_nothing() -> None:
    assert not orthogonal(torch.zeros(2, 8, 8)).any()


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon of its own")
@pytest.mark.parametrize("shape", [(48, 48), (96, 32), (32, 96)])
def test_it_steps_as_torchs_muon_does(shape: tuple[int, int]) -> None:
    weight, gradients = random_matrices(*shape), [random_matrices(*shape, seed=seed) for seed in (1, 2, 3)]
    ours = muon_of({"h.0.mlp.c_fc.weight": weight.clone()}, learning_rate=0.1)
    theirs = torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.Muon([theirs], lr=0.1 * MUON_SCALE, weight_decay=0.0, momentum=0.95, nesterov=True)
    moves = stepped(ours, ours.param_groups[0]["params"][0], gradients)
    for move, other in zip(moves, stepped(optimizer, theirs, gradients), strict=True):
        assert torch.cosine_similarity(move.flatten(), other.flatten(), dim=0) > 0.99
        assert move.norm().item() == pytest.approx(other.norm().item(), rel=0.03)


def test_queries_keys_and_values_count_as_three_matrices() -> None:
    fused, parts = random_matrices(48, 16), random_matrices(48, 16, seed=1)
    optimizer = muon_of({"h.0.attn.c_attn.weight": fused.clone(), "h.0.attn.c_proj.weight": torch.zeros(16, 16)})
    [move] = stepped(optimizer, optimizer.param_groups[0]["params"][0], [parts])
    for number, part in enumerate(parts.chunk(3)):
        alone = muon_of({"h.0.mlp.c_fc.weight": fused.chunk(3)[number].clone()})
        [expected] = stepped(alone, alone.param_groups[0]["params"][0], [part])
        torch.testing.assert_close(move.chunk(3)[number], expected, rtol=0, atol=0.02 * 0.1 * MUON_SCALE)


def test_a_large_part_does_not_drown_the_others() -> None:
    """As it would if the fused matrix counted as one: values have gradients many times those of queries and keys."""
    gradient = random_matrices(48, 16) * torch.tensor([1e-4, 1e-4, 1.0]).repeat_interleave(16)[:, None]
    optimizer = muon_of({"h.0.attn.c_attn.weight": torch.zeros(48, 16)})
    [move] = stepped(optimizer, *optimizer.param_groups[0]["params"], [gradient])
    sizes = [part.norm().item() for part in move.chunk(3)]
    assert min(sizes) > 0.8 * max(sizes)


def test_the_momentum_of_the_group_counts() -> None:
    first, second = random_matrices(16, 16), random_matrices(16, 16, seed=1)
    moves = []
    for momentum in (0.0, 0.5, 0.95):
        optimizer = muon_of({"h.0.mlp.c_fc.weight": torch.zeros(16, 16)}, learning_rate=1 / MUON_SCALE)
        [group] = optimizer.param_groups
        group["momentum"] = momentum
        moves.append(stepped(optimizer, group["params"][0], [first, second])[1])
        mean = (1 - momentum) * (momentum * first + second)
        torch.testing.assert_close(optimizer.state[group["params"][0]]["momentum_buffer"], mean)
        [expected] = orthogonal((1 - momentum) * second[None] + momentum * mean)  # Nesterov's
        torch.testing.assert_close(moves[-1], -expected, rtol=0, atol=0.05)
    assert all((one - other).abs().max() > 0.1 for one, other in itertools.pairwise(moves))


def test_only_muons_groups_have_a_momentum() -> None:
    """By which the trainer knows whose it raises."""
    groups = optimizer_of(tiny_model(), kind="muon").param_groups
    assert [group.get("parts") for group in groups if "momentum" in group] == [3, 1]
    assert len(groups) == 4 and all("momentum" not in group for group in optimizer_of(tiny_model()).param_groups)


@pytest.mark.parametrize("shape", [(16, 16), (16, 64), (64, 16)])
def test_the_size_of_a_step_depends_on_the_shape_and_not_on_the_gradient(shape: tuple[int, int]) -> None:
    for scale in (1e-6, 1.0, 1e6):
        optimizer = muon_of({"h.0.mlp.c_fc.weight": torch.zeros(shape)}, learning_rate=0.01)
        [move] = stepped(optimizer, *optimizer.param_groups[0]["params"], [random_matrices(*shape) * scale])
        assert torch.linalg.svdvals(move).median().item() == pytest.approx(0.01 * reach(shape), rel=0.3)


def test_frozen_matrices_are_left_out_of_muon() -> None:
    model = tiny_model()
    for block in model.transformer.h:
        block.attn.c_attn.weight.requires_grad_(False)
    before = weights_of(model)
    train(model, optimizer_of(model, kind="muon"), steps=1)
    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved == {name for name in before if not name.endswith("c_attn.weight")}


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


def test_the_gradient_of_the_keys_biases_is_rounding_and_is_dropped() -> None:
    model = tiny_model().double()
    ids = torch.randint(0, 200, (2, 9), generator=torch.Generator().manual_seed(0))
    model.loss_sum(ids[:, :-1], ids[:, 1:]).backward()
    biases = [block.attn.c_attn.bias for block in model.transformer.h]
    before = [bias.grad.clone().view(3, -1) for bias in biases]
    drop_rounding(model)
    for bias, (queries, keys, values) in zip(biases, before, strict=True):
        assert keys.abs().max() < 1e-9 * values.abs().max()
        assert torch.equal(bias.grad, torch.cat([queries, torch.zeros_like(keys), values]))
