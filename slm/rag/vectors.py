"""Vectors of the passages of an index: derived from the store by an encoder, compared exactly, made anew when stale.

The encoder is any object with ``encode(texts) -> (N, D) float32`` of rows of length 1, ``fingerprint``, and perhaps
``encode_questions``. It lies beside the index, copied when it was chosen, so that an index is one folder. A text that
was encoded before by the same encoder is not encoded again.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from slm.atomic_write import existing_folder
from slm.errors import ModelError
from slm.rag import derived, stores
from slm.rag.places import Place
from slm.rag.store import Store, digest_of

NAME = "vectors"
ENCODER = "encoder"
TEXTS_AT_A_TIME = 256
ROWS_AT_A_TIME = 1 << 16  # of the matrix that are multiplied at a time

Progress = Callable[[str, int, int], None]


class Encoder(Protocol):
    fingerprint: str

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class VectorIndex:
    """`matrix` (N, D) float32; `passages` (N,) int64 and `digests` (N, 16) uint8 say what each row is of."""

    def __init__(self, encoder: Encoder, matrix: np.ndarray, passages: np.ndarray, digests: np.ndarray):
        self.encoder, self.matrix, self.passages, self.digests = encoder, matrix, passages, digests

    def similarities(self, question: str) -> np.ndarray:
        """(N,) cosine of the question with each row."""
        encode = getattr(self.encoder, "encode_questions", self.encoder.encode)
        vector = encode([question])[0]
        parts = (self.matrix[first : first + ROWS_AT_A_TIME] for first in range(0, len(self.matrix), ROWS_AT_A_TIME))
        return np.concatenate([part @ vector for part in parts]) if len(self.matrix) else np.zeros(0, np.float32)

    def save(self, folder: Path) -> None:
        for name in ("matrix", "passages", "digests"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> VectorIndex:
        """What `save` wrote; the matrix is mapped, not read. Raises ValueError, OSError for damage."""
        matrix = np.load(folder / "matrix.npy", mmap_mode="r", allow_pickle=False)
        passages, digests = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("passages", "digests"))
        if matrix.ndim != 2 or not len(matrix) == len(passages) == len(digests):
            raise ValueError(f"{folder}: expected as many vectors as passages")
        return cls(encoder, matrix, passages, digests)


def made_from(store: Store, encoder: Encoder) -> dict[str, Any]:
    """The state that vectors of the store's present passages are made from."""
    return {"stamp": store.stamp, "version": store.version, "encoder": encoder.fingerprint}


def build(
    store: Store, encoder: Encoder, progress: Progress = lambda what, done, total: None,
    before: VectorIndex | None = None,
) -> VectorIndex:  # fmt: skip
    """Vectors of all distinct searched texts, those of `before` taken over. Holds them in memory, 4 D bytes a text."""
    known = {} if before is None else {digest.tobytes(): row for row, digest in enumerate(before.digests)}
    total = store.counts()["passages"]
    passages, digests, parts = array("q"), {}, []
    fresh: list[tuple[int, str]] = []

    def encode_fresh() -> None:
        if fresh:
            rows = np.ascontiguousarray(encoder.encode([text for _, text in fresh]), np.float32)
            parts.append(([place for place, _ in fresh], rows))
            fresh.clear()

    taken: list[tuple[int, int]] = []
    for done, searched in enumerate(store.searched(), 1):
        digest = digest_of(searched.text)
        if digest in digests:
            continue
        place = digests.setdefault(digest, len(digests))
        passages.append(searched.id)
        if digest in known:
            taken.append((place, known[digest]))
        else:
            fresh.append((place, searched.text))
        if len(fresh) == TEXTS_AT_A_TIME:
            encode_fresh()
            progress("encoding passages", done, total)
    encode_fresh()
    width = parts[0][1].shape[1] if parts else before.matrix.shape[1] if before is not None else 0
    matrix = np.empty((len(passages), width), np.float32)
    for places, rows in parts:
        matrix[places] = rows
    if taken:
        own, old = np.array(taken).T
        matrix[own] = before.matrix[old]
    numbers = np.frombuffer(passages, np.int64).copy() if passages else np.zeros(0, np.int64)
    return VectorIndex(encoder, matrix, numbers, np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16))


def earlier(index: Path, encoder: Encoder) -> VectorIndex | None:
    """The vectors of an earlier state by the same encoder, None where there are none that are whole."""
    folder = existing_folder(index / derived.FOLDER / NAME)
    manifest = derived.read_manifest(folder)
    if manifest is None or manifest["made_from"].get("encoder") != encoder.fingerprint:
        return None
    try:
        return VectorIndex.load(folder, encoder) if derived.is_whole(folder, manifest) else None
    except (OSError, ValueError):
        return None


def choose_encoder(index: Place, folder: Path, progress: Progress = lambda what, done, total: None) -> None:
    """Let the index have vectors by the encoder in `folder`, of which it keeps a copy. Raises ModelError."""
    chosen = load_encoder(folder)
    with stores.open_for_writing(index, progress) as store, store.changing():
        with store.beside(ENCODER) as place:
            if store.about(ENCODER) == chosen.fingerprint and existing_folder(place / ENCODER).is_dir():
                return
        store.put_beside(ENCODER, folder)
        store.set_about(ENCODER, chosen.fingerprint)


def encoder_of(folder: Path, store: Store) -> Encoder | None:
    """The encoder of an index, which lies in `folder`, None where it has none. Raises ModelError where it is lost or
    another."""
    fingerprint = store.about(ENCODER)
    if not fingerprint:
        return None
    encoder = load_encoder(existing_folder(folder / ENCODER))
    if encoder.fingerprint != fingerprint:
        raise ModelError(
            f"{folder / ENCODER}: expected the encoder that the index was made with, found another; "
            f"choose one anew: slm index --out {store.place} --encoder FOLDER"
        )
    return encoder


def load_encoder(folder: Path) -> Encoder:
    """The text encoder in `folder`. Raises ModelError."""
    from slm.rag.encoder import TextEncoder

    return TextEncoder.load(folder)
