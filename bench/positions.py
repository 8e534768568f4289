"""Ways to extend position embeddings from 128 to 512, judged by validation loss after a short fine-tuning.

    python bench/positions.py RUN STORE --steps 30 --seeds 2

RUN is a pre-trained run, of whose model the first 128 positions are taken; STORE a token store of questions.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from slm.checkpoint import load_model, save_model
from slm.data.token_store import open_token_store
from slm.finetune import finetune
from slm.model.gpt import GPT
from slm.model.positions import METHODS
from slm.recipe import load_recipe
from slm.training.run_folder import find_run


def cropped(model: GPT, block_size: int) -> GPT:
    """The same model with its first `block_size` positions alone."""
    shorter = GPT(replace(model.config, block_size=block_size))
    state = model.state_dict()
    state["transformer.wpe.weight"] = state["transformer.wpe.weight"][:block_size].clone()
    shorter.load_state_dict(state)
    return shorter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("store", type=Path)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    loaded, store = load_model(find_run(arguments.run).best_model()), open_token_store(arguments.store)
    settings = [
        f"training.steps={arguments.steps}", "training.warmup_steps=5",
        "training.accumulation=1", "training.learning_rate=8e-4",
        f"training.evaluation_interval={arguments.steps}", "training.evaluation_samples=32", "training.sample_points=1",
        "samples.questions=0", "samples.prompts=['What is asthma?']",
        "samples.generation.max_new_tokens=2", "evaluation.documents=1",
    ]  # fmt: skip
    print("method       seed  validation loss before  after", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        save_model(base, cropped(loaded.model, 128), loaded.tokenizer)
        for seed in range(arguments.seeds):
            for method in METHODS:
                recipe = load_recipe("medical", [*settings, f"tuning.positions={method}", f"training.seed={seed}"])
                run = finetune(store, recipe, str(base), f"{method}-{seed}", runs=Path(folder) / "runs")
                losses = [float(value) for value in _validation_losses(run.metrics)]
                print(f"{method:<12} {seed:>4}  {losses[0]:>22.4f}  {losses[-1]:.4f}", flush=True)


def _validation_losses(metrics: Path) -> list[float]:
    import json

    lines = (json.loads(line) for line in metrics.read_text().splitlines())
    return [line["validation_loss"] for line in lines if line["kind"] == "evaluation"]


if __name__ == "__main__":
    main()
