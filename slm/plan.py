"""What a budget of time buys: looks at the text and at this machine, and turns the best choice into a recipe."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from slm.data.batches import Documents, PackedBatches
from slm.data.token_store import TokenStore
from slm.device import Machine, choose_machine
from slm.errors import ConfigError, DataError
from slm.model.gpt import GPTConfig
from slm.processor import memory_bytes
from slm.recipe import Recipe
from slm.training.expectation import entropy_of
from slm.training.planner import Choice, Speed, choice_of, choices, matrix_weights, peak_memory
from slm.training.scaling_law import LAW, Law, Point
from slm.training.speed import matrix_rate, memory_rate, training_speed

LEAST_TEXT_BYTES = 200_000
MANY_PASSES = 40.0
MEASURED_CHOICES, MEASURED_STEPS = 5, 5
PILOT_SAMPLES = 8
RUNNING_SHARE = 0.89  # of the speed of single steps that a run comes to: smaller ones at first, measuring, saving
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What fits `seconds`: the choices, the best first, and what was measured and counted to find them."""

    seconds: float
    choices: list[Choice]
    machine: Machine
    matrix_rate: float
    memory_rate: float
    optimizer_share: float
    text_bytes: int
    text_tokens: int
    longer: list[tuple[float, Choice]]

    @property
    def best(self) -> Choice:
        return self.choices[0]

    def warnings(self) -> list[str]:
        """What the person should know about the text before the time is spent."""
        said = []
        if self.best.passes > MANY_PASSES:
            said.append(
                f"the text will be seen {self.best.passes:.0f} times: after {MANY_PASSES:.0f} passes there is little "
                "more to learn from it; give more text or less time"
            )
        return said

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        return values | {"warnings": self.warnings()}


def quick_plan(store: TokenStore, seconds: float, memory: int = 0) -> Plan:
    """A plan from the rate of matrix products alone: half a second. Raises DataError for too small a text."""
    _require_text(store)
    machine = choose_machine()
    return _plan(store, seconds, memory, machine, Speed(matrix_rate(machine)), {}, law_of(store))


def measured_plan(
    store: TokenStore,
    seconds: float,
    memory: int = 0,
    progress: Progress = lambda what, done, total: None,
    law: Law | None = None,
) -> Plan:
    """A plan whose likeliest choices were tried for a few steps each: about 20 seconds.

    `law` is what a pilot run made of the prediction (`law_after`).
    """
    _require_text(store)
    law = law or law_of(store)
    machine = choose_machine()
    progress("measuring matrix products and memory", 0, MEASURED_CHOICES + 1)
    speed = Speed(matrix_rate(machine))
    guessed = _plan(store, seconds, memory, machine, speed, {}, law)
    measured, documents = {}, Documents(store.train, guessed.best.model.block_size)
    for number, choice in enumerate(guessed.choices[:MEASURED_CHOICES]):
        progress("measuring training steps", number + 1, MEASURED_CHOICES + 1)
        rows = max(1, choice.tokens_per_step // choice.model.block_size)
        packed = PackedBatches(documents, rows * choice.model.block_size, seed=0)
        batches = [packed.get_batch(step, rows)[0] for step in range(MEASURED_STEPS)]
        speed_alone, *others = training_speed(choice.model, batches, machine)
        measured[choice.model] = RUNNING_SHARE * speed_alone, *others
    progress("measuring training steps", MEASURED_CHOICES + 1, MEASURED_CHOICES + 1)
    return _plan(store, seconds, memory, machine, speed, measured, law)


def law_of(store: TokenStore) -> Law:
    """The scaling law, for the text in `store`."""
    counts = store.manifest["splits"]["train"]
    entropy = entropy_of(store.train.tokens, store.tokenizer.n_vocab) / math.log(2)
    return LAW.for_text(entropy * counts["tokens"] / counts["bytes"])


def law_after(
    store: TokenStore, model: GPTConfig, tokens: int, bits_per_byte: float, interval: tuple[float, float]
) -> Law:
    """The law as a pilot run corrects it, in which `model` came to `bits_per_byte` (95 % `interval` over documents)
    after so many tokens of `store`."""
    counts = store.manifest["splits"]["train"]
    pilot = Point(matrix_weights(model), tokens * counts["bytes"] / counts["tokens"], counts["bytes"], bits_per_byte)
    return law_of(store).after(pilot, doubt=(interval[1] - interval[0]) / 4 / bits_per_byte)


def quick_choice(store: TokenStore, seconds: float, model: GPTConfig) -> Choice:
    """How to go on with a model of this shape, which exists already, for so long; with a third of the learning rate."""
    counts = store.manifest["splits"]["train"]
    rate = Speed(matrix_rate(choose_machine())).tokens_per_second(model)
    choice = choice_of(model, rate, seconds, counts["bytes"], counts["tokens"], law_of(store))
    return replace(choice, learning_rate=choice.learning_rate / 3)


def budgeted_recipe(recipe: Recipe, choice: Choice, seconds: float) -> Recipe:
    """`recipe` with the model and the settings of `choice`, for `seconds`.

    The planner's learning rate is for Muon; a recipe with another optimizer keeps its own.
    """
    rows = max(1, choice.tokens_per_step // choice.model.block_size)
    parts = 1  # that go through the model one after the other, where a whole step does not fit into the memory
    while 2 * parts <= rows and peak_memory(choice.model, rows // parts * choice.model.block_size) > _free_memory():
        parts *= 2
    training = replace(
        recipe.training,
        budget_seconds=seconds,
        micro_batch_size=rows // parts,
        accumulation=parts,
        learning_rate=choice.learning_rate if recipe.training.optimizer == "muon" else recipe.training.learning_rate,
    )
    return replace(recipe, model=replace(choice.model, dropout=choice.dropout), training=training)


def pilot_recipe(recipe: Recipe, choice: Choice, seconds: float) -> Recipe:
    """The same for a short run of which nothing is asked but its bits per byte: little else is measured or written."""
    made = budgeted_recipe(recipe, choice, seconds)
    return replace(
        made,
        training=replace(made.training, evaluation_samples=PILOT_SAMPLES),
        samples=replace(made.samples, prompts=()),
        evaluation=replace(made.evaluation, memorisation_samples=0),
    )


def _free_memory() -> int:
    """Bytes that training may take where nobody says how many."""
    return int(0.8 * memory_bytes()[1])


def _require_text(store: TokenStore) -> None:
    size = store.manifest["splits"]["train"]["bytes"]
    if size < LEAST_TEXT_BYTES:
        raise DataError(
            f"{store.title}: expected at least {LEAST_TEXT_BYTES:,} bytes of text to start from nothing, got {size:,}; "
            "start from a trained model instead: slm train TEXT --from MODEL (such as hub:openai-community/gpt2)"
        )


def _plan(
    store: TokenStore, seconds: float, memory: int, machine: Machine, speed: Speed, measured: dict[Any, Any], law: Law
) -> Plan:
    counts, vocabulary = store.manifest["splits"]["train"], store.tokenizer.n_vocab
    memory = memory or _free_memory()

    def chosen(time: float) -> list[Choice]:
        return choices(time, counts["bytes"], counts["tokens"], vocabulary, speed, memory, law, measured)

    found = chosen(seconds)
    optimizer = measured.get(found[0].model)
    share = optimizer[1] * found[0].tokens_per_second / found[0].tokens_per_step if optimizer else 0.0
    longer = []
    for factor in (2.0, 10.0):  # a longer run takes larger steps, which the memory may not hold
        with contextlib.suppress(ConfigError):
            longer.append((factor * seconds, chosen(factor * seconds)[0]))
    return Plan(
        seconds, found, machine, speed.flops_per_second, memory_rate(machine) if measured else 0.0, share,
        counts["bytes"], counts["tokens"], longer,
    )  # fmt: skip
