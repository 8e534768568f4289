"""The graph in 8 bits: products of integers, which every processor computes alike, and fast on those without VNNI too.

A row of activations is rounded to 7 bits by its own largest value, so that rows do not depend on one another; weights
have 8 bits and a scale for each output. A pair of 7 by 8 bit products is what AVX2's vpmaddubsw can hold; 8 by 8 would
saturate there (ONNX Runtime's page on quantization, "U8S8"). What comes out of GELU is never below -0.17: raised by
that it needs no sign and has all 7 bits for its size; what is then too much is a constant, taken off with the bias.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from slm.generation.onnx_graph import CONTRIB, TABLE, Graph
from slm.model.quantization import Quantized, quantize

LARGEST = 127  # of 7 bits
MIDDLE = 64  # what stands for zero where there are negative values
LEAST_OF_GELU = -0.17005


class IntegerGraph(Graph):
    """`Graph` whose matrices are int8 (K, N); the embedding and the head are one of them."""

    def table_rows(self) -> str:
        table, scales = self.integers(TABLE)
        rows = self.add("Gather", [table, "input_ids"], "embedded_integers")
        numbers = self.add("Cast", [rows], "embedded_numbers", to=TensorProto.FLOAT)
        as_column = self.add("Reshape", [scales, self.constant("as_column", np.array([-1, 1]))], "table_scales")
        by_token = self.add("Gather", [as_column, "input_ids"], "embedded_scales")
        return self.add("Mul", [numbers, by_token], "embedded")

    def linear(self, x: str, name: str) -> str:
        bias = self.weights.get(f"{name}.bias")
        if self.after_gelu(x):
            excess = LEAST_OF_GELU * self.quantized(f"{name}.weight").dequantized().sum(axis=1)
            bias = excess if bias is None else bias + excess
        if bias is None:
            return self.product(x, f"{name}.weight", f"{name}.out")
        product = self.product(x, f"{name}.weight", f"{name}.product")
        return self.add("Add", [product, self.constant(f"{name}.bias", bias.astype(np.float32))], f"{name}.out")

    def logits(self, x: str, output: str) -> str:
        return self.product(x, TABLE, output)

    def product(self, x: str, name: str, output: str) -> str:
        """x (..., K) times the matrix called `name`, of integers."""
        values, scales = self.integers(name)
        if name == TABLE:
            values = self.add("Transpose", [values], "head")  # once, when the graph is loaded
        rounded, most, zero = self.rounded(x)
        inputs = [rounded, values, self.step_of(x), scales, zero]
        sums = self.add("MatMulIntegerToFloat", inputs, f"{output}.by_output", domain=CONTRIB)
        return self.add("Mul", [sums, most], output)

    def rounded(self, x: str) -> tuple[str, str, str]:
        """x (..., K) as integers, the largest value of each row (..., 1), and what stands for zero."""
        raised, zero = (f"{x}.raised", 0) if self.after_gelu(x) else (x, MIDDLE)
        names = f"{x}.integers", f"{x}.most", self.constant(f"zero.{zero}", np.array(zero, np.uint8))
        if names[0] in self.made:
            return names
        self.made.add(names[0])
        if zero:
            absolute = self.add("Abs", [x], f"{x}.absolute")
        else:
            absolute = self.add("Sub", [x, self.constant("least_of_gelu", np.array(LEAST_OF_GELU, np.float32))], raised)
        self.add("ReduceMax", [absolute, self.constant("last_axis", np.array([-1]))], names[1], keepdims=1)
        relative = self.add("Div", [raised, names[1]], f"{x}.relative")
        self.add("QuantizeLinear", [relative, self.step_of(x), names[2]], names[0])
        return names

    def step_of(self, x: str) -> str:
        """What one integer stands for, as a part of the row's largest value."""
        largest = LARGEST if self.after_gelu(x) else LARGEST - MIDDLE
        return self.constant(f"step.{largest}", np.array(1 / largest, np.float32))

    def quantized(self, name: str) -> Quantized:
        return quantize(self.weights[name], self.bits, block=self.weights[name].shape[1])

    def after_gelu(self, x: str) -> bool:
        return not self.rotary and x.endswith(".hidden")

    def integers(self, name: str) -> tuple[str, str]:
        """The matrix called `name` as int8 (K, N), or (N, K) if it is the embedding too, and its scales (N)."""
        if f"{name}.values" not in self.tensors:
            quantized = self.quantized(name)
            values = quantized.values[:, 0]
            self.constant(f"{name}.values", values if name == TABLE else values.T)
            self.constant(f"{name}.scales", quantized.scales[:, 0])
        return f"{name}.values", f"{name}.scales"
