"""A process of its own that prepares documents on a Ray cluster of two nodes, and may kill one in the middle.

    python tests/ray_cluster.py FOLDER SHARDS kill|keep      (FOLDER: a.jsonl and tokenizer.json; becomes FOLDER/store)

Prints as JSON what was lost and how many nodes are left. Ray's own processes and signals stay out of pytest's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from slm.data.documents import DocumentsConfig
from slm.errors import SlmError
from slm.prepare_shards import prepare_in_shards, shards_folder


def writers_below(folder: Path, raylet: int) -> list[int]:
    """The workers of this raylet that are writing a shard now, by the names of the temporary folders."""
    writers = (int(path.suffixes[-2][1:]) for path in folder.glob(".*.tmp"))
    return [process for process in writers if parent_of(process) == raylet]


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def main(folder: Path, shards: int, kills: bool) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    options = {"num_cpus": 1, "object_store_memory": 1 << 27, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, connect=False, head_node_args=options)
    second = cluster.add_node(num_cpus=1, object_store_memory=1 << 27)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    raylet = second.all_processes["raylet"][0].process.pid
    store, lost = folder / "store", []

    def progress(made: object, documents: int) -> None:
        if kills and not lost and not store.exists():
            lost.extend(writers_below(shards_folder(store), raylet))
            for process in lost:  # a machine that is lost takes them along at once
                os.kill(process, signal.SIGKILL)
            if lost:
                cluster.remove_node(second, allow_graceful=False)

    told = ""
    try:
        config = DocumentsConfig(source=str(folder / "a.jsonl"))
        prepare_in_shards(config, shards, str(folder), folder=store, engine="ray", progress=progress)
    except SlmError as error:
        told = str(error)
    until = time.monotonic() + 60  # it takes a while until the cluster knows
    while (alive := sum(node["Alive"] for node in ray.nodes())) > 2 - bool(lost) and time.monotonic() < until:
        time.sleep(0.5)
    ray.shutdown()
    cluster.shutdown()
    print(json.dumps({"lost": lost, "alive": alive, "told": told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "kill")
