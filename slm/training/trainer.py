"""The only training loop: batches in, checkpoints and metrics out, for pre-training and every kind of tuning.

A step's loss is the sum over its trained tokens divided by their number, whatever the micro-batch. Everything that a
step does depends on (weights, moments, seed, step, tokens seen), so a run that was stopped goes on with the same bits.
It knows nothing about text: what is scored and sampled comes in as callables. Several ranks go through it step by step
together: each computes its share of a step, and the first one alone writes.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch

from slm.data.batches import Batches, PackedBatches, filled_up
from slm.device import Machine, give_back_memory, seed_step
from slm.errors import Stopped, TrainingError
from slm.model.gpt import GPT
from slm.training.checkpoints import Checkpoints, SaveModel
from slm.training.compiling import compiled_blocks
from slm.training.config import TrainingConfig
from slm.training.estimate import StepTimer, disk_needed, require_disk
from slm.training.loss_estimate import LossEstimate, count_trained, loss_sum
from slm.training.metrics_log import MetricsLog
from slm.training.observer import Estimate, Observer
from slm.training.optimizer import drop_rounding, make_optimizer
from slm.training.pace import ByClock, ByStep, Pace, Place
from slm.training.parallel import parallel
from slm.training.progress import Progress
from slm.training.ranks import ALONE, Ranks
from slm.training.run_folder import RunFolder
from slm.training.schedule import batch_share, learning_rate, momentum
from slm.training.selection import Guard, judge, lost_patience, overfits
from slm.training.stop_request import SIGNALS, StopRequest
from slm.training.watch import Watch

SKIPS_BEFORE_ROLLBACK = 3


class Trainer:
    """Trains `model` on `batches`. `save` writes a model folder, None keeps nothing; `write_samples` texts of the
    present model. `guard` bounds what a model that is kept as the best may have forgotten. `ranks` are those that go
    through the same run with this one, each with the whole model or, `sharded`, with its share of it.

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
        ranks: Ranks = ALONE,
        sharded: bool = False,
    ):
        self.batches, self.config, self.machine, self.ranks = batches, config, machine, ranks
        self._parallel = parallel(model.to(machine.device), ranks, machine, sharded)
        self.model = self._parallel.model
        self.compiled, self.run, self.observer = compiled, run, observer
        self.resume_command, self.write_samples = resume_command, write_samples
        self.pace, self._clock, self.watch, self.guard = pace or ByStep(config), clock, watch, guard
        self.optimizer = make_optimizer(
            self.model, config.learning_rate, (config.beta1, config.beta2), config.weight_decay, config.optimizer,
            self._parallel.once,
        )  # fmt: skip
        self.scaler = torch.amp.GradScaler(machine.device.split(":")[0], enabled=machine.needs_loss_scaling())
        self.progress, self._timer = Progress(), StepTimer()
        self._due, self._signal_number = False, 0
        self.checkpoints = Checkpoints(run, self._parallel, self.optimizer, config.seed, save, ranks, resume_command)
        self._estimate = LossEstimate(batches, validation, guard, config)

    def train(self) -> Progress:
        """Train from where `progress` stands to the last step."""
        metrics = self.run.metrics if self.ranks.first else Path(os.devnull)
        with (
            MetricsLog(metrics, self.config.tensorboard and self.ranks.first) as self.log,
            StopRequest(self._announce_stop, self.resume_command) as self._stop,
            compiled_blocks(self.model, self.compiled),
        ):
            self._session_start, self._first_step = self._clock(), self.progress.step
            self._seconds_before = self.progress.seconds
            if self.progress.step == 0 and self.progress.best_step < 0:
                self._begin()
            else:
                self.pace.began(self.progress.begin_seconds)
                self._event("resumed", f"at step {self.progress.step}")
            self._stop_if_asked()
            by_clock = isinstance(self.pace, ByClock)
            tokens_per_step = self.config.batch_size * self.model.config.block_size
            self.observer.started(self.progress.step, self.pace.steps, tokens_per_step, by_clock)
            while not self._finished():
                self._step()
                self._after_step()
            self._end()
            self.observer.finished()
        return self.progress

    def restore(self) -> None:
        """Take weights, moments and position from checkpoints/last of the run."""
        self.progress = self.checkpoints.read_last(self.model.config)
        if self.progress.scaler:
            self.scaler.load_state_dict(self.progress.scaler)

    def estimate_loss(self) -> dict[str, float]:
        """Mean loss, in nats per trained token, on fixed samples of train and validation, and of guarded documents."""
        return self._estimate.losses(self._parallel, self.machine, self.ranks)

    def _begin(self) -> None:
        if self.checkpoints.save is not None and self.ranks.first:
            require_disk(self.run.path, self._disk_needed())
        began = self._clock()
        self._evaluate()
        self._write_samples()
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
            self.checkpoints.write(self.run.before_decay, self.progress, resumable=True)

    def _accumulate_gradients(self, step: int, place: Place) -> tuple[float, int]:
        """Backward through the step's micro-batches; returns the step's loss and its trained tokens."""
        seed_step(self.config.seed, step, self.ranks.rank)  # dropout
        self.model.train()
        part = {} if self.ranks.size == 1 else {"rank": self.ranks.rank, "ranks": self.ranks.size}
        if self.config.batch_ramp:
            # The furthest so far: in a run that is given more time, steps do not grow a second time.
            self.progress.done = max(self.progress.done, place.done)
            share = batch_share(self.progress.done, self.config.batch_ramp)
            part |= {"seen": self.progress.tokens, "share": share}
        batches = self.batches.get_batch(step, self.config.micro_batch_size, same_shape=self.compiled, **part)
        if self._parallel.in_step:
            batches = filled_up(batches, self.ranks.most(len(batches)))
        (count,) = map(int, self.ranks.sum(count_trained(batches)))
        each = count / self.ranks.size  # gradients are averaged over ranks, so that their sum is divided by the count
        total, clock = 0.0, time.perf_counter()
        for number, batch in enumerate(batches, start=1):
            with self._parallel.adding_up(last=number == len(batches)):
                loss = loss_sum(self.machine, self._parallel.loss_sum, *batch) / each
                self.scaler.scale(loss).backward()
            total += loss.item()
            self._micro_batch_done(batch[0].size, 1 / len(batches), time.perf_counter() - clock)
            clock = time.perf_counter()
        return self._agreed(total / self.ranks.size), count

    def _agreed(self, loss: float) -> float:
        """The step's loss of a rank's share; together with it the ranks agree on what was asked of one of them."""
        asked = [float(self._stop.signal_number == number) for number in SIGNALS]
        loss, due, *asked = self.ranks.sum(loss, float(self._due), *asked)
        if self.ranks.size > 1:
            self._signal_number = next((number for number, ranks in zip(SIGNALS, asked, strict=True) if ranks), 0)
        if due:
            self._due = False
            self.ranks.while_first(self._tell_estimate)
        return loss

    @property
    def _asked_to_stop(self) -> int:
        """The signal by which a person asked to stop, or 0."""
        return self._signal_number if self.ranks.size > 1 else self._stop.signal_number

    def _gradient_norm(self) -> float:
        self.scaler.unscale_(self.optimizer)
        drop_rounding(self.model)
        limit = self.config.gradient_clip or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit)
        return (norm.full_tensor() if hasattr(norm, "full_tensor") else norm).item()

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
        self.checkpoints.go_back()
        self.progress.rollbacks += 1
        self.progress.rolled_back_at, self.progress.skips_in_a_row = step, 0
        self._event("rolled_back", f"step {step + 1}: weights and moments of the last checkpoint again")

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
        return self.ranks.from_first(lambda: not self.run.before_decay.exists())

    def _finished(self) -> bool:
        finished = self.pace.finished(self.progress.step, self._seconds())
        return finished or (isinstance(self.pace, ByStep) and lost_patience(self.progress, self.config.patience))

    def _after_step(self) -> None:
        step = self.progress.step
        if self.pace.evaluates(step):
            self._evaluate()
        if self.pace.samples(step):
            self._write_samples()
        # Not among bad steps: going back must lead to before them.
        saves = self.pace.saves(step) and not self.progress.skips_in_a_row
        if self._asked_to_stop or saves:
            self._save_last()
            self._stop_if_asked()

    def _end(self) -> None:
        """What the last step is followed by, where something else than a number of steps made it the last."""
        early = isinstance(self.pace, ByStep) and self.progress.step < self.pace.steps
        if early:
            best = self.progress.best_step
            self._event("ended early", f"nothing was better than the model of step {best}, which is kept")
        if self.progress.evaluated_step != self.progress.step:
            self._evaluate()
        if isinstance(self.pace, ByClock) or early:
            self._write_samples()
        if self.progress.saved_step != self.progress.step:
            self._save_last()

    def _seconds(self) -> float:
        """Seconds of training so far, evaluations and saves among them."""
        return self._seconds_before + self._clock() - self._session_start

    def _stop_if_asked(self) -> None:
        if number := self._asked_to_stop:
            step, self.ranks.stopping, self._stop.signal_number = self.progress.step, True, number
            self._event("stopped", f"at step {step}")
            raise Stopped(
                f"stopped at step {step} of {self.pace.steps} and saved; go on with: {self.resume_command}",
                self._stop.exit_code,
            )

    def _evaluate(self) -> None:
        started = time.perf_counter()
        losses = self.estimate_loss()
        self.progress.evaluation_seconds += time.perf_counter() - started
        self.progress.evaluated_step = self.progress.step
        if best := judge(self.progress, losses, self.guard):
            self.checkpoints.write(self.run.best, self.progress)
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
        self.checkpoints.write(self.run.last, self.progress, resumable=True)

    def _write_samples(self) -> None:
        self._parallel.collect()
        self.ranks.while_first(lambda: self.write_samples(self.progress.step))

    def _micro_batch_done(self, tokens: int, share: float, seconds: float) -> None:
        """Tell the observer that work goes on and, once, how long all of it will take."""
        self.observer.tokens_done(tokens * self.ranks.size)
        self._timer.add(share, seconds)
        ends_by_steps = isinstance(self.pace, ByStep)  # by the clock, the person said how long it may take
        if ends_by_steps and self._first_step == 0 and self._timer.measured_for_the_first_time():
            if self.ranks.size == 1:
                self._tell_estimate()
            self._due = self.ranks.size > 1 and self.ranks.first  # then all wait, at the end of the step

    def _tell_estimate(self) -> None:
        seconds = self.pace.steps * self._timer.seconds_per_step
        self.observer.estimated(Estimate(seconds, self._disk_needed()))

    def _disk_needed(self) -> int:
        return disk_needed(self.model.num_parameters(), keeps_before_decay=not isinstance(self.pace, ByStep))

    def _event(self, event: str, message: str) -> None:
        self.log.write("event", self.progress.step, event=event, message=message)
        self.observer.message(f"{event.replace('_', ' ')}: {message}")

    def _announce_stop(self, signal_name: str) -> None:
        if self.ranks.size > 1:
            return  # it may be torchrun's, because another rank has gone; nothing can be saved then
        seconds = self._timer.seconds_per_step
        wait = f", in about {math.ceil(seconds)} s" if seconds else ""
        self.observer.message(f"{signal_name}: saving at the end of this step{wait} (once more stops at once)")
