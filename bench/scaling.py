"""The scaling law behind `slm plan`: runs of several sizes and budgets, the law fitted to them, a picture.

    python bench/scaling.py STORE [STORE ...] --results scaling.jsonl --plot scaling.png

Trains every shape for every budget on every store (`slm train STORE --budget ... --set model.n_embd=...`), one after
the other, and fits slm/training/scaling_law.py to what came of them; each point is also predicted by a fit that never
saw it. What stands in the results file is not run again. Run it with nothing else running; all of it takes hours.

    python bench/scaling.py STORE [STORE ...] --results scaling.jsonl --chosen --budgets 120 300 600 1200

Is the plan right? Lets `slm plan` say what will come, then `slm train` choose and train, and compares the two.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from slm.training.scaling_law import LAW, Law, Point, fit

Shape = tuple[int, int]
SHAPES: tuple[Shape, ...] = ((128, 4), (192, 4), (256, 4), (256, 6))
BUDGETS = (60, 180, 600)
LEAST_POINTS = 6  # for a fit of its own
PLANNED = ("tokens_per_second", "memory_bytes", "bits_per_byte", "interval")


def slm(*arguments: object) -> str:
    """What a command prints; ends with its error where it fails."""
    done = subprocess.run([sys.executable, "-m", "slm", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def train(store: Path, shape: Shape | None, seconds: int) -> dict[str, object]:
    """One run by the clock in a fresh process, of this shape or of what is chosen there; what is needed of it."""
    budget = f"{seconds}s"
    plan = {} if shape else json.loads(slm("plan", store, "--budget", budget, "--json"))
    settings = zip(("n_embd", "n_layer", "n_head"), (*shape, max(1, shape[0] // 64)), strict=True) if shape else ()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "one"
        began = time.monotonic()
        slm("train", store, "--budget", budget, "--out", out, *(f"--set=model.{name}={n}" for name, n in settings))
        took = time.monotonic() - began
        model = json.loads((out / "run.json").read_text())["recipe"]["model"]
        row = {"store": store.name, "seconds": seconds, "width": model["n_embd"], "layers": model["n_layer"]}
        row |= {"chosen": shape is None, "took": round(took, 1)} | what_came(out)
    if plan:
        (planned,) = (choice for choice in plan["choices"] if choice["model"] == model)
        row["planned"] = {name: planned[name] for name in PLANNED}
    return row


def what_came(run: Path) -> dict[str, float]:
    record = json.loads((run / "run.json").read_text())
    after = [r for r in json.loads((run / "evaluation.json").read_text())["results"] if r["moment"] == "after"]
    data = record["data"]
    per_token = data["train_bytes"] / data["train_tokens"]
    training = record["timing"]["training_seconds"]
    return {
        "bits_per_byte": after[0]["bits_per_byte"], "seen": record["tokens_seen"] * per_token,
        "unique": data["train_bytes"], "tokens_per_second": record["tokens_seen"] / training,
        "memory_bytes": record["peak_memory_bytes"],
    }  # fmt: skip


def point_of(row: dict[str, object]) -> Point:
    return Point(12 * row["layers"] * row["width"] ** 2, row["seen"], row["unique"], row["bits_per_byte"])


def law_of(points: list[Point]) -> Law:
    """The law fitted to runs on one text; where they are few, the one that comes with slm, scaled to them."""
    if len(points) >= LEAST_POINTS:
        return fit(points)
    off = [math.log(p.bits_per_byte / LAW.predict(p.weights, p.seen, p.unique)[0]) for p in points]
    return LAW.scaled(math.exp(sum(off) / max(1, len(off))), LAW.spread)


def print_table(rows: list[dict[str, object]]) -> None:
    """Each run beside what the others on its text, which is all that the law knows then, say of it."""
    print(f"{'store':<14}{'shape':>9}{'seconds':>9}{'passes':>8}{'came':>8}{'predicted':>11}{'off':>7}")
    for row in rows:
        point, others = point_of(row), [o for o in rows if o is not row and o["store"] == row["store"]]
        law = law_of([point_of(other) for other in others])
        predicted, _ = law.predict(point.weights, point.seen, point.unique)
        shape, off = f"{row['layers']} x {row['width']}", predicted / row["bits_per_byte"] - 1
        print(
            f"{row['store']:<14}{shape:>9}{row['seconds']:>9}{row['seen'] / row['unique']:>8.2f}"
            f"{row['bits_per_byte']:>8.3f}{predicted:>11.3f}{off:>7.1%}"
        )
    planned = [row for row in rows if row.get("planned")]
    if planned:
        print(f"\n{'store':<14}{'seconds':>9}{'took':>8}   planned and came: tokens/s, memory, bits per byte")
    for row in planned:
        figures = [(row["planned"][name], row[name]) for name in PLANNED[:3]]
        words = [f"{said:>12,.4g}{came:>12,.4g}{came / said - 1:>7.1%}" for said, came in figures]
        print(f"{row['store']:<14}{row['seconds']:>9}{row['took']:>8}{''.join(words)}")


def draw(rows: list[dict[str, object]], path: Path) -> None:
    """A panel for each text: the runs, and what the law fitted to them says of each shape."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    stores = list(dict.fromkeys(row["store"] for row in rows))
    figure = Figure(figsize=(7 * len(stores), 5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, store in zip(figure.subplots(1, len(stores), squeeze=False)[0], stores, strict=True):
        here = [row for row in rows if row["store"] == store]
        law, unique = law_of([point_of(row) for row in here]), here[0]["unique"]
        least, most = (find(row["seen"] for row in here) for find in (min, max))
        for width, layers in sorted({(row["width"], row["layers"]) for row in here}):
            mine = [row for row in here if (row["width"], row["layers"]) == (width, layers)]
            (dots,) = axes.plot([r["seen"] / 1e6 for r in mine], [r["bits_per_byte"] for r in mine], "o")
            seen = [least / 2 * (2.4 * most / least) ** (n / 40) for n in range(41)]
            curve = [law.predict(12 * layers * width**2, s, unique)[0] for s in seen]
            label = f"{layers} x {width}"
            axes.plot([s / 1e6 for s in seen], curve, color=dots.get_color(), linewidth=1, label=label)
        axes.set(xscale="log", xlabel="megabytes of text seen", ylabel="bits per byte")
        ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500) if least / 2e6 <= tick <= 1.2 * most / 1e6]
        axes.set_xticks(ticks, map(str, ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_title(f"{store}: points are runs, lines the law")
        axes.legend(frameon=False)
    figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", nargs="*", type=Path, metavar="STORE")
    parser.add_argument("--results", type=Path, default=Path("scaling.jsonl"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS), metavar="SECONDS")
    parser.add_argument("--chosen", action="store_true", help="only the shape that is chosen; compare with the plan")
    parser.add_argument("--only-fit", action="store_true", help="fit to the results file as it is; train nothing")
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.results.read_text().splitlines()] if given.results.exists() else []
    shapes = [None] if given.chosen else SHAPES
    wanted = [(store, shape, seconds) for store in given.stores for seconds in given.budgets for shape in shapes]
    done = {(r["store"], None if r["chosen"] else (r["width"], r["layers"]), r["seconds"]) for r in rows}
    for store, shape, seconds in () if given.only_fit else wanted:
        if (store.name, shape, seconds) in done:
            continue
        rows.append(train(store, shape, seconds))
        with open(given.results, "a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
            os.fsync(file.fileno())
        print(json.dumps(rows[-1]), flush=True)
    print_table(rows)
    for store in dict.fromkeys(row["store"] for row in rows):
        print(store, law_of([point_of(row) for row in rows if row["store"] == store]))
    if given.plot:
        draw(rows, given.plot)


if __name__ == "__main__":
    main()
