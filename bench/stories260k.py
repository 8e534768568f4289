"""Karpathy's stories260K, a Llama of 260 thousand weights trained for hours on four A100s, by this project's measure.

    python bench/stories260k.py FOLDER stories_valid.jsonl.gz [--run PATH]

FOLDER holds stories260K.bin and tok512.bin (karpathy/llama2.c's formats). Bits per byte are `slm evaluate`'s: every
story alone, its end counted, windows of the block with a stride of half of it. PATH is llama2.c's compiled `run`: its
greedy text must be ours, and its tokens per second are told. Needs `pip install -e '.[export]'` (transformers).
"""

from __future__ import annotations

import argparse
import functools
import gzip
import itertools
import json
import math
import re
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from slm.evaluation.bits_per_byte import bootstrap_interval, document_losses

BOS = 1  # stands between two stories in its training text, so it is the end of one too
FIRST_BYTE = 3  # the token of byte 0


def load_model(path: Path) -> LlamaForCausalLM:
    """The weights of llama2.c's first format: seven int32, then float32 arrays, each for all layers."""
    content = path.read_bytes()
    dim, hidden, layers, heads, kv_heads, vocabulary, context = struct.unpack("7i", content[:28])
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=dim, intermediate_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads, max_position_embeddings=context,
        tie_word_embeddings=True, rms_norm_eps=1e-5,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    numbers = torch.from_numpy(np.frombuffer(content[28:], np.float32).copy())
    width = dim // heads

    def taken(*shape: int) -> torch.Tensor:
        nonlocal numbers
        part, numbers = numbers[: math.prod(shape)], numbers[math.prod(shape) :]
        return part.view(*shape)

    def halves(matrix: torch.Tensor, count: int) -> torch.Tensor:
        """llama2.c turns neighbouring channels, transformers the two halves of a head."""
        return matrix.view(count, width // 2, 2, dim).transpose(1, 2).reshape(count * width, dim)

    state = {"model.embed_tokens.weight": taken(vocabulary, dim)}
    parts = {
        "input_layernorm": (dim,), "self_attn.q_proj": (dim, dim), "self_attn.k_proj": (kv_heads * width, dim),
        "self_attn.v_proj": (kv_heads * width, dim), "self_attn.o_proj": (dim, dim),
        "post_attention_layernorm": (dim,), "mlp.gate_proj": (hidden, dim), "mlp.down_proj": (dim, hidden),
        "mlp.up_proj": (hidden, dim),
    }  # fmt: skip
    for name, shape in parts.items():
        for layer, tensor in enumerate(taken(layers, *shape)):
            if name[-6:] in ("q_proj", "k_proj"):
                tensor = halves(tensor, len(tensor) // width)
            state[f"model.layers.{layer}.{name}.weight"] = tensor
    state["model.norm.weight"] = taken(dim)
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state)
    return model


class Tokens:
    """SentencePiece's merges as llama2.c does them: the pair of the best score first; unknown characters as bytes."""

    eot_token = BOS

    def __init__(self, path: Path):
        content, self.pieces, self.scores, place = path.read_bytes(), [], [], 4
        while place < len(content):
            score, length = struct.unpack_from("fi", content, place)
            self.pieces.append(content[place + 8 : place + 8 + length])
            self.scores.append(score)
            place += 8 + length
        self.word = functools.cache(self._word)
        raw = [re.fullmatch(rb"<0x([0-9A-F]{2})>", piece) for piece in self.pieces]
        read = zip(self.pieces, raw, strict=True)
        self.pieces = [bytes([int(found[1], 16)]) if found else piece for piece, found in read]
        self.ids = {piece: number for number, piece in enumerate(self.pieces) if not raw[number]}
        self.bytes_per_token = np.array([len(piece) for piece in self.pieces])

    def encode(self, text: str) -> np.ndarray:
        """No piece has a space but at its beginning, so that words can be worked on alone."""
        return np.array([number for word in re.findall(" [^ ]*", " " + text) for number in self.word(word)])

    def _word(self, word: str) -> list[int]:
        ids: list[int] = []
        for character in word:
            piece = character.encode()
            ids += [self.ids[piece]] if piece in self.ids else [byte + FIRST_BYTE for byte in piece]
        while True:
            pairs = [self.ids.get(self.pieces[a] + self.pieces[b]) for a, b in itertools.pairwise(ids)]
            best = max((pair for pair in pairs if pair), key=lambda pair: self.scores[pair], default=None)
            if best is None:
                return ids
            place = pairs.index(best)
            ids[place : place + 2] = [best]

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.pieces[number] for number in ids).decode(errors="replace").removeprefix(" ")


class Scored:
    """`slm.evaluation.bits_per_byte.Scored`, of a Llama."""

    def __init__(self, model: LlamaForCausalLM):
        self.model, self.context = model, model.config.max_position_embeddings

    def logits(self, ids: list[int]) -> np.ndarray:
        return self.model(torch.tensor([ids])).logits[0].numpy()


def bits_per_byte(model: LlamaForCausalLM, tokens: Tokens, path: Path) -> str:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    ids = [np.append(tokens.encode(text), BOS) for text in texts]
    split = SimpleNamespace(documents=len(ids), document=ids.__getitem__, prompt_lengths=None)
    losses = document_losses(Scored(model), split, tokens, np.arange(len(ids)))
    bits, size = losses.nats / math.log(2), np.array([len(text.encode()) for text in texts])
    low, high = bootstrap_interval(bits, size, seed=0)
    return f"{bits.sum() / size.sum():.4f} bits per byte [{low:.4f}, {high:.4f}], {len(texts)} stories"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("stories", type=Path)
    parser.add_argument("--run", help="llama2.c's program")
    arguments = parser.parse_args()
    weights, pieces = arguments.folder / "stories260K.bin", arguments.folder / "tok512.bin"
    model, tokens = load_model(weights), Tokens(pieces)
    begin = torch.tensor([[BOS]])
    greedy = model.generate(begin, max_new_tokens=200, do_sample=False, eos_token_id=BOS, pad_token_id=0)
    text = tokens.decode([number for number in greedy[0].tolist() if number != BOS])
    print(text)
    if arguments.run:
        command = [arguments.run, str(weights), "-z", str(pieces), "-t", "0", "-n", "200"]
        rates = []
        for _ in range(5):
            theirs = subprocess.run(command, capture_output=True, text=True, check=True)
            rates.append(float(re.search(r"tok/s: ([\d.]+)", theirs.stderr)[1]))
        same = theirs.stdout.rstrip("\n") == text
        print(f"llama2.c: {'the same text' if same else 'another text'}, {max(rates):,.0f} tokens/s, the best of 5")
    print(bits_per_byte(model, tokens, arguments.stories))


if __name__ == "__main__":
    main()
