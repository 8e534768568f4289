"""The same against a server that speaks S3, with the errors that only a server makes."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from remote.s3_server import BUCKET, ENVIRONMENT, CuttableLine, only_for_known_keys, s3_server

from slm.data.documents import DocumentsConfig, open_documents
from slm.errors import NetworkError, TrainingError
from slm.remote import address, lease
from slm.remote.address import AlreadyThere, NotThere, Place
from slm.remote.lease import Lease

pytestmark = pytest.mark.slow
pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'slm-toolkit[remote]'")
pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")

ROOT = Path(__file__).parents[2]
STORIES = f"s3://{BUCKET}/stories"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as found:
        yield found


@pytest.fixture(autouse=True)
def environment(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ENVIRONMENT, "HOME": str(tmp_path), "SLM_CACHE": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(address, "PAUSE", 0.01)
    talk_to(server, monkeypatch)


def talk_to(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have S3 asked there, by a client that knows nothing yet."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    s3fs.S3FileSystem.clear_instance_cache()


def documents(source: str) -> list[str]:
    return sorted(record["text"] for _, record in open_documents(DocumentsConfig((source,))))


def write_stories(folder: Path) -> Path:
    """Stories in files of four formats, one of them of 3 MB."""
    draw = random.Random(0)
    for number, name in enumerate(("a.jsonl", "b.jsonl.gz", "deep/c.txt", "d.parquet")):
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        texts = [f"{number} {draw.getrandbits(4000 if name == 'a.jsonl' else 60):x}" for _ in range(3000)]
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        if name == "d.parquet":
            parquet = pytest.importorskip("pyarrow.parquet")
            parquet.write_table(__import__("pyarrow").table({"text": texts}), path)
        elif name.endswith(".gz"):
            path.write_bytes(gzip.compress(lines.encode()))
        else:
            path.write_text("<|endoftext|>".join(texts) if name.endswith(".txt") else lines)
    return folder


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    folder = write_stories(tmp_path / "stories")
    for path in sorted(folder.rglob("*.*")):
        (Place(STORIES) / path.relative_to(folder).as_posix()).put(path)
    return folder


@pytest.mark.parametrize("part", ["", "/a.jsonl", "/b.jsonl.gz", "/deep", "/*.jsonl", "/d.parquet"])
def test_documents_are_those_of_the_files(part: str, stories: Path) -> None:
    assert documents(STORIES + part) == documents(str(stories) + part)


def test_a_changed_object_is_another_source(stories: Path) -> None:
    before = open_documents(DocumentsConfig((STORIES,))).fingerprint
    assert before == open_documents(DocumentsConfig((STORIES,))).fingerprint
    content = (Place(STORIES) / "a.jsonl").read()
    (Place(STORIES) / "a.jsonl").write(content[:-1] + b" ")
    assert before != open_documents(DocumentsConfig((STORIES,))).fingerprint


def test_a_cut_transfer_goes_on(stories: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = CuttableLine(server, after=1 << 20, cuts=2)
    talk_to(line.address, monkeypatch)
    assert documents(f"{STORIES}/a.jsonl") == documents(f"{stories}/a.jsonl")
    assert line.cuts == 0


def test_a_transfer_that_is_always_cut_is_an_error_and_no_shorter_file(
    stories: Path, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = CuttableLine(server, after=1 << 20, cuts=10**6)
    talk_to(line.address, monkeypatch)
    with pytest.raises(NetworkError, match=r"a.jsonl: reading it failed 3 times \(.*\); nothing half-written was kept"):
        documents(f"{STORIES}/a.jsonl")
    with pytest.raises(NetworkError, match=r"a.jsonl: fetching|a.jsonl: reading"):
        (Place(STORIES) / "a.jsonl").fetch(tmp_path / "copy")
    assert list(tmp_path.glob("*copy*")) == []


def test_a_cut_upload_is_not_there(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In parts, as large files go: the answers are what is cut."""
    (tmp_path / "large").write_bytes(os.urandom(1 << 20) * 101)
    line = CuttableLine(server, after=0, cuts=10**6)
    talk_to(line.address, monkeypatch)
    place = Place(f"s3://{BUCKET}/large")
    with pytest.raises(NetworkError, match=r"large: writing it failed 3 times"):
        place.put(tmp_path / "large")
    line.cuts = 0
    assert place.entry() is None
    place.put(tmp_path / "large")
    assert place.entry().bytes == 101 << 20


def test_a_missing_bucket() -> None:
    for call in (Place("s3://no-such-bucket/a").read, lambda: documents("s3://no-such-bucket/stories/")):
        with pytest.raises(NotThere, match="there is no bucket 'no-such-bucket'"):
            call()
    with pytest.raises(NotThere, match="there is no bucket 'no-such-bucket'"):
        Place("s3://no-such-bucket/a").write(b"x")


def test_a_refused_key(server: str) -> None:
    with only_for_known_keys(server), pytest.raises(NetworkError) as raised:
        Place(f"s3://{BUCKET}/a").write(b"x")
    assert "refused while writing" in str(raised.value) and "AWS_PROFILE" in str(raised.value)
    assert not any(secret in str(raised.value) for secret in list(ENVIRONMENT.values())[:2])


def test_no_credentials(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    talk_to(server, monkeypatch)
    with pytest.raises(NetworkError, match="no credentials for it in the environment or in files; set AWS_ACCESS_KEY"):
        Place(f"s3://{BUCKET}/a").write(b"x")


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    talk_to("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(NetworkError, match="failed 3 times"):
        Place(f"s3://{BUCKET}/a").read()


def test_new_objects_are_made_once() -> None:
    (place := Place(f"s3://{BUCKET}/lock")).write(b"1", new=True)
    with pytest.raises(AlreadyThere):
        place.write(b"2", new=True)
    assert place.read() == b"1"


def test_of_eight_writers_at_once_one_gets_the_run() -> None:
    for number in range(5):
        run, got, refused = Place(f"s3://{BUCKET}/runs/{number}"), [], []
        start = threading.Barrier(8)

        def attempt(run=run, got=got, refused=refused, start=start) -> None:
            taken = Lease(run)
            start.wait()
            try:
                taken.acquire()
                got.append(taken)
            except TrainingError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=attempt) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(got), len(refused)) == (1, 7)


# A run that is killed on one machine and goes on on another

SETTINGS = [
    word
    for value in (
        "model.n_layer=1", "model.n_head=2", "model.n_embd=16", "model.block_size=32", "training.steps=40",
        "training.micro_batch_size=2", "training.evaluation_samples=4", "training.evaluation_interval=5",
        "training.sample_points=2", "samples.generation.max_new_tokens=4", "evaluation.documents=3",
        "evaluation.memorisation_samples=1", "training.threads=1", 'samples.prompts=["The fox"]',
    )
    for word in ("--set", value)
]  # fmt: skip
SHORT_LEASE = """
import sys, time
from slm.remote import lease
lease.HELD_SECONDS, lease.RENEWED_SECONDS = 4.0, 0.5
from slm.cli import console
from slm.cli.main import run
step, seconds = console.ConsoleObserver.step, float(sys.argv[1])
console.ConsoleObserver.step = lambda self, number, **m: (step(self, number, **m), time.sleep(seconds))
sys.argv = ["slm", *sys.argv[2:]]
run()
"""


def slm(home: Path, *words: str, seconds_a_step: float = 0.0) -> subprocess.Popen:
    """`slm ...` on a machine of its own: another home, another working directory."""
    home.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "SLM_CACHE"}
    return subprocess.Popen(
        [sys.executable, "-c", SHORT_LEASE, str(seconds_a_step), *words], cwd=home, text=True,
        env=environment | {"HOME": str(home), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_killed_here_resumed_there_exported_and_written_with(tmp_path: Path) -> None:
    bucket = f"s3://{BUCKET}"
    texts = "\n".join(json.dumps({"text": f"The fox ran over hill {n} and slept."}) for n in range(200))
    Place(f"{bucket}/fox.jsonl").write(texts.encode())
    here, there = tmp_path / "here", tmp_path / "there"
    killed = slm(here, "train", f"{bucket}/fox.jsonl", "--tokenizer", "bpe:300", "--out", f"{bucket}/runs/fox",
                 *SETTINGS, seconds_a_step=2.0)  # fmt: skip
    deadline = time.monotonic() + 240
    while not Place(f"{bucket}/runs/fox/snapshots").files() or snapshot_step() < 10:
        assert killed.poll() is None and time.monotonic() < deadline, killed.communicate()
        time.sleep(0.2)
    second = slm(there, "train", "--resume", f"{bucket}/runs/fox")
    out, err = second.communicate()
    assert second.returncode == 1 and "writes to this run; stop it there" in err and "Traceback" not in err
    killed.kill()
    killed.communicate()
    time.sleep(4.5)  # the lock expires
    went_on = slm(there, "train", "--resume", f"{bucket}/runs/fox")
    out, err = went_on.communicate()
    assert went_on.returncode == 0, err
    metrics = (there / "runs/fox/metrics.jsonl").read_text()
    assert next(json.loads(line)["step"] for line in metrics.splitlines() if '"resumed"' in line) >= 10
    unbroken = slm(tmp_path / "unbroken", "train", f"{bucket}/fox.jsonl", "--tokenizer", "bpe:300", "--name", "fox",
                   *SETTINGS)  # fmt: skip
    assert unbroken.wait() == 0
    weights = "runs/fox/checkpoints/last/model.safetensors"
    assert (there / weights).read_bytes() == (tmp_path / "unbroken" / weights).read_bytes()
    exported = slm(there, "export", f"{bucket}/runs/fox", "--to", "web", "--data", f"{bucket}/fox.jsonl", "--out",
                   f"{bucket}/exports/fox")  # fmt: skip
    out, err = exported.communicate()
    assert exported.returncode == 0 and f"copied:  {bucket}/exports/fox" in out, err
    written = slm(tmp_path / "third", "generate", f"{bucket}/runs/fox", "The fox", "--max-new-tokens", "4")
    out, err = written.communicate()
    assert written.returncode == 0 and out.startswith("The fox"), err
    said = "".join(path.read_text(errors="replace") for path in there.rglob("*.json*"))
    assert not any(secret in said + err + out for secret in list(ENVIRONMENT.values())[:2])


def snapshot_step() -> int:
    from slm.remote.runs import newest_snapshot

    place = Place(f"s3://{BUCKET}/runs/fox")
    sha256 = newest_snapshot(place)[1]["files"].get("checkpoints/last/slm.json", ["none, so the run has failed"])[0]
    return json.loads((place / f"objects/{sha256}").read())["step"]


def test_the_lease_is_long_enough_to_miss_renewals() -> None:
    assert lease.HELD_SECONDS > 3 * lease.RENEWED_SECONDS
