"""Which sentences of the passages that were found to quote: by the passage's place, the words of the question that a
sentence has, its place, and, where the index has vectors, its nearness to the question. Pure but for the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slm.rag.evidence import AskedWords
from slm.rag.passages import Passage
from slm.rag.retriever import Hit, Retriever
from slm.rag.sentences import sentences

_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Quoting:
    """How sentences are chosen; measured in docs/experiments.md, section 19."""

    passages: int = 8
    """That are quoted from at most."""
    sentences: int = 5
    """That are quoted at most."""
    characters: int = 1200
    """Of all quotes together at most; the first sentence comes whatever its length."""
    rank: float = 1.0
    """Weight of the passage's place: all of it for the first, half of it for the one that is `half` places behind."""
    half: float = 3.0
    words: float = 1.0
    """Weight of the share of the question's words that the sentence has, those of the title left out."""
    place: float = 0.3
    """Weight of standing early in the passage."""
    meaning: float = 0.5
    """Weight of the nearness of the sentence's vector to the question's."""
    title: float = 1.5
    """Weight of the share of the title's words that the question has: of two documents that fit, the one that is about
    nothing else."""
    least: float = 0.6
    """A sentence is left out whose score is under this share of the best one's."""


USUAL = Quoting()
RERANKED = Quoting(rank=3.0, half=1.0)
"""Where a reranker judged the passages: then the first one is mostly the right one, and most comes from there."""


@dataclass(frozen=True)
class Quote:
    """A sentence as it stands: ``text == passage.text[start:end]``."""

    passage: Passage
    start: int
    end: int
    text: str
    score: float


def choose(question: str, hits: Sequence[Hit], retriever: Retriever, how: Quoting | None = None) -> list[Quote]:
    """The sentences to quote, passage by passage, that with the best sentence first, within one as they stand there."""
    how = how or usual(retriever)
    return select(candidates(question, hits[: how.passages], retriever, how), how)


def select(found: Sequence[Quote], how: Quoting) -> list[Quote]:
    """The best of the candidates, as many as may be."""
    best = max((quote.score for quote in found), default=0.0)
    chosen: list[Quote] = []
    for quote in sorted(found, key=lambda quote: -quote.score):
        if quote.score < how.least * best or len(chosen) == how.sentences:
            break
        fits = not chosen or sum(len(other.text) for other in chosen) + len(quote.text) <= how.characters
        if fits and _letters(quote.text) not in map(_letters, (other.text for other in chosen)):
            chosen.append(quote)
    first = {quote.passage.id: place for place, quote in reversed(list(enumerate(chosen)))}  # by its best sentence
    return sorted(chosen, key=lambda quote: (first[quote.passage.id], quote.start))


def usual(retriever: Retriever) -> Quoting:
    """How sentences of this index are chosen where nothing else is said."""
    return USUAL if retriever.reranker is None else RERANKED


def _letters(text: str) -> str:
    """By which two sentences are the same: a list's mark makes no other one."""
    return "".join(filter(str.isalnum, text.lower()))


def candidates(question: str, hits: Sequence[Hit], retriever: Retriever, how: Quoting) -> list[Quote]:
    """Every sentence of the passages with its score."""
    asked = AskedWords.of(question, retriever)
    spans = [(place, *span) for place, hit in enumerate(hits) for span in spans_of(hit.passage.text)]
    texts = [hits[place].passage.text[start:end] for place, start, end in spans]
    near = _nearness(question, texts, retriever)
    titles = [_title_share(asked, hit.passage, retriever) for hit in hits]
    found = []
    for (place, start, end), text, nearness in zip(spans, texts, near, strict=True):
        passage = hits[place].passage
        score = how.rank / (1 + place / how.half) + how.place / (1 + start / 200) + how.meaning * nearness
        score += how.words * _share_left(asked, passage, text) + how.title * titles[place]
        found.append(Quote(passage, start, end, text, score))
    return found


def spans_of(text: str) -> list[tuple[int, int]]:
    """(start, end) of the sentences of a passage that say something: with letters, and no question of their own.

    A list goes with the line that leads to it.
    """
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        own = text[start:end]
        if not _LETTER.search(own) or own.endswith("?"):
            continue
        spans.append((start, end))
    return spans


def _title_share(asked: AskedWords, passage: Passage, retriever: Retriever) -> float:
    """The share of the weight of the title's terms that the question has."""
    own = list(dict.fromkeys(asked.of_text(passage.title)))
    weights = retriever.lexical.weights(own)
    known = frozenset().union(*asked.words)
    return float(sum(w for t, w in zip(own, weights, strict=True) if t in known) / (weights.sum() or 1.0))


def _share_left(asked: AskedWords, passage: Passage, sentence: str) -> float:
    """The share of the question's words, without those of the title, that a sentence has."""
    title = frozenset(asked.of_text(f"{passage.title}\n{passage.heading}"))
    return asked.share(frozenset(asked.of_text(sentence)), without=title)


def _nearness(question: str, texts: Sequence[str], retriever: Retriever) -> np.ndarray:
    """(len(texts),) cosines; zeros where the index has no vectors."""
    if retriever.vectors is None or not texts:
        return np.zeros(len(texts))
    encoder = retriever.vectors.encoder
    asked = getattr(encoder, "encode_questions", encoder.encode)([question])[0]
    return np.asarray(encoder.encode(list(texts)) @ asked, np.float64)
