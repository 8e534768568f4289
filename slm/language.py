"""Which language a text is in, as far as a short one tells: by its letters, and by the small words of each language.

No statistics and no model: a list of words that come often and mean little, for the languages written in Latin
letters that are asked most; for others the script. Knows nothing about what the answer is used for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

WORD = re.compile(r"[^\W\d_]+")

# Words that come often in one language; several may share one.
_SMALL_WORDS = {
    "en": "the is are was what how does with and of my have has for this that it not can you do i to in a an am his "
    "her on at be or if been after when there from he she im cant dont whats should about will would could no "
    "your who why which me just feel feels think get got help please",
    "es": "el de los las una que es como está esta con por para mi tengo tiene duele puedo cuáles cuales síntomas "
    "qué cómo del y no se me muy más hay son su al pero hijo hija",
    "fr": "le de les des une est que qui quels quelles sont dans pour avec mon ma mes je j ai a pas ne du et il "
    "elle vous comment pourquoi quel quelle au sur fait mal très sans",
    "de": "der die das ist und ich nicht mein meine was wie sind ein eine habe hat mit von bei zu den dem auf für "
    "kann keine mir im er sie es welche warum sehr tut weh",
    "it": "il lo gli una che di è sono come cosa con per mio mia ho ha non quali sintomi della del nel si mi perché "
    "molto più quando dolore",
    "pt": "o de os as uma que é como com para meu minha tenho tem não quais sintomas do da em estou eu está muito "
    "mais dor por ele ela",
    "nl": "de het een is ik niet mijn wat hoe zijn heb heeft met van voor te en op kan geen er dat bij naar pijn",
    "pl": "jest nie mam co jak się na w z do jakie są objawy mój moja boli mnie czy to ma",
    "sv": "och är jag inte min mitt vad hur har med för att en ett på det kan som ont av",
    "tr": "bir ve bu ne nasıl mı için çok var benim ağrıyor belirtileri nedir değil",
    "id": "yang dan saya tidak apa bagaimana adalah dengan untuk di ini sakit gejala itu anak",
    "ro": "este si și nu ce cum sunt am un o la cu pentru mea meu simptomele care mă doare",
    "vi": "là và tôi không có của bị gì như thế nào được cho đau những",
}  # fmt: skip
FREQUENT = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}

SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "HIRAGANA": "ja", "KATAKANA": "ja",
    "HANGUL": "ko", "CJK": "zh", "THAI": "th", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta",
}  # fmt: skip

NAMES = {
    "en": "English", "es": "Spanish", "fr": "French", "de": "German", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "sv": "Swedish", "tr": "Turkish", "id": "Indonesian", "ro": "Romanian",
    "vi": "Vietnamese",
}  # fmt: skip


def detect_language(text: str) -> str:
    """'en', 'de', ...: the language of `text`, or of its script the most usual one; '' where too little speaks for any.

    A text in Latin letters is in the language whose small words it has most of, and more of than of any other.
    """
    if script := _script(text):
        return script
    hits = _hits(text)
    first, second = sorted(hits, key=hits.get, reverse=True)[:2]
    return first if hits[first] > hits[second] else ""


def may_be_in(text: str, languages: Sequence[str]) -> bool:
    """Whether nothing speaks for a language other than these."""
    if script := _script(text):
        return script in languages
    hits = _hits(text)
    return max(hits.values()) <= max((hits.get(language, 0) for language in languages), default=0)


def _hits(text: str) -> dict[str, int]:
    """How many words of a text are small words of each language."""
    words = [word.lower() for word in WORD.findall(text.replace("'", "").replace("\u2019", ""))]
    return {language: sum(word in known for word in words) for language, known in FREQUENT.items()}


def language_name(code: str) -> str:
    """'English' for 'en'; the code itself where no name is known."""
    return NAMES.get(code, code)


def _script(text: str) -> str:
    """The language that a script other than Latin stands for, where most letters are of it; else ''."""
    letters = [letter for letter in text[:2000] if letter.isalpha()]
    counts: dict[str, int] = {}
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
        counts[script] = counts.get(script, 0) + 1
    if counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0) > 0:
        return "ja"
    most = max(counts, key=counts.get, default="LATIN")
    return SCRIPTS.get(most, "") if 2 * counts.get(most, 0) > len(letters) else ""
