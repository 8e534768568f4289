"""Which language a text is in, and the words that stop and the stemmer that goes with it. Knows nothing of indexes.

The detector is py3langid, the stemmers are Snowball's, the stop words those that bm25s carries. Where the language is
unknown, or nothing is known of it, no word is stopped or stemmed: that loses a few answers, the wrong rules lose more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from slm.errors import import_extra

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""ISO 639-1 to the name of Snowball's algorithm."""

STOP_WORDS = {
    "da": "DANISH", "de": "GERMAN", "en": "EN", "es": "SPANISH", "fr": "FRENCH", "it": "ITALIAN", "nb": "NORWEGIAN",
    "nl": "DUTCH", "nn": "NORWEGIAN", "no": "NORWEGIAN", "pt": "PORTUGUESE", "ru": "RUSSIAN", "sv": "SWEDISH",
    "tr": "TURKISH",
}  # fmt: skip
"""ISO 639-1 to the name of the list in `bm25s.stopwords`."""

ENOUGH = 400  # characters that are looked at
ENOUGH_WORDS = 20
ABOUND = 0.25  # share of stop words among the words; in a neighbouring language it is half of that
DIALECTS = ("nb", "nn")  # have the stop words of "no"
SURE = 0.35  # of all languages together: probabilities come out flat, since the detector tempers them by length
POSSIBLE = 0.1  # share from which a language of the index is considered for a question


def language_of(text: str) -> str:
    """ISO 639-1 code of the language of `text`, '' where it is too short or too mixed to tell.

    A text that is full of one language's stop words is in that language; what else there is, the detector tells.
    """
    head = _head(text)
    words = head.lower().split()
    if len(words) >= ENOUGH_WORDS:
        share, language = max((_share(words, stop_words(code)), code) for code in STOP_WORDS if code not in DIALECTS)
        if share >= ABOUND:
            return language
    language, share = _detector().classify(head)
    return language if share >= SURE else ""


def _share(words: Sequence[str], among: frozenset[str]) -> float:
    return sum(word in among for word in words) / len(words)


def languages_of_question(question: str, among: Sequence[str]) -> tuple[str, ...]:
    """Which of the languages of an index a question may be in, the likeliest first; '' among them where they have it.

    A question is short, so that there may be more than one; in an index of one language it is that one.
    """
    unknown = ("",) if "" in among else ()
    known = tuple(language for language in among if language)
    if len(known) <= 1:
        return known + unknown
    shares = dict(_detector().rank(_head(question)))
    total = sum(shares.get(language, 0.0) for language in known) or 1.0
    ranked = sorted(known, key=lambda language: -shares.get(language, 0.0))
    likely = [language for language in ranked if shares.get(language, 0.0) / total >= POSSIBLE]
    return (*(likely or ranked[:1]), *unknown)


def stop_words(language: str) -> frozenset[str]:
    """The words of `language` that carry no meaning of their own; none where it has no list."""
    return _stop_words(language) if language in STOP_WORDS else frozenset()


def stemmer(language: str) -> Callable[[list[str]], list[str]]:
    """What turns words of `language` into their stems; words stay as they are where it has no stemmer."""
    return _stemmer(STEMMERS[language]) if language in STEMMERS else list


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    lists = import_extra("bm25s.stopwords", "rag", "retrieval")
    return frozenset(getattr(lists, f"STOPWORDS_{STOP_WORDS[language]}"))


@functools.cache
def _stemmer(algorithm: str) -> Callable[[list[str]], list[str]]:
    return import_extra("Stemmer", "rag", "retrieval").Stemmer(algorithm).stemWords


@functools.cache
def _detector() -> Any:
    langid = import_extra("py3langid.langid", "rag", "telling the language of a text")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _head(text: str) -> str:
    return " ".join(text[:ENOUGH].split())
