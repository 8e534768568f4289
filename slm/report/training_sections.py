"""Sections of the page about the training: what was trained on what, how it learned, what it wrote meanwhile.

Also the few building blocks that all sections share: a heading with its anchor, a table of facts, a story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slm.report import charts, wording
from slm.report.markup import Markup, el, group
from slm.report.run_record import FINETUNING, Continuation, Report, Stage

LEFT_TO_RECIPE = {
    *("steps", "device", "precision", "compile", "threads", "tensorboard", "track", "mirror"),
    *("evaluation_samples", "save_interval", "sample_points"),
}
STAGE_TITLES = {"pretraining": "Pretraining", "finetuning": "Fine-tuning"}


def notice(stage: Stage) -> Markup:
    """The sentence that stands wherever answers are shown."""
    return el("p", stage.notice, class_="notice", role="note")


def section(identifier: str, title: str, *content: Any) -> Markup:
    """A section of the page with its heading and an anchor."""
    return el("section", el("h2", title, id=f"{identifier}-title"), *content, id=identifier)


def stage_title(stage: Stage) -> str:
    return STAGE_TITLES.get(stage.stage, stage.stage)


def stage_heading(report: Report, stage: Stage) -> Markup | None:
    """A heading that tells the stages apart, where there is more than one."""
    if len(report.stages) == 1:
        return None
    return el("h3", stage_title(stage), " ", el("span", stage.name, class_="aside"))


def facts(rows: Iterable[tuple[str, Any]], caption: str) -> Markup:
    """A two-column table; rows without a value are left out."""
    body = (el("tr", el("th", name, scope="row"), el("td", value)) for name, value in rows if value not in (None, ""))
    return el("table", el("caption", caption, class_="hidden"), el("tbody", body), class_="facts")


def sources(names: Sequence[str]) -> Markup:
    """Names of sources as code: a, b and c."""
    marks = [el("code", name) for name in names] or [group("unnamed sources")]
    joints = ["", *[", "] * (len(marks) - 2), " and "]
    return group([joint, mark] for joint, mark in zip(joints, marks, strict=False))


def setup_section(report: Report) -> Markup:
    """Data, tokenizer, model and recipe of each stage."""
    cards = (
        el(
            "div",
            stage_heading(report, stage),
            facts(_setup(stage), f"{stage_title(stage)}: what was trained on what"),
        )
        for stage in report.stages
    )
    return section("setup", "What was trained on what", _notes(report), el("div", cards, class_="cards"))


def _notes(report: Report) -> Markup | None:
    notes = [*report.notes, *(note for stage in report.stages for note in stage.notes)]
    return el("ul", (el("li", note) for note in notes), class_="notes") if notes else None


def _setup(stage: Stage) -> list[tuple[str, Any]]:
    model, training = (_table(stage.recipe, name) for name in ("model", "training"))
    return [
        ("Recipe", _recipe_name(stage.recipe)),
        ("Started from", _started_from(stage)),
        ("Data", group(sources(stage.sources), " (synthetic)" if stage.synthetic else None)),
        ("Trained on", _amount(stage.data, "train")),
        ("Held out", _amount(stage.data, "validation")),
        ("Tokenizer", _tokenizer(stage)),
        ("Model", _architecture(model, stage.parameters)),
        ("Steps", _steps(stage)),
        ("Settings", _settings({**_only(model, "dropout"), **training})),
        ("Tuning", _settings(_table(stage.recipe, "tuning")) if stage.stage == FINETUNING else None),
        ("Computed in", _computed_in(stage.frozen)),
    ]


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}


def _only(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: values[key] for key in keys if key in values}


def _steps(stage: Stage) -> str | None:
    of_up_to = "up to " if _table(stage.recipe, "training").get("batch_ramp") else ""
    each = f", each of {of_up_to}{wording.count(stage.tokens_per_step)} tokens" if stage.tokens_per_step else ""
    return f"{wording.count(stage.planned_steps)}{each}" if stage.planned_steps else None


def _settings(training: Mapping[str, Any]) -> str:
    """The plain values of a section of the recipe, in a line; the recipe itself stands at the end."""
    plain = {key: value for key, value in training.items() if value is not None and not isinstance(value, Mapping)}
    return "; ".join(
        f"{wording.words(key).lower()}{wording.NBSP}{value if key == 'seed' else wording.setting(value)}"
        for key, value in plain.items()
        if key not in LEFT_TO_RECIPE
    )


def _recipe_name(recipe: Mapping[str, Any]) -> Markup | None:
    if not recipe.get("name"):
        return None
    return group(el("code", recipe["name"]), f": {recipe['description']}" if recipe.get("description") else None)


def _started_from(stage: Stage) -> Any:
    if stage.parent is None:
        return "random weights"
    if stage.parent.run:
        return group("the run ", el("code", stage.parent.run))
    return group("the model ", el("code", stage.parent.model or "unknown"))


def _amount(data: Mapping[str, Any], split: str) -> str | None:
    documents, size, tokens = (data.get(f"{split}_{unit}") for unit in ("documents", "bytes", "tokens"))
    parts = [
        f"{wording.count(documents)} documents" if isinstance(documents, int) else None,
        wording.size(size) if isinstance(size, int) else None,
        f"{wording.large(tokens)} tokens" if isinstance(tokens, int) else None,
    ]
    return ", ".join(part for part in parts if part) or None


def _tokenizer(stage: Stage) -> str | None:
    named = stage.data.get("tokenizer") or stage.recipe.get("tokenizer")
    name = named.get("name") if isinstance(named, Mapping) else named
    vocabulary = _table(stage.recipe, "model").get("vocab_size")
    entries = f"{wording.count(vocabulary)} tokens" if isinstance(vocabulary, int) else None
    return ", ".join(str(part) for part in (name, entries) if part) or None


def _architecture(model: Mapping[str, Any], parameters: int | None) -> str | None:
    shapes = (
        ("n_layer", "{} layers"),
        ("n_embd", "{} wide"),
        ("n_head", "{} heads"),
        ("block_size", "context {}"),
    )
    parts = [words.format(wording.count(model[key])) for key, words in shapes if isinstance(model.get(key), int)]
    if parameters:
        parts.append(f"{wording.large(parameters)} parameters")
    return f"{wording.architecture({'model': model})}: {', '.join(parts)}" if parts else None


def _computed_in(frozen: Mapping[str, Any]) -> str | None:
    parts = [frozen.get("precision"), f"on {frozen['device']}" if frozen.get("device") else None]
    parts.append("compiled" if frozen.get("compile") else None)
    threads = frozen.get("threads")
    parts.append(f"{threads} threads" if threads else None)
    return ", ".join(str(part) for part in parts if part) or None


def curves_section(report: Report) -> Markup:
    """The curves of each stage, what happened on the way, and the estimates as a table."""
    return section("curves", "How it learned", (_stage_curves(report, stage) for stage in report.stages))


def _stage_curves(report: Report, stage: Stage) -> Markup:
    metrics = stage.metrics
    if not metrics.steps and not metrics.evaluations:
        return group(stage_heading(report, stage), el("p", "No step has been recorded yet.", class_="empty"))
    return group(stage_heading(report, stage), charts.curves(stage), _events(stage), _estimates(stage))


def _events(stage: Stage) -> Markup | None:
    metrics = stage.metrics
    items = [
        group(
            el("b", f"Step {wording.count(event.step)}"),
            f" {event.event.replace('_', ' ')}",
            _tail(event.message),
        )
        for event in metrics.events
    ]
    if metrics.cut:
        items.append(group("The last line of metrics.jsonl was cut short and is left out."))
    if metrics.unreadable:
        lines = "1 line" if metrics.unreadable == 1 else f"{wording.count(metrics.unreadable)} lines"
        items.append(group(f"{lines} of metrics.jsonl could not be read (a kill may cut one short)."))
    return el("ul", (el("li", item) for item in items), class_="notes") if items else None


def _tail(message: str) -> str | None:
    return f": {message}" if message else None


def _estimates(stage: Stage) -> Markup | None:
    if not stage.metrics.evaluations:
        return None
    head = el("tr", (el("th", name, scope="col") for name in ("Step", "Training loss", "Validation loss")))
    best = stage.metrics.best
    rows = (
        el(
            "tr",
            el("th", wording.count(point.step), scope="row"),
            el("td", wording.decimal(point.train_loss)),
            el("td", wording.decimal(point.validation_loss), " best" if point is best else None),
            class_="best" if point is best else None,
        )
        for point in stage.metrics.evaluations
    )
    table = el("table", el("thead", head), el("tbody", rows), class_="numbers")
    return el("details", el("summary", "The estimates as a table"), scrolling(table, "Estimated losses"))


def scrolling(table: Markup, label: str) -> Markup:
    """A table that may be wider than a phone: it scrolls, by keyboard too."""
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=label)


def stories_section(report: Report) -> Markup:
    """For each prompt what the model wrote at several points of the training, side by side."""
    stages = [stage for stage in report.stages if _strips(report, stage)]
    legend = el(
        "p",
        "The ",
        el("b", "prompt", class_="prompt"),
        " was given; all after it the model wrote.",
        class_="hint",
    )
    if not stages:
        empty = el("p", "No samples have been written yet.", class_="empty")
        return section("stories", "What it wrote along the way", empty)
    return section("stories", "What it wrote along the way", legend, (_stage_strips(report, s) for s in stages))


def _strips(report: Report, stage: Stage) -> dict[tuple[str, int], list[tuple[int, Continuation]]]:
    """(prompt, its number among equals) -> what was written at each step.

    Of a fine-tuning only its answers: its stories stand where it is shown what was forgotten.
    """
    strips: dict[tuple[str, int], list[tuple[int, Continuation]]] = {}
    for samples in stage.samples:
        seen: dict[str, int] = {}
        for item in samples.items:
            nth = seen[item.prompt] = seen.get(item.prompt, 0) + 1
            if stage.stage != FINETUNING or report.is_answer(stage, item):
                strips.setdefault((item.prompt, nth), []).append((samples.step, item))
    return strips


def _stage_strips(report: Report, stage: Stage) -> Markup:
    strips = _strips(report, stage)
    answers = stage.stage == FINETUNING
    (_, first), *others = strips.items()
    more = el(
        "details",
        el("summary", f"{len(others)} more {'prompt' if len(others) == 1 else 'prompts'}"),
        (_strip(stage, cards, answers) for _, cards in others),
    )
    return group(
        stage_heading(report, stage),
        notice(stage) if answers else None,
        _strip(stage, first, answers),
        more if others else None,
    )


def _strip(stage: Stage, cards: Sequence[tuple[int, Continuation]], answers: bool) -> Markup:
    items = (el("li", _when(stage, step), story(item, answers)) for step, item in cards)
    label = f"Texts from the prompt {cards[0][1].prompt!r} at {len(cards)} points of the training"
    return el("div", el("ol", items), class_="strip", tabindex="0", role="region", aria_label=label)


def _when(stage: Stage, step: int) -> Markup:
    estimate = stage.metrics.evaluation_at(step)
    known = estimate is not None and estimate.validation_loss is not None
    loss = f"validation loss {estimate.validation_loss:.2f}" if known else None
    name = f"Step {wording.count(step)}" if step else "Before training"
    return el("p", el("b", name), " ", el("span", loss), class_="when")


def story(item: Continuation, answer: bool = False) -> Markup:
    """A prompt and what the model wrote after it (an answer below it), as it came, and why it stopped."""
    stops = {"end": "ended by itself", "length": "stopped at the length limit"}
    prompt = el("b", item.prompt, class_="prompt asked" if answer else "prompt") if item.prompt else None
    text = el("div", prompt, item.text or el("i", "nothing"), class_="written", dir="auto")
    return group(text, el("p", stops.get(item.stop or "", item.stop), class_="stop") if item.stop else None)
