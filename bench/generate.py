"""Tokens per second of greedy generation: slm's engines beside llama.cpp, CTranslate2 and transformers.

    python bench/generate.py MODEL ...        (runs or model folders in GPT-2's layout)

Every row is one engine at one number of bits; batches of 1 and 16 texts, 1 and 2 threads, 100 tokens a text after a
short opening. Each measurement is a process of its own, which writes once for nothing and then ROUNDS times; rounds
of the engines alternate, the best of each counts. slm is measured with all that `slm generate` does: joining,
drawing, decoding to text. llama.cpp is called by its C functions and CTranslate2 and transformers by their own
generate, without decoding. Needs `pip install -e '.[export]' ctranslate2`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NEW, ROUNDS = 100, 3
BATCHES, THREADS = (1, 16), (1, 2)
NOUNS = "girl boy dog cat bird fish bear frog tree star king man duck car ball cow"
OPENINGS = [f"Once upon a time, there was a {noun}" for noun in NOUNS.split(" ")]
ENGINES = [
    ("slm, onnxruntime", 8), ("slm, onnxruntime", 4), ("slm, onnxruntime", 32), ("slm, torch", 32),
    ("llama.cpp Q8_0", 8), ("llama.cpp Q4_0", 4), ("llama.cpp F32", 32),
    ("CTranslate2 int8", 8), ("CTranslate2 float32", 32), ("transformers float32", 32),
]  # fmt: skip
PEERS_AT_8_BITS = ("llama.cpp Q8_0", "CTranslate2 int8")
Rates = dict[tuple[str, int, int, int], float]  # by engine, bits, threads, batch size
Write = Callable[[list[list[int]]], int]


def slm(model: str, bits: int, threads: int, kind: str) -> Write:
    """Writes with `Batch`, as the command line does; gives the number of tokens written."""
    from slm.generation.batch import Batch, GenerationConfig
    from slm.generation.engines import open_engine
    from slm.model_folder import open_model_folder

    folder = open_model_folder(model)
    engine = open_engine(folder, kind, bits, threads)
    config = GenerationConfig(NEW, temperature=0)

    def write(prompts: list[list[int]]) -> int:
        batch = Batch(engine, folder.tokenizer)
        writers = [batch.add(ids, config)[0] for ids in prompts]
        while batch.busy:
            batch.step()
        batch.close()
        return sum(len(writer.ids) for writer in writers)

    return write


def llama_cpp(file: str, threads: int, batch_size: int) -> Write:
    from slm.export import llama_cpp_process as child

    lib = child.load_library()
    quiet = child.LOG(lambda *_: None)
    lib.llama_log_set(quiet, None)
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(os.fsencode(file), lib.llama_model_default_params())
    settings = lib.llama_context_default_params()
    assert settings.words[: len(child.KNOWN_BEGINNING)] == child.KNOWN_BEGINNING
    settings.words[0], settings.words[3] = 256 * batch_size, batch_size
    context = lib.llama_init_from_model(model, settings)
    lib.llama_set_n_threads(context, threads, threads)
    tokens = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    batch = lib.llama_batch_init(512, 0, 1)

    def extend(parts: list[tuple[int, int, int, bool]]) -> np.ndarray:
        """Logits (n, V) of the (sequence, place, token, wanted) that are wanted."""
        batch.count = len(parts)
        for n, (sequence, place, token, wanted) in enumerate(parts):
            batch.tokens[n], batch.places[n], batch.wanted[n] = token, place, wanted
            batch.sequence_counts[n], batch.sequences[n][0] = 1, sequence
        assert lib.llama_decode(context, batch) == 0
        count = sum(part[3] for part in parts)
        view = ctypes.cast(lib.llama_get_logits(context), ctypes.POINTER(ctypes.c_float * (count * tokens)))
        return np.frombuffer(view.contents, np.float32).reshape(count, tokens)

    def write(prompts: list[list[int]]) -> int:
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        firsts = [
            (number, place, token, place == len(ids) - 1)
            for number, ids in enumerate(prompts)
            for place, token in enumerate(ids)
        ]
        logits = extend(firsts)
        for step in range(NEW - 1):
            chosen = logits.argmax(axis=1).tolist()
            places = [len(ids) + step for ids in prompts]
            logits = extend(
                [(n, place, token, True) for n, (place, token) in enumerate(zip(places, chosen, strict=True))]
            )
        return NEW * len(prompts)

    return write


def ctranslate2(folder: str, threads: int, words: dict[int, str]) -> Write:
    import ctranslate2

    generator = ctranslate2.Generator(folder, device="cpu", intra_threads=threads, inter_threads=1)

    def write(prompts: list[list[int]]) -> int:
        tokens = [[words[token] for token in ids] for ids in prompts]
        results = generator.generate_batch(
            tokens, max_length=NEW, min_length=NEW, sampling_topk=1, include_prompt_in_result=False
        )
        return sum(len(result.sequences_ids[0]) for result in results)

    return write


def transformers(folder: str, threads: int) -> Write:
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()

    def write(prompts: list[list[int]]) -> int:
        longest = max(map(len, prompts))
        ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
        with torch.no_grad():
            out = model.generate(ids, attention_mask=mask, max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False)
        return (out.size(1) - longest) * len(prompts)

    return write


def prepare(model: str, folder: Path) -> dict[str, Any]:
    """What the engines load, made from one model folder."""
    from ctranslate2.converters import TransformersConverter

    from slm.checkpoint import load_model
    from slm.cli.sources import open_source
    from slm.export.gguf import write_gguf

    loaded = load_model(open_source(model, Path("runs")).path)
    files = {"hf": str(loaded.folder)}
    for name, bits in (("Q8_0", 8), ("Q4_0", 4), ("F32", 32)):
        files[name] = str(folder / f"{name}.gguf")
        write_gguf(loaded, Path(files[name]), bits)
    for kind in ("int8", "float32"):
        files[kind] = str(folder / kind)
        TransformersConverter(files["hf"]).convert(files[kind], quantization=kind)
    shape = loaded.model.config
    vocabulary = loaded.tokenizer.definition["model"]["vocab"]
    return {
        "files": files, "vocabulary": shape.vocab_size, "layers": shape.n_layer, "width": shape.n_embd,
        "prompts": [loaded.tokenizer.encode_ordinary(opening) for opening in OPENINGS],
        "words": {number: word for word, number in vocabulary.items()},
    }  # fmt: skip


def one(name: str, bits: int, threads: int, batch_size: int, facts: dict[str, Any]) -> float:
    """The best tokens/s of this engine, in this process."""
    files, kind = facts["files"], name.split()[-1]
    if name.startswith("slm"):
        write = slm(files["hf"], bits, threads, "onnx" if kind == "onnxruntime" else "torch")
    elif name.startswith("llama.cpp"):
        write = llama_cpp(files[kind], threads, batch_size)
    elif name.startswith("CTranslate2"):
        write = ctranslate2(files[kind], threads, {int(n): word for n, word in facts["words"].items()})
    else:
        write = transformers(files["hf"], threads)
    prompts, best = facts["prompts"][:batch_size], 0.0
    write(prompts)
    for _ in range(ROUNDS):
        began = time.perf_counter()
        written = write(prompts)
        best = max(best, written / (time.perf_counter() - began))
        if written != NEW * batch_size:
            print(f"{name}: a text ended early, {written} tokens", file=sys.stderr)
    return best


def measured(name: str, bits: int, threads: int, batch_size: int, facts: Path) -> float:
    setting = {"OMP_NUM_THREADS": str(threads), "CT2_VERBOSE": "-3"}
    command = [sys.executable, __file__, "--one", name, str(bits), str(threads), str(batch_size), str(facts)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | setting)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return float("nan")
    if done.stderr.strip().startswith(name):
        print(done.stderr.strip().splitlines()[0], file=sys.stderr)
    return float(done.stdout.split()[-1])


def table(
    facts: dict[str, Any], rates: Rates, settings: list[tuple[int, int]], engines: list[tuple[str, int]]
) -> None:
    """Print the figures, and how many times those of the peers ours are."""
    heads = " | ".join(f"{threads} thr, batch {size}" for threads, size in settings)
    print(f"\n| engine | layers x width | vocabulary | bits | {heads} |")
    print("| --- " * (4 + len(settings)) + "|")
    for name, bits in engines:
        cells = " | ".join(f"{rates[name, bits, *setting]:,.0f}" for setting in settings)
        print(f"| {name} | {facts['layers']} x {facts['width']} | {facts['vocabulary']:,} | {bits} | {cells} |")
    ours = [rates["slm, onnxruntime", 8, *setting] for setting in settings]
    peer = [max(rates.get((name, 8, *setting), 0) for name in PEERS_AT_8_BITS) for setting in settings]
    base = [rates.get(("transformers float32", 32, *setting), 0) for setting in settings]
    for title, other in (("the better of llama.cpp Q8_0 and CTranslate2 int8", peer), ("transformers float32", base)):
        if all(other):
            ratios = " | ".join(f"{mine / theirs:.2f}" for mine, theirs in zip(ours, other, strict=True))
            print(f"| **slm at 8 bits, times {title}** | | | | {ratios} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--repeats", type=int, default=2, help="processes of each measurement; the best counts")
    parser.add_argument("--threads", type=int, nargs="*", default=THREADS)
    parser.add_argument("--batches", type=int, nargs="*", default=BATCHES)
    parser.add_argument("--without", nargs="*", default=[], help="leave out engines with one of these in their name")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, bits, threads, size, facts = arguments.one
        print(one(name, int(bits), int(threads), int(size), json.loads(Path(facts).read_text())))
        return
    settings = [(threads, size) for threads in arguments.threads for size in arguments.batches]
    engines = [engine for engine in ENGINES if not any(word in engine[0] for word in arguments.without)]
    for model in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            facts = prepare(model, Path(folder))
            path = Path(folder) / "facts.json"
            path.write_text(json.dumps(facts))
            rates: Rates = {}
            for _ in range(arguments.repeats):
                for setting in settings:
                    for engine in engines:
                        rate = measured(*engine, *setting, path)
                        rates[*engine, *setting] = max(rate, rates.get((*engine, *setting), 0.0))
            table(facts, rates, settings, engines)


if __name__ == "__main__":
    main()
