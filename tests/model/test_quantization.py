"""Blocks of 8 and 4 bits: near the weights, exact where they can be, packed as ONNX Runtime reads them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slm.errors import ConfigError
from slm.model import quantization
from slm.model.quantization import Quantized, block_for, quantize

MATRICES = arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 100)), elements=st.floats(-1000, 1000, width=32)
)


def random_matrix(outputs: int, inputs: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(outputs, inputs)).astype(np.float32)


def unpacked(quantized: Quantized) -> np.ndarray:
    """What ONNX Runtime reads from the packed bytes: values * scales, (N, K)."""
    packed = quantized.packed()
    halves = packed if quantized.bits == 8 else np.stack((packed & 15, packed >> 4), axis=-1)
    values = halves.reshape(quantized.values.shape).astype(np.float32) - (1 << (quantized.bits - 1))
    return (values * quantized.scales[:, :, None]).reshape(len(packed), -1)[:, : quantized.inputs]


@pytest.mark.parametrize("bits", [8, 4])
@given(weight=MATRICES)
def test_every_weight_is_within_a_step_of_its_block(bits: int, weight: np.ndarray):
    quantized = quantize(weight, bits)
    scales = np.repeat(np.abs(quantized.scales), quantized.block, axis=1)[:, : weight.shape[1]]
    error = np.abs(quantized.dequantized() - weight)
    assert quantized.values.dtype == np.int8 and quantized.scales.dtype == np.float32
    if bits == 8:  # nearest, nothing cut off
        assert (error <= scales * 0.5001).all()
    else:  # the largest ones may be cut off where that serves the others: a quarter of 8 steps, and half a step
        assert (error <= scales * (8 * (1 / 0.75 - 1) + 1.51)).all()
    values = quantized.values
    assert values.min(initial=0) >= -(1 << (bits - 1)) and values.max(initial=0) < 1 << (bits - 1)


@pytest.mark.parametrize("bits", [8, 4])
@given(weight=MATRICES)
def test_the_packed_bytes_are_the_same_matrix(bits: int, weight: np.ndarray):
    quantized = quantize(weight, bits)
    assert quantized.packed().dtype == np.uint8
    assert quantized.packed().shape == (*quantized.scales.shape, quantized.block * bits // 8)
    assert np.array_equal(unpacked(quantized), quantized.dequantized())


@pytest.mark.parametrize(("bits", "levels"), [(8, np.arange(-127, 128)), (4, np.arange(-8, 8))])
def test_a_matrix_of_whole_steps_comes_back_exactly(bits: int, levels: np.ndarray):
    draw = np.random.default_rng(0)
    weight = draw.choice(levels, (20, 64)) * np.float32(0.25)
    weight[:, ::32] = levels[0] * 0.25  # every block has its largest
    assert np.array_equal(quantize(weight, bits, block=32).dequantized(), weight)


def test_rounding_again_changes_nothing():
    once = quantize(random_matrix(30, 96), 8).dequantized()
    np.testing.assert_allclose(quantize(once, 8).dequantized(), once, rtol=1e-6)


def test_four_bits_have_the_least_error_of_the_scales_tried(monkeypatch: pytest.MonkeyPatch):
    weight = random_matrix(64, 256)

    def error() -> float:
        return float(((quantize(weight, 4).dequantized() - weight) ** 2).sum())

    best = error()
    for factor in quantization.SCALES_TRIED:
        with monkeypatch.context() as patch:
            patch.setattr(quantization, "SCALES_TRIED", np.array([factor], np.float32))
            assert error() > best


@pytest.mark.parametrize("bits", [8, 4])
def test_zeros_stay_zeros(bits: int):
    quantized = quantize(np.zeros((3, 40), np.float32), bits)
    assert not quantized.dequantized().any() and np.isfinite(quantized.scales).all() and quantized.scales.all()


@pytest.mark.parametrize("bits", [8, 4])
def test_a_row_does_not_depend_on_the_others(bits: int, monkeypatch: pytest.MonkeyPatch):
    weight = random_matrix(50, 70)
    whole = quantize(weight, bits).dequantized()
    monkeypatch.setattr(quantization, "ROWS_AT_A_TIME", 7)
    assert np.array_equal(quantize(weight, bits).dequantized(), whole)
    assert np.array_equal(quantize(weight[20:21], bits).dequantized(), whole[20:21])


@pytest.mark.parametrize(("inputs", "bits", "block"), [
    (768, 8, 128), (768, 4, 32), (320, 8, 64), (96, 8, 32), (40, 8, 32), (1, 4, 32),
])  # fmt: skip
def test_the_block_is_the_largest_that_leaves_no_rest(inputs: int, bits: int, block: int):
    assert block_for(inputs, bits) == block
    assert quantize(random_matrix(2, inputs), bits).values.shape == (2, -(-inputs // block), block)


def test_other_bits_are_refused():
    with pytest.raises(ConfigError, match="bits expects 32, 8, 4, got 5"):
        quantize(random_matrix(2, 32), 5)
