"""What pays in a short run: ingredients of the training recipe at equal training time, several seeds, one table.

    python bench/ingredients.py STORE --seconds 120 --seeds 3 --results ingredients.jsonl [VARIANT ...]

The base is the recipe of `slm train --budget` for 4 layers, 192 wide, block 256, 8,192 tokens a step; each variant
changes one thing. STORE is a token store (`slm prepare stories_train.jsonl.gz --tokenizer bpe:4096 --validation ...`).
Each variant first runs a few steps to see how fast it is, and then as many as fit into the time, evaluation not
counted. What stands in the results file is not run again, so a stopped screen goes on. Run it with nothing else
running.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from slm.training.planner import learning_rate
from slm.training.schedule import batch_share

BASE = {
    "model.block_size": 256, "model.n_layer": 4, "model.n_head": 3, "model.n_embd": 192,
    "training.batches": "documents", "training.initialization": "looking_back", "training.optimizer": "muon",
    "training.schedule": "wsd", "training.decay_share": 0.4, "training.final_learning_rate_share": 0.0,
    "training.micro_batch_size": 32, "training.batch_ramp": 0.36, "training.learning_rate": learning_rate(8192, 192),
    "training.warmup_steps": 4,
    "training.evaluation_samples": 64, "training.sample_points": 1, "samples.generation.max_new_tokens": 1,
    "evaluation.memorisation_samples": 0, "evaluation.documents": 200,
}  # fmt: skip
ADAMW = {"training.optimizer": "adamw", "training.learning_rate": 2e-3, "training.initialization": "gpt2"}
VARIANTS = {
    "base": {},
    "windows over the joined text": {"training.batches": "windows", "training.batch_ramp": 0.0},
    "steps of one size": {"training.batch_ramp": 0.0},
    "GPT-2's first weights": {"training.initialization": "gpt2"},
    "adamw": ADAMW,
    "adamw, cosine, windows": ADAMW
    | {
        "training.schedule": "cosine",
        "training.final_learning_rate_share": 0.1,
        "training.batches": "windows",
        "training.batch_ramp": 0.0,
    },
    "half the learning rate": {"training.learning_rate": learning_rate(8192, 192) / 2},
    "twice the learning rate": {"training.learning_rate": learning_rate(8192, 192) * 2},
    "decay over 20 %": {"training.decay_share": 0.2},
    "decay over 60 %": {"training.decay_share": 0.6},
    "2k tokens a step": {"training.micro_batch_size": 8},
    "4k tokens a step": {"training.micro_batch_size": 16},
    "16k tokens a step": {"training.micro_batch_size": 64},
    "block 128": {"model.block_size": 128, "training.micro_batch_size": 64},
    "block 512": {"model.block_size": 512, "training.micro_batch_size": 16},
    "8 layers of 128": {"model.n_layer": 8, "model.n_embd": 128, "model.n_head": 2},
    "6 layers of 160": {"model.n_layer": 6, "model.n_embd": 160, "model.n_head": 2},
    "3 layers of 256": {"model.n_layer": 3, "model.n_embd": 256, "model.n_head": 4},
    "6 heads": {"model.n_head": 6},
    "dropout 0.1": {"model.dropout": 0.1},
    "Qwen3's layout": {"model.architecture": "qwen3"},
}
STEPS_TO_SEE_THE_SPEED = 12


def train(store: Path, settings: dict[str, object], steps: int, seed: int) -> dict[str, float]:
    """Train once in a fresh process; its figures."""
    settings = BASE | settings | {"training.steps": steps, "training.evaluation_interval": steps, "training.seed": seed}
    assignments = [f"--set={key}={value}" for key, value in settings.items()]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "slm", "train", str(store), "--name", "one", "--runs", folder, *assignments]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        run = Path(folder) / "one"
        steps_done = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        speeds = [line["tokens_per_second"] for line in steps_done if line["kind"] == "step"]
        after = [
            row for row in json.loads((run / "evaluation.json").read_text())["results"] if row["moment"] == "after"
        ]
        record = json.loads((run / "run.json").read_text())
    seconds = record["timing"]["training_seconds"] - record["timing"]["evaluation_seconds"]
    tokens = record["tokens_seen"]
    return {
        "tokens_per_second": statistics.median(speeds[2:]), "seconds": seconds, "tokens": tokens,
        "bits_per_byte": after[0]["bits_per_byte"],
    }  # fmt: skip


def tokens_per_step(settings: dict[str, object]) -> float:
    """On average over a run, in which steps may grow."""
    merged = BASE | settings
    share = statistics.mean(batch_share(n / 1000, merged["training.batch_ramp"]) for n in range(1000))
    return share * merged["training.micro_batch_size"] * merged["model.block_size"]


def measure(store: Path, name: str, seconds: float, seed: int, known: list[dict]) -> dict[str, float | str]:
    """One variant and seed, for `seconds` of training at the speed that the variant was seen to have."""
    speeds = [row["tokens_per_second"] for row in known if row["variant"] == name]
    speed = speeds[0] if speeds else train(store, VARIANTS[name], STEPS_TO_SEE_THE_SPEED, 0)["tokens_per_second"]
    steps = round(seconds * speed / tokens_per_step(VARIANTS[name]))
    return {
        "variant": name,
        "seed": seed,
        "steps": steps,
        **train(store, VARIANTS[name], steps, seed),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    names = "; ".join(VARIANTS)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=f"by default all: {names.replace('%', '%%')}")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=Path("ingredients.jsonl"))
    arguments = parser.parse_intermixed_args()
    if unknown := [name for name in arguments.variants if name not in VARIANTS]:
        parser.error(f"no variant {unknown[0]!r}; there are: {'; '.join(VARIANTS)}")
    rows = (
        [json.loads(line) for line in arguments.results.read_text().splitlines()] if arguments.results.exists() else []
    )
    here = {"store": str(arguments.store.resolve()), "base": BASE, "budget": arguments.seconds}
    rows = [row for row in rows if here.items() <= row.items()]
    for seed in range(arguments.seeds):
        for name in arguments.variants or VARIANTS:
            if any((row["variant"], row["seed"]) == (name, seed) for row in rows):
                continue
            rows.append(here | measure(arguments.store, name, arguments.seconds, seed, rows))
            with open(arguments.results, "a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
                os.fsync(file.fileno())
            print(json.dumps(rows[-1]), flush=True)
    print(
        f"{'variant':<30}{'bits per byte':>14}{'lowest':>8}{'highest':>8}{'tokens':>12}{'tokens/s':>10}{'seconds':>9}"
    )
    for name in dict.fromkeys(row["variant"] for row in rows):
        mine = [row for row in rows if row["variant"] == name]
        scores = [row["bits_per_byte"] for row in mine]
        middle = [statistics.mean(row[key] for row in mine) for key in ("tokens", "tokens_per_second", "seconds")]
        print(
            f"{name:<30}{statistics.mean(scores):>14.3f}{min(scores):>8.3f}{max(scores):>8.3f}"
            f"{middle[0]:>12,.0f}{middle[1]:>10,.0f}{middle[2]:>9.0f}"
        )


if __name__ == "__main__":
    main()
