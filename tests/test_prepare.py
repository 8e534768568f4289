"""Documents to a token store: once, again without work, and anew where something changed or broke."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import RECORDS, tiny_definition

from slm import prepare as prepare_module
from slm.data.documents import DocumentsConfig
from slm.data.prompt_format import PromptFormat
from slm.data.token_store import TokenStore, open_token_store
from slm.errors import DataError
from slm.prepare import prepare

DOCUMENTS = [f"Story number {number}, with a cat." for number in range(40)]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with documents and a small tokenizer; the working directory, too."""
    path = tmp_path / "stories.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in DOCUMENTS))
    (tmp_path / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    return path


def prepared(texts: Path, messages: list[str] | None = None, **options) -> TokenStore:
    settings = {"source": str(texts)} | options.pop("documents", {})
    folder = options.pop("folder", texts.parent / "store")
    message = (messages if messages is not None else []).append
    return prepare(DocumentsConfig(**settings), str(texts.parent), folder=folder, message=message, **options)


def work_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*arguments, **options):
        raise AssertionError("encoded again")

    monkeypatch.setattr(prepare_module, "write_token_store", work)


# Once and again


def test_all_documents_are_in_the_store(texts: Path):
    store = prepared(texts)
    read = [
        store.tokenizer.decode(split.document(number)[:-1])
        for split in (store.train, store.validation)
        for number in range(split.documents)
    ]
    assert sorted(read) == sorted(DOCUMENTS)
    assert (store.train.documents, store.validation.documents) == (38, 2)
    manifest = json.loads((store.folder / "manifest.json").read_text())
    assert manifest["synthetic"] is False and manifest["counts"]["read"] == 40
    assert manifest["documents"]["source"] == [str(texts)] and manifest["sources"][0]["source"] == str(texts)


def test_a_second_time_there_is_nothing_to_do_and_it_says_so(texts: Path, monkeypatch: pytest.MonkeyPatch):
    first = prepared(texts)
    work_is_forbidden(monkeypatch)
    messages: list[str] = []
    second = prepared(texts, messages)
    assert messages == [f"{first.folder}: prepared before from the same documents; nothing to do"]
    assert second.manifest == first.manifest


@pytest.mark.parametrize("change", [
    {"documents": {"holdout": 0.2}}, {"documents": {"seed": 1}}, {"documents": {"limit": 20}},
    {"documents": {"columns": {"text": "text"}}},
])  # fmt: skip
def test_other_settings_make_it_anew(texts: Path, change: dict):
    first = prepared(texts).manifest["fingerprint"]
    messages: list[str] = []
    assert prepared(texts, messages, **change).manifest["fingerprint"] != first
    assert not messages


def test_other_text_makes_it_anew(texts: Path):
    prepared(texts)
    texts.write_text(texts.read_text() + json.dumps({"text": "One more."}) + "\n")
    assert prepared(texts).train.documents + prepared(texts).validation.documents == 41


def test_another_tokenizer_makes_it_anew(texts: Path):
    prepared(texts)
    (texts.parent / "tokenizer.json").write_text(json.dumps(tiny_definition(["t h", "th e"])))
    assert prepared(texts).tokenizer.n_vocab == 259


@pytest.mark.parametrize("name", ["train.bin", "train.idx", "validation.bin", "tokenizer.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_a_damaged_store_is_made_anew(texts: Path, name: str, damage: str):
    """What its error says, 'prepare the store again', has to help."""
    expected = prepared(texts).manifest
    path = texts.parent / "store" / name
    content = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[:-8])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    store = prepared(texts)
    assert {**store.manifest, "sources": 0} == {**expected, "sources": 0}
    open_token_store(store.folder)


def test_a_stopped_prepare_starts_over(texts: Path, monkeypatch: pytest.MonkeyPatch):
    def stop(stream, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(texts, progress=stop)
    assert sorted(path.name for path in texts.parent.iterdir()) == ["stories.jsonl", "tokenizer.json"]
    assert prepared(texts).train.documents == 38


def test_progress_counts_documents(texts: Path):
    counts: list[int] = []
    prepared(texts, progress=lambda stream, count: counts.append(count))
    assert counts == sorted(counts) and counts[-1] == 40


# Questions and answers


def test_records_get_the_prompt_format(texts: Path):
    path = texts.parent / "records.jsonl"
    lines = [
        {"Question": r["question"] + f" {n}", "Complex_CoT": r["reasoning"], "Response": r["response"]}
        for n in range(9)
        for r in RECORDS
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    plain = prepared(path, documents={"kind": "question_answer"})
    assert plain.prompt_format == PromptFormat()
    text = plain.tokenizer.decode(plain.train.document(0))
    assert text.startswith("### Question:\n") and "\n### Response:\n" in text and text.endswith("<|endoftext|>")
    reasoning = prepared(path, documents={"kind": "question_answer"}, prompt_format=PromptFormat(reasoning=True))
    assert reasoning.prompt_format == PromptFormat(reasoning=True)
    assert "\n### Reasoning:\n" in reasoning.tokenizer.decode(reasoning.train.document(0))


# Where it is written


def test_by_default_under_the_name_of_the_source(texts: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(texts.parent)
    store = prepared(texts, folder=None)
    assert store.folder.parent == Path("token_stores")
    assert store.folder.name == f"stories-{store.manifest['fingerprint'][:8]}"
    other = prepared(texts, folder=None, documents={"seed": 1})
    assert other.folder != store.folder and store.folder.exists()


def test_an_empty_folder_or_a_store_may_be_replaced(texts: Path):
    (texts.parent / "store").mkdir()
    assert prepared(texts).train.documents == 38
    assert prepared(texts, documents={"limit": 20}).train.documents == 19


@pytest.mark.parametrize(
    "files", [["thesis.txt"], ["manifest.json", "thesis.txt"], ["train.bin", "notes"], [".hidden"]]
)
def test_a_folder_with_other_files_is_never_replaced(texts: Path, files: list[str]):
    folder = texts.parent / "store"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("years of work")
    with pytest.raises(DataError, match=r"store: expected a token store or a new folder, found .*choose another --out"):
        prepared(texts)
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    assert all((folder / name).read_text() == "years of work" for name in files)


def test_a_file_is_never_replaced_by_a_folder(texts: Path):
    with pytest.raises(DataError, match="expected a token store or a new folder"):
        prepared(texts, folder=texts)
    assert texts.read_text().startswith('{"text": "Story number 0')


def test_an_unknown_tokenizer_is_refused_before_anything_is_read(tmp_path: Path):
    with pytest.raises(DataError, match="tokenizer 'gpt9'"):
        prepare(DocumentsConfig(source=str(tmp_path / "nothing.txt")), "gpt9")
