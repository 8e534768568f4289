"""Write the figures of docs/scale.md, for a model of a billion weights on 20 billion tokens, from slm's own functions.

A test fails when they are stale. `make docs` runs it.
"""

from __future__ import annotations

import functools
from pathlib import Path

import torch

from slm.model.flops import flops_per_token
from slm.model.gpt import GPT, GPTConfig
from slm.training import planner
from slm.training.optimizer import NEWTON_SCHULZ, Muon, make_optimizer

PAGE = Path(__file__).parent / "scale.md"
BEGIN, END = "<!-- written by docs/write_scale.py -->\n", "<!-- end -->"

MODEL = GPTConfig(block_size=2048, vocab_size=32768, n_layer=18, n_head=16, n_embd=2048)
TOKENS = 20 * 10**9  # 20 a weight (Hoffmann et al. 2022, arXiv 2203.15556)
STEP = 2**19  # tokens
GPUS = 8
MICRO_BATCH = 4 * MODEL.block_size  # tokens that one GPU has in work
STEPS = TOKENS // STEP
GPU_FLOPS, GPU_GB = 989e12, 80  # an H100 SXM, bfloat16, dense, by its data sheet
UTILISATION = 0.4
LINKS = {"NVLink, 450 GB/s": 450e9, "InfiniBand, 400 Gbit/s": 50e9, "Ethernet, 25 Gbit/s": 3.1e9}  # each way, a GPU
DOLLARS = 3.0  # an hour of one: an assumption, put in your own
DOCUMENT = 1000  # tokens of one: an assumption, for the index alone


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


MACHINES = {
    "two cores with AVX512-BF16, at the 0.85 TFLOP/s and 45 % measured": (0.85e12, 0.45),
    f"1 H100 at {percent(UTILISATION)}": (GPU_FLOPS, UTILISATION),
    f"{GPUS} H100 at {percent(UTILISATION)}": (GPUS * GPU_FLOPS, UTILISATION),
    f"{GPUS} H100 at 25 %": (GPUS * GPU_FLOPS, 0.25),
    f"64 H100 at {percent(UTILISATION)}": (64 * GPU_FLOPS, UTILISATION),
}


@functools.cache
def counts(config: GPTConfig) -> tuple[int, int]:
    """Weights of the model, and those that Muon takes, counted on the model itself; it is never given memory."""
    with torch.device("meta"):
        model = GPT(config)
    muon = make_optimizer(model, 1e-3, (0.9, 0.95), 0.1, "muon")._parts[0]
    assert isinstance(muon, Muon)
    return model.num_parameters(), sum(p.numel() for group in muon.param_groups for p in group["params"])


def memory() -> list[tuple[str, float, float, float, float]]:
    """What, and bytes on each GPU: AdamW and Muon with everything on each (DDP), and cut into GPUS parts (FSDP2)."""
    weights, by_muon = counts(MODEL)
    moments = {"adamw": 8 * weights, "muon": 4 * by_muon + 8 * (weights - by_muon)}
    activations = planner.peak_memory(MODEL, MICRO_BATCH) - planner.peak_memory(MODEL, 0)
    rows = [
        ("weights, float32", 4 * weights, 4 * weights, True),
        ("gradients, float32", 4 * weights, 4 * weights, True),
        ("moments of the optimizer, float32", moments["adamw"], moments["muon"], True),
        ("weights once more, bfloat16, for the products", 2 * weights, 2 * weights, True),
        (f"activations of {MICRO_BATCH:,} tokens", activations, activations, False),
        ("the process", planner.PROCESS_BYTES, planner.PROCESS_BYTES, False),
    ]
    found = [(what, a, m, a / GPUS if cut else a, m / GPUS if cut else m) for what, a, m, cut in rows]
    gathered = 2 * 2 * (12 * MODEL.n_embd**2)  # in bfloat16: the block in work, and the next
    found.append(("two blocks put together for their turn, bfloat16", 0, 0, gathered, gathered))
    return [*found, ("together", *(sum(row[n] for row in found) for n in range(1, 5)))]


def sent(gpus: int = GPUS) -> list[tuple[str, float]]:
    """What, and bytes that each GPU sends a step, one micro-batch a step. The least for an all-reduce of S bytes is
    2 (n - 1) / n S, for a gather or a reduce-scatter (n - 1) / n S (Patarasu and Yuan 2009, JPDC 69)."""
    weights, by_muon = counts(MODEL)
    share = (gpus - 1) / gpus
    return [
        ("DDP: gradients, float32, all-reduced", 2 * share * 4 * weights),
        ("besides with Muon: each matrix moved on one GPU, then sent to all", share * 4 * by_muon),
        ("FSDP2: bfloat16 weights gathered twice, float32 gradients reduce-scattered", share * (2 * 2 + 4) * weights),
    ]


def muon_flops() -> float:
    """Of one step: Newton's and Schulz's products for every matrix of the blocks, (rows, columns) with rows the fewer:
    X X', its square, and one more with X, each round."""
    width = MODEL.n_embd
    shapes = [(width, width)] * 4 + [(width, 4 * width)] * 2  # queries, keys, values, projection; the MLP's two
    once = sum(4 * rows**2 * columns + 2 * rows**3 for rows, columns in shapes)
    return float(MODEL.n_layer * len(NEWTON_SCHULZ) * once)


def figures() -> str:
    """The tables, in Markdown."""
    weights, by_muon = counts(MODEL)
    flops = flops_per_token(MODEL) * TOKENS
    step_seconds = flops_per_token(MODEL) * STEP / (GPUS * GPU_FLOPS * UTILISATION)
    muon_share = muon_flops() / (flops_per_token(MODEL) * STEP)
    lines = [
        f"`GPTConfig(block_size={MODEL.block_size}, vocab_size={MODEL.vocab_size}, n_layer={MODEL.n_layer}, "
        f"n_head={MODEL.n_head}, n_embd={MODEL.n_embd})`: {weights:,} weights, {by_muon:,} of them in the matrices "
        f"that Muon takes. {TOKENS:,} tokens in {STEPS:,} steps of {STEP:,}: {GPUS} GPUs with "
        f"{STEP // GPUS // MICRO_BATCH} micro-batches of {MICRO_BATCH:,} tokens each.",
        "",
        "| memory of each GPU, GB | AdamW, DDP | Muon, DDP | AdamW, FSDP2 | Muon, FSDP2 |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {what} | {' | '.join(gigabytes(value) for value in values)} |" for what, *values in memory()),
        "",
        f"An H100 has {GPU_GB} GB.",
        "",
        "| stored | GB |",
        "| --- | --- |",
        f"| token store: {token_bytes()} bytes a token | {gigabytes(token_bytes() * TOKENS)} |",
        f"| its index: 8 bytes a document, of {DOCUMENT:,} tokens | {gigabytes(8 * TOKENS / DOCUMENT)} |",
        f"| a model folder, float32 | {gigabytes(4 * weights)} |",
        f"| `checkpoints/last`, with AdamW's state | {gigabytes(12 * weights)} |",
        "",
        f"| sent by each of {GPUS} GPUs a step | GB | " + " | ".join(f"seconds by {link}" for link in LINKS) + " |",
        "| --- | --- |" + " --- |" * len(LINKS),
        *(
            f"| {what} | {gigabytes(size)} | {' | '.join(f'{size / rate:.2f}' for rate in LINKS.values())} |"
            for what, size in sent()
        ),
        "",
        f"A step computes for {step_seconds:.2f} s at {percent(UTILISATION)}. FSDP2 gathers for every micro-batch, "
        f"{STEP // GPUS // MICRO_BATCH} times a step, unless it keeps what it gathered. Muon's own products are "
        f"{muon_flops() / 1e12:.0f} TFLOP a step: {percent(muon_share, 1)} of the step's where each matrix is worked "
        f"on by one GPU, {percent(GPUS * muon_share)} if each of {GPUS} did all.",
        "",
        f"{flops_per_token(MODEL) / 1e9:.2f} GFLOP a token (`slm/model/flops.py`), {flops:.2e} in all:",
        "",
        f"| machine | hours | GPU-hours | dollars, at {DOLLARS:.0f} a GPU-hour (assumed) |",
        "| --- | --- | --- | --- |",
        *(machine_row(what, flops, *speed) for what, speed in MACHINES.items()),
    ]
    return "\n".join(lines) + "\n"


def machine_row(what: str, flops: float, rate: float, share: float) -> str:
    hours, gpus = flops / (rate * share) / 3600, rate / GPU_FLOPS
    if gpus < 1:
        return f"| {what} | {hours:,.0f} ({hours / 24 / 365:.0f} years) | | |"
    return f"| {what} | {hours:,.1f} | {hours * gpus:,.0f} | {hours * gpus * DOLLARS:,.0f} |"


def token_bytes() -> int:
    """Of a token in a token store (docs/architecture.md, "Two formats")."""
    return 2 if MODEL.vocab_size <= 2**16 else 4


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f}" if size else ""


def page() -> str:
    """docs/scale.md with its figures as they are now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + "\n" + figures() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
