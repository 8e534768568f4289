"""From a model, samples and settings to a run under way: the part that pre-training and fine-tuning share."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from slm import __version__
from slm.checkpoint import TrainingState, save_best_params, save_model
from slm.data.batches import Batches, Documents, PackedBatches, Records, Samples
from slm.data.prompt_format import PromptFormat
from slm.data.replay import Replayed
from slm.data.tokenizer import Tokenizer
from slm.device import Machine, can_compile, choose_machine, describe_machine, device_of_rank, memory_of_rank
from slm.domain import Domain
from slm.errors import ConfigError, TrainingError
from slm.model.gpt import GPT
from slm.model.lora import adapters, merged, peft_config, peft_tensors, plain_parameters
from slm.training.config import TrainingConfig
from slm.training.observer import Observer
from slm.training.pace import Pace
from slm.training.planner import BYTES_PER_WEIGHT
from slm.training.ranks import ALONE, Ranks
from slm.training.run_folder import RunFolder
from slm.training.selection import Guard
from slm.training.trainer import Trainer
from slm.training.watch import Watch


@dataclass(frozen=True)
class Setup:
    """The choices that a run freezes, so that going on computes the same bits as never stopping."""

    device: str
    precision: str
    compile: bool
    threads: int
    micro_batch_size: int
    ranks: int = 1
    sharded: bool = False

    def machine(self, ranks: Ranks = ALONE) -> Machine:
        alone = ranks.size == 1
        device = self.device if alone else device_of_rank(self.device, ranks.local_rank, ranks.local_size)
        return choose_machine(device, self.precision, self.threads)


def choose_setup(config: TrainingConfig, ranks: Ranks = ALONE) -> Setup:
    """Resolve every 'auto'. Raises ConfigError for a device or compiler that is not there."""
    machine = choose_machine(config.device, config.precision, config.threads, ranks.local_size)
    # On the CPUs measured compiling one block cost more than it won back within an hour; on CUDA it pays in minutes,
    # but not for whole documents, of which every batch has another shape.
    pays = machine.is_cuda() and config.batches == "windows"
    wanted = config.compile == "on" or (config.compile == "auto" and pays)
    if config.compile == "on":
        _require_compiler(machine.device)
    return Setup(
        machine.device,
        machine.precision,
        wanted and can_compile(machine.device),
        machine.threads,
        config.micro_batch_size,
        ranks.size,
    )


def recorded_setup(record: dict[str, Any], config: TrainingConfig | None = None, ranks: Ranks = ALONE) -> Setup:
    """The choices that a run was started with; but with another number of `ranks` its share of the threads, as `config`
    has it. Raises TrainingError where they cannot be had here."""
    setup = Setup(**record["frozen"])
    if setup.ranks != ranks.size and config is not None:
        setup = replace(setup, ranks=ranks.size, threads=choose_setup(config, ranks).threads)
    if setup.compile:
        _require_compiler(setup.device)
    return setup


def laid_out(setup: Setup, model: GPT, config: TrainingConfig, ranks: Ranks) -> Setup:
    """`setup`, with the model spread over ranks where a person asked for it, or where it does not fit whole.

    Raises ConfigError for what cannot be spread.
    """
    needed, there = BYTES_PER_WEIGHT * model.num_parameters(), memory_of_rank(setup.device, ranks.local_size)
    sharded = ranks.shards or (ranks.size > 1 and needed > there and not adapters(model))
    if not sharded:
        return replace(setup, sharded=False)
    for wrong, what, instead in (
        (ranks.size == 1, "one rank", "several (--ranks)"),
        (adapters(model), "tuning.method=lora", "method full; adapters are small"),
        (setup.precision == "float16", "training.precision=float16", "bfloat16 or float32"),
        (config.compile == "on", "training.compile=on", "auto or off"),
    ):
        if wrong:
            raise ConfigError(f"--shard expects {instead}, got {what}")
    return replace(setup, sharded=True, compile=False)


def _require_compiler(device: str) -> None:
    if not can_compile(device):
        raise TrainingError(
            "training.compile=on needs a C++ compiler (on CUDA also Triton), found none; install g++, or compile=auto"
        )


def run_record(model: GPT, config: TrainingConfig, setup: Setup, data: dict[str, Any]) -> dict[str, Any]:
    """What run.json says of the machine, the model and the data."""
    return {
        "frozen": asdict(setup),
        "data": data,
        "parameters": plain_parameters(model),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "tokens_per_step": config.batch_size * model.config.block_size,
        "steps": 0 if config.budget_seconds else config.in_updates(config.steps),
        "machine": describe_machine(),
        "versions": versions(),
        "timing": {},
    }


def versions() -> dict[str, str]:
    return {"slm": __version__, "torch": str(torch.__version__), "python": platform.python_version()}


def make_trainer(
    run: RunFolder,
    model: GPT,
    tokenizer: Tokenizer,
    prompt_format: PromptFormat | None,
    training: Samples | Documents,
    validation: Samples | Documents,
    config: TrainingConfig,
    setup: Setup,
    observer: Observer,
    resume_command: str,
    write_samples: Callable[[int], None],
    record: dict[str, Any],
    pace: Pace | None = None,
    clock: Callable[[], float] = time.perf_counter,
    watch: Watch | None = None,
    domain: Domain | None = None,
    guard: Guard | None = None,
    ranks: Ranks = ALONE,
    saved: Callable[[], None] = lambda: None,
) -> Trainer:
    """A trainer for `run`. `record` goes into the slm.json of every checkpoint, and a copy of the domain beside it;
    `saved` is called when checkpoints/last is whole."""
    base = (record.get("parent") or {}).get("model", "")

    def save(folder: Path, progress: dict[str, Any], state: TrainingState | None) -> None:
        whole, files = merged(model), adapter_files(model, base)
        described = {**record, **progress}
        save_model(folder, whole, tokenizer, prompt_format, described, state, files=files, domain=domain)
        if folder == run.best:
            save_best_params(run.best_params, whole)
        if folder == run.last:
            saved()

    batches, held_out = (batches_of(samples, config) for samples in (training, validation))
    machine = setup.machine(ranks)
    return Trainer(
        model, batches, held_out, config, machine, setup.compile, run, save, observer, resume_command, write_samples,
        pace, clock, watch, guard, ranks, setup.sharded,
    )  # fmt: skip


def adapter_files(model: GPT, base: str) -> dict[str, str | bytes]:
    """What `peft` reads of the adapters that `model` has; nothing of a plain one."""
    if not adapters(model):
        return {}
    return {
        "adapter/adapter_config.json": json.dumps(peft_config(model, base), indent=1),
        "adapter/adapter_model.safetensors": safetensors.torch.save(peft_tensors(model), {"format": "pt"}),
    }


def batches_of(samples: Samples | Documents, config: TrainingConfig) -> Batches | PackedBatches:
    if isinstance(samples, Documents):
        return PackedBatches(samples, config.batch_size * samples.block_size, config.seed)
    estimated = samples.records if isinstance(samples, Replayed) else samples
    packs = isinstance(estimated, Records) and estimated.packs
    return Batches(samples, config.batch_size, config.seed, packs, estimated)


def changed_since(record: dict[str, Any]) -> list[str]:
    """What differs here from where the run began, in words: then the bits of a resumed run may differ."""
    now = {**versions(), **{key: str(value) for key, value in describe_machine().items()}}
    then = {**record["versions"], **{key: str(value) for key, value in record["machine"].items()}}
    return [f"{key} was {then[key]}, is {now.get(key)}" for key in then if then[key] != now.get(key)]
