"""A vocabulary made from the documents: any text comes back whole, and others' readers give the same ids."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm.data import tokenizer_training
from slm.data.documents import DocumentsConfig
from slm.data.samples import read_samples
from slm.data.tokenizer import END_OF_TEXT, Tokenizer, gpt2_tokenizer, load_tokenizer, read_tokenizer
from slm.data.tokenizer_training import LARGEST, SMALLEST, fitting_size, train_bpe, vocabulary_size
from slm.errors import ConfigError
from slm.prepare import prepare


def stories(count: int) -> list[str]:
    return [record["text"] for record, _ in zip(read_samples("stories"), range(count), strict=False)]


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return train_bpe(stories(300), 700)


@given(st.text())
def test_decode_of_encode_is_the_identity(trained: Tokenizer, text: str) -> None:
    assert trained.decode(trained.encode_ordinary(text)) == text


def test_it_has_the_size_asked_for_and_every_byte(trained: Tokenizer) -> None:
    assert trained.n_vocab == 700 and trained.name == f"bpe:700-{trained.sha256[:8]}"
    assert trained.eot_token == 699
    assert {trained.decode_bytes([number]) for number in range(699)} >= {bytes([byte]) for byte in range(256)}


def test_it_suits_its_text_better_for_its_size_than_bytes(trained: Tokenizer) -> None:
    text = "\n".join(stories(310)[300:])
    assert len(trained.encode_ordinary(text)) < len(text.encode()) / 2


def test_text_like_the_end_token_stays_text(trained: Tokenizer) -> None:
    ids = trained.encode_ordinary(f"a {END_OF_TEXT} b")
    assert trained.eot_token not in ids and trained.decode(ids) == f"a {END_OF_TEXT} b"


def test_others_read_the_same_ids(trained: Tokenizer, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(trained.definition), encoding="utf-8")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path))
    texts = [*stories(320)[300:], "naïve café 日本語 🙂\u200d", "  a \n\n\tb  ", "'ll 123,456"]
    for text in texts:
        assert theirs(text)["input_ids"] == trained.encode_ordinary(text)


def test_the_same_texts_give_the_same_tokenizer(trained: Tokenizer, tmp_path: Path) -> None:
    assert train_bpe(iter(stories(300)), 700).sha256 == trained.sha256
    (tmp_path / "tokenizer.json").write_text(json.dumps(trained.definition), encoding="utf-8")
    again = read_tokenizer(tmp_path / "tokenizer.json")
    assert (again.sha256, again.name) == (trained.sha256, trained.name)


def test_few_texts_give_fewer_tokens() -> None:
    assert train_bpe(["abab abab"], 4096).n_vocab < 270


def test_no_more_is_read_than_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer_training, "TRAINING_BYTES", 100)
    read = []
    train_bpe((read.append(1) or "word " * 10 for _ in range(1000)), 300)
    assert len(read) == 2


@pytest.mark.parametrize("name", ["bpe:", "bpe:abc", "bpe:256", "bpe:-5", "bpe:4096.0", "bpe:99999999", "bpe:٤٠٩٦"])
def test_an_impossible_size_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"expected bpe: and a size from {SMALLEST} to {LARGEST}"):
        vocabulary_size(name)


def test_other_names_are_not_sizes() -> None:
    assert vocabulary_size("gpt2") is None and vocabulary_size("bpe:4096") == 4096
    assert vocabulary_size("auto") == 0 and vocabulary_size("automatic") is None


def test_more_text_has_a_larger_vocabulary() -> None:
    sizes = [fitting_size(["a" * size]) for size in (0, 200_000, 10**6 - 1, 10**6, 4 * 10**6 - 1, 4 * 10**6)]
    sizes.append(fitting_size(itertools.repeat("a" * 10**5)))  # without end
    assert sizes == [1024, 1024, 1024, 2048, 2048, 4096, 4096]
    assert all(SMALLEST <= size <= LARGEST for size in sizes)


def test_prepare_finds_the_size_by_the_text_to_train_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr("slm.prepare.fitting_size", lambda texts: sizes.append(sum(map(len, texts))) or 300)
    said: list[str] = []
    documents = DocumentsConfig(source=("samples:stories",), limit=60)
    store = prepare(documents, "auto", folder=tmp_path / "auto", message=said.append)
    assert store.tokenizer.n_vocab == 300 and "training a vocabulary of 300 tokens" in said
    assert sizes == [store.manifest["splits"]["train"]["bytes"]]
    again = prepare(documents, "auto", folder=tmp_path / "auto", message=said.append)
    assert again.manifest == store.manifest and "nothing to do" in said[-1] and len(sizes) == 1
    named = prepare(documents, "bpe:300", folder=tmp_path / "named")
    assert named.tokenizer.sha256 == store.tokenizer.sha256
    assert named.manifest["fingerprint"] != store.manifest["fingerprint"]


def test_prepare_trains_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documents = DocumentsConfig(source=("samples:stories",), limit=60)
    said: list[str] = []
    store = prepare(documents, "bpe:400", message=said.append)
    assert store.tokenizer.n_vocab == 400 and "training a vocabulary of 400 tokens" in said
    text = store.tokenizer.decode(store.train.document(0)[:-1])
    assert text in stories(60)
    said.clear()
    assert prepare(documents, "bpe:400", message=said.append).manifest == store.manifest
    assert [line for line in said if "nothing to do" in line] and "training" not in " ".join(said)
    other = prepare(documents, "bpe:300")
    assert other.folder != store.folder
    assert load_tokenizer(store.tokenizer_source).sha256 == store.tokenizer.sha256 != gpt2_tokenizer().sha256
