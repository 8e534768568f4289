"""Sections of the page that keep the record: times, sizes, machine, how to do it again, what is not claimed.

They state what `run.json` and the folder say, and know nothing about scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slm.report import wording
from slm.report.markup import Markup, el
from slm.report.recipe_text import to_toml
from slm.report.run_record import FINETUNING, Report, Stage
from slm.report.training_sections import facts, section, stage_heading, stage_title

Row = tuple[str, Any]


def record_section(report: Report) -> Markup:
    """Times and sizes of each stage; machine and versions once for each that differs."""
    cards = [el("div", _heading(report, stage), facts(_stage_rows(stage), _named(stage))) for stage in report.stages]
    machines: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    for stage in report.stages:
        if (stage.machine, stage.versions) not in machines:
            machines.append((stage.machine, stage.versions))
    where = [
        el("div", el("h3", "Machine and versions"), facts(_machine(*pair), "Machine and versions")) for pair in machines
    ]
    return section("record", "Time, size, machine", el("div", cards, where, class_="cards"))


def _heading(report: Report, stage: Stage) -> Markup:
    return stage_heading(report, stage) or el("h3", "Times and sizes")


def _named(stage: Stage) -> str:
    return f"{stage_title(stage)}: times and sizes"


def _stage_rows(stage: Stage) -> list[Row]:
    names = {
        "checkpoints/best": "Best checkpoint",
        "checkpoints/last": "Last checkpoint",
        "best_model_params.pt": "Best weights (.pt)",
        ".": "Whole run folder",
    }
    timing = [(key, value) for key, value in stage.timing.items() if isinstance(value, int | float)]
    return [
        ("Started", wording.date(stage.created)),
        ("Finished", wording.date(stage.finished) if stage.finished else f"not yet ({stage.state})"),
        *((wording.words(key.removesuffix("_seconds")), wording.duration(value)) for key, value in timing),
        ("Most memory held", wording.size(stage.peak_memory_bytes) if stage.peak_memory_bytes else None),
        *((names.get(name, name), wording.size(value)) for name, value in stage.sizes.items()),
    ]


def _machine(machine: Mapping[str, Any], versions: Mapping[str, Any]) -> list[Row]:
    memory = machine.get("memory_gb")
    known = {
        "Processor": machine.get("processor"),
        "Cores": machine.get("cores"),
        "Memory": f"{memory:.0f}{wording.NBSP}GB" if isinstance(memory, int | float) else memory,
        "Accelerator": machine.get("accelerator") or "none",
    }
    rows = [(name, value) for name, value in known.items() if machine]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [*rows, ("Versions", packages or "not recorded")]


def again_section(report: Report) -> Markup:
    """The commands, the recipes and the hashes that a repetition is checked against."""
    commands = list(dict.fromkeys(stage.command for stage in report.stages if stage.command))
    shown = (
        el("pre", el("code", "\n".join(commands))) if commands else el("p", "No command was recorded.", class_="empty")
    )
    version = report.run.versions.get("slm")
    return section(
        "again",
        "How to do it again",
        el("p", f"With slm {version} and the versions above:") if version else None,
        shown,
        (_recipe(stage) for stage in report.stages if stage.recipe),
        _hashes(report),
    )


def _recipe(stage: Stage) -> Markup:
    summary = f"The recipe of {stage.name} as TOML"
    return el("details", el("summary", summary), el("pre", el("code", to_toml(stage.recipe)), tabindex="0"))


def _hashes(report: Report) -> Markup | None:
    rows = [row for stage in report.stages for row in _stage_hashes(stage)]
    if not rows:
        return None
    body = (el("tr", el("th", name, scope="row"), el("td", el("code", value))) for name, value in rows)
    table = el("table", el("caption", "SHA-256", class_="hidden"), el("tbody", body), class_="facts hashes")
    return el("details", el("summary", "SHA-256 of data and weights"), table)


def _stage_hashes(stage: Stage) -> Iterable[Row]:
    data = stage.data.get("sha256")
    for name, value in (data if isinstance(data, Mapping) else {}).items():
        yield f"{stage.name}: {name}", str(value)
    for checkpoint, value in stage.weights.items():
        yield f"{stage.name}: checkpoints/{checkpoint}/model.safetensors", value
    if stage.parent is not None and stage.parent.sha256:
        yield f"{stage.name}: the weights it started from", stage.parent.sha256


def claims_section(report: Report) -> Markup:
    """What the figures do not say."""
    return section(
        "claims",
        "What is not claimed",
        el("ul", (el("li", claim) for claim in _claims(report)), class_="claims"),
    )


def _claims(report: Report) -> Iterable[str]:
    yield "This is a small research model. It writes what is likely, not what is true."
    yield from dict.fromkeys(s.limits for s in report.stages if s.stage == FINETUNING and s.limits)
    if report.synthetic:
        yield (
            "Data marked synthetic were made by a program. Figures on them say that the pipeline works, "
            "not how well the model would do on texts that people wrote."
        )
    yield (
        "The figures hold for these held-out texts. Losses per token compare only between models with the "
        "same tokenizer, bits per byte only on the same text."
    )
    yield "Intervals show the chance in the choice of documents, not in the seed: it was trained once."
    yield "Learned by heart counts exact repetitions alone; what was learned in other words is not found."
