"""An index without some of its subjects, to ask it about what it does not have.

A subject is what documents' titles say, in any order and number of words. The index itself stays as it is: a copy
loses the documents, so that their words are unknown to it too.
"""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from slm.rag import lexical
from slm.rag.passage_store import PassageStore
from slm.rag.retriever import Progress, Retriever
from slm.rag.schema import FILE

SHARE = 0.25  # of the subjects
MOST_PASSAGES = 100_000  # of an index that is copied


def subject_of(title: str) -> str:
    return " ".join(sorted(word.rstrip("s") for word in re.findall(r"\w+", title.lower())))


def taken_out(subjects: Collection[str], seed: int) -> set[str]:
    """A draw of the subjects."""
    several = sorted(set(subjects))
    return set(random.Random(seed).sample(several, round(SHARE * len(several))))


@contextlib.contextmanager
def index_without(retriever: Retriever, subjects: Collection[str], progress: Progress) -> Iterator[Retriever]:
    """A copy of the index, without all documents on these subjects, for as long as it is asked. Raises OSError."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "index"
        old = shutil.ignore_patterns(f"{FILE}*", lexical.NAME)
        shutil.copytree(retriever.folder, folder, ignore=old)  # with the vectors, which stay as they are
        retriever.store.copy(folder)
        with PassageStore.open_for_writing(folder) as store, store.changing():
            gone = [number for number, title in store.titles().items() if subject_of(title) in subjects]
            store.remove_documents(gone)
            store.stamp_anew()
        with Retriever.open(folder, progress) as without:
            yield without
