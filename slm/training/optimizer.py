"""AdamW, or Muon on the matrices and AdamW on the rest; and the state of either as named tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from slm.device import multiplies_bfloat16
from slm.errors import ModelError

NEWTON_SCHULZ = ((3.4445, -4.7750, 2.0315),) * 5
"""Coefficients of Muon's quintic iteration (Jordan et al. 2024): five times brings all singular values near 1."""
MUON_SCALE = 5.0
"""Of Muon's learning rate over AdamW's; measured, docs/experiments.md, section 9."""

Once = Callable[[Callable[[Tensor], Tensor], Tensor, int], Tensor]


def _alone(compute: Callable[[Tensor], Tensor], stack: Tensor, rows: int) -> Tensor:
    return compute(stack)


def make_optimizer(
    model: nn.Module,
    learning_rate: float,
    betas: tuple[float, float],
    weight_decay: float,
    kind: str = "adamw",
    once: Once = _alone,
) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) for all weights, or for what Muon does not take.

    Vectors, biases and LayerNorm gains, do not decay. Fused where torch has that: one pass over the weights instead of
    seven. `kind` "muon" gives the matrices of the blocks to Muon; embeddings and head stay with AdamW.
    Several ranks compute the update of each matrix `once`, on one of them (`slm.training.parallel`).
    """
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    by_muon = [(name, p) for name, p in trained if kind == "muon" and p.dim() == 2 and ".h." in name]
    taken = {p for _, p in by_muon}
    groups = [
        {"params": [p for _, p in trained if p.dim() >= 2 and p not in taken], "weight_decay": weight_decay},
        {"params": [p for _, p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for _, p in trained)
    adamw = torch.optim.AdamW([g for g in groups if g["params"]], lr=learning_rate, betas=betas, fused=fused)
    return MuonWithAdamW(Muon(by_muon, learning_rate, weight_decay, once), adamw) if by_muon else adamw


@torch.no_grad()
def drop_rounding(model: nn.Module) -> None:
    """Zero the gradient of the keys' biases, of which rounding alone keeps it: they shift all scores of a query alike,
    which the softmax does not see. AdamW would make of the rounding steps as long as any others, each time other ones.
    """
    for name, parameter in model.named_parameters():
        if name.endswith("c_attn.bias") and (gradient := parameter.grad) is not None:
            here, width, begins = _here(gradient), len(gradient) // 3, 0
            if here is not gradient:  # as torch.chunk deals out what is spread over ranks
                mesh = gradient.device_mesh
                begins = -(-len(gradient) // mesh.size()) * mesh.get_local_rank()
            here[max(0, width - begins) : max(0, 2 * width - begins)] = 0


class Muon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): a matrix moves by its momentum made orthogonal.

    An update's largest singular value is MUON_SCALE times the learning rate, so that one learning rate and one schedule
    serve Muon and AdamW, and sqrt(rows / columns) times that where a matrix is taller than wide. A fused matrix of
    queries, keys and values counts as three. Matrices of one shape are made orthogonal together: for small ones a few
    large products take less time than many small ones.
    """

    def __init__(
        self, matrices: list[tuple[str, Tensor]], learning_rate: float, weight_decay: float, once: Once = _alone
    ):
        self._once = once
        fused = [parameter for name, parameter in matrices if name.endswith("c_attn.weight")]
        plain = [parameter for name, parameter in matrices if not name.endswith("c_attn.weight")]
        groups = [{"params": fused, "parts": 3}, {"params": plain, "parts": 1}]
        defaults = {"lr": learning_rate, "weight_decay": weight_decay, "momentum": 0.95}
        super().__init__([group for group in groups if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for parameters in _by_shape(group["params"]):
                self._move(parameters, **{key: group[key] for key in ("lr", "weight_decay", "momentum", "parts")})

    def _move(self, parameters: list[Tensor], lr: float, weight_decay: float, momentum: float, parts: int) -> None:
        rows, columns = parameters[0].shape
        gradients = [_here(parameter.grad) for parameter in parameters]
        means = [_here(self._mean(parameter)) for parameter in parameters]
        torch._foreach_lerp_(means, gradients, 1 - momentum)
        looked_ahead = torch._foreach_lerp(gradients, means, momentum)  # Nesterov's: the gradient counts once more
        updates = self._once(
            lambda whole: orthogonal(whole.view(-1, rows // parts, columns)).view(-1, rows, columns),
            torch.stack(looked_ahead), rows,
        )  # fmt: skip
        scale = MUON_SCALE * max(1.0, rows / parts / columns) ** 0.5
        moved = list(map(_here, parameters))
        torch._foreach_mul_(moved, 1 - lr * weight_decay)
        torch._foreach_add_(moved, list(updates.unbind()), alpha=-lr * scale)

    def _mean(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        return state["momentum_buffer"]


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest matrices (n, rows, columns) whose singular values are all about 1, by Newton and Schulz; float32.

    In bfloat16 where that is multiplied in hardware: the iteration forgives the rounding.
    """
    low = multiplies_bfloat16(matrices.device.type)
    x = matrices.mT if matrices.size(1) > matrices.size(2) else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    x = x.bfloat16() if low else x.float()
    for a, b, c in NEWTON_SCHULZ:
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if matrices.size(1) > matrices.size(2) else x).float().contiguous()


def _here(tensor: Tensor) -> Tensor:
    """What this rank has of a tensor that is spread over ranks; any other one as it is."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def _by_shape(parameters: list[Tensor]) -> Iterator[list[Tensor]]:
    """Those that have a gradient, put together by their shape."""
    alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
    for parameter in parameters:
        if parameter.grad is not None:
            alike[parameter.shape].append(parameter)
    yield from alike.values()


class MuonWithAdamW(torch.optim.Optimizer):
    """Muon beside an AdamW for the rest. State and groups are shared: to the trainer and to checkpoints it is one."""

    def __init__(self, muon: Muon, adamw: torch.optim.AdamW):
        super().__init__([{"params": muon.param_groups[0]["params"]}], {})
        self._parts = (muon, adamw)
        self.param_groups = [*muon.param_groups, *adamw.param_groups]
        for part in self._parts:
            part.state = self.state

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for part in self._parts:
            part.step()


def optimizer_tensors(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """The optimizer's moments and counters as ``<what>/<parameter name>``; spread over ranks as the parameters are."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{what}/{names[parameter]}": tensor.detach().cpu().contiguous()
        for parameter, state in optimizer.state.items()
        for what, tensor in state.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer,
    model: nn.Module,
    tensors: dict[str, Tensor],
    laid_out: Callable[[Tensor, Tensor], Tensor] = lambda tensor, parameter: tensor,
) -> None:
    """Put back what `optimizer_tensors` gave; `tensors` may hold more under other names ('adapter/', 'frozen/').
    `laid_out` spreads a tensor over ranks as a parameter is. Raises ModelError where it belongs to another model."""
    parameters = dict(model.named_parameters())
    optimizer.state.clear()
    for key, tensor in tensors.items():
        what, _, name = key.partition("/")
        if what in ("adapter", "frozen"):  # weights, not moments
            continue
        if name not in parameters or (tensor.dim() and tensor.shape != parameters[name].shape):
            raise ModelError(f"optimizer state {key!r} belongs to another model; the checkpoint is not of this run")
        parameter = parameters[name]
        device = "cpu" if what == "step" and parameter.device.type == "cpu" else parameter.device
        tensor = tensor.to(device).clone()
        optimizer.state[parameter][what] = laid_out(tensor, parameter) if tensor.dim() else tensor
