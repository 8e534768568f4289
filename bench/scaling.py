"""The scaling law behind `slm plan`: runs of several sizes and budgets, the law fitted to them, a picture.

    python bench/scaling.py STORE [STORE ...] --results scaling.jsonl --plot scaling.png

Trains every shape for every budget on every store (`slm train STORE --budget ... --set model.n_embd=...`), one after
the other, and fits slm/training/scaling_law.py to what came of them; each point is also predicted by a fit that never
saw it. What stands in the results file is not run again. Run it with nothing else running; all of it takes hours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from slm.training.scaling_law import Law, Point, fit

SHAPES = ((128, 4), (192, 4), (256, 4), (256, 6))
BUDGETS = (60, 180, 600)


def train(store: Path, width: int, layers: int, seconds: int) -> dict[str, object]:
    """One run by the clock in a fresh process; what is needed of it."""
    shape = {"n_embd": width, "n_layer": layers, "n_head": max(1, width // 64)}
    assignments = [f"--set=model.{key}={value}" for key, value in shape.items()]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "one"
        command = [sys.executable, "-m", "slm", "train", str(store), "--budget", f"{seconds}s", "--out", str(out)]
        done = subprocess.run([*command, *assignments], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return {"store": store.name, "seconds": seconds, "width": width, "layers": layers, **what_came(out)}


def what_came(run: Path) -> dict[str, float]:
    record = json.loads((run / "run.json").read_text())
    after = [r for r in json.loads((run / "evaluation.json").read_text())["results"] if r["moment"] == "after"]
    data = record["data"]
    per_token = data["train_bytes"] / data["train_tokens"]
    training = record["timing"]["training_seconds"]
    return {
        "bits_per_byte": after[0]["bits_per_byte"], "seen": record["tokens_seen"] * per_token,
        "unique": data["train_bytes"], "tokens_per_second": record["tokens_seen"] / training,
    }  # fmt: skip


def point_of(row: dict[str, object]) -> Point:
    return Point(12 * row["layers"] * row["width"] ** 2, row["seen"], row["unique"], row["bits_per_byte"])


def print_table(rows: list[dict[str, object]], law: Law) -> None:
    """Each run beside what a fit to all the others says of it."""
    print(f"{'store':<14}{'shape':>9}{'seconds':>9}{'passes':>8}{'came':>8}{'predicted':>11}{'off':>7}")
    for row in rows:
        others = [point_of(other) for other in rows if other is not row]
        predicted = fit(others).predict(*(getattr(point_of(row), n) for n in ("weights", "seen", "unique")))[0]
        shape, off = f"{row['layers']} x {row['width']}", predicted / row["bits_per_byte"] - 1
        print(
            f"{row['store']:<14}{shape:>9}{row['seconds']:>9}{row['seen'] / row['unique']:>8.2f}"
            f"{row['bits_per_byte']:>8.3f}{predicted:>11.3f}{off:>7.1%}"
        )
    print(law)


def draw(rows: list[dict[str, object]], law: Law, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for width, layers in sorted({(row["width"], row["layers"]) for row in rows}):
        mine = [row for row in rows if (row["width"], row["layers"]) == (width, layers)]
        (line,) = axes.plot([r["seen"] / 1e6 for r in mine], [r["bits_per_byte"] for r in mine], "o")
        unique, top = mine[0]["unique"], max(row["seen"] for row in mine)
        seen = [top * (n / 40) ** 2 for n in range(4, 45)]
        curve = [law.predict(12 * layers * width**2, s, unique)[0] for s in seen]
        axes.plot([s / 1e6 for s in seen], curve, color=line.get_color(), linewidth=1, label=f"{layers} x {width}")
    axes.set(
        xscale="log", xlabel="megabytes of text seen", ylabel="bits per byte", title="points: runs, lines: the law"
    )
    axes.legend(frameon=False)
    figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", nargs="+", type=Path, metavar="STORE")
    parser.add_argument("--results", type=Path, default=Path("scaling.jsonl"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS), metavar="SECONDS")
    parser.add_argument("--only-fit", action="store_true", help="fit to the results file as it is; train nothing")
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.results.read_text().splitlines()] if given.results.exists() else []
    wanted = [(s, w, n, seconds) for s in given.stores for seconds in given.budgets for w, n in SHAPES]
    done = {(row["store"], row["width"], row["layers"], row["seconds"]) for row in rows}
    for store, width, layers, seconds in () if given.only_fit else wanted:
        if (store.name, width, layers, seconds) in done:
            continue
        rows.append(train(store, width, layers, seconds))
        with open(given.results, "a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
            os.fsync(file.fileno())
        print(json.dumps(rows[-1]), flush=True)
    law = fit([point_of(row) for row in rows])
    print_table(rows, law)
    if given.plot:
        draw(rows, law, given.plot)


if __name__ == "__main__":
    main()
