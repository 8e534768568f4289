"""How well passages are found: BM25, dense vectors, both fused, reranked; with intervals and the time of a query.

    slm encoder train DATA/medquad_train.jsonl.gz --out encoders/medquad
    python bench/retrieval.py DATA --encoder encoders/medquad

The questions of medquad_valid are asked of all distinct answer texts of train and valid; the answer text alone is
searched. A question has as right answers all those whose question has the same letters and digits. Differences are
to BM25 (bm25s's defaults, English stop words), with 95 % intervals of a paired bootstrap. With `--packaged FOLDER`
(model.onnx of all-MiniLM-L6-v2 and its tokenizer.json) that sentence encoder is measured beside.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np

from slm.rag.encoder import TextEncoder
from slm.rag.measures import bootstrap, ndcg_at, paired_bootstrap, recall_at
from slm.rag.pairs import key
from slm.rag.reranker import CANDIDATES, Reranker

FIRST = 100  # of a ranking that are kept
FUSION = 60  # reciprocal rank: 1 / (60 + place), Cormack et al. 2009

Ranking = list[list[int]]


@dataclass(frozen=True)
class Task:
    questions: list[str]
    answers: list[str]
    right: list[set[int]]
    seen: np.ndarray
    """Whether the question's disease has other questions in train, (questions,) bool."""


def read_task(folder: Path) -> Task:
    train, valid = (_rows(folder / f"medquad_{split}.jsonl.gz") for split in ("train", "valid"))
    answers = list(dict.fromkeys(row["answer"] for row in train + valid))
    places = {answer: place for place, answer in enumerate(answers)}
    right: dict[str, set[int]] = {}
    for row in train + valid:
        right.setdefault(key(row["question"]), set()).add(places[row["answer"]])
    known = {row["focus"].lower() for row in train}
    questions = [row["question"] for row in valid]
    seen = np.array([row["focus"].lower() in known for row in valid])
    return Task(questions, answers, [right[key(question)] for question in questions], seen)


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Words:
    """BM25 as bm25s has it by default."""

    def __init__(self, answers: Sequence[str]):
        self._index = bm25s.BM25()
        self._index.index(bm25s.tokenize(answers, stopwords="en", show_progress=False), show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        tokens = bm25s.tokenize([question], stopwords="en", return_ids=False, show_progress=False)
        return self._index.get_scores(tokens[0])


def best(scores: np.ndarray, k: int = FIRST) -> np.ndarray:
    found = np.argpartition(-scores, k)[:k]
    return found[np.argsort(-scores[found], kind="stable")]


def fused(*rankings: np.ndarray) -> np.ndarray:
    points: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking.tolist(), 1):
            points[number] = points.get(number, 0.0) + 1 / (FUSION + place)
    return np.array(sorted(points, key=points.get, reverse=True))


def timed(ways: dict[str, Callable[[str], np.ndarray]], questions: Sequence[str]) -> tuple[dict, dict]:
    """For each way its rankings of all questions, one after another, and the milliseconds of each query."""
    rankings: dict[str, Ranking] = {}
    times: dict[str, np.ndarray] = {}
    for name, way in ways.items():
        way(questions[0])
        found, spent = [], []
        for question in questions:
            began = time.perf_counter()
            found.append(way(question).tolist())
            spent.append(1000 * (time.perf_counter() - began))
        rankings[name], times[name] = found, np.array(spent)
    return rankings, times


def ways_of(task: Task, words: Words, encoder: TextEncoder, reranker: Reranker | None, label: str) -> dict:
    """The ways to rank with one encoder; each takes a question and gives places of answers, the best first."""
    began = time.perf_counter()
    vectors = encoder.encode(task.answers)
    print(f"{label}: {len(vectors):,} answers encoded in {time.perf_counter() - began:.1f} s, {vectors.nbytes:,} bytes")

    def dense(question: str) -> np.ndarray:
        return vectors @ encoder.encode_questions([question])[0]

    def reranked(question: str) -> np.ndarray:
        by_words, by_vectors = words.scores(question), dense(question)
        numbers = np.union1d(best(by_words, CANDIDATES), best(by_vectors, CANDIDATES))
        texts = [task.answers[number] for number in numbers]
        judged = reranker.scores(question, texts, by_words[numbers], by_vectors[numbers])
        return numbers[np.argsort(-judged, kind="stable")]

    ways = {
        f"{label}: dense": lambda question: best(dense(question)),
        f"{label}: fused": lambda question: fused(best(words.scores(question)), best(dense(question))),
    }
    return ways | ({f"{label}: reranked": reranked} if reranker else {})


def print_table(task: Task, rankings: dict[str, Ranking], times: dict[str, np.ndarray]) -> None:
    measures = {
        "recall@1": lambda found, right: recall_at(found, right, 1),
        "recall@5": lambda found, right: recall_at(found, right, 5),
        "recall@10": lambda found, right: recall_at(found, right, 10),
        "nDCG@10": lambda found, right: ndcg_at(found, right, 10),
    }
    base = {name: measure(rankings["BM25"], task.right) for name, measure in measures.items()}
    print(f"\n| ranking | {' | '.join(measures)} | recall@1 above BM25 | @10 above BM25 | in the first {FIRST} "
          "| ms a query, median and 95th of 100 |")  # fmt: skip
    print("| --- " * 9 + "|")
    for name, found in rankings.items():
        values = {measure: of(found, task.right) for measure, of in measures.items()}
        cells = [str(bootstrap(value)) for value in values.values()]
        cells += [str(paired_bootstrap(values[at], base[at])) for at in ("recall@1", "recall@10")]
        cells.append(f"{recall_at(found, task.right, FIRST).mean():.3f}")
        cells.append(f"{np.median(times[name]):.2f}, {np.quantile(times[name], 0.95):.2f}")
        print(f"| {name} | {' | '.join(cells)} |")
    name, found = list(rankings.items())[-1]
    for state, chosen in (("with", task.seen), ("without", ~task.seen)):
        first = [recall_at(found, task.right, k)[chosen].mean() for k in (1, 10)]
        print(f"\n{name}, the {chosen.sum()} questions on diseases {state} other questions in training: "
              f"recall@1 {first[0]:.3f}, @10 {first[1]:.3f}", end="")  # fmt: skip
    print()


def write_misses(path: Path, task: Task, found: Ranking, count: int, seed: int = 0) -> None:
    """A draw of questions whose first answer is wrong: for reading."""
    wrong = np.flatnonzero(recall_at(found, task.right, 1) == 0)
    chosen = np.sort(np.random.default_rng(seed).permutation(wrong)[:count])
    with open(path, "w", encoding="utf-8") as file:
        for number in chosen.tolist():
            place = next((i for i, answer in enumerate(found[number], 1) if answer in task.right[number]), 0)
            right = task.answers[min(task.right[number])]
            lines = [task.questions[number], f"right, at place {place or 'none'}: {right}"]
            lines += [f"found {i}: {task.answers[answer]}" for i, answer in enumerate(found[number][:3], 1)]
            file.write("\n".join(" ".join(line.split())[:700] for line in lines) + "\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with medquad_train.jsonl.gz and medquad_valid.jsonl.gz")
    parser.add_argument("--encoder", action="append", default=[], help="folder of slm encoder train; repeatable")
    parser.add_argument("--packaged", type=Path, help="folder with model.onnx and tokenizer.json")
    parser.add_argument("--misses", type=Path, help="write 50 misses of the last ranking to this file, to be read")
    arguments = parser.parse_args()
    task = read_task(arguments.data)
    print(f"{len(task.questions)} questions, {len(task.answers):,} answers")
    words = Words(task.answers)
    ways = {"BM25": lambda question: best(words.scores(question))}
    if arguments.packaged:
        from packaged_encoder import PackagedEncoder

        ways |= ways_of(task, words, PackagedEncoder(arguments.packaged), None, "MiniLM")
    for folder in arguments.encoder:
        ways |= ways_of(task, words, TextEncoder.load(folder), Reranker.load(folder), Path(folder).name)
    rankings, times = timed(ways, task.questions)
    print_table(task, rankings, times)
    if arguments.misses:
        write_misses(arguments.misses, task, list(rankings.values())[-1], 50)


if __name__ == "__main__":
    main()
