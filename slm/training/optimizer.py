"""AdamW, or Muon on the matrices and AdamW on the rest; and the state of either as named tensors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from slm.errors import ConfigError, ModelError


def make_optimizer(
    model: nn.Module,
    learning_rate: float,
    betas: tuple[float, float],
    weight_decay: float,
    kind: str = "adamw",
) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) for all weights, or for what Muon does not take.

    Vectors, biases and LayerNorm gains, do not decay. Fused where torch has that: one pass over the weights instead of
    seven. `kind` "muon" gives the matrices of the blocks to Muon; embeddings and head stay with AdamW. Raises
    ConfigError where torch is too old for it.
    """
    if kind == "muon" and not hasattr(torch.optim, "Muon"):
        raise ConfigError(f"training.optimizer=muon needs torch 2.9 or newer, found {torch.__version__}; take adamw")
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    by_muon = [p for name, p in trained if kind == "muon" and p.dim() == 2 and ".h." in name]
    taken = set(by_muon)
    groups = [
        {"params": [p for _, p in trained if p.dim() >= 2 and p not in taken], "weight_decay": weight_decay},
        {"params": [p for _, p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for _, p in trained)
    adamw = torch.optim.AdamW([g for g in groups if g["params"]], lr=learning_rate, betas=betas, fused=fused)
    return MuonWithAdamW(by_muon, adamw, learning_rate, weight_decay) if by_muon else adamw


class MuonWithAdamW(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) for matrices beside an AdamW for the rest.

    Muon's updates are scaled to the size of AdamW's (Liu et al. 2025, arXiv 2502.16982), so that one learning rate and
    one schedule serve both. State and groups are shared: to the trainer and to checkpoints it is one optimizer.
    """

    def __init__(self, matrices: list[Tensor], adamw: torch.optim.AdamW, learning_rate: float, weight_decay: float):
        muon = torch.optim.Muon(
            matrices, lr=learning_rate, weight_decay=weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        super().__init__([{"params": matrices}], {"lr": learning_rate})
        self._parts = (muon, adamw)
        self.param_groups = [*muon.param_groups, *adamw.param_groups]
        for part in self._parts:
            part.state = self.state

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for part in self._parts:
            part.step()


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
