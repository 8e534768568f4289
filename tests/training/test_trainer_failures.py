"""What goes wrong while training: numbers that are none, and disks that are full."""

from __future__ import annotations

import errno
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import safetensors.torch
import torch
from safetensors import SafetensorError
from tiny_training import (
    Watcher,
    bytes_of,
    differences,
    events,
    lines,
    metrics,
    story_recipe,
    story_store,
    trainer_of,
    weights_of,
)

from slm.checkpoint import load_model, load_state
from slm.errors import TrainingError
from slm.pretrain import pretrain, resume_pretraining
from slm.training import trainer as trainer_module
from slm.training.run_folder import RunFolder
from slm.training.trainer import Trainer

Poison = Callable[[torch.Tensor, torch.nn.Parameter], torch.Tensor]


def nan_loss(loss: torch.Tensor, weight: torch.nn.Parameter) -> torch.Tensor:
    return loss * math.nan


def infinite_loss(loss: torch.Tensor, weight: torch.nn.Parameter) -> torch.Tensor:
    return loss + math.inf


def nan_gradient(loss: torch.Tensor, weight: torch.nn.Parameter) -> torch.Tensor:
    """The loss as it was: the root of 0 is 0, but its slope is no number."""
    return loss + (weight.sum() * 0).sqrt()


def poison(trainer: Trainer, steps: set[int] | Callable[[int], bool], how: Poison = nan_loss) -> None:
    """Spoil the first micro-batch of these steps, counted from 1."""
    loss_sum, spoiled = trainer.model.loss_sum, set()

    def spoil(*batch: torch.Tensor | None) -> torch.Tensor:
        loss, step = loss_sum(*batch), trainer.progress.step + 1
        chosen = steps(step) if callable(steps) else step in steps
        if trainer.model.training and chosen and step not in spoiled:
            spoiled.add(step)
            return how(loss, trainer.model.transformer.wpe.weight)
        return loss

    trainer.model.loss_sum = spoil  # type: ignore[method-assign]


def weights_by_step(trainer: Trainer) -> dict[int, dict[str, torch.Tensor]]:
    kept: dict[int, dict[str, torch.Tensor]] = {0: weights_of(trainer.model)}
    trainer.observer = Watcher(lambda step: kept.update({step: weights_of(trainer.model)}))
    return kept


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(bytes_of(one[name]) == bytes_of(other[name]) for name in one)


# Numbers that are none


@pytest.mark.parametrize("how", [nan_loss, infinite_loss, nan_gradient])
def test_a_step_that_is_not_finite_changes_nothing(tmp_path: Path, how: Poison) -> None:
    trainer = trainer_of(tmp_path)
    poison(trainer, {3}, how)
    weights = weights_by_step(trainer)
    progress = trainer.train()
    assert equal(weights[2], weights[3]) and not equal(weights[3], weights[4])
    assert all(torch.isfinite(tensor).all() for tensor in weights[6].values())
    assert (progress.step, progress.skipped, progress.rollbacks) == (6, 1, 0)
    assert events(trainer.run) == [("skipped", 2)]
    step = metrics(trainer.run, "step")[2]
    assert (step["loss"] is None) == (how is not nan_gradient)
    assert (step["grad_norm"] is None) == (how is not infinite_loss)  # a constant has no slope
    assert all(math.isfinite(step["loss"]) for step in metrics(trainer.run, "step")[3:])
    assert load_state(trainer.run.last).values["progress"]["skipped"] == 1


def test_three_in_a_row_go_back_to_the_last_save_before_them(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=9, save_interval=2, evaluation_interval=9)
    poison(trainer, {4, 5, 6})
    weights = weights_by_step(trainer)
    progress = trainer.train()
    assert events(trainer.run) == [("skipped", 3), ("skipped", 4), ("skipped", 5), ("rolled_back", 5)]
    assert equal(weights[6], weights[2]) and not equal(weights[6], weights[3])
    assert (progress.skipped, progress.rollbacks) == (3, 1)
    assert all(torch.isfinite(tensor).all() for tensor in weights[9].values())


def test_going_back_restores_the_moments_too(tmp_path: Path) -> None:
    """From the same weights, moments and samples the same steps follow."""
    trainer = trainer_of(tmp_path, steps=8, save_interval=100, evaluation_interval=100, seed=3)
    poison(trainer, {3, 4, 5})
    trainer.train()
    alone = trainer_of(tmp_path, name="alone", steps=8, save_interval=100, evaluation_interval=100, seed=3)
    poison(alone, {1, 2, 3, 4, 5}, nan_loss)
    alone.progress.rollbacks, alone.progress.skips_in_a_row = 0, -100  # skip them all, never go back
    alone.train()
    assert bytes_of(trainer.model.transformer.wte.weight) == bytes_of(alone.model.transformer.wte.weight)


def test_two_in_a_row_do_not_go_back(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=8)
    poison(trainer, {2, 3, 5, 6, 8})
    progress = trainer.train()
    assert (progress.skipped, progress.rollbacks) == (5, 0)


def test_when_going_back_does_not_help_the_run_ends_and_names_the_step(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=100, save_interval=2, evaluation_interval=100)
    poison(trainer, lambda step: step >= 6)
    with pytest.raises(TrainingError, match=r"^step 11: the loss or the gradient is not finite \(loss nan, norm nan\)"):
        trainer.train()
    assert [event for event, _ in events(trainer.run)] == ["skipped"] * 3 + ["rolled_back"] + ["skipped"] * 3
    last = load_model(trainer.run.last)
    assert all(torch.isfinite(parameter).all() for parameter in last.model.parameters())


def test_a_run_that_goes_back_again_and_again_ends(tmp_path: Path) -> None:
    """One good step between three bad ones is no recovery."""
    trainer = trainer_of(tmp_path, steps=200, save_interval=20, evaluation_interval=200)
    poison(trainer, lambda step: step > 22 and step % 4 != 0)
    with pytest.raises(TrainingError, match="going back to the last checkpoint 4 steps ago did not help; try a lower"):
        trainer.train()


def test_going_back_twice_far_apart_is_allowed(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=30, save_interval=2, evaluation_interval=100)
    poison(trainer, {4, 5, 6, 20, 21, 22})
    progress = trainer.train()
    assert (progress.step, progress.rollbacks) == (30, 2)


def test_bad_steps_are_not_saved_and_are_met_again_after_a_crash(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(step: int) -> None:
        if step == 5:
            raise Enough

    trainer = trainer_of(tmp_path, steps=8, save_interval=1, observer=Watcher(stop))
    poison(trainer, {3, 4, 5})
    with pytest.raises(Enough):
        trainer.train()
    resumed = trainer_of(tmp_path, steps=8, save_interval=1)
    assert (resumed.progress.step, resumed.progress.skips_in_a_row) == (2, 0)
    poison(resumed, {3, 4, 5})
    assert resumed.train().rollbacks == 1


def test_an_estimate_that_is_no_number_is_never_the_best(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=3, evaluation_interval=1)
    losses = iter([math.nan, 3.0, math.nan, 2.0])
    trainer.estimate_loss = lambda: {"train_loss": 1.0, "validation_loss": next(losses)}  # type: ignore[method-assign]
    assert trainer.train().best_step == 3
    assert [line["validation_loss"] for line in lines(trainer.run, "evaluation")] == [None, 3.0, None, 2.0]


def float16_works() -> bool:
    try:
        with torch.autocast("cpu", torch.float16):
            torch.ones(2, 2) @ torch.ones(2, 2)
        torch.amp.GradScaler("cpu")
    except RuntimeError:
        return False
    return True


@pytest.mark.skipif(not float16_works(), reason="this torch multiplies no float16 on the CPU")
def test_float16_finds_its_loss_scale(tmp_path: Path) -> None:
    """Steps that a too high scale spoils are skipped, halve it, and are no reason to go back."""
    trainer = trainer_of(tmp_path, steps=14, precision="float16")
    assert trainer.scaler.is_enabled()
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    progress = trainer.train()
    assert progress.skipped > 3 and progress.rollbacks == 0
    assert trainer.scaler.get_scale() == 2.0 ** (40 - progress.skipped)
    assert all(math.isfinite(step["loss"]) for step in metrics(trainer.run, "step"))
    resumed = trainer_of(tmp_path, steps=14, precision="float16")
    assert resumed.scaler.state_dict() == trainer.scaler.state_dict()


@pytest.mark.skipif(not float16_works(), reason="this torch multiplies no float16 on the CPU")
def test_float16_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(step: int) -> None:
        if step == 4:
            raise Enough

    whole = trainer_of(tmp_path, name="whole", precision="float16")
    whole.train()
    with pytest.raises(Enough):
        trainer_of(tmp_path, precision="float16", observer=Watcher(stop), save_interval=3).train()
    resumed = trainer_of(tmp_path, precision="float16")
    resumed.train()
    assert differences(resumed.run, whole.run) == []


# Disks


def test_too_little_disk_is_told_before_the_first_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(tmp_path)
    needed = 40 * trainer.model.num_parameters() + 10_000_000
    monkeypatch.setattr("slm.training.estimate.shutil.disk_usage", lambda path: SimpleNamespace(free=needed - 1))
    with pytest.raises(
        TrainingError, match=r"expected 0\.01 GB of free disk for checkpoints, found 0\.01 GB; make room"
    ):
        trainer.train()
    assert lines(trainer.run, "step") == [] and not trainer.run.last.exists()
    monkeypatch.setattr("slm.training.estimate.shutil.disk_usage", lambda path: SimpleNamespace(free=needed))
    trainer.train()


NO_SPACE = [
    OSError(errno.ENOSPC, "No space left on device"),
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
]


@pytest.mark.parametrize("error", NO_SPACE, ids=["Python", "safetensors"])
def test_a_save_on_a_full_disk_keeps_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    whole = trainer_of(tmp_path, name="whole", save_interval=1)
    whole.train()
    trainer = trainer_of(tmp_path, save_interval=1)
    save_file = safetensors.torch.save_file

    def full(tensors: Any, path: Path, **more: Any) -> None:
        if trainer.progress.step == 3:
            Path(path).write_bytes(b"half of it")
            raise error
        save_file(tensors, path, **more)

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(TrainingError) as caught:
        trainer.train()
    monkeypatch.undo()
    message = str(caught.value)
    assert (
        message.startswith(f"step 3 cannot be saved in {trainer.run.path} (") and "No space left on device" in message
    )
    assert message.endswith(
        "; the checkpoint before it is intact: make room or mend the permissions, then slm train --resume run"
    )
    assert sorted(path.name for path in trainer.run.last.parent.iterdir()) == ["best", "last"]  # nothing half-written
    assert load_model(trainer.run.last).record["step"] == 2
    resumed = trainer_of(tmp_path, save_interval=1)
    resumed.train()
    assert differences(resumed.run, whole.run) == []


def test_a_log_that_cannot_be_written_ends_the_run_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, runs = story_store(tmp_path), tmp_path / "runs"
    pretrain(store, story_recipe(tmp_path), "whole", runs=runs)
    write = trainer_module.MetricsLog.write

    def full(log: Any, kind: str, step: int, **values: Any) -> None:
        if (kind, step) == ("step", 5):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(log, kind, step, **values)

    monkeypatch.setattr(trainer_module.MetricsLog, "write", full)
    with pytest.raises(
        TrainingError, match=r"No space left on device; the last checkpoint is intact: make room .* then slm train"
    ):
        pretrain(store, story_recipe(tmp_path), "run", runs=runs)
    monkeypatch.undo()
    assert RunFolder(runs / "run").read()["state"] == "failed"
    assert differences(resume_pretraining("run", runs=runs), RunFolder(runs / "whole")) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, held in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if not mount or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs full at each of many places: the free space shrinks by 10 kB from one try to the next."""
    monkeypatch.setattr(trainer_module, "require_disk", lambda run, needed: None)
    whole = trainer_of(tmp_path, name="whole", save_interval=1, steps=2)
    whole.train()
    size = whole.run.size()
    places = set()
    for left in range(size // 4, size * 2, size // 10):
        free = shutil.disk_usage(small_disk).free
        (small_disk / "ballast").write_bytes(bytes(max(0, free - left)))
        trainer = trainer_of(small_disk, name=f"run-{left}", save_interval=1, steps=2)
        try:
            trainer.train()
            places.add("none")
        except (TrainingError, OSError) as error:
            places.add(str(error).split(" cannot")[0].split(":")[0])
        (small_disk / "ballast").unlink()
        resumed = trainer_of(small_disk, name=f"run-{left}", save_interval=1, steps=2)
        resumed.train()
        assert differences(resumed.run, whole.run) == []
        shutil.rmtree(resumed.run.path)
    assert {"none", "step 0", "step 1"} <= places
