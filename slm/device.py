"""Which device, which precision, how many threads: chosen here, returned as values, stored nowhere else.

Every question about hardware is asked in this file, or in `processor` where no torch is needed. It knows nothing
about models or data.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from slm.errors import ConfigError
from slm.processor import available_cores, check_names, memory_bytes, processor_flags, processor_name, trim_heap


@dataclass(frozen=True)
class Machine:
    """What computes: the device, the precision of matrix products, the number of CPU threads."""

    device: str
    precision: str
    threads: int

    def autocast(self) -> contextlib.AbstractContextManager:
        """The context in which the forward pass runs: weights stay float32, matrix products take `precision`."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(device_type=self.device.split(":")[0], dtype=getattr(torch, self.precision))

    def needs_loss_scaling(self) -> bool:
        """float16 has too few exponent bits for small gradients (Micikevicius et al. 2017, arXiv 1710.03740)."""
        return self.precision == "float16"

    def is_cuda(self) -> bool:
        return self.device.startswith("cuda")

    def wait(self) -> None:
        """Until the device has done what it was given; a CPU always has."""
        if self.is_cuda():
            torch.cuda.synchronize(self.device)
        elif self.device == "mps":
            torch.mps.synchronize()

    def to_device(self, array: torch.Tensor) -> torch.Tensor:
        """Move a CPU tensor; on CUDA through pinned memory and without waiting for the copy."""
        if self.is_cuda():
            return array.pin_memory().to(self.device, non_blocking=True)
        return array.to(self.device)


def choose_machine(device: str = "auto", precision: str = "auto", threads: int = 0, ranks: int = 1) -> Machine:
    """Choose what is fastest here; anything but 'auto' (0 for `threads`) is taken as asked, or refused. `ranks`
    processes of one machine share its cores.

    Raises ConfigError for a device that is not there. Sets torch's number of threads and how the C library keeps
    memory, which are process-wide.
    """
    check_names(device, precision)
    device = best_device() if device == "auto" else device
    _require_device(device)
    threads = threads or max(1, available_cores() // ranks)
    torch.set_num_threads(threads)
    if device == "cpu":
        keep_freed_memory()
    return Machine(device, best_precision(device) if precision == "auto" else precision, threads)


def device_of_rank(device: str, local_rank: int, ranks: int) -> str:
    """The device of one of the `ranks` on this machine, which train on `device`: each has a GPU of its own.

    Raises ConfigError where there are too few, or where `device` is one that cannot be shared out.
    """
    if device == "cpu":
        return device
    if device != "cuda":
        raise ConfigError(f"device expects cpu or cuda with several ranks, got {device!r}")
    if (there := torch.cuda.device_count()) < ranks:
        raise ConfigError(f"{ranks} ranks on this machine expect as many GPUs, found {there}; or training.device=cpu")
    torch.cuda.set_device(local_rank)
    return f"cuda:{local_rank}"


def memory_of_rank(device: str, ranks: int) -> int:
    """Bytes that training may take on each of the `ranks` of this machine: of its GPU, or its share of the memory."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_properties(device).total_memory
    return memory_bytes()[1] // ranks


def backends_of_ranks() -> str:
    """By what ranks reach one another: gloo for tensors of the CPU, NCCL for those of GPUs where there are any."""
    return "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"


def best_precision(device: str) -> str:
    """bfloat16 where the hardware multiplies in it, float16 on older GPUs, float32 otherwise."""
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if device == "cpu" and cpu_has_bfloat16():
        return "bfloat16"
    return "float32"


def multiplies_bfloat16(device: str) -> bool:
    """Whether matrix products in bfloat16 run in hardware on this device."""
    return best_precision(device) == "bfloat16"


@functools.cache
def cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX512-BF16 or AMX on x86, BF16 on ARM)."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return " bf16" in processor_flags()


def can_compile(device: str) -> bool:
    """Whether torch.compile can work here: a C++ compiler for the CPU, Triton for CUDA."""
    if device.startswith("cuda"):
        return torch.utils._triton.has_triton()
    return device == "cpu" and any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++", "cl")))


def describe_machine() -> dict[str, object]:
    """Processor, cores, memory and accelerator, as a run writes them down."""
    return {
        "processor": processor_name(),
        "cores": available_cores(),
        "memory_gb": round(memory_bytes()[0] / 1e9, 1),
        "accelerator": _accelerator_name(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def seed_step(seed: int, step: int, rank: int = 0) -> None:
    """Seed torch (dropout) from (seed, step, rank) alone, so that a resumed step draws what it would have drawn."""
    torch.manual_seed((seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank * 0x94D049BB133111EB) % 2**63)


def best_device() -> str:
    """cuda, mps or cpu: the fastest that is there."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _require_device(device: str) -> None:
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present[device.split(":")[0]]:
        raise ConfigError(
            f"device {device!r} is not there; this machine has: {', '.join(k for k, v in present.items() if v)}"
        )


def _accelerator_name() -> str | None:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return "Apple GPU (MPS)" if torch.backends.mps.is_available() else None


def keep_freed_memory() -> None:
    """Have the C library keep freed memory for the next allocation, instead of giving it back to the system.

    A training step on a CPU frees and asks again for hundreds of megabytes; with glibc's defaults each of these pages
    is zeroed by the kernel every time. Blocks above 32 MiB still go back at once: keeping them too was faster, but with
    batches of many shapes the heap grew without end (docs/experiments.md), and see `give_back_memory`. Does nothing on
    other C libraries.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mmap_threshold, trim_threshold, top_pad = -3, -1, -2  # the names of mallopt(3): M_MMAP_THRESHOLD and so on
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_threshold, 32 * 2**20)
    mallopt(trim_threshold, 512 * 2**20)
    mallopt(top_pad, 64 * 2**20)


_held_after_giving_back = 0


def give_back_memory() -> None:
    """Between steps: return the pages of freed memory to the system, once the process has grown by half a gigabyte.

    Batches of many shapes leave holes of many sizes in the heap that `keep_freed_memory` keeps. Does nothing where the
    system does not say how much is held.
    """
    global _held_after_giving_back
    if not (held := _resident_bytes()):
        return
    if not _held_after_giving_back or held > _held_after_giving_back + 2**29:
        trim_heap()
        _held_after_giving_back = _resident_bytes()


def _resident_bytes() -> int:
    """Memory that this process holds now; 0 where glibc and Linux's /proc are not there to ask and to act on it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        if platform.libc_ver()[0] == "glibc":
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def peak_memory_bytes() -> int:
    """The most memory that this process has held so far, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024
