"""Datasets and models from a hub: the real clients against a server of our own on loopback.

The clients read HF_ENDPOINT and HF_HOME when they are imported, so they run in a process of their own.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hub_server import ALWAYS, HubServer

# Not imported: this process needs it no further.
MISSING = importlib.util.find_spec("datasets") is None
pytestmark = pytest.mark.skipif(MISSING, reason="the package datasets comes with the extra 'hub'")

ROOT = Path(__file__).parents[2]

CLIENT = """
import hashlib, json, socket, sys, time
from dataclasses import asdict

strangers = []

def watched(ask, place):
    def ask_and_tell(*arguments, **options):
        host = arguments[place][0] if isinstance(arguments[place], tuple) else arguments[place]
        if host not in ("127.0.0.1", "localhost"):
            strangers.append(str(host))
        return ask(*arguments, **options)
    return ask_and_tell

socket.getaddrinfo = watched(socket.getaddrinfo, 0)
socket.socket.connect = watched(socket.socket.connect, 1)
sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.001))  # the clients wait seconds before they try again

from slm.data.documents import DocumentsConfig, open_documents
from slm.data.hub import open_snapshot
from slm.errors import SlmError

def documents(settings):
    stream = open_documents(DocumentsConfig(**settings))
    documents = list(stream)
    return {"documents": documents, "counts": asdict(stream.counts), "sources": stream.sources,
            "notes": stream.notes, "fingerprint": stream.fingerprint,
            "progress": [stream.bytes_read, stream.bytes_total]}

def model(settings):
    snapshot = open_snapshot(settings["repository"], kind="model")
    files = snapshot.fetch(settings["names"])
    digests = {file.name: hashlib.sha256(file.path.read_bytes()).hexdigest() for file in files}
    return {"names": snapshot.names(), "files": digests}

for line in sys.stdin:
    call, settings = json.loads(line)
    try:
        answer = {"documents": documents, "model": model}[call](settings)
    except SlmError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    answer["strangers"] = strangers
    print(json.dumps(answer), flush=True)
"""


class Client:
    """A process that reads from the hub at `endpoint`, with its own cache in `home`."""

    def __init__(self, endpoint: str, home: Path, **environment: str):
        clean = {name: value for name, value in os.environ.items() if not name.upper().startswith(("HF_", "HTTP"))}
        environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "NO_PROXY": "*", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::DeprecationWarning:slm", "-c", CLIENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean | environment,
            cwd=ROOT,
            text=True,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        _, errors = self.process.communicate(timeout=20)
        assert not re.search("warn|error|traceback", errors, re.IGNORECASE), errors

    def ask(self, call: str, **settings: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps([call, settings]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        answer = json.loads(line)
        assert not answer["strangers"]
        return answer

    def documents(self, repository: str, **settings: Any) -> dict[str, Any]:
        return self.ask("documents", source=[f"hub:{repository}"], **settings)

    def error(self, repository: str, **settings: Any) -> str:
        """The one-line error that reading ends in, with its kind before it."""
        answer = self.documents(repository, **settings)
        assert "error" in answer, answer
        assert "\n" not in answer["message"]
        return f"{answer['error']}: {answer['message']}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub_cache")


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_fault_outlives_its_test(server: HubServer) -> Iterator[None]:
    yield
    server.heal()


@pytest.fixture(scope="module")
def client(server: HubServer, home: Path) -> Iterator[Client]:
    with Client(server.url, home) as client:
        yield client


def stories(start: int, end: int) -> list[dict[str, str]]:
    return [{"text": f"Story {number}: " + "the fox ran. " * 20} for number in range(start, end)]


def jsonl(records: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def parquet(records: list[dict[str, str]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), buffer)
    return buffer.getvalue()


CARD = b"""---
license: mit
configs:
- config_name: stories
  default: true
  data_files:
  - split: train
    path: data/train-*
  - split: validation
    path: data/validation-*
- config_name: medical
  data_files: medical.json
---
A dataset.
"""


def dataset() -> dict[str, bytes]:
    """A repository with two configurations, one of them with a validation split."""
    shards = {f"data/train-{n:05}.jsonl": jsonl(stories(n * 30, n * 30 + 30)) for n in range(2)}
    medical = [{"Question": f"q{n}", "Complex_CoT": f"c{n}", "Response": f"r{n}"} for n in range(25)]
    return {
        "README.md": CARD,
        "data/validation-00000.jsonl": jsonl(stories(1000, 1010)),
        "medical.json": json.dumps(medical).encode(),
        **shards,
    }


def transfers(server: HubServer, name: str) -> list[str]:
    """The Range header of every request for the content of a file."""
    return [header for method, path, header in server.requests if path.endswith(name) and method == "GET"]


def texts(answer: dict[str, Any], split: str) -> list[str]:
    return [record["text"] for of, record in answer["documents"] if of == split]


def expected(start: int, end: int) -> list[str]:
    return [story["text"].strip() for story in stories(start, end)]


# What comes


def test_a_dataset_comes_as_it_is_with_its_own_validation_split(server: HubServer, client: Client):
    repo = server.add("datasets/plain/stories", dataset())
    answer = client.documents("plain/stories")
    assert texts(answer, "train") == expected(0, 60)
    assert texts(answer, "validation") == expected(1000, 1010)
    source = answer["sources"][1]
    assert source["commit"] == repo.revisions["main"] and source["config"] == "stories"
    assert [file["name"] for file in source["files"]] == [
        "hub:plain/stories/data/train-00000.jsonl",
        "hub:plain/stories/data/train-00001.jsonl",
    ]
    assert answer["progress"][0] == answer["progress"][1] > 0


def test_what_is_in_the_cache_is_not_fetched_again(server: HubServer, client: Client):
    server.add("datasets/read/twice", dataset())
    first = client.documents("read/twice")
    server.requests.clear()
    assert client.documents("read/twice") == first
    assert server.requests and not transfers(server, ".jsonl")


def test_parquet_files_and_a_repository_without_a_card(server: HubServer, client: Client):
    server.add("datasets/bare/stories", {"train.parquet": parquet(stories(0, 40)), "test.parquet": b"never fetched"})
    answer = client.documents("bare/stories")
    assert sorted(texts(answer, "train") + texts(answer, "validation")) == sorted(expected(0, 40))
    assert len(texts(answer, "validation")) == 2


def test_configuration_split_and_columns_are_chosen(server: HubServer, client: Client):
    server.add("datasets/chosen/all", dataset())
    answer = client.documents("chosen/all", config="medical", kind="question_answer")
    assert answer["counts"]["train"] + answer["counts"]["validation"] == 25
    assert {"question": "q3", "reasoning": "c3", "response": "r3"} in [record for _, record in answer["documents"]]
    answer = client.documents("chosen/all", config="medical", columns={"text": "Response"})
    assert "r3" in texts(answer, "train") + texts(answer, "validation")
    answer = client.documents("chosen/all", split="validation", validation_split="train")
    assert (len(texts(answer, "train")), len(texts(answer, "validation"))) == (10, 60)


def test_a_revision_is_kept_to(server: HubServer, client: Client):
    repo = server.add("datasets/many/versions", {"a.jsonl": jsonl(stories(0, 20))})
    old = repo.commit({"a.jsonl": jsonl(stories(20, 40))}, tag="v1")
    repo.commit({"a.jsonl": jsonl(stories(40, 60))})
    newest = client.documents("many/versions")
    for revision in ("v1", old):
        answer = client.documents("many/versions", revision=revision)
        assert sorted(record["text"] for _, record in answer["documents"]) == sorted(expected(20, 40))
        assert answer["sources"][0]["commit"] == old
        assert answer["fingerprint"] != newest["fingerprint"]


def test_a_hub_dataset_may_serve_for_validation(server: HubServer, client: Client, tmp_path: Path):
    server.add("datasets/held/out", dataset())
    (tmp_path / "a.txt").write_text("my own story", encoding="utf-8")
    answer = client.ask("documents", source=[str(tmp_path / "a.txt")], validation=["hub:held/out"])
    assert texts(answer, "train") == ["my own story"]
    assert texts(answer, "validation") == expected(1000, 1010)


def test_files_of_a_model_come_whole(server: HubServer, client: Client):
    files = {"config.json": b"{}", "model.safetensors": bytes(range(256)) * 400}
    server.add("models/small/gpt", files)
    answer = client.ask("model", repository="small/gpt", names=list(files))
    assert answer["names"] == list(files)
    assert answer["files"] == {name: sha256(content).hexdigest() for name, content in files.items()}
    answer = client.ask("model", repository="small/gpt", names=["pytorch_model.bin"])
    assert answer["error"] == "ModelError" and "expected a file 'pytorch_model.bin', found none" in answer["message"]


# What goes wrong on the way


def test_a_transfer_that_is_cut_is_made_again(server: HubServer, client: Client):
    server.add("datasets/cut/once", dataset())
    server.cut("data/train-00001.jsonl")
    server.requests.clear()
    assert texts(client.documents("cut/once"), "train") == expected(0, 60)
    assert len(transfers(server, "train-00001.jsonl")) == 2


def test_a_long_transfer_that_is_cut_goes_on_where_it_stopped(server: HubServer, client: Client):
    weights = os.urandom(1 << 20) * 22  # the client keeps what came in steps of 10 MB
    server.add("models/cut/gpt", {"model.safetensors": weights})
    server.cut("model.safetensors")
    server.requests.clear()
    answer = client.ask("model", repository="cut/gpt", names=["model.safetensors"])
    assert answer["files"]["model.safetensors"] == sha256(weights).hexdigest()
    assert transfers(server, "model.safetensors") == ["", f"bytes={10 << 20}-"]


FAULTS = {
    "always cut": (lambda server: server.cut("train-00001.jsonl", ALWAYS, at=1000), "train-00001"),
    "cut before the first byte": (lambda server: server.cut("train-00001.jsonl", ALWAYS, at=0), "train-00001"),
    "longer in the headers": (lambda server: server.lie("train-00001.jsonl", extra=10), "train-00001"),
    "shorter than the listing": (lambda server: server.shorten("train-00001.jsonl", by=10), "should have .* bytes"),
    "no answer but errors": (lambda server: server.fail("train-00001.jsonl", ALWAYS), "answered with status 503"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_completed_is_never_taken_for_whole(fault: str, server: HubServer, client: Client, home: Path):
    inflict, message = FAULTS[fault]
    repository = f"faulty/{fault.replace(' ', '-')}"
    server.add(f"datasets/{repository}", dataset())
    inflict(server)
    error = client.error(repository)
    server.heal()
    assert error.startswith(f"NetworkError: hub:{repository}: ")
    assert re.search(message, error), error
    assert not list(home.glob(f"hub/datasets--{repository.replace('/', '--')}/snapshots/*/data/train-00001.jsonl"))
    assert texts(client.documents(repository), "train") == expected(0, 60)


def test_a_card_that_cannot_be_fetched_is_a_matter_of_the_network(server: HubServer, client: Client):
    server.add("datasets/no/card", dataset())
    server.fail("README.md", ALWAYS)
    error = client.error("no/card")
    server.heal()
    assert error.startswith("NetworkError: hub:no/card: cannot fetch from the hub (")
    assert texts(client.documents("no/card"), "train") == expected(0, 60)


def test_a_server_that_fails_for_a_moment_is_asked_again(server: HubServer, client: Client):
    server.add("datasets/fails/twice", dataset())
    server.fail("data/train-00000.jsonl", times=2)
    assert texts(client.documents("fails/twice"), "train") == expected(0, 60)


def test_a_file_in_the_cache_that_lost_its_end_is_fetched_again(server: HubServer, client: Client, home: Path):
    server.add("datasets/worn/cache", {"train.jsonl": jsonl(stories(0, 40))})
    client.documents("worn/cache")
    (file,) = home.glob("hub/datasets--worn--cache/snapshots/*/train.jsonl")
    file.resolve().write_bytes(file.read_bytes()[:-100])
    assert client.documents("worn/cache")["counts"]["read"] == 40


# What is not there


NOT_THERE: list[tuple[str, dict[str, Any], str]] = [
    ("nobody/nothing", {}, r"DataError: hub:nobody/nothing: the hub has no dataset of this name, or it is private"),
    ("some/gated", {}, r"DataError: hub:some/gated: this dataset is gated; accept its terms at http.*/some/gated"),
    ("some/data", {"revision": "v9"}, r"DataError: .*no branch, tag or commit 'v9'"),
    ("some/data", {"config": "storys"}, r"DataError: .*no configuration 'storys'; did you mean 'stories'\?"),
    ("some/data", {"split": "test"}, r"DataError: .*no split 'test'; known: train, validation"),
    ("some/data", {"validation_split": "dev"}, r"DataError: .*no split 'dev'; known: train, validation"),
    ("some/data", {"columns": {"text": "body"}}, r"DataError: hub:some/data/data/.*expected a column 'body'"),
    ("some/undecided", {}, r"DataError: .*name one of its configurations with --config: a, b"),
    ("some/pictures", {}, r"ConfigError: .*1\.png: no reader for files of this name; known are \.txt"),
    ("some/pattern", {}, r"DataError: hub:some/pattern: expected data files at commit .*, found none"),
    ("some/emptiness", {}, r"DataError: hub:some/emptiness: expected data files at commit .*, found none"),
    ("some/script", {}, r"DataError: hub:some/script: it is made by a script, which is never run"),
]


@pytest.fixture(scope="module")
def some_datasets(server: HubServer) -> None:
    server.add("datasets/some/data", dataset())
    server.add("datasets/some/gated", dataset()).gated = True
    two = b"---\nconfigs:\n- config_name: a\n  data_files: a.jsonl\n- config_name: b\n  data_files: b.jsonl\n---\n"
    server.add("datasets/some/undecided", {"README.md": two, "a.jsonl": jsonl(stories(0, 9)), "b.jsonl": b"{}"})
    server.add("datasets/some/pictures", {"train/1.png": b"PNG", "README.md": b"# Pictures"})
    pattern = b"---\nconfigs:\n- config_name: a\n  data_files: b*.jsonl\n---\n"
    server.add("datasets/some/pattern", {"README.md": pattern, "a.jsonl": jsonl(stories(0, 9))})
    server.add("datasets/some/emptiness", {"README.md": b"# Nothing"})
    server.add("datasets/some/script", {"README.md": b"# Code", "script.py": b"raise SystemExit('it was run')"})


@pytest.mark.parametrize(("repository", "settings", "message"), NOT_THERE)
def test_what_is_not_there_is_said_in_one_line(
    repository: str, settings: dict[str, Any], message: str, client: Client, some_datasets: None
):
    error = client.error(repository, **settings)
    assert re.search(message, error), error


# Without a network


@pytest.fixture(scope="module")
def nowhere() -> str:
    """An address where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_without_a_network_the_samples_and_the_cached_copy_are_named(
    server: HubServer, client: Client, nowhere: str, home: Path
):
    repo = server.add("datasets/kept/stories", dataset())
    client.documents("kept/stories")
    with Client(nowhere, home) as lost:
        error = lost.error("kept/stories")
        assert error.startswith("NetworkError: hub:kept/stories: cannot fetch from the hub (")
        assert "HF_HUB_OFFLINE=1 to use the copy in the cache" in error and repo.revisions["main"][:12] in error
        assert error.endswith("the built-in samples need no network: samples:stories, samples:medical")
        assert "HF_HUB_OFFLINE" not in lost.error("never/fetched")


def test_offline_the_cached_copy_is_used_and_said_to_be(server: HubServer, client: Client, nowhere: str, home: Path):
    server.add("datasets/offline/stories", dataset())
    server.add("models/offline/gpt", {"config.json": b"{}"})
    online = client.documents("offline/stories")
    client.ask("model", repository="offline/gpt", names=["config.json"])
    with Client(nowhere, home, HF_HUB_OFFLINE="1") as offline:
        answer = offline.documents("offline/stories")
        assert answer["documents"] == online["documents"]
        assert answer["fingerprint"] == online["fingerprint"]
        assert "offline, so the copy in the cache is used (commit" in answer["notes"][0]
        assert offline.ask("model", repository="offline/gpt", names=["config.json"])["files"] == {
            "config.json": sha256(b"{}").hexdigest()
        }
        assert "the cache has no copy of it" in offline.error("never/fetched")
        assert "samples:stories" in offline.error("never/fetched")
        assert "the cache has no configuration 'medical'" in offline.error("offline/stories", config="medical")
        (file,) = home.glob("hub/datasets--offline--stories/snapshots/*/data/train-00000.jsonl")
        content = file.read_bytes()
        file.resolve().write_bytes(content[:-10])
        assert "fetch it again without HF_HUB_OFFLINE=1" in offline.error("offline/stories")
        file.unlink()
        assert "train-00000.jsonl is not in the cache" in offline.error("offline/stories")


def test_a_server_that_is_gone_is_a_network_error(server: HubServer, client: Client):
    server.gone = True
    assert "NetworkError: hub:some/thing: cannot fetch from the hub" in client.error("some/thing")
