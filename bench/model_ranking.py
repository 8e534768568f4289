"""Does a language model help to choose sentences? Each is scored by how likely the question is behind it, or, with a
tuned model, by how likely it is as the response.

    python bench/model_ranking.py DATA INDEX MODEL --questions 200

INDEX is of medquad_train and medquad_valid; MODEL a run's model folder. The score, standardised over the sentences of
a question, is added to the one that slm ask has, with several weights; quotes are compared with the right answers.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from answers import rows_of, some
from torch.nn import functional

from slm import load_model
from slm.checkpoint import LoadedModel
from slm.evaluation.answers import rouge_l, token_f1
from slm.rag.answering import PASSAGES
from slm.rag.measures import bootstrap, paired_bootstrap
from slm.rag.quoting import Quote, candidates, select, usual
from slm.rag.retriever import Retriever

WEIGHTS = (0.0, 0.1, 0.3, 1.0)


@torch.no_grad()
def likelihoods(loaded: LoadedModel, question: str, sentences: list[str]) -> np.ndarray:
    """(N,) mean log-likelihood, in nats a token: of the question behind each sentence; of a tuned model, which learned
    it that way round, of each sentence as the response to the question."""
    encode, eot = loaded.tokenizer.encode_ordinary, loaded.tokenizer.eot_token
    if loaded.prompt_format is None:
        pairs = [([eot, *encode(each)], encode(f"\n\n{question}")) for each in sentences]
    else:
        pairs = [([eot, *encode(loaded.prompt_format.prompt(question))], encode(each)) for each in sentences]
    size = loaded.model.config.block_size
    pairs = [(before[: size - 1 - len(after[: size // 2])], after[: size // 2]) for before, after in pairs]
    rows = [before + after for before, after in pairs]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    logits = functional.log_softmax(loaded.model(ids)[:, :-1], dim=-1)
    found = logits.gather(2, ids[:, 1:, None])[..., 0].numpy()  # (N, width - 1)
    return np.array([row[len(before) - 1 : len(before) - 1 + len(after)].mean()
                     for row, (before, after) in zip(found, pairs, strict=True)])  # fmt: skip


def with_model(quotes: list[Quote], likely: np.ndarray, weight: float) -> list[Quote]:
    standard = (likely - likely.mean()) / (likely.std() + 1e-6)
    return [replace(q, score=q.score + weight * float(extra)) for q, extra in zip(quotes, standard, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("model")
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    loaded = load_model(arguments.model)
    references: dict[str, list[str]] = {}
    for row in rows_of(arguments.data / "medquad_valid.jsonl.gz"):
        references.setdefault(row["question"], []).append(row["answer"])
    asked = some(list(references), arguments.questions, 0)
    scores: dict[float, list[tuple[float, float]]] = {weight: [] for weight in WEIGHTS}
    with Retriever.open(arguments.index) as retriever:
        how = usual(retriever)
        for question in asked:
            hits = retriever.search(question, PASSAGES)[: how.passages]
            quotes = candidates(question, hits, retriever, how)
            likely = likelihoods(loaded, question, [quote.text for quote in quotes])
            for weight in WEIGHTS:
                chosen = select(with_model(quotes, likely, weight), how)
                text = " ".join(quote.text for quote in chosen)
                scores[weight].append(
                    tuple(max(score(text, each) for each in references[question]) for score in (rouge_l, token_f1))
                )
    print(f"{len(asked)} questions\n| weight of model | ROUGE-L | token F1 | F1 above none |\n" + "| --- " * 4 + "|")
    base = np.array(scores[0.0])
    for weight, found in scores.items():
        values = np.array(found)
        gain = paired_bootstrap(values[:, 1], base[:, 1])
        print(f"| {weight} | {bootstrap(values[:, 0])} | {bootstrap(values[:, 1])} | {gain} |")


if __name__ == "__main__":
    main()
