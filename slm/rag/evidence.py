"""What a search found, as a few figures that say whether it answers the question. No decision is made here.

All are shares, so that they mean about the same in every index. A term weighs the more, the fewer texts have it, where
texts are those of the index and, as a Bayesian prior that decides in a small index, `PRIOR` texts of English at large.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slm.rag import common_words, vectors
from slm.rag.retriever import LONGEST_QUESTION, Hit, Retriever
from slm.rag.terms import WORD, terms

LOOKED_AT = 5  # passages
HEAD = 300  # characters of what is searched of a passage: title, heading and beginning say what it is about
PRIOR = 3000  # texts
DENSE = 10  # a word that is every tenth of a long passage counts half, and more than half where it is more
ASKED = 0.2  # of all texts at least are taken to have each of these words:
ASKING = {
    "de": "was welche welcher welches wer wen wem wie warum wieso weshalb wann wo woher wohin kann soll muss gibt "
    "oft viel viele lange weit ich mir mich mein meine wir uns unser man finde",
    "en": "what which who whom whose how why when where does did do can could should would will may might tell please "
    "often many much long far soon i me my we us our you your find get",
    "es": "qué cuál cuáles quién quiénes cómo cuándo dónde cuánto cuántos puede hay",
    "fr": "quoi quel quelle quels quelles qui comment pourquoi quand où combien peut faut",
    "it": "cosa quale quali chi come perché quando dove quanto può",
}
"""Words with which one asks, by language. They tell nothing about what is asked about; a small index may lack them, and
of most languages nothing else says that they are common."""
NAMES = (
    "coverage", "head_coverage", "rarest", "rarest_in_head", "missing", "unknown", "fit", "weight", "size",
    "coverage_in_small", "unknown_in_small",
)  # fmt: skip
"""The last two are the figures of these names as far as the index is small (times 1 - size): in a large index a wrong
text has many words of a question by chance, in a small one it does not."""
VECTOR_NAMES = ("similarity",)
LARGE = 10  # ln(1 + texts) of an index that is not small at all: 22,000, as in the largest that the judge was fitted on


@dataclass(frozen=True)
class AskedWords:
    """The words of a question but for stop words, each once, with their weights (W,).

    A word is the terms that it gives in the languages that the question may be in: where one of them stands, it does.
    """

    words: list[frozenset[str]]
    weights: np.ndarray
    languages: tuple[str, ...]
    heaviest: float
    """Weight of a word that no text has."""

    @classmethod
    def of(cls, question: str, retriever: Retriever) -> AskedWords:
        languages = retriever.languages(question)
        words = list(dict.fromkeys(_words_of(question[:LONGEST_QUESTION], languages)))
        # A word that one language stems and another does not is as common as the commoner of its forms.
        forms = sorted(frozenset().union(*words))
        known = dict(zip(forms, retriever.lexical.counts(forms).tolist(), strict=True))
        counts = np.array([max(known[form] for form in word) for word in words])
        asking = frozenset(form for language in languages for form in terms(ASKING.get(language, ""), language))
        asks = np.array([not asking.isdisjoint(word) for word in words], bool)
        english = not {common_words.LANGUAGE, ""}.isdisjoint(languages)
        usual = np.array([max(map(common_words.share_of_texts, word)) if english else 0.0 for word in words])
        usual = np.where(asks, np.maximum(usual, ASKED), usual)
        texts = PRIOR + retriever.lexical.size
        weights = np.log1p(texts / (1 + counts + PRIOR * usual))
        kept = np.flatnonzero(~asks | (counts > 0))
        return cls([words[place] for place in kept], weights[kept], languages, float(np.log1p(texts)))

    def share(self, present: Collection[str], without: Collection[str] = ()) -> float:
        """The share of the weight of the words that are `present`, of those that are not in `without`; else 0."""
        pairs = list(zip(self.words, self.weights.tolist(), strict=True))
        pairs = [(word, weight) for word, weight in pairs if word.isdisjoint(without)]
        total = sum(weight for _, weight in pairs)
        return sum(weight for word, weight in pairs if not word.isdisjoint(present)) / total if total else 0.0

    def of_text(self, text: str) -> list[str]:
        """The terms of a text, made in the languages of the question."""
        return [term for language in self.languages for term in terms(text, language)]

    @property
    def rarest(self) -> frozenset[str]:
        return self.words[int(self.weights.argmax())] if self.words else frozenset()


def _words_of(question: str, languages: tuple[str, ...]) -> Iterator[frozenset[str]]:
    for word in WORD.findall(question):
        forms = [terms(word, language) for language in languages]
        if not all(forms):
            continue  # a stop word in one of them
        if max(map(len, forms)) == 1:
            yield frozenset(form for own in forms for form in own)
        else:  # a script without spaces: its parts are words of their own
            yield from (frozenset([form]) for form in forms[0])


def evidence(question: str, hits: Sequence[Hit], retriever: Retriever) -> np.ndarray:
    """(F,) the figures of `NAMES`, and where the index has vectors those of `VECTOR_NAMES` too."""
    size = min(1.0, float(np.log1p(retriever.lexical.size)) / LARGE)
    by_words = _by_words(AskedWords.of(question, retriever), hits, retriever)
    in_small = [(1 - size) * by_words[NAMES.index(name)] for name in ("coverage", "unknown")]
    figures = [*by_words, size, *in_small]
    if retriever.vectors is not None:  # a small index may be about something that the encoder never saw
        figures.append(size * max((hit.scores.get(vectors.NAME, 0.0) for hit in hits), default=0.0))
    return np.array(figures)


def _by_words(asked: AskedWords, hits: Sequence[Hit], retriever: Retriever) -> list[float]:
    """From 'coverage' to 'weight'."""
    if not hits or not asked.words:
        return [0.0] * NAMES.index("size")
    looked_at = [hit.passage for hit in hits[:LOOKED_AT]]
    texts = retriever.store.searched_texts([passage.id for passage in looked_at])
    searched = [texts.get(passage.id, passage.text) for passage in looked_at]
    bags = [Counter(asked.of_text(text)) for text in searched]
    best = int(np.argmax([asked.share(bag) for bag in bags]))
    head = frozenset(asked.of_text(searched[best][:HEAD]))
    forms = sorted(frozenset().union(*asked.words))
    vocabulary = {form for form, count in zip(forms, retriever.lexical.counts(forms), strict=True) if count}
    missing = [w for t, w in zip(asked.words, asked.weights.tolist(), strict=True) if t.isdisjoint(bags[best])]
    rarest = asked.rarest
    heaviest = float(asked.weights.max())
    return [
        asked.share(bags[best]),
        asked.share(head),
        float(not rarest.isdisjoint(bags[best])),
        float(not rarest.isdisjoint(head)),
        max(missing, default=0.0) / heaviest,
        1 - asked.share(vocabulary),
        max(_fit(asked, bag) for bag in bags),
        heaviest / asked.heaviest,
    ]


def _fit(asked: AskedWords, bag: Counter[str]) -> float:
    """How full a text is of the question's words: BM25's saturation, with weights and a length that no index moves."""
    times = np.array([sum(bag[form] for form in word) for word in asked.words])
    return float(asked.weights @ (times / (times + (bag.total() + DENSE) / DENSE)) / asked.weights.sum())
