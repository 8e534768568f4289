"""Weights in 8 or 4 bits: blocks of a matrix's rows, each with a scale of its own, symmetric around zero.

The layout of ONNX Runtime's MatMulNBits, of which llama.cpp's Q8_0 and Q4_0 are the case of 32 weights a block: what
is quantized here is computed alike by every engine. Pure functions of arrays, without torch. (N outputs, K inputs.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slm.errors import ConfigError

BITS = (32, 8, 4)
LARGEST_BLOCK = {8: 128, 4: 32}
ROWS_AT_A_TIME = 512  # so that what is worked on stays in the processor's cache
SCALES_TRIED = np.linspace(0.75, 1.1, 15, dtype=np.float32)  # times the scale at which the largest weight just fits


@dataclass(frozen=True)
class Quantized:
    """A matrix (N, K) in blocks. `values` (N, K / block, block) are int8 (4 bits: -8 to 7), `scales` (N, K / block)."""

    values: np.ndarray
    scales: np.ndarray
    bits: int
    inputs: int

    @property
    def block(self) -> int:
        return self.values.shape[2]

    def dequantized(self) -> np.ndarray:
        """The matrix (N, K) that an engine computes with, in float32."""
        whole = self.values * self.scales[:, :, None]
        return whole.reshape(len(whole), -1)[:, : self.inputs]

    def packed(self) -> np.ndarray:
        """The values as ONNX Runtime keeps them, (N, K / block, block * bits / 8) uint8: zero is 128 (4 bits: 8), and
        the first of two 4-bit values stands in the lower half of its byte."""
        unsigned = (self.values.astype(np.int16) + (1 << (self.bits - 1))).astype(np.uint8)
        return unsigned if self.bits == 8 else unsigned[..., 0::2] | unsigned[..., 1::2] << 4


def quantize(weight: np.ndarray, bits: int, block: int = 0) -> Quantized:
    """The nearest matrix to `weight` (N, K) with `bits` a weight; `block` 0 takes the largest that K is a multiple of.

    8 bits: the largest weight of a block becomes 127. 4 bits: of the scales around that at which the largest weight
    fits, the one with the least squared error. Raises ConfigError for other bits.
    """
    if bits not in (8, 4):
        raise ConfigError(f"bits expects {', '.join(map(str, BITS))}, got {bits}")
    outputs, inputs = weight.shape
    block = block or block_for(inputs, bits)
    padded = np.zeros((outputs, -(-inputs // block) * block), np.float32)
    padded[:, :inputs] = weight
    blocks, nearest = padded.reshape(outputs, -1, block), _eight_bits if bits == 8 else _four_bits
    parts = [nearest(blocks[first : first + ROWS_AT_A_TIME]) for first in range(0, outputs, ROWS_AT_A_TIME)]
    values, scales = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Quantized(values, scales, bits, inputs)


def block_for(inputs: int, bits: int) -> int:
    """The largest block, from 32 up, into which rows of so many weights part without a rest; 32 where none does."""
    block = LARGEST_BLOCK[bits]
    while block > 32 and inputs % block:
        block //= 2
    return block


def _eight_bits(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scales = np.abs(blocks).max(axis=2) / 127
    scales[scales == 0] = 1
    return np.rint(blocks / scales[:, :, None]).astype(np.int8), scales


def _four_bits(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    place = np.abs(blocks).argmax(axis=2)[:, :, None]
    fitting = np.take_along_axis(blocks, place, axis=2)[:, :, 0] / -8  # the largest weight, whatever its sign, is -8
    fitting[fitting == 0] = 1
    best_values, best_scales, least = np.zeros_like(blocks), fitting, np.full(fitting.shape, np.inf, np.float32)
    for factor in SCALES_TRIED:
        scales = fitting * factor
        values = np.clip(np.rint(blocks / scales[:, :, None]), -8, 7)
        error = ((values * scales[:, :, None] - blocks) ** 2).sum(axis=2)
        better = error < least
        least = np.where(better, error, least)
        best_scales = np.where(better, scales, best_scales)
        best_values = np.where(better[:, :, None], values, best_values)
    return best_values.astype(np.int8), best_scales
