"""Patterns of words that stand near one another in a text, and texts as words, misspellings read as what was meant.

    chest pain            both words, in any order, within the window
    chest|heart hurt*     one of two, and a word that begins with hurt
    {family} fell         one of the words called family; one may be several words, joined as in the next line
    cant_breathe          the one right behind the other
    fire !camp            no such word within the window around it
    a b /4                within 4 words

A pattern is found in time linear in the text. Knows nothing about what the patterns are for.
"""

from __future__ import annotations

import collections
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slm.errors import ConfigError, nearest

INSIDE = "['\u2018\u2019\u02bc`\u00b4\u00ad\u200b-\u200f\u2060\ufeff]"  # apostrophes, and what is not seen
WORD = re.compile(rf"[^\W_]+(?:{INSIDE}+[^\W_]+)*")
POSSESSIVE = re.compile(rf"{INSIDE}+[sS]$")
BEHIND = re.compile(r"_(?![^{]*\})")  # not the one in the name of a list
STEP = re.compile(r"\{\w+\}|[^\W_]+\*?")
LIST = re.compile(r"\{\w+\}")
SHORTEST_CORRECTED = 5
SHORTEST_MISSPELLED = 4

REMEMBERED = 4  # spots of a term that are looked at behind one another
Spot = tuple[int, int]
"""The first and the last place of words in a row."""


class Step:
    """What may stand in one place: whole words, and beginnings, written with a star."""

    def __init__(self, words: Iterable[str]):
        words = list(words)
        self.words = frozenset(word for word in words if word[-1] != "*")
        self.beginnings = tuple(word[:-1] for word in words if word[-1] == "*")
        self.only = words[0] if len(words) == 1 and self.words else ""


@dataclass(frozen=True)
class Part:
    """One of the ways to say a term, as it is written: steps right behind one another, or words in a row of a list."""

    text: str
    way: list[Step]
    rows: dict[str, list[tuple[str, ...]]]
    """By their first word."""


class Term:
    """The ways to say one thing, and what a text has to hold for any of them: quickly ruled out otherwise."""

    def __init__(self, parts: Sequence[Part]):
        self.parts = parts
        self._words = frozenset().union(*(part.way[0].words.union(part.rows) for part in parts))
        self._beginnings = frozenset(beginning for part in parts for beginning in part.way[0].beginnings)

    def may_be_in(self, words: Words) -> bool:
        return not (self._words.isdisjoint(words.vocabulary) and self._beginnings.isdisjoint(words.beginnings))


@dataclass
class Word:
    """A word of a text, with its place there. `asked`: its sentence asks a book; `negated`: taken back."""

    text: str
    start: int
    end: int
    asked: bool = False
    negated: bool = False
    base: str = ""
    """Of a word with an apostrophe and an s, the word before it: of "face's", face."""


class Words:
    """The words of a text, or some of them, with an index over them."""

    def __init__(self, words: Sequence[Word]):
        self._words = words
        self._index: dict[str, list[int]] = {}
        self._told: dict[str, list[Spot]] = {}
        for place, word in enumerate(words):
            self._index.setdefault(word.text, []).append(place)
            if word.base:
                self._index.setdefault(word.base, []).append(place)
        self.vocabulary = frozenset(self._index)
        self.beginnings = frozenset(word[:end] for word in self._index for end in range(1, len(word) + 1))

    def __getitem__(self, place: int) -> Word:
        return self._words[place]

    def spots(self, part: Part) -> list[Spot]:
        """The first and last place of each spot that fits `part`."""
        spots = self._told.get(part.text)
        if spots is None:
            spots = self._told[part.text] = [*self._way(part.way), *self._rows(part.rows)]
        return spots

    def _way(self, way: Sequence[Step]) -> list[Spot]:
        starts = self.places(way[0])
        for offset, step in enumerate(way[1:], 1):
            following = set(self.places(step)) if starts else ()
            starts = [place for place in starts if place + offset in following]
        return [(place, place + len(way) - 1) for place in starts]

    def _rows(self, rows: Mapping[str, Sequence[tuple[str, ...]]]) -> Iterator[Spot]:
        for first in rows.keys() & self._index.keys() if rows else ():
            for place in self._index[first]:
                for row in rows[first]:
                    if tuple(word.text for word in self._words[place : place + len(row)]) == row:
                        yield place, place + len(row) - 1

    def places(self, step: Step) -> list[int]:
        """Where a word stands that fits `step`, rising."""
        if step.only:
            return self._index.get(step.only, [])
        fitting = list(step.words.intersection(self._index))
        if step.beginnings:
            fitting += [word for word in self._index if word.startswith(step.beginnings)]
        return sorted({place for word in fitting for place in self._index[word]}) if fitting else []


class Pattern:
    """A pattern, taken apart. Raises ConfigError for a text that is none."""

    def __init__(self, text: str, words: Mapping[str, Sequence[str]], window: int, negations: Iterable[str]):
        self.text, self._window, self._lists = text, window, words
        terms = [term for term in text.split() if not term.startswith("/")]
        for bound in text.split():
            if bound.startswith("/"):
                self._window = self._number(bound[1:])
        self._terms = [Term(self._parts(term)) for term in terms if not term.startswith("!")]
        self._without = [Term(self._parts(term[1:])) for term in terms if term.startswith("!")]
        if not self._terms:
            raise ConfigError(f"pattern {text!r}: expected words, got none")
        said = (step.words for part in self._all_parts() for step in part.way)
        self._negates = not frozenset().union(*said).isdisjoint(negations)

    def _number(self, text: str) -> int:
        if not text.isdigit() or int(text) < 1:
            raise ConfigError(f"pattern {self.text!r}: expected a number of words behind the slash, got {text!r}")
        return int(text)

    def vocabulary(self) -> set[str]:
        """The whole words of it."""
        parts = self._all_parts()
        steps = {word for part in parts for step in part.way for word in step.words}
        return steps.union(*(row for part in parts for rows in part.rows.values() for row in rows))

    def _all_parts(self) -> list[Part]:
        return [part for term in (*self._terms, *self._without) for part in term.parts]

    def find(self, words: Words, told: Container[int] = ()) -> list[Spot]:
        """The closest spots of all terms, as they follow one another.

        Nothing where they stand together nowhere. A word that is taken back does not count, unless the pattern itself
        says the negation, nor does one whose place is among `told`.
        """
        if not all(term.may_be_in(words) for term in self._terms):
            return []
        spots = []
        for term in self._terms:
            spots.append([spot for spot in self._spots(term, words) if spot[0] not in told and spot[1] not in told])
            if not spots[-1]:
                return []
        closest = self._closest(spots)
        return closest if closest and not self._is_taken_out(closest[0][0], closest[-1][1], words) else []

    def _is_taken_out(self, begin: int, end: int, words: Words) -> bool:
        spots = (spot for term in self._without for spot in self._spots(term, words))
        return any(first - end <= self._window and begin - last <= self._window for first, last in spots)

    def _closest(self, spots: list[list[Spot]]) -> list[Spot]:
        """The closest spots, one of each term and no word in two of them."""
        best, shortest = [], self._window
        recent = [collections.deque(maxlen=REMEMBERED) for _ in spots]
        for first, last, term in sorted((*spot, term) for term, its in enumerate(spots) for spot in its):
            recent[term].append((first, last))
            chosen = _apart((first, last), [recent[other] for other in range(len(spots)) if other != term])
            if chosen is None:
                continue
            length = max(spot[1] for spot in chosen) - min(spot[0] for spot in chosen)
            if length < shortest:
                best, shortest = sorted(chosen), length
        return best

    def _spots(self, term: Term, words: Words) -> Iterator[Spot]:
        """First and last place of each spot where one of the ways to say a term stands."""
        for part in term.parts if term.may_be_in(words) else ():
            for spot in words.spots(part):
                if self._negates or not words[spot[0]].negated:
                    yield spot

    def _parts(self, term: str) -> list[Part]:
        """The ways to say a term."""
        texts = term.split("|")
        return [Part(text, [self._step(step) for step in BEHIND.split(text)], self._rows(text)) for text in texts]

    def _rows(self, text: str) -> dict[str, list[tuple[str, ...]]]:
        rows: dict[str, list[tuple[str, ...]]] = {}
        if LIST.fullmatch(text):
            for words in self._lists[text[1:-1]]:
                if "_" in words:
                    rows.setdefault(words.split("_")[0], []).append(tuple(words.split("_")))
        return rows

    def _step(self, text: str) -> Step:
        if not STEP.fullmatch(text):
            raise ConfigError(f"pattern {self.text!r}: expected word, word*, a|b, a_b or {{name}}, got {text!r}")
        if not text.startswith("{"):
            return Step([text])
        if text[1:-1] not in self._lists:
            raise ConfigError(f"pattern {self.text!r}: no words are called {text}; {nearest(text[1:-1], self._lists)}")
        return Step(word for word in self._lists[text[1:-1]] if "_" not in word)


def _apart(spot: Spot, others: Sequence[Sequence[Spot]]) -> list[Spot] | None:
    """`spot` and the latest of each of `others` that share no word; None where there are none."""
    chosen = [spot]
    for its in others:
        free = (one for one in reversed(its) if all(one[1] < other[0] or other[1] < one[0] for other in chosen))
        if (latest := next(free, None)) is None:
            return None
        chosen.append(latest)
    return chosen


class Spelling:
    """Reads a misspelled word as the one of `known` that it is one edit away from; `right` are spelled right."""

    def __init__(self, known: Sequence[str], right: Iterable[str]):
        correctable = sorted({word for word in known if len(word) >= SHORTEST_CORRECTED})
        self._spelled_right = {*known, *right}
        self._near: dict[str, list[str]] = {}
        for word in correctable:
            for part in {word, *_with_one_left_out(word)}:
                self._near.setdefault(part, []).append(word)

    def corrected(self, word: str) -> str:
        if word in self._spelled_right or len(word) < SHORTEST_MISSPELLED:
            return word
        for part in (word, *_with_one_left_out(word)):
            for known in self._near.get(part, ()):
                if _one_edit(word, known):
                    return known
        return word


def words_of(text: str, same: Mapping[tuple[str, ...], str]) -> list[Word]:
    """The words of a text in plain letters; what is in `same`, words in a row, is read as the word that it gives."""
    words = [Word(_plain(match[0]), match.start(), match.end(), base=_base(match[0])) for match in WORD.finditer(text)]
    return list(_joined(words, same))


def _base(word: str) -> str:
    return _plain(POSSESSIVE.sub("", word)) if POSSESSIVE.search(word) else ""


def _plain(word: str) -> str:
    """Lower case, without apostrophes and accents, a letter that stands three times in a row made one."""
    word = unicodedata.normalize("NFKD", re.sub(INSIDE, "", word).lower())
    word = "".join(letter for letter in word if not unicodedata.combining(letter))
    return re.sub(r"([a-z])\1{2,}", r"\1", word)


def _joined(words: Sequence[Word], same: Mapping[tuple[str, ...], str]) -> Iterator[Word]:
    place, longest = 0, max(map(len, same), default=1)
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            spelled = tuple(word.text for word in words[place : place + length])
            if spelled in same or length == 1:
                base = words[place].base if spelled not in same else ""
                yield Word(same.get(spelled, spelled[0]), words[place].start, words[place + length - 1].end, base=base)
                place += length
                break


def _with_one_left_out(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def _one_edit(a: str, b: str) -> bool:
    """Whether one letter put in, left out or changed, or two changed round, makes `a` of `b`."""
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) != len(b):
        shorter, longer = sorted((a, b), key=len)
        return shorter in _with_one_left_out(longer)
    different = [place for place in range(len(a)) if a[place] != b[place]]
    if len(different) == 2:
        first, second = different
        return second == first + 1 and a[first] == b[second] and a[second] == b[first]
    return len(different) == 1
