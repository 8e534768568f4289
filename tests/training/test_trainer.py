"""The training loop: what a step computes, what it leaves alone, what it keeps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_training import (
    Watcher,
    bytes_of,
    lines,
    metrics,
    random_split,
    records_of,
    sentences_split,
    trainer_of,
    weights_of,
    windows_of,
)

from slm.checkpoint import load_model
from slm.data.batches import IGNORED, Records, Windows
from slm.errors import Stopped
from slm.training import trainer as trainer_module
from slm.training.observer import Estimate, Observer
from slm.training.trainer import Trainer

SPLITS = ((32, 1), (1, 32), (8, 4))  # micro-batch and accumulation: 32 samples a step
PLAIN: dict[str, Any] = {"gradient_clip": 0.0, "sample_points": 0, "evaluation_interval": 100}


def first_gradients(trainer: Trainer) -> list[torch.Tensor]:
    """Train, and give back the gradients that the first step's update was made from."""
    gradients: list[torch.Tensor] = []

    def keep(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        if not gradients:
            gradients.extend(p.grad.clone() for p in trainer.model.parameters())

    trainer.optimizer.register_step_pre_hook(keep)
    trainer.train()
    return gradients


class DrawnWindows(Windows):
    """Windows that remember which of them a step asked for."""

    def __init__(self, tokens: int):
        super().__init__(random_split(tokens), 32)
        self.drawn: list[tuple[int, int]] = []

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        self.drawn += [(int(number), epoch) for number in numbers if epoch >= 0]
        return super().rows(numbers, epoch)


class FirstEpoch(Windows):
    """The same windows in every epoch."""

    def rows(self, numbers: np.ndarray, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        return super().rows(numbers, 0)


# What a step computes


@pytest.mark.parametrize("samples", [windows_of, records_of], ids=["windows", "records of unequal lengths"])
def test_micro_batches_change_neither_loss_nor_gradient_nor_weights(tmp_path: Path, samples: Any) -> None:
    results = []
    for micro, accumulation in SPLITS:
        training = {"micro_batch_size": micro, "accumulation": accumulation, "steps": 4, "learning_rate": 1e-3}
        # Without biases: the gradient of attention's key bias is 0 but for rounding, which Adam would blow up.
        trainer = trainer_of(tmp_path, samples(), f"{micro}x{accumulation}", shape={"bias": False}, **PLAIN | training)
        gradients = first_gradients(trainer)
        results.append((metrics(trainer.run, "step"), gradients, weights_of(trainer.model)))
    steps, gradients, weights = results[0]
    for other_steps, other_gradients, other_weights in results[1:]:
        assert [s["tokens"] for s in other_steps] == [s["tokens"] for s in steps]
        for one, other in zip(steps, other_steps, strict=True):
            assert other["loss"] == pytest.approx(one["loss"], rel=1e-6)
            assert other["grad_norm"] == pytest.approx(one["grad_norm"], rel=1e-5)
        for one, other in zip(gradients, other_gradients, strict=True):
            torch.testing.assert_close(other, one, rtol=0, atol=1e-6)
        for name, one in weights.items():
            torch.testing.assert_close(other_weights[name], one, rtol=0, atol=1e-5, msg=name)


def test_a_steps_loss_is_the_mean_over_its_trained_tokens(tmp_path: Path) -> None:
    """Not the mean of the micro-batches' means, which would weigh a token of a short answer more."""
    records = records_of()
    training = {"micro_batch_size": 2, "accumulation": 3, "steps": 1}
    trainer = trainer_of(tmp_path, records, shape={"dropout": 0.0}, **PLAIN | training)
    total, count, means = 0.0, 0, []
    for x, y in trainer.batches.get_batch(0, 2):
        logits = trainer.model(torch.from_numpy(x)).flatten(0, 1)
        losses = torch.nn.functional.cross_entropy(
            logits, torch.from_numpy(y).flatten(), ignore_index=IGNORED, reduction="none"
        )
        total, count = total + losses.sum().item(), count + int((y != IGNORED).sum())
        means.append(losses.sum().item() / int((y != IGNORED).sum()))
    trainer.train()
    [step] = metrics(trainer.run, "step")
    assert step["loss"] == pytest.approx(total / count, rel=1e-6)
    assert step["loss"] != pytest.approx(np.mean(means), rel=1e-6)
    assert step["tokens"] == count


def test_micro_batches_do_not_change_which_samples_a_step_sees(tmp_path: Path) -> None:
    orders = []
    for micro, accumulation in ((6, 1), (1, 6), (2, 3)):
        samples = DrawnWindows(900)
        training = {"micro_batch_size": micro, "accumulation": accumulation, "steps": 9}
        trainer_of(tmp_path, samples, f"{micro}", **PLAIN | training).train()
        orders.append(samples.drawn)
    assert orders[0] == orders[1] == orders[2]
    assert len(orders[0]) == 9 * 6
    first = [number for number, epoch in orders[0] if epoch == 0]
    assert sorted(first) == list(range(samples.size))  # an epoch is every sample once


def test_another_seed_trains_on_another_order(tmp_path: Path) -> None:
    orders = []
    for seed in (1, 2):
        samples = DrawnWindows(2000)
        trainer_of(tmp_path, samples, f"{seed}", **PLAIN | {"seed": seed, "steps": 2}).train()
        orders.append([number for number, _ in samples.drawn])
    assert orders[0] != orders[1]


def test_one_batch_is_learned_by_heart(tmp_path: Path) -> None:
    samples = FirstEpoch(random_split(160), 32)
    training = {"steps": 80, "micro_batch_size": samples.size, "accumulation": 1, "learning_rate": 1e-2}
    trainer = trainer_of(tmp_path, samples, **PLAIN | training)
    trainer.train()
    losses = [step["loss"] for step in metrics(trainer.run, "step")]
    assert losses[0] == pytest.approx(math.log(270), abs=0.1)  # at first every token is as likely as any other
    assert losses[-1] < 0.1


GOLDEN = [
    5.607178, 5.376616, 5.143617, 4.787024, 4.469573, 4.116522, 3.886612, 3.684733, 3.520268, 3.447693, 3.407048,
    3.346826,
]  # fmt: skip


def test_the_loss_curve_is_the_one_on_record(tmp_path: Path) -> None:
    """A change of these numbers is a change of what everyone's training computes: make it knowingly."""
    training = {"steps": 12, "micro_batch_size": 4, "accumulation": 2, "learning_rate": 1e-2, "seed": 7}
    samples = Windows(sentences_split(), 32, seed=7)
    trainer = trainer_of(tmp_path, samples, **PLAIN | training | {"gradient_clip": 1.0})
    trainer.train()
    assert [step["loss"] for step in metrics(trainer.run, "step")] == pytest.approx(GOLDEN, abs=1e-4)


def test_long_gradients_are_shortened_to_the_limit(tmp_path: Path) -> None:
    for name, limit in (("free", 0.0), ("clipped", 0.01)):
        trainer = trainer_of(tmp_path, name=name, **PLAIN | {"steps": 1, "gradient_clip": limit})
        norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in first_gradients(trainer)])).item()
        [step] = metrics(trainer.run, "step")
        assert step["grad_norm"] > 0.1  # what is written down is the norm before
        assert norm == pytest.approx(limit or step["grad_norm"], rel=1e-3)


# Estimates


def test_estimates_look_at_the_same_windows_every_time(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, **PLAIN | {"steps": 4, "evaluation_interval": 1})
    seen: list[list[bytes]] = []
    loss_sum = trainer.model.loss_sum

    def watched(x: torch.Tensor, y: torch.Tensor, lengths: None) -> torch.Tensor:
        if not trainer.model.training:
            seen[-1].append(bytes_of(x) + bytes_of(y))
        return loss_sum(x, y, lengths)

    def estimate() -> dict[str, float]:
        seen.append([])
        return Trainer.estimate_loss(trainer)

    trainer.model.loss_sum, trainer.estimate_loss = watched, estimate  # type: ignore[method-assign]
    trainer.train()
    assert len(seen) == 5 and len(seen[0]) == 8  # 8 samples of each split in pairs
    assert all(windows == seen[0] for windows in seen)


def test_an_estimate_leaves_the_random_state_and_the_dropout_alone(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, shape={"dropout": 0.3})
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = trainer.estimate_loss()
    assert torch.equal(torch.get_rng_state(), before)
    assert trainer.estimate_loss() == first  # without dropout, so the same again
    assert trainer.model.training
    assert set(first) == {"train_loss", "validation_loss"}


def test_an_estimate_is_the_mean_over_trained_tokens(tmp_path: Path) -> None:
    records = Records(random_split(records=True), 32)
    trainer = trainer_of(tmp_path, records, evaluation_samples=7)
    total, count = 0.0, 0
    for number in np.unique(np.linspace(0, records.size - 1, 7).astype(int)):
        [(x, y)] = records.rows(np.array([number]), 0)
        logits = trainer.model.eval()(torch.from_numpy(x)[None])[0]
        total += torch.nn.functional.cross_entropy(
            logits, torch.from_numpy(y), ignore_index=IGNORED, reduction="sum"
        ).item()
        count += int((y != IGNORED).sum())
    assert trainer.estimate_loss()["train_loss"] == pytest.approx(total / count, rel=1e-6)


def test_estimating_often_or_seldom_trains_the_same_bits(tmp_path: Path) -> None:
    weights = []
    for name, interval in (("often", 1), ("seldom", 6)):
        trainer = trainer_of(tmp_path, name=name, shape={"dropout": 0.2}, evaluation_interval=interval, steps=6)
        trainer.train()
        weights.append({name: bytes_of(tensor) for name, tensor in trainer.model.state_dict().items()})
        losses = [step["loss"] for step in metrics(trainer.run, "step")]
        weights[-1]["losses"] = repr(losses).encode()
    assert weights[0] == weights[1]


# What is kept


def test_the_best_by_validation_loss_is_kept(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=5, evaluation_interval=1)
    scripted = iter([3.0, 2.0, 2.5, 1.5, 1.5, 1.7])
    kept: dict[int, dict[str, torch.Tensor]] = {}

    def estimate() -> dict[str, float]:
        kept[trainer.progress.step] = weights_of(trainer.model)
        return {"train_loss": 1.0, "validation_loss": next(scripted)}

    trainer.estimate_loss = estimate  # type: ignore[method-assign]
    progress = trainer.train()
    assert (progress.best_step, progress.best_validation_loss) == (3, 1.5)  # the earliest of equals
    assert [line["best"] for line in lines(trainer.run, "evaluation")] == [True, True, False, True, False, False]
    best = load_model(trainer.run.best)
    assert best.record["step"] == 3 and best.record["best_validation_loss"] == 1.5
    plain = torch.load(trainer.run.best_params, weights_only=True)
    assert plain.keys() == kept[3].keys()
    for name, tensor in kept[3].items():
        assert torch.equal(best.model.state_dict()[name], tensor)
        assert torch.equal(plain[name], tensor)
    assert load_model(trainer.run.last).record["step"] == 5


def test_only_the_last_checkpoint_holds_what_training_needs(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path)
    trainer.train()
    assert sorted(path.name for path in (trainer.run.last / "state").iterdir()) == [
        "optimizer.safetensors",
        "trainer.json",
    ]
    assert not (trainer.run.best / "state").exists()
    assert trainer.run.best_params.is_file()
    names = {path.suffix for path in trainer.run.path.rglob("*") if path.is_file() and path != trainer.run.best_params}
    assert names <= {".json", ".jsonl", ".safetensors", ""}  # no pickle but the one that others ask for


def test_saves_and_estimates_come_at_their_intervals(tmp_path: Path) -> None:
    saved: list[int] = []
    trainer = trainer_of(tmp_path, steps=10, evaluation_interval=5, save_interval=3)
    save = trainer.checkpoints.save

    def watched(folder: Path, progress: dict[str, Any], state: Any) -> None:
        saved.extend([progress["step"]] if state is not None else [])
        save(folder, progress, state)

    trainer.checkpoints.save = watched
    trainer.train()
    assert saved == [0, 3, 6, 9, 10]
    assert [line["step"] for line in lines(trainer.run, "evaluation")] == [0, 5, 10]


def test_samples_are_written_at_the_start_the_end_and_more_often_early(tmp_path: Path) -> None:
    written: list[int] = []
    trainer_of(tmp_path, steps=16, sample_points=5, evaluation_interval=16, write_samples=written.append).train()
    assert written == [0, 1, 4, 9, 16]


def test_every_step_is_written_down(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, steps=3)
    progress = trainer.train()
    steps = lines(trainer.run, "step")
    assert [step["step"] for step in steps] == [1, 2, 3]
    assert [step["tokens"] for step in steps] == [128, 256, 384] and progress.tokens == 384
    assert [step["learning_rate"] for step in steps] == pytest.approx([1e-3, 2e-3, 3e-3])
    assert (
        steps[0]["seconds"] <= steps[1]["seconds"] <= steps[2]["seconds"] == pytest.approx(progress.seconds, abs=1e-3)
    )
    assert all(step["tokens_per_second"] > 0 and step["grad_norm"] > 0 for step in steps)


def test_bfloat16_and_float32_learn_alike(tmp_path: Path) -> None:
    losses = []
    for precision in ("float32", "bfloat16"):
        trainer = trainer_of(tmp_path, name=precision, precision=precision, steps=5)
        trainer.train()
        assert all(parameter.dtype == torch.float32 for parameter in trainer.model.parameters())
        losses.append([step["loss"] for step in metrics(trainer.run, "step")])
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], abs=0.02)


# How long it will take


def clocked(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which the first micro-batch takes 500 s, as if it were compiled, the others 3 s, all else nothing."""
    now, loss_sum = [0.0], trainer.model.loss_sum

    def timed(*batch: torch.Tensor | None) -> torch.Tensor:
        if trainer.model.training:
            now[0] += 3.0 if now[0] else 500.0
        return loss_sum(*batch)

    monkeypatch.setattr(trainer_module.time, "perf_counter", lambda: now[0])
    trainer.model.loss_sum = timed  # type: ignore[method-assign]


def test_the_estimate_is_made_once_and_without_the_first_micro_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher()
    trainer = trainer_of(tmp_path, observer=watcher, steps=20, evaluation_interval=20)
    clocked(trainer, monkeypatch)
    trainer.train()
    [estimate] = watcher.estimates
    assert estimate.seconds == pytest.approx(20 * 2 * 3.0)
    assert estimate.disk_bytes > 40 * trainer.model.num_parameters()


def test_a_short_run_is_not_estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Watcher()
    trainer = trainer_of(tmp_path, observer=watcher, steps=3)
    clocked(trainer, monkeypatch)
    trainer.train()  # 15 s after the first micro-batch
    assert not watcher.estimates


def test_who_does_not_want_so_long_a_run_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class No(Observer):
        def estimated(self, estimate: Estimate) -> None:
            raise Stopped("not started", exit_code=2)

    monkeypatch.setattr("slm.training.estimate.SECONDS_TO_MEASURE", 0.0)
    trainer = trainer_of(tmp_path, observer=No())
    with pytest.raises(Stopped, match="not started"):
        trainer.train()
    assert load_model(trainer.run.last).record["step"] == 0


def test_a_run_that_goes_on_is_not_estimated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slm.training.estimate.SECONDS_TO_MEASURE", 0.0)

    def stop(step: int) -> None:
        if step == 2:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        trainer_of(tmp_path, observer=Watcher(stop), save_interval=1).train()
    watcher = Watcher()
    trainer_of(tmp_path, observer=watcher).train()
    assert not watcher.estimates
