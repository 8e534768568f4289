"""An index without some of its subjects, to ask it about what it does not have.

A subject is what documents' titles say, in any order and number of words. The index itself stays as it is: what is
asked has lost the documents, so that their words are unknown to it too.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Collection, Iterator

from slm.rag.retriever import Progress, Retriever

SHARE = 0.25  # of the subjects
MOST_PASSAGES = 100_000  # of an index that is asked so


def subject_of(title: str) -> str:
    return " ".join(sorted(word.rstrip("s") for word in re.findall(r"\w+", title.lower())))


def taken_out(subjects: Collection[str], seed: int) -> set[str]:
    """A draw of the subjects."""
    several = sorted(set(subjects))
    return set(random.Random(seed).sample(several, round(SHARE * len(several))))


@contextlib.contextmanager
def index_without(retriever: Retriever, subjects: Collection[str], progress: Progress) -> Iterator[Retriever]:
    """The index as it would be without all documents on these subjects, for as long as it is asked. Raises OSError."""
    gone = [number for number, title in retriever.store.titles().items() if subject_of(title) in subjects]
    with retriever.store.without(gone) as store:
        yield Retriever(store, progress)
