"""nanoGPT as a peer: its own model and optimizer from a checkout of karpathy/nanoGPT, trained as its train.py does."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch

from slm.data.token_store import TokenStore
from slm.device import cpu_has_bfloat16
from slm.evaluation.bits_per_byte import Score, evaluate
from slm.model.gpt import GPT, GPTConfig
from slm.training.schedule import learning_rate

SHAPE = {"n_layer": 6, "n_head": 6, "n_embd": 384, "dropout": 0.0, "bias": False}  # no biases: its train.py's default
SEED = 1337  # its train.py's
WARMUP_STEPS = 100  # that of its small configurations; a tenth of the steps where that is less
CURVE_DOCUMENTS = 100


def nanogpt_model(folder: Path, **shape: int | float | bool) -> torch.nn.Module:
    """Its GPT of this shape, from the model.py of a checkout."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.GPT(module.GPTConfig(**shape))


class Settings(NamedTuple):
    """One point of the grid."""

    learning_rate: float
    tokens: int
    block: int

    @classmethod
    def parse(cls, text: str) -> Settings:
        rate, tokens, block = text.split(",")
        if int(tokens) % int(block):
            raise ValueError(f"expected tokens a step that the block divides, got {text}")
        return cls(float(rate), int(tokens), int(block))

    def __str__(self) -> str:
        return f"{self.learning_rate:g},{self.tokens},{self.block}"


class NanoGPT:
    """nanoGPT's model, compiled, its optimizer and batches, and slm's GPT over the same weights to score it with."""

    def __init__(self, folder: Path, store: TokenStore, settings: Settings):
        torch.manual_seed(SEED)
        self.model = nanogpt_model(folder, block_size=settings.block, vocab_size=store.tokenizer.n_vocab, **SHAPE)
        self.store, self.settings = store, settings
        self.forward = torch.compile(self.model)
        self.twin = twin(self.model)
        self.begin()

    def begin(self) -> None:
        """A new optimizer, and the first batch again; the weights stay."""
        torch.manual_seed(SEED)
        self.optimizer = self.model.configure_optimizers(0.1, self.settings.learning_rate, (0.9, 0.95), "cpu")

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Windows that begin anywhere in the joined text: inputs and targets, both (tokens / block, block)."""
        tokens, block = self.store.train.tokens, self.settings.block
        starts = torch.randint(len(tokens) - block, (self.settings.tokens // block, 1))
        windows = torch.from_numpy(tokens[(starts + torch.arange(block + 1)).numpy()].astype("int64"))
        return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()

    def step(self, rate: float) -> float:
        """One step at this learning rate (0: the weights stay); the seconds that it took."""
        began = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bfloat16()):
            _, loss = self.forward(*self.batch())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - began

    def score(self, documents: int = 0) -> Score:
        return evaluate(self.twin, self.store.validation, self.store.tokenizer, documents)

    @torch.no_grad()
    def check_twin(self) -> None:
        """Stop unless both models give the same logits for random ids."""
        ids = torch.randint(self.store.tokenizer.n_vocab, (2, self.settings.block))
        logits, _ = self.model(ids, ids)
        torch.testing.assert_close(self.twin(ids), logits, atol=1e-4, rtol=1e-4)


def twin(model: torch.nn.Module) -> GPT:
    """slm's GPT with nanoGPT's very weights, which train on, and its MLPs: their GELU is exact, GPT-2's is not."""
    state = {name: tensor for name, tensor in model.state_dict().items() if name != "lm_head.weight"}  # tied
    ours = GPT(GPTConfig(**asdict(model.config)))
    ours.load_state_dict(state, assign=True)
    for mine, theirs in zip(ours.transformer.h, model.transformer.h, strict=True):
        mine.mlp = theirs.mlp
    return ours


def steps_per_second(peer: NanoGPT, seconds: float) -> float:
    """The speed over so many seconds and at least 5 steps, in which the weights stay as they are."""
    taken: list[float] = []
    while sum(taken) < seconds or len(taken) < 5:
        taken.append(peer.step(0.0))
    return len(taken) / sum(taken)


def train_steps(peer: NanoGPT, steps: int, points: int) -> list[tuple[float, float]]:
    """Train; (seconds, bits per byte) at so many points, of which the last is the end."""
    warmup, seconds, curve = min(WARMUP_STEPS, steps // 10), 0.0, []
    marks = {round(steps * number / points) for number in range(1, points + 1)}
    for step in range(steps):
        seconds += peer.step(learning_rate(step, steps, peer.settings.learning_rate, warmup, 0.1))
        if step + 1 in marks:
            curve.append((seconds, peer.score(CURVE_DOCUMENTS).bits_per_byte))
    return curve
