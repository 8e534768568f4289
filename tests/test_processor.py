"""What is asked about the machine without torch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from slm import processor
from slm.processor import available_cores, instruction_sets, may_have_gpu, memory_bytes, processor_name


def files(monkeypatch: pytest.MonkeyPatch, contents: dict[str, str]) -> None:
    """Only these files are there to read."""

    def read_text(path: Path) -> str:
        if str(path) not in contents:
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return contents[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(Path, "exists", lambda path: str(path) in contents)


@pytest.mark.parametrize(("limit", "cores"), [
    ("max 100000", 8), ("200000 100000", 2), ("250000 100000", 2), ("50000 100000", 1), ("9900000 100000", 8), ("", 8),
    ("garbage", 8), (None, 8),
])  # fmt: skip
def test_cores_are_those_that_the_container_may_use(limit: str | None, cores: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    files(monkeypatch, {} if limit is None else {"/sys/fs/cgroup/cpu.max": limit})
    assert available_cores() == cores


def test_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch):
    files(monkeypatch, {"/proc/meminfo": "MemTotal:       1000 kB\nMemFree: 5 kB\nMemAvailable:    600 kB\n"})
    assert memory_bytes() == (1_024_000, 614_400)
    files(monkeypatch, {"/proc/meminfo": "MemTotal: 1000 kB\n"})  # an old kernel
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 10}[name])
    assert memory_bytes() == (40_960, 0)
    monkeypatch.delattr(os, "sysconf")
    assert memory_bytes() == (0, 0)


def test_the_processor_is_named(monkeypatch: pytest.MonkeyPatch):
    files(monkeypatch, {"/proc/cpuinfo": "model name\t: Fast 1: 2 GHz\nflags\t\t: fpu avx2 amx_int8 avx2x\n"})
    assert processor_name() == "Fast 1: 2 GHz" and instruction_sets() == ["avx2", "amx_int8"]
    files(monkeypatch, {})
    monkeypatch.setattr(processor.platform, "processor", lambda: "")
    assert processor_name() == processor.platform.machine() and instruction_sets() == []


@pytest.mark.parametrize(("program", "present", "expected"), [
    (None, {}, False), ("/usr/bin/nvidia-smi", {}, True), (None, {"/dev/nvidiactl": ""}, True),
    (None, {"/dev/kfd": ""}, True),
])  # fmt: skip
def test_a_gpu_is_possible_where_there_is_a_driver(
    program: str | None, present: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shutil, "which", lambda name: program)
    files(monkeypatch, present)
    assert may_have_gpu() is expected
