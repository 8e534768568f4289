"""`slm prepare` by what it was told of shards: none, all of them, one of them, or a merge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slm.cli.sources import encoding_progress
from slm.errors import ConfigError

if TYPE_CHECKING:
    from slm.data.documents import DocumentsConfig
    from slm.data.prompt_format import PromptFormat
    from slm.data.token_store import TokenStore


def in_shards(
    documents: DocumentsConfig, tokenizer: str, prompt_format: PromptFormat | None, out: Path | None, shards: int,
    shard: str, engine: str,
) -> TokenStore | None:  # fmt: skip
    """The token store; None where one shard was asked for, of which it is told where it lies and what is next."""
    from slm.cli.console import say
    from slm.prepare import prepare
    from slm.prepare_shards import prepare_in_shards, prepare_shard

    if shards < 0:
        raise ConfigError(f"--shards expects a number, got {shards}")
    if shard and (shards or engine):
        raise ConfigError("--shard 3/8 makes one shard, --shards and --engine all of them; say one of them")
    settings = documents, tokenizer, prompt_format, out
    with encoding_progress() as (progress, message):
        if shard:
            number, total = _fraction(shard)
            made = prepare_shard(documents, number, total, tokenizer, prompt_format, out, progress, message)
            splits, below = made.manifest["splits"]["documents"], made.folder.parent
            say(f"shard:   {made.folder} ({splits['documents']:,} documents, {splits['tokens']:,} tokens)")
            say(f"next:    slm prepare {below} --merge   (when all {total} lie there)")
            return None
        if shards or engine:
            return prepare_in_shards(
                documents, shards, tokenizer, prompt_format, out, engine or "processes", progress, message
            )
        return prepare(*settings, progress, message)


def merged(source: list[str], out: Path | None) -> TokenStore:
    """The token store of the shards in a folder."""
    from slm.prepare_shards import merge

    if len(source) != 1:
        raise ConfigError(f"--merge expects one folder, in which all shards lie, got {len(source)}")
    with encoding_progress("merging") as (progress, _):
        return merge(Path(source[0]), out, progress)


def _fraction(shard: str) -> tuple[int, int]:
    number, _, total = shard.partition("/")
    if not (number.isdecimal() and total.isdecimal()):
        raise ConfigError(f"--shard expects a number and how many there are, such as 3/8; got {shard!r}")
    return int(number), int(total)
