"""The commands that tell about a model: evaluate, report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from slm.cli import options
from slm.cli.making import observing
from slm.cli.retrieval import PLACE
from slm.cli.sources import model_and_store
from slm.errors import ConfigError

RUNS = Path("runs")


def register(app: typer.Typer) -> None:
    for command in (evaluate, report):
        app.command()(command)


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A run, a model folder or hub:owner/name; by default the newest run.")
    ] = "",
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="A token store, or a source as for slm prepare; by default what the run was trained on. With --suite: "
            "files, folders or MEASURE=FILE, repeatable."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train or validation.")] = "validation",
    documents: Annotated[int, typer.Option(help="Documents to score, evenly spread; 0 scores all.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Windows scored together; the figures do not depend on it.")] = 16,
    samples: Annotated[
        int, typer.Option(help="Also write so many texts, and measure how much of them is memorised.")
    ] = 0,
    column: options.Column = None,
    suite: Annotated[
        str, typer.Option(help="Measure what a suite lists instead: medical, or your own file.toml.")
    ] = "",
    limit: Annotated[int, typer.Option(help="Of a suite: questions of each measure, drawn by --seed; 0 all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of a suite: decides which questions are drawn.")] = 0,
    engine: Annotated[
        str, typer.Option(help="Of a suite: onnx (CPU), torch, or auto: torch to score, onnx in 32 bits to write.")
    ] = "auto",
    bits: Annotated[int, typer.Option(help="Of a suite: of onnx's weights, 32, 8 or 4; by default 32.")] = 0,
    threads: options.Threads = 0,
    encoder: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="Of a suite: a sentence encoder, to compare answers by meaning too; by default the index's.",
        ),
    ] = "",
    index: Annotated[
        str,
        typer.Option(metavar=PLACE, help="Of a suite: an index, to measure retrieval, citation and abstention too."),
    ] = "",
    lm_eval_task: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of a suite: also write its multiple choice as a task for lm-eval."),
    ] = None,
    judge: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Of a suite: let a model behind this address (OpenAI's API) grade the answers, which leave this "
            "machine. The key comes from the variable SLM_JUDGE_API_KEY.",
        ),
    ] = "",
    judge_model: Annotated[str, typer.Option(metavar="NAME", help="Name of the judge's model there.")] = "",
    judge_repeats: Annotated[int, typer.Option(help="Grades of each answer; from 2 up with their agreement.")] = 1,
    as_json: options.Json = False,
    runs: options.Runs = RUNS,
) -> None:
    """Measure loss and bits per byte, or what a suite lists.

    Scores documents of a split one by one, and gives a 95 % interval over them. A suite scores questions: multiple
    choice by log-likelihood, greedy answers against references, each beside baselines that need no model; with --index
    what an index finds, cites and leaves unanswered; and what tuning forgot.

    Example: slm evaluate quick --documents 200    or: slm evaluate quick --suite medical --data questions/
    """
    if suite:
        from slm.cli.suites import evaluate_suite
        from slm.evaluation.judge import JudgeSettings
        from slm.suite import SuiteSettings

        if column:
            raise ConfigError("--column does not go with --suite, whose columns stand in its own file")
        if judge_model and not judge:
            raise ConfigError("--judge-model is a judge's; name its address with --judge URL")
        judged_by = JudgeSettings(judge, judge_model, judge_repeats) if judge else None
        settings = SuiteSettings(engine, bits, threads, limit, seed, lm_eval_task, judged_by)
        evaluate_suite(model, suite, data or [], settings, encoder, index, as_json, runs)
    else:
        if judge or judge_model:
            raise ConfigError("--judge grades the answers to a suite's questions; it goes with --suite")
        _evaluate(model, data or [], split, documents, batch_size, samples, column, as_json, runs)


def _evaluate(
    model: str, data: list[str], split: str, documents: int, batch_size: int, samples: int, column: list[str] | None,
    as_json: bool, runs: Path,
) -> None:  # fmt: skip
    """Bits per byte of a split, printed."""
    from dataclasses import asdict

    from slm.data.token_store import SPLITS
    from slm.device import choose_machine
    from slm.evaluation import bits_per_byte
    from slm.evaluation.memorisation import memorised_share
    from slm.generation.generator import GenerationConfig, Generator
    from slm.generation.torch_engine import TorchEngine

    if split not in SPLITS or batch_size < 1:
        raise ConfigError(
            f"--split expects {' or '.join(SPLITS)} and --batch-size at least 1, got {split!r} and {batch_size}"
        )
    if len(data) > 1:
        raise ConfigError(f"--data expects one token store or source, got {', '.join(data)}; several go with --suite")
    loaded, store = model_and_store(model, data[0] if data else "", column, runs)
    loaded.model.to(choose_machine(precision="float32").device)
    responses = store.prompt_format is not None
    with observing() as observer:
        score = bits_per_byte.evaluate(
            loaded.model, store.split(split), store.tokenizer, documents, responses, batch_size,
            progress=lambda done, total: observer.working("scoring", done, total),
        )  # fmt: skip
    title = f"{'responses of ' if responses else ''}{store.folder}, {split}"
    result = {"title": title, "model": str(loaded.folder), "split": split, **asdict(score)}
    memorisation = None
    if samples:
        texts = Generator(TorchEngine(loaded.model), loaded.tokenizer).complete("", GenerationConfig(), samples)
        memorisation = asdict(memorised_share([text.ids for text in texts], store.train.tokens))
    if as_json:
        print(json.dumps({**result, "memorisation": memorisation}, indent=1))
        return
    from slm.cli.summary import print_results

    print_results([result], memorisation)


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
