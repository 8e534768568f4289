"""What a stage works on, and what is measured and written of it before, while and after it trains.

Scores, answers and samples go into the files of the run's folder; how it trains is `stage`'s.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from slm.checkpoint import load_model
from slm.data.batches import Samples
from slm.data.prompt_format import PromptFormat
from slm.data.split_files import evenly_spread
from slm.data.token_store import Split, TokenStore
from slm.domain import Domain
from slm.evaluation.bits_per_byte import evaluate
from slm.evaluation.endings import endings_of
from slm.evaluation.memorisation import memorised_share
from slm.generation.engines import convert_anew, open_engine
from slm.generation.generator import Generator
from slm.generation.questions import answer, answer_all, prompt_and_response
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT
from slm.model_folder import open_model_folder
from slm.recipe import Recipe
from slm.training.budget import Budget
from slm.training.observer import Observer
from slm.training.ranks import ALONE, Ranks
from slm.training.run_folder import RunFolder
from slm.training.selection import Guard

REHEARSED_DOCUMENTS, REHEARSED_TOKENS, FEWEST_DOCUMENTS = 32, 16_384, 4


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
    clock; `replayed` is the metrics.jsonl of a run to do again, step by step. `base` is text that the model knew
    before, `guard` bounds what of it may be forgotten, and `searched` are the trials that the recipe came from. `ranks`
    train it.
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
    base: TokenStore | None = None
    guard: Guard | None = None
    searched: list[dict[str, Any]] | None = None
    ranks: Ranks = ALONE


def rehearsed_documents(split: Split) -> int:
    """How many documents of a split a budget can spare before the first step: fewer where they are long."""
    fitting = REHEARSED_TOKENS * split.documents // max(1, len(split.tokens))
    return min(REHEARSED_DOCUMENTS, split.documents, max(FEWEST_DOCUMENTS, fitting))


def measure_before(stage: Stage, run: RunFolder) -> None:
    documents = None if stage.budget else stage.recipe.evaluation.documents
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


def measure_after(stage: Stage, run: RunFolder, documents: int) -> None:
    loaded = load_model(run.best_model())
    best = loaded.model.to(next(stage.model.parameters()).device)
    evaluation = json.loads((run.path / "evaluation.json").read_text())
    results = [result for result in evaluation["results"] if result["moment"] == "before"]
    results += _scores(stage, best, "after", documents)
    evaluation = {"results": results, "memorisation": _memorisation(stage, best)}
    if (forgetting := _forgetting(stage, results)) is not None:
        evaluation["forgetting"] = forgetting
    run.write("evaluation.json", evaluation)
    if stage.prompt_format is not None:
        answers = json.loads((run.path / "answers.json").read_text())
        for item in answers["items"]:
            item["after"] = _answer(stage, best, item["question"])
        run.write("answers.json", answers)
    convert_anew(loaded, stage.observer.message)
    if stage.prompt_format is not None and stage.recipe.evaluation.answers:
        run.write("evaluation.json", evaluation | {"endings": _endings(stage, run)})


def _scores(stage: Stage, model: GPT, moment: str, documents: int | None) -> list[dict[str, Any]]:
    """So many `documents` of each measure; None takes those that a budget can spare at first."""
    results = []
    for measure in stage.measures:
        count = rehearsed_documents(measure.split) if documents is None else documents
        score = evaluate(
            model, measure.split, stage.store.tokenizer, count, measure.responses,
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


def write_samples(stage: Stage, run: RunFolder, step: int) -> None:
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
    generator = Generator(TorchEngine(model), stage.store.tokenizer)
    return answer(generator, stage.prompt_format, question, stage.recipe.samples.generation)


def _endings(stage: Stage, run: RunFolder) -> dict[str, Any] | None:
    """How the tuned model's answers to validation questions end, written as `slm generate` would write them."""
    split, config, count = stage.store.validation, stage.recipe.samples.generation, stage.recipe.evaluation.answers
    engine = open_engine(open_model_folder(run.best_model()), message=stage.observer.message)
    records = [prompt_and_response(split, int(number)) for number in evenly_spread(split.documents, count)]
    records = [(prompt, response) for prompt, response in records if len(prompt) < engine.context]
    if not records:
        return None
    prompts, references = zip(*records, strict=True)
    answers = answer_all(
        engine, stage.store.tokenizer, prompts, config,
        lambda done, total: stage.observer.working("answering validation questions", done, total),
    )  # fmt: skip
    return asdict(endings_of(answers, references, config.max_new_tokens, engine.name))


def _forgetting(stage: Stage, results: list[dict[str, Any]]) -> dict[str, Any] | None:
    """By how much the bits per byte of the base domain rose, and by how much they might have."""
    bits = {result["moment"]: result["bits_per_byte"] for result in results if result["scored"] == "documents"}
    if stage.prompt_format is None or bits.keys() != {"before", "after"}:
        return None
    tolerance = stage.guard.tolerance if stage.guard else None
    return bits | {"rise": bits["after"] / bits["before"] - 1, "tolerance": tolerance}


def _questions(stage: Stage) -> list[tuple[str, str | None]]:
    """The recipe's own questions, then some of the validation split with their references."""
    split, tokenizer = stage.store.validation, stage.store.tokenizer
    asked: list[tuple[str, str | None]] = [(question, None) for question in stage.recipe.samples.prompts]
    if count := stage.recipe.samples.questions:
        for number in evenly_spread(split.documents, count):
            prompt, response = map(tokenizer.decode, prompt_and_response(split, int(number)))
            asked.append((stage.prompt_format.question(prompt), stage.prompt_format.shown(response)))
    return asked
