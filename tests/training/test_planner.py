"""What is chosen for a given time: shapes by prediction, within the memory, with settings that fit their size."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from slm.errors import ConfigError
from slm.model.flops import flops_per_token
from slm.model.gpt import GPT, GPTConfig
from slm.training.planner import (
    BYTES_PER_WEIGHT,
    SHAPES,
    TOKENS_PER_STEP,
    Choice,
    Speed,
    choice_of,
    choices,
    learning_rate,
    num_parameters,
    peak_memory,
    share_of_rank,
    tokens_per_step,
)
from slm.training.scaling_law import LAW

SPEED = Speed(50e9)
TEXT = {"text_bytes": 20_000_000, "text_tokens": 6_000_000, "vocabulary": 2048}


def found(seconds: float = 600.0, **values: object) -> list[Choice]:
    return choices(seconds, **TEXT | {"speed": SPEED} | values)  # type: ignore[arg-type]


def test_every_shape_is_there_and_the_best_by_prediction_first() -> None:
    made = found()
    assert sorted((c.model.n_embd, c.model.n_layer) for c in made) == sorted(SHAPES)
    bits = [choice.bits_per_byte for choice in made]
    assert bits == sorted(bits) and len(set(bits)) == len(bits)
    assert all(c.interval[0] < c.bits_per_byte < c.interval[1] and c.model.vocab_size == 2048 for c in made)


def test_every_choice_can_be_built_and_trained() -> None:
    for choice in found():
        assert choice.model.n_embd % choice.model.n_head == 0 and choice.tokens_per_step % choice.model.block_size == 0
        assert 0 < choice.learning_rate < 0.1 and choice.tokens > 0


def test_more_time_makes_better_and_larger_models() -> None:
    best = [found(seconds)[0] for seconds in (30.0, 300.0, 3000.0, 30_000.0)]
    assert all(later.bits_per_byte < earlier.bits_per_byte for earlier, later in pairwise(best))
    assert all(later.parameters >= earlier.parameters for earlier, later in pairwise(best))
    assert best[-1].parameters > best[0].parameters


def test_a_faster_machine_does_more() -> None:
    slow, fast = found(speed=Speed(1e9))[0], found(speed=Speed(1e12))[0]
    assert fast.bits_per_byte < slow.bits_per_byte and fast.parameters > slow.parameters


def test_what_was_measured_counts_and_not_what_was_guessed() -> None:
    guessed = found()
    model = guessed[3].model
    measured = {choice.model: (choice.tokens_per_second, 0.0, 0) for choice in guessed} | {model: (1e9, 0.0, 0)}
    made = found(measured=measured)
    assert made[0].model == model and made[0].tokens_per_second == 1e9
    others = {choice.model: choice for choice in guessed if choice.model != model}
    assert {choice.model: choice for choice in made[1:]} == others


def test_only_what_fits_the_memory_is_offered() -> None:
    needs = sorted(choice.memory_bytes for choice in found())
    some = found(memory_bytes=needs[3])
    assert len(some) == 4 and all(choice.memory_bytes <= needs[3] for choice in some)
    assert [choice for choice in found() if choice in some] == some  # and in the same order
    with pytest.raises(ConfigError, match=r"^--memory expects at least 0\.\d\dG for the smallest model, got 0\.19G$"):
        found(memory_bytes=200_000_000)


def test_a_text_that_is_seen_often_is_predicted_worse_than_one_as_long() -> None:
    short = found(text_bytes=200_000, text_tokens=60_000)
    assert short[0].bits_per_byte > found()[0].bits_per_byte and short[0].passes > 5
    assert found()[0].passes == pytest.approx(found()[0].tokens / 6_000_000)


def test_a_better_law_is_taken_over() -> None:
    assert found(law=replace(LAW, floor=5.0))[0].bits_per_byte > 5.0


def test_a_model_that_exists_keeps_its_shape() -> None:
    model = GPTConfig(1024, 50_257, 12, 12, 768)
    choice = choice_of(model, 200.0, 600.0, 1_000_000, 250_000)
    assert choice.model == model and choice.tokens == int(200.0 * 600.0 * 0.93)
    assert choice.tokens_per_second == 200.0


def test_settings_follow_the_size() -> None:
    steps = [tokens_per_step(tokens) for tokens in (1000, 10**5, 10**6, 10**7, 10**8, 10**10)]
    assert steps == sorted(steps) and set(steps) <= set(TOKENS_PER_STEP)
    assert (steps[0], steps[-1]) == (TOKENS_PER_STEP[0], TOKENS_PER_STEP[-1])
    by_step = [learning_rate(tokens, 256) for tokens in TOKENS_PER_STEP]
    by_width = [learning_rate(4096, width) for width, _ in SHAPES]
    assert all(later > earlier for earlier, later in pairwise(by_step))
    assert all(later <= earlier for earlier, later in pairwise(by_width)) and by_width[-1] < by_width[0]


def test_parameters_and_memory_are_those_of_the_model() -> None:
    for width, layers in ((128, 4), (384, 6)):
        model = GPTConfig(256, 2048, layers, width // 64, width)
        assert num_parameters(model) == pytest.approx(GPT(model).num_parameters(), rel=0.02)
        assert peak_memory(model, 4096) > BYTES_PER_WEIGHT * num_parameters(model)
        assert peak_memory(model, 8192) > peak_memory(model, 4096)
    assert peak_memory(GPTConfig(256, 2048, 4, 4, 256), 4096) > peak_memory(GPTConfig(256, 2048, 4, 2, 128), 4096)


def test_speed_is_of_the_models_arithmetic() -> None:
    small, large = GPTConfig(256, 2048, 4, 2, 128), GPTConfig(256, 2048, 8, 8, 512)
    assert SPEED.tokens_per_second(small) * flops_per_token(small) == pytest.approx(50e9 * SPEED.efficiency)
    assert SPEED.tokens_per_second(small) > SPEED.tokens_per_second(large)


def test_ranks_share_the_tokens_of_a_step_and_with_shards_the_weights():
    share = share_of_rank(GPTConfig(256, 4096, 6, 6, 384), 8192, ranks=4, micro_batch=4)
    assert share.micro_batch * 256 * share.accumulation * share.ranks == 8192
    assert (share.micro_batch, share.accumulation) == (4, 2)
    spared = BYTES_PER_WEIGHT * num_parameters(GPTConfig(256, 4096, 6, 6, 384)) * 3 / 4
    assert share.memory_bytes - share.sharded_memory_bytes == pytest.approx(spared, abs=4)
