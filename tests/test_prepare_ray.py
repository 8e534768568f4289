"""Shards made by Ray: on two machines of which one is lost in the middle, and the same bytes come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import tiny_definition

from slm.data.documents import DocumentsConfig
from slm.errors import DataError
from slm.prepare import prepare
from slm.prepare_shards import prepare_in_shards, shards_folder

ray = pytest.importorskip("ray", reason="the package ray is not installed: pip install 'slm-toolkit[ray]'")
pytestmark = pytest.mark.slow
SHARDS = 10


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    """The two nodes of a cluster on this machine, a core each, and the cluster; this process is on the first."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    options = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "object_store_memory": 1 << 27}
    cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
    try:
        second = cluster.add_node(**options)
        cluster.wait_for_nodes()
        ray.init(address=cluster.address, log_to_driver=False)
        yield [cluster.head_node, second, cluster]
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    monkeypatch.chdir(tmp_path)
    texts = (f"Story {n % 90_000} " + "of a cat and the king. " * 9 for n in range(100_000))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return tmp_path


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def writers_below(folder: Path, raylet: int) -> list[str]:
    """The shards that workers of this raylet are writing now, by the names of their temporary folders."""
    return [path.name for path in folder.glob(".*.tmp") if parent_of(int(path.suffixes[-2][1:])) == raylet]


def test_a_node_that_is_killed_in_the_middle_changes_nothing(nodes: list, corpus: Path):
    _, second, cluster = nodes
    config, folder = DocumentsConfig(source=str(corpus / "a.jsonl")), corpus / "store"
    raylet = second.all_processes["raylet"][0].process.pid
    lost: list[str] = []

    def kill(made: object, documents: int) -> None:
        if not lost and not folder.exists():
            lost.extend(writers_below(shards_folder(folder), raylet))
            if not lost:
                return
            cluster.remove_node(second, allow_graceful=False)

    prepare(config, str(corpus), folder=corpus / "plain")
    store = prepare_in_shards(config, SHARDS, str(corpus), folder=folder, engine="ray", progress=kill)
    assert lost and [node["Alive"] for node in ray.nodes()].count(True) == 1
    assert everything_in(store.folder) == everything_in(corpus / "plain")
    assert store.manifest["counts"]["duplicates"] == 10_000


def test_what_is_wrong_with_the_documents_is_told_in_one_line(nodes: list, corpus: Path):
    (corpus / "b.jsonl").write_text('{"words": "a"}\n' * 9)
    with pytest.raises(DataError, match=r"^[^\n]*expected a column 'text' or [^\n]*, found 'words'[^\n]*$"):
        prepare_in_shards(
            DocumentsConfig(source=str(corpus / "b.jsonl")), 2, str(corpus), folder=corpus / "store", engine="ray"
        )
