"""The only training loop: batches in, checkpoints and metrics out, for pre-training and every kind of tuning.

A step's loss is the sum over its trained tokens divided by their number, whatever the micro-batch. Everything that a
step does depends on (weights, moments, seed, step, tokens seen), so a run that was stopped goes on with the same bits.
It knows nothing about text: what is scored and sampled comes in as callables.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from slm.atomic_write import existing_folder
from slm.checkpoint import TrainingState, load_model, load_state
from slm.data.batches import IGNORED, PADDING_MULTIPLE, Batches, PackedBatches
from slm.device import Machine, give_back_memory, seed_step
from slm.errors import Stopped, TrainingError
from slm.model.gpt import GPT
from slm.model.lora import kept_apart, load_weights
from slm.training.config import TrainingConfig
from slm.training.estimate import StepTimer, disk_needed, require_disk
from slm.training.metrics_log import MetricsLog
from slm.training.observer import Estimate, Observer
from slm.training.optimizer import make_optimizer, optimizer_tensors, restore_optimizer
from slm.training.pace import ByClock, ByStep, Pace, Place
from slm.training.progress import Progress
from slm.training.run_folder import RunFolder
from slm.training.schedule import batch_share, learning_rate, momentum
from slm.training.selection import Guard, judge, lost_patience, overfits
from slm.training.stop_request import StopRequest
from slm.training.watch import Watch

SKIPS_BEFORE_ROLLBACK = 3

SaveModel = Callable[[Path, dict[str, Any], TrainingState | None], None]


class Trainer:
    """Trains `model` on `batches`. `save` writes a model folder, None keeps nothing; `write_samples` texts of the
    present model. `guard` bounds what a model that is kept as the best may have forgotten.

    Raises Stopped after a signal (everything saved), TrainingError where the run cannot go on.
    """

    def __init__(
        self,
        model: GPT,
        batches: Batches | PackedBatches,
        validation: Batches | PackedBatches,
        config: TrainingConfig,
        machine: Machine,
        compiled: bool,
        run: RunFolder,
        save: SaveModel | None,
        observer: Observer,
        resume_command: str,
        write_samples: Callable[[int], None] = lambda step: None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.perf_counter,
        watch: Watch | None = None,
        guard: Guard | None = None,
    ):
        self.model, self.batches, self.config, self.machine = model.to(machine.device), batches, config, machine
        self.compiled, self.run, self.save, self.observer = compiled, run, save, observer
        self.resume_command, self.write_samples = resume_command, write_samples
        self.pace, self._clock, self.watch, self.guard = pace or ByStep(config), clock, watch, guard
        self.optimizer = make_optimizer(
            model, config.learning_rate, (config.beta1, config.beta2), config.weight_decay, config.optimizer
        )
        self.scaler = torch.amp.GradScaler(machine.device.split(":")[0], enabled=machine.needs_loss_scaling())
        self.progress, self._timer = Progress(), StepTimer()
        size = config.micro_batch_size
        self._fixed = {
            "train_loss": batches.fixed(config.evaluation_samples, size),
            "validation_loss": validation.fixed(config.evaluation_samples, size),
        }
        if guard is not None:
            documents = PackedBatches(guard.documents, config.batch_size * guard.documents.block_size, config.seed)
            self._fixed["base_loss"] = documents.fixed(config.evaluation_samples, size)

    def train(self) -> Progress:
        """Train from where `progress` stands to the last step."""
        with (
            MetricsLog(self.run.metrics, self.config.tensorboard) as self.log,
            StopRequest(self._announce_stop, self.resume_command) as stop,
            self._compiled_blocks(),
        ):
            self._session_start, self._first_step = self._clock(), self.progress.step
            self._seconds_before = self.progress.seconds
            if self.progress.step == 0 and self.progress.best_step < 0:
                self._begin()
            else:
                self.pace.began(self.progress.begin_seconds)
                self._event("resumed", f"at step {self.progress.step}")
            self._stop_if_asked(stop)
            by_clock = isinstance(self.pace, ByClock)
            tokens_per_step = self.config.batch_size * self.model.config.block_size
            self.observer.started(self.progress.step, self.pace.steps, tokens_per_step, by_clock)
            while not self._finished():
                self._step()
                self._after_step(stop)
            self._end()
            self.observer.finished()
        return self.progress

    def restore(self) -> None:
        """Take weights, moments and position from checkpoints/last of the run."""
        folder = existing_folder(self.run.last)
        loaded = load_model(folder)
        if loaded.model.config != self.model.config:
            raise TrainingError(f"{folder}: holds another model ({loaded.model.config}) than this run's recipe makes")
        state = load_state(folder)
        self._load_weights(loaded.model, state)
        self.progress = Progress(**state.values["progress"])
        before_decay = self.run.before_decay
        if before_decay.exists() and load_state(before_decay).values["progress"]["step"] > self.progress.step:
            shutil.rmtree(before_decay)  # of steps that a kill made undone
        if self.progress.scaler:
            self.scaler.load_state_dict(self.progress.scaler)

    @torch.no_grad()
    def estimate_loss(self) -> dict[str, float]:
        """Mean loss, in nats per trained token, on fixed samples of train and validation, and of guarded documents: the
        same ones every time."""
        self.model.eval()
        means = {}
        with torch.compiler.set_stance("force_eager"):
            for name, batches in self._fixed.items():
                total = sum(self._loss_sum(*batch).item() for batch in batches)
                means[name] = total / _count_trained(batches)
        self.model.train()
        return means

    @contextlib.contextmanager
    def _compiled_blocks(self) -> Iterator[None]:
        """Compile the blocks, which are all alike: one compilation for each shape of batch serves them all.

        Without a limit that holds all shapes torch would give up on the last ones, and other ones after a resume.
        """
        if not self.compiled:
            yield
            return
        for block in self.model.transformer.h:
            block.compile(dynamic=False)
        with torch._dynamo.config.patch(cache_size_limit=8 + self.model.config.block_size // PADDING_MULTIPLE):
            yield

    def _begin(self) -> None:
        if self.save is not None:
            require_disk(self.run.path, self._disk_needed())
        began = self._clock()
        self._evaluate()
        self.write_samples(0)
        self._save_last()  # proves before the first step that the folder can be written
        self.progress.begin_seconds = self._clock() - began
        self.pace.began(self.progress.begin_seconds)

    def _step(self) -> None:
        started = time.perf_counter()
        step = self.progress.step
        place = self.pace.place(step, self._seconds())
        rate = learning_rate(
            place.step, place.length, self.config.learning_rate, place.warmup,
            self.config.final_learning_rate_share, self.config.schedule, self.config.decay_share,
        )  # fmt: skip
        for group in self.optimizer.param_groups:
            group["lr"] = rate
            if "momentum" in group:
                group["momentum"] = momentum(place.done)
        loss, tokens = self._accumulate_gradients(step, place)
        norm = self._gradient_norm()
        if math.isfinite(loss) and math.isfinite(norm):
            self.scaler.step(self.optimizer)
            self.progress.skips_in_a_row = 0
        else:
            self._skip(step, loss, norm)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=False)  # the same memory again: fresh pages cost more than zeros
        give_back_memory()
        self._write_step(step + 1, loss, rate, norm, tokens, time.perf_counter() - started, place)
        if self._decays_from(place):
            self._guarded(lambda: self.save(self.run.before_decay, self._record(), self._state()))

    def _accumulate_gradients(self, step: int, place: Place) -> tuple[float, int]:
        """Backward through the step's micro-batches; returns the step's loss and its trained tokens."""
        seed_step(self.config.seed, step)  # dropout
        self.model.train()
        part = {}
        if self.config.batch_ramp:
            # The furthest so far: in a run that is given more time, steps do not grow a second time.
            self.progress.done = max(self.progress.done, place.done)
            share = batch_share(self.progress.done, self.config.batch_ramp)
            part = {"seen": self.progress.tokens, "share": share}
        batches = self.batches.get_batch(step, self.config.micro_batch_size, same_shape=self.compiled, **part)
        count = _count_trained(batches)
        total, clock = 0.0, time.perf_counter()
        for batch in batches:
            loss = self._loss_sum(*batch) / count
            self.scaler.scale(loss).backward()
            total += loss.item()
            self._micro_batch_done(batch[0].size, 1 / len(batches), time.perf_counter() - clock)
            clock = time.perf_counter()
        return total, count

    def _loss_sum(self, x: Any, y: Any, lengths: Any = None) -> Tensor:
        inputs, targets = (self.machine.to_device(torch.from_numpy(array)) for array in (x, y))
        with self.machine.autocast():
            return self.model.loss_sum(inputs, targets, None if lengths is None else torch.from_numpy(lengths))

    def _gradient_norm(self) -> float:
        self.scaler.unscale_(self.optimizer)
        limit = self.config.gradient_clip or math.inf
        return torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit).item()

    def _skip(self, step: int, loss: float, norm: float) -> None:
        """A step whose loss or gradient is not finite changes nothing; several in a row restore the last save."""
        self.progress.skipped += 1
        self.progress.skips_in_a_row += 1
        self._event("skipped", f"step {step + 1}: loss {loss}, gradient norm {norm}")
        if self.machine.needs_loss_scaling() and self.scaler.get_scale() > 1:
            return  # the scale was too high for float16, which is how a good one is found; it is halved now
        if self.progress.skips_in_a_row < SKIPS_BEFORE_ROLLBACK:
            return
        since = step - self.progress.rolled_back_at
        if self.progress.rollbacks and since <= self.progress.save_gap + SKIPS_BEFORE_ROLLBACK:
            raise TrainingError(
                f"step {step + 1}: the loss or the gradient is not finite (loss {loss}, norm {norm}), and going back "
                f"to the last checkpoint {since} steps ago did not help; try a lower training.learning_rate or "
                "training.precision=float32"
            )
        self._load_weights(load_model(self.run.last).model, load_state(self.run.last))
        self.progress.rollbacks += 1
        self.progress.rolled_back_at, self.progress.skips_in_a_row = step, 0
        self._event("rolled_back", f"step {step + 1}: weights and moments of the last checkpoint again")

    def _load_weights(self, source: GPT, state: TrainingState) -> None:
        load_weights(self.model, source, state.tensors)
        restore_optimizer(self.optimizer, self.model, state.tensors)

    def _write_step(
        self, step: int, loss: float, rate: float, norm: float, tokens: int, seconds: float, place: Place
    ) -> None:
        self.progress.step = step
        self.progress.tokens += tokens
        self.progress.seconds = self._seconds()
        metrics = {
            "loss": loss if math.isfinite(loss) else None, "learning_rate": rate,
            "grad_norm": norm if math.isfinite(norm) else None, "tokens": self.progress.tokens,
            "tokens_per_second": round(tokens / seconds, 1), "seconds": round(self.progress.seconds, 3),
        }  # fmt: skip
        by_time = {} if isinstance(self.pace, ByStep) else {"place": [place.step, place.length, place.warmup]}
        self.log.write("step", step, **metrics, **by_time)
        if self.watch:
            metrics["expected"] = self.watch.expectation.loss(self.progress.tokens)[1]
            for message in self.watch.look(step, self.progress.tokens, loss):
                self._event("unusual", message)
        self.observer.step(step, **metrics, steps=self.pace.steps)

    def _decays_from(self, place: Place) -> bool:
        """Whether the learning rate falls from the next step on, in a run that more time can be added to."""
        by_time = self.config.schedule == "wsd" and not isinstance(self.pace, ByStep)
        if not by_time or place.done < 1 - self.config.decay_share - 2 / max(2, self.pace.steps):
            return False
        return not self.run.before_decay.exists()

    def _finished(self) -> bool:
        finished = self.pace.finished(self.progress.step, self._seconds())
        return finished or (isinstance(self.pace, ByStep) and lost_patience(self.progress, self.config.patience))

    def _after_step(self, stop: StopRequest) -> None:
        step = self.progress.step
        if self.pace.evaluates(step):
            self._evaluate()
        if self.pace.samples(step):
            self.write_samples(step)
        # Not among bad steps: going back must lead to before them.
        if stop.signal_number or (self.pace.saves(step) and not self.progress.skips_in_a_row):
            self._save_last()
        self._stop_if_asked(stop)

    def _end(self) -> None:
        """What the last step is followed by, where something else than a number of steps made it the last."""
        early = isinstance(self.pace, ByStep) and self.progress.step < self.pace.steps
        if early:
            best = self.progress.best_step
            self._event("ended early", f"nothing was better than the model of step {best}, which is kept")
        if self.progress.evaluated_step != self.progress.step:
            self._evaluate()
        if isinstance(self.pace, ByClock) or early:
            self.write_samples(self.progress.step)
        if self.progress.saved_step != self.progress.step:
            self._save_last()

    def _seconds(self) -> float:
        """Seconds of training so far, evaluations and saves among them."""
        return self._seconds_before + self._clock() - self._session_start

    def _stop_if_asked(self, stop: StopRequest) -> None:
        if stop.signal_number:
            step = self.progress.step
            self._event("stopped", f"at step {step}")
            raise Stopped(
                f"stopped at step {step} of {self.pace.steps} and saved; go on with: {self.resume_command}",
                stop.exit_code,
            )

    def _evaluate(self) -> None:
        started = time.perf_counter()
        losses = self.estimate_loss()
        self.progress.evaluation_seconds += time.perf_counter() - started
        self.progress.evaluated_step = self.progress.step
        if best := judge(self.progress, losses, self.guard):
            self._guarded(lambda: self.save(self.run.best, self._record(), None))
        if overfits(self.progress, losses["validation_loss"]):
            self._event(
                "overfitting",
                f"validation loss {losses['validation_loss']:.3f}, {self.progress.best_validation_loss:.3f} at step "
                f"{self.progress.best_step}, whose model is kept; more text, dropout or a smaller model would help",
            )
        self.log.write("evaluation", self.progress.step, **losses, best=best, seconds=round(self.progress.seconds, 3))
        self.observer.evaluated(self.progress.step, **losses, best=best)

    def _save_last(self) -> None:
        self.progress.scaler = self.scaler.state_dict()
        self.progress.save_gap = self.progress.step - max(0, self.progress.saved_step)
        self.progress.saved_step, self.progress.spent = self.progress.step, self.pace.spent
        self._guarded(lambda: self.save(self.run.last, self._record(), self._state()))

    def _state(self) -> TrainingState:
        tensors = optimizer_tensors(self.optimizer, self.model) | kept_apart(self.model)
        return TrainingState(tensors, {"progress": asdict(self.progress), "seed": self.config.seed})

    def _guarded(self, save: Callable[[], None]) -> None:
        if self.save is None:
            return
        try:
            save()
        except (OSError, SafetensorError) as error:  # a full disk is either, as Python or safetensors meets it
            reason = getattr(error, "strerror", None) or error
            kept = "; the checkpoint before it is intact" if existing_folder(self.run.last).exists() else ""
            raise TrainingError(
                f"step {self.progress.step} cannot be saved in {self.run.path} ({reason}){kept}: "
                f"make room or mend the permissions, then {self.resume_command}"
            ) from None

    def _record(self) -> dict[str, Any]:
        return {
            "run": self.run.name,
            "step": self.progress.step,
            "tokens_seen": self.progress.tokens,
            "best_validation_loss": self.progress.best_validation_loss,
        }

    def _micro_batch_done(self, tokens: int, share: float, seconds: float) -> None:
        """Tell the observer that work goes on and, once, how long all of it will take."""
        self.observer.tokens_done(tokens)
        self._timer.add(share, seconds)
        ends_by_steps = isinstance(self.pace, ByStep)  # by the clock, the person said how long it may take
        if ends_by_steps and self._first_step == 0 and self._timer.measured_for_the_first_time():
            seconds = self.pace.steps * self._timer.seconds_per_step
            self.observer.estimated(Estimate(seconds, self._disk_needed()))

    def _disk_needed(self) -> int:
        return disk_needed(self.model.num_parameters(), keeps_before_decay=not isinstance(self.pace, ByStep))

    def _event(self, event: str, message: str) -> None:
        self.log.write("event", self.progress.step, event=event, message=message)
        self.observer.message(f"{event.replace('_', ' ')}: {message}")

    def _announce_stop(self, signal_name: str) -> None:
        seconds = self._timer.seconds_per_step
        wait = f", in about {math.ceil(seconds)} s" if seconds else ""
        self.observer.message(f"{signal_name}: saving at the end of this step{wait} (once more stops at once)")


def _count_trained(batches: list[tuple[Any, ...]]) -> int:
    return int(sum((batch[1] != IGNORED).sum() for batch in batches))
