"""The token store: what stands in its files, and that nothing else passes for one."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import (
    RECORDS,
    TEXTS,
    describe,
    text_records,
    tiny_definition,
    tiny_tokenizer,
    write_record_store,
    write_store,
)

from slm.data import encoding
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import TokenStore, open_token_store, write_token_store
from slm.data.tokenizer import Tokenizer
from slm.errors import DataError

FILES = ["manifest.json", "tokenizer.json", "train.bin", "train.idx", "validation.bin", "validation.idx"]
Damage = Callable[[Path], None]


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What stands in it


def test_its_files(store: TokenStore):
    assert sorted(path.name for path in store.folder.iterdir()) == FILES
    assert [path.name for path in store.folder.parent.iterdir()] == ["store"]


def test_documents_are_ids_with_an_end_token_each(store: TokenStore, tokenizer: Tokenizer):
    assert store.train.documents == store.validation.documents == len(TEXTS)
    for number, text in enumerate(TEXTS):
        expected = [*tokenizer.encode_ordinary(text), tokenizer.eot_token]
        assert store.train.document(number).tolist() == expected
        assert store.validation.document(len(TEXTS) - 1 - number).tolist() == expected
    assert store.train.prompt_lengths is None and store.prompt_format is None


def test_its_files_need_no_slm_to_be_read(store: TokenStore, tokenizer: Tokenizer):
    """The layout that nanoGPT reads: little-endian uint16, one document behind the other."""
    ids = np.memmap(store.folder / "train.bin", dtype="<u2", mode="r")
    starts = np.memmap(store.folder / "train.idx", dtype="<u8", mode="r")
    assert tokenizer.decode(ids) == "".join(f"{text}<|endoftext|>" for text in TEXTS)
    assert starts[0] == 0 and len(starts) == len(TEXTS)
    assert [ids[int(start) - 1] for start in starts[1:]] == [tokenizer.eot_token] * (len(TEXTS) - 1)
    first = tokenizer.encode_ordinary(TEXTS[0])
    content = (store.folder / "train.bin").read_bytes()
    assert content[: 2 * len(first)] == b"".join(token.to_bytes(2, "little") for token in first)


def test_counts_and_hashes_in_the_manifest(store: TokenStore, tokenizer: Tokenizer):
    manifest = json.loads((store.folder / "manifest.json").read_text())
    tokens = sum(len(tokenizer.encode_ordinary(text)) + 1 for text in TEXTS)
    counts = {"tokens": tokens, "documents": len(TEXTS), "bytes": sum(len(text.encode()) for text in TEXTS)}
    assert manifest["splits"] == {"train": counts, "validation": counts}
    assert manifest["sha256"] == {
        name: hashlib.sha256((store.folder / name).read_bytes()).hexdigest() for name in FILES[2:]
    }
    assert manifest["dtype"] == "<u2"
    assert manifest["tokenizer"] == {"name": "tiny", "sha256": tokenizer.sha256, "n_vocab": tokenizer.n_vocab}
    assert store.summary()["train_tokens"] == tokens


def test_records_are_prompt_and_response_encoded_apart(record_store: TokenStore, tokenizer: Tokenizer):
    prompts = PromptFormat()
    for number, record in enumerate(RECORDS):
        prompt = tokenizer.encode_ordinary(prompts.prompt(record["question"]))
        response = tokenizer.encode_ordinary(record["response"])
        assert record_store.train.document(number).tolist() == [*prompt, *response, tokenizer.eot_token]
        assert record_store.train.prompt_lengths[number] == len(prompt)
    assert record_store.prompt_format == prompts
    index = np.fromfile(record_store.folder / "train.idx", "<u8").reshape(-1, 2)
    assert index[:, 1].tolist() == record_store.train.prompt_lengths.tolist()


def test_records_with_reasoning(tmp_path: Path, tokenizer: Tokenizer):
    store = write_record_store(tmp_path / "store", prompt_format=PromptFormat(reasoning=True))
    assert store.prompt_format == PromptFormat(reasoning=True)
    ids, length = store.train.document(0), int(store.train.prompt_lengths[0])
    assert tokenizer.decode(ids[:length]).endswith("\n### Reasoning:\n")
    assert tokenizer.decode(ids[length:]) == "A virus.\n### Response:\nAn illness of the nose.<|endoftext|>"


def test_special_tokens_in_documents_stay_text(tmp_path: Path, tokenizer: Tokenizer):
    text = "before <|endoftext|> after"
    store = write_store(tmp_path / "store", [text], [text])
    assert store.train.document(0).tolist().count(tokenizer.eot_token) == 1
    assert store.manifest["splits"]["train"]["bytes"] == len(text)


@settings(max_examples=25)
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=6), batch=st.integers(1, 30))
def test_any_documents_come_back_whatever_the_batches(tmp_path_factory, texts: list[str], batch: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "BATCH_CHARACTERS", batch)
        store = write_store(tmp_path_factory.mktemp("store") / "store", texts, texts)
    tokenizer = store.tokenizer
    assert [tokenizer.decode(store.train.document(n)[:-1]) for n in range(store.train.documents)] == texts
    open_token_store(store.folder)


def test_splits_may_come_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(encoding, "BATCH_CHARACTERS", 20)
    records = [("validation" if n % 3 == 0 else "train", {"text": f"number {n}"}) for n in range(60)]
    store = write_token_store(tmp_path / "store", records, tiny_tokenizer(), None, describe)
    read = {
        name: [store.tokenizer.decode(store.split(name).document(n)[:-1]) for n in range(store.split(name).documents)]
        for name in ("train", "validation")
    }
    assert read == {
        "train": [f"number {n}" for n in range(60) if n % 3], "validation": [f"number {n}" for n in range(0, 60, 3)]
    }  # fmt: skip


def test_a_vocabulary_of_more_than_16_bits_takes_32(tmp_path: Path):
    definition = tiny_definition()
    definition["added_tokens"].append(definition["added_tokens"][0] | {"id": 70_000, "content": "<|far|>"})
    tokenizer = Tokenizer(definition, "large")
    store = write_store(tmp_path / "store", tokenizer=tokenizer)
    ids = np.fromfile(store.folder / "train.bin", "<u4")
    assert store.manifest["dtype"] == "<u4" and tokenizer.decode(ids[:-1]).endswith(TEXTS[-1])
    assert open_token_store(store.folder).train.document(0).tolist()[-1] == tokenizer.eot_token


# Written whole or not at all


class Broken(Exception):
    """Something that goes wrong while documents are read."""


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt, DataError, OSError])
@pytest.mark.parametrize("there_before", [False, True])
def test_a_stopped_write_leaves_nothing_that_passes_for_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], there_before: bool
):
    monkeypatch.setattr(encoding, "BATCH_CHARACTERS", 10)
    if there_before:
        write_store(tmp_path / "store")
    before = everything_in(tmp_path)

    def records() -> Iterator[tuple[str, dict[str, str]]]:
        yield from text_records(["another text"] * 20, ["and one more"] * 20)
        raise error("stopped")

    with pytest.raises(error, match="stopped"):
        write_token_store(tmp_path / "store", records(), tiny_tokenizer(), None, describe)
    assert everything_in(tmp_path) == before
    if there_before:
        assert open_token_store(tmp_path / "store").train.documents == len(TEXTS)
    else:
        with pytest.raises(DataError, match="expected a token store"):
            open_token_store(tmp_path / "store")


def test_the_tokenizer_or_the_description_may_fail_too(tmp_path: Path):
    def broken() -> dict:
        raise Broken("at the very end")

    with pytest.raises(Broken):
        write_token_store(tmp_path / "store", text_records(TEXTS, TEXTS), tiny_tokenizer(), None, broken)
    with pytest.raises(DataError, match="lone surrogate"):
        write_store(tmp_path / "store", ["a\ud800"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("empty", ["train", "validation"])
def test_a_split_without_documents_is_refused(tmp_path: Path, empty: str):
    texts = {"train": TEXTS, "validation": TEXTS} | {empty: ()}
    with pytest.raises(DataError, match=f"expected documents for {empty}, found none"):
        write_store(tmp_path / "store", **texts)
    assert not list(tmp_path.iterdir())


def test_writing_again_replaces(tmp_path: Path):
    write_store(tmp_path / "store", ["old"], ["old"])
    write_store(tmp_path / "store", ["new one"], ["new two"])
    assert open_token_store(tmp_path / "store").tokenizer.decode(open_token_store(tmp_path / "store").train.tokens) == (
        "new one<|endoftext|>"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


# Refused, with the name of the file


def with_manifest(change: Callable[[dict], object]) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return damage


def rewritten(name: str, change: Callable[[np.ndarray], np.ndarray], dtype: str) -> Damage:
    """Another content, with the hash that fits it: what a faulty writer would leave."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(np.fromfile(path, dtype)).astype(dtype).tobytes())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with_manifest(lambda manifest: manifest["sha256"].update({name: digest}))(folder)

    return damage


def flipped(name: str, place: int) -> Damage:
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 1
        (folder / name).write_bytes(content)

    return damage


def cut(name: str, size: int) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def lengthened(name: str) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b"\0\0\0\0\0\0\0\0")


def replaced(ids: np.ndarray, place: int, value: int) -> np.ndarray:
    ids[place] = value
    return ids


def put(values: dict, key: str, value: object) -> None:
    values[key] = value


SIZED = ("train.bin", "train.idx", "validation.bin", "validation.idx")
DAMAGES: dict[str, tuple[Damage, str]] = {
    **{f"cut {name}": (cut(name, -2), rf"{name}: expected \d+ bytes.*got \d+ bytes") for name in SIZED},
    **{f"emptied {name}": (cut(name, 0), rf"{name}: expected \d+ bytes.*got 0 bytes") for name in SIZED},
    **{f"lengthened {name}": (lengthened(name), rf"{name}: expected \d+ bytes") for name in SIZED},
    **{f"flipped {name}": (flipped(name, 3), f"{name}: its SHA-256 differs") for name in SIZED},
    **{f"flipped end of {name}": (flipped(name, -1), f"{name}: its SHA-256 differs") for name in SIZED},
    **{f"no {name}": (lambda folder, name=name: (folder / name).unlink(), name) for name in FILES[1:]},
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), r"store: expected a token store.*slm prepare"),
    "no folder": (shutil.rmtree, "store: expected a token store"),
    "a file": (lambda folder: (shutil.rmtree(folder), folder.write_text("x")), "store: expected a token store"),
    "cut manifest": (cut("manifest.json", 100), r"manifest\.json: not a whole manifest"),
    "empty manifest": (cut("manifest.json", 0), r"manifest\.json: not a whole manifest"),
    "manifest in another code": (flipped("manifest.json", 0), r"manifest\.json: not a whole manifest"),
    "another format": (with_manifest(lambda m: put(m, "format", 99)), r"manifest\.json: expected format 1, got 99"),
    "dtype of 32 bits": (with_manifest(lambda m: put(m, "dtype", "<u4")), "kept as uint16, the manifest says uint32"),
    "signed dtype": (with_manifest(lambda m: put(m, "dtype", "<i2")), "kept as uint16, the manifest says int16"),
    "other byte order": (with_manifest(lambda m: put(m, "dtype", ">u2")), "the manifest says >u2"),
    "no dtype": (with_manifest(lambda m: put(m, "dtype", "banana")), r"manifest\.json"),
    "no counts": (with_manifest(lambda m: put(m, "splits", {})), r"manifest\.json"),
    "counts of one split": (with_manifest(lambda m: m["splits"].pop("train")), r"manifest\.json"),
    "counts in words": (with_manifest(lambda m: put(m["splits"]["train"], "tokens", "many")), r"manifest\.json"),
    "no hashes": (with_manifest(lambda m: put(m, "sha256", {})), r"manifest\.json"),
    "other columns": (with_manifest(lambda m: put(m, "index_columns", 3)), r"manifest\.json"),
    "no columns": (with_manifest(lambda m: put(m, "index_columns", [])), r"manifest\.json"),
    "a column more": (with_manifest(lambda m: m["index_columns"].append("prompt_length")), r"manifest\.json"),
    "unknown prompt format": (with_manifest(lambda m: put(m, "prompt_format", {"colour": 1})), r"manifest\.json"),
    "tokenizer in a word": (with_manifest(lambda m: put(m, "tokenizer", "gpt2")), r"manifest\.json"),
    "manifest of a list": (lambda folder: (folder / "manifest.json").write_text("[]"), r"manifest\.json"),
    "id beyond the vocabulary": (
        rewritten("train.bin", lambda ids: replaced(ids, 5, 60_000), "<u2"),
        r"train\.bin: expected token ids below 270, got 60000 at position 5",
    ),
    "first id beyond the vocabulary": (
        rewritten("validation.bin", lambda ids: replaced(ids, -1, 270), "<u2"), r"validation\.bin.*got 270",
    ),
    "falling offsets": (
        rewritten("train.idx", lambda starts: starts[[0, 2, 1, 3]], "<u8"),
        r"train\.idx: expected rising",
    ),
    "same offsets": (
        rewritten("train.idx", lambda starts: starts[[0, 1, 1, 3]], "<u8"),
        r"train\.idx: expected rising",
    ),
    "first offset": (
        rewritten("train.idx", lambda starts: replaced(starts, 0, 1), "<u8"),
        r"train\.idx: expected rising",
    ),
    "offset beyond the end": (
        rewritten("validation.idx", lambda starts: replaced(starts, 3, 10**6), "<u8"),
        r"validation\.idx: expected rising",
    ),
    "cut tokenizer": (cut("tokenizer.json", 500), r"tokenizer\.json"),
    "swapped tokenizer": (
        lambda folder: (folder / "tokenizer.json").write_text(json.dumps(tiny_definition(["t h", "th e"]))),
        r"tokenizer\.json: not the tokenizer that made this store",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_is_refused(store: TokenStore, name: str):
    damage, message = DAMAGES[name]
    open_token_store(store.folder)
    damage(store.folder)
    with pytest.raises(DataError, match=message):
        open_token_store(store.folder)


@pytest.mark.parametrize("name", [name for name in DAMAGES if name.startswith(("cut", "no ", "falling", "swapped"))])
def test_much_is_refused_without_reading_every_byte(store: TokenStore, name: str):
    damage, message = DAMAGES[name]
    damage(store.folder)
    with pytest.raises(DataError, match=message):
        open_token_store(store.folder, verify=False)


def test_prompts_longer_than_their_records_are_refused(record_store: TokenStore):
    rewritten("train.idx", lambda index: replaced(index, 1, 10_000), "<u8")(record_store.folder)
    with pytest.raises(DataError, match=r"train\.idx: expected prompts shorter than their records"):
        open_token_store(record_store.folder)
