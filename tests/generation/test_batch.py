"""Texts that are written together: each as if it were alone, prompts computed once, slots given back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_engine import FakeEngine, by_all_ids
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_tokenizer

from slm.errors import ConfigError
from slm.generation.batch import SHORTEST_SHARED, Batch, GenerationConfig, Piece, Writer
from slm.model.sampling import generator_for, likeliest, log_probabilities, sample

TOKENIZER = tiny_tokenizer()
GREEDY = GenerationConfig(temperature=0.0, max_new_tokens=5)
LONG = list(range(40, 80))  # a prompt of which others may share the beginning


def run(batch: Batch) -> list[tuple[Writer, Piece]]:
    pieces = []
    while batch.busy:
        pieces += batch.step()
    return pieces


def alone(ids: list[int], config: GenerationConfig, number: int = 0, **engine: int) -> Writer:
    """Sample `number` of a prompt, written with nobody beside it."""
    batch = Batch(FakeEngine(slots=number + 1, **engine), TOKENIZER)
    writers = batch.add(ids, config, number + 1)
    run(batch)
    return writers[number]


def outcome(writer: Writer) -> tuple[list[int], str]:
    return writer.ids, writer.stop


# Each text as if it were alone

PROMPTS = st.tuples(st.integers(0, 3), st.integers(1, 30)).map(lambda pair: [*LONG[: 7 * pair[0]], *range(pair[1])])
CONFIGS = st.builds(
    GenerationConfig, max_new_tokens=st.integers(1, 12), temperature=st.sampled_from([0.0, 1.0]),
    top_k=st.sampled_from([0, 5]), repetition_penalty=st.sampled_from([1.0, 1.5]), seed=st.integers(0, 9),
    continue_past_context=st.just(True),
)  # fmt: skip


@settings(max_examples=40)
@given(
    requests=st.lists(st.tuples(PROMPTS, CONFIGS, st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=8),
    slots=st.integers(1, 5), cancelled=st.integers(0, 8),
)  # fmt: skip
def test_who_joins_and_leaves_changes_no_text(requests: list, slots: int, cancelled: int):
    engine = FakeEngine(slots=slots, context=24)
    batch = Batch(engine, TOKENIZER)
    written = []
    for number, (ids, config, samples, steps) in enumerate(requests):
        writers = batch.add(ids, config, samples)
        written += [] if number == cancelled else [(ids, config, n, writer) for n, writer in enumerate(writers)]
        for _ in range(steps):
            batch.step()
        if number == cancelled:
            for writer in writers:
                batch.cancel(writer)
    run(batch)
    for ids, config, n, writer in written:
        assert outcome(writer) == outcome(alone(ids, config, n, context=24))
    batch.close()
    assert not engine.held and not batch.busy


def test_samples_are_decided_by_the_seed_and_their_number():
    config = GenerationConfig(temperature=1.0, top_k=0, seed=7, max_new_tokens=1)
    batch = Batch(FakeEngine(slots=9), TOKENIZER)
    writers = batch.add([1, 2, 3], config, samples=9)
    first = {writer.sample: (piece.drawn, writer.ids) for writer, piece in run(batch)}
    logits = by_all_ids([1, 2, 3], 270)
    assert [first[n][1] for n in range(9)] == [[sample(logits, config.sampling, generator_for(7, n))] for n in range(9)]
    assert len({tuple(writer.ids) for writer in writers}) > 1


def test_the_penalty_sees_prompt_and_text():
    """Every token is as likely as another at first: with the penalty none comes twice."""
    engine = FakeEngine(vocabulary=270)
    engine._logits = lambda ids: np.full(270, 1.0, np.float32)
    batch = Batch(engine, TOKENIZER)
    (writer,) = batch.add([0, 1, 2], replace(GREEDY, repetition_penalty=2.0))
    run(batch)
    assert writer.ids == [3, 4, 5, 6, 7]


def test_a_bias_forbids_and_forces():
    batch = Batch(FakeEngine(lambda ids: 65), TOKENIZER)
    (forbidden,) = batch.add([1], replace(GREEDY, logit_bias={"65": -100.0, "66": 1.0}))
    (forced,) = batch.add([1], replace(GREEDY, temperature=1.0, top_k=0, logit_bias={"67": 100.0}))
    run(batch)
    assert forbidden.ids == [66] * 5 and forced.ids == [67] * 5


# What is computed once


def test_a_prompt_is_computed_once_for_all_its_samples():
    engine = FakeEngine(lambda ids: 65)
    Batch(engine, TOKENIZER).add(LONG, GREEDY, samples=4)
    batch = Batch(engine, TOKENIZER)
    batch.add(LONG, GREEDY, samples=4)
    run(batch)
    assert engine.computed == [len(LONG), 4, 4, 4, 4]


@pytest.mark.parametrize("ended", [True, False])
def test_a_beginning_is_taken_over_from_a_text_that_runs_or_has_ended(ended: bool):
    engine = FakeEngine(lambda ids: 65, slots=2)
    batch = Batch(engine, TOKENIZER)
    batch.add([*LONG, 1, 2], replace(GREEDY, max_new_tokens=3))
    for _ in range(3 if ended else 1):
        batch.step()
    assert len(batch.active) == 1 - ended
    engine.computed.clear()
    batch.add([*LONG, 7, 8, 9], replace(GREEDY, max_new_tokens=1))
    run(batch)
    assert engine.computed[0] == 3 + (not ended)  # its own, and one of the text that runs
    assert [*LONG, 7, 8, 9] in engine.seen


def test_the_same_prompt_again_computes_its_last_two_tokens_alone():
    engine = FakeEngine(lambda ids: 65, slots=1)
    batch = Batch(engine, TOKENIZER)
    for _ in range(2):
        batch.add(LONG, replace(GREEDY, max_new_tokens=1))
        run(batch)
    assert engine.computed == [len(LONG), 2]  # as few as are computed as a prompt is


def test_a_conversation_takes_over_the_prompt_and_not_what_was_written_token_by_token():
    engine = FakeEngine(lambda ids: 65, slots=1)
    batch = Batch(engine, TOKENIZER)
    (writer,) = batch.add(LONG, replace(GREEDY, max_new_tokens=4))
    run(batch)
    engine.computed.clear()
    batch.add([*LONG, *writer.ids, 7, 8], replace(GREEDY, max_new_tokens=1))
    run(batch)
    assert engine.computed == [len(writer.ids) + 2]


def test_a_prompt_of_one_token_is_no_beginning_that_is_taken_over():
    engine = FakeEngine(lambda ids: 65, slots=4)
    batch = Batch(engine, TOKENIZER)
    batch.add(LONG[:1], replace(GREEDY, max_new_tokens=20))
    run(batch)
    engine.computed.clear()
    batch.add([*LONG[:1], *[65] * 19], replace(GREEDY, max_new_tokens=1))
    run(batch)
    assert engine.computed == [20]  # as a prompt, of which all but the first were written token by token


def test_the_longest_beginning_is_taken():
    engine = FakeEngine(lambda ids: 65, slots=4)
    batch = Batch(engine, TOKENIZER)
    for length in (9, 15, 12):
        batch.add([*LONG[:length], 7, 8], replace(GREEDY, max_new_tokens=1))
        run(batch)
    engine.computed.clear()
    batch.add([*LONG, 7, 8], replace(GREEDY, max_new_tokens=1))
    run(batch)
    assert engine.computed == [len(LONG) + 2 - 15]


def test_without_a_free_slot_the_sequence_itself_goes_on():
    engine = FakeEngine(lambda ids: 65, slots=1)
    batch = Batch(engine, TOKENIZER)
    for length in (15, 12, 15):
        batch.add([*LONG[:length], 7, 8], replace(GREEDY, max_new_tokens=1))
        run(batch)
    assert engine.computed == [17, 2, 5]


def test_short_beginnings_are_not_worth_it():
    engine = FakeEngine(lambda ids: 65, slots=2)
    batch = Batch(engine, TOKENIZER)
    for length in (SHORTEST_SHARED - 1, SHORTEST_SHARED):
        start = [100 + length, *LONG][:length]
        for last in (1, 2):
            batch.add([*start, last, last], replace(GREEDY, max_new_tokens=1))
            run(batch)
    assert engine.computed == [9, 9, 10, 2]


def test_the_sequence_that_ended_longest_ago_makes_room():
    engine = FakeEngine(lambda ids: 65, slots=2)
    batch = Batch(engine, TOKENIZER)
    for first in (1, 2, 3, 2, 1):
        batch.add([first, *LONG], replace(GREEDY, max_new_tokens=1))
        run(batch)
    whole = 1 + len(LONG)
    assert engine.computed == [whole, whole, whole, 2, whole]


# Who waits, who leaves


def test_texts_wait_for_a_slot_in_the_order_in_which_they_came():
    batch = Batch(FakeEngine(lambda ids: 65, slots=2), TOKENIZER)
    writers = [batch.add([n], replace(GREEDY, max_new_tokens=1 + n))[0] for n in range(4)]
    steps = []
    while batch.busy:
        steps.append([writers.index(writer) for writer, _ in batch.step()])
    assert steps == [[0, 1], [1, 2], [2, 3], [2, 3], [3], [3]]


@pytest.mark.parametrize("number", range(4))
def test_a_cancelled_text_gives_its_slot_to_the_next_step(number: int):
    """Of four texts two run, two wait."""
    batch = Batch(FakeEngine(lambda ids: 65, slots=2), TOKENIZER)
    writers = [batch.add([n], GREEDY)[0] for n in range(4)]
    batch.step()
    batch.cancel(writers[number])
    batch.cancel(writers[number])  # once is enough
    expected = [n for n in range(4) if n != number][:2]
    assert [writers.index(writer) for writer, _ in batch.step()] == expected
    others = [writer for writer in writers if writer is not writers[number]]
    run(batch)
    batch.cancel(others[0])  # has ended
    assert all(outcome(writer) == ([65] * 5, "length") for writer in others)


def test_an_idle_batch_takes_no_step():
    engine = FakeEngine()
    assert Batch(engine, TOKENIZER).step() == [] and not engine.computed


# How texts end


def script(*texts: str) -> FakeEngine:
    """An engine that follows prompt [n] with the n-th text, then the end token."""
    ids = [[*TOKENIZER.encode_ordinary(text), TOKENIZER.eot_token] for text in texts]
    return FakeEngine(lambda held: ids[held[0]][min(len(held), len(ids[held[0]])) - 1])


@pytest.mark.parametrize(("text", "stop", "expected"), [
    ("the cat sang. END of it", ("END",), ("the cat sang. ", "stop")),  # three tokens
    ("the cat sang. EN", ("END",), ("the cat sang. EN", "end")),
    ("the cat", (), ("the cat", "end")),
    ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ("b",), ("a" * 20, "length")),
    ("aaaaaaaaaaaaaaaaaaaEND", ("END",), ("a" * 19 + "E", "length")),  # what was held back is text after all
    ("aaaaaaaaaaaaaaaaaENDxx", ("END",), ("a" * 17, "stop")),  # with the last token
    ("\U0001f642\U0001f642", ("\U0001f642",), ("", "stop")),
])  # fmt: skip
def test_a_text_ends_for_one_of_three_reasons(text: str, stop: tuple[str, ...], expected: tuple[str, str]):
    batch = Batch(script(text), TOKENIZER)
    batch.add([0], replace(GREEDY, max_new_tokens=20, stop=stop))
    pieces = [piece for _, piece in run(batch)]
    assert ("".join(piece.text for piece in pieces), pieces[-1].stop) == expected
    assert all(not piece.stop for piece in pieces[:-1])


def test_the_end_token_is_no_part_of_the_text():
    batch = Batch(script("ab"), TOKENIZER)
    (writer,) = batch.add([0], GREEDY)
    run(batch)
    assert writer.ids == TOKENIZER.encode_ordinary("ab")


@pytest.mark.parametrize("prompt", [1, 8, 15])
def test_at_the_end_of_the_context_a_text_stops_with_reason_length(prompt: int):
    batch = Batch(FakeEngine(lambda ids: 65, context=16), TOKENIZER)
    (writer,) = batch.add([1] * prompt, replace(GREEDY, max_new_tokens=100))
    run(batch)
    assert outcome(writer) == ([65] * (17 - prompt), "length")  # the last one need not be looked at


@pytest.mark.parametrize("prompt", [1, 15, 16, 17, 40])
def test_or_it_goes_on_from_its_last_half(prompt: int):
    engine = FakeEngine(context=16)
    batch = Batch(engine, TOKENIZER)
    config = replace(GREEDY, max_new_tokens=40, continue_past_context=True, logit_bias={str(TOKENIZER.eot_token): -100})
    ids = list(range(prompt))
    (writer,) = batch.add(ids, config)
    run(batch)
    text, first, expected = ids + writer.ids, 0, []
    for end in range(prompt, prompt + 40):
        if end - first > 16 or (end == prompt and prompt >= 16):
            first = end - 8
        expected.append(text[first:end])
    assert engine.seen == expected and outcome(writer) == (text[prompt:], "length")


# What is told of each token


@pytest.mark.parametrize("settings", [
    {"temperature": 0.0}, {"temperature": 1.5, "top_k": 3, "repetition_penalty": 1.3, "logit_bias": {"9": 5.0}},
])  # fmt: skip
def test_log_probabilities_are_the_models_own_whatever_the_settings(settings: dict):
    engine = FakeEngine()
    batch = Batch(engine, TOKENIZER)
    batch.add([1, 2, 3], GenerationConfig(max_new_tokens=6, log_probabilities=4, **settings))
    drawn = [piece.drawn for _, piece in run(batch)]
    assert len(drawn) == 6
    for ids, token in zip(engine.seen, drawn, strict=True):
        values = log_probabilities(by_all_ids(ids, 270))
        assert token.log_probability == values[token.token]
        assert token.likeliest == tuple((n, values[n]) for n in likeliest(values, 4))
    if not settings["temperature"]:
        assert all(token.likeliest[0] == (token.token, token.log_probability) for token in drawn)


def test_the_end_token_is_told_of_too_and_nothing_unless_asked():
    for count, told in ((0, True), (None, False)):
        batch = Batch(script("a"), TOKENIZER)
        batch.add([0], replace(GREEDY, log_probabilities=count))
        pieces = [piece for _, piece in run(batch)]
        assert [piece.drawn is not None for piece in pieces] == [told, told]
        assert not told or (pieces[-1].drawn.token, pieces[-1].drawn.likeliest) == (TOKENIZER.eot_token, ())


# What is refused


@pytest.mark.parametrize(("values", "message"), [
    ({"max_new_tokens": 0}, "max_new_tokens expects a whole number from 1 up, got 0"),
    ({"stop": ("a", "")}, "stop expects a list of strings of at least one character"),
    ({"stop": "END"}, "stop expects a list of strings .*, got 'END'"),
    ({"log_probabilities": 21}, "log_probabilities expects 0 to 20, got 21"),
    ({"temperature": -1.0}, "temperature"), ({"top_k": -1}, "top_k"), ({"top_p": 0.0}, "top_p"),
    ({"min_p": 1.5}, "min_p"), ({"repetition_penalty": 0.0}, "repetition_penalty"),
    ({"logit_bias": {"1": 101.0}}, "logit_bias"),
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        GenerationConfig(**values)


def test_a_request_that_cannot_be_is_refused_and_the_others_go_on():
    batch = Batch(FakeEngine(lambda ids: 65, context=16), TOKENIZER)
    (writer,) = batch.add([1], GREEDY)
    batch.step()
    with pytest.raises(ConfigError, match=r"the prompt has 16 tokens, the model.s context 16: .*--continue"):
        batch.add([1] * 16, GREEDY)
    with pytest.raises(ConfigError, match="logit_bias expects token ids from 0 to 269, got 270"):
        batch.add([1], replace(GREEDY, logit_bias={"7": 1.0, "270": 1.0}))
    with pytest.raises(ConfigError, match="samples expects a whole number from 1 up, got 0"):
        batch.add([1], GREEDY, samples=0)
    run(batch)
    assert outcome(writer) == ([65] * 5, "length")
