"""One stage of a run: measure, train, measure again, draw, report. Pre-training and fine-tuning both go through here.

Wires the trainer to evaluation and generation, which do not know one another; has no loop over batches of its own.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from slm.atomic_write import existing_folder, write_text
from slm.checkpoint import LoadedModel, load_model
from slm.config_files import from_dict, to_dict
from slm.data.batches import Samples
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import Split, TokenStore, open_token_store
from slm.device import peak_memory_bytes
from slm.domain import FILE, Domain, domain_of_old, load_domain, read_domain
from slm.errors import DataError, Stopped, TrainingError
from slm.evaluation.bits_per_byte import evaluate
from slm.evaluation.memorisation import memorised_share
from slm.generation.engines import convert_anew
from slm.generation.generator import GenerationConfig, Generator
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT
from slm.recipe import Recipe
from slm.report.html import write_report
from slm.report.loss_curve import draw_loss_curve
from slm.training.budget import Budget
from slm.training.expectation import Expectation, entropy_of
from slm.training.launch import Setup, changed_since, choose_setup, make_trainer, recorded_setup, run_record
from slm.training.observer import Observer
from slm.training.pace import ByClock, ByStep, Pace, Recorded
from slm.training.run_folder import RunFolder, create_run, recording
from slm.training.stop_request import stopping_at_once
from slm.training.watch import Watch

REHEARSED_DOCUMENTS = 32


@dataclass(frozen=True)
class Measure:
    """Something to score before and after: a split of a store, whole documents or responses after prompts."""

    title: str
    data: str
    split: Split
    responses: bool


@dataclass
class Stage:
    """What a stage works on. `parent` is None for a model that starts from random weights.

    `resume_command` goes on with it when it was stopped; ``{run}`` in it stands for the run. `budget` ends it by the
    clock; `replayed` is the metrics.jsonl of a run to do again, step by step.
    """

    recipe: Recipe
    store: TokenStore
    model: GPT
    training: Samples
    validation: Samples
    measures: list[Measure]
    domain: Domain
    prompt_format: PromptFormat | None = None
    parent: dict[str, Any] | None = None
    observer: Observer = field(default_factory=Observer)
    resume_command: str = ""
    base_prompts: tuple[str, ...] = ()
    budget: Budget | None = None
    replayed: Path | None = None


def start(stage: Stage, name: str, command: str, runs: Path, fresh_name: bool, setup: Setup | None = None) -> RunFolder:
    """Make a new run of `stage` and work on it to the end, with `setup` or what is best here. Raises whatever ends it;
    the record then says why."""
    setup = setup or choose_setup(stage.recipe.training)
    record = {
        "stage": stage.recipe.stage,
        "command": command,
        "parent": stage.parent,
        "replayed": str(stage.replayed) if stage.replayed else None,
        "recipe": to_dict(stage.recipe),
        **run_record(stage.model, stage.recipe.training, setup, stage.store.summary()),
    }
    run = create_run(name, record, runs, fresh_name)
    write_text(run.path / FILE, stage.domain.text)
    _work(stage, run, setup, resumed=False)
    return run


def go_on(stage: Stage, run: RunFolder) -> RunFolder:
    """Go on with a stopped run from its last checkpoint; `stage` was built from the run's own record."""
    record = run.read()
    for change in changed_since(record):
        stage.observer.message(f"{change}: the bits may differ from a run that never stopped")
    _work(stage, run, recorded_setup(record), resumed=True)
    return run


def recorded_recipe(record: dict[str, Any]) -> Recipe:
    """The recipe that a run was started with."""
    return from_dict(Recipe, record["recipe"], where=f"runs/{record['name']}/run.json")


def recorded_domain(run: RunFolder, record: dict[str, Any]) -> Domain:
    """The domain that a run was started with: the copy in its folder; of runs that died before they had one, what their
    recipe names."""
    if (run.path / FILE).is_file():
        return read_domain(run.path / FILE)
    if "domain" in record["recipe"]:
        return load_domain(record["recipe"]["domain"])
    return domain_of_old(answers=record["stage"] == "finetuning")


def recorded_store(record: dict[str, Any]) -> TokenStore:
    """The token store that a run was started with. Raises DataError where it is gone or is not the same any more."""
    store = open_token_store(Path(record["data"]["folder"]))
    if store.manifest["sha256"] != record["data"]["sha256"]:
        raise DataError(
            f"{store.folder}: holds other data than run {record['name']!r} began with; prepare the old documents again"
        )
    return store


def recorded_start(run: RunFolder, record: dict[str, Any]) -> LoadedModel:
    """The model of a run's last checkpoint, or the one that it began with where it has none yet.

    Raises TrainingError where that one is not the same any more.
    """
    if existing_folder(run.last).exists():
        return load_model(run.last)
    loaded = load_model(record["parent"]["model"])
    if loaded.sha256 != record["parent"]["sha256"]:
        raise TrainingError(
            f"{loaded.folder}: not the weights that run {run.name!r} began with; begin a new run from them"
        )
    return loaded


def _work(stage: Stage, run: RunFolder, setup: Setup, resumed: bool) -> None:
    recipe = stage.recipe
    command = stage.resume_command or f"slm {'train' if recipe.stage == 'pretraining' else 'finetune'} --resume {{run}}"
    command = command.replace("{run}", run.argument)
    millions = stage.model.num_parameters() / 1e6
    stage.observer.message(f"run {run.path}: {millions:.1f} million parameters, {setup.precision} on {setup.device}")
    made_from = {"data": stage.store.manifest["sha256"], "parent": stage.parent}
    with stopping_at_once(command), recording(run), _machine_errors(run, command), _curve_when_stopped(run):
        trainer = make_trainer(
            run, stage.model, stage.store.tokenizer, stage.prompt_format, stage.training, stage.validation,
            recipe.training, setup, stage.observer, command, lambda step: _write_samples(stage, run, step),
            {"recipe": recipe.name, "stage": recipe.stage, **made_from}, _pace(stage), _clock(stage),
            _watch(stage, run), stage.domain,
        )  # fmt: skip
        if resumed and existing_folder(run.last).exists():
            trainer.restore()
            if stage.budget:
                stage.budget.before = trainer.progress.spent
        else:
            _measure_before(stage, run)
        documents = _rehearse(stage, run) if stage.budget else recipe.evaluation.documents
        run.update(scored_documents=documents)
        progress = trainer.train()
        draw_loss_curve(run.path)
        _measure_after(stage, run, documents)
        seconds = {"training_seconds": progress.seconds, "evaluation_seconds": progress.evaluation_seconds}
        run.update(
            timing={name: round(value, 1) for name, value in seconds.items()},
            tokens_seen=progress.tokens,
            peak_memory_bytes=peak_memory_bytes(),
            best_validation_loss=progress.best_validation_loss,
            best_step=progress.best_step,
            steps=progress.step,
        )
    write_report(run.path)


@contextlib.contextmanager
def _machine_errors(run: RunFolder, command: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # who read our messages has gone
        raise
    except OSError as error:
        raise TrainingError(
            f"{error.filename or run.path}: {error.strerror or error}; the last checkpoint is intact: make room or "
            f"mend the permissions, then {command}"
        ) from None
    except torch.OutOfMemoryError:
        raise TrainingError(
            f"{run.path}: the GPU's memory is too small for this; begin again with a smaller training.micro_batch_size "
            "and as much more training.accumulation, which trains the same"
        ) from None


@contextlib.contextmanager
def _curve_when_stopped(run: RunFolder) -> Iterator[None]:
    try:
        yield
    except Stopped:
        with contextlib.suppress(OSError, DataError):
            draw_loss_curve(run.path)
        raise


def _pace(stage: Stage) -> Pace:
    if stage.replayed is not None:
        return Recorded(stage.replayed)
    return ByClock(stage.recipe.training, stage.budget) if stage.budget else ByStep(stage.recipe.training)


def _watch(stage: Stage, run: RunFolder) -> Watch | None:
    """For runs by the clock that start from nothing: of those it is known what is usual."""
    if stage.budget is None or stage.parent is not None:
        return None
    entropy = entropy_of(stage.store.train.tokens, stage.store.tokenizer.n_vocab)
    run.update(text_entropy=round(entropy, 4))
    return Watch(Expectation(entropy), stage.model)


def _clock(stage: Stage) -> Callable[[], float]:
    return stage.budget.running if stage.budget else time.perf_counter


def _rehearse(stage: Stage, run: RunFolder) -> int:
    """Do what follows training once on a small scale, and keep back from the budget the time that it will take.

    Returns how many documents can be scored at the end: all that are asked for and fit into a fortieth of the budget.
    """
    began = stage.budget.running()
    draw_loss_curve(run.path)
    write_report(run.path)
    drawn = stage.budget.running()
    documents = [min(REHEARSED_DOCUMENTS, measure.split.documents) for measure in stage.measures]
    for measure, count in zip(stage.measures, documents, strict=True):
        evaluate(stage.model, measure.split, stage.store.tokenizer, count, measure.responses)
    per_document = (stage.budget.running() - drawn) / sum(documents) * len(stage.measures)
    wanted = stage.recipe.evaluation.documents or max(measure.split.documents for measure in stage.measures)
    fitting = int(stage.budget.seconds / 40 / per_document)
    scored = min(wanted, max(REHEARSED_DOCUMENTS, fitting))
    stage.budget.reserve = 1.1 * (drawn - began + scored * per_document)
    if (left := stage.budget.left_for_training) < stage.budget.seconds / 3:
        stage.observer.message(
            f"of the budget of {stage.budget.seconds:.0f} s only {left:.0f} s are left for training: preparing, "
            "measuring and drawing take the rest; give more time"
        )
    return scored


def _measure_before(stage: Stage, run: RunFolder) -> None:
    documents = REHEARSED_DOCUMENTS if stage.budget else stage.recipe.evaluation.documents
    run.write("evaluation.json", {"results": _scores(stage, stage.model, "before", documents), "memorisation": None})
    if stage.prompt_format is not None:
        items = [
            {
                "question": question,
                "reference": reference,
                "before": _answer(stage, stage.model, question),
                "after": None,
            }
            for question, reference in _questions(stage)
        ]
        run.write("answers.json", {"items": items})


def _measure_after(stage: Stage, run: RunFolder, documents: int) -> None:
    loaded = load_model(run.best_model())
    best = loaded.model.to(next(stage.model.parameters()).device)
    evaluation = json.loads((run.path / "evaluation.json").read_text())
    results = [result for result in evaluation["results"] if result["moment"] == "before"]
    results += _scores(stage, best, "after", documents)
    run.write("evaluation.json", {"results": results, "memorisation": _memorisation(stage, best)})
    if stage.prompt_format is not None:
        answers = json.loads((run.path / "answers.json").read_text())
        for item in answers["items"]:
            item["after"] = _answer(stage, best, item["question"])
        run.write("answers.json", answers)
    convert_anew(loaded, stage.observer.message)


def _scores(stage: Stage, model: GPT, moment: str, documents: int) -> list[dict[str, Any]]:
    results = []
    for measure in stage.measures:
        score = evaluate(
            model, measure.split, stage.store.tokenizer, documents, measure.responses,
            progress=lambda done, total, what=f"scoring {measure.title}": stage.observer.working(what, done, total),
        )  # fmt: skip
        low, high = score.interval
        figure = f"{score.bits_per_byte:.3f} bits per byte ({low:.3f} to {high:.3f})"
        stage.observer.message(f"{measure.title}, {moment}: {figure}, {score.documents} documents")
        results.append(
            {
                "title": measure.title, "moment": moment, "data": measure.data, "split": "validation",
                "scored": "responses" if measure.responses else "documents",
                "documents_in_split": measure.split.documents, **asdict(score),
            }
        )  # fmt: skip
    return results


def _memorisation(stage: Stage, model: GPT) -> dict[str, Any] | None:
    samples = stage.recipe.evaluation.memorisation_samples
    if not samples or stage.recipe.stage != "pretraining":
        return None
    generator, prompts = Generator(TorchEngine(model), stage.store.tokenizer), stage.recipe.samples.prompts
    texts = []
    for number, prompt in enumerate(prompts):
        share = samples // len(prompts) + (number < samples % len(prompts))
        if share:
            texts += generator.complete(prompt, stage.recipe.samples.generation, share)
    return asdict(memorised_share([text.ids for text in texts], stage.store.train.tokens))


def _write_samples(stage: Stage, run: RunFolder, step: int) -> None:
    """What the model writes at this point of its training. Generating leaves torch's own random state alone."""
    prompts, texts = stage.recipe.samples.prompts, stage.base_prompts
    items = []
    with torch.compiler.set_stance("force_eager"):
        if stage.prompt_format is None:
            texts = prompts
        else:
            items = [{"prompt": prompt, **_answer(stage, stage.model, prompt)} for prompt in prompts]
        for prompt in texts:  # after fine-tuning too: what has become of the stories
            generator = Generator(TorchEngine(stage.model), stage.store.tokenizer)
            completion = generator.complete(prompt, stage.recipe.samples.generation)[0]
            items.append({"prompt": prompt, "text": completion.text, "stop": completion.stop})
    stage.model.train()
    run.write_samples(step, items)


def _answer(stage: Stage, model: GPT, question: str) -> dict[str, str]:
    prompt = stage.prompt_format.prompt(question)
    generator = Generator(TorchEngine(model), stage.store.tokenizer)
    completion = _within_context(generator, prompt, stage.recipe.samples.generation)
    return {"text": stage.prompt_format.shown(completion[0]).strip(), "stop": completion[1]}


def _within_context(generator: Generator, prompt: str, config: GenerationConfig) -> tuple[str, str]:
    if len(generator.tokenizer.encode_ordinary(prompt)) >= generator.engine.context:
        return "(the question alone fills the model's context)", "length"
    completion = generator.complete(prompt, config)[0]
    return completion.text, completion.stop


def _questions(stage: Stage) -> list[tuple[str, str | None]]:
    """The recipe's own questions, then some of the validation split with their references."""
    split, tokenizer = stage.store.validation, stage.store.tokenizer
    asked: list[tuple[str, str | None]] = [(question, None) for question in stage.recipe.samples.prompts]
    count = min(stage.recipe.samples.questions, split.documents)
    for number in range(0, split.documents, max(1, split.documents // count) if count else split.documents + 1):
        if len(asked) - len(stage.recipe.samples.prompts) == count:
            break
        ids, length = split.document(number).tolist(), int(split.prompt_lengths[number])
        prompt, response = tokenizer.decode(ids[:length]), tokenizer.decode(ids[length:-1])
        asked.append((stage.prompt_format.question(prompt), stage.prompt_format.shown(response)))
    return asked
