"""The command that makes a model ready for other engines: export."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.making import observing
from slm.cli.sources import model_and_store

if TYPE_CHECKING:
    from slm.checkpoint import LoadedModel
    from slm.export.exporting import Export

EXPORTS = Path("exports")
STORIES = "samples:stories"  # to compare on, where a model comes without a text of its own


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    model: Annotated[
        str, typer.Argument(help="A run, a model folder or hub:owner/name; by default the newest run.")
    ] = "",
    to: Annotated[str, typer.Option(help="hf, gguf, onnx or web.")] = "gguf",
    bits: Annotated[
        int, typer.Option(help="Of the weights: 32, 16, 8 or 4; by default hf 32, gguf 16, onnx and web 8.")
    ] = 0,
    out: Annotated[
        str, typer.Option(metavar="FOLDER|ADDRESS", help="Where to write; by default exports/NAME-FORMAT-BITS.")
    ] = "",
    licence: Annotated[
        str, typer.Option(help="For the model card (hf), such as apache-2.0; by default not stated.")
    ] = "",
    data: Annotated[
        str, typer.Option(help="Text to compare on: a store or a source; by default what the run held out.")
    ] = "",
    documents: Annotated[int, typer.Option(help="Documents to compare bits per byte on; 0 takes all.")] = 60,
    column: options.Column = None,
    as_json: options.Json = False,
    runs: options.Runs = Path("runs"),
) -> None:
    """Write a model for other engines, proven the same.

    hf for Hugging Face's programs, gguf for llama.cpp, onnx for ONNX Runtime and transformers.js, web for any
    browser. Each is loaded again by the engine that it is for and compared; what differs is refused.

    Example: slm export quick --to gguf --bits 8
    """
    from slm.export import exporting
    from slm.remote.address import checked_address, is_address
    from slm.remote.folders import upload_folder

    if is_address(out):
        checked_address(out, writable=True)
    bits = exporting.checked_bits(to, bits)
    loaded, store = model_and_store(model, data, column, runs, otherwise=STORIES)
    name = _name(loaded)
    folder = Path(out) if out and not is_address(out) else EXPORTS / f"{name}-{to}-{bits}bit"
    with observing() as observer:
        made = exporting.export(
            loaded, to, bits, folder, name, licence, store.validation, documents, store.prompt_format is not None,
            progress=observer.working,
        )  # fmt: skip
    if is_address(out):
        upload_folder(made.folder, out)
    if as_json:
        print(json.dumps(dataclasses.asdict(made) | {"folder": str(made.folder)}, indent=1))
    else:
        _print(made, store.title)
        if is_address(out):
            print(f"copied:  {out}")


def _name(loaded: LoadedModel) -> str:
    """The run's name, or the folder's, here or where it was fetched from."""
    from slm.remote.folders import fetched_from

    if address := fetched_from(loaded.folder):
        return address.rpartition("/")[2]
    in_a_run = loaded.folder.parent.name == "checkpoints"
    return (loaded.folder.parent.parent if in_a_run else loaded.folder).resolve().name or "model"


def _print(made: Export, title: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from slm.cli.summary import out

    if made.round_trip is not None:
        found = made.round_trip
        table = Table(box=None, pad_edge=False, show_header=False)
        equal = "all the same" if not found.strings_with_other_ids else f"{found.strings_with_other_ids} differ"
        rows = {
            "engine": found.engine,
            f"token ids of {found.strings:,} strings": equal,
            "largest difference of logits": f"{found.largest_logit_difference:.2g}",
            f"likeliest token agrees, {found.positions:,} places": f"{100 * found.likeliest_token_agreement:.2f} %",
            "bits per byte of the model": f"{found.reference_bits_per_byte:.4f}",
            "bits per byte of the export": f"{found.bits_per_byte:.4f} ({100 * found.cost:+.3f} %)",
        }
        for row in rows.items():
            table.add_row(*map(escape, row))
        out.print(f"compared with the model in float32, on {found.documents} documents of {escape(title)}, held out:")
        out.print(table)
    out.print(f"\nwritten: {escape(str(made.folder))}, {made.bytes / 1e6:,.2f} MB", soft_wrap=True)
    state = f"checked here with {made.round_trip.engine}" if made.round_trip else f"not checked: {made.unchecked}"
    out.print(escape(state), soft_wrap=True)
    out.print(f"next:    {escape(made.command)}", soft_wrap=True)
    if made.notice:
        out.print(escape(made.notice), style="yellow", soft_wrap=True)
