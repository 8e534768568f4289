"""How often the fast engine writes the same text alone, in a batch, and behind a prefix; what its bits cost.

    python bench/agreement.py RUN      (openings are the first words of held-out documents)

Half of the texts are greedy, half sampled with a seed of their own. In a batch means: among 15 others that begin and
end at other moments. A prefix means: half of the opening was computed for an earlier text. The cost is in bits per byte
of held-out documents, over the model in 32 bits. Of the reference engine: tests/generation/test_torch_engine.py, slow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from slm.data.token_store import open_token_store
from slm.data.tokenizer import Tokenizer
from slm.evaluation.bits_per_byte import evaluate
from slm.generation.batch import Batch, GenerationConfig
from slm.generation.engine import Engine
from slm.generation.engines import open_engine
from slm.model_folder import open_model_folder
from slm.training.run_folder import find_run

NEW = 60
Request = tuple[list[int], GenerationConfig]


def alone(engine: Engine, tokenizer: Tokenizer, requests: list[Request]) -> list[list[int]]:
    return [together(engine, tokenizer, [request])[0] for request in requests]


def together(engine: Engine, tokenizer: Tokenizer, requests: list[Request]) -> list[list[int]]:
    """All of them through one batch, each as soon as there is a slot."""
    batch = Batch(engine, tokenizer)
    writers = [batch.add(ids, config)[0] for ids, config in requests]
    while batch.busy:
        batch.step()
    batch.close()
    return [writer.ids for writer in writers]


def behind_a_prefix(engine: Engine, tokenizer: Tokenizer, requests: list[Request]) -> list[list[int]]:
    found = []
    for ids, config in requests:
        batch = Batch(engine, tokenizer)
        batch.add(ids[: len(ids) // 2], GenerationConfig(1, temperature=0))
        while batch.busy:
            batch.step()
        writer = batch.add(ids, config)[0]
        while batch.busy:
            batch.step()
        batch.close()
        found.append(writer.ids)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--documents", type=int, default=100, help="scored")
    arguments = parser.parse_args()
    run = find_run(str(arguments.run), Path("runs"))
    folder, store = open_model_folder(run.best_model()), open_token_store(Path(run.read()["data"]["folder"]))
    draw, requests = np.random.default_rng(0), []
    for number in range(arguments.texts):
        document = store.validation.document(int(draw.integers(store.validation.documents)))
        ids = document[: int(draw.integers(20, 60))].tolist()
        new, temperature = int(draw.integers(NEW // 2, NEW + 1)), 0.8 * (number % 2)
        requests.append((ids, GenerationConfig(new, temperature=temperature, seed=number)))
    print("| engine | in a batch as alone | behind a prefix as alone | bits per byte | cost |\n" + "| --- " * 5 + "|")
    whole = None
    for bits in (32, 8, 4):
        engine = open_engine(folder, "onnx", bits, arguments.threads)
        expected = alone(engine, folder.tokenizer, requests)
        cells = [
            f"{sum(a == b for a, b in zip(expected, way(engine, folder.tokenizer, requests), strict=True))} of "
            f"{len(requests)}" for way in (together, behind_a_prefix)
        ]  # fmt: skip
        score = evaluate(engine, store.validation, folder.tokenizer, arguments.documents).bits_per_byte
        whole = whole or score
        print(f"| {engine.name} | {' | '.join(cells)} | {score:.4f} | {100 * (score / whole - 1):+.3f} % |", flush=True)


if __name__ == "__main__":
    main()
