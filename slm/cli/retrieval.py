"""The commands over one's own documents: index and search."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options
from slm.cli.making import observing
from slm.errors import ConfigError, DataError

if TYPE_CHECKING:

    from slm.rag.indexing import IndexReport, Progress
    from slm.rag.places import Place
    from slm.rag.retriever import Hit, Retriever

INDEXES = Path("indexes")
SHOWN_UNREADABLE = 10

PLACE = "FOLDER|ADDRESS"
Index = Annotated[
    str,
    typer.Option(
        "--index", metavar=PLACE, help="The index: a folder, or postgresql://...; by default the newest in indexes/."
    ),
]


def register(app: typer.Typer) -> None:
    for command in (index, search):
        app.command()(command)


def index(
    documents: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, globs (txt, md, html, pdf, docx, jsonl, csv ...), hub:owner/name, samples:medical; "
            "none: all that the index was made from."
        ),
    ] = None,
    out: Annotated[
        str,
        typer.Option(
            metavar=PLACE,
            help="The index: a folder, by default indexes/<first document's name>; or postgresql://host/database.",
        ),
    ] = "",
    remove: Annotated[
        list[str] | None, typer.Option(metavar="DOCUMENTS", help="Remove these from the index. Repeatable.")
    ] = None,
    encoder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A text encoder: search by its vectors too.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="Which column is text, title or url. Repeatable."),
    ] = None,
    separator: options.Separator = "",
    domain: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="Of answers from it: general, medical, or a .toml of your own."),
    ] = "",
    search_titles: Annotated[
        bool | None,
        typer.Option(
            "--search-titles/--no-search-titles",
            help="Find passages by their documents' titles too (as a new index does), or by text alone.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Make documents searchable, or bring their index up to date.

    Reads what changed since the last time; what is gone from a folder goes from the index. Safe to stop.

    Example: slm index manuals/ --out indexes/manuals
    """
    from slm.rag.index_domain import choose_domain
    from slm.rag.places import is_address, place_of
    from slm.rag.retriever import Retriever
    from slm.rag.vectors import choose_encoder

    for name in [*(documents or ()), *(remove or ())]:
        if is_address(name):
            raise ConfigError("expected documents, got the address of a server; an index on one is named with --out")
    place = place_of(out) if out else _folder_for(documents)
    with observing() as observer:
        report = _changed_index(place, documents, remove, column, separator, search_titles, observer.working)
        if encoder is not None:
            choose_encoder(place, encoder, observer.working)
        if domain:
            choose_domain(place, domain)
        with Retriever.open(place, observer.working) as retriever:
            counts = retriever.store.counts()
    if as_json:
        print(json.dumps({"folder": str(place), **counts, **vars(report)}, indent=1))
    else:
        _print_report(place, counts, report)
    if report.unreadable and not counts["documents"]:
        raise DataError(f"{place}: nothing to search, since none of the documents could be read; see above")


def _changed_index(
    place: Place, documents: list[str] | None, remove: list[str] | None, column: list[str] | None, separator: str,
    search_titles: bool | None, progress: Progress,
) -> IndexReport:  # fmt: skip
    """Remove what shall go; then index documents, or with neither bring all up to date."""
    from slm.rag.indexing import IndexReport, IndexSettings, index_documents, refresh_index, remove_sources

    report = remove_sources(place, tuple(remove)) if remove else IndexReport()
    if documents:
        section = options.documents_section(documents, "text", column, separator=separator)
        settings = IndexSettings(
            section.get("separator", IndexSettings.separator),
            section["columns"],
            _searches_titles(place) if search_titles is None else search_titles,
        )
        return index_documents(place, tuple(documents), settings, progress, report)
    if column or separator or search_titles is not None:
        raise ConfigError("--column, --separator and --search-titles say how documents are read: name the documents")
    return report if remove else refresh_index(place, progress)


def _folder_for(documents: list[str] | None) -> Path:
    from slm.prepare import slug

    return INDEXES / slug(documents[0]) if documents else newest_index()


def _searches_titles(place: Place) -> bool:
    """What the index does, True where there is none yet."""
    from slm.rag import stores

    if not stores.exists(place):
        return True
    with stores.open_store(place) as store:
        return store.search_titles


def search(
    question: Annotated[str, typer.Argument(help="What to look for, in quotes.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages to show at most.")] = 10,
    index: Index = "",
    as_json: options.Json = False,
) -> None:
    """Show the passages that a question finds, the best first.

    Example: slm search "What are the symptoms of glaucoma?" -k 5
    """
    with opened(index) as retriever:
        hits = retriever.search(question, k)
        words, languages = set(retriever.terms(question)), retriever.languages(question)
    if as_json:
        print(json.dumps([_as_json(hit) for hit in hits], indent=1, ensure_ascii=False))
    elif hits:
        from slm.cli.passage_table import print_hits

        print_hits(hits, words, languages)
    else:
        reason = "no passage has any of its words" if words else "it has no words but the commonest"
        print(f"nothing found: {reason}")


def opened(index: str) -> Retriever:
    """The index that a person names, by default the newest. Raises DataError where there is none."""
    from slm.rag.retriever import Retriever

    with observing() as observer:
        return Retriever.open(index or newest_index(), observer.working)


def newest_index() -> Path:
    """The index that was changed last. Raises DataError where there is none."""
    found = sorted(INDEXES.glob("*/passages.sqlite"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise DataError(f"expected an index in {INDEXES}/, found none; make one: slm index DOCUMENTS")
    return found[-1].parent


def _as_json(hit: Hit) -> dict[str, Any]:
    return {"score": hit.score, "ranks": hit.ranks, "scores": hit.scores, **vars(hit.passage)}


def _print_report(place: Place, counts: dict[str, int], report: IndexReport) -> None:
    from slm.cli.console import say

    for note in report.notes:
        say(note)
    changes = (
        f"{report.documents_added:,} added, {report.documents_removed:,} removed, {report.documents_kept:,} unchanged"
    )
    print(
        f"{place}: {counts['documents']:,} documents in {counts['passages']:,} passages ({changes}"
        + (f", {report.duplicates:,} duplicates left out)" if report.duplicates else ")")
    )
    if report.unreadable:
        print(f"could not be read ({len(report.unreadable)}):")
        for name, reason in report.unreadable[:SHOWN_UNREADABLE]:
            print(f"  {name}: {reason}")
        if len(report.unreadable) > SHOWN_UNREADABLE:
            print(f"  ... and {len(report.unreadable) - SHOWN_UNREADABLE} more: --json lists them")
    if counts["documents"]:
        shown = shlex.quote(str(place))
        print(f'\nnext: slm search "..." --index {shown}, or slm ask "..." for an answer from it')
