"""What a tuning gains in its domain and loses in the one before: plain, with replay, with adapters; over seeds.

    python bench/tuning.py RUN STORE --steps 60 --seeds 3
    python bench/tuning.py RUN STORE [STORE ...] --packing

RUN is the folder of a base run, STORE a token store of questions made with its tokenizer. The share of replay is chosen
by the search with the first seed and kept for the others. `--packing` measures a step with records packed and padded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from slm import stage
from slm.checkpoint import load_model
from slm.data.batches import Batches, Records
from slm.data.token_store import TokenStore, open_token_store
from slm.device import choose_machine
from slm.errors import DataError
from slm.finetune import finetune
from slm.recipe import Recipe, load_recipe
from slm.training.observer import Observer
from slm.training.run_folder import RunFolder

WAYS = {
    "plain": {},
    "replay": {"replay": True},
    "LoRA": {"method": "lora"},
    "LoRA and replay": {"method": "lora", "replay": True},
}


class Quiet(Observer):
    def message(self, text: str) -> None:
        if text.startswith(("pilot", "chosen", "no share")):
            print(f"    {text}", flush=True)


def recipe_for(arguments: argparse.Namespace, tuning: dict[str, object], seed: int) -> Recipe:
    lora = tuning.get("method") == "lora"
    rate = arguments.lora_learning_rate if lora else arguments.learning_rate
    steps = arguments.steps
    settings = [
        f"training.steps={steps}", f"training.micro_batch_size={arguments.batch}", "training.accumulation=1",
        f"training.warmup_steps={max(1, steps // 10)}", f"training.evaluation_interval={max(1, steps // 4)}",
        "training.evaluation_samples=16", "training.patience=0", "training.sample_points=1", f"training.seed={seed}",
        f"training.learning_rate={rate}", "model.block_size=1", "model.dropout=0.0", "tuning.long_records=drop",
        f"tuning.lora.rank={arguments.rank}", f"tuning.lora.alpha={2 * arguments.rank}",
        "samples.questions=0", "samples.prompts=[]",
        f"samples.generation.max_new_tokens={arguments.tokens}",
        f"evaluation.documents={arguments.documents}", f"evaluation.answers={arguments.answers}",
    ]  # fmt: skip
    return load_recipe("medical", settings + [f"tuning.{key}={json.dumps(value)}" for key, value in tuning.items()])


def one_run(
    arguments: argparse.Namespace, store: TokenStore, tuning: dict[str, object], seed: int
) -> dict[str, float]:
    """What came of one tuning: bits per byte before and after, how answers end, seconds."""
    with tempfile.TemporaryDirectory() as runs:
        began = time.perf_counter()
        run = finetune(store, recipe_for(arguments, tuning, seed), str(arguments.run), "run", Quiet(), runs=Path(runs))
        seconds = time.perf_counter() - began
        evaluation = json.loads((run.path / "evaluation.json").read_text())
        record = run.read()
    bits = {(r["scored"], r["moment"]): r["bits_per_byte"] for r in evaluation["results"]}
    return {
        "domain_before": bits["responses", "before"], "domain": bits["responses", "after"],
        "base_before": bits["documents", "before"], "base": bits["documents", "after"],
        "ended": evaluation["endings"]["ended"], "repeating": evaluation["endings"]["repeating"],
        "references_repeating": evaluation["endings"]["references_repeating"],
        "share": record["recipe"]["tuning"]["replay_share"], "best_step": record["best_step"],
        "trained": record["trained_parameters"] / 1e6,
        "training": record["timing"]["training_seconds"], "seconds": seconds,
    }  # fmt: skip


def table_of_ways(arguments: argparse.Namespace) -> None:
    store, rows = open_token_store(arguments.stores[0]), {}
    stage.draw_loss_curve = stage.write_report = lambda path: path  # nobody looks at them
    for way, tuning in ((name, WAYS[name]) for name in arguments.ways.split(",")):
        share, rows[way] = 0.0, []
        for seed in range(arguments.seeds):
            if tuning.get("replay") and share:
                tuning = {**tuning, "replay_share": share}
            row = one_run(arguments, store, tuning, seed)
            share = row["share"]
            rows[way].append(row)
            print(f"  {way}, seed {seed}: {({key: round(value, 4) for key, value in row.items()})}", flush=True)
    first = next(iter(rows.values()))[0]
    print(f"\nbefore: domain {first['domain_before']:.3f}, base {first['base_before']:.3f} bits per byte")
    print(f"references that repeat themselves: {first['references_repeating']:.0%}\n")
    print("| way | trained, M | replay | domain after | base after | base rises by | ended | repeating | training, s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for way, runs in rows.items():
        rises = [row["base"] / row["base_before"] - 1 for row in runs]
        print(
            f"| {way} | {runs[0]['trained']:.2f} | {runs[0]['share']:.0%} | {spread(r['domain'] for r in runs)} | "
            f"{spread(r['base'] for r in runs)} | {min(rises):+.1%} to {max(rises):+.1%} | "
            f"{statistics.mean(r['ended'] for r in runs):.0%} | {statistics.mean(r['repeating'] for r in runs):.0%} | "
            f"{statistics.mean(r['training'] for r in runs):.0f} |"
        )


def spread(values: object) -> str:
    values = list(values)
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def table_of_packing(arguments: argparse.Namespace) -> None:
    model = load_model(RunFolder(arguments.run).best_model()).model.train()
    machine = choose_machine("auto")
    model, block = model.to(machine.device), model.config.block_size
    print("| store | records | fate | tokens a record | padded, tokens/s | packed, tokens/s | speed-up | loss apart |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder in arguments.stores:
        store = open_token_store(folder)
        for fate in ("drop", "cut"):
            try:
                records = Records(store.train, block, drop_long=fate == "drop", packs=True)
            except DataError as error:
                print(f"| {folder.name} | | {fate} | {error} |")
                continue
            lengths = [len(x) for x, _ in records.rows(np.arange(records.size), 0)]
            ways = {packs: Batches(records, 2 * arguments.batch, 0, packs) for packs in (False, True)}
            speeds, losses = {False: [], True: []}, {}
            for step in range(arguments.measured + 1):  # by turns, on the same machine; the first warms up
                for packs, batches in ways.items():
                    speed, loss = a_step(model, batches.get_batch(step, arguments.batch), machine)
                    if step:
                        speeds[packs].append(speed)
                        losses[packs] = loss
            padded, packed = (statistics.median(speeds[packs]) for packs in (False, True))
            apart = abs(losses[True] / losses[False] - 1)
            print(
                f"| {store.title} | {records.size:,} | {fate} | {statistics.mean(lengths):.0f} | {padded:,.0f} | "
                f"{packed:,.0f} | {packed / padded:.2f} | {apart:.1e} |",
                flush=True,
            )


def a_step(model: torch.nn.Module, parts: list, machine: object) -> tuple[float, float]:
    """Real tokens (no padding) a second, forward and backward, and the summed loss."""
    tokens = sum(int(part[2].sum()) if len(part) == 3 else int(_real(part[0])) for part in parts)
    began, total = time.perf_counter(), 0.0
    for part in parts:
        ids, *lengths = (machine.to_device(torch.from_numpy(x)) for x in part[:2]), *map(torch.from_numpy, part[2:])
        with machine.autocast():
            loss = model.loss_sum(*ids, *lengths)
        loss.backward()
        total += loss.item()
    model.zero_grad(set_to_none=False)
    return tokens / (time.perf_counter() - began), total


def _real(x: np.ndarray) -> int:
    """Tokens of padded rows: padding is a tail of zeros."""
    return sum(len(np.trim_zeros(row, "b")) for row in x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--packing", action="store_true")
    for name, value in (
        ("steps", 60), ("batch", 16), ("seeds", 3), ("documents", 40), ("answers", 24), ("tokens", 120), ("rank", 8),
        ("measured", 10),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--lora-learning-rate", type=float, default=1e-2)
    arguments = parser.parse_args()
    table_of_packing(arguments) if arguments.packing else table_of_ways(arguments)


if __name__ == "__main__":
    main()
