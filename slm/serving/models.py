"""The models that a server was started with, named for requests; each has a scheduler of its own while it is loaded."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slm.domain import Heading, heading
from slm.errors import ConfigError
from slm.evaluation.sections import measured
from slm.generation.engine import Engine
from slm.generation.engine_cache import cached_graph
from slm.generation.engines import DEFAULT_BITS, open_engine
from slm.model_folder import WEIGHTS, ModelFolder, read_json
from slm.processor import memory_bytes, trim_heap
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.refusals import ApiError
from slm.serving.scheduler import SPARE, Scheduler
from slm.training.run_folder import run_of

MOST_SLOTS = 64
MEMORY_SHARE = 4  # a quarter of the free memory, for the keys and values of all models together
LARGEST_HEADER = 100_000_000  # bytes, as safetensors has it
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(eq=False)
class Served:
    """A model by the name that requests call it. It has a scheduler while it is loaded."""

    name: str
    folder: ModelFolder
    bits: int
    size_bytes: int
    parameters: int | None
    engine: str
    context: int
    vocabulary: int
    slots: int
    """Texts of one client that are written together."""
    scheduler: Scheduler | None
    _open: Callable[[], Scheduler]

    @property
    def loaded(self) -> bool:
        return self.scheduler is not None

    @functools.cached_property
    def needed_bytes(self) -> int:
        """What it takes while it is loaded, about: 3 times its weights were measured, beside keys and values."""
        places = self.slots + self.slots // SPARE
        return 3 * self.size_bytes + places * sequence_bytes(read_json(self.folder.path / "config.json"))

    def load(self) -> None:
        """Have it in memory; its scheduler is not started yet. Raises as `open_engine` does."""
        self.scheduler = self._open()

    def drop(self) -> None:
        """Give back what it takes. Nobody may use it."""
        scheduler, self.scheduler = self.scheduler, None
        scheduler.stop()
        del scheduler
        trim_heap()

    @property
    def answers(self) -> bool:
        """Whether it was tuned on questions; else it goes on from texts."""
        return self.folder.prompt_format is not None

    @property
    def notice(self) -> str:
        return self.heading("").notice

    def heading(self, question: str) -> Heading:
        """What stands before the answer to `question`."""
        return heading(self.folder.domain, question, self.answers)

    @property
    def fingerprint(self) -> str:
        """Which weights answer, in how many bits."""
        return f"slm-{self.folder.sha256[:12]}-{self.bits}bit"

    def facts(self) -> dict[str, Any]:
        """For people who choose between models."""
        return {
            "name": self.name, "kind": "answers" if self.answers else "stories", "engine": self.engine,
            "bits": self.bits, "size_bytes": self.size_bytes, "parameters": self.parameters,
            "context": self.context, "notice": self.notice, "loaded": self.loaded,
            "measured": measured(run.path, self.folder.sha256) if (run := run_of(self.folder.path)) else [],
        }  # fmt: skip


class Models:
    """All models of a server; the first one is meant where a request names none and there is no other."""

    def __init__(self, served: Sequence[Served]):
        self._by_name = {model.name: model for model in served}
        assert len(self._by_name) == len(served)

    def __iter__(self) -> Iterable[Served]:
        return iter(self._by_name.values())

    def named(self, name: str | None) -> Served:
        """Raises ApiError, 404, with the names that there are."""
        known = ", ".join(self._by_name)
        if name is None and len(self._by_name) == 1:
            return next(iter(self._by_name.values()))
        if name is None:
            raise ApiError(400, "missing_parameter", f"model is missing; this server has: {known}", "model")
        if name not in self._by_name:
            raise ApiError(404, "model_not_found", f"there is no model of this name; this server has: {known}", "model")
        return self._by_name[name]


def parse_source(word: str) -> tuple[str, str, int]:
    """The name, the source and the bits (0 for the default) of '[NAME=]SOURCE[@BITS]'. The name is '' if not given."""
    name, equals, source = word.rpartition("=")
    source, at, bits = source.partition("@")
    if (equals and not NAME.fullmatch(name)) or (at and not bits.isdigit()):
        raise ConfigError(
            f"a model expects [NAME=]SOURCE[@BITS], such as quick, small=quick@4 or hub:owner/name; got {word!r}"
        )
    return name, source, int(bits or 0)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted` without what a name cannot have, or the first of wanted-2, wanted-3, ... that is free."""
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")[:90] or "model"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def open_served(
    name: str, folder: ModelFolder, kind: str, bits: int, threads: int, slots: int, limits: Limits, figures: Figures,
    message: Callable[[str], None],
) -> Served:  # fmt: skip
    """Load a model. Raises ConfigError and ModelError as `open_engine` does."""
    its_figures = figures.of_model(name)

    def opened() -> Scheduler:
        engine = open_engine(folder, kind, bits, threads, message)
        engine.slots = slots + slots // SPARE
        _warm_up(engine)
        folder.tokenizer.make_encoder()  # else it is made in the event loop, after the first prompts, which stops all
        return Scheduler(engine, folder.tokenizer, limits, its_figures)

    scheduler = opened()
    engine = scheduler.engine
    on_torch = engine.name.startswith("torch")
    its_bits = 32 if on_torch else bits or DEFAULT_BITS
    graph = None if on_torch else cached_graph(folder, its_bits)
    size = (graph or folder.path / WEIGHTS).stat().st_size
    return Served(
        name, folder, its_bits, size, count_parameters(folder.path / WEIGHTS), engine.name, engine.context,
        engine.vocabulary, slots, scheduler, opened,
    )  # fmt: skip


def keep_within(memory: int, opened: Sequence[Served], new: Served) -> None:
    """Drop a model that was opened if it has no room beside the others. Raises ConfigError if it has none at all."""
    if memory and new.needed_bytes > memory:
        raise ConfigError(
            f"{new.name} takes about {new.needed_bytes / 2**20:,.0f} MB with {new.slots} texts at a time; --memory "
            f"gives {memory / 2**20:,.0f} MB: give more, or fewer --slots"
        )
    if memory and sum(model.needed_bytes for model in [*opened, new] if model.loaded) > memory:
        new.drop()


def _warm_up(engine: Engine) -> None:
    """Have all places in memory before anyone waits for them."""
    sequences = [engine.open() for _ in range(engine.slots)]
    engine.extend({sequence: [0] * (engine.context - 1) for sequence in sequences[:1]})
    engine.extend({sequence: [0] for sequence in sequences[1:] or sequences})
    for sequence in sequences:
        engine.close(sequence)


def choose_slots(folders: Sequence[ModelFolder], memory: int = 0) -> int:
    """How many texts each model writes together: as many as fit into a share of the free memory, or of the `memory`
    that they may have, at most MOST_SLOTS."""
    free = min(memory_bytes()[1], memory or sys.maxsize)
    needed = sum(sequence_bytes(read_json(folder.path / "config.json")) for folder in folders)
    return int(min(MOST_SLOTS, max(1, free / MEMORY_SHARE // max(1, needed))))


def sequence_bytes(config: dict[str, Any]) -> int:
    """What keys and values of one sequence take, in float32: 2 x layers x width x context x 4, by config.json."""
    if "n_layer" in config:
        return 8 * config["n_layer"] * config["n_embd"] * config["n_positions"]
    heads = config.get("num_key_value_heads") or config["num_attention_heads"]
    width = heads * (config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])
    return 8 * config["num_hidden_layers"] * width * config["max_position_embeddings"]


def count_parameters(weights: Path) -> int | None:
    """By the header of a safetensors file, in which a tied head stands once; None where it cannot be read."""
    try:
        with open(weights, "rb") as file:
            header = json.loads(file.read(min(LARGEST_HEADER, int.from_bytes(file.read(8), "little"))))
    except (OSError, ValueError):
        return None
    shapes = [tensor["shape"] for name, tensor in header.items() if name != "__metadata__"]
    return sum(_product(shape) for shape in shapes)


def _product(shape: Sequence[int]) -> int:
    result = 1
    for length in shape:
        result *= length
    return result
