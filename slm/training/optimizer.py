"""AdamW with weight decay on matrices only, and its state as named tensors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from slm.errors import ModelError


def make_optimizer(
    model: nn.Module, learning_rate: float, betas: tuple[float, float], weight_decay: float
) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101). Vectors, biases and LayerNorm gains, do not decay.

    Fused where torch has that: one pass over the weights instead of seven.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for p in trained)
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=learning_rate, betas=betas, fused=fused)


def optimizer_tensors(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """The optimizer's moments and counters as ``<what>/<parameter name>``."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{what}/{names[parameter]}": tensor.detach().cpu().contiguous()
        for parameter, state in optimizer.state.items()
        for what, tensor in state.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave. Raises ModelError where it belongs to another model."""
    parameters = dict(model.named_parameters())
    optimizer.state.clear()
    for key, tensor in tensors.items():
        what, _, name = key.partition("/")
        if name not in parameters or (tensor.dim() and tensor.shape != parameters[name].shape):
            raise ModelError(f"optimizer state {key!r} belongs to another model; the checkpoint is not of this run")
        device = "cpu" if what == "step" and parameters[name].device.type == "cpu" else parameters[name].device
        optimizer.state[parameters[name]][what] = tensor.to(device).clone()
