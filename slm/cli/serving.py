"""The command that lets programs and people use models over HTTP: serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slm.cli import options
from slm.cli.retrieval import PLACE
from slm.cli.sources import open_source

if TYPE_CHECKING:
    from slm.model_folder import ModelFolder
    from slm.serving.figures import Figures
    from slm.serving.limits import Limits
    from slm.serving.models import Models
    from slm.serving.sources import Sources


RESERVED = ("sources",)  # a server's index is called so


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Runs, model folders or hub:owner/name, as [NAME=]MODEL[@BITS]; by default the newest run.",
        ),
    ] = None,
    index: Annotated[
        str,
        typer.Option(metavar=PLACE, help="Answer from this index too, as the model sources; or from it alone."),
    ] = "",
    host: Annotated[str, typer.Option(help="Address to listen on; any but loopback needs --api-keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8000,
    api_keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keys that requests must carry, a line each: KEY, or NAME KEY."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A host name that this server is called by, beside localhost. Repeatable."),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A proxy, or a network of them, whose X-Forwarded-For holds. Repeatable."),
    ] = None,
    engine: options.EngineKind = "auto",
    bits: options.Bits = 0,
    threads: options.Threads = 0,
    slots: Annotated[
        int, typer.Option(help="Texts that each model writes together; 0 chooses by memory, at most 64.")
    ] = 0,
    memory: Annotated[
        str, typer.Option(metavar="SIZE", help="For loaded models together, such as 2G; by default all stay loaded.")
    ] = "",
    queue: Annotated[int, typer.Option(help="Requests that may wait for each model.")] = 256,
    deadline: Annotated[str, typer.Option(metavar="TIME", help="For a request, from its coming to its end.")] = "2m",
    drain: Annotated[str, typer.Option(metavar="TIME", help="For running requests, once told to stop.")] = "30s",
    tokens_per_minute: Annotated[int, typer.Option(help="For each client, by key or address; 0 sets no bound.")] = 0,
    connections: Annotated[int, typer.Option(help="That may be open at a time.")] = 2000,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append the events to a file, in place of standard error.")
    ] = None,
    runs: options.Runs = Path("runs"),
) -> None:
    """Serve models to programs and people.

    By OpenAI's API, and a page.

    Ctrl-C or SIGTERM lets running requests finish, then ends. All bounds and what is refused: docs/serving.md.

    Example: slm serve quick quick-medical small=quick@4
    """
    from slm.errors import import_extra

    for package in ("fastapi", "uvicorn", "httptools"):
        import_extra(package, "serve", "slm serve")
    from slm.serving import server
    from slm.serving.api_keys import read_api_keys
    from slm.serving.event_log import EventLog
    from slm.serving.figures import Figures
    from slm.serving.limits import Limits
    from slm.serving.proxies import parse_proxy
    from slm.serving.security import Rules

    limits = Limits(
        queue=queue, seconds=options.seconds_of(deadline, "--deadline"), tokens_per_minute=tokens_per_minute,
        memory_bytes=options.bytes_of(memory, "--memory") if memory else 0, connections=connections,
        drain_seconds=options.seconds_of(drain, "--drain"),
    )  # fmt: skip
    keys = read_api_keys(api_keys) if api_keys else None
    proxies = tuple(map(parse_proxy, trusted_proxy or []))
    bound = server.open_socket(host, port, keys is not None)
    hosts = frozenset(name.lower() for name in [host, *(allow_host or [])])
    figures = Figures()
    with bound:
        sources = _sources(index, limits) if index else None
        words = models or ([] if sources else [""])
        served = _opened(words, runs, engine, bits, threads, slots, limits, figures)
        events = EventLog(open(log, "a", encoding="utf-8") if log else None)  # noqa: SIM115 - open until the end
        settings = server.Settings(Rules(keys, hosts, proxies), limits, runs, events, sources)
        address = server.address_of(bound)
        server.serve(served, bound, settings, figures, lambda: _tell(served, sources, address, bool(keys)))
    print("stopped", file=sys.stderr)


def _sources(index: str, limits: Limits) -> Sources:
    from slm.rag.places import place_of
    from slm.serving.sources import Sources

    return Sources(place_of(index), limits)


def _opened(
    words: list[str], runs: Path, engine: str, bits: int, threads: int, slots: int, limits: Limits, figures: Figures
) -> Models:
    from slm.serving import models as serving

    folders: list[tuple[str, ModelFolder, int]] = []
    for word in words:
        name, source, own_bits = serving.parse_source(word)
        folder = open_source(source, runs)
        wanted = name or _name(folder) + (f"-{own_bits}bit" if own_bits else "")
        name = serving.free_name(wanted, [*RESERVED, *(taken for taken, _, _ in folders)])
        folders.append((name, folder, own_bits or bits))
    slots = slots or serving.choose_slots([folder for _, folder, _ in folders], limits.memory_bytes)
    opened = []
    for name, folder, bits in folders:
        model = serving.open_served(name, folder, engine, bits, threads, slots, limits, figures, _say)
        serving.keep_within(limits.memory_bytes, opened, model)
        opened.append(model)
    return serving.Models(opened)


def _name(folder: ModelFolder) -> str:
    """The run's name, or the folder's."""
    in_a_run = folder.path.parent.name == "checkpoints"
    return (folder.path.parent.parent if in_a_run else folder.path).resolve().name


def _tell(models: Models, sources: Sources | None, address: str, keys: bool) -> None:
    """Where it is, and what to type next."""
    for model in models:
        facts = model.facts()
        what = "answers questions" if model.answers else "writes on"
        waits = "" if model.loaded else "; is loaded when it is asked"
        print(f"{model.name}: {what}; {facts['engine']}, {model.slots} texts at a time{waits}")
    if sources is not None:
        print(f"sources: answers in the words of {sources.retriever.place}")
    first = next(iter(models), None)
    key = " -H 'Authorization: Bearer KEY'" if keys else ""
    if sources is not None or first.answers:
        path, name = "/v1/chat/completions", "sources" if sources is not None else first.name
        body = f'{{"model": "{name}", "messages": [{{"role": "user", "content": "What is asthma?"}}]}}'
    else:
        path = "/v1/completions"
        body = f'{{"model": "{first.name}", "prompt": "Once upon a time"}}'
    print(f"\nserving on {address}, described at {address}/docs; Ctrl-C ends it. Try:")
    print(f"  curl {address}{path}{key} -H 'Content-Type: application/json' -d '{body}'", flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
