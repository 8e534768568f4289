"""What an index is worth, measured by questions that it has the answers to: what it finds, whether it cites rightly,
whether it stays silent where it should.

The right document of a question is the one whose text is a reference answer, white space aside; documents of the same
text are one. Each function gives a section for people and programs, and a line for each question. Without torch.
"""

from __future__ import annotations

import contextlib
import copy
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from slm.evaluation.answers import Asked
from slm.evaluation.intervals import mean_interval, percent_with_interval, share_of, with_interval
from slm.evaluation.sections import Mark, Plot, Row, Section, Table, mean_mark, percent_mark
from slm.rag import abstention, lexical, vectors
from slm.rag.answering import PASSAGES, Answer, answer
from slm.rag.calibration import area_interval, area_under_roc, coverage_at_precision
from slm.rag.held_out import MOST_PASSAGES, SHARE, index_without, subject_of, taken_out
from slm.rag.index_domain import domain_of
from slm.rag.measures import ndcg_at, recall_at
from slm.rag.passages import Passage
from slm.rag.reranker import CANDIDATES
from slm.rag.retriever import Progress, Retriever
from slm.rag.store import digest_of

MEASURES = {
    "recall@1": functools.partial(recall_at, k=1),
    "recall@5": functools.partial(recall_at, k=5),
    "recall@10": functools.partial(recall_at, k=10),
    "nDCG@10": functools.partial(ndcg_at, k=10),
}
FOUND = "as slm search ranks"
WAYS = {lexical.NAME: "by words (BM25)", vectors.NAME: "by vectors"}
PRECISION = 0.95  # at which coverage is told
ANSWERABLE, TAKEN_OUT = "answerable", "subjects taken out"
SOME_MISSING = (
    f"{100 * SHARE:.0f} % of the subjects were taken out of a copy of the index: what is missing beside its like is "
    "harder to tell than what is made up."
)
NONE_MISSING = (
    "The harder kind, questions on subjects that were taken out of the index, was not asked: too few titles, or more "
    f"than {MOST_PASSAGES:,} passages."
)

Measured = tuple[Section, list[dict[str, Any]]]


class IndexQuestions:
    """An index, and those of the questions `asked` that a document of it answers; `left_out` counts the others."""

    def __init__(
        self, retriever: Retriever, asked: Sequence[Asked], progress: Progress = lambda what, done, total: None
    ):
        self.retriever, self.progress = retriever, progress
        self._titles, self._words = retriever.store.titles(), {}
        for done, number in enumerate(self._titles, 1):
            self._words[number] = _words(retriever.store.document_text(number))
            if done % 1000 == 0:
                progress("reading documents", done, len(self._titles))
        known = frozenset(self._words.values())
        right = {item.question: known & set(map(_words, item.references)) for item in asked}
        self.right = {question: documents for question, documents in right.items() if documents}
        self.left_out = len(right) - len(self.right)

    def only(self, questions: Sequence[str]) -> IndexQuestions:
        """The same with some of the questions alone."""
        drawn = copy.copy(self)
        drawn.right = {question: self.right[question] for question in questions}
        return drawn

    def subjects(self) -> dict[str, str]:
        """What each question is about: of the titles of its right documents the one that it has most words of."""
        titles: dict[bytes, list[str]] = {}
        for number, words in self._words.items():
            titles.setdefault(words, []).append(subject_of(self._titles[number]))
        found = {}
        for question, right in self.right.items():
            own = set(subject_of(question).split())
            several = [subject for words in right for subject in titles[words]]
            found[question] = max(several, key=lambda subject: _share_of(subject.split(), own))
        return found

    def texts(self, passages: Sequence[Passage]) -> list[bytes]:
        """The documents of these passages by their words, each once, in order."""
        found = (self._words.get(passage.document) for passage in passages)
        return list(dict.fromkeys(words for words in found if words is not None))

    def each(self, what: str, questions: Sequence[str] = ()) -> Iterator[str]:
        """The questions, all where none are named, with progress."""
        several = questions or list(self.right)
        for done, question in enumerate(several, 1):
            yield question
            self.progress(what, done, len(several))

    def rankings(self) -> dict[str, list[list[bytes]]]:
        """By the way to rank: what each question finds, the best first. With words alone there is but one way."""
        several = self.retriever.vectors is not None
        ranked: dict[str, list[list[bytes]]] = {}
        for question in self.each("searching the index"):
            for name, ranking in self.retriever.rankings(question, CANDIDATES).items():
                passages = self.retriever.store.passages([number for number, _ in ranking])
                ranked.setdefault(WAYS[name], []).append(self.texts(passages))
            if several:
                hits = self.retriever.search(question, CANDIDATES)
                ranked.setdefault(FOUND, []).append(self.texts([hit.passage for hit in hits]))
        return ranked

    @property
    def notes(self) -> list[str]:
        counts = self.retriever.store.counts()
        size = f"{counts['documents']:,} documents in {counts['passages']:,} passages"
        notes = [f"Of {self.retriever.store.name}, an index of {size}; no model writes here."]
        if self.left_out:
            notes.append(f"{self.left_out:,} questions left out: no document of the index is their answer.")
        return notes

    @property
    def about(self) -> dict[str, Any]:
        """What every section's figures begin with."""
        return {"index": str(self.retriever.place), "questions": len(self.right), "left_out": self.left_out}


def _share_of(words: Sequence[str], present: set[str]) -> float:
    return sum(word in present for word in words) / len(words) if words else 0.0


def _words(text: str) -> bytes:
    return digest_of(" ".join(text.split()))


def retrieval_section(own: IndexQuestions, title: str) -> Measured:
    """How often the right document is among the first, by each way to rank."""
    rankings, right = own.rankings(), list(own.right.values())
    figures = {
        way: {name: _mean(measure(found, right)) for name, measure in MEASURES.items()}
        for way, found in rankings.items()
    }
    rows = tuple((name, *(with_interval(*one[name].values()) for one in figures.values())) for name in MEASURES)
    first, last = next(iter(figures)), list(figures)[-1]
    plot = Plot(
        "share of questions", tuple(
            Row(name, mean_mark(figures[last][name]), mean_mark(figures[first][name]) if first != last else None)
            for name in MEASURES
        ), last, first if first != last else "",
    )  # fmt: skip
    notes = [
        f"{len(right):,} questions. recall@k: the share whose right document is among the first k; nDCG@10 counts it "
        "the less, the later it comes. In brackets the 95 % interval over questions drawn with replacement.",
        *own.notes,
    ]
    items = [
        {"question": question, "places": {way: _place(found[number], documents) for way, found in rankings.items()}}
        for number, (question, documents) in enumerate(own.right.items())
    ]
    table = Table(("", *figures), rows)
    return Section(title, (table,), tuple(notes), {**own.about, "rankings": figures}, (plot,)), items


def _place(found: Sequence[bytes], right: frozenset[bytes]) -> int | None:
    return next((place for place, words in enumerate(found, 1) if words in right), None)


def citation_section(own: IndexQuestions, title: str) -> Measured:
    """Whether quotes stand word for word where they say, and whether they are from the right document."""
    counts: Counter[str] = Counter()
    items = []
    domain = domain_of(own.retriever.store)
    for question in own.each("answering from the index"):
        found, right = answer(question, own.retriever, domain), own.right[question]
        sources = own.texts(found.sources)
        line = {
            "answered": found.answered, "quotes": len(found.quotes), "verbatim": verbatim(own.retriever, found),
            "first_right": bool(sources) and sources[0] in right, "any_right": not right.isdisjoint(sources),
        }  # fmt: skip
        counts.update(line)
        items.append({"question": question, "probability": found.probability, **line})
    counted = {
        "questions that are answered": (counts["answered"], len(items)),
        "quotes word for word where they say": (counts["verbatim"], counts["quotes"]),
        "answers with a right source": (counts["any_right"], counts["answered"]),
        "answers whose first source is right": (counts["first_right"], counts["answered"]),
    }
    shares = {name: share_of(*parts) for name, parts in counted.items()}
    rows = tuple(
        (name, "{:,} of {:,}".format(*counted[name]), percent_with_interval(share)) for name, share in shares.items()
    )
    notes = [
        "In percent, in brackets Wilson's 95 % interval. A source is right where the whole document is a reference "
        "answer: others may answer too.",
        *own.notes,
    ]
    plot = Plot("percent", tuple(Row(name, percent_mark(share)) for name, share in shares.items()))
    figures = {**own.about, "shares": shares}
    return Section(title, (Table(("", "count", "percent"), rows),), tuple(notes), figures, (plot,)), items


def verbatim(retriever: Retriever, found: Answer) -> int:
    """How many quotes of an answer stand word for word in their documents' own text, at the place that is told."""
    texts = {source.document: retriever.store.document_text(source.document) for source in found.sources}
    places = ((quote, quote.passage.start) for quote in found.quotes)
    return sum(
        texts[quote.passage.document][start + quote.start : start + quote.end] == quote.text for quote, start in places
    )


def abstention_section(own: IndexQuestions, unanswerable: dict[str, list[str]], seed: int, title: str) -> Measured:
    """Whether the probability that sources answer tells answerable questions from those of each `unanswerable` kind,
    and from those on subjects that `seed` draws and that a copy of the index has lost."""
    with _without_some(own, seed) as (retriever, answerable, missing):
        asked = {ANSWERABLE: answerable} | ({TAKEN_OUT: missing} if missing else {}) | unanswerable
        said = {kind: _probabilities(own.each(f"judging: {kind}", some), retriever) for kind, some in asked.items()}
        threshold = abstention.judge_of(retriever).threshold
    good = said[ANSWERABLE]
    figures = {
        kind: {
            "questions": len(bad), "area": area_under_roc(good, bad), "area_interval": area_interval(good, bad),
            "coverage": coverage_at_precision(good, bad, PRECISION)[0], "answered": _answered(bad, threshold),
        }
        for kind, bad in said.items() if kind != ANSWERABLE
    }  # fmt: skip
    rows = tuple(
        (kind, f"{one['questions']:,}", with_interval(one["area"], one["area_interval"]), f"{one['coverage']:.3f}",
         percent_with_interval(one["answered"]))
        for kind, one in figures.items()
    )  # fmt: skip
    answered = _answered(good, threshold)
    notes = [
        f"Area under ROC: how often one of {len(good):,} answerable questions gets a higher probability than an "
        "unanswerable one; in brackets the 95 % interval over questions of both kinds drawn with replacement.",
        f"Coverage: the share of answerable questions that can be answered while {100 * PRECISION:.0f} % of all that "
        "is answered is answerable, half of all questions being such.",
        f"Answered: percent that get an answer, from a probability of {threshold:g} up, with Wilson's interval; of the "
        f"answerable ones {percent_with_interval(answered)}.",
        SOME_MISSING if missing else NONE_MISSING,
        *own.notes,
    ]
    plot = Plot(
        "probability that the sources answer", tuple(Row(kind, _spread(values)) for kind, values in said.items()),
        "median; nine of ten lie within the whiskers; the line: from here an answer is given", line=threshold,
        whiskers="90 %",
    )  # fmt: skip
    columns = ("unanswerable", "questions", "area under ROC", "coverage", "answered")
    kept = {**own.about, "threshold": threshold, "answered": answered, "kinds": figures}
    items = [
        {"kind": kind, "question": question, "probability": float(value)}
        for kind, some in asked.items()
        for question, value in zip(some, said[kind], strict=True)
    ]
    return Section(title, (Table(columns, rows),), tuple(notes), kept, (plot,)), items


@contextlib.contextmanager
def _without_some(own: IndexQuestions, seed: int) -> Iterator[tuple[Retriever, list[str], list[str]]]:
    """An index, the questions that it answers, and those whose subject was taken out of it."""
    subjects = own.subjects()
    out = taken_out([subject for subject in subjects.values() if subject], seed)
    if not out or own.retriever.store.counts()["passages"] > MOST_PASSAGES:
        yield own.retriever, list(subjects), []
        return
    missing = [question for question, subject in subjects.items() if subject in out]
    with index_without(own.retriever, out, own.progress) as retriever:
        yield retriever, [question for question in subjects if question not in missing], missing


def _probabilities(questions: Iterable[str], retriever: Retriever) -> np.ndarray:
    return np.array([
        abstention.probability(question, retriever.search(question, PASSAGES), retriever) for question in questions
    ])  # fmt: skip


def _answered(probabilities: np.ndarray, threshold: float) -> dict[str, Any]:
    return share_of(int((probabilities >= threshold).sum()), len(probabilities))


def _mean(values: np.ndarray) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval": mean_interval(values)}


def _spread(values: np.ndarray) -> Mark:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
    return Mark(middle, low, high)
