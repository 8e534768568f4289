"""A model spread over its ranks, and training states in shards. (n matrices, R ranks.)

The shards are safetensors, by torch.distributed.checkpoint: any number of ranks reads them.
"""

from __future__ import annotations

import contextlib
import copy
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint import (
    CheckpointException,
    HuggingFaceStorageReader,
    HuggingFaceStorageWriter,
    load,
    save,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from slm.device import Machine
from slm.model.gpt import GPT
from slm.training.parallel import Compute, Whole
from slm.training.ranks import Ranks


class Sharded(Whole):
    """Each rank keeps its rows of every weight, gradient and moment, and has a block whole while it computes it
    (Rajbhandari et al. 2020, arXiv 1910.02054; torch's FSDP2). The first rank keeps the whole weights besides, as they
    were when they were last collected: they are what is saved, sampled and measured."""

    in_step = True

    def __init__(self, model: GPT, ranks: Ranks, machine: Machine):
        self._whole, self._ranks = model, ranks
        empty = {id(p): nn.Parameter(torch.empty_like(p, device="meta"), p.requires_grad) for p in model.parameters()}
        self.model = copy.deepcopy(model, empty)
        mesh = init_device_mesh(machine.device.split(":")[0], (ranks.size,))
        for module in (*self.model.transformer.h, self.model):
            fully_shard(module, mesh=mesh)
        register_fsdp_forward_method(self.model, "loss_sum")
        self.model.to_empty(device=machine.device)
        self.load(model, {})
        if not ranks.first:
            model.to("meta")

    @torch.no_grad()
    def load(self, source: GPT, kept: Mapping[str, Tensor]) -> None:
        self.model.reshard()
        weights = dict(source.named_parameters())
        for name, parameter in self.model.named_parameters():
            parameter.copy_(self.laid_out(weights[name].to(parameter.device), parameter))

    def laid_out(self, tensor: Tensor, parameter: Tensor) -> Tensor:
        """Every rank has the tensor whole and keeps its rows of it: nothing is sent."""
        return distribute_tensor(tensor, parameter.device_mesh, parameter.placements, src_data_rank=None)

    @torch.no_grad()
    def collect(self) -> None:
        self.model.reshard()  # what the last forward pass has left whole
        weights = dict(self._whole.named_parameters())
        for name, parameter in self.model.named_parameters():
            whole = parameter.full_tensor()
            if self._ranks.first:
                weights[name].copy_(whole)

    def write_shards(self, folder: Path, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        if self._ranks.first:
            shutil.rmtree(folder, ignore_errors=True)
        spread = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, DTensor)}
        try:
            with _quiet():
                save(spread, storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
        except CheckpointException as error:  # of all ranks, where one could not write
            cause = next(iter(error.failures.values()))[0]
            raise OSError(getattr(cause, "errno", None), getattr(cause, "strerror", None) or str(cause)) from None
        return {name: tensor for name, tensor in tensors.items() if name not in spread}

    def once(self, compute: Compute, stack: Tensor, rows: int) -> Tensor:
        """Each rank sends its rows of every matrix to the rank that computes that one, and gets its rows back."""
        ranks, (count, mine, columns) = self._ranks.size, stack.shape
        each, height = -(-count // ranks), -(-rows // ranks)
        sent = stack.new_zeros(ranks * each, height, columns)
        sent[:count, :mine] = stack
        whole = _exchanged(sent, ranks).transpose(0, 1).reshape(each, ranks * height, columns)
        computed = torch.zeros_like(whole)
        own = max(0, min(each, count - self._ranks.rank * each))
        if own:
            computed[:own, :rows] = compute(whole[:own, :rows].contiguous())
        back = computed.view(each, ranks, height, columns).transpose(0, 1).reshape(ranks * each, height, columns)
        return _exchanged(back, ranks).reshape(ranks * each, height, columns)[:count, :mine]


def _exchanged(parts: Tensor, ranks: int) -> Tensor:
    """(R * each, ...), the part r for rank r, to (R, each, ...), the part r from rank r."""
    received = torch.empty_like(parts)
    dist.all_to_all_single(received, parts)
    return received.view(ranks, -1, *parts.shape[1:])


def read_shards(folder: Path, like: Callable[[str], Tensor]) -> dict[str, Tensor]:
    """The tensors that `Sharded.write_shards` wrote; `like` gives, by its name, one that lies as it is to lie here."""
    names = HuggingFaceStorageReader(str(folder)).read_metadata().state_dict_metadata
    tensors = {name: torch.zeros_like(like(name)) for name in names}
    with _quiet():
        load(tensors, storage_reader=HuggingFaceStorageReader(str(folder)), no_dist=True)
    return tensors


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
