"""The WebAssembly that the web page multiplies with: two loops, assembled here, so that every byte has its source.

    multiply_floats(matrix, rowBytes, rows, width, x, xBytes, y, yBytes, tokens)
    multiply_bytes(the same nine, scales, scaleBytes, block)

y[token, row] = the sum over `width` inputs of matrix[row] * x[token], in float32, four numbers at a time. All but the
counts are addresses and distances in bytes; `width` is a multiple of 16. The matrix holds float32, or int8 with a
float32 scale for each `block` of a row. Opcodes: the WebAssembly specification, section 5.4 ("Binary Format").
"""

from __future__ import annotations

from collections.abc import Sequence

I32, V128 = 0x7F, 0x7B
PARAMETERS = ("matrix", "rowBytes", "rows", "width", "x", "xBytes", "y", "yBytes", "tokens")
SCALED = ("scales", "scaleBytes", "block")
INTEGERS = ("place", "input", "end", "blockEnd", "scale", "token", "from", "to")
VECTORS = ("sum0", "sum1", "sum2", "sum3", "bytes", "low", "high", "total")
SUMS = VECTORS[:4]

# Plain instructions, then those with the prefix of vectors
ADD, MULTIPLY, LESS, FLOAT_ADD = b"\x6a", b"\x6c", b"\x49", b"\x92"  # the first three of int32
LOAD_VECTOR, LOAD_FLOAT, STORE_FLOAT = b"\xfd\x00", b"\x2a", b"\x38"
LOWER_SHORTS, UPPER_SHORTS = 135, 136  # eight int16 of the first, the last eight of sixteen int8
LOWER_INTEGERS, UPPER_INTEGERS = 167, 168  # four int32 of the first, the last four of eight int16
TO_FLOATS, FOUR_TIMES, FLOATS_ADD, FLOATS_MULTIPLY = 250, 19, 228, 230


def kernel() -> bytes:
    """The content of kernel.wasm: the two functions, and a memory of their own that the page makes larger."""
    functions = _floats(), _bytes()
    types = [b"\x60" + _vector([bytes([I32])] * count) + _vector([]) for count in (9, 12)]
    exported = [("memory", 2, 0), ("multiply_floats", 0, 0), ("multiply_bytes", 0, 1)]
    sections = {
        1: _vector(types),
        3: _vector([b"\x00", b"\x01"]),
        5: _vector([b"\x00\x01"]),  # one page of 64 KiB at first, no upper bound
        7: _vector([_name(name) + bytes([kind, index]) for name, kind, index in exported]),
        10: _vector([_unsigned(len(body)) + body for body in functions]),
    }  # fmt: skip
    return b"\0asm\1\0\0\0" + b"".join(bytes([n]) + _unsigned(len(s)) + s for n, s in sections.items())


def _floats() -> bytes:
    function = _Function(PARAMETERS)
    terms = [
        function.put(total, function.get(total) + _product(function, _load(function, "place", 16 * n), n))
        for n, total in enumerate(SUMS)
    ]  # fmt: skip
    inner = b"".join(terms) + function.step("place", 64) + function.step("input", 64)
    dot = (
        b"".join(function.put(total, _ZERO) for total in SUMS)
        + function.put("place", function.get("matrix"))
        + function.put("input", function.get("from"))
        + function.put("end", function.get("matrix", "width") + _integer(4) + MULTIPLY + ADD)
        + _loop(inner, function.get("place", "end") + LESS)
    )
    return function.body(_rows_and_tokens(function, dot, _sum_of(function)))


def _bytes() -> bytes:
    function = _Function(PARAMETERS + SCALED)
    halves = [
        function.put("low", function.get("bytes") + _vector_op(LOWER_SHORTS)),
        function.put("high", function.get("bytes") + _vector_op(UPPER_SHORTS)),
    ]
    parts = [(half, quarter) for half in ("low", "high") for quarter in (LOWER_INTEGERS, UPPER_INTEGERS)]
    weights = [function.get(half) + _vector_op(quarter, TO_FLOATS) for half, quarter in parts]
    terms = [
        function.put(total, function.get(total) + _product(function, four, n))
        for n, (total, four) in enumerate(zip(SUMS, weights, strict=True))
    ]
    inner = function.put("bytes", _load(function, "place")) + b"".join(halves + terms)
    inner += function.step("place", 16) + function.step("input", 64)
    scale = function.get("scale") + LOAD_FLOAT + b"\x02\x00" + _vector_op(FOUR_TIMES)
    block = (
        b"".join(function.put(total, _ZERO) for total in SUMS)
        + function.put("blockEnd", function.get("place", "block") + ADD)
        + _loop(inner, function.get("place", "blockEnd") + LESS)
        + function.put("total", function.get("total") + _sum_of(function) + scale + _F32X4_MUL + _F32X4_ADD)
        + function.step("scale", 4)
    )
    dot = (
        function.put("total", _ZERO)
        + function.put("place", function.get("matrix"))
        + function.put("input", function.get("from"))
        + function.put("scale", function.get("scales"))
        + function.put("end", function.get("matrix", "width") + ADD)
        + _loop(block, function.get("place", "end") + LESS)
    )
    next_scales = function.put("scales", function.get("scales", "scaleBytes") + ADD)
    return function.body(_rows_and_tokens(function, dot, function.get("total"), next_scales))


def _rows_and_tokens(function: _Function, dot: bytes, result: bytes, row_end: bytes = b"") -> bytes:
    """`dot` for every row, and within it for every token, so that a row is fetched from memory once."""
    lanes = [function.get("total") + b"\xfd\x1f" + bytes([lane]) for lane in range(4)]
    summed = lanes[0] + lanes[1] + FLOAT_ADD + lanes[2] + lanes[3] + FLOAT_ADD + FLOAT_ADD
    token = (
        dot
        + function.put("total", result)
        + function.get("to") + summed + STORE_FLOAT + b"\x02\x00"
        + function.put("from", function.get("from", "xBytes") + ADD)
        + function.put("to", function.get("to", "yBytes") + ADD)
        + function.step("token", -1)
    )  # fmt: skip
    row = (
        function.put("from", function.get("x"))
        + function.put("to", function.get("y"))
        + function.put("token", function.get("tokens"))
        + _loop(token, function.get("token"))
        + function.put("matrix", function.get("matrix", "rowBytes") + ADD)
        + row_end
        + function.step("y", 4)
        + function.step("rows", -1)
    )
    return _loop(row, function.get("rows"))


class _Function:
    """Names for a function's parameters and variables, in place of their numbers."""

    def __init__(self, parameters: Sequence[str]):
        self._numbers = {name: n for n, name in enumerate((*parameters, *INTEGERS, *VECTORS))}

    def get(self, *names: str) -> bytes:
        return b"".join(b"\x20" + _unsigned(self._numbers[name]) for name in names)

    def put(self, name: str, value: bytes) -> bytes:
        return value + b"\x21" + _unsigned(self._numbers[name])

    def step(self, name: str, distance: int) -> bytes:
        return self.put(name, self.get(name) + _integer(distance) + ADD)

    def body(self, instructions: bytes) -> bytes:
        variables = [_unsigned(len(INTEGERS)) + bytes([I32]), _unsigned(len(VECTORS)) + bytes([V128])]
        return _vector(variables) + instructions + b"\x0b"


def _loop(instructions: bytes, again: bytes) -> bytes:
    return b"\x03\x40" + instructions + again + b"\x0d\x00\x0b"


def _load(function: _Function, name: str, offset: int = 0) -> bytes:
    return function.get(name) + LOAD_VECTOR + b"\x02" + _unsigned(offset)


def _product(function: _Function, weights: bytes, number: int) -> bytes:
    """Four weights times the `number`-th four inputs, added to what is on the stack."""
    return weights + _load(function, "input", 16 * number) + _F32X4_MUL + _F32X4_ADD


def _sum_of(function: _Function) -> bytes:
    first, second, third, fourth = (function.get(total) for total in SUMS)
    return first + second + _F32X4_ADD + third + fourth + _F32X4_ADD + _F32X4_ADD


def _vector_op(*codes: int) -> bytes:
    return b"".join(b"\xfd" + _unsigned(code) for code in codes)


def _integer(value: int) -> bytes:
    """i32.const: a signed LEB128 number of one or two bytes."""
    assert -8192 <= value < 8192
    low, high = value & 0x7F, (value >> 7) & 0x7F
    return b"\x41" + (bytes([low]) if -64 <= value < 64 else bytes([low | 0x80, high]))


def _unsigned(value: int) -> bytes:
    """An unsigned LEB128 number."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _vector(items: Sequence[bytes]) -> bytes:
    return _unsigned(len(items)) + b"".join(items)


def _name(text: str) -> bytes:
    return _unsigned(len(text)) + text.encode()


_F32X4_ADD, _F32X4_MUL = _vector_op(FLOATS_ADD), _vector_op(FLOATS_MULTIPLY)
_ZERO = b"\xfd\x0c" + bytes(16)
