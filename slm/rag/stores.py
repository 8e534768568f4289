"""Opens the store of an index by its place: the one module that knows that there are two kinds."""

from __future__ import annotations

from collections.abc import Callable

from slm.rag.passage_store import PassageStore
from slm.rag.places import Address, Place
from slm.rag.store import Store

Progress = Callable[[str, int, int], None]


def open_store(place: Place) -> Store:
    """The index at `place`, to read from. Raises DataError where there is none or it is damaged, NetworkError."""
    if isinstance(place, Address):
        from slm.rag.postgres.store import PostgresStore

        return PostgresStore.open(place)
    return PassageStore.open(place)


def open_for_writing(place: Place, progress: Progress = lambda what, done, total: None) -> Store:
    """The index at `place`, a new one where there is none. Raises DataError, OSError, NetworkError."""
    if isinstance(place, Address):
        from slm.rag.postgres.store import PostgresStore

        return PostgresStore.open_for_writing(place, progress)
    return PassageStore.open_for_writing(place)


def exists(place: Place) -> bool:
    """Whether there is an index. Raises DataError, NetworkError where that cannot be told."""
    if isinstance(place, Address):
        from slm.rag.postgres.store import PostgresStore

        return PostgresStore.exists(place)
    return PassageStore.exists(place)
