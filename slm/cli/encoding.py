"""The commands of text encoders: encoder train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options
from slm.cli.making import observing

if TYPE_CHECKING:
    from slm.rag.encoder_stage import MadeEncoder

encoder = typer.Typer(help="Make what finds passages by their meaning.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(encoder, name="encoder")


@encoder.command()
def train(
    pairs: Annotated[
        list[str], typer.Argument(help="Questions with their answers: files, folders, globs, hub:owner/name.")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the encoder.")] = Path("encoders/encoder"),
    column: options.Column = None,
    validation: options.Validation = None,
    strict: options.Strict = False,
    limit: options.Limit = 0,
    holdout: Annotated[float, typer.Option(help="Share held out, for the reranker and the figures.")] = 0.1,
    epochs: Annotated[int, typer.Option(help="How often all pairs are gone through.")] = 9,
    dimension: Annotated[int, typer.Option(help="Numbers of a vector; fewer take less room and find less.")] = 512,
    vocabulary: Annotated[int, typer.Option(help="Tokens of its own vocabulary, made from the pairs.")] = 8192,
    batch: Annotated[int, typer.Option(help="Pairs of a step.")] = 512,
    learning_rate: Annotated[float, typer.Option(help="At its highest.")] = 2e-3,
    seed: Annotated[int, typer.Option(help="Decides the first weights and the order of the pairs.")] = 0,
    threads: options.Threads = 0,
    as_json: options.Json = False,
) -> None:
    """Train an encoder and a reranker on questions and answers.

    Both learn from your own pairs, in minutes on a CPU; a tenth of the questions is held out to measure them. What
    they write makes slm search find passages that answer, not only passages with the same words.

    Example: slm encoder train questions.jsonl --out encoders/mine
    """
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig
    from slm.device import choose_machine
    from slm.rag.encoder_stage import make_encoder
    from slm.rag.encoder_training import EncoderSettings
    from slm.training.stop_request import stopping_at_once

    section = options.documents_section(
        pairs, "question_answer", column, validation, strict=strict, limit=limit, holdout=holdout
    )
    documents = from_dict(DocumentsConfig, section, where="slm encoder train")
    settings = EncoderSettings(vocabulary, dimension, epochs, batch, learning_rate, seed)
    choose_machine("cpu", threads=threads)
    with observing() as observer, stopping_at_once("the same command again"):
        made = make_encoder(documents, out, settings, observer)
    if as_json:
        print(json.dumps(made.training | {"folder": str(made.folder)}, indent=1))
    else:
        _print(made)


def _print(made: MadeEncoder) -> None:
    from rich.markup import escape
    from rich.table import Table

    from slm.cli.summary import out

    training = made.training
    out.print(f"on {training['held_out_questions']:,} held-out questions, among {training['answers']:,} answers:")
    table = Table(box=None, pad_edge=False)
    for heading in ("", "recall@1", "recall@5", "recall@10", "nDCG@10"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_row("encoder", *_row(training["encoder"]))
    if training["reranker"]:
        table.add_row("reranked", *_row(training["reranker"]))
    out.print(table)
    if not training["reranker"]:
        out.print("no reranker: too few questions were held out to train one")
    out.print(f"\nwritten: {escape(str(made.folder))}", soft_wrap=True)
    out.print(f"next:    slm index DOCUMENTS --encoder {escape(str(made.folder))}", soft_wrap=True)


def _row(figures: dict[str, Any]) -> list[str]:
    return [f"{figures[name]:.3f}" for name in ("recall@1", "recall@5", "recall@10", "ndcg@10")]
