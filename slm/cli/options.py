"""The options that several commands share, written once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from slm.errors import ConfigError

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of the recipe, such as training.learning_rate=3e-4. Repeatable.",
    ),
]
Name = Annotated[str, typer.Option(help="Name of the run; by default the recipe's, or the next that is free.")]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on with a stopped run (a name, an address, '' is the newest), to the same bits; by --budget, for the "
        "time that was left.",
    ),
]
Track = Annotated[
    list[str] | None,
    typer.Option(
        "--track", metavar="TRACKER", help="Tell trackio, wandb, mlflow or tensorboard of the run too. Repeatable."
    ),
]
Mirror = Annotated[
    str,
    typer.Option(
        "--mirror", metavar="ADDRESS", help="Copy the run to ADDRESS/NAME at every checkpoint, such as s3://bucket/runs."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a run of more than 30 minutes.")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="FOLDER", help="Where runs lie.")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="Which column is which: text=story, question=Q. Repeatable."),
]
Validation = Annotated[
    list[str] | None, typer.Option(help="Validation documents; by default some are held out. Repeatable.")
]
Tokenizer = Annotated[
    str,
    typer.Option(
        help="gpt2, auto or bpe:4096 for a vocabulary (of that size) made from your text, or a tokenizer.json."
    ),
]
Strict = Annotated[bool, typer.Option(help="Stop at the first file or line that cannot be read.")]
Separator = Annotated[str, typer.Option(help=r"What parts documents in .txt files; \n is a line end.")]
DomainName = Annotated[
    str,
    typer.Option(
        "--domain",
        metavar="NAME|FILE",
        help="general, medical, or a .toml of your own: notice, signs of an emergency, prompt format.",
    ),
]
Reasoning = Annotated[
    str,
    typer.Option(
        metavar="WAY",
        help="Of records: drop it (the default), keep it in the response, or section: written first, and not shown.",
    ),
]
Shards = Annotated[
    int, typer.Option(metavar="N", help="Make it in N shards, in several processes, and merge them; 0 makes it in one.")
]
Shard = Annotated[
    str, typer.Option(metavar="K/N", help="Make one shard alone, 3/8 say; each of them on any machine, --merge later.")
]
Merge = Annotated[bool, typer.Option("--merge", help="The source is a folder with all shards: merge them.")]
ShardEngine = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="What makes the shards: processes here (the default), or ray.")
]
Limit = Annotated[int, typer.Option(help="Read at most so many documents; 0 reads all.")]


Budget = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="Running time for the whole command, such as 10m or 1h30m; vocabulary, shape and schedule follow from it.",
    ),
]
Extend = Annotated[
    str, typer.Option(metavar="TIME", help="Go on for so long with a run by --budget, from before its decay.")
]
ReplayRun = Annotated[
    str, typer.Option(metavar="RUN", help="Repeat a run by --budget step by step, to the same bits.")
]
Seeds = Annotated[
    int, typer.Option(help="Train so many times, with seeds from training.seed up, each for the whole time.")
]
Ranks = Annotated[
    int, typer.Option(metavar="N", help="Train on so many processes of this machine; torchrun starts them on several.")
]
ShardModel = Annotated[
    bool, typer.Option("--shard", help="With ranks: each keeps a share of the model, as it does where it does not fit.")
]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="Memory that a budgeted run may take, such as 4G.")]
Out = Annotated[
    str, typer.Option(metavar="FOLDER", help="Folder or address of the run, in place of --runs, --mirror and --name.")
]
MaxNewTokens = Annotated[int, typer.Option(help="Tokens to write at most.")]
Temperature = Annotated[
    float | None,
    typer.Option(help="0 is greedy, under 1 safer, over 1 wilder. By default 0.8, and 0 for a question."),
]
TopK = Annotated[int, typer.Option(help="Only the k likeliest tokens may come; 0 means all.")]
TopP = Annotated[float, typer.Option(help="Only the likeliest tokens that reach this probability may come.")]
MinP = Annotated[float, typer.Option(help="Only tokens at least so likely, as a share of the likeliest, may come.")]
RepetitionPenalty = Annotated[float, typer.Option(help="Over 1 makes what stands in the text already less likely.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same text.")]
ContinuePastContext = Annotated[bool, typer.Option(help="At the end of the context go on from its last half.")]
EngineKind = Annotated[str, typer.Option("--engine", help="onnx (CPU), torch, or auto: torch where there is a GPU.")]
Bits = Annotated[int, typer.Option(help="Of the weights: 32, 8 or 4; by default 8, and 32 with torch.")]
Threads = Annotated[int, typer.Option(help="Of the CPU; 0 takes all cores.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tell the engine and its speed.")]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def seconds_of(text: str, option: str) -> float:
    """600.0 for '10m', '600' or '600s'; 5400.0 for '1h30m'. Raises ConfigError for anything else."""
    number = r"(\d+(?:\.\d+)?)([smhd]?)"
    found = re.findall(number, text) if re.fullmatch(f"(?:{number})+", text.strip()) else []
    total = sum(float(count) * _SECONDS[unit or "s"] for count, unit in found)
    if not total:
        raise ConfigError(f"{option} expects a time such as 10m, 90s or 1h30m, got {text!r}")
    return total


def bytes_of(text: str, option: str) -> int:
    """4294967296 for '4G'. Raises ConfigError for what is no size."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not match or not float(match[1]):
        raise ConfigError(f"{option} expects a size such as 4G or 500M, got {text!r}")
    return int(float(match[1]) * _BYTES[match[2].upper()])


def documents_section(
    sources: list[str], kind: str, column: list[str] | None = None, validation: list[str] | None = None,
    separator: str = "", strict: bool = False, limit: int = 0, **more: object,
) -> dict[str, object]:  # fmt: skip
    """The [documents] section of a recipe, from the command line's words for it."""
    section: dict[str, object] = {"source": list(sources), "kind": kind, "strict": strict, "limit": limit}
    section["columns"] = dict(_pair(text) for text in column or [])
    if validation:
        section["validation"] = list(validation)
    if separator:
        section["separator"] = separator.replace("\\n", "\n").replace("\\t", "\t")
    return section | {key: value for key, value in more.items() if value not in ("", None)}


def tuning(
    budget: str, reasoning: str, lora: bool, rank: int | None, alpha: float | None, targets: str, replay: bool,
    base: str, tolerance: float | None,
) -> list[str]:  # fmt: skip
    """What `slm finetune` was told, as assignments to its recipe. Raises ConfigError for what would have no effect."""
    adapters = {"--lora-rank": rank, "--lora-alpha": alpha, "--lora-targets": targets or None}
    if not lora and (idle := [option for option, value in adapters.items() if value is not None]):
        raise ConfigError(f"{idle[0]} is about adapters; it goes with --lora")
    if tolerance is not None and not replay:
        raise ConfigError("--forgetting-tolerance is what replay holds; it goes with --replay")
    names = [name.strip() for name in targets.split(",") if name.strip()]
    given = {
        "training.budget_seconds": seconds_of(budget, "--budget") if budget else None,
        "tuning.reasoning": json.dumps(reasoning) if reasoning else None,
        "tuning.method": "lora" if lora else None,
        "tuning.lora.rank": rank,
        "tuning.lora.alpha": alpha,
        "tuning.lora.targets": json.dumps(names) if names else None,
        "tuning.replay": "true" if replay else None,
        "tuning.base": json.dumps(base) if base else None,
        "tuning.forgetting_tolerance": tolerance,
    }
    return [f"{key}={value}" for key, value in given.items() if value is not None]


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals or not ours or not theirs:
        raise ConfigError(f"--column expects OURS=THEIRS, such as text=story; got {text!r}")
    return ours, theirs


def biases(pairs: list[str] | None) -> dict[str, float]:
    """{'50256': -100.0} for ['50256=-100']. Raises ConfigError for anything else."""
    found = {}
    for pair in pairs or []:
        token, _, number = pair.partition("=")
        try:
            found[token.strip()] = float(number)
        except ValueError:
            raise ConfigError(f"--logit-bias expects ID=NUMBER, such as 50256=-100; got {pair!r}") from None
    return found


def stops(strings: list[str] | None) -> tuple[str, ...]:
    return tuple(text.replace("\\n", "\n").replace("\\t", "\t") for text in strings or [])
