"""What a command prints when it is done: tables and texts on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from slm.cli.console import duration

if TYPE_CHECKING:
    from slm.data.token_store import TokenStore
    from slm.training.run_folder import RunFolder

out = Console(highlight=False)
FITTING_BYTES_PER_TOKEN = 3.0
BLANK = "(nothing but blank lines)"


def print_summary(summary: dict[str, Any], next_command: str) -> None:
    """The end of `slm run`: figures, stories, answers, report, what to do next."""
    _print_scores(summary["scores"])
    for item in summary["stories"]:
        _heading("a story by the model" + (" (stopped at the length limit)" if item["stop"] == "length" else ""))
        _paragraph(f"[bold]{escape(item['prompt'])}[/bold]{escape(item['text'])}")
    for item in summary["answers"]:
        _heading(item["question"])
        _paragraph(f"[dim]before fine-tuning:[/dim] {escape(_short(item['before']['text']) or BLANK)}")
        _paragraph(f"[dim]after:[/dim] {escape(item['after']['text'].strip() or BLANK)}")
    if summary["notice"]:
        out.print(f"\n{escape(summary['notice'])}", style="yellow", soft_wrap=True)
    out.print(f"\nreport:  {escape(summary['report'])}", soft_wrap=True)
    out.print(f"next:    {escape(next_command)}", soft_wrap=True)


def print_run(run: RunFolder, next_command: str) -> None:
    """The end of `slm train` and `slm finetune`."""
    import json

    record = run.read()
    _print_scores(json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))["results"])
    out.print(f"\ntrained for {duration(record['timing']['training_seconds'])}; best at step {record['best_step']}")
    out.print(
        f"model:   {run.best_model()}\nreport:  {run.path / 'report.html'}\nnext:    {escape(next_command)}",
        soft_wrap=True,
    )


def print_store(store: TokenStore) -> None:
    """The end of `slm prepare`."""
    manifest, counts = store.manifest, store.manifest["counts"]
    table = Table(box=None, pad_edge=False)
    for column, justify in (
        ("split", "left"),
        ("documents", "right"),
        ("tokens", "right"),
        ("bytes", "right"),
        ("bytes per token", "right"),
    ):
        table.add_column(column, justify=justify)
    for name, split in manifest["splits"].items():
        figures = (f"{split[key]:,}" for key in ("documents", "tokens", "bytes"))
        table.add_row(name, *figures, f"{split['bytes'] / max(1, split['tokens'] - split['documents']):.2f}")
    out.print(table)
    out.print(
        f"read {counts['read']:,} documents: {counts['empty']:,} empty and {counts['duplicates']:,} duplicates dropped"
    )
    for file, reason in counts["unreadable"]:
        out.print(f"not read: {escape(file)}: {escape(reason)}", style="yellow", soft_wrap=True)
    if manifest["synthetic"]:
        out.print("synthetic: made by a generator that comes with slm", style="yellow")
    train = manifest["splits"]["train"]
    bytes_per_token = train["bytes"] / max(1, train["tokens"] - train["documents"])
    if store.tokenizer.name == "gpt2" and bytes_per_token < FITTING_BYTES_PER_TOKEN:
        out.print(
            f"GPT-2's vocabulary fits this text badly ({bytes_per_token:.1f} bytes a token, about 4 in English); one "
            "of its own trains faster: the same with --tokenizer auto",
            style="yellow",
            soft_wrap=True,
        )
    asks = manifest["prompt_format"] is not None
    command = f"slm finetune {store.folder}" if asks else f"slm train {store.folder} --budget 10m"
    out.print(f"store:   {store.folder}\nnext:    {command}", soft_wrap=True)


def print_results(results: list[dict[str, Any]], memorisation: dict[str, Any] | None) -> None:
    """The figures of `slm evaluate`."""
    table = Table(box=None, pad_edge=False)
    for column in ("scored", "documents", "tokens", "loss", "perplexity", "bits per byte", "95 % interval"):
        table.add_column(column, justify="left" if column == "scored" else "right", no_wrap=column != "scored")
    for row in results:
        low, high = row["interval"]
        figures = (f"{row['documents']:,}", f"{row['tokens']:,}", f"{row['loss']:.4f}", f"{row['perplexity']:.2f}")
        table.add_row(escape(row["title"]), *figures, f"{row['bits_per_byte']:.4f}", f"{low:.4f} to {high:.4f}")
    out.print(table)
    if memorisation:
        out.print(
            f"{memorisation['share']:.1%} of {memorisation['generated']:,} generated {memorisation['ngram']}-grams "
            "stand in the training text"
        )


def _print_scores(scores: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("held out", "before", "after", "95 % interval", "documents"):
        table.add_column(column, justify="left" if column == "held out" else "right", no_wrap=column != "held out")
    after = [score for score in scores if score["moment"] == "after"]
    before = [score for score in scores if score["moment"] == "before"]
    for score, earlier in zip(after, before, strict=True):
        low, high = score["interval"]
        table.add_row(
            escape(score["title"].removesuffix(", held out")), f"{earlier['bits_per_byte']:.3f}",
            f"{score['bits_per_byte']:.3f}", f"{low:.3f} to {high:.3f}",
            f"{score['documents']:,} of {score['documents_in_split']:,}",
        )  # fmt: skip
    out.print("\nbits per byte, lower is better:")
    out.print(table)


def _heading(text: str) -> None:
    out.print(f"\n[bold]{escape(text)}[/bold]")


def _paragraph(markup: str) -> None:
    out.print(Padding(markup, (0, 0, 0, 2)))


def _short(text: str, limit: int = 200) -> str:
    text = text.strip()
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " ..."
