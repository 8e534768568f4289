"""Text as it comes: whole characters, the two reasons to stop, and samples that do not depend on one another."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_model, tiny_tokenizer

from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError
from slm.generation import generator as generator_module
from slm.generation.generator import GenerationConfig, Generator, Piece
from slm.model.gpt import GPT
from slm.model.sampling import Sampling

WILD = {"temperature": 1.0, "top_k": 0}


@pytest.fixture
def generator(model: GPT, tokenizer: Tokenizer) -> Generator:
    return Generator(model, tokenizer)


def rig(patch: pytest.MonkeyPatch, *rows: list[int]) -> None:
    """Have row n of the samples draw the tokens of rows[n], then end tokens."""
    step = iter(range(10**6))

    def next_tokens(logits: torch.Tensor, sampling: Sampling, generators: list) -> torch.Tensor:
        place = next(step)
        return torch.tensor([row[place] if place < len(row) else tiny_tokenizer().eot_token for row in rows])

    patch.setattr(generator_module, "sample", next_tokens)


def pieces_of(pieces: list[Piece], sample: int = 0) -> list[str]:
    return [piece.text for piece in pieces if piece.sample == sample]


# Whole characters


@pytest.mark.parametrize(
    "text", ["\U0001f642", "a\U0001f642b", "\U0001f469\u200d\U0001f469\u200d\U0001f467 é語", "ไทย 한국어"]
)
def test_characters_of_many_bytes_are_never_cut(generator: Generator, monkeypatch: pytest.MonkeyPatch, text: str):
    ids = generator.tokenizer.encode_ordinary(text)
    assert len(ids) > len(text)  # a token a byte
    rig(monkeypatch, ids)
    generator.model = tiny_model(block_size=64)
    pieces = list(generator.stream("x", GenerationConfig(**WILD)))
    assert "".join(pieces_of(pieces)) == text
    assert "\ufffd" not in "".join(pieces_of(pieces)) and all(len(piece.text) <= 1 for piece in pieces)
    assert pieces[-1].stop == "end" and len(pieces) == len(ids) + 1


def test_a_character_that_is_never_finished_shows_as_one_that_is_unknown(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
):
    ids = generator.tokenizer.encode_ordinary("a\U0001f642")
    rig(monkeypatch, ids[:3])
    assert generator.complete("x", GenerationConfig(**WILD))[0].text == "a\ufffd"
    rig(monkeypatch, ids[:3])
    (completion,) = generator.complete("x", GenerationConfig(max_new_tokens=3, **WILD))
    assert (completion.text, completion.stop) == ("a\ufffd", "length")


@given(ids=st.lists(st.integers(0, 268), max_size=30))
def test_the_text_is_what_the_tokenizer_decodes(ids: list[int]):
    tokenizer = tiny_tokenizer()
    with pytest.MonkeyPatch.context() as patch:
        rig(patch, ids)
        generator = Generator(tiny_model(block_size=64), tokenizer)
        (completion,) = generator.complete("x", GenerationConfig(**WILD))
    assert completion.text == tokenizer.decode(ids)
    assert (list(completion.ids), completion.stop) == (ids, "end")


@pytest.mark.parametrize("samples", [1, 3])
def test_pieces_are_the_whole_completion(generator: Generator, samples: int):
    config = GenerationConfig(max_new_tokens=10, seed=3, **WILD)
    pieces = list(generator.stream("The cat", config, samples))
    completions = generator.complete("The cat", config, samples)
    assert len(completions) == samples and len({completion.text for completion in completions}) == samples
    for number, completion in enumerate(completions):
        assert "".join(pieces_of(pieces, number)) == completion.text
        assert [piece.stop for piece in pieces if piece.sample == number] == (
            [""] * (len(pieces_of(pieces, number)) - 1) + [completion.stop]
        )


# The reasons to stop


def test_it_stops_at_the_end_token(generator: Generator, monkeypatch: pytest.MonkeyPatch):
    rig(monkeypatch, generator.tokenizer.encode_ordinary("ab"))
    (completion,) = generator.complete("x", GenerationConfig(max_new_tokens=100, continue_past_context=True))
    assert (completion.text, completion.stop) == ("ab", "end")
    assert generator.tokenizer.eot_token not in completion.ids


def test_each_sample_stops_where_it_ends(generator: Generator, monkeypatch: pytest.MonkeyPatch):
    encode = generator.tokenizer.encode_ordinary
    rig(monkeypatch, encode("a"), encode("xyz"), [], encode("zzzzzzzzzzzz"))
    pieces = list(generator.stream("x", GenerationConfig(max_new_tokens=6), samples=4))
    assert ["".join(pieces_of(pieces, n)) for n in range(4)] == ["a", "xyz", "", "zzzzzz"]
    stops = [[piece.stop for piece in pieces if piece.sample == n] for n in range(4)]
    assert stops == [["", "end"], ["", "", "", "end"], ["end"], ["", "", "", "", "", "length"]]


def test_it_stops_after_max_new_tokens(generator: Generator, monkeypatch: pytest.MonkeyPatch):
    rig(monkeypatch, [65] * 50)
    (completion,) = generator.complete("x", GenerationConfig(max_new_tokens=5))
    assert (len(completion.ids), completion.stop) == (5, "length")


@pytest.mark.parametrize("prompt", ["x", "The cat sat", "aaaaaaaaaaaaaaa"])
def test_at_the_end_of_the_context_it_stops_and_says_length(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, prompt: str
):
    rig(monkeypatch, [65] * 100)
    (completion,) = generator.complete(prompt, GenerationConfig(max_new_tokens=100))
    # 16 positions: the last token that is drawn need not be looked at any more
    assert len(generator.tokenizer.encode_ordinary(prompt)) + len(completion.ids) == 17
    assert completion.stop == "length"


def test_or_goes_on_from_the_last_half_block(generator: Generator, monkeypatch: pytest.MonkeyPatch):
    rig(monkeypatch, [65] * 100)
    config = GenerationConfig(max_new_tokens=100, continue_past_context=True)
    (completion,) = generator.complete("x", config)
    assert (len(completion.ids), completion.stop) == (100, "length")


@given(length=st.integers(1, 40), new=st.integers(1, 30))
def test_going_on_writes_what_generate_writes(length: int, new: int):
    model, tokenizer = tiny_model(block_size=8), tiny_tokenizer()
    ids = tokenizer.encode_ordinary("z" * length)
    config = GenerationConfig(max_new_tokens=new, temperature=0.0, continue_past_context=True)
    (completion,) = Generator(model, tokenizer).complete("z" * length, config)
    expected = model.generate(torch.tensor(ids), new, temperature=0)[0, length:].tolist()
    assert list(completion.ids) == expected[: len(completion.ids)]
    assert len(completion.ids) == new or expected[len(completion.ids)] == tokenizer.eot_token


@pytest.mark.parametrize("length", [16, 17, 100])
def test_a_prompt_that_fills_the_context_is_refused_with_the_way_on(generator: Generator, length: int):
    with pytest.raises(ConfigError, match=f"{length} tokens, the model's context 16: .*--continue-past-context"):
        next(generator.stream("z" * length, GenerationConfig()))
    config = GenerationConfig(max_new_tokens=3, continue_past_context=True)
    assert generator.complete("z" * length, config)[0].ids


# What decides a sample


def test_an_empty_prompt_begins_a_document(generator: Generator):
    config = GenerationConfig(max_new_tokens=5, temperature=0.0)
    (completion,) = generator.complete("", config)
    expected = generator.model.generate(torch.tensor([generator.tokenizer.eot_token]), 5, temperature=0)[0, 1:].tolist()
    assert list(completion.ids) == expected[: len(completion.ids)]
    assert len(completion.ids) == 5 or completion.stop == "end"


def test_a_sample_is_the_same_among_others(generator: Generator):
    config = GenerationConfig(max_new_tokens=8, seed=5, **WILD)
    whole = generator.complete("The cat", config, samples=5)
    for samples in (1, 2, 4):
        assert generator.complete("The cat", config, samples) == whole[:samples]


def test_samples_with_several_contexts_are_the_same_among_others(generator: Generator):
    config = GenerationConfig(max_new_tokens=40, seed=6, continue_past_context=True, **WILD)
    assert generator.complete("The", config, samples=1) == generator.complete("The", config, samples=3)[:1]


def test_the_seed_decides(generator: Generator):
    texts = [generator.complete("The", GenerationConfig(max_new_tokens=8, seed=seed, **WILD))[0] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_temperature_zero_is_greedy_for_every_sample(generator: Generator):
    config = GenerationConfig(max_new_tokens=8, temperature=0.0)
    assert len(set(generator.complete("The cat", config, samples=3))) == 1


def test_it_leaves_torchs_random_state_alone(generator: Generator):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    generator.complete("The", GenerationConfig(max_new_tokens=5))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("values", [
    {"max_new_tokens": 0}, {"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 2.0},
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(values: dict):
    with pytest.raises(ConfigError, match=next(iter(values))):
        GenerationConfig(**values)


def test_no_samples_are_refused(generator: Generator):
    with pytest.raises(ConfigError, match="samples expects a whole number from 1 up, got 0"):
        next(generator.stream("The", GenerationConfig(), samples=0))
