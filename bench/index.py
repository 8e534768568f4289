"""What an index costs: time to build and to bring up to date, memory, size, time of a query; and how well it finds.

    python bench/index.py DATA                       (the folder with medquad_train.jsonl.gz and medquad_valid.jsonl.gz)
    python bench/index.py DATA --passages 1000000    (documents made of sentences drawn from those answers)

Each step is a process of its own, as a person would start it; memory is its peak, a query is a question of
medquad_valid to ten passages of text. A passage counts as its answer; the answers alone are searched, without titles.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SENTENCES_A_DOCUMENT = 5  # of a made document: about as long as a passage


def rows(data: Path, *splits: str) -> list[dict[str, str]]:
    files = [data / f"medquad_{split}.jsonl.gz" for split in splits]
    return [json.loads(line) for file in files for line in gzip.open(file, "rt", encoding="utf-8")]


def made_documents(data: Path, count: int) -> Iterator[str]:
    """Documents of sentences drawn with a seed: the words are as common as in the answers, the order means nothing."""
    from slm.rag.sentences import sentences

    pool = []
    for row in rows(data, "train", "valid"):
        pool += [row["answer"][start:end] for start, end in sentences(row["answer"]) if end - start < 300]
    draw = random.Random(0)
    for _ in range(count):
        yield " ".join(draw.choices(pool, k=SENTENCES_A_DOCUMENT))


def write_documents(path: Path, texts: Iterator[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")


def step(name: str, *words: str) -> dict[str, float]:
    """Run `slm index` or a step of this file in a process of its own; its seconds and peak memory."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed")
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": usage.ru_utime + usage.ru_stime,
               "peak_GB": usage.ru_maxrss / 1e6}  # fmt: skip
    print(f"{name}: {figures['seconds']:.1f} s ({figures['cpu_seconds']:.1f} s of CPU), {figures['peak_GB']:.2f} GB")
    return figures | (json.loads(output.splitlines()[-1]) if output.startswith(b"{") and name == "ask" else {})


def ask(folder: Path, data: Path, questions: int) -> None:
    """Open the index and ask; prints figures as one line of JSON."""
    from slm.rag.retriever import Retriever

    began = time.perf_counter()
    retriever = Retriever.open(folder)
    opened = time.perf_counter() - began
    valid, every = rows(data, "valid"), rows(data, "train", "valid")
    right: dict[str, set[str]] = {}
    for row in every:
        right.setdefault(row["question"], set()).add(row["answer"])
    texts = {}  # document -> its text; documents of the same text are one answer
    times, ranks = [], []
    for row in valid[:questions]:
        began = time.perf_counter()
        hits = retriever.search(row["question"], 10)
        times.append(time.perf_counter() - began)
        found = retriever.search(row["question"], 60)
        for hit in found:
            if hit.passage.document not in texts:
                texts[hit.passage.document] = retriever.store.document_text(hit.passage.document)
        answers = list(dict.fromkeys(texts[hit.passage.document] for hit in found))
        ranks.append(next((place for place, text in enumerate(answers, 1) if text in right[row["question"]]), 10**6))
        assert len(hits) <= 10
    times.sort()
    figures = {"open_ms": opened * 1e3, "median_ms": statistics.median(times) * 1e3,
               "p95_ms": times[len(times) * 95 // 100] * 1e3}  # fmt: skip
    figures |= {f"recall@{k}": sum(rank <= k for rank in ranks) / len(ranks) for k in (1, 5, 10)}
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


def size(path: Path) -> float:
    """MB of a file or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--passages", type=int, default=0, help="make so many; 0: the answers themselves")
    parser.add_argument("--encoder", type=Path, help="search by the vectors of this encoder too")
    parser.add_argument("--folder", type=Path, help="where the index is made and stays; by default nowhere")
    parser.add_argument("--questions", type=int, default=819, help="to ask, the first of medquad_valid")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        ask(options.ask, options.data, options.questions)
        return
    with tempfile.TemporaryDirectory() as temporary:
        measure(options, (options.folder or Path(temporary)).absolute())


def measure(options: argparse.Namespace, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    documents, index = folder / "documents.jsonl", folder / "index"
    if options.passages:
        write_documents(documents, made_documents(options.data, options.passages))
    else:
        write_documents(documents, dict.fromkeys(row["answer"] for row in rows(options.data, "train", "valid")))
    slm = [sys.executable, "-m", "slm", "index", str(documents), "--out", str(index), "--no-search-titles"]
    step("first build", *slm)
    step("nothing changed", *slm)
    with open(documents, "a", encoding="utf-8") as file:
        file.write(json.dumps({"text": "One more document that nobody has seen before. It is the last."}) + "\n")
    step("one document more", *slm)
    if options.encoder:
        step("vectors", *slm, "--encoder", str(options.encoder))
    figures = step("ask", sys.executable, __file__, str(options.data), "--ask", str(index),
                   "--questions", str(options.questions))  # fmt: skip
    print(json.dumps(figures))
    text, database, derived = (size(path) for path in (documents, index / "passages.sqlite", index / "derived"))
    print(f"text {text:,.0f} MB, passages.sqlite {database:,.0f} MB, derived {derived:,.0f} MB")


if __name__ == "__main__":
    main()
