"""From a prompt to text: pieces and wholes are the same, and the reference engine writes what the model does."""

from __future__ import annotations

import pytest
import torch
from fake_engine import FakeEngine
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_model, tiny_tokenizer

from slm.data.tokenizer import Tokenizer
from slm.errors import ConfigError
from slm.generation.generator import GenerationConfig, Generator, Piece
from slm.generation.torch_engine import TorchEngine
from slm.model.gpt import GPT

WILD = {"temperature": 1.0, "top_k": 0}


@pytest.fixture
def generator(model: GPT, tokenizer: Tokenizer) -> Generator:
    return Generator(TorchEngine(model), tokenizer)


def writing(ids: list[int], context: int = 64) -> Generator:
    """A generator that goes on from the prompt 'x' with these ids, then with end tokens."""
    script = [*ids, *[tiny_tokenizer().eot_token] * 200]
    return Generator(FakeEngine(lambda held: script[len(held) - 1], context=context), tiny_tokenizer())


def pieces_of(pieces: list[Piece], sample: int = 0) -> list[str]:
    return [piece.text for piece in pieces if piece.sample == sample]


# Whole characters


@pytest.mark.parametrize(
    "text", ["\U0001f642", "a\U0001f642b", "\U0001f469\u200d\U0001f469\u200d\U0001f467 é語", "ไทย 한국어"]
)
def test_characters_of_many_bytes_are_never_cut(text: str):
    ids = tiny_tokenizer().encode_ordinary(text)
    assert len(ids) > len(text)  # a token a byte
    pieces = list(writing(ids).stream("x", GenerationConfig(**WILD)))
    assert "".join(pieces_of(pieces)) == text
    assert "\ufffd" not in "".join(pieces_of(pieces)) and all(len(piece.text) <= 1 for piece in pieces)
    assert pieces[-1].stop == "end" and len(pieces) == len(ids) + 1


def test_a_character_that_is_never_finished_shows_as_one_that_is_unknown():
    ids = tiny_tokenizer().encode_ordinary("a\U0001f642")
    assert writing(ids[:3]).complete("x", GenerationConfig(**WILD))[0].text == "a\ufffd"
    (completion,) = writing(ids).complete("x", GenerationConfig(max_new_tokens=3, **WILD))
    assert (completion.text, completion.stop) == ("a\ufffd", "length")


@given(ids=st.lists(st.integers(0, 268), max_size=30))
def test_the_text_is_what_the_tokenizer_decodes(ids: list[int]):
    (completion,) = writing(ids).complete("x", GenerationConfig(**WILD))
    assert completion.text == tiny_tokenizer().decode(ids)
    assert (list(completion.ids), completion.stop) == (ids, "end")


# Pieces and wholes


@pytest.mark.parametrize("samples", [1, 3, 20])
def test_pieces_are_the_whole_completion(generator: Generator, samples: int):
    config = GenerationConfig(max_new_tokens=10, seed=3, log_probabilities=2, **WILD)
    pieces = list(generator.stream("The cat", config, samples))
    seen: list[Piece] = []
    completions = generator.complete("The cat", config, samples, seen.append)
    assert len(completions) == samples and len({completion.text for completion in completions}) == samples
    assert seen == pieces
    for number, completion in enumerate(completions):
        assert "".join(pieces_of(pieces, number)) == completion.text
        assert completion.drawn == tuple(piece.drawn for piece in pieces if piece.sample == number)
        assert [piece.stop for piece in pieces if piece.sample == number] == (
            [""] * (len(pieces_of(pieces, number)) - 1) + [completion.stop]
        )


def test_nothing_stays_open_also_where_the_reader_leaves():
    generator = writing([65] * 50)
    pieces = generator.stream("x", GenerationConfig(), samples=3)
    next(pieces)
    assert len(generator.engine.held) == 3
    pieces.close()
    assert not generator.engine.held
    generator.complete("x", GenerationConfig(), samples=9)
    assert not generator.engine.held


def test_nothing_stays_open_where_the_engine_fails():
    generator = writing([65] * 50)
    pieces = generator.stream("x", GenerationConfig())
    next(pieces)
    generator.engine.extend = lambda parts: 1 / 0
    with pytest.raises(ZeroDivisionError):
        next(pieces)
    assert not generator.engine.held


# What the model itself writes


@settings(max_examples=40)
@given(length=st.integers(1, 40), new=st.integers(1, 30), seed=st.none() | st.integers(0, 9))
def test_it_writes_what_the_models_own_generate_writes(length: int, new: int, seed: int | None):
    """Past the context too."""
    model, tokenizer = tiny_model(block_size=8), tiny_tokenizer()
    ids = tokenizer.encode_ordinary("z" * length)
    temperature = 0.0 if seed is None else 1.0
    config = GenerationConfig(new, temperature, seed=seed or 0, top_k=0, continue_past_context=True)
    (completion,) = Generator(TorchEngine(model), tokenizer).complete("z" * length, config)
    expected = model.generate(torch.tensor(ids), new, temperature, seed=seed or 0)[0, length:].tolist()
    assert list(completion.ids) == expected[: len(completion.ids)]
    assert len(completion.ids) == new or expected[len(completion.ids)] == tokenizer.eot_token


def test_an_empty_prompt_begins_a_document(generator: Generator, model: GPT):
    (completion,) = generator.complete("", GenerationConfig(max_new_tokens=5, temperature=0.0))
    expected = model.generate(torch.tensor([generator.tokenizer.eot_token]), 5, temperature=0)[0, 1:].tolist()
    assert list(completion.ids) == expected[: len(completion.ids)]
    assert len(completion.ids) == 5 or completion.stop == "end"


@pytest.mark.parametrize("length", [16, 17, 100])
def test_a_prompt_that_fills_the_context_is_refused_with_the_way_on(generator: Generator, length: int):
    with pytest.raises(ConfigError, match=f"{length} tokens, the model's context 16: .*--continue-past-context"):
        generator.stream("z" * length, GenerationConfig())  # before anything is shown
    config = GenerationConfig(max_new_tokens=3, continue_past_context=True)
    assert generator.complete("z" * length, config)[0].ids


# What decides a sample


def test_a_sample_is_the_same_among_others(generator: Generator):
    config = GenerationConfig(max_new_tokens=40, seed=5, continue_past_context=True, **WILD)
    whole = generator.complete("The cat", config, samples=5)
    for samples in (1, 2, 4):
        assert generator.complete("The cat", config, samples) == whole[:samples]


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


def test_no_samples_are_refused(generator: Generator):
    with pytest.raises(ConfigError, match="samples expects a whole number from 1 up, got 0"):
        generator.stream("The", GenerationConfig(), samples=0)
