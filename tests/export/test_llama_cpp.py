"""llama.cpp reads what is exported: the ids, the logits and the prompts are ours; whatever happens to it, we go on."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damaged
from export.loaded import SHAPES, exported, loaded
from export.test_gguf import rounded
from tiny import TEXTS, tiny_tokenizer, write_store

from slm.checkpoint import LoadedModel
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import Tokenizer
from slm.data.tokenizer_training import train_bpe
from slm.errors import ConfigError, DataError, MissingExtra, ModelError
from slm.evaluation.bits_per_byte import evaluate
from slm.export import llama_cpp
from slm.export.gguf import write_gguf
from slm.export.gguf_structure import check_gguf
from slm.export.hard_strings import hard_strings
from slm.export.llama_cpp import LlamaCpp
from slm.generation.torch_engine import TorchEngine
from slm.model.sampling import log_probabilities

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("gguf", "xllamacpp")), reason="the extra export is missing"
)
IDS = list(range(5, 65))


def logits(model: LoadedModel, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model.model(torch.tensor([ids]))[0].numpy()


# What it computes


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_and_the_likeliest_tokens_are_ours(tmp_path: Path, shape: str):
    model, path = exported(tmp_path, 32, **SHAPES[shape])
    with LlamaCpp(path, threads=1) as engine:
        assert (engine.tokens, engine.context) == (model.tokenizer.n_vocab, 64)
        assert engine.name.startswith("llama.cpp (xllamacpp 20") and engine.name.endswith("1 thread")
        found = engine.logits(IDS)
        assert found.dtype == np.float32 and found.shape == (60, engine.tokens)
        assert np.abs(found - logits(model, IDS)).max() < 1e-3
        assert np.abs(engine.log_probabilities(IDS) - log_probabilities(logits(model, IDS))).max() < 1e-3
        ours = model.model.generate(torch.tensor(IDS[:5]), 20, temperature=0)[0, 5:].tolist()
        assert engine.greedy(IDS[:5], 20) == ours
        assert engine.greedy(IDS[:5], 0) == []
        assert np.array_equal(engine.logits(IDS), found)  # nothing stays of what was asked before


def test_what_differs_is_its_gelu_of_16_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """ggml looks GPT-2's activation up in a table of 16-bit numbers; all else is computed as it is here."""
    model, path = exported(tmp_path, 32)
    gelu = torch.nn.functional.gelu
    with LlamaCpp(path, threads=1) as engine:
        exact = np.abs(engine.logits(IDS) - logits(model, IDS)).max()
        monkeypatch.setattr(torch.nn.functional, "gelu", lambda x, **how: gelu(x.half().float(), **how).half().float())
        assert np.abs(engine.logits(IDS) - logits(model, IDS)).max() < exact / 2


@pytest.mark.parametrize("shape", ["gpt2", "qwen3"])
@pytest.mark.parametrize("bits, most", [(16, 0.02), (8, 0.1), (4, 0.1)])
def test_fewer_bits_are_computed_as_our_rounded_weights_are(tmp_path: Path, shape: str, bits: int, most: float):
    """With 8 and 4 bits llama.cpp rounds activations to 8 bits too."""
    model, path = exported(tmp_path, bits, **SHAPES[shape])
    model = LoadedModel(rounded(model.model, bits), model.tokenizer, None, model.folder, model.sha256)
    with LlamaCpp(path, threads=1) as engine:
        assert np.abs(engine.logits(IDS) - logits(model, IDS)).max() < most


def test_texts_longer_than_what_is_computed_at_once(tmp_path: Path):
    model, path = exported(tmp_path, 32, n_embd=32, block_size=600)
    ids = [n % model.tokenizer.n_vocab for n in range(600)]
    with LlamaCpp(path, threads=1) as engine:
        assert np.abs(engine.logits(ids) - logits(model, ids)).max() < 1e-3
        assert engine.greedy(ids[:598], 3) == engine.greedy(ids[:598], 2) + engine.greedy(ids[:598], 3)[2:]


def test_bits_per_byte_are_ours(tmp_path: Path):
    model, path = exported(tmp_path, 32, block_size=16)
    split = write_store(tmp_path / "store").validation
    ours = evaluate(TorchEngine(model.model), split, model.tokenizer)
    with LlamaCpp(path, threads=1) as engine:
        theirs = evaluate(engine, split, model.tokenizer)
    assert math.isclose(ours.bits_per_byte, theirs.bits_per_byte, rel_tol=1e-4)


# Ids


def same_ids(folder: Path, tokenizer: Tokenizer, texts: list[str]) -> None:
    write_gguf(loaded(tokenizer, n_embd=32, n_layer=1), folder / "model.gguf", 8)
    with LlamaCpp(folder / "model.gguf", threads=1) as engine:
        found = engine.encode(texts)
    ours = [ids.tolist() for ids in tokenizer.encode_batch(texts)]
    wrong = [text for text, theirs, expected in zip(texts, found, ours, strict=True) if theirs != expected]
    assert not wrong, f"{len(wrong)} of {len(texts)} differ, such as {wrong[0]!r}"


def test_ids_of_gpt2s_vocabulary_are_the_same(tmp_path: Path, gpt2: Tokenizer):
    same_ids(tmp_path, gpt2, hard_strings(10_000))


def test_ids_of_a_vocabulary_trained_here_are_the_same(tmp_path: Path):
    same_ids(tmp_path, train_bpe([*TEXTS, *hard_strings(500, seed=1)], 1000), hard_strings(10_000))


@pytest.mark.slow
def test_ids_of_every_character_are_the_same(tmp_path: Path, gpt2: Tokenizer):
    characters = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    texts = [f"a{character}1 {character}{character}! {character}" for character in characters]
    same_ids(tmp_path, gpt2, texts[: len(texts) // 2])
    same_ids(tmp_path, gpt2, texts[len(texts) // 2 :])


def test_what_looks_like_a_special_token_is_text(tmp_path: Path):
    model, path = exported(tmp_path)
    with LlamaCpp(path, threads=1) as engine:
        (ids,) = engine.encode(["<|endoftext|>"])
        assert ids == model.tokenizer.encode_ordinary("<|endoftext|>") and model.tokenizer.eot_token not in ids
        assert engine.encode([]) == [] and engine.encode([""]) == [[]]
        with pytest.raises(DataError, match="lone surrogate"):
            engine.encode(["\ud800"])


ASKS = """
import json, sys, urllib.request, xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path, settings.n_ctx, settings.cpuparams.n_threads = sys.argv[1], 64, 1
server = xllamacpp.Server(settings)
messages = json.dumps({"messages": [{"role": "user", "content": sys.argv[2]}]}).encode()
with urllib.request.urlopen(server.listening_address + "/apply-template", messages) as reply:
    print("ANSWER", reply.read().decode())
"""


@pytest.mark.parametrize("prompt_format", [PromptFormat(), PromptFormat(reasoning=True)])
def test_its_server_asks_as_we_do(tmp_path: Path, prompt_format: PromptFormat):
    _, path = exported(tmp_path, prompt_format=prompt_format)
    question = "  What's a \"cold\"?\nIs it bad? "
    run = subprocess.run([sys.executable, "-c", ASKS, str(path), question], capture_output=True, text=True, timeout=60)
    (answer,) = [line for line in run.stdout.splitlines() if line.startswith("ANSWER")] or [run.stderr]
    assert json.loads(answer.removeprefix("ANSWER"))["prompt"] == prompt_format.prompt(question)


# What it refuses


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCpp]:
    _, path = exported(tmp_path_factory.mktemp("small"), 8)
    with LlamaCpp(path, threads=1) as engine:
        yield engine


def test_what_cannot_be_asked_is_said_before(small: LlamaCpp):
    for ids, new in (([], 0), ([1] * 65, 0), ([1] * 60, 6)):
        with pytest.raises(ConfigError, match="expected 1 to 64 tokens"):
            small.greedy(ids, new)
    assert len(small.greedy([1] * 60, 5)) == 5
    for wrong in (-1, tiny_tokenizer().n_vocab):
        with pytest.raises(DataError, match=f"token ids from 0 to {small.tokens - 1}, got {wrong}"):
            small.logits([1, wrong, 2])
    assert small.logits([1]).shape == (1, small.tokens)  # and it goes on


def test_other_files_and_none_are_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="expected a GGUF file, found none"):
        LlamaCpp(tmp_path / "nothing")
    (tmp_path / "text").write_text("Once upon a time")
    with pytest.raises(ModelError, match=r"text: llama.cpp cannot use it \(.*magic.*\); export the model again"):
        LlamaCpp(tmp_path / "text")


def test_a_context_that_no_memory_holds_is_refused(tmp_path: Path):
    _, path = exported(tmp_path, 8, architecture="qwen3", block_size=77)
    path.write_bytes(path.read_bytes().replace((77).to_bytes(4, "little"), (1 << 30).to_bytes(4, "little"), 1))
    assert check_gguf(path).values["qwen3.context_length"] == 1 << 30
    with pytest.raises(ModelError, match="a context of 1073741824 tokens, for which there is no room"):
        LlamaCpp(path)


def test_without_the_package_the_command_that_installs_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtra, match=r"pip install 'slm-toolkit\[export\]'"):
        LlamaCpp(tmp_path / "model.gguf")


# What happens to it


def run_instead(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> Path:
    (folder / "child.py").write_text(code)
    monkeypatch.setattr(llama_cpp, "CHILD", folder / "child.py")
    (folder / "model.gguf").touch()
    return folder / "model.gguf"


@pytest.mark.parametrize("code, message", [
    ("import os; os.abort()", r"ended with status .*\(it said nothing\)"),
    ("import sys; sys.exit('GGML_ASSERT(false) failed')", r"ended with status 1 \(GGML_ASSERT\(false\) failed\)"),
    ("print('{\"bytes\": 10}\\nhalf')", "ended with status"),
    ("print('{\"bytes\": ', flush=True)", "ended with status"),
    ("print(7)", "ended with status"),
    ("import time; time.sleep(60)", "expected llama.cpp's answer within 0.5 s, got none"),
])  # fmt: skip
def test_death_and_silence_are_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
):
    path = run_instead(monkeypatch, tmp_path, code)
    started = time.monotonic()
    with pytest.raises(ModelError, match=message) as caught:
        LlamaCpp(path, timeout=0.5 if "sleep" in code else 30)
    assert "\n" not in str(caught.value) and time.monotonic() - started < 20


@pytest.mark.skipif(os.name != "posix", reason="stops processes by POSIX signals")
def test_a_process_that_dies_or_stops_later_is_told_too(tmp_path: Path):
    _, path = exported(tmp_path, 8)
    for number, message in ((signal.SIGKILL, "ended with status -9"), (signal.SIGSTOP, "within 1 s, got none")):
        with LlamaCpp(path, threads=1, timeout=30) as engine:
            engine._timeout = 1.0
            os.kill(engine._process.pid, number)
            with pytest.raises(ModelError, match=message):
                engine.logits([1, 2])
            with pytest.raises(ModelError, match="was closed; open the file again"):
                engine.logits([1, 2])


def test_who_is_interrupted_gets_no_late_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _, path = exported(tmp_path, 8)
    engine = LlamaCpp(path, threads=1)

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_reply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.encode(["a"])
    assert engine._process.poll() is not None
    with pytest.raises(ModelError, match="closed"):
        engine.encode(["a"])
    engine.close()  # twice does no harm


# Damaged files


def load_damaged(folder: Path, seeds: range) -> None:
    for shape in ("gpt2", "qwen3"):
        _, whole = exported(folder, 8, architecture=shape)
        content, start = whole.read_bytes(), min(place.start for place in check_gguf(whole).tensors.values())
        for seed in seeds:
            whole.write_bytes(damaged(content, seed, start))
            started = time.monotonic()
            try:
                with LlamaCpp(whole, threads=1, timeout=5) as engine:
                    engine.encode(TEXTS)
                    engine.logits([0])
            except ModelError as error:
                assert "\n" not in str(error) and "got none" not in str(error), f"{shape}, seed {seed}: {error}"
            assert time.monotonic() - started < 5, f"{shape}, seed {seed}"


def test_damaged_files_are_loaded_or_refused(tmp_path: Path):
    load_damaged(tmp_path, range(10))


@pytest.mark.slow
def test_many_damaged_files_are_loaded_or_refused(tmp_path: Path):
    load_damaged(tmp_path, range(1000, 1500))
