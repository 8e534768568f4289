"""Questions put to a tuned model in its prompt format, one or many at a time. Knows nothing about runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slm.data.prompt_format import PromptFormat
from slm.data.token_store import Split
from slm.data.tokenizer import Tokenizer
from slm.generation.batch import END, Batch, GenerationConfig
from slm.generation.engine import Engine
from slm.generation.generator import Generator

FULL = "(the question alone fills the model's context)"


def answer(
    generator: Generator, prompt_format: PromptFormat, question: str, config: GenerationConfig
) -> dict[str, str]:
    """What the model answers, without its reasoning, and why that ended."""
    prompt = prompt_format.prompt(question)
    if len(generator.tokenizer.encode_ordinary(prompt)) >= generator.engine.context:
        return {"text": FULL, "stop": "length"}
    completion = generator.complete(prompt, config)[0]
    return {"text": prompt_format.shown(completion.text).strip(), "stop": completion.stop}


def answer_all(
    engine: Engine,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    config: GenerationConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[tuple[list[int], bool]]:
    """For each prompt the ids that the model wrote, and whether it ended by itself. All are written together."""
    batch = Batch(engine, tokenizer)
    writers = [batch.add(ids, config)[0] for ids in prompts]
    try:
        while batch.busy:
            batch.step()
            progress(sum(bool(writer.stop) for writer in writers), len(writers))
    finally:
        batch.close()
    return [(writer.ids, writer.stop == END) for writer in writers]


def prompt_and_response(split: Split, number: int) -> tuple[list[int], list[int]]:
    """The ids of a record's two parts, without the end token."""
    ids, length = split.document(number).tolist(), int(split.prompt_lengths[number])
    return ids[:length], ids[length:-1]
