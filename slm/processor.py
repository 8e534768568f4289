"""What can be asked about the machine without torch: cores, memory, instruction sets."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import shutil
from pathlib import Path

from slm.errors import ConfigError

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def check_names(device: str, precision: str) -> None:
    """Raises ConfigError for what is the name of no device, or of no precision."""
    if device.split(":")[0] not in ("auto", "cpu", "cuda", "mps"):
        raise ConfigError(f"device expects auto, cpu, cuda, cuda:N or mps; got {device!r}")
    if precision not in PRECISIONS:
        raise ConfigError(f"precision expects one of {', '.join(PRECISIONS)}; got {precision!r}")


def available_cores() -> int:
    """Cores that this process may use, which in a container is fewer than the machine has."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def memory_bytes() -> tuple[int, int]:
    """Memory of the machine and what is free of it now, in bytes; (0, 0) where the system does not say."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return tuple(int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), 0
    return 0, 0


def trim_heap() -> None:
    """Return the pages of freed memory to the system, by glibc's malloc_trim(3); nothing with other C libraries."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def processor_flags() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return line
    return ""


def instruction_sets() -> list[str]:
    """The instruction sets that matter for training speed, as far as the system names them."""
    interesting = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "bf16", "i8mm")
    flags = processor_flags().split()
    return [name for name in interesting if name in flags]


def processor_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def may_have_gpu() -> bool:
    """Whether there is a driver of a GPU that torch could use. Looking costs nothing, asking torch takes seconds."""
    return shutil.which("nvidia-smi") is not None or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
