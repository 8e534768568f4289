"""Everything that may happen to an engine's sequences, in random order; what holds then is the tests' to say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from slm.generation.engine import Engine

MOVES = ("open", "fork", "rewind", "close", "extend", "extend")


def random_ids(length: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(0, 269, length).tolist()


def random_moves(engine: Engine, data: st.DataObject, moves: int = 12) -> Iterator[tuple[list[int], np.ndarray]]:
    """Opens, forks, rewinds, closes and extends sequences; gives the ids that each one extended has, and its logits."""
    held: dict[int, list[int]] = {}
    for _ in range(data.draw(st.integers(1, moves))):
        move = data.draw(st.sampled_from(MOVES))
        name = data.draw(st.sampled_from(sorted(held))) if held else None
        if name is None or (move == "open" and len(held) < engine.slots):
            held[engine.open()] = []
        elif move == "rewind" or (move == "fork" and len(held) < engine.slots):
            length = data.draw(st.integers(0, len(held[name])))
            if move == "rewind":
                engine.rewind(name, length)
            held[engine.fork(name, length) if move == "fork" else name] = held[name][:length]
        elif move == "close":
            engine.close(name)
            del held[name]
        else:
            some = [other for other in held if other == name or data.draw(st.booleans())]
            parts = {
                other: random_ids(count, len(held[other]) + count)
                for other in some
                if (count := min(data.draw(st.integers(1, 6)), engine.context - len(held[other])))
            }
            for other, ids in parts.items():
                held[other] = held[other] + ids
            if parts:
                yield from ((held[other], row) for other, row in zip(parts, engine.extend(parts), strict=True))
