"""What a search found, as a few figures that say whether it answers the question. No decision is made here.

All are shares, so that they mean about the same in every index. A term weighs the more, the fewer texts have it; one
that no text has weighs most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slm.rag import lexical, vectors
from slm.rag.retriever import LONGEST_QUESTION, Hit, Retriever
from slm.rag.terms import WORD, terms

LOOKED_AT = 5  # passages
HEAD = 300  # characters of what is searched of a passage: title, heading and beginning say what it is about
FULL = 2.5  # times its weight: what BM25 gives a word at most, which is k1 + 1
COMMON = 0.15  # of the weight of a word that no text has: about that of one which every fourth text has
ASKING = {
    "de": "was welche welcher welches wer wen wem wie warum wieso weshalb wann wo woher wohin kann soll muss gibt "
    "oft viel viele lange weit ich mir mich mein meine wir uns unser man finde",
    "en": "what which who whom whose how why when where does did do can could should would will may might tell please "
    "often many much long far soon i me my we us our you your find get",
    "es": "qué cuál cuáles quién quiénes cómo cuándo dónde cuánto cuántos puede hay",
    "fr": "quoi quel quelle quels quelles qui comment pourquoi quand où combien peut faut",
    "it": "cosa quale quali chi come perché quando dove quanto può",
}
"""Words with which one asks, by language. In a small index few texts have them: they would pass for rare words that
tell what is asked about, so they weigh no more than a common word, and nothing where no text has them."""
NAMES = (
    "coverage", "head_coverage", "rarest", "rarest_in_head", "missing", "unknown", "fit", "rarest_often", "weight",
)  # fmt: skip
VECTOR_NAMES = ("similarity", "agreement")


@dataclass(frozen=True)
class AskedWords:
    """The words of a question but for stop words, each once, with their weights (W,).

    A word is the terms that it gives in the languages that the question may be in: where one of them stands, it does.
    """

    words: list[frozenset[str]]
    weights: np.ndarray
    languages: tuple[str, ...]

    @classmethod
    def of(cls, question: str, retriever: Retriever) -> AskedWords:
        languages = retriever.languages(question)
        words = list(dict.fromkeys(_words_of(question[:LONGEST_QUESTION], languages)))
        # A word that one language stems and another does not is as common as the commoner of its forms.
        weights = np.array([float(retriever.lexical.weights(sorted(word)).min()) for word in words])
        asking = frozenset(form for language in languages for form in terms(ASKING.get(language, ""), language))
        asks = np.array([not asking.isdisjoint(word) for word in words], bool)
        heaviest = float(np.log1p(len(retriever.lexical.passages)))  # that of a word which no text has
        kept = np.flatnonzero(~(asks & (weights >= heaviest)))
        weights = np.where(asks, np.minimum(weights, COMMON * heaviest), weights)
        return cls([words[place] for place in kept], weights[kept], languages)

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
    asked = AskedWords.of(question, retriever)
    by_words = _by_words(asked, hits, retriever, question)
    return np.array(by_words if retriever.vectors is None else by_words + _by_vectors(hits))


def _by_words(asked: AskedWords, hits: Sequence[Hit], retriever: Retriever, question: str) -> list[float]:
    if not hits or not asked.words:
        return [0.0] * len(NAMES)
    looked_at = [hit.passage for hit in hits[:LOOKED_AT]]
    texts = retriever.store.searched_texts([passage.id for passage in looked_at])
    bags = [frozenset(asked.of_text(texts.get(passage.id, passage.text))) for passage in looked_at]
    best = int(np.argmax([asked.share(bag) for bag in bags]))
    searched = texts.get(looked_at[best].id, looked_at[best].text)
    head, own = frozenset(asked.of_text(searched[:HEAD])), asked.of_text(searched)
    vocabulary = retriever.lexical.bm25.vocab_dict if len(retriever.lexical.passages) else {}
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
        _fit(asked, hits, retriever, question),
        min(1.0, 10 * sum(term in rarest for term in own) / (len(own) + 10)),
        heaviest / float(np.log1p(len(retriever.lexical.passages))),
    ]


def _fit(asked: AskedWords, hits: Sequence[Hit], retriever: Retriever, question: str) -> float:
    """The best BM25 as a share of what a text could have that is full of the question's words, each as often as the
    question has it: whoever repeats a word gains nothing."""
    counted = Counter(retriever.terms(question))
    times = [max(counted[form] for form in word) for word in asked.words]
    most = FULL * float(asked.weights @ np.maximum(times, 1))
    return min(1.0, max((hit.scores.get(lexical.NAME, 0.0) for hit in hits), default=0.0) / most)


def _by_vectors(hits: Sequence[Hit]) -> list[float]:
    if not hits:
        return [0.0] * len(VECTOR_NAMES)
    found = [hit.scores.get(vectors.NAME, 0.0) for hit in hits]
    ranks = hits[0].ranks
    agreement = [1 / ranks[name] if name in ranks else 0.0 for name in (lexical.NAME, vectors.NAME)]
    return [max(found), min(agreement)]
