"""The command that asks what a model or a text must answer before it is believed: audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.making import observing
from slm.cli.suites import print_sections
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.audit.auditing import Audit
    from slm.audit.scan import Scan

RUNS = Path("runs")
SHOWN_PLACES = 5


def register(app: typer.Typer) -> None:
    app.command()(audit)


def audit(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN|DOCUMENTS", help="A run (by default the newest), or documents as for slm prepare."),
    ] = None,
    validation: options.Validation = None,
    kind: Annotated[str, typer.Option(help="Of documents: text, or question_answer.")] = "text",
    column: options.Column = None,
    separator: options.Separator = "",
    suite: Annotated[
        str, typer.Option(help="Also look for the questions of a suite: medical, or your own file.toml.")
    ] = "",
    data: Annotated[
        list[str] | None, typer.Option(help="Of the suite: files, folders or MEASURE=FILE. Repeatable.")
    ] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Look through documents for personal data instead.")
    ] = False,
    prompts: Annotated[
        int, typer.Option(help="Of a run: continuations of training and of validation text; 0 none.")
    ] = 200,
    canaries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a run that learned from this file too: are its secrets in the model?"),
    ] = None,
    plant_canaries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a file of made-up secrets to train on beside your documents."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides which continuations, and which secrets.")] = 0,
    engine: options.EngineKind = "auto",
    threads: options.Threads = 0,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Look for leaks, memorised text and personal data.

    Of a run: which validation documents and suite questions stand in its training text, its scores without them, how
    much of its training text it goes on from word for word, and planted secrets. Of documents, before a run: the
    overlap of training, validation and a suite, or with --personal what looks like data of people.

    Example: slm audit mine    or: slm audit notes/ --personal
    """
    if plant_canaries:
        _plant(plant_canaries, seed)
        return
    words = what or []
    if personal:
        _personal(words, separator, as_json)
        return
    if len(words) > 1 or (words and not _is_run(words[0], runs)):
        if canaries:
            raise ConfigError("--canaries is about a run that learned from them; name the run")
        found = _of_documents(words, kind, column, validation, separator, suite, data or [])
        kept = None
    else:
        if validation or column or separator:
            raise ConfigError("--validation, --column and --separator say how documents are read; a run has its own")
        name = words[0] if words else ""
        found, kept = _of_run(name, suite, data or [], prompts, canaries, seed, engine, threads, runs)
    _print(found, as_json)
    if kept:
        from slm.cli.console import say

        say(kept)


def _is_run(name: str, runs: Path) -> bool:
    return any((path / "run.json").is_file() for path in (runs / name, Path(name)))


def _of_documents(
    words: list[str], kind: str, column: list[str] | None, validation: list[str] | None, separator: str, suite: str,
    data: list[str],
) -> Audit:  # fmt: skip
    from slm.audit.auditing import audit_documents
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig, open_documents

    section = options.documents_section(words, kind, column, validation, separator)
    stream = open_documents(from_dict(DocumentsConfig, section, where="slm audit"))
    with observing() as observer:
        return audit_documents(stream, _questions(suite, data), observer)


def _of_run(
    name: str, suite: str, data: list[str], prompts: int, canaries: Path | None, seed: int, engine: str, threads: int,
    runs: Path,
) -> tuple[Audit, str]:  # fmt: skip
    from slm.audit.auditing import AuditSettings, audit_run
    from slm.model_folder import open_model_folder
    from slm.report.html import write_report
    from slm.training.run_folder import find_run

    run = find_run(name, runs)
    settings = AuditSettings(prompts, seed, canaries, engine, threads)
    folder = open_model_folder(run.best_model())
    with observing() as observer:
        found = audit_run(run, folder, _questions(suite, data), settings, observer)
    path = found.keep(run)
    return found, f"kept in {path} and in {write_report(run.path)}"


def _questions(suite: str, data: list[str]) -> list:
    from slm.audit.held_out import suite_texts
    from slm.evaluation.suites import find_files, load_suite

    if not suite:
        if data:
            raise ConfigError("--data are the files of a suite; name it with --suite")
        return []
    if not data:
        raise ConfigError(f"--suite {suite} needs the files with its questions: --data FOLDER")
    return list(suite_texts(find_files(load_suite(suite), data)))


def _print(found: Audit, as_json: bool) -> None:
    from slm.cli.console import say

    if as_json:
        print(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
        return
    print_sections(found.sections)
    for line in found.missing:
        say(line)
    for line in found.overlaps[:SHOWN_PLACES]:
        kind = "verbatim" if line["verbatim"] else f"{100 * max(line['share'], line['jaccard']):.0f} %"
        key = line["key"] if isinstance(line["key"], int | str) else " ".join(map(str, line["key"]))
        say(f"  {line['held_out']} {key}: {kind} in {line['where']}")
    if len(found.overlaps) > SHOWN_PLACES:
        say(f"  ... and {len(found.overlaps) - SHOWN_PLACES:,} more: --json lists them")


def _personal(words: list[str], separator: str, as_json: bool) -> None:
    from slm.audit.scan import scan_documents
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig

    if not words:
        raise ConfigError("--personal looks through documents: name them")
    section = options.documents_section(words, "text", separator=separator)
    config = from_dict(DocumentsConfig, section, where="slm audit")
    with observing() as observer:
        scan = scan_documents(config, lambda done, total: observer.working("looking through", done, total))
    if as_json:
        print(json.dumps(scan.as_dict(), indent=1))
    else:
        _print_scan(scan)


def _print_scan(scan: Scan) -> None:
    from slm.audit.scan import NOT_FOUND
    from slm.cli.console import say
    from slm.evaluation.sections import Section, Table

    rows = tuple(
        (name, f"{count:,}", f"{scan.in_documents[name]:,}", scan.places[name][0].masked, scan.places[name][0].where)
        for name, count in sorted(scan.counts.items(), key=lambda pair: -pair[1])
    )
    table = Table(("kind", "found", "documents", "such as", "first in"), rows)
    title = f"{scan.with_any:,} of {scan.documents:,} documents hold what looks like personal data"
    notes = (
        "By form alone, with check digits where there are any: it may belong to an institution. Not looked for: "
        f"{NOT_FOUND}.",
        "Places of all: --json. Nothing is shown whole.",
    )
    print_sections({"personal": Section(title, (table,) if rows else (), notes)})
    for name, reason in scan.unreadable:
        say(f"not read: {name}: {reason}")


def _plant(path: Path, seed: int) -> None:
    from slm.audit.canaries import write_canaries

    canaries = write_canaries(path, seed)
    planted = [canary for canary in canaries if canary.times]
    print(f"{path}: {len(planted)} made-up secrets in {sum(canary.times for canary in planted):,} documents")
    print(f"\nnext: slm train DOCUMENTS {path} --name mine, then slm audit mine --canaries {path}")
