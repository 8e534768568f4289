"""The sections of the page about suites and audits: whatever their files hold, each as its plots, tables and notes."""

from __future__ import annotations

from collections.abc import Callable

from slm.evaluation.sections import AUDIT, Section, Table
from slm.report import charts, wording
from slm.report.markup import Markup, el, group
from slm.report.run_record import Report, Stage, SuiteResult
from slm.report.training_sections import scrolling, section, stage_heading


def suite_section(report: Report) -> Markup | None:
    """What suites found, of every stage that was measured; None where none was."""
    return _found(report, "suites", "Evaluation by questions", lambda result: result.name != AUDIT)


def audit_section(report: Report) -> Markup | None:
    """What audits found: overlap with the training text, and what was learned by heart."""
    return _found(report, "audit", "Audit", lambda result: result.name == AUDIT)


def _found(report: Report, name: str, title: str, wanted: Callable[[SuiteResult], bool]) -> Markup | None:
    parts = [(stage, [result for result in stage.suites if wanted(result)]) for stage in report.stages]
    parts = [(stage, results) for stage, results in parts if results]
    if not parts:
        return None
    stages = (group(stage_heading(report, stage), (_suite(stage, one) for one in results)) for stage, results in parts)
    return section(name, title, stages)


def _suite(stage: Stage, result: SuiteResult) -> Markup:
    when = f" Measured {wording.date(result.created)}." if result.created else ""
    changed = None
    if result.sha256 and stage.weights and result.sha256 not in stage.weights.values():
        changed = el("p", "The weights of the run are no longer those that were measured.", class_="empty")
    missing = el("ul", (el("li", line) for line in result.missing), class_="notes") if result.missing else None
    suite = "" if result.name == AUDIT else f"Suite {result.name}: "
    about = el("p", f"{suite}{result.description}{when}", class_="hint")
    return group(about, changed, map(_section, result.sections), missing)


def _section(found: Section) -> Markup:
    plots = ((charts.plot_legend(plot), charts.dot_plot(plot)) for plot in found.plots)
    tables = (scrolling(_table(table), found.title) for table in found.tables)
    notes = (el("p", note, class_="hint") for note in found.notes)
    return group(el("h3", found.title), plots, tables, notes)


def _table(table: Table) -> Markup:
    head = el("tr", (el("th", name, scope="col") for name in table.columns))
    rows = (el("tr", el("th", row[0], scope="row"), (el("td", cell) for cell in row[1:])) for row in table.rows)
    caption = el("caption", table.caption) if table.caption else None
    return el("table", caption, el("thead", head), el("tbody", rows), class_="numbers results")
