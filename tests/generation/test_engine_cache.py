"""Converted models: found again only whole, written whole or not at all, the oldest removed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import tiny_model, tiny_tokenizer

from slm.checkpoint import save_model
from slm.generation import engine_cache
from slm.generation.engine_cache import cache_folder, cache_graph, cached_graph
from slm.model_folder import ModelFolder, open_model_folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own; where its entries will lie."""
    monkeypatch.setenv("SLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    path = tmp_path_factory.mktemp("model") / "model"
    save_model(path, tiny_model(), tiny_tokenizer())
    return open_model_folder(path)


def writes(content: bytes):
    return lambda path: path.write_bytes(content)


def test_a_graph_is_found_again_by_weights_config_and_bits(cache: Path, folder: ModelFolder, tmp_path: Path):
    assert cached_graph(folder, 8) is None
    path = cache_graph(folder, 8, writes(b"graph"))
    assert path.read_bytes() == b"graph" and cached_graph(folder, 8) == path
    assert path.parent.parent == cache and folder.sha256[:32] in str(path)
    assert cached_graph(folder, 4) is None
    assert cached_graph(replace(folder, sha256="0" * 64), 8) is None
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}")
    assert cached_graph(replace(folder, path=other), 8) is None
    (other / "config.json").write_bytes((folder.path / "config.json").read_bytes())
    assert cached_graph(replace(folder, path=other), 8) == path  # wherever the model lies


def test_graphs_of_an_older_form_are_not_used(cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    cache_graph(folder, 8, writes(b"graph"))
    monkeypatch.setattr(engine_cache, "FORM", engine_cache.FORM + 1)
    assert cached_graph(folder, 8) is None


@pytest.mark.parametrize("damage", [
    lambda entry: (entry / "model.onnx").write_bytes(b"graqh"),
    lambda entry: (entry / "model.onnx").write_bytes(b""),
    lambda entry: (entry / "model.onnx").unlink(),
    lambda entry: (entry / "engine.json").unlink(),
    lambda entry: (entry / "engine.json").write_text('{"sha256": '),
    lambda entry: (entry / "engine.json").write_text("[]"),
    lambda entry: (entry / "engine.json").write_text("{}"),
    lambda entry: (entry / "engine.json").write_bytes(b"\xff"),
])  # fmt: skip
def test_a_damaged_graph_is_made_anew(cache: Path, folder: ModelFolder, damage):
    entry = cache_graph(folder, 8, writes(b"graph")).parent
    damage(entry)
    assert cached_graph(folder, 8) is None
    cache_graph(folder, 8, writes(b"graph"))
    assert cached_graph(folder, 8).read_bytes() == b"graph" and list(cache.iterdir()) == [entry]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_torn_write_leaves_nothing(cache: Path, folder: ModelFolder, error: BaseException):
    def torn(path: Path) -> None:
        path.write_bytes(b"gra")
        raise error

    with pytest.raises(type(error)):
        cache_graph(folder, 8, torn)
    assert cached_graph(folder, 8) is None and not list(cache.iterdir())


def test_what_was_not_used_for_longest_is_removed(cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    models = [replace(folder, sha256=f"{number}" * 64) for number in range(5)]
    for number, model in enumerate(models[:4]):
        os.utime(cache_graph(model, 8, writes(b"x" * 1000)).parent, (number, number))
    cached_graph(models[0], 8)  # used now
    monkeypatch.setattr(engine_cache, "LARGEST", 4000)
    cache_graph(models[4], 8, writes(b"x" * 1000))
    assert [cached_graph(model, 8) is not None for model in models] == [True, False, False, True, True]


def test_a_graph_larger_than_the_cache_is_kept_alone(cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    cache_graph(replace(folder, sha256="1" * 64), 8, writes(b"x"))
    monkeypatch.setattr(engine_cache, "LARGEST", 10)
    path = cache_graph(folder, 8, writes(b"x" * 1000))
    assert list(cache.iterdir()) == [path.parent] and cached_graph(folder, 8) == path


def test_a_cache_that_only_others_may_write_is_used(cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    path = cache_graph(folder, 8, writes(b"graph"))

    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    assert cached_graph(folder, 8) == path


def write_many(folder: ModelFolder, content: bytes, barrier) -> None:
    for _ in range(20):
        barrier.wait()
        cache_graph(folder, 8, writes(content))


def test_two_processes_that_convert_at_once_both_succeed(cache: Path, folder: ModelFolder):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    processes = [context.Process(target=write_many, args=(folder, bytes(50_000), barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert cached_graph(folder, 8).read_bytes() == bytes(50_000) and len(list(cache.iterdir())) == 1


def test_a_process_that_comes_second_by_a_moment_takes_the_firsts(
    cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch
):
    rename = os.rename

    def second(source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", second)
    path = cache_graph(folder, 8, writes(b"graph"))
    assert path.read_bytes() == b"graph" and list(cache.iterdir()) == [path.parent]


def test_a_cache_that_cannot_be_written_is_told_of(cache: Path, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch):
    cache.parent.write_text("a file")
    with pytest.raises(OSError):
        cache_graph(folder, 8, writes(b"graph"))


@pytest.mark.parametrize(("variables", "expected"), [
    ({"SLM_CACHE": "/a/b"}, "/a/b"), ({"XDG_CACHE_HOME": "/x"}, "/x/slm"),
    ({"HOME": "/home/me"}, "/home/me/.cache/slm"),
    ({"SLM_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache/slm"),
])  # fmt: skip
def test_where_the_cache_lies(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("SLM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)
