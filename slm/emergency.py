"""Does a text tell of an emergency? A list of patterns decides, and says which did, so that a person can follow it.

How a text is read; every word of it stands in the list:

1. words in lower case without apostrophes ("can't" is "cant"), spellings of one thing made one (`same`); a word one
   edit away from one of `misspelled` is read as that one, unless it stands in the list or among `lookalikes`;
2. sentences that ask as one asks a book (they begin with one of `openings`, and nobody of `persons` is named in the
   text) are left out, and a text that tells of what is over (`past`, and no word of `present`) is no emergency;
   a sign can be exempt (`always`);
3. a pattern (`slm.text_patterns`) is found where its words stand close together, none just behind a negation;
4. where no pattern of a sign is found, clues add up: each of its `strong` ones counts 3, each of its `hints` 1, and
   beside them anything `urgent` 1; anything `calm` in the text takes 2 away, but for signs that are exempt. 3 alarm.

Knows nothing about where the list comes from, or who shows the advice.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from slm.errors import ConfigError
from slm.text_patterns import Pattern, Spelling, Spot, Word, Words, words_of

SENTENCE_END = re.compile(r"[.?!\n]")
CLAUSE_END = re.compile(r"[.?!\n,;:]")
STRONG, HINT, CALM, ENOUGH = 3, 1, -2, 3
"""What clues count, and the sum that alarms: a strong clue or three hints, with two more where the text is calm."""


@dataclass(frozen=True)
class Source:
    """Where it is written that something is a sign of an emergency, and what to do."""

    name: str
    """The page's title and who publishes it."""
    url: str
    """Its address."""


@dataclass(frozen=True)
class Sign:
    """One kind of emergency."""

    kind: str
    """A short name for programs, such as 'stroke'."""
    title: str
    """What it is, for people."""
    advice: str
    """What to do, shown behind the list's own advice."""
    sources: tuple[Source, ...]
    """The pages that this stands on."""
    patterns: tuple[str, ...]
    """In which words it is told: one that is found alarms."""
    strong: tuple[str, ...] = ()
    """Patterns that alarm unless the text is calm."""
    hints: tuple[str, ...] = ()
    """Patterns that alarm where three of them are found, or two beside a strong one in a calm text."""
    always: bool = False
    """Whether it alarms also where a text asks as one asks a book, is calm, or tells of what is over."""


@dataclass(frozen=True)
class Emergency:
    """A sign that was found. `phrase` are the words of the text that told of it, `pattern` is what they fit."""

    kind: str
    title: str
    advice: str
    phrase: str
    pattern: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class EmergencyList:
    """The words by which emergencies are told, and what to advise. Raises ConfigError for a pattern that is none."""

    advice: str
    """What comes first whatever it is: whom to call."""
    signs: tuple[Sign, ...]
    """The kinds of emergency; the first that fits counts."""
    other_languages: str = ""
    """What is said to a question in a language that the domain does not cover."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that patterns use together, by the name that they write in braces."""
    same: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Spellings that are read as the one word before them."""
    persons: tuple[str, ...] = ()
    """Words that show that somebody is meant: i, my, dad."""
    openings: tuple[str, ...] = ()
    """First words of a sentence that asks as one asks a book, where nobody is meant."""
    past: tuple[str, ...] = ()
    """Patterns of what is over, or only thought of."""
    present: tuple[str, ...] = ()
    """Words with which it is not over whatever else is said: now, again."""
    negations: tuple[str, ...] = ()
    """Words that take back what stands right behind them."""
    negation_reach: int = 3
    """How many words behind a negation are taken back."""
    window: int = 8
    """Words from the first to the last of a pattern, at most."""
    urgent: tuple[str, ...] = ()
    """Patterns that tell of haste or fear: together a hint beside a clue of any sign."""
    calm: tuple[str, ...] = ()
    """Patterns of how people ask about what is no emergency: a bit, how often, can I."""
    clue_window: int = 60
    """Words from the first to the last of the clues that add up, at most."""
    misspelled: tuple[str, ...] = ()
    """Words that are recognised with one letter wrong, where they have five letters or more."""
    lookalikes: tuple[str, ...] = ()
    """Words that are spelled right although they look like one of `misspelled`."""

    def __post_init__(self) -> None:
        for name in ("window", "negation_reach", "clue_window"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} expects a whole number from 1 up, got {getattr(self, name)}")
        # What is wrong in a pattern shows when the list is read.
        self._patterns, self._clues, self._urgent, self._calm, self._past  # noqa: B018

    def find(self, text: str) -> Emergency | None:
        """The first sign that `text` tells of, or None."""
        words = self._read(text)
        everything, told = Words(words), Words([word for word in words if not word.asked])
        over = not self._present & {word.text for word in words} and any(past.find(told) for past in self._past)
        signs = [(sign, everything if sign.always else told) for sign in self.signs if sign.always or not over]
        for find in (self._by_pattern, self._by_clues):
            for sign, its in signs:
                if found := find(sign, its):
                    spots, pattern = found
                    first, last = min(spot[0] for spot in spots), max(spot[1] for spot in spots)
                    phrase = " ".join(text[its[first].start : its[last].end].split())
                    advice = f"{self.advice} {sign.advice}"
                    return Emergency(sign.kind, sign.title, advice, phrase, pattern, sign.sources)
        return None

    def _by_pattern(self, sign: Sign, words: Words) -> tuple[list[Spot], str] | None:
        """Where the first pattern of a sign is found, and the pattern."""
        found = ((pattern.find(words), pattern.text) for pattern in self._patterns[sign.kind])
        return next(((spots, text) for spots, text in found if spots), None)

    def _by_clues(self, sign: Sign, words: Words) -> tuple[list[Spot], str] | None:
        """Where enough clues of a sign stand close to one another, and the patterns of them. Each word tells once."""
        calm = not sign.always and any(calm.find(words) for calm in self._calm)
        enough = ENOUGH - CALM if calm else ENOUGH
        told: set[int] = set()
        found: list[tuple[list[Spot], int, str]] = []
        strong, hints = self._clues[sign.kind]
        for clues, points in ((strong, STRONG), (hints, HINT), (self._urgent, HINT)):
            if clues is self._urgent and not found:
                break
            for clue in clues:
                if spots := clue.find(words, told):
                    told.update(place for first, last in spots for place in range(first, last + 1))
                    found.append((spots, points, clue.text))
                    if clues is self._urgent:
                        break
        found.sort()
        for number, (begin, _, _) in enumerate(found):
            close = [clue for clue in found[number:] if clue[0][-1][1] - begin[0][0] < self.clue_window]
            if sum(points for _, points, _ in close) >= enough:
                return [spot for spots, _, _ in close for spot in spots], " + ".join(text for _, _, text in close)
        return None

    @cached_property
    def _patterns(self) -> dict[str, list[Pattern]]:
        return {sign.kind: [self._pattern(text) for text in sign.patterns] for sign in self.signs}

    @cached_property
    def _clues(self) -> dict[str, tuple[list[Pattern], list[Pattern]]]:
        """The strong clues of each sign, by its kind, and its hints."""
        return {
            sign.kind: ([*map(self._pattern, sign.strong)], [*map(self._pattern, sign.hints)]) for sign in self.signs
        }

    @cached_property
    def _urgent(self) -> list[Pattern]:
        return [self._pattern(text) for text in self.urgent]

    @cached_property
    def _past(self) -> list[Pattern]:
        return [self._pattern(text) for text in self.past]

    @cached_property
    def _calm(self) -> list[Pattern]:
        return [self._pattern(text) for text in self.calm]

    def _pattern(self, text: str) -> Pattern:
        return Pattern(text, self.words, self.window, self.negations)

    @cached_property
    def _same(self) -> dict[tuple[str, ...], str]:
        return {tuple(spelling.split()): word for word, spellings in self.same.items() for spelling in spellings}

    @cached_property
    def _spelling(self) -> Spelling:
        patterns = [*self._past, *self._urgent, *self._calm, *itertools.chain(*self._patterns.values())]
        patterns += [clue for strong, hints in self._clues.values() for clue in (*strong, *hints)]
        right = {word for pattern in patterns for word in pattern.vocabulary()}
        phrases = (*self.persons, *self.openings, *self.negations, *self.present, *self.lookalikes)
        return Spelling(self.misspelled, right.union(" ".join(phrases).split()))

    def _read(self, text: str) -> list[Word]:
        """The words of a text, marked: is its sentence one that asks a book, does a negation take it back."""
        words = words_of(text, self._same)
        for word in words:
            word.text = self._spelling.corrected(word.text)
        personal = not self._persons.isdisjoint(word.text for word in words)
        end, asked, negated = 0, False, 0
        for number, word in enumerate(words):
            between = text[end : word.start] if number else "\n"
            if SENTENCE_END.search(between):
                asked = not personal and self._opens(words[number : number + 4])
            if CLAUSE_END.search(between):
                negated = 0
            word.asked, word.negated = asked, negated > 0
            negated = self.negation_reach if word.text in self.negations else negated - 1
            end = word.end
        return words

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(self.present)

    @cached_property
    def _persons(self) -> frozenset[str]:
        return frozenset(self.persons)

    def _opens(self, words: Sequence[Word]) -> bool:
        begun = " ".join(word.text for word in words) + " "
        return any(begun.startswith(f"{opening} ") for opening in self.openings)
