"""A model and a suite: open what the measures need, run one after the other, keep what they found.

The measures themselves stand in `evaluation`; here they meet the engines that write and the model that scores.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slm import __version__
from slm.atomic_write import write_text
from slm.errors import ConfigError, DataError, ModelError, NetworkError
from slm.evaluation.answers import Answered, Asked, Encode, answer_section, commonest_answer, read_questions
from slm.evaluation.choice_items import read_choice_items, sample_of
from slm.evaluation.choice_prompts import Prompted, prompted
from slm.evaluation.forgetting import forgetting_section
from slm.evaluation.judge import Judge, JudgeSettings, judge_answers, judged_table
from slm.evaluation.lm_eval_task import command, write_lm_eval_task
from slm.evaluation.multiple_choice import choice_section, score_choices
from slm.evaluation.sections import PREFIX, Findings, Section, keep_sections, suite_path
from slm.evaluation.suites import OF_INDEX, OF_TUNING, Found, Suite, find_files, missing
from slm.evaluation.unanswerable import COUNT, questions
from slm.generation.batch import Batch, GenerationConfig
from slm.generation.engine import Engine
from slm.generation.engines import ENGINES, open_engine
from slm.model.quantization import BITS
from slm.model_folder import ModelFolder
from slm.processor import may_have_gpu
from slm.rag.index_sections import IndexQuestions, abstention_section, citation_section, retrieval_section
from slm.rag.retriever import Retriever
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder, now, run_of

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
    judge: JudgeSettings | None = None
    """Who grades the answers; None is nobody, and nothing leaves this machine."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ConfigError(f"engine expects {', '.join(ENGINES)}, got {self.engine!r}")
        if self.bits not in (0, *BITS) or (self.engine == "torch" and self.bits not in (0, 32)):
            raise ConfigError(f"bits expects {', '.join(map(str, BITS))} (torch: 32 only), got {self.bits}")
        if self.limit < 0:
            raise ConfigError(f"--limit expects a number of questions, or 0 for all, got {self.limit}")


@dataclass
class Outcome(Findings):
    """What a suite found, by the names of its measures: sections, and in `items` a line for each question."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def run_suite(
    suite: Suite, folder: ModelFolder, data: Sequence[str], settings: SuiteSettings, observer: Observer,
    encode: Encode | None = None, index: Retriever | None = None,
    done: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:  # fmt: skip
    """Measure all that there are files for; where `data` names none, the files beside those that the run learned from
    are looked through. Answers are compared by `encode`, by default the encoder of the `index`. `done` is told what
    there is after each measure.

    Raises DataError where nothing can be measured, or a file is not what it should be.
    """
    run = run_of(folder.path)
    beside = _folders_of(run.read().get("recipe") or {}) if run else ()
    found = find_files(suite, data, beside)
    if encode is None and index is not None and index.vectors is not None:
        encode = index.vectors.encoder.encode
    work = Work(folder, run, settings, observer, encode, index)
    reasons = {part.measure.name: _not_measured(part, work) for part in found}
    header = {
        "format": 1, "suite": suite.name, "description": suite.description, "model": str(folder.path),
        "sha256": folder.sha256, "slm": __version__, "created": now(),
        "missing": {name: f"{name}: not measured, {reason}" for name, reason in reasons.items() if reason},
    }  # fmt: skip
    outcome = Outcome(header)
    if settings.judge:
        observer.message(settings.judge.notice)
        Judge(settings.judge).check()
    if len(outcome.missing) == len(found):
        raise DataError(f"suite {suite.name}: {'; '.join(outcome.missing)}")
    for part in found:
        name = part.measure.name
        if not reasons[name]:
            section, outcome.items[name] = MEASURES[part.measure.kind](part, work)
            drawn = {"file": str(part.questions), "limit": settings.limit, "seed": settings.seed}
            drawn |= {"columns": part.measure.columns} if part.measure.columns else {}
            outcome.sections[name] = replace(section, figures=(drawn if part.questions else {}) | dict(section.figures))
            done(outcome)
    return outcome


def _not_measured(part: Found, work: Work) -> str:
    """Why a measure cannot be taken; '' where it can."""
    measure = part.measure
    if measure.kind == OF_TUNING:
        return "" if work.forgetting is not None else (
            "the model is the best checkpoint of no run that was tuned while the text of its base domain was known"
        )  # fmt: skip
    if part.questions is None:
        return missing(part)
    if measure.kind in OF_INDEX:
        if work.index is None:
            return "no index; name it with --index FOLDER"
        if not work.of_index(part).right:
            return f"no answer in {part.questions} is a document of {work.index.place}"
    return ""


def keep(outcome: Outcome, run: RunFolder) -> Path:
    """Write evaluation_<suite>.json into a run, and the single questions of each measure; the path of the first."""
    name = outcome.header["suite"]
    for measure, items in outcome.items.items():
        if not items:
            continue
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        write_text(run.path / f"evaluation_{name}_{measure}.jsonl", lines)
    keep_sections(suite_path(run.path, name), outcome.header, outcome.sections)
    return suite_path(run.path, name)


def keep_beside(outcome: Outcome, suite: Suite, index: Retriever) -> None:
    """Write what was measured of an index beside it, for whoever answers from this state of it. A folder that cannot be
    written to goes without."""
    kinds = {measure.name: measure.kind for measure in suite.measures}
    sections = {name: section for name, section in outcome.sections.items() if kinds[name] in OF_INDEX}
    if sections:
        header = {name: outcome.header[name] for name in ("format", "suite", "description", "slm", "created")}
        with contextlib.suppress(OSError, DataError), index.store.beside(PREFIX) as folder:
            path = suite_path(folder, suite.name)
            keep_sections(path, header | {"sha256": index.store.stamp}, sections)
            index.store.put_beside(path.name, path)


@dataclass
class Work:
    """What measures (and audits) need, opened when it is asked for and not before."""

    folder: ModelFolder
    run: RunFolder | None
    settings: SuiteSettings
    observer: Observer
    encode: Encode | None
    index: Retriever | None
    _questions: dict[Path, IndexQuestions] = field(default_factory=dict)

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
        kind, threads, message = self.settings.engine, self.settings.threads, self.observer.message
        if kind == "torch" or (kind == "auto" and may_have_gpu()):
            return open_engine(self.folder, kind, 0, threads, message)
        try:
            return open_engine(self.folder, "onnx", self.settings.bits or 32, threads, message)
        except ConfigError as error:  # no kernels for its shape
            if kind == "onnx" or self.settings.bits:
                raise
            message(f"{str(error).partition(':')[0]}: taking torch")
            return open_engine(self.folder, "torch", 0, threads, message)

    def of_index(self, part: Found) -> IndexQuestions:
        """The questions of a measure that the index has the answers to, drawn as all are; read once for all of them."""
        if part.questions not in self._questions:
            asked = read_questions(part.questions, part.measure.columns)
            whole = IndexQuestions(self.index, asked, self.observer.working)
            self._questions[part.questions] = whole.only(
                sample_of(list(whole.right), self.settings.limit, self.settings.seed)
            )
        return self._questions[part.questions]

    @functools.cached_property
    def forgetting(self) -> Section | None:
        """What the run has on record of its best checkpoint; None where that is another model, or has no record."""
        if self.run is None or self.folder.path.resolve() != self.run.best_model().resolve():
            return None
        try:
            evaluation = json.loads((self.run.path / "evaluation.json").read_text(encoding="utf-8"))
            return forgetting_section(evaluation, "Forgetting: before and after tuning")
        except (OSError, ValueError, TypeError, KeyError, AttributeError):  # damaged: as good as none
            return None


Measured = tuple[Section, list[dict[str, Any]]]


def _multiple_choice(found: Found, work: Work) -> Measured:
    settings = work.settings
    items = sample_of(read_choice_items(found.questions, found.measure.columns), settings.limit, settings.seed)
    model, name, context = work.scorer
    folder = work.folder
    ready = [prompted(item, folder.tokenizer, context, folder.prompt_format) for item in items]
    fitting: list[Prompted] = [item for item in ready if item is not None]
    if not fitting:
        raise ModelError(f"{folder.path}: its context of {context} tokens is too short for every question")
    if settings.lm_eval_task is not None:
        task = write_lm_eval_task(settings.lm_eval_task, f"slm_{found.measure.name}", fitting)
        work.observer.message(f"{task}: the same for lm-eval: {command(task, folder.path)}")
    what = f"{found.measure.name}: questions"
    results = score_choices(model, fitting, lambda done, total: work.observer.working(what, done, total))
    section = choice_section(results, len(ready) - len(fitting), name, _title(found, "by log-likelihood", settings))
    return section, [result.as_dict() for result in results]


def _answers(found: Found, work: Work) -> Measured:
    measure, settings = found.measure, work.settings
    asked = sample_of(read_questions(found.questions, measure.columns), settings.limit, settings.seed)
    notes, commonest = [], None
    if found.train:
        commonest, times = commonest_answer(found.train, measure.columns)
        notes.append(f"The commonest training answer stands {times:,} times in {found.train.name}.")
    elif measure.train:
        notes.append(f"No commonest training answer: no file {' or '.join(measure.train)}.")
    answered = list(_written(work, [item.question for item in asked], measure.max_new_tokens, measure.name))
    notes.append(f"At most {measure.max_new_tokens} tokens, written by {work.writer.name}.")
    title = _title(found, "against references", settings)
    section = answer_section(asked, answered, commonest, title, notes, work.encode)
    lines = [
        {"question": item.question, "references": list(item.references), "answer": answer.text, "stop": answer.stop}
        for item, answer in zip(asked, answered, strict=True)
    ]
    return _judged(section, lines, asked, answered, work) if settings.judge else (section, lines)


def _judged(
    section: Section, lines: list[dict[str, Any]], asked: list[Asked], answered: list[Answered], work: Work
) -> Measured:
    """The section and the lines with a judge's grades; without, where it could not be asked to the end."""
    judge, working = Judge(work.settings.judge), work.observer.working
    try:
        judged = judge_answers(judge, asked, answered, lambda done, total: working("judged", done, total))
    except NetworkError as error:
        work.observer.message(f"not judged: {error}")
        return replace(section, notes=(*section.notes, f"Not judged: {error}.")), lines
    table, notes, figures = judged_table(judged, judge)
    lines = [{**line, "grades": one.grades} for line, one in zip(lines, judged, strict=True)]
    tables, notes = (*section.tables, table), (*section.notes, *notes)
    return replace(section, tables=tables, notes=notes, figures={**section.figures, "judge": figures}), lines


def _retrieval(found: Found, work: Work) -> Measured:
    return retrieval_section(work.of_index(found), _title(found, "the right document among the first", work.settings))


def _citation(found: Found, work: Work) -> Measured:
    return citation_section(work.of_index(found), _title(found, "quotes and their sources", work.settings))


def _abstention(found: Found, work: Work) -> Measured:
    count, seed = min(work.settings.limit or COUNT, COUNT), work.settings.seed
    unanswerable = {kind: questions(kind, count, seed) for kind in found.measure.unanswerable}
    title = _title(found, "answerable questions and others", work.settings)
    return abstention_section(work.of_index(found), unanswerable, seed, title)


MEASURES: dict[str, Callable[[Found, Work], Measured]] = {
    "multiple_choice": _multiple_choice, "answers": _answers, "retrieval": _retrieval, "citation": _citation,
    "abstention": _abstention, OF_TUNING: lambda found, work: (work.forgetting, []),
}  # fmt: skip


def _title(found: Found, how: str, settings: SuiteSettings) -> str:
    name = found.measure.name.replace("_", " ")
    drawn = f", {settings.limit:,} drawn by seed {settings.seed}" if settings.limit else ""
    return f"{name[0].upper()}{name[1:]}, {how} ({found.questions.name}{drawn})"


def _written(work: Work, questions: Sequence[str], longest: int, name: str) -> Iterator[Answered]:
    """The greedy answer to each question, all written side by side; '' to one that fills the context."""
    engine, folder = work.writer, work.folder
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
            work.observer.working(f"{name}: answers", done, len(writers))
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
