"""Documents to a token store by way of shards: made by processes, by machines that share nothing, or by Ray; merged.

The store is the one that `prepare` writes, to the byte, for any number of shards and workers. Wires the pieces.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slm import errors
from slm.atomic_write import write_json
from slm.data.documents import CLEANING_VERSION, DocumentsConfig
from slm.data.merging import merge_shards
from slm.data.prompt_format import PromptFormat
from slm.data.shards import FILES, Shard, ShardReader, open_shard, write_shard
from slm.data.token_store import FORMAT, TokenStore
from slm.data.tokenizer import Tokenizer, load_tokenizer
from slm.errors import ConfigError, DataError, NetworkError, SlmError, import_extra
from slm.prepare import Progress, Request, counted, require_replaceable, settle
from slm.processor import available_cores

ENDING = ".shards"
SHARD_BYTES = 1 << 28  # of documents, for each shard where nobody says how many
RAY_STORE_BYTES = 1 << 27  # Ray would take a third of the memory for objects; ours are numbers of shards
RAY_TRIES = 3  # to start it here
RAY_SECONDS = 10  # until a cluster that does not answer is given up
Message = Callable[[str], None]


def shards_folder(store: Path) -> Path:
    """Where the shards of a store lie: beside it."""
    return store.with_name(store.name + ENDING)


def prepare_shard(
    documents: DocumentsConfig,
    number: int,
    shards: int,
    tokenizer: str = "gpt2",
    prompt_format: PromptFormat | None = None,
    folder: Path | None = None,
    progress: Progress = lambda reader, encoded: None,
    message: Message = lambda text: None,
) -> Shard:
    """Shard `number`, from 1, of `shards`, made now unless it lies there already: number-of-shards below
    `shards_folder` of the store's folder. Needs nothing of the other shards.

    Raises what `prepare` raises.
    """
    request = _settled(documents, number, shards, tokenizer, prompt_format, folder, message)
    path = shards_folder(request.folder) / f"{number}-of-{shards}"
    if (made := _made(path, request.fingerprint, shards)) is not None:
        message(f"{path}: made before from the same documents; nothing to do")
        return made
    require_replaceable(path, FILES, "a shard")
    return _make(request, request.tokenizer(message), path, number, shards, progress)


def prepare_in_shards(
    documents: DocumentsConfig,
    shards: int = 0,
    tokenizer: str = "gpt2",
    prompt_format: PromptFormat | None = None,
    folder: Path | None = None,
    engine: str = "processes",
    progress: Progress = lambda done, encoded: None,
    message: Message = lambda text: None,
) -> TokenStore:
    """The token store of these documents, made in shards and merged; what lies there already is not made again.

    `engine` is 'processes', on this machine, or 'ray': tasks of the cluster that RAY_ADDRESS names, or of one that is
    started here; its machines see the documents and the store's folder under the same paths. Raises what `prepare`
    raises, MissingExtra where Ray is not installed, NetworkError where its cluster cannot be reached.
    """
    if engine not in ENGINES:
        raise ConfigError(f"engine: expected one of {', '.join(ENGINES)}, got {engine!r}")
    if engine == "ray":
        import_extra("ray.data", "ray", "--engine ray")
    request = _settled(documents, 1, shards or 1, tokenizer, prompt_format, folder, message)
    if (store := request.prepared(message)) is not None:
        return store
    shards = shards or max(available_cores(), -(-(request.stream.bytes_total or 0) // SHARD_BYTES))
    below = shards_folder(request.folder)
    below.mkdir(parents=True, exist_ok=True)
    vocabulary = below / "tokenizer.json"
    write_json(vocabulary, request.tokenizer(message).definition)
    paths = [below / f"{number}-of-{shards}" for number in range(1, shards + 1)]
    tasks = [
        ShardTask(documents, number, shards, tokenizer, prompt_format, request.folder, vocabulary, path)
        for number, path in enumerate(paths, 1)
    ]
    made = _Made(shards)
    for path in ENGINES[engine](tasks):
        made.bytes_read += 1
        progress(made, 0)
        message(f"{path}: shard {made.bytes_read} of {shards} is made")
    store = _merged(request.folder, paths, progress)
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
    vocabulary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else lies there
        below.rmdir()
    return store


def merge(
    folder: Path,
    out: Path | None = None,
    progress: Progress = lambda done, encoded: None,
) -> TokenStore:
    """The token store of all shards in `folder`, at `out`, by default where they were made for. Keeps the shards."""
    out = out or folder.with_name(folder.name.removesuffix(ENDING))
    paths = sorted(path.parent for path in folder.glob("*/manifest.json"))
    if not paths or out == folder:
        raise DataError(
            f"{folder}: expected a folder with shards (such as 1-of-8) whose name ends in {ENDING}, or --out; found "
            f"{len(paths)} shards; slm prepare SOURCES --shard 1/8 makes one"
        )
    require_replaceable(out)
    return _merged(out, paths, progress)


@dataclass
class _Made:
    """Shards as they are made, for a progress line."""

    bytes_total: int
    bytes_read: int = 0


def _merged(folder: Path, paths: Iterable[Path], progress: Progress) -> TokenStore:
    shards = [open_shard(path) for path in paths]
    total = _Made(sum(shard.documents for shard in shards))
    done = counted(total, progress)

    def copied(count: int) -> None:
        total.bytes_read += count
        done(count)

    return merge_shards(folder, shards, copied)


# Making one


def _settled(
    documents: DocumentsConfig, number: int, shards: int, tokenizer: str, prompt_format: PromptFormat | None,
    folder: Path | None, message: Message,
) -> Request:  # fmt: skip
    if not 1 <= number <= shards:
        raise ConfigError(f"shard: expected a number and how many there are, such as 3/8, got {number}/{shards}")
    if documents.limit:
        raise ConfigError(
            "limit: a shard cannot know how many documents stand before its own; leave --limit or the shards out"
        )
    return settle(documents, tokenizer, prompt_format, folder, message)


def _made(path: Path, fingerprint: str, shards: int) -> Shard | None:
    """The whole shard of this fingerprint at `path`; None where there is none, or one that is damaged."""
    try:
        shard = open_shard(path)
    except DataError:
        return None
    return shard if (shard.manifest["fingerprint"], shard.manifest["shards"]) == (fingerprint, shards) else None


def _make(
    request: Request, tokenizer: Tokenizer, path: Path, number: int, shards: int,
    progress: Progress = lambda reader, encoded: None,
) -> Shard:  # fmt: skip
    stream = request.stream
    reader = ShardReader(stream.config, stream.ordered_sources, number - 1, shards)
    asked = {
        "fingerprint": request.fingerprint,
        "shard": number,
        "shards": shards,
        "corpus": _corpus(request),
        "synthetic": stream.synthetic,
        "sources": stream.sources,
        "documents": json.loads(json.dumps(asdict(stream.config))),
    }
    write_shard(path, reader, tokenizer, request.prompt_format, asked, counted(reader, progress))
    return open_shard(path, verify=False)


def _corpus(request: Request) -> str:
    """What shards of different machines have in common: as the fingerprint, but without places and dates of files."""
    sources = []
    for source in request.stream.ordered_sources:
        files = [[file.name, file.bytes, file.version] for file in source.files]
        sources.append([source.source, source.type, source.use, source.details, files])
    content = [FORMAT, CLEANING_VERSION, asdict(request.stream.config), sources]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# Making all: the same function, wherever it runs


@dataclass(frozen=True)
class ShardTask:
    """All that another process needs to make one shard."""

    documents: DocumentsConfig
    number: int
    shards: int
    tokenizer: str
    prompt_format: PromptFormat | None
    folder: Path
    vocabulary: Path
    """The tokenizer.json of the store, made once for all."""
    path: Path

    def run(self) -> Path:
        """Make the shard, unless it lies there whole."""
        request = settle(self.documents, self.tokenizer, self.prompt_format, self.folder)
        if _made(self.path, request.fingerprint, self.shards) is None:
            require_replaceable(self.path, FILES, "a shard")
            _make(request, request.encoder or load_tokenizer(str(self.vocabulary)), self.path, self.number, self.shards)
        return self.path


def _by_processes(tasks: list[ShardTask]) -> Iterator[Path]:
    """Run the tasks in as many processes as there are cores."""
    workers = min(available_cores(), len(tasks))
    threads = str(max(1, available_cores() // workers))
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin_worker, (threads,))
    try:
        for done in as_completed([pool.submit(task.run) for task in tasks]):
            yield done.result()
    except BrokenProcessPool:
        raise DataError(
            "a process that made a shard was ended from outside (is memory short?); the same command again goes on "
            "with the shards that are missing"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(threads: str) -> None:
    """Share the cores, and end at once with the parent: by Ctrl-C, which comes to both, or when it is gone."""
    os.environ["RAYON_NUM_THREADS"] = threads
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _by_ray(tasks: list[ShardTask]) -> Iterator[Path]:
    """Run the tasks on a Ray cluster; those of a machine that is lost run again on another."""
    import ray
    from ray import data

    joined = not ray.is_initialized()
    if joined:
        _join_ray()
    data.DataContext.get_current().enable_progress_bars = False  # there is one already
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    numbers = data.from_items([{"task": number} for number in range(len(tasks))], override_num_blocks=len(tasks))
    run = functools.partial(_run_in_ray, tasks, os.getcwd())
    try:
        for row in numbers.map(run, num_cpus=1).iter_rows():
            if row["error"]:
                raise getattr(errors, row["error"])(row["told"])
            yield Path(row["told"])
    except ray.exceptions.RayError as error:
        raise DataError(
            f"Ray could not make all shards: {_last_line(error)}; the same command again goes on with those that are "
            "missing"
        ) from None
    finally:
        if joined:
            ray.shutdown()


def _join_ray() -> None:
    """Join the cluster that RAY_ADDRESS names, or start one that no other machine reaches. Raises NetworkError.

    Without an address Ray itself would look for the cluster that was started here last, which may be gone, for minutes.
    """
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to Ray's makers
    address = os.environ.get("RAY_ADDRESS") or "local"
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == "local":
        options |= {"_node_ip_address": "127.0.0.1", "include_dashboard": False, "num_cpus": available_cores()}
        options["object_store_memory"] = RAY_STORE_BYTES
    try:
        if address not in ("local", "auto"):
            host, _, port = address.rpartition("/")[2].rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), RAY_SECONDS).close()
        for tries in reversed(range(RAY_TRIES if address == "local" else 1)):
            try:
                ray.init(address, **options)
                break
            except Exception:  # it allows itself half a minute, which a busy machine may need more of
                if not tries:
                    raise
    except Exception as error:  # Ray raises those without a name, too
        raise NetworkError(
            f"RAY_ADDRESS={address}: expected a Ray cluster there, got: {_last_line(error)}; name one as HOST:PORT, "
            "start one with ray start --head, or unset it to run on this machine alone"
        ) from None


def _last_line(error: Exception) -> str:
    """What Ray has to say below its traceback."""
    return ([line for line in str(error).splitlines() if line.strip()] or [type(error).__name__])[-1].strip()


def _run_in_ray(tasks: list[ShardTask], folder: str, row: dict[str, Any]) -> dict[str, str]:
    """One task, on any machine, in the caller's folder: paths may be relative. Errors that are for people come back as
    rows: Ray would make tracebacks of them."""
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # one core a task
    try:
        with contextlib.chdir(folder):
            return {"error": "", "told": str(tasks[row["task"]].run())}
    except SlmError as error:
        return {"error": type(error).__name__, "told": str(error)}
    except OSError as error:
        told = f"a shard could not be made: {error}; see that each machine has these paths, and room on its disk"
        return {"error": "DataError", "told": told}


ENGINES: dict[str, Callable[[list[ShardTask]], Iterator[Path]]] = {"processes": _by_processes, "ray": _by_ray}
"""How all shards are made, by the name of what runs them."""
