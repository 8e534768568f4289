"""A small search before a tuning: a learning rate, how many epochs, and which share of base text holds what was known.

Short pilots from the same start, each with its whole schedule, are compared on the same validation records. Learning
rates halve (Jamieson and Talwalkar 2016, "Non-stochastic best arm identification"): three short pilots, then the better
two for twice as long, which also shows whether more epochs still help; then shares of replay at the best rate. The run
itself gets the time that is left. Pilots go through the one training loop and keep nothing.
"""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from slm.data.batches import Documents, Records
from slm.data.replay import Replayed
from slm.errors import ConfigError, SlmError, Stopped
from slm.evaluation.bits_per_byte import evaluate
from slm.generation.generator import Generator
from slm.generation.questions import answer
from slm.generation.torch_engine import TorchEngine
from slm.measuring import Stage
from slm.recipe import Recipe
from slm.training.config import TrainingConfig
from slm.training.launch import batches_of, choose_setup
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder
from slm.training.trainer import Trainer

SHARES = (0.1, 0.25, 0.5)  # of replay that are tried besides none
RATES = {"full": (1 / 3, 1.0, 3.0), "lora": (1.0, 3.0, 10.0)}  # times the recipe's; adapters take larger ones
SEARCH_SHARE = 0.4  # of the time for training, at most, goes into pilots
PILOT_SHARE = 1 / 4  # of the steps, where these and not the time are given
MARGIN = 0.5  # of the tolerance, in which a pilot has to stay: the run is longer, and forgets more
SHORTEST = 5  # steps from which on a pilot says something
LONGEST_MEASURING = 0.2  # of the budget, at most, for scoring documents before and after, and as much for writing texts
SHORTEST_TEXT = 32  # tokens of a text that is written, however little time there is
ESTIMATES = 10  # of the loss in a run with a budget, and how many in a row without a better model end it
PATIENCE = 4
ESTIMATING_SHARE = 0.15  # of the time that is left, above which estimates take fewer samples, and are fewer
PILOT_SAMPLES = 32  # records and documents that a pilot is judged by
MOST_EPOCHS = 20


@dataclass(frozen=True)
class Trial:
    """A pilot: what it was made with, its validation loss (infinite where it diverged) in nats a token, and by which
    share the loss on base documents rose."""

    learning_rate: float
    steps: int
    epochs: float
    replay_share: float
    validation_loss: float
    base_rise: float | None
    seconds: float


def replaying(records: Records, stage: Stage, share: float) -> Records | Replayed:
    """The records, with a share of documents of the base domain among them, if any."""
    if not share:
        return records
    return Replayed(records, Documents(stage.base.train, records.block_size), share, stage.recipe.training.seed)


def searched(stage: Stage, running: Callable[[], float]) -> Stage:
    """The stage with what the search found in its recipe, and the trials. `running` gives the seconds of the budget
    that are spent. Raises ConfigError for a budget that leaves no time to train."""
    search = Search(stage)
    stage.model.to(search.setup.machine().device)
    chooses_share = stage.recipe.tuning.replay and not stage.recipe.tuning.replay_share
    if budget := stage.recipe.training.budget_seconds:
        a_document, a_token = _seconds_to_score(stage), _seconds_to_write(stage)
        stage.recipe = _short(stage, budget, a_document, a_token)
        found = search.within(budget - running() - _measuring_seconds(stage, a_document, a_token), chooses_share)
    else:
        found = search.of_shares()
    stage.recipe, stage.searched = found, [_recorded(trial) for trial in search.trials]
    stage.training = replaying(search.records, stage, found.tuning.replay_share)
    return stage


class Search:
    """The pilots of one stage. `trials` are all that were made, in their order."""

    def __init__(self, stage: Stage):
        self.stage, self.trials, self._seconds_a_step, self._overhead = stage, [], 0.0, 0.0
        self.records = stage.training.records if isinstance(stage.training, Replayed) else stage.training
        self.setup = choose_setup(stage.recipe.training)

    def within(self, seconds: float, chooses_share: bool) -> Recipe:
        """The recipe for the best run that fits into `seconds`, pilots included."""
        began, pairs = perf_counter(), len(SHARES) * chooses_share
        units, pilots = 7 + 2 * pairs, 5 + pairs
        self._measure_speed()
        seconds_left = max(0.0, seconds - (perf_counter() - began))
        self._make_steps_smaller(seconds_left, units * SHORTEST / SEARCH_SHARE)
        training = self.stage.recipe.training
        affordable = int(seconds_left / self._seconds_a_step)
        if affordable < SHORTEST:
            raise ConfigError(
                f"the budget leaves {seconds_left:.0f} s to train, expected at least "
                f"{math.ceil(SHORTEST * self._seconds_a_step)} for {SHORTEST} steps of {training.batch_size} records; "
                "give more time, or fewer records: --set training.micro_batch_size=2"
            )
        rate, most, share = training.learning_rate, affordable, self.stage.recipe.tuning.replay_share
        unit = int((SEARCH_SHARE * seconds - pilots * self._overhead) / self._seconds_a_step / units)
        if unit >= SHORTEST:
            rate, most = self._learning_rate(unit)
            if chooses_share:
                share = self._share(rate, 2 * unit)
        else:
            share = share or (SHARES[1] if chooses_share else 0.0)
            self.stage.observer.message(
                f"too little time to search, with {affordable} steps: the learning rate stays {rate:.1e}"
            )
        left = seconds - (perf_counter() - began)
        estimates, samples, an_estimate = self._estimates(ESTIMATING_SHARE * left)
        affordable = int((left - (estimates + 1) * an_estimate) / self._seconds_a_step)
        steps = max(SHORTEST, min(affordable, most, self._steps_of(MOST_EPOCHS)))
        found = replace(
            training, learning_rate=rate, steps=steps, count="updates", budget_seconds=0.0,
            warmup_steps=_warmup(training, steps), evaluation_interval=max(1, steps // estimates), save_interval=0,
            evaluation_samples=samples, patience=training.patience or PATIENCE,
        )  # fmt: skip
        return self._found(found, share)

    def of_shares(self) -> Recipe:
        """The recipe with the share of replay that holds the tolerance in pilots of a quarter of its steps."""
        training = self.stage.recipe.training
        steps = max(SHORTEST, round(training.in_updates(training.steps) * PILOT_SHARE))
        self._pilot(training.learning_rate, steps, 0.0)
        return self._found(training, self._share(training.learning_rate, steps))

    def _estimates(self, seconds: float) -> tuple[int, int, float]:
        """How many estimates of the loss a run makes after its first one, of how many samples, and the seconds of one:
        of few samples, and then ever fewer, where all would take longer than `seconds`."""
        samples, an_estimate = self.stage.recipe.training.evaluation_samples, self._overhead / 2
        of_all = an_estimate * max(1.0, samples / PILOT_SAMPLES)
        if (ESTIMATES + 1) * of_all <= seconds:
            return ESTIMATES, samples, of_all
        fitting = int(seconds / an_estimate) - 1
        return max(1, min(ESTIMATES, fitting)), min(samples, PILOT_SAMPLES), an_estimate

    def _make_steps_smaller(self, seconds: float, wanted: float) -> None:
        """Fewer micro-batches a step, where fewer steps than `wanted` would fit: of few large ones little is learned.
        The learning rate falls with the root of a step's size (Malladi et al. 2022, for Adam)."""
        recipe = self.stage.recipe
        before, fitting = recipe.training, seconds / self._seconds_a_step
        share = max(1, int(before.accumulation * fitting / wanted)) / before.accumulation
        if share >= 1:
            return
        self._seconds_a_step *= share
        smaller = replace(
            before, accumulation=round(before.accumulation * share), learning_rate=before.learning_rate * share**0.5
        )
        self.stage.recipe = replace(recipe, training=smaller)
        self.stage.observer.message(
            f"a step has {smaller.batch_size} records, not {before.batch_size}: only {int(fitting)} of those would fit"
        )

    def _found(self, training: TrainingConfig, share: float) -> Recipe:
        recipe = self.stage.recipe
        replay = f", replay {share:.0%}" if recipe.tuning.replay else ""
        epochs = training.in_updates(training.steps) * training.batch_size * (1 - share) / self.records.size
        self.stage.observer.message(
            f"chosen: learning rate {training.learning_rate:.1e}, {training.in_updates(training.steps)} steps "
            f"({epochs:.1f} epochs){replay}"
        )
        return replace(recipe, training=training, tuning=replace(recipe.tuning, replay_share=share))

    def _learning_rate(self, unit: int) -> tuple[float, int]:
        """The best learning rate, and how many steps a run may usefully have, as far as the pilots show it."""
        recipe = self.stage.recipe
        rates = [recipe.training.learning_rate * factor for factor in RATES[recipe.tuning.method]]
        short = sorted((self._pilot(rate, unit, recipe.tuning.replay_share) for rate in rates), key=_loss)
        longer = [self._pilot(trial.learning_rate, 2 * unit, trial.replay_share) for trial in short[:2]]
        best = min(longer, key=_loss)
        if not math.isfinite(_loss(best)):
            rate = recipe.training.learning_rate
            raise ConfigError(f"every pilot diverged; set training.learning_rate lower than {rate:.1e}")
        return best.learning_rate, 2**31 if _loss(best) < _loss(short[0]) else unit

    def _share(self, rate: float, steps: int) -> float:
        """The smallest share of replay with which the base loss rises by no more than half of the tolerance."""
        tolerance = MARGIN * self.stage.recipe.tuning.forgetting_tolerance
        without = next(t for t in self.trials if (t.learning_rate, t.steps, t.replay_share) == (rate, steps, 0.0))
        tried = [without]
        for share in SHARES:
            if _holds(tried[-1], tolerance):
                break
            tried.append(self._pilot(rate, steps, share))
        if not _holds(tried[-1], tolerance):
            self.stage.observer.message(
                f"no share of replay held the base domain within {tolerance:.1%}, half of what may be forgotten, in a "
                "pilot; the largest is taken, and of the run's models only those that forgot little enough are kept"
            )
        return tried[-1].replay_share

    def _pilot(self, rate: float, steps: int, share: float) -> Trial:
        said = f"pilot {len(self.trials) + 1}: learning rate {rate:.1e}, {steps} steps"
        said += f", replay {share:.0%}" if self.stage.recipe.tuning.replay else ""
        began = perf_counter()
        try:
            progress, losses = self._train(rate, steps, share, _Quiet(self.stage.observer, said, steps))
            loss = losses["validation_loss"]
            rise = losses["base_loss"] / progress.base_loss_before - 1 if "base_loss" in losses else None
        except Stopped as stopped:
            raise Stopped("stopped while it was searching; no run was begun", stopped.exit_code) from None
        except SlmError:  # of a loss that was not finite, from which there is nothing to go back to
            loss, rise = math.inf, None
        loss = loss if math.isfinite(loss) else math.inf
        epochs = steps * self.stage.recipe.training.batch_size * (1 - share) / self.records.size
        trial = Trial(rate, steps, round(epochs, 3), share, loss, rise, round(perf_counter() - began, 2))
        self.trials.append(trial)
        rose = "" if rise is None else f", base loss {rise:+.1%}"
        self.stage.observer.message(f"{said}: validation loss {loss:.3f}{rose} ({trial.seconds:.0f} s)")
        return trial

    def _train(self, rate: float, steps: int, share: float, observer: Observer, accumulation: int = 0) -> tuple:
        """A fresh copy of the stage's model, trained; the progress, and the last estimate."""
        stage, training = self.stage, self.stage.recipe.training
        config = replace(
            training, learning_rate=rate, steps=steps, count="updates", budget_seconds=0.0,
            warmup_steps=_warmup(training, steps), evaluation_interval=2 * steps, patience=0,
            evaluation_samples=min(training.evaluation_samples, PILOT_SAMPLES), tensorboard=False,
            accumulation=accumulation or training.accumulation,
        )  # fmt: skip
        batches = [batches_of(samples, config) for samples in (replaying(self.records, stage, share), stage.validation)]
        with tempfile.TemporaryDirectory() as folder:
            trainer = Trainer(
                copy.deepcopy(stage.model), *batches, config, self.setup.machine(), self.setup.compile,
                RunFolder(Path(folder)), None, observer, "", guard=stage.guard,
            )  # fmt: skip
            trainer.train()
        return trainer.progress, observer.losses

    def _measure_speed(self) -> None:
        """Seconds a step and of the two estimates of a pilot, from a few micro-batches whose result is thrown away."""
        observer, training = _Quiet(self.stage.observer, "measuring the speed", SHORTEST), self.stage.recipe.training
        progress, _ = self._train(training.learning_rate, SHORTEST, 0.0, observer, accumulation=1)
        self._overhead = progress.evaluation_seconds
        seconds = max(1e-6, progress.seconds - progress.evaluation_seconds) / SHORTEST
        self._seconds_a_step = seconds * training.accumulation

    def _steps_of(self, epochs: int) -> int:
        return math.ceil(epochs * self.records.size / self.stage.recipe.training.batch_size)


class _Quiet(Observer):
    """Tells of a pilot that it goes on, and keeps its last estimate."""

    def __init__(self, observer: Observer, said: str, steps: int):
        self._observer, self._said, self._steps, self.losses = observer, said, steps, {}

    def step(self, step: int, **metrics: float | None) -> None:
        self._observer.working(self._said, step, self._steps)

    def evaluated(self, step: int, best: bool, **losses: float) -> None:
        self.losses = losses


def _recorded(trial: Trial) -> dict[str, Any]:
    """For run.json, which has no word for infinity."""
    return asdict(trial) | {"validation_loss": trial.validation_loss if math.isfinite(trial.validation_loss) else None}


def _loss(trial: Trial) -> float:
    return trial.validation_loss


def _holds(trial: Trial, tolerance: float) -> bool:
    return trial.base_rise is not None and trial.base_rise <= tolerance


def _warmup(training: TrainingConfig, steps: int) -> int:
    return min(training.in_updates(training.warmup_steps), steps // 10)


def _seconds_to_score(stage: Stage, documents: int = 8) -> float:
    """A document of each measure."""
    began = perf_counter()
    for measure in stage.measures:
        evaluate(stage.model, measure.split, stage.store.tokenizer, documents, measure.responses)
    return max(1e-6, perf_counter() - began) / documents


def _seconds_to_write(stage: Stage, tokens: int = 16) -> float:
    """A token of a text."""
    generator, began = Generator(TorchEngine(stage.model), stage.store.tokenizer), perf_counter()
    settings = replace(stage.recipe.samples.generation, max_new_tokens=tokens)
    answer(generator, stage.prompt_format, "What is it?", settings)
    return max(1e-6, perf_counter() - began) / tokens


def _short(stage: Stage, budget: float, a_document: float, a_token: float) -> Recipe:
    """The recipe with no more samples and scored documents, and no longer texts, than a budget has time for."""
    recipe, fitting = stage.recipe, max(8, int(LONGEST_MEASURING * budget / 2 / a_document))
    wanted = recipe.evaluation.documents or max(measure.split.documents for measure in stage.measures)
    tokens = max(SHORTEST_TEXT, int(LONGEST_MEASURING * budget / a_token / max(1, _texts(stage))))
    written = replace(recipe.samples.generation, max_new_tokens=min(recipe.samples.generation.max_new_tokens, tokens))
    return replace(
        recipe,
        evaluation=replace(recipe.evaluation, documents=min(wanted, fitting)),
        samples=replace(recipe.samples, generation=written),
        training=replace(recipe.training, sample_points=2),
    )


def _texts(stage: Stage) -> int:
    """How many texts a run writes: answers before and after, samples at its beginning and its end."""
    asked = len(stage.recipe.samples.prompts)
    return 2 * (asked + stage.recipe.samples.questions) + 2 * (asked + len(stage.base_prompts))


def _measuring_seconds(stage: Stage, a_document: float, a_token: float) -> float:
    """About how long a run scores and writes before and after its training."""
    scoring = 2 * a_document * stage.recipe.evaluation.documents
    writing = a_token * stage.recipe.samples.generation.max_new_tokens * _texts(stage)
    return scoring + writing + 5.0  # and converting, drawing, the report
