"""The commands over one's own documents: index and search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options
from slm.errors import ConfigError, DataError

if TYPE_CHECKING:
    from slm.rag.indexing import IndexReport
    from slm.rag.retriever import Hit, Retriever

INDEXES = Path("indexes")
SHOWN_UNREADABLE = 10

Index = Annotated[
    Path | None, typer.Option("--index", metavar="FOLDER", help="The index; by default the newest in indexes/.")
]


def register(app: typer.Typer) -> None:
    for command in (index, search):
        app.command()(command)


def index(
    documents: Annotated[
        list[str], typer.Argument(help="Files, folders, globs (txt, md, html, pdf, docx, jsonl, csv ...), hub: names.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The index; by default indexes/<first source>.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="Which column is text, title or url. Repeatable."),
    ] = None,
    separator: options.Separator = "",
    search_titles: Annotated[
        bool, typer.Option(help="Find passages by the titles of their documents too, not by their text alone.")
    ] = True,
    as_json: options.Json = False,
) -> None:
    """Make documents searchable, or bring their index up to date.

    Reads what changed since the last time; what is gone from a folder goes from the index. Safe to stop.

    Example: slm index manuals/ --out indexes/manuals
    """
    from slm.prepare import slug
    from slm.rag.indexing import IndexSettings, index_documents
    from slm.rag.retriever import Retriever

    folder = out or INDEXES / slug(documents[0])
    section = options.documents_section(documents, "text", column, separator=separator)
    settings = IndexSettings(
        **({"separator": section["separator"]} if separator else {}),
        columns=section["columns"], search_titles=search_titles,
    )  # fmt: skip
    with working() as progress:
        report = index_documents(folder, tuple(documents), settings, progress)
        with Retriever.open(folder, progress) as retriever:
            counts = retriever.store.counts()
    if as_json:
        print(json.dumps({"folder": str(folder), **counts, **vars(report)}, indent=1))
    else:
        _print_report(folder, counts, report)


def search(
    question: Annotated[str, typer.Argument(help="What to look for, in quotes.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages to show at most.")] = 10,
    index: Index = None,
    as_json: options.Json = False,
) -> None:
    """Show the passages of an index that a question finds, the best first.

    Example: slm search "What are the symptoms of glaucoma?" -k 5
    """
    with opened(index) as retriever:
        hits = retriever.search(question, k)
        words = set(retriever.terms(question))
    if as_json:
        print(json.dumps([_as_json(hit) for hit in hits], indent=1, ensure_ascii=False))
    elif hits:
        from slm.cli.passage_table import print_hits

        print_hits(hits, words)
    else:
        reason = "no passage has any of its words" if words else "it has no words but the commonest"
        print(f"nothing found: {reason}")


def opened(index: Path | None) -> Retriever:
    """The index that a person names, by default the newest. Raises DataError where there is none."""
    from slm.rag.retriever import Retriever

    with working() as progress:
        return Retriever.open(index or newest_index(), progress)


def newest_index() -> Path:
    """The index that was changed last. Raises DataError where there is none."""
    found = sorted(INDEXES.glob("*/passages.sqlite"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise DataError(f"expected an index in {INDEXES}/, found none; make one: slm index DOCUMENTS")
    return found[-1].parent


def working():
    """A progress bar with the time left, for whatever takes long enough to want one."""
    import contextlib

    from slm.cli.console import ConsoleObserver

    observer = ConsoleObserver()

    @contextlib.contextmanager
    def bar():
        try:
            yield observer.working
        finally:
            observer.close()

    return bar()


def _as_json(hit: Hit) -> dict[str, Any]:
    return {"score": hit.score, "ranks": hit.ranks, "scores": hit.scores, **vars(hit.passage)}


def _print_report(folder: Path, counts: dict[str, int], report: IndexReport) -> None:
    from slm.cli.console import say

    for note in report.notes:
        say(note)
    changes = (
        f"{report.documents_added:,} added, {report.documents_removed:,} removed, {report.documents_kept:,} unchanged"
    )
    print(
        f"{folder}: {counts['documents']:,} documents in {counts['passages']:,} passages ({changes}"
        + (f", {report.duplicates:,} duplicates left out)" if report.duplicates else ")")
    )
    if report.unreadable:
        print(f"could not be read ({len(report.unreadable)}):")
        for name, reason in report.unreadable[:SHOWN_UNREADABLE]:
            print(f"  {name}: {reason}")
        if len(report.unreadable) > SHOWN_UNREADABLE:
            print(f"  ... and {len(report.unreadable) - SHOWN_UNREADABLE} more: --json lists them")
    print(f'\nnext: slm search "..." --index {folder}')
