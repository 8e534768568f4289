"""Every export of a model, loaded again by its engine: size, bits per byte, equality, as a table and a plot.

    python bench/exports.py RUN ... --plot size_and_quality.png

Each is written and compared as `slm export` does it, on the run's held-out documents, and refused by the same limits;
the table is read from the reports that the exports carry. Needs `pip install -e '.[export]'` and Chromium.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from slm.cli.sources import model_and_store
from slm.errors import ModelError
from slm.export import exporting
from slm.export.exporting import FORMATS


def reports(source: str, documents: int) -> list[dict[str, Any]]:
    """The reports of all exports of a model; a refused one is told of on standard error."""
    loaded, store = model_and_store(source, "", None, Path("runs"))
    found = []
    for to, target in FORMATS.items():
        for bits in sorted(target.bits, reverse=True):
            with tempfile.TemporaryDirectory() as parent:
                folder = Path(parent) / "export"
                try:
                    exporting.export(
                        loaded, to, bits, folder, "model", "", store.validation, documents,
                        responses=store.prompt_format is not None,
                    )  # fmt: skip
                except ModelError as error:
                    print(error, file=sys.stderr)
                else:
                    found.append(exporting.verify(folder) | {"vocabulary": loaded.model.config.vocab_size})
                    print(f"{source}: {to} {bits} done", file=sys.stderr)
    return found


def table(found: list[dict[str, Any]]) -> None:
    print("| export | bits | MB | token ids | largest logit difference | likeliest token | bits per byte | cost |")
    print("| --- " * 8 + "|")
    for report in found:
        trip = report["round_trip"]
        ids = f"{trip['strings'] - trip['strings_with_other_ids']:,} of {trip['strings']:,}"
        print(
            f"| {report['format']} | {report['bits']} | {report['bytes'] / 1e6:.2f} | {ids} | "
            f"{trip['largest_logit_difference']:.2g} | {100 * trip['likeliest_token_agreement']:.1f} % | "
            f"{trip['bits_per_byte']:.4f} | {100 * trip['cost']:+.3f} % |"
        )


def draw(found: list[dict[str, Any]], path: Path) -> None:
    """What a size costs: bits per byte lost against megabytes, a line for each model and format."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for vocabulary in dict.fromkeys(report["vocabulary"] for report in found):
        for to, mark in (("gguf", "o"), ("onnx", "s"), ("web", "^")):
            rows = [r for r in found if r["vocabulary"] == vocabulary and r["format"] == to]
            (line,) = axes.plot(
                [r["bytes"] / 1e6 for r in rows], [100 * r["round_trip"]["cost"] for r in rows], marker=mark,
                label=f"{to}, {vocabulary:,} tokens",
            )  # fmt: skip
            for row in rows if to == "gguf" else ():
                place, colour = (row["bytes"] / 1e6, 100 * row["round_trip"]["cost"]), line.get_color()
                axes.annotate(f"{row['bits']} bits", place, (4, 6), textcoords="offset points", color=colour)
    axes.set_xscale("log")
    ticks = [5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("size of the export, MB")
    axes.set_ylabel("bits per byte lost, %")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="runs or model folders")
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    found = []
    for source in arguments.runs:
        print(f"\n{source}\n")
        rows = reports(source, arguments.documents)
        table(rows)
        found += rows
    if arguments.plot:
        draw(found, arguments.plot)


if __name__ == "__main__":
    main()
