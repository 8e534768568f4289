"""Which device, which precision, how many threads: what is chosen, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from slm import device
from slm.device import Machine, choose_machine, describe_machine, seed_step
from slm.errors import ConfigError
from slm.processor import available_cores, memory_bytes


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """choose_machine sets torch's threads and glibc's memory for the whole process."""
    threads = torch.get_num_threads()
    monkeypatch.setattr(device, "keep_freed_memory", lambda: None)
    yield
    torch.set_num_threads(threads)


def test_what_is_asked_for_is_taken():
    assert choose_machine("cpu", "float32", threads=1) == Machine("cpu", "float32", 1)
    assert torch.get_num_threads() == 1


def test_auto_is_something_that_works_here():
    machine = choose_machine("auto", "auto")
    assert machine.device in ("cpu", "cuda", "mps") and machine.precision in ("float32", "bfloat16", "float16")
    assert machine.threads == available_cores() >= 1
    a = torch.ones(8, 8, device=machine.device)
    with machine.autocast():
        assert (a @ a).float().sum().item() == 512


def test_precisions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: True)
    assert choose_machine("cpu").precision == "bfloat16"
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: False)
    assert choose_machine("cpu").precision == "float32"


@pytest.mark.parametrize(("capable", "precision"), [(True, "bfloat16"), (False, "float16")])
def test_older_gpus_get_float16(monkeypatch: pytest.MonkeyPatch, capable: bool, precision: str):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: capable)
    assert device.best_precision("cuda:1") == precision
    assert Machine("cuda:1", precision, 1).needs_loss_scaling() is (precision == "float16")


def test_autocast_is_in_the_chosen_precision():
    a = torch.ones(4, 4)
    with Machine("cpu", "bfloat16", 1).autocast():
        assert (a @ a).dtype == torch.bfloat16
    with Machine("cpu", "float32", 1).autocast():
        assert (a @ a).dtype == torch.float32


@pytest.mark.parametrize(("arguments", "message"), [
    (("tpu", "auto"), "device expects auto, cpu, cuda, cuda:N or mps; got 'tpu'"),
    (("cpu", "int8"), "precision expects one of auto, float32, bfloat16, float16; got 'int8'"),
])  # fmt: skip
def test_what_means_nothing_is_refused(arguments: tuple[str, str], message: str):
    with pytest.raises(ConfigError, match=message):
        choose_machine(*arguments)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for name in ("cuda", "cuda:0", "mps"):
        with pytest.raises(ConfigError, match=f"device '{name}' is not there; this machine has: cpu"):
            choose_machine(name)
    assert device.best_device() == "cpu"


def test_a_step_is_seeded_by_seed_and_number_alone():
    def drawn(seed: int, step: int) -> float:
        seed_step(seed, step)
        return torch.rand(()).item()

    first = [drawn(seed, step) for seed in range(5) for step in range(5)]
    torch.rand(100)
    assert [drawn(seed, step) for seed in range(5) for step in range(5)] == first
    assert len(set(first)) == 25


def test_the_machine_is_described():
    described = describe_machine()
    assert described["cores"] == available_cores() and described["processor"] and described["system"]
    total, free = memory_bytes()
    assert total >= free >= 0 and described["memory_gb"] == round(total / 1e9, 1)


def test_freed_memory_goes_back_once_the_process_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[int] = []
    held = [300 * 2**20]
    library = SimpleNamespace(malloc_trim=lambda pad: trims.append(pad))
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(device, "_resident_bytes", lambda: held[0])
    monkeypatch.setattr(device, "_held_after_giving_back", 0)
    device.give_back_memory()
    held[0] += 2**29
    device.give_back_memory()
    assert len(trims) == 1  # the first time, and not again before it has grown by more than half a gigabyte
    held[0] += 1
    device.give_back_memory()
    device.give_back_memory()
    assert len(trims) == 2
    held[0] = 0  # a system that does not say
    device.give_back_memory()
    assert len(trims) == 2


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_what_is_held_is_what_the_system_says() -> None:
    said = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    assert device._resident_bytes() == pytest.approx(int(said.split()[1]) * 1024, rel=0.1)
