"""A question answered in the words of the sources, or "not in my sources": whether is decided first, by a probability.

No text of a model comes into an answer here. Every quote is checked against its passage when the answer is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slm.domain import Domain, Heading, heading
from slm.errors import DataError
from slm.rag import abstention
from slm.rag.passages import Passage
from slm.rag.quoting import Quote, Quoting, choose
from slm.rag.retriever import Hit, Retriever
from slm.rag.store import Store

NOT_FOUND = "Not in my sources."
NEAREST = 5
PASSAGES = 10


@dataclass(frozen=True)
class Answer:
    """What the sources say to a question."""

    question: str
    heading: Heading
    """What stands before it: advice, remark, notice."""
    probability: float
    """That the sources answer the question."""
    threshold: float
    """From which the answer is given."""
    quotes: tuple[Quote, ...]
    """Sentences in the order in which they are shown; none where the sources do not answer."""
    nearest: tuple[Passage, ...]
    """Where they do not: the passages that came nearest."""

    @property
    def answered(self) -> bool:
        return bool(self.quotes)

    @property
    def sources(self) -> list[Passage]:
        """The passages that are quoted, each once, in the order of their numbers, which begin at 1."""
        return list({quote.passage.id: quote.passage for quote in self.quotes}.values())

    def number(self, quote: Quote) -> int:
        """The number of the source of a quote."""
        return [passage.id for passage in self.sources].index(quote.passage.id) + 1

    def text(self) -> str:
        """The quotes with their numbers, each on a line of its own wherever its document broke it, a paragraph for each
        source; or that there is no answer."""
        if not self.answered:
            return NOT_FOUND
        paragraphs: dict[int, list[str]] = {}
        for quote in self.quotes:
            number = self.number(quote)
            paragraphs.setdefault(number, []).append(f"{' '.join(quote.text.split())} [{number}]")
        return "\n\n".join("\n".join(own) for own in paragraphs.values())

    def citations(self) -> list[dict[str, Any]]:
        """For programs: number, title, url, source, the passage, and where in it and in its document quotes stand."""
        return [
            {**_described(passage), "number": number, "passage": passage.text, "quotes": [
                {"text": quote.text, "start": quote.start, "end": quote.end,
                 "document_start": passage.start + quote.start, "document_end": passage.start + quote.end}
                for quote in self.quotes if quote.passage.id == passage.id
            ]}
            for number, passage in enumerate(self.sources, 1)
        ]  # fmt: skip

    def fields(self) -> dict[str, Any]:
        """For programs: the heading's fields, then the rest."""
        return {
            **self.heading.fields(), "question": self.question, "answered": self.answered, "answer": self.text(),
            "probability": round(self.probability, 4), "threshold": self.threshold, "citations": self.citations(),
            "nearest": [_described(passage) for passage in self.nearest],
        }  # fmt: skip


def _described(passage: Passage) -> dict[str, Any]:
    return {"title": passage.title, "heading": passage.heading, "url": passage.url, "source": passage.source,
            "document": passage.document, "position": passage.position}  # fmt: skip


def answer(
    question: str, retriever: Retriever, domain: Domain, how: Quoting | None = None, threshold: float | None = None,
    told: str = "",
) -> Answer:  # fmt: skip
    """What the sources of an index say to a question, from a probability of `threshold` up (by default the judge's).

    Signs of an emergency are looked for in the question and in what was `told` before it. Raises ConfigError for an
    empty question, DataError for damage.
    """
    before = heading(domain, f"{question}\n{told}" if told else question)
    hits = retriever.search(question, PASSAGES)
    judge = abstention.judge_of(retriever)
    threshold = judge.threshold if threshold is None else threshold
    probability = abstention.probability(question, hits, retriever, judge)
    quotes = choose(question, hits, retriever, how) if probability >= threshold else []
    nearest = () if quotes else tuple(_documents(hits)[:NEAREST])
    return Answer(question, before, probability, threshold, checked(quotes, retriever.store), nearest)


def checked(quotes: Sequence[Quote], store: Store) -> tuple[Quote, ...]:
    """The quotes, each of which stands in its passage word for word, as the store has it now.

    Raises DataError for one that does not.
    """
    stored = {passage.id: passage.text for passage in store.passages([quote.passage.id for quote in quotes])}
    for quote in quotes:
        if not quote.text or stored.get(quote.passage.id, "")[quote.start : quote.end] != quote.text:
            raise DataError(
                f"{store.place}: expected to quote {quote.passage.source} word for word, found other words there; the "
                "index changed meanwhile: ask again"
            )
    return tuple(quotes)


def _documents(hits: Sequence[Hit]) -> list[Passage]:
    """The first passage of each document, one of those that have title and address in common."""
    first: dict[tuple[str, str], Passage] = {}
    for hit in hits:
        passage = hit.passage
        first.setdefault((passage.title, passage.url or str(passage.document)), passage)
    return list(first.values())
