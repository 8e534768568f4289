"""A text as the terms that a lexical index counts. The same for passages and questions, or nothing would match.

Words in lower case, without accents, stopped and stemmed as their language has it. Scripts without spaces are cut into
pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from slm.rag.languages import stemmer, stop_words

TERMS_VERSION = 2
"""Raised whenever this module would make other terms of the same text."""

LONGEST_WORD = 64  # characters; what is longer is data, and its beginning tells it well enough
WORD = re.compile(r"\w\w+|(?<!['’])\b\w\b")  # also type 2, hepatitis B; not the s of its
_UNSPACED = re.compile(  # Thai and Lao, Burmese, Khmer, kana, Han
    "[\u0e00-\u0edf\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ACCENTS = re.compile("[\u0300-\u036f]+")


def terms(text: str, language: str) -> list[str]:
    """The terms of `text`, in order, with repetitions; [] where it has no words but stop words."""
    stopped = stop_words(language)
    words = [word[:LONGEST_WORD] for word in WORD.findall(text.lower()) if word not in stopped]
    if not text.isascii():
        words = [part for word in words for part in _without_spaces(word)]
    stems = stemmer(language)(words)
    return stems if text.isascii() else list(map(without_accents, stems))


def question_terms(question: str, languages: Iterable[str]) -> list[str]:
    """The terms of a question in each of the languages that it may be in, each once a language has it."""
    languages = tuple(languages)
    found = [terms(question, language) for language in languages]
    if len(found) <= 1:
        return found[0] if found else []
    stopped = frozenset().union(*map(stop_words, languages))
    return list(dict.fromkeys(term for some in found for term in some if term not in stopped))


def _without_spaces(word: str) -> list[str]:
    """A word as it is; a run of a script without spaces as its overlapping pairs of characters."""
    if not _UNSPACED.search(word):
        return [word]
    parts, place = [], 0
    for run in _UNSPACED.finditer(word):
        parts += [word[place : run.start()]] * (run.start() > place)
        pairs = [run[0][first : first + 2] for first in range(len(run[0]) - 1)]
        parts += pairs or [run[0]]
        place = run.end()
    return parts + [word[place:]] * (place < len(word))


def without_accents(word: str) -> str:
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word)))
