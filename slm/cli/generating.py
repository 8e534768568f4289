"""The commands that write: generate, chat. Neither needs torch where the fast engine is used."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slm.cli import options
from slm.cli.sources import open_source
from slm.errors import ConfigError, DataError, SlmError

if TYPE_CHECKING:
    from slm.data.prompt_format import PromptFormat
    from slm.data.tokenizer import Tokenizer
    from slm.domain import Domain, Heading
    from slm.generation.generator import Completion, GenerationConfig, Generator, Piece

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    for command in (generate, chat):
        app.command()(command)


def generate(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL] [PROMPT]", help="A run or model folder, and the text to go on from."),
    ] = None,
    question: Annotated[
        str, typer.Option(help="Put this question into the model's prompt format and show the response.")
    ] = "",
    prompt_file: Annotated[
        Path | None, typer.Option(help="Read the prompt from a file ('-' for standard input).")
    ] = None,
    max_new_tokens: options.MaxNewTokens = 200,
    temperature: options.Temperature = None,
    top_k: options.TopK = 50,
    top_p: options.TopP = 1.0,
    min_p: options.MinP = 0.0,
    repetition_penalty: options.RepetitionPenalty = 1.0,
    stop: Annotated[
        list[str] | None, typer.Option(help=r"End before this string, taken literally; \n is a line end. Repeatable.")
    ] = None,
    logit_bias: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=NUMBER", help="Make a token likelier or, below 0, less likely. Repeatable."),
    ] = None,
    seed: options.Seed = 0,
    samples: Annotated[int, typer.Option(help="How many texts to write.")] = 1,
    continue_past_context: options.ContinuePastContext = False,
    log_probabilities: Annotated[
        int | None,
        typer.Option(help="With --json: each token's log-probability, and those of so many likeliest in its place."),
    ] = None,
    engine: options.EngineKind = "auto",
    bits: options.Bits = 0,
    threads: options.Threads = 0,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Write text as it comes, or answer a question.

    Example: slm generate "Once upon a time"    or: slm generate --question "How can I prevent the flu?"
    """
    from slm.domain import heading
    from slm.generation.engines import open_engine
    from slm.generation.generator import GenerationConfig, Generator

    meter = Meter()
    if log_probabilities is not None and not as_json:
        raise ConfigError("--log-probabilities are figures for scripts: add --json")
    source, prompt = _source_and_prompt(words or [], question, prompt_file, runs)
    folder = open_source(source, runs, tuned=bool(question))
    if question:
        if folder.prompt_format is None:
            raise ConfigError(
                f"{folder.path} was not fine-tuned on questions; name a tuned run, or give a plain prompt"
            )
        prompt = folder.prompt_format.prompt(question)
    head = heading(folder.domain, question or prompt, answers=folder.prompt_format is not None)
    if temperature is None:
        temperature = 0.0 if question else 0.8
    config = GenerationConfig(
        max_new_tokens, temperature, top_k, top_p, min_p, repetition_penalty, options.biases(logit_bias),
        options.stops(stop), seed, continue_past_context, log_probabilities,
    )  # fmt: skip
    if not as_json:
        print_heading(head)
    opened = open_engine(folder, engine, bits, threads, message=lambda text: print(text, file=sys.stderr))
    generator, meter.engine = Generator(opened, folder.tokenizer), opened.name
    if as_json:
        shown = folder.prompt_format.shown if question else str
        completions = generator.complete(prompt, config, samples, meter.count)
        texts = [as_dict(completion, shown, folder.tokenizer) for completion in completions]
        result = {"model": str(folder.path), "engine": opened.name, "prompt": prompt, "samples": texts}
        print(json.dumps({**head.fields(), **result}, indent=1))
    else:
        print_streams(generator, "" if question else prompt, prompt, config, samples, meter)
    if verbose:
        print(meter, file=sys.stderr)


def chat(
    model: Annotated[
        str, typer.Argument(help="A run or model folder; by default the newest run that answers, or the newest.")
    ] = "",
    max_new_tokens: options.MaxNewTokens = 200,
    temperature: options.Temperature = None,
    top_k: options.TopK = 50,
    top_p: options.TopP = 1.0,
    seed: options.Seed = 0,
    engine: options.EngineKind = "auto",
    bits: options.Bits = 0,
    threads: options.Threads = 0,
    verbose: options.Verbose = False,
    runs: options.Runs = RUNS,
) -> None:
    """Ask, or give openings, one after the other.

    A tuned model answers each question by itself: it remembers nothing of the ones before. Ctrl-C stops an answer,
    an empty line or Ctrl-D ends.

    Example: slm chat quick-medical
    """
    from slm.generation.engines import open_engine
    from slm.generation.generator import GenerationConfig, Generator

    folder = open_source(model, runs, tuned=not model and _any_tuned(runs))
    if temperature is None:
        temperature = 0.8 if folder.prompt_format is None else 0.0
    config = GenerationConfig(max_new_tokens, temperature, top_k, top_p, seed=seed, continue_past_context=True)
    opened = open_engine(folder, engine, bits, threads, message=lambda text: print(text, file=sys.stderr))
    chat_with(Generator(opened, folder.tokenizer), folder.prompt_format, folder.domain, config, verbose)


class Meter:
    """What --verbose tells: the engine, the time to the first token, tokens a second after it."""

    def __init__(self) -> None:
        self.engine, self.tokens = "", 0
        self._began = time.perf_counter()
        self._first = self._last = 0.0

    def count(self, piece: Piece) -> None:
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self.tokens += 1

    def __str__(self) -> str:
        if not self.tokens:
            return f"{self.engine}: no tokens"
        rate = (self.tokens - 1) / (self._last - self._first) if self._last > self._first else 0.0
        return (
            f"{self.engine}: {self.tokens} tokens, the first after {self._first - self._began:.2f} s of this command's "
            f"work, then {rate:,.0f} tokens/s"
        )


def as_dict(completion: Completion, shown: Callable[[str], str], tokenizer: Tokenizer) -> dict[str, Any]:
    """A completion for --json."""
    result = {"text": shown(completion.text), "stop": completion.stop, "tokens": len(completion.ids)}
    if completion.drawn:
        result["log_probabilities"] = [
            {
                "token": drawn.token, "text": tokenizer.decode([drawn.token]),
                "log_probability": drawn.log_probability,
                "likeliest": [
                    {"token": token, "text": tokenizer.decode([token]), "log_probability": value}
                    for token, value in drawn.likeliest
                ],
            }
            for drawn in completion.drawn
        ]  # fmt: skip
    return result


def print_heading(head: Heading) -> None:
    """What has to be read before the answer, and nothing where there is no such thing."""
    for line in head.lines():
        print(line, flush=True)
    if head.lines():
        print()


def print_streams(
    generator: Generator, shown_prompt: str, prompt: str, config: GenerationConfig, samples: int, meter: Meter
) -> None:
    """Stream the first text as it comes; the others, written at the same time, follow whole."""
    pieces, rest, stops = generator.stream(prompt, config, samples), [""] * samples, [""] * samples
    print(_heading(0, samples) + shown_prompt, end="", flush=True)
    for piece in pieces:
        meter.count(piece)
        stops[piece.sample] = piece.stop or stops[piece.sample]
        if piece.sample == 0:
            print(piece.text, end="", flush=True)
        else:
            rest[piece.sample] += piece.text
    print()
    for number in range(samples):
        if number:
            print(_heading(number, samples) + shown_prompt + rest[number])
        if stops[number] == "length":
            print(
                f"(length: the text went on; --max-new-tokens is {config.max_new_tokens}, the context "
                f"{generator.engine.context})",
                file=sys.stderr,
            )


def _heading(number: int, samples: int) -> str:
    return f"--- {number + 1} of {samples}\n" if samples > 1 else ""


def chat_with(
    generator: Generator, prompt_format: PromptFormat | None, domain: Domain, config: GenerationConfig, verbose: bool
) -> None:
    """Read a line, answer it, until there is none."""
    from slm.domain import heading

    while line := _line("question> " if prompt_format else "opening> "):
        prompt = prompt_format.prompt(line) if prompt_format else line
        print_heading(heading(domain, line, answers=prompt_format is not None))
        meter = Meter()
        meter.engine = generator.engine.name
        try:
            if prompt_format is not None and prompt_format.hides_reasoning:
                print(prompt_format.shown(generator.complete(prompt, config, seen=meter.count)[0].text))
            else:
                pieces = generator.stream(prompt, config)
                print("" if prompt_format else line, end="")
                for piece in pieces:
                    meter.count(piece)
                    print(piece.text, end="", flush=True)
                print()
        except KeyboardInterrupt:
            print("\n(stopped)")
        except SlmError as error:  # what one line is wrong in ends no chat
            print(f"error: {error}", file=sys.stderr)
        if verbose:
            print(meter, file=sys.stderr)
        print()


def _line(prompt: str) -> str:
    """One line from the keyboard; '' at its end, after an empty one, or for Ctrl-C."""
    try:
        return input(prompt if sys.stdin.isatty() else "").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


def _source_and_prompt(words: list[str], question: str, prompt_file: Path | None, runs: Path) -> tuple[str, str]:
    """Which word is the model and which the prompt: with one word, a model where one is called so."""
    from slm.model_folder import names_model

    if len(words) > 2:
        raise ConfigError(f"expected a model and a prompt, got {len(words)} words; put the prompt in quotes")
    if len(words) == 2:
        if question or prompt_file:
            raise ConfigError("expected one prompt, got two: a text, and --question or --prompt-file")
        return words[0], words[1]
    only = words[0] if words else ""
    is_model = names_model(only) or (runs / only / "run.json").is_file()
    if prompt_file:
        return only, _read_prompt(prompt_file)
    if question or (only and is_model):
        return only, ""
    return "", only


def _read_prompt(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: expected a text file with the prompt ({getattr(error, 'strerror', None) or error})"
        ) from None


def _any_tuned(runs: Path) -> bool:
    from slm.training.run_folder import list_runs

    return any(run.read()["stage"] == "finetuning" for run in list_runs(runs))
