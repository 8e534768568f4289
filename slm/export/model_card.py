"""The model card, README.md of an export: what the model is, what it learned from, its figures, its limits.

Every figure in it was recorded by a run or the round trip; what is not known is left out. The sections follow Mitchell
et al. 2019, the head of the file Hugging Face's documentation of model cards.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slm import __version__
from slm.checkpoint import LoadedModel
from slm.errors import DataError
from slm.report import wording
from slm.report.collect import collect
from slm.report.run_record import Report, Stage


def model_card(loaded: LoadedModel, name: str, licence: str) -> str:
    """The card of a model, from its run where it lies in one; `licence` is an SPDX identifier, or ''."""
    report = _report_of(loaded.folder)
    parts = [_head(loaded, licence), f"# {name}", *_about(loaded)]
    if report is not None:
        parts += ["## Training", *(_stage(stage) for stage in report.stages), *_figures(report)]
    parts += ["## Use", _use(loaded), "## Limits", *_limits(loaded, report), "## Licence", _licence(licence)]
    parts += ["## Provenance", _provenance(loaded, report)]
    return "\n\n".join(parts) + "\n"


def _report_of(folder: Path) -> Report | None:
    """The record of the run whose checkpoint `folder` is; None for other folders, and where the record is damaged."""
    if folder.parent.name != "checkpoints" or not (folder.parent.parent / "run.json").is_file():
        return None
    try:
        return collect(folder.parent.parent)
    except DataError:
        return None


def _head(loaded: LoadedModel, licence: str) -> str:
    tags = ["text-generation", "small-language-model", "slm"]
    lines = ["library_name: transformers", "pipeline_tag: text-generation", "tags:", *(f"- {tag}" for tag in tags)]
    if licence:
        lines.insert(0, f"license: {licence.lower()}")
    return "\n".join(["---", *lines, "---"])


def _about(loaded: LoadedModel) -> Iterable[str]:
    config = loaded.model.config
    layout = {"gpt2": "GPT-2", "qwen3": "Qwen3"}[config.architecture]
    count = sum(parameter.numel() for parameter in loaded.model.parameters())
    yield (
        f"A language model in {layout}'s layout: {config.n_layer} layers of {config.n_embd} channels and "
        f"{config.n_head} heads, {wording.large(count)} parameters, {config.vocab_size:,} tokens, a context of "
        f"{config.block_size} tokens. Made with slm {__version__}."
    )
    if loaded.notice:
        yield f"**{loaded.notice}**"


def _stage(stage: Stage) -> str:
    rows = [
        ("Stage", stage.stage),
        ("Texts", ", ".join(map(wording.source, stage.sources)) or None),
        ("Documents", _count(stage.data.get("train_documents"))),
        ("Tokens of text", _count(stage.data.get("train_tokens"))),
        ("Tokens trained on", _count(stage.tokens_seen)),
        ("Training time", wording.duration(stage.training_seconds) if stage.training_seconds else None),
        ("Machine", ", ".join(map(str, filter(None, _machine(stage)))) or None),
        ("Recipe", str(stage.recipe.get("name") or "") or None),
    ]
    return _table(("", "`" + stage.name + "`"), [(key, value) for key, value in rows if value])


def _machine(stage: Stage) -> tuple[object, ...]:
    cores = stage.machine.get("cores")
    return (
        stage.machine.get("processor"), f"{cores} cores" if cores else None, stage.machine.get("accelerator"),
        stage.frozen.get("precision"),
    )  # fmt: skip


def _figures(report: Report) -> Iterable[str]:
    rows = []
    for pair in report.run.comparisons():
        for moment in (pair.before, pair.after) if pair.after else ():  # an unfinished run has no figures yet
            if moment is not None and moment.bits_per_byte is not None:
                interval = f"{moment.interval[0]:.3f} to {moment.interval[1]:.3f}" if moment.interval else ""
                figure, documents = f"{moment.bits_per_byte:.3f}", _count(moment.documents)
                title = wording.shortened(pair.title, pair.data)
                rows.append((title, f"{moment.moment} training", figure, interval, documents))
    if rows:
        yield "## Figures"
        yield _table(("text", "measured", "bits per byte", "95 % interval", "documents"), rows)
        yield (
            "Each document is scored alone, every token once, in float32; bits per byte compare on the same text only."
        )


def _use(loaded: LoadedModel) -> str:
    if loaded.prompt_format is None:
        opening = 'inputs = tokenizer("Once upon a time", return_tensors="pt")'
    else:
        opening = (
            'question = [{"role": "user", "content": "How can I prevent the flu?"}]\n'
            'inputs = tokenizer.apply_chat_template(question, return_tensors="pt", return_dict=True)'
        )
    return (
        "```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'folder = "."  # where this file lies\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\nmodel = AutoModelForCausalLM.from_pretrained(folder)\n"
        f"{opening}\nprint(tokenizer.decode(model.generate(**inputs)[0]))\n```"
    )


def _limits(loaded: LoadedModel, report: Report | None) -> Iterable[str]:
    yield (
        "A small research model: it writes what is likely in texts like those it learned from, not what is true, knows "
        "nothing else, and repeats what is wrong or unfair in them."
    )
    if loaded.notice and loaded.domain.limits:
        yield loaded.domain.limits
    if report is not None and report.synthetic:
        yield "Texts marked as samples were made by a program; figures on them say that the pipeline works, no more."


def _licence(licence: str) -> str:
    if licence:
        return f"{licence}, as stated by who exported the model. The texts it learned from have licences of their own."
    return "Not stated. The texts it learned from have licences of their own, which may bind what is made of them."


def _provenance(loaded: LoadedModel, report: Report | None) -> str:
    rows = [("SHA-256 of the weights it was made from", f"`{loaded.sha256}`")]
    if report is not None:
        rows += [(f"Command of `{stage.name}`", f"`{_plain(stage.command)}`") for stage in report.stages]
    return _table(("", ""), rows)


def _plain(command: str) -> str:
    """A command without the folders in it, which belong to one machine."""
    return " ".join(wording.source(word) if "/" in word and ":" not in word else word for word in command.split())


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
