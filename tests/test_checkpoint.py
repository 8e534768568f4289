"""The model folder: that transformers reads ours and we read theirs, and that nothing damaged or dangerous loads."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_definition, tiny_model, tiny_tokenizer

from slm.checkpoint import TrainingState, load_model, load_state, save_best_params, save_model, sha256_of
from slm.data.prompt_format import PromptFormat
from slm.data.tokenizer import END_OF_TEXT, Tokenizer
from slm.errors import ModelError
from slm.model.gpt import GPT
from slm.model.hf_names import config_to_hf, tensors_to_hf

IDS = torch.randint(269, (3, 16), generator=torch.Generator().manual_seed(0))
QUESTION = "What is a cold?"


@pytest.fixture(scope="session")
def transformers() -> Any:
    return pytest.importorskip("transformers", reason="the package transformers comes with the extra 'dev'")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that slm wrote."""
    save_model(tmp_path / "model", tiny_model(), tiny_tokenizer(), PromptFormat(), {"step": 7})
    return tmp_path / "model"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder that slm did not write: without slm.json, so without hashes."""
    return write_foreign(tmp_path / "foreign", tiny_model())


def write_foreign(path: Path, model: GPT) -> Path:
    path.mkdir()
    safetensors.torch.save_file(tensors_to_hf(model), path / "model.safetensors")
    (path / "config.json").write_text(json.dumps(config_to_hf(model.config, 269)))
    (path / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    return path


def assert_same_weights(model: GPT, other: GPT) -> None:
    assert model.config == other.config
    for (name, tensor), (its_name, its) in zip(model.state_dict().items(), other.state_dict().items(), strict=True):
        assert name == its_name and torch.equal(tensor, its), name


# Ours, back again


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("prompt_format", [None, PromptFormat(), PromptFormat(reasoning=True)])
def test_what_is_saved_is_loaded(tmp_path: Path, bias: bool, prompt_format: PromptFormat | None):
    model = tiny_model(bias=bias, dropout=0.1)
    save_model(tmp_path / "model", model, tiny_tokenizer(), prompt_format, {"step": 7, "recipe": "quick"})
    loaded = load_model(tmp_path / "model")
    assert_same_weights(loaded.model, model)
    assert loaded.tokenizer.sha256 == tiny_tokenizer().sha256
    assert loaded.prompt_format == prompt_format
    assert (loaded.record["step"], loaded.record["recipe"]) == (7, "quick")
    assert loaded.sha256 == sha256_of(tmp_path / "model" / "model.safetensors")
    assert not loaded.model.training and all(parameter.requires_grad for parameter in loaded.model.parameters())


def test_its_files(folder: Path):
    names = ["chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "slm.json",
             "tokenizer.json", "tokenizer_config.json"]  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == names
    hashes = json.loads((folder / "slm.json").read_text())["sha256"]
    assert hashes == {name: sha256_of(folder / name) for name in names if name != "slm.json"}


def test_training_state_comes_back(tmp_path: Path):
    state = TrainingState({"wte.exp_avg": torch.randn(3, 4)}, {"step": 12, "best": 1.25})
    save_model(tmp_path / "last", tiny_model(), tiny_tokenizer(), state=state)
    load_model(tmp_path / "last")
    loaded = load_state(tmp_path / "last")
    assert loaded.values == state.values
    assert loaded.tensors.keys() == state.tensors.keys()
    assert torch.equal(loaded.tensors["wte.exp_avg"], state.tensors["wte.exp_avg"])


def test_only_a_folder_with_state_can_be_gone_on_from(folder: Path):
    with pytest.raises(ModelError, match="expected a checkpoint with state/"):
        load_state(folder)


def test_saving_again_replaces_the_whole_folder(folder: Path):
    (folder / "left.over").write_text("from before")
    save_model(folder, tiny_model(seed=1), tiny_tokenizer())
    assert_same_weights(load_model(folder).model, tiny_model(seed=1))
    assert load_model(folder).prompt_format is None
    assert not (folder / "left.over").exists() and [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("failing", ["safetensors.torch.save_file", "pathlib.Path.write_text", "os.rename"])
def test_a_save_that_fails_leaves_the_old_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str):
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(failing, full)
        with pytest.raises(OSError, match="No space left"):
            save_model(folder, tiny_model(seed=1), tiny_tokenizer())
    assert_same_weights(load_model(folder).model, tiny_model())


def test_a_model_whose_weights_are_loaded_can_be_saved_over_them(folder: Path):
    """The weights may be mapped from the very file that is replaced."""
    loaded = load_model(folder)
    with torch.no_grad():
        loaded.model.transformer.ln_f.weight += 1
        expected = {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}
    save_model(folder, loaded.model, loaded.tokenizer)
    state = load_model(folder).model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())


def test_best_model_params_are_a_plain_state_dict(tmp_path: Path):
    model = tiny_model(bias=False)
    save_best_params(tmp_path / "best_model_params.pt", model)
    state = torch.load(tmp_path / "best_model_params.pt", weights_only=True)
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in state.items())
    again = GPT(model.config)
    again.load_state_dict(state)
    assert_same_weights(again, model)


# transformers reads ours


@pytest.mark.parametrize("bias", [True, False])
def test_transformers_computes_the_same_with_our_folder(tmp_path: Path, transformers: Any, bias: bool):
    model = tiny_model(bias=bias)
    save_model(tmp_path / "model", model, tiny_tokenizer())
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model").eval()
    with torch.no_grad():
        torch.testing.assert_close(theirs(IDS).logits, model(IDS), atol=1e-4, rtol=0)
        greedy = theirs.generate(IDS[:1, :5], max_new_tokens=8, do_sample=False)[0, 5:].tolist()
    ours = model.generate(IDS[:1, :5], 8, temperature=0)[0, 5:].tolist()
    assert greedy == ours[: len(greedy)] and greedy


TEXTS = (
    "", "Once upon a time", f"a {END_OF_TEXT} b", f"{END_OF_TEXT}{END_OF_TEXT}", "  two  spaces \n", "don't , . !",
    "café \U0001f642", "### Question:\nx\n### Response:\n",
)  # fmt: skip


@pytest.mark.parametrize("name", ["gpt2", "tiny"])
def test_autotokenizer_gives_our_ids(tmp_path: Path, transformers: Any, gpt2: Tokenizer, name: str):
    ours = gpt2 if name == "gpt2" else tiny_tokenizer()
    save_model(tmp_path / "model", tiny_model(vocab_size=ours.n_vocab), ours)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in TEXTS:
        ids = ours.encode_ordinary(text)
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == text
        assert ours.eot_token not in ids
    assert theirs.eos_token_id == theirs.bos_token_id == ours.eot_token
    assert theirs.model_max_length == 16


@pytest.mark.parametrize("reasoning", [False, True])
def test_the_chat_template_is_our_prompt(tmp_path: Path, transformers: Any, reasoning: bool):
    prompt_format = PromptFormat(reasoning)
    save_model(tmp_path / "model", tiny_model(), tiny_tokenizer(), prompt_format)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")

    @given(question=st.text(min_size=1).filter(str.strip) | st.just('  What\'s "this" {{ x }}\\n?\n'))
    def as_ours(question: str) -> None:
        messages = [{"role": "user", "content": question}]
        prompt = theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert prompt == prompt_format.prompt(question)

    as_ours()
    messages = [{"role": "user", "content": QUESTION}]
    ids = theirs.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert ids == tiny_tokenizer().encode_ordinary(prompt_format.prompt(QUESTION))


# We read theirs


def test_we_compute_the_same_with_their_folder(tmp_path: Path, transformers: Any):
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=270, n_positions=16, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3,
        bos_token_id=269, eos_token_id=269,
    )  # fmt: skip
    theirs = transformers.GPT2LMHeadModel(config).eval()
    theirs.save_pretrained(tmp_path / "model")
    (tmp_path / "model" / "tokenizer.json").write_text(json.dumps(tiny_definition()))
    loaded = load_model(tmp_path / "model")
    with torch.no_grad():
        logits = theirs(IDS).logits
        assert logits.std() > 0.5
        torch.testing.assert_close(loaded.model(IDS), logits, atol=1e-4, rtol=0)
    assert (loaded.record, loaded.prompt_format) == ({}, None)
    assert loaded.sha256 == sha256_of(tmp_path / "model" / "model.safetensors")


def test_a_folder_without_prefix_and_with_old_masks_loads(foreign: Path):
    tensors = {name.removeprefix("transformer."): tensor for name, tensor in tensors_to_hf(tiny_model()).items()}
    tensors |= {f"h.{layer}.attn.bias": torch.ones(1, 1, 16, 16) for layer in range(2)}
    safetensors.torch.save_file(tensors, foreign / "model.safetensors")
    assert_same_weights(load_model(foreign).model, tiny_model())


def test_the_published_gpt2_has_a_vocabulary_in_another_file(tmp_path: Path, gpt2: Tokenizer):
    path = write_foreign(tmp_path / "model", tiny_model(vocab_size=50_257))
    (path / "tokenizer.json").unlink()
    (path / "vocab.json").write_text(json.dumps(gpt2.definition["model"]["vocab"]))
    assert load_model(path).tokenizer is gpt2


# Refused


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", [
    "model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
    "chat_template.jinja",
])  # fmt: skip
@pytest.mark.parametrize(("damage", "message"), [
    (flip, "its SHA-256 differs from slm.json"),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), "its SHA-256 differs"),
    (Path.unlink, "missing; the folder is not whole"),
])  # fmt: skip
def test_a_changed_file_is_refused(folder: Path, name: str, damage: Callable[[Path], Any], message: str):
    damage(folder / name)
    with pytest.raises(ModelError, match=f"{name}: {message}"):
        load_model(folder)


@pytest.mark.parametrize("content", [
    "", "{", "[]", "null", "{}", '{"sha256": 3}', '{"sha256": {}}', '{"sha256": {"model.safetensors": null}}',
    "\x00\x01",
])  # fmt: skip
def test_a_damaged_record_is_refused(folder: Path, content: str):
    (folder / "slm.json").write_text(content)
    with pytest.raises(ModelError, match=r"slm\.json|model\.safetensors"):
        load_model(folder)


def test_an_unknown_prompt_format_is_refused(folder: Path):
    record = json.loads((folder / "slm.json").read_text())
    (folder / "slm.json").write_text(json.dumps(record | {"prompt_format": {"colour": "red"}}))
    with pytest.raises(ModelError, match=r"slm\.json.*colour"):
        load_model(folder)


def header(size: int, text: bytes = b"{}") -> bytes:
    return size.to_bytes(8, "little") + text


ONE_TENSOR = b'{"wte.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,%d]}}'


@pytest.mark.parametrize("content", [
    b"", b"\x00", b"not a safetensors file", header(2**62), header(100_000_001) + b" " * 1000, header(2**63 + 5),
    header(50), header(2), header(6, b"[1, 2]"),
    header(len(ONE_TENSOR % 8), ONE_TENSOR % 8) + b"\0" * 4, header(len(ONE_TENSOR % 80), ONE_TENSOR % 80) + b"\0" * 80,
])  # fmt: skip
def test_a_file_that_is_not_safetensors_is_refused(foreign: Path, content: bytes):
    (foreign / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load_model(foreign)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.9999])
def test_torn_weights_are_refused_without_hashes_too(foreign: Path, share: float):
    content = (foreign / "model.safetensors").read_bytes()
    (foreign / "model.safetensors").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match=r"model\.safetensors: not a whole safetensors file"):
        load_model(foreign)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"model_type"', "\ud7ff" * 3])
def test_torn_text_files_are_refused_without_hashes_too(foreign: Path, name: str, content: str):
    (foreign / name).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=name):
        load_model(foreign)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(foreign: Path, name: str):
    (foreign / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: expected"):
        load_model(foreign)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    for path in (tmp_path / "nothing", tmp_path / "file"):
        (tmp_path / "file").write_text("text")
        with pytest.raises(ModelError, match=f"{path}: expected a model folder"):
            load_model(path)


class Bomb:
    """An object whose pickle runs code when it is loaded: here it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_the_bomb_of_the_next_test_is_one(tmp_path: Path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "marker")))
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "checkpoint.pth", "last.ckpt"])
def test_pickles_are_refused_and_never_read(foreign: Path, tmp_path: Path, name: str):
    (foreign / "model.safetensors").unlink()
    with open(foreign / name, "wb") as file:
        torch.save({"wte.weight": Bomb(tmp_path / "marker")}, file)
    with pytest.raises(ModelError, match=f"{name} is a pickle, which can run code"):
        load_model(foreign)
    shutil.copy(foreign / name, foreign / "model.safetensors")  # under a false name
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        load_model(foreign)
    assert not (tmp_path / "marker").exists()


def test_code_beside_the_weights_is_not_run(foreign: Path, tmp_path: Path):
    values = json.loads((foreign / "config.json").read_text())
    (foreign / "config.json").write_text(json.dumps(values | {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}))
    (foreign / "evil.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w')")
    assert_same_weights(load_model(foreign).model, tiny_model())
    assert not (tmp_path / "marker").exists()


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(tmp_path: Path):
    path = write_foreign(tmp_path / "model", tiny_model(vocab_size=200))
    with pytest.raises(ModelError, match="its tokenizer has 270 tokens, the model 200"):
        load_model(path)
