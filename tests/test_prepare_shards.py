"""Shards: whatever the corpus, whatever their number, the merged store is the one that plain prepare writes."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_definition

from slm.data import duplicates, merging, pieces
from slm.data.documents import DocumentsConfig
from slm.data.pieces import Unit, border
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import open_token_store
from slm.errors import ConfigError, DataError
from slm.prepare import prepare
from slm.prepare_shards import merge, prepare_in_shards, prepare_shard, shards_folder

Corpus = Callable[[Path], dict]


@pytest.fixture(autouse=True)
def small_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that happens every so many documents or bytes happens in corpora of a few hundred."""
    monkeypatch.setattr(pieces, "BLOCK_DOCUMENTS", 7)
    monkeypatch.setattr("slm.data.shards.BLOCK_DOCUMENTS", 7)
    monkeypatch.setattr(pieces, "WINDOW", 64)
    monkeypatch.setattr(duplicates, "RUN_ROWS", 10)
    monkeypatch.setattr(merging, "COPIED_TOKENS", 100)
    monkeypatch.setattr(merging, "COPIED_DOCUMENTS", 9)
    monkeypatch.setattr(merging, "OPEN_SHARDS", 2)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small tokenizer; the working directory, too."""
    (tmp_path / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def texts(count: int, seed: int = 0) -> list[str]:
    """Documents of which some are empty and some the same as others, near and far."""
    drawn = random.Random(seed)
    return [
        "" if drawn.random() < 0.05 else f"Story {drawn.randrange(count)} " + "of a cat. " * drawn.randrange(6)
        for _ in range(count)
    ]


def lines(documents: list[str], end: str = "\n") -> bytes:
    return "".join(json.dumps({"text": text}) + end for text in documents).encode()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def both_ways(config: DocumentsConfig, shards: int, **options) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What plain prepare writes, and what the shards come to when they are made apart and merged."""
    prepare(config, ".", folder=Path("plain"), **options)
    for number in range(shards, 0, -1):
        prepare_shard(config, number, shards, ".", folder=Path("store"), **options)
    merge(Path("store.shards"))
    shutil.rmtree("store.shards")
    return everything_in(Path("plain")), everything_in(Path("store"))


def one_file(folder: Path) -> dict:
    (folder / "a.jsonl").write_bytes(lines(texts(300)))
    return {"source": "a.jsonl"}


def windows_lines(folder: Path) -> dict:
    (folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + lines(texts(100), "\r\n"))
    return {"source": "a.jsonl"}


def bad_lines(folder: Path) -> dict:
    content = lines(texts(200)).split(b"\n")
    for number in (40, 41, 150):
        content[number] = b"\xff not JSON"
    (folder / "a.jsonl").write_bytes(b"\n".join(content))
    (folder / "b.txt").write_bytes(b"\n===\n".join([b"one", b"\xff\xfe", *(f"{n}\nof b".encode() for n in range(60))]))
    return {"source": ["a.jsonl", "b.txt"], "separator": "\n===\n"}


def packed(folder: Path) -> dict:
    """One huge file that cannot be entered in the middle, among small ones."""
    (folder / "a.jsonl").write_bytes(lines(texts(20, 1)))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(lines(texts(400, 2)) + b"no JSON\n" + lines(texts(9, 4))))
    (folder / "c.jsonl").write_bytes(lines(texts(20, 3)))
    return {"source": ["a.jsonl", "b.jsonl.gz", "c.jsonl"]}


def cut_off(folder: Path) -> dict:
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(lines(texts(400, 2)))[:-60])
    return {"source": "b.jsonl.gz"}


def many_files(folder: Path) -> dict:
    (folder / "many").mkdir()
    for number in range(40):
        (folder / "many" / f"{number}.md").write_text("\n".join(texts(1 + number % 5, number)))
    (folder / "many" / "z.csv").write_text('text,x\n"a, b\nc",1\nStory,2\nStory,3\n' * 9)
    (folder / "many" / "empty.jsonl").write_bytes(b"")
    (folder / "many" / "utf16.jsonl").write_bytes("text".encode("utf-16") * 99)
    return {"source": "many"}


def blank_lines(folder: Path) -> dict:
    """Separators that overlap themselves, with line ends of both kinds."""
    drawn = random.Random(5)
    ends = ["\n", "\r\n", "\n\n", "\n\n\n", "\r\n\r\n", "\n\n\n\n\n", " "]
    text = "".join(drawn.choice("abcdefghij") * 3 + drawn.choice(ends) for _ in range(900))
    (folder / "a.txt").write_text(text, newline="")
    return {"source": "a.txt", "separator": "\n\n"}


def own_validation(folder: Path) -> dict:
    (folder / "a.jsonl").write_bytes(lines(texts(150)))
    (folder / "v.jsonl").write_bytes(lines(texts(60)))
    return {"source": "a.jsonl", "validation": "v.jsonl"}


@pytest.mark.parametrize("shards", [1, 5])
@pytest.mark.parametrize("made", [
    one_file, windows_lines, bad_lines, packed, cut_off, many_files, blank_lines, own_validation,
])  # fmt: skip
def test_the_bytes_are_those_of_plain_prepare(corpus: Path, made: Corpus, shards: int):
    plain, merged = both_ways(DocumentsConfig(**made(corpus)), shards)
    assert plain.keys() == merged.keys()
    assert json.loads(plain["manifest.json"]) == json.loads(merged["manifest.json"])
    assert plain == merged
    counts = json.loads(plain["manifest.json"])["counts"]
    assert counts["duplicates"] and counts["train"] > 20


def test_also_with_records_their_prompts_and_built_in_samples(corpus: Path):
    records = [
        {"question": f"What is {n % 70}?", "reasoning": "Think." * (n % 2), "answer": "It is."} for n in range(150)
    ]
    (corpus / "q.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    config = DocumentsConfig(source=("samples:medical", "q.jsonl"), kind="question_answer", holdout=0.3, seed=4)
    plain, merged = both_ways(config, 4, prompt_format=PromptFormat(reasoning="keep"))
    assert plain == merged
    assert open_token_store(Path("store")).train.prompt_lengths is not None


def test_also_with_a_vocabulary_made_from_the_documents(corpus: Path):
    config = DocumentsConfig(**one_file(corpus))
    prepare(config, "bpe:280", folder=Path("plain"))
    prepare_shard(config, 1, 1, "bpe:280", folder=Path("store"))
    assert everything_in(merge(Path("store.shards")).folder) == everything_in(Path("plain"))


def test_processes_make_it_and_leave_the_store_alone(corpus: Path):
    config, said = DocumentsConfig(**one_file(corpus)), []
    prepare(config, ".", folder=Path("plain"))
    prepare_shard(config, 2, 3, ".", folder=Path("store"))
    before = (corpus / "store.shards/2-of-3/manifest.json").stat().st_mtime_ns
    store = prepare_in_shards(config, 3, ".", folder=Path("store"), message=said.append)
    assert everything_in(store.folder) == everything_in(Path("plain"))
    assert len(said) == 3 and not shards_folder(store.folder).exists() and before
    prepare_in_shards(config, 3, ".", folder=Path("store"), message=said.append)
    assert said[-1] == "store: prepared before from the same documents; nothing to do"


@pytest.mark.slow
def test_a_killed_process_is_told_and_the_same_command_goes_on(corpus: Path):
    """As the system does it that runs out of memory; a half-written shard does not count."""
    (corpus / "a.jsonl").write_bytes(lines(texts(60_000)))
    config, said = DocumentsConfig(source="a.jsonl"), []

    def kill(made: object, documents: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(DataError, match=r"a process that made a shard was ended from outside .* goes on with"):
        prepare_in_shards(config, 12, ".", folder=Path("store"), progress=kill)
    whole = {path.name for path in Path("store.shards").glob("[0-9]*-of-12")}
    assert 1 <= len(whole) < 12 and not Path("store").exists()
    before = {name: (Path("store.shards") / name).stat().st_mtime_ns for name in whole}

    def unchanged(made: object, documents: int) -> None:
        if Path("store.shards").exists():
            assert before.items() <= {
                path.name: path.stat().st_mtime_ns for path in Path("store.shards").glob("[0-9]*-of-12")
            }.items()

    prepare_in_shards(config, 12, ".", folder=Path("store"), progress=unchanged, message=said.append)
    prepare(config, ".", folder=Path("plain"))
    assert everything_in(Path("store")) == everything_in(Path("plain")) and len(said) == 12


@pytest.mark.slow
def test_a_shard_whose_worker_is_killed_is_made_again_alone(corpus: Path):
    """SIGKILL comes while it writes; the shards beside it are left as they are, and the merged bytes are the same."""
    (corpus / "a.jsonl").write_bytes(lines(texts(90_000)))
    for number in (1, 3):
        assert shard_by_command(number).wait() == 0
    before = {path: path.stat().st_mtime_ns for path in Path("store.shards").glob("*/*")}
    worker = shard_by_command(2)
    half = "store.shards/.2-of-3.*.tmp/documents.bin"
    while not any(path.stat().st_size for path in corpus.glob(half)):
        assert worker.poll() is None, "it was made before it could be killed"
        time.sleep(0.002)
    worker.kill()
    assert worker.wait() == -signal.SIGKILL and any(corpus.glob(half))
    with pytest.raises(DataError, match=r"expected all of 3 shards, found 2; number 2 is missing: .*--shard 2/3"):
        merge(Path("store.shards"))
    assert shard_by_command(2).wait() == 0
    assert before.items() <= {path: path.stat().st_mtime_ns for path in Path("store.shards").glob("*/*")}.items()
    prepare(DocumentsConfig(source="a.jsonl"), ".", folder=Path("plain"))
    assert everything_in(merge(Path("store.shards")).folder) == everything_in(Path("plain"))


def shard_by_command(number: int) -> subprocess.Popen:
    words = ("prepare", "a.jsonl", "--tokenizer", ".", "--out", "store", "--shard", f"{number}/3")
    return subprocess.Popen([sys.executable, "-m", "slm", *words], stderr=subprocess.DEVNULL)


# Where a file may be cut


@given(
    text=st.text(alphabet="ab\n\r", min_size=1, max_size=120),
    separator=st.sampled_from(["\n\n", "aba", "aa", "\nb", "ab", "\n", "a\n\na"]),
    offset=st.integers(0, 130),
)
def test_a_border_is_where_reading_from_the_beginning_has_one(
    tmp_path_factory: pytest.TempPathFactory, text: str, separator: str, offset: int
):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(text.encode())
    place = border(Unit(path.name, len(text), partial(open, path, "rb")), offset, separator)
    assert min(offset, len(text)) <= place <= len(text)
    unix = (lambda part: part.replace("\r\n", "\n")) if "\n" in separator else str
    before, after, whole = unix(text[:place]), unix(text[place:]), unix(text)
    if 0 < place < len(text):
        assert before.endswith(separator)
        assert before.split(separator)[:-1] + after.split(separator) == whole.split(separator)


# One of them again


def test_a_shard_that_lies_there_whole_is_not_made_again(corpus: Path):
    config, said = DocumentsConfig(**one_file(corpus)), []
    first = prepare_shard(config, 2, 3, ".", folder=Path("store"), message=said.append)
    again = prepare_shard(config, 2, 3, ".", folder=Path("store"), message=said.append)
    assert again == first and said == ["store.shards/2-of-3: made before from the same documents; nothing to do"]


@pytest.mark.parametrize(
    "name", ["documents.bin", "documents.idx", "documents.digests", "tokenizer.json", "manifest.json"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_shard_is_refused_by_name_and_made_again_alone(corpus: Path, name: str, damage: str):
    config = DocumentsConfig(**one_file(corpus))
    for number in (1, 2):
        prepare_shard(config, number, 2, ".", folder=Path("store"))
    whole = everything_in(corpus / "store.shards/1-of-2")
    path = corpus / "store.shards/1-of-2" / name
    content = bytearray(path.read_bytes())
    place = content.index(b'"read": ') + 8 if name == "manifest.json" else len(content) // 2
    content[place] ^= 1
    path.unlink() if damage == "remove" else path.write_bytes(content if damage == "flip" else content[:-24])
    with pytest.raises(DataError, match=r"1-of-2|number 1 is missing") as error:
        merge(Path("store.shards"))
    assert "\n" not in str(error.value) and not Path("store").exists()
    prepare_shard(config, 1, 2, ".", folder=Path("store"))
    assert everything_in(corpus / "store.shards/1-of-2") == whole
    assert merge(Path("store.shards")).train.documents > 100


def test_nothing_is_merged_that_does_not_belong_together(corpus: Path):
    one_file(corpus)
    for number, config in ((1, {}), (3, {}), (2, {"seed": 7})):
        prepare_shard(DocumentsConfig(source="a.jsonl", **config), number, 3, ".", folder=Path("store"))
    with pytest.raises(DataError, match=r"2-of-3: expected the same documents and settings as .*1-of-3"):
        merge(Path("store.shards"))
    shutil.rmtree("store.shards/2-of-3")
    with pytest.raises(DataError, match=r"expected all of 3 shards, found 2; number 2 is missing: .*--shard 2/3"):
        merge(Path("store.shards"))
    shutil.copytree("store.shards/1-of-3", "store.shards/copy")
    with pytest.raises(DataError, match=r"expected each shard once, .* is the same"):
        merge(Path("store.shards"))
    with pytest.raises(DataError, match=r"expected a folder with shards"):
        merge(Path("nowhere.shards"))


def test_a_file_that_changed_between_two_shards_is_noticed(corpus: Path):
    """Of the same size, so that only the places at which it was cut tell."""
    content = lines([f"{n} of some length" for n in range(90)])
    (corpus / "a.jsonl").write_bytes(content)
    prepare_shard(DocumentsConfig(source="a.jsonl"), 1, 2, ".", folder=Path("store"))
    (corpus / "a.jsonl").write_bytes(lines(["1"]) + content[: -len(lines(["1"]))])
    prepare_shard(DocumentsConfig(source="a.jsonl"), 2, 2, ".", folder=Path("store"))
    with pytest.raises(DataError, match=r"a.jsonl: the shards read other stretches of it than belong together"):
        merge(Path("store.shards"))


def test_machines_whose_files_have_other_dates_make_shards_of_one_corpus(corpus: Path):
    config = DocumentsConfig(**one_file(corpus))
    prepare_shard(config, 1, 2, ".", folder=Path("store"))
    os.utime("a.jsonl", (1, 1))
    prepare_shard(config, 2, 2, ".", folder=Path("store"))
    prepare(config, ".", folder=Path("plain"))
    merge(Path("store.shards"))
    ids = [(Path(folder) / "train.bin").read_bytes() for folder in ("store", "plain")]
    assert ids[0] == ids[1]


def test_what_a_shard_cannot_do_is_refused(corpus: Path):
    one_file(corpus)
    with pytest.raises(ConfigError, match="a shard cannot know how many documents stand before its own"):
        prepare_shard(DocumentsConfig(source="a.jsonl", limit=9), 1, 2, ".")
    with pytest.raises(ConfigError, match=r"expected a number and how many there are, such as 3/8, got 4/3"):
        prepare_shard(DocumentsConfig(source="a.jsonl"), 4, 3, ".")
    with pytest.raises(ConfigError, match=r"expected one of processes, ray, got 'spark'"):
        prepare_in_shards(DocumentsConfig(source="a.jsonl"), 2, ".", engine="spark")
    (corpus / "store.shards/1-of-2").mkdir(parents=True)
    (corpus / "store.shards/1-of-2/thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match=r"expected a shard or a new folder, found 'thesis\.txt'"):
        prepare_shard(DocumentsConfig(source="a.jsonl"), 1, 2, ".", folder=Path("store"))


def test_a_wrong_column_is_one_line_from_a_process_as_well(corpus: Path):
    (corpus / "a.jsonl").write_text('{"words": "a"}\n' * 9)
    with pytest.raises(DataError, match=r"expected a column 'text' or .*, found 'words'"):
        prepare_in_shards(DocumentsConfig(source="a.jsonl"), 1, ".", folder=Path("store"))
