"""Bits per byte after the same minutes of training: nanoGPT beside slm, one text, one machine, one definition.

    python bench/time_to_quality.py --nanogpt FOLDER --train TRAIN.jsonl.gz --validation VALIDATION.jsonl.gz --ours

FOLDER is a checkout of karpathy/nanoGPT. Its own model and optimizer are trained as its train.py does: random windows
of the joined text, AdamW, cosine to a tenth; 6 layers, 384 wide, no biases; set for the CPU (bfloat16 autocast where
the hardware has it, compiled). --grid looks for its best settings, --halving does so in a fraction of the time (chosen
by the very score that is reported, which favours it), --settings takes yours. What stands in the results file is not
run again; --ours always runs anew.

nanoGPT's training clock leaves out compilation and scoring; its steps are as many as fit at a speed seen before. Its
whole command is all from start to the last step but scoring and seeing the speed, and without encoding the text
(bench/prepare.py). slm's is all of `slm train`, from the text to the report; its curve's seconds hold its evaluations.
Curves are estimates, from some documents (nanoGPT) or windows (slm: loss / ln 2 x tokens / bytes), shifted to end at
the score of the whole split. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from peers.nanogpt import NanoGPT, Settings, steps_per_second, train_steps

from slm.checkpoint import load_model
from slm.data.documents import DocumentsConfig
from slm.data.token_store import TokenStore, open_token_store
from slm.evaluation.bits_per_byte import Score, evaluate
from slm.prepare import prepare
from slm.training.run_folder import RunFolder

TOKENIZERS = {"gpt2": "gpt2", "ours": "bpe:4096"}
HALVING = ((0.1, 6), (0.3, 2), (1.0, 1))  # share of the minutes, and how many settings go on from there
Row = dict[str, Any]


GRID = [Settings(*point) for point in itertools.product((5e-4, 1e-3, 2e-3, 4e-3), (1024, 2048, 4096), (128, 256))]
DEFAULT = Settings(1e-3, 2048, 256)


def train_nanogpt(folder: Path, store_folder: Path, settings: Settings, minutes: float) -> Row:
    """Train nanoGPT and score it; its figures. aside_seconds is what does not count in the whole command."""
    began = time.perf_counter()
    peer = NanoGPT(folder, open_token_store(store_folder), settings)
    loading = time.perf_counter() - began
    peer.check_twin()
    first = peer.step(0.0) + peer.step(0.0)
    speed = steps_per_second(peer, min(15.0, 3 * minutes))  # up to a twentieth of the time
    compiling = max(0.0, first - 2 / speed)
    peer.begin()
    steps, points = max(10, round(60 * minutes * speed)), min(20, max(4, round(2 * minutes)))
    curve = train_steps(peer, steps, points)
    training = curve[-1][0]
    peer.check_twin()
    row = scored(peer.score(), curve, steps * settings.tokens, training)
    aside = time.perf_counter() - began - loading - compiling - training
    return row | {"steps": steps, "compile_seconds": compiling, "aside_seconds": aside}


def scored(score: Score, curve: list[tuple[float, float]], tokens: int, seconds: float) -> Row:
    """What every row holds: the score of the whole split, and how training came to it."""
    return {
        "bits_per_byte": score.bits_per_byte, "interval": score.interval, "documents": score.documents,
        "bytes": score.bytes, "training_seconds": seconds, "tokens": tokens, "tokens_per_second": tokens / seconds,
        "curve": curve,
    }  # fmt: skip


def measure_slm(arguments: argparse.Namespace) -> Row:
    """`slm train` in a fresh folder, timed from outside, with its model scored here."""
    minutes = arguments.minutes
    budget = f"{minutes:.0f}m" if minutes == round(minutes) else f"{60 * minutes:.0f}s"
    sources = [str(arguments.train.resolve()), "--validation", str(arguments.validation.resolve())]
    command = [sys.executable, "-m", "slm", "train", *sources, "--budget", budget, "--out", "out", "--yes"]
    with tempfile.TemporaryDirectory() as folder:
        _, seconds = run_fresh(command, folder)
        return slm_row(RunFolder(Path(folder) / "out"), arguments) | {"whole_seconds": seconds}


def slm_row(run: RunFolder, arguments: argparse.Namespace) -> Row:
    """The figures of a finished run, and the score of its best model on the whole validation split."""
    record, loaded = run.read(), load_model(str(run.best_model()))
    store = prepare(documents(arguments), str(run.best_model()), folder=run.path.parent / "to_score")
    score = evaluate(loaded.model, store.validation, loaded.tokenizer)
    evaluation = json.loads((run.path / "evaluation.json").read_text())
    reported = [result["bits_per_byte"] for result in evaluation["results"] if result["moment"] == "after"]
    seconds = record["timing"]["training_seconds"] - record["timing"]["evaluation_seconds"]
    row = scored(score, slm_curve(run.metrics, record["data"]), record["tokens_seen"], seconds)
    return row | {"reported_bits_per_byte": reported[0]}


def slm_curve(metrics: Path, data: Row) -> list[tuple[float, float]]:
    """(seconds, bits per byte) estimated from the losses on fixed windows, up to the best: that model is scored."""
    lines = map(json.loads, metrics.read_text().splitlines())
    points = [(line["seconds"], line["validation_loss"]) for line in lines if line["kind"] == "evaluation"]
    best = min(range(len(points)), key=lambda number: points[number][1])
    scale = data["validation_tokens"] / data["validation_bytes"] / math.log(2)
    return [(seconds, loss * scale) for seconds, loss in points[: best + 1]]


def documents(arguments: argparse.Namespace) -> DocumentsConfig:
    return DocumentsConfig(source=(str(arguments.train),), validation=(str(arguments.validation),))


def run_fresh(command: list[str], folder: str | None = None) -> tuple[str, float]:
    """Output and seconds of a command in a process of its own, which has nothing compiled to start from."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache}
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{done.stderr}\nfailed: {' '.join(command)}")
    return done.stdout, seconds


class Results:
    """The rows of the results file that are about this text: its bytes, whatever they are encoded with, say which."""

    def __init__(self, path: Path, text: list[int]):
        self.path, self.text = path, text
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = [row for row in map(json.loads, lines) if row.get("text") == text]

    def add(self, **values: Any) -> Row:
        row = {**values, "text": self.text}
        if row["bytes"] != self.text[1]:
            sys.exit(f"expected a score of {self.text[1]:,} bytes, got one of {row['bytes']:,}: not the same documents")
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)
        print(json.dumps({key: value for key, value in row.items() if key != "curve"}), flush=True)
        return row

    def of(self, **wanted: Any) -> list[Row]:
        return [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]


def measure(
    arguments: argparse.Namespace, store: TokenStore, results: Results, settings: Settings, minutes: float
) -> Row:
    """The row of one setting: the one that is there already, or that of a training in a fresh process."""
    key = {"who": "nanoGPT", "minutes": minutes, "vocabulary": arguments.vocabulary, "settings": str(settings)}
    if known := results.of(**key):
        return known[0]
    values = {
        "--nanogpt": arguments.nanogpt, "--train": arguments.train, "--validation": arguments.validation,
        "--one": store.folder, "--settings": settings, "--minutes": minutes,
    }  # fmt: skip
    output, seconds = run_fresh([sys.executable, __file__, *(str(part) for pair in values.items() for part in pair)])
    row = json.loads(output.splitlines()[-1])
    return results.add(**key, **row, whole_seconds=seconds - row["aside_seconds"])


def measure_nanogpt(arguments: argparse.Namespace, store: TokenStore, results: Results) -> None:
    """All settings that were asked for, in rounds: one round, or with --halving ever fewer for ever longer."""
    settings = arguments.settings
    if arguments.grid or arguments.halving:
        settings = GRID
    elif not settings and not results.of(who="nanoGPT", minutes=arguments.minutes, vocabulary=arguments.vocabulary):
        settings = [DEFAULT]
    for share, kept in HALVING if arguments.halving else [(1.0, 1)]:
        minutes = round(share * arguments.minutes, 3)
        rows = [measure(arguments, store, results, point, minutes) for point in settings]
        rows = sorted(rows, key=lambda row: row["bits_per_byte"])[:kept]
        settings = [Settings.parse(row["settings"]) for row in rows]


def seconds_to(row: Row, target: float) -> str:
    """When the curve, shifted to end at the score of the whole split, is down at `target`; - where it never is.

    A score better than `target` at the first point gives that point's time.
    """
    seconds, bits = np.array(row["curve"]).T
    lowest = np.minimum.accumulate(bits + row["bits_per_byte"] - bits[-1])
    return f"{np.interp(-target, -lowest, seconds):,.0f}" if lowest[-1] <= target + 1e-9 else "-"


def best_rows(results: Results, minutes: float) -> dict[str, Row]:
    """The rows of the table: the best of nanoGPT with each vocabulary, and the latest of slm."""
    rows = {}
    for vocabulary in TOKENIZERS:
        if mine := results.of(who="nanoGPT", minutes=minutes, vocabulary=vocabulary):
            best = min(mine, key=lambda row: row["bits_per_byte"])
            rows[f"nanoGPT, {vocabulary} vocabulary, {best['settings']}"] = best
    if slm := results.of(who="slm", minutes=minutes):
        rows["slm"] = slm[-1]
    return rows


def print_table(results: Results, minutes: float, target: float) -> None:
    rows = best_rows(results, minutes)
    peer = min((row["bits_per_byte"] for row in rows.values() if row["who"] == "nanoGPT"), default=0.0)
    print(
        f"{f'{minutes:g} minutes':<42}{'bits per byte':>14}{'95 % interval':>17}{'min training':>14}{'min whole':>11}"
        f"{'tokens':>12}{'tokens/s':>10}{f's to {target}':>12}{'s to nanoGPT':>14}"
    )
    for name, row in rows.items():
        interval = "{:.3f} to {:.3f}".format(*row["interval"])
        print(
            f"{name:<42}{row['bits_per_byte']:>14.3f}{interval:>17}{row['training_seconds'] / 60:>14.1f}"
            f"{row['whole_seconds'] / 60:>11.1f}{row['tokens']:>12,}{row['tokens_per_second']:>10,.0f}"
            f"{seconds_to(row, target):>12}{seconds_to(row, peer):>14}"
        )
    print("Seconds to a score are estimates; 's to nanoGPT': to its best score in this table.")


def print_what_was_run(results: Results) -> None:
    """So that nobody takes a part of the grid for the whole."""
    grid = set(map(str, GRID))
    ran = {(row["vocabulary"], row["minutes"], row["settings"]) for row in results.of(who="nanoGPT")}
    counts = Counter((vocabulary, minutes) for vocabulary, minutes, settings in ran if settings in grid)
    for (vocabulary, minutes), count in sorted(counts.items()):
        print(f"nanoGPT, {vocabulary} vocabulary: {count} of {len(GRID)} grid settings ran for {minutes:g} min")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nanogpt", type=Path, required=True, help="a checkout of karpathy/nanoGPT")
    parser.add_argument("--train", type=Path, required=True, help="documents to train on")
    parser.add_argument("--validation", type=Path, required=True, help="documents to score")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--results", type=Path, default=Path("results.jsonl"))
    parser.add_argument("--vocabulary", choices=TOKENIZERS, default="gpt2", help="nanoGPT's")
    parser.add_argument("--target", type=float, default=1.221, help="bits per byte of which the time is told")
    parser.add_argument("--ours", action="store_true", help="run slm too")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--grid", action="store_true", help=f"all {len(GRID)} settings for the full time")
    which.add_argument("--halving", action="store_true", help="all for a tenth of it, 6 for 3 tenths, 2 for all of it")
    which.add_argument("--settings", type=Settings.parse, nargs="+", default=[], metavar="RATE,TOKENS,BLOCK")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    if arguments.one:
        print(json.dumps(train_nanogpt(arguments.nanogpt, arguments.one, arguments.settings[0], arguments.minutes)))
        return
    store = prepare(documents(arguments), TOKENIZERS[arguments.vocabulary])
    counts = store.manifest["splits"]
    results = Results(arguments.results, [counts["train"]["bytes"], counts["validation"]["bytes"]])
    measure_nanogpt(arguments, store, results)
    if arguments.ours:
        results.add(who="slm", minutes=arguments.minutes, **measure_slm(arguments))
    print_table(results, arguments.minutes, arguments.target)
    print_what_was_run(results)


if __name__ == "__main__":
    main()
