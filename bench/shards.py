"""Corpora larger than memory: plain prepare and shards beside one another, and training from what comes out.

    python bench/shards.py --sizes 0.1 1 10 --folder corpora   (GB of documents; twice as much disk is needed)
    python bench/shards.py --sizes 10 --ways make merge train windows --folder corpora      (without plain prepare)

A corpus is made by drawing sentences of the built-in stories, fourteen a document; one document in a hundred is one
that came before. For each size a row: MB/s, peak memory (of the process and its children, pages that they share
counted once; of it the part that no file stands behind, and the part that is mapped from files that were made here, at
its own peak), and the most files that were open at once. "make" is all shards, "merge" what follows. Then the whole of
`slm train` with 20 steps from the store, and how long it takes to draw a window from the store and from mapped shards
that were never merged. All that is made is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SENTENCES, BATCH = 14, 10_000
SHARDS = 8
WAYS = ("plain", "make", "merge", "train", "windows")
TRAIN = (
    "training.steps=20", "training.micro_batch_size=4", "training.sample_points=0", "training.evaluation_samples=16",
    "model.n_layer=2", "model.n_head=4", "model.n_embd=128", "model.block_size=128", "evaluation.documents=20",
    "evaluation.memorisation_samples=1",
)  # fmt: skip


@dataclass
class Peak:
    """The most that a process and its children held while they ran."""

    seconds: float = 0.0
    memory: int = 0
    """Bytes; of them those without files, and those of mapped files below the bench's folder."""
    anonymous: int = 0
    mapped: int = 0
    files: int = 0
    """How many were open."""


def make_corpus(path: Path, gigabytes: float) -> None:
    """Documents on the lines of a .jsonl file."""
    from slm.data.samples import read_samples

    texts = (record["text"].replace("\n", " ") for record in read_samples("stories"))
    sentences = sorted({json.dumps(part)[1:-1] for text in texts for part in re.split(r"(?<=[.!?]) +", text) if part})
    drawn, known, size = random.Random(0), [], 0
    with open(path, "w", encoding="utf-8") as file:
        while size < gigabytes * 1e9:
            lines = []
            for _ in range(BATCH):
                if known and drawn.random() < 0.01:
                    lines.append(drawn.choice(known))
                else:
                    lines.append('{"text": "' + " ".join(drawn.choices(sentences, k=SENTENCES)) + '"}\n')
            known = known or lines[:]
            size += file.write("".join(lines))


def watched(folder: Path, *command: str) -> Peak:
    """Run a command of Python to its end, which maps files below `folder`. Raises SystemExit with what it wrote where
    it fails."""
    began, peak = time.perf_counter(), Peak()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while process.poll() is None:
        now = held(process.pid, str(folder.resolve()))
        for name in ("memory", "anonymous", "mapped", "files"):
            setattr(peak, name, max(getattr(peak, name), getattr(now, name)))
        time.sleep(0.25)
    peak.seconds = time.perf_counter() - began
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{process.stdout.read()}")
    return peak


def held(root: int, folder: str) -> Peak:
    """What a process and its descendants hold now (Linux)."""
    found = Peak()
    for process in family(root):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            mappings = Path(f"/proc/{process}/smaps").read_text()
            found.files += sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
        except OSError:  # it ended meanwhile
            continue
        sizes = dict(re.findall(r"^(Pss|Pss_Anon): +(\d+) kB", rollup, re.MULTILINE))
        found.memory += 1024 * int(sizes["Pss"])
        found.anonymous += 1024 * int(sizes["Pss_Anon"])
        for size in re.findall(rf" {re.escape(folder)}/.*\n(?:\w+: .*\n)*?Rss: +(\d+) kB", mappings):
            found.mapped += 1024 * int(size)
    return found


def family(root: int) -> list[int]:
    found = [root]
    for process in found:
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def one(way: str, corpus: Path, store: Path) -> None:
    """What a child process does, so that its memory is its own."""
    from slm.data.documents import DocumentsConfig
    from slm.prepare import prepare
    from slm.prepare_shards import ENGINES, ShardTask, merge, shards_folder

    config = DocumentsConfig(source=(str(corpus),))
    if way == "plain":
        prepare(config, folder=store)
    elif way == "make":
        below = shards_folder(store)
        paths = [(number, below / f"{number}-of-{SHARDS}") for number in range(1, SHARDS + 1)]
        tasks = [ShardTask(config, number, SHARDS, "gpt2", None, store, below, path) for number, path in paths]
        list(ENGINES["processes"](tasks))
    else:
        merge(shards_folder(store))


def microseconds(store: Path, windows: int = 20_000, block: int = 256) -> tuple[float, float]:
    """Time to draw a window from the store, and from its shards as they lie, mapped, with a table of documents."""
    from slm.data.shards import open_shard
    from slm.data.token_store import open_token_store
    from slm.prepare_shards import shards_folder

    tokens = open_token_store(store, verify=False).train.tokens
    starts = np.random.default_rng(0).integers(len(tokens) - block, size=windows)
    began = time.perf_counter()
    for start in starts:
        tokens[start : start + block].astype(np.int64)
    merged = time.perf_counter() - began
    splits = [open_shard(path, verify=False).split() for path in sorted(shards_folder(store).glob("*-of-*"))]
    # As if a shard trained on all but every twentieth document: where those begin there, and in the split.
    kept = [np.arange(split.documents) % 20 > 0 for split in splits]
    begins = [np.asarray(split.starts)[:-1][keep].astype(np.int64) for split, keep in zip(splits, kept, strict=True)]
    lengths = [split.lengths()[keep] for split, keep in zip(splits, kept, strict=True)]
    shard_of = np.repeat(np.arange(len(splits)), [len(part) for part in lengths])
    begins, lengths = np.concatenate(begins), np.concatenate(lengths)
    ends = np.cumsum(lengths)
    starts = starts % (ends[-1] - block)
    began = time.perf_counter()
    for start in starts:
        document = int(np.searchsorted(ends, start, side="right"))
        inside, missing, pieces = start - (ends[document] - lengths[document]), block, []
        while missing > 0:
            first = begins[document] + inside
            pieces.append(splits[shard_of[document]].tokens[first : first + min(missing, lengths[document] - inside)])
            missing, inside, document = missing - len(pieces[-1]), 0, document + 1
        np.concatenate(pieces).astype(np.int64)
    return 1e6 * merged / windows, 1e6 * (time.perf_counter() - began) / windows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=float, default=[0.1, 1.0])
    parser.add_argument("--folder", type=Path, default=Path("corpora"))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="make and merge always are")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], *map(Path, arguments.one[1:]))
        return
    arguments.folder.mkdir(parents=True)
    heads = f"{'seconds':>9}{'MB/s':>8}{'memory MB':>11}{'without files':>15}{'mapped':>8}{'files':>7}"
    print(f"{'GB':>5} {'way':<6}{heads}")
    for gigabytes in arguments.sizes:
        measure(arguments.folder, gigabytes, arguments.ways)
    shutil.rmtree(arguments.folder)


def measure(folder: Path, gigabytes: float, ways: Sequence[str]) -> None:
    corpus, plain, store = folder / "corpus.jsonl", folder / "plain", folder / "store"
    make_corpus(corpus, gigabytes)
    megabytes = corpus.stat().st_size / 1e6

    def row(way: str, *command: str) -> None:
        peak = watched(folder, *command)
        speed = f"{megabytes / peak.seconds:>8.1f}" if way != "train" else " " * 8
        sizes = f"{peak.memory / 1e6:>11.0f}{peak.anonymous / 1e6:>15.0f}{peak.mapped / 1e6:>8.0f}{peak.files:>7}"
        print(f"{gigabytes:>5g} {way:<6}{peak.seconds:>9.1f}{speed}{sizes}", flush=True)

    if "plain" in ways:
        row("plain", __file__, "--one", "plain", str(corpus), str(plain))
        sums = sums_of(plain)
        shutil.rmtree(plain)
    for way in ("make", "merge"):
        row(way, __file__, "--one", way, str(corpus), str(store))
    if "plain" in ways and sums != sums_of(store):
        sys.exit("the merged store is another than the plain one")
    if "train" in ways:
        settings = [word for assignment in TRAIN for word in ("--set", assignment)]
        row("train", "-m", "slm", "train", str(store), *settings, "--out", str(folder / "run"))
    if "windows" in ways:
        merged, mapped = microseconds(store)
        print(f"{gigabytes:>5g} a window drawn from the store: {merged:.1f} us, from mapped shards: {mapped:.1f} us")
    for path in (store, store.with_name("store.shards"), folder / "run"):
        shutil.rmtree(path, ignore_errors=True)
    corpus.unlink()


def sums_of(store: Path) -> dict[str, str]:
    return json.loads((store / "manifest.json").read_text())["sha256"]


if __name__ == "__main__":
    main()
