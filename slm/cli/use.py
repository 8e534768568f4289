"""The commands that use a model: evaluate, generate, report."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.errors import ConfigError, DataError

if TYPE_CHECKING:
    from slm.checkpoint import LoadedModel
    from slm.data.token_store import TokenStore

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    for command in (evaluate, generate, report):
        app.command()(command)


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A run, a model folder or hub:owner/name; by default the newest run.")
    ] = "",
    data: Annotated[
        str, typer.Option(help="A token store, or a source as for slm prepare; by default what the run was trained on.")
    ] = "",
    split: Annotated[str, typer.Option(help="train or validation.")] = "validation",
    documents: Annotated[int, typer.Option(help="Documents to score, evenly spread; 0 scores all.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Windows scored together; the figures do not depend on it.")] = 16,
    samples: Annotated[
        int, typer.Option(help="Also write so many texts, and measure how much of them is memorised.")
    ] = 0,
    column: options.Column = None,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Measure loss and bits per byte.

    Scores documents of a split one by one, and gives a 95 % interval over them.

    Example: slm evaluate quick --documents 200
    """
    from dataclasses import asdict

    from slm.cli.console import ConsoleObserver
    from slm.data.token_store import SPLITS
    from slm.device import choose_machine
    from slm.evaluation import bits_per_byte
    from slm.evaluation.memorisation import memorised_share
    from slm.generation.generator import GenerationConfig, Generator

    if split not in SPLITS or batch_size < 1:
        raise ConfigError(
            f"--split expects {' or '.join(SPLITS)} and --batch-size at least 1, got {split!r} and {batch_size}"
        )
    loaded, store = _model_and_store(model, data, column, runs)
    loaded.model.to(choose_machine(precision="float32").device)
    observer, responses = ConsoleObserver(), store.prompt_format is not None
    try:
        score = bits_per_byte.evaluate(
            loaded.model, store.split(split), store.tokenizer, documents, responses, batch_size,
            progress=lambda done, total: observer.working("scoring", done, total),
        )  # fmt: skip
    finally:
        observer.close()
    title = f"{'responses of ' if responses else ''}{store.folder}, {split}"
    result = {"title": title, "model": str(loaded.folder), "split": split, **asdict(score)}
    memorisation = None
    if samples:
        texts = Generator(loaded.model, loaded.tokenizer).complete("", GenerationConfig(), samples)
        memorisation = asdict(memorised_share([text.ids for text in texts], store.train.tokens))
    if as_json:
        print(json.dumps({**result, "memorisation": memorisation}, indent=1))
        return
    from slm.cli.summary import print_results

    print_results([result], memorisation)


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
    max_new_tokens: Annotated[int, typer.Option(help="Tokens to write at most.")] = 200,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 is greedy, under 1 safer, over 1 wilder. By default 0.8, and 0 for a question."),
    ] = None,
    top_k: Annotated[int, typer.Option(help="Only the k likeliest tokens may come; 0 means all.")] = 50,
    top_p: Annotated[float, typer.Option(help="Only the likeliest tokens that reach this probability may come.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same text.")] = 0,
    samples: Annotated[int, typer.Option(help="How many texts to write.")] = 1,
    continue_past_context: Annotated[
        bool, typer.Option(help="At the end of the context go on from its last half.")
    ] = False,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Write text as it comes, or answer a question.

    Example: slm generate "Once upon a time"    or: slm generate --question "How can I prevent the flu?"
    """
    from slm.data.prompt_format import NOTICE
    from slm.generation.generator import GenerationConfig, Generator

    source, prompt = _source_and_prompt(words or [], question, prompt_file, runs)
    loaded = _load(source, runs, tuned=bool(question))
    if question:
        if loaded.prompt_format is None:
            raise ConfigError(
                f"{loaded.folder} was not fine-tuned on questions; name a tuned run, or give a plain prompt"
            )
        prompt = loaded.prompt_format.prompt(question)
    if temperature is None:
        temperature = 0.0 if question else 0.8
    config = GenerationConfig(max_new_tokens, temperature, top_k, top_p, seed, continue_past_context)
    generator = Generator(loaded.model, loaded.tokenizer)
    answers = bool(question) or loaded.prompt_format is not None
    if as_json:
        completions = generator.complete(prompt, config, samples)
        shown = loaded.prompt_format.shown if question else str
        texts = [{"text": shown(c.text), "stop": c.stop, "tokens": len(c.ids)} for c in completions]
        print(
            json.dumps(
                {
                    "model": str(loaded.folder),
                    "prompt": prompt,
                    "samples": texts,
                    **({"notice": NOTICE} if answers else {}),
                },
                indent=1,
            )
        )
        return
    _print_streams(generator, "" if question else prompt, prompt, config, samples)
    if answers:
        print(NOTICE, file=sys.stderr)


def report(
    run: Annotated[str, typer.Argument(help="A run; by default the newest.")] = "",
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    runs: options.Runs = RUNS,
) -> None:
    """Write the report of a run.

    Makes report.html and loss_curve.png anew, as far as the run has come.

    Example: slm report quick --open
    """
    from slm.report.html import write_report
    from slm.report.loss_curve import draw_loss_curve
    from slm.training.run_folder import find_run

    folder = find_run(run, runs)
    draw_loss_curve(folder.path)
    path = write_report(folder.path)
    print(path)
    if open_:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


def _print_streams(generator: object, shown_prompt: str, prompt: str, config: object, samples: int) -> None:
    """Stream the first text as it comes; the others, written at the same time, follow whole."""
    rest, stops = [""] * samples, [""] * samples
    for number in range(samples):
        if number == 0:
            print(_heading(number, samples) + shown_prompt, end="", flush=True)
            for piece in generator.stream(prompt, config, samples):
                stops[piece.sample] = piece.stop or stops[piece.sample]
                if piece.sample == 0:
                    print(piece.text, end="", flush=True)
                else:
                    rest[piece.sample] += piece.text
            print()
        else:
            print(_heading(number, samples) + shown_prompt + rest[number])
        if stops[number] == "length":
            print(
                f"(length: the text went on; --max-new-tokens is {config.max_new_tokens}, the context "
                f"{generator.model.config.block_size})",
                file=sys.stderr,
            )


def _heading(number: int, samples: int) -> str:
    return f"--- {number + 1} of {samples}\n" if samples > 1 else ""


def _source_and_prompt(words: list[str], question: str, prompt_file: Path | None, runs: Path) -> tuple[str, str]:
    """Which word is the model and which the prompt: with one word, a model where one is called so."""
    if len(words) > 2:
        raise ConfigError(f"expected a model and a prompt, got {len(words)} words; put the prompt in quotes")
    if len(words) == 2:
        if question or prompt_file:
            raise ConfigError("expected one prompt, got two: a text, and --question or --prompt-file")
        return words[0], words[1]
    only = words[0] if words else ""
    is_model = only.startswith("hub:") or (runs / only / "run.json").is_file() or (Path(only) / "config.json").is_file()
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


def _load(source: str, runs: Path, tuned: bool = False) -> LoadedModel:
    """The model at `source`: a folder, hub:owner/name, a run; for '' the newest run (that answers, if `tuned`)."""
    from slm.checkpoint import load_model
    from slm.training.run_folder import find_run, list_runs

    if source.startswith("hub:") or (source and (Path(source) / "config.json").is_file()):
        return load_model(source)
    if not source and tuned:
        source = next((run.name for run in list_runs(runs) if run.read()["stage"] == "finetuning"), "")
    run = find_run(source, runs)
    if not source or tuned:
        print(f"model: {run.best_model()}", file=sys.stderr)
    return load_model(run.best_model())


def _model_and_store(source: str, data: str, column: list[str] | None, runs: Path) -> tuple[LoadedModel, TokenStore]:
    from slm.config_files import from_dict
    from slm.data.documents import DocumentsConfig
    from slm.data.token_store import open_token_store
    from slm.prepare import prepare
    from slm.training.run_folder import find_run

    loaded = _load(source, runs)
    if not data:
        if loaded.folder.parent.name != "checkpoints":
            raise ConfigError(f"{loaded.folder} is no run: say what to score it on with --data")
        store = open_token_store(Path(find_run(str(loaded.folder.parent.parent), runs).read()["data"]["folder"]))
    elif (Path(data) / "manifest.json").is_file():
        store = open_token_store(Path(data))
    else:
        kind = "question_answer" if loaded.prompt_format is not None and not _has_text(data) else "text"
        section = options.documents_section([data], kind, column)
        store = prepare(
            from_dict(DocumentsConfig, section, where="--data"),
            loaded.tokenizer_source,
            loaded.prompt_format if kind != "text" else None,
        )
    if store.tokenizer.sha256 != loaded.tokenizer.sha256:
        raise ConfigError(
            f"{store.folder} is tokenized by {store.tokenizer.name!r}, the model by {loaded.tokenizer.name!r}; "
            f"prepare it with --tokenizer {loaded.tokenizer_source}"
        )
    return loaded, store


def _has_text(data: str) -> bool:
    return data == "samples:stories" or data.endswith((".txt", ".md", ".html"))
