"""The command that answers from sources: ask. Without --generate no model is opened, and torch never is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options, retrieval
from slm.cli.sources import open_source
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.domain import Domain
    from slm.model_folder import ModelFolder

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    question: Annotated[str, typer.Argument(help="What to ask, in quotes.")],
    index: retrieval.Index = "",
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many sentences to quote at most.")] = 5,
    show: Annotated[
        int, typer.Option(min=0, help="Open the source of this number: its passage, the quoted sentences marked.")
    ] = 0,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Quote from this probability up that sources answer: 0 to 1, 0.5 by default."),
    ] = None,
    domain: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="In place of the index's: general, medical, or a .toml of your own."),
    ] = "",
    generate: Annotated[
        bool, typer.Option("--generate", help="After the quotes also what a model writes by itself, which is no fact.")
    ] = False,
    model: Annotated[str, typer.Option(help="For --generate: a tuned run; by default the newest.")] = "",
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Answer from an index in its own words, each with its source.

    What the index does not answer is said to be "not in my sources", before a word is written.

    Example: slm ask "What are the symptoms of glaucoma?" --index indexes/medquad
    """
    from dataclasses import replace

    from slm.domain import load_domain
    from slm.rag.answering import answer
    from slm.rag.index_domain import domain_of
    from slm.rag.quoting import usual

    if model and not generate:
        raise ConfigError("--model names who writes beside the quotes: add --generate")
    folder = _writer(model, runs) if generate else None
    with retrieval.opened(index) as retriever:
        chosen = load_domain(domain) if domain else domain_of(retriever.store)
        found = answer(question, retriever, chosen, replace(usual(retriever), sentences=k), threshold)
    if show > len(found.sources):
        raise ConfigError(f"--show expects a source of the answer, 1 to {len(found.sources)}, got {show}")
    written = _written(folder, question) if folder and found.answered else ""
    if as_json:
        more = {"generated": {"text": written, "model": str(folder.path)}} if written else {}
        print(json.dumps({**found.fields(), "languages": list(_covered(chosen)), **more}, indent=1, ensure_ascii=False))
        return
    from slm.cli.answer_text import print_answer, print_source

    if show:
        print_source(found, show)
    else:
        print_answer(found, _covered(chosen), written, folder.path if folder else None)


def _covered(domain: Domain) -> tuple[str, ...]:
    """The languages in which signs of an emergency are looked for; none where the domain knows of no such signs."""
    return domain.languages if domain.settings.emergency else ()


def _writer(model: str, runs: Path) -> ModelFolder:
    folder = open_source(model, runs, tuned=True)
    if folder.prompt_format is None:
        raise ConfigError(f"{folder.path} was not fine-tuned on questions; name a tuned run with --model")
    return folder


def _written(folder: ModelFolder, question: str) -> str:
    """What the model says by itself, without any source."""
    from slm.generation.engines import open_engine
    from slm.generation.generator import GenerationConfig, Generator

    engine = open_engine(folder, message=lambda text: print(text, file=sys.stderr))
    config = GenerationConfig(200, temperature=0.0)
    completion = Generator(engine, folder.tokenizer).complete(folder.prompt_format.prompt(question), config)[0]
    return folder.prompt_format.shown(completion.text).strip()
