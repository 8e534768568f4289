"""A model and a suite: open what the measures need, run one after the other, keep what they found.

The measures themselves stand in `evaluation`; here they meet the engines that write and the model that scores.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slm import __version__
from slm.atomic_write import write_text
from slm.errors import ConfigError, DataError, ModelError
from slm.evaluation.answers import Answered, Encode, answer_section, commonest_answer, read_questions
from slm.evaluation.choice_items import read_choice_items, sample_of
from slm.evaluation.choice_prompts import Prompted, prompted
from slm.evaluation.lm_eval_task import command, write_lm_eval_task
from slm.evaluation.multiple_choice import choice_section, score_choices
from slm.evaluation.sections import Section, keep_sections, suite_path
from slm.evaluation.suites import Found, Suite, find_files, missing
from slm.generation.batch import Batch, GenerationConfig
from slm.generation.engine import Engine
from slm.generation.engines import ENGINES, open_engine
from slm.model.quantization import BITS
from slm.model_folder import ModelFolder
from slm.processor import may_have_gpu
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder, now

PLAIN_PROMPT, PLAIN_STOP = "Question: {}\nAnswer:", "\nQuestion:"


@dataclass(frozen=True)
class SuiteSettings:
    """How a suite is run."""

    engine: str = "auto"
    """'onnx', 'torch', or 'auto': torch for what is scored, the fast engine for what is written; both in float32."""
    bits: int = 0
    """Of the fast engine's weights; 0 is 32 here."""
    threads: int = 0
    """Of the CPU; 0 takes all cores."""
    limit: int = 0
    """Questions of each measure, drawn by `seed`; 0 takes all."""
    seed: int = 0
    """Decides which."""
    lm_eval_task: Path | None = None
    """Folder for the multiple-choice questions as a task of lm-eval."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ConfigError(f"engine expects {', '.join(ENGINES)}, got {self.engine!r}")
        if self.bits not in (0, *BITS) or (self.engine == "torch" and self.bits not in (0, 32)):
            raise ConfigError(f"bits expects {', '.join(map(str, BITS))} (torch: 32 only), got {self.bits}")
        if self.limit < 0:
            raise ConfigError(f"--limit expects a number of questions, or 0 for all, got {self.limit}")


@dataclass
class Outcome:
    """What a suite found, by the names of its measures: sections, a line for each question."""

    header: dict[str, Any]
    sections: dict[str, Section] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What could not be measured, and why."""
        return list(self.header["missing"].values())

    def as_dict(self) -> dict[str, Any]:
        """For --json: the figures alone."""
        return {**self.header, "sections": {name: dict(section.figures) for name, section in self.sections.items()}}


def run_suite(
    suite: Suite, folder: ModelFolder, data: Sequence[str], settings: SuiteSettings, observer: Observer,
    encode: Encode | None = None, done: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:  # fmt: skip
    """Measure all that there are files for; where `data` names none, the files beside those that the run learned from
    are looked through. `done` is told what there is after each measure.

    Raises DataError where there is a file for no measure, or one that is not what it should be.
    """
    run = run_of(folder)
    beside = _folders_of(run.read().get("recipe") or {}) if run else ()
    found = find_files(suite, data, beside)
    header = {
        "format": 1, "suite": suite.name, "description": suite.description, "model": str(folder.path),
        "sha256": folder.sha256, "slm": __version__, "created": now(),
        "missing": {part.measure.name: missing(part) for part in found if part.questions is None},
    }  # fmt: skip
    outcome = Outcome(header)
    if len(outcome.missing) == len(found):
        raise DataError(f"suite {suite.name}: {'; '.join(outcome.missing)}")
    models = _Models(folder, settings, observer.message)
    for part in found:
        if part.questions is not None:
            measure, name = _multiple_choice if part.measure.kind == "multiple_choice" else _answers, part.measure.name
            section, outcome.items[name] = measure(part, models, settings, observer, encode)
            of_what = {"file": str(part.questions), "limit": settings.limit, "seed": settings.seed}
            outcome.sections[name] = replace(section, figures={**of_what, **section.figures})
            done(outcome)
    return outcome


def run_of(folder: ModelFolder) -> RunFolder | None:
    """The run that a model folder is a checkpoint of."""
    run = RunFolder(folder.path.parent.parent)
    return run if folder.path.parent.name == "checkpoints" and (run.path / "run.json").is_file() else None


def keep(outcome: Outcome, run: RunFolder) -> Path:
    """Write evaluation_<suite>.json into a run, and the single questions of each measure; the path of the first."""
    name = outcome.header["suite"]
    for measure, items in outcome.items.items():
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        write_text(run.path / f"evaluation_{name}_{measure}.jsonl", lines)
    keep_sections(suite_path(run.path, name), outcome.header, outcome.sections)
    return suite_path(run.path, name)


class _Models:
    """The model, opened for what is asked of it and not before."""

    def __init__(self, folder: ModelFolder, settings: SuiteSettings, message: Callable[[str], None]):
        self.folder, self.settings, self.message = folder, settings, message

    @functools.cached_property
    def scorer(self) -> tuple[Any, str, int]:
        """What `score_choices` takes, its name, and the tokens that it sees."""
        if self.settings.engine == "onnx":
            return self.writer, self.writer.name, self.writer.context
        from slm.checkpoint import load_model
        from slm.device import choose_machine

        machine = choose_machine(precision="float32", threads=self.settings.threads)
        model = load_model(self.folder.path).model.to(machine.device)
        return model, f"torch in float32 on {machine.device}", model.config.block_size

    @functools.cached_property
    def writer(self) -> Engine:
        kind, threads = self.settings.engine, self.settings.threads
        if kind == "torch" or (kind == "auto" and may_have_gpu()):
            return open_engine(self.folder, kind, 0, threads, self.message)
        try:
            return open_engine(self.folder, "onnx", self.settings.bits or 32, threads, self.message)
        except ConfigError as error:  # no kernels for its shape
            if kind == "onnx" or self.settings.bits:
                raise
            self.message(f"{str(error).partition(':')[0]}: taking torch")
            return open_engine(self.folder, "torch", 0, threads, self.message)


Measured = tuple[Section, list[dict[str, Any]]]


def _multiple_choice(
    found: Found, models: _Models, settings: SuiteSettings, observer: Observer, encode: Encode | None
) -> Measured:
    items = sample_of(read_choice_items(found.questions, found.measure.columns), settings.limit, settings.seed)
    model, name, context = models.scorer
    folder = models.folder
    ready = [prompted(item, folder.tokenizer, context, folder.prompt_format) for item in items]
    fitting: list[Prompted] = [item for item in ready if item is not None]
    if not fitting:
        raise ModelError(f"{folder.path}: its context of {context} tokens is too short for every question")
    if settings.lm_eval_task is not None:
        task = write_lm_eval_task(settings.lm_eval_task, f"slm_{found.measure.name}", fitting)
        observer.message(f"{task}: the same for lm-eval: {command(task, folder.path)}")
    what = f"{found.measure.name}: questions"
    results = score_choices(model, fitting, lambda done, total: observer.working(what, done, total))
    section = choice_section(results, len(ready) - len(fitting), name, _title(found, "by log-likelihood", settings))
    return section, [result.as_dict() for result in results]


def _answers(
    found: Found, models: _Models, settings: SuiteSettings, observer: Observer, encode: Encode | None
) -> Measured:
    measure = found.measure
    asked = sample_of(read_questions(found.questions, measure.columns), settings.limit, settings.seed)
    notes, commonest = [], None
    if found.train:
        commonest, times = commonest_answer(found.train, measure.columns)
        notes.append(f"The commonest training answer stands {times:,} times in {found.train.name}.")
    elif measure.train:
        notes.append(f"No commonest training answer: no file {' or '.join(measure.train)}.")
    answered = list(_written(models, [item.question for item in asked], measure.max_new_tokens, measure.name, observer))
    notes.append(f"At most {measure.max_new_tokens} tokens, written by {models.writer.name}.")
    section = answer_section(asked, answered, commonest, _title(found, "against references", settings), notes, encode)
    lines = [
        {"question": item.question, "references": list(item.references), "answer": answer.text, "stop": answer.stop}
        for item, answer in zip(asked, answered, strict=True)
    ]
    return section, lines


def _title(found: Found, how: str, settings: SuiteSettings) -> str:
    name = found.measure.name.replace("_", " ")
    drawn = f", {settings.limit:,} drawn by seed {settings.seed}" if settings.limit else ""
    return f"{name[0].upper()}{name[1:]}, {how} ({found.questions.name}{drawn})"


def _written(
    models: _Models, questions: Sequence[str], longest: int, name: str, observer: Observer
) -> Iterator[Answered]:
    """The greedy answer to each question, all written side by side; '' to one that fills the context."""
    engine, folder = models.writer, models.folder
    stop = () if folder.prompt_format else (PLAIN_STOP,)
    config = GenerationConfig(max_new_tokens=longest, temperature=0.0, stop=stop)
    batch, writers = Batch(engine, folder.tokenizer), []
    for question in questions:
        prompt = folder.prompt_format.prompt(question) if folder.prompt_format else PLAIN_PROMPT.format(question)
        ids = folder.tokenizer.encode_ordinary(prompt)
        writers.append(batch.add(ids, config)[0] if len(ids) < engine.context else None)
    texts: dict[int, str] = {}
    done = writers.count(None)
    try:
        while batch.busy:
            for writer, piece in batch.step():
                texts[id(writer)] = texts.get(id(writer), "") + piece.text
                done += bool(piece.stop)
            observer.working(f"{name}: answers", done, len(writers))
    finally:
        batch.close()
    for writer in writers:
        if writer is None:
            yield Answered("", "context")
        else:
            text = texts.get(id(writer), "")
            shown = folder.prompt_format.shown(text) if folder.prompt_format else text
            yield Answered(shown.strip(), writer.stop)


def _folders_of(recipe: dict[str, Any]) -> Iterator[Path]:
    """The folders in which the local sources of a recipe lie."""
    documents = recipe.get("documents") or {}
    for source in [*(documents.get("source") or ()), *(documents.get("validation") or ())]:
        path = Path(str(source))
        if path.exists():
            yield path if path.is_dir() else path.parent
