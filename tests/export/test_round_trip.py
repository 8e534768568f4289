"""The gate: what it measures of a good export and of bad ones, and what it refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from tiny import split_of, tiny_model, tiny_tokenizer

from slm.export.round_trip import RoundTrip, compare, passages

pytestmark = pytest.mark.usefixtures("few_strings")
DOCUMENTS = [[n % 250 + 3, *range(20, 20 + n % 30), tiny_tokenizer().eot_token] for n in range(150)]


class Fake:
    """An export that is the model itself, but for what a test changes."""

    name = "a fake"

    def __init__(self, model, noise: float = 0.0, shift: int = 0):
        self.model, self.noise, self.shift, self.context = model, noise, shift, model.config.block_size

    def encode(self, texts):
        ids = [ids.tolist() for ids in tiny_tokenizer().encode_batch(texts)]
        return [[*ids[0], *[0] * self.shift], *ids[1:]]

    def logits(self, ids):
        with torch.no_grad():
            values = self.model(torch.tensor([list(ids)]))[0].numpy()
        return values + self.noise * np.random.default_rng(0).standard_normal(values.shape).astype(np.float32)


def measured(loaded, export: Fake, bits: int = 32) -> RoundTrip:
    return compare(loaded, export, bits, split_of(DOCUMENTS), 20, responses=False)


def test_the_model_itself_passes_with_all_positions(loaded) -> None:
    found = measured(loaded, Fake(loaded.model))
    assert found.faults() == [] and found.positions == 1000 and found.likeliest_token_agreement == 1
    assert found.largest_logit_difference < 1e-5 and abs(found.cost) < 1e-6 and found.documents == 20


def test_another_model_is_refused_in_every_number_of_bits(loaded) -> None:
    found = measured(loaded, Fake(tiny_model(seed=2, n_embd=32)))
    assert found.likeliest_token_agreement < 0.5 and abs(found.cost) > 0.03
    assert all(dataclasses.replace(found, bits=bits).faults() for bits in (32, 16, 8, 4))


def test_noise_is_refused_in_32_bits_and_measured_as_it_is(loaded) -> None:
    found = measured(loaded, Fake(loaded.model, noise=0.01))
    assert 0.01 < found.largest_logit_difference < 0.1
    assert any("logits differ" in fault for fault in found.faults())
    assert not any("logits" in fault for fault in dataclasses.replace(found, bits=8).faults())


def test_one_string_with_other_ids_is_refused(loaded) -> None:
    found = measured(loaded, Fake(loaded.model, shift=1))
    assert found.strings_with_other_ids == 1 and "1 of 300 strings" in found.faults()[0]


def test_logits_that_are_no_numbers_are_refused(loaded) -> None:
    class Nothing(Fake):
        def logits(self, ids):
            return super().logits(ids) * np.float32("nan")

    for bits in (32, 8):
        assert measured(loaded, Nothing(loaded.model), bits).faults()


@pytest.mark.parametrize(("bits", "allowed"), [(16, 0.0009), (8, 0.0049), (4, 0.029)])
def test_the_limits_of_bits_per_byte(bits, allowed) -> None:
    found = RoundTrip("x", bits, 1, 0, 1000, 9.0, 0.5, 10, 1.0, 1 + allowed)
    assert found.faults() == []
    for worse in (1 + 1.2 * allowed, 1 - 1.2 * allowed):
        assert dataclasses.replace(found, bits_per_byte=worse).faults()


def test_passages_are_beginnings_of_documents_from_all_over_the_split() -> None:
    found = list(passages(split_of(DOCUMENTS), 269, context=16))
    assert sum(map(len, found)) == 1000 and max(map(len, found)) == 16
    assert all(ids[0] == 269 for ids in found)
    assert all(ids[1:] == DOCUMENTS[(ids[1] - 3)][: len(ids) - 1] for ids in found if len(ids) > 1)
