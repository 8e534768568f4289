"""Files as bad disks, broken transfers and bad people leave them, drawn by a seed."""

from __future__ import annotations

import random

NUMBERS = (b"\xff" * 8, b"\0" * 8, b"\xff" * 7 + b"\x7f", b"\0\0\0\0\1\0\0\0", b"\xff\xff\xff\x7f\0\0\0\0")


def damaged(content: bytes, seed: int, described: int) -> bytes:
    """`content` cut off, with bits turned, bytes changed, numbers made huge or bytes lost; what changes bytes looks
    at the first `described` of them, which say what all others are."""
    draw, changed = random.Random(seed), bytearray(content)
    kind = seed % 5
    if kind == 0:
        return content[: draw.randrange(len(content))]
    if kind == 1:
        for _ in range(draw.randint(1, 8)):
            changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    elif kind == 2:
        for _ in range(draw.randint(1, 4)):
            changed[draw.randrange(described)] = draw.randrange(256)
    elif kind == 3:
        place = draw.randrange(described)
        changed[place : place + 8] = draw.choice(NUMBERS)
    else:
        place = draw.randrange(described)
        del changed[place : place + draw.randint(1, 64)]
    return bytes(changed)
