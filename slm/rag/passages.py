"""Documents cut into passages: pieces of a few sentences that end where sentences and sections end.

A passage is the document between two offsets, letter for letter; passages never overlap. A heading is not part of one
but goes with all that follow it. Knows nothing of files, indexes or languages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from slm.rag.sentences import is_list_item, paragraphs, sentences

PASSAGE_LENGTH = 1200  # characters, about 250 tokens of a sentence encoder; measured in docs/experiments.md, section 14
LONGEST_HEADING = 100  # characters
_MARKDOWN = re.compile(r"#{1,6}[ \t]+(?P<title>[^\n]*?)[ \t#]*(?:\n|\Z)")
_UNDERLINED = re.compile(r"(?P<title>[^\n]+)\n(?:={3,}|-{3,})[ \t]*(?:\n|\Z)")


@dataclass(frozen=True)
class Passage:
    """A piece of a document: ``text == document[start:end]``, offsets in characters (code points)."""

    id: int
    """Number in the index, never given to another passage."""
    document: int
    """Number of the document in the index."""
    position: int
    """Place among the passages of the document, from 0."""
    start: int
    end: int
    text: str
    title: str
    """Title of the document; its file's name where it has none."""
    heading: str
    """The section's heading, '' before the first."""
    url: str
    """Where the document can be read; '' where unknown."""
    source: str
    """The file that the document was read from, with the number of the record where it holds several."""


@dataclass(frozen=True)
class Piece:
    """Where a passage lies in a text, before it has a document and a number."""

    start: int
    end: int
    heading: str


def split(text: str, length: int = PASSAGE_LENGTH) -> list[Piece]:
    """The passages of `text`, each about `length` characters or less, in order; [] for a blank text.

    A section that is longer is cut at sentences into parts of about the same length; a sentence that is longer by
    itself is cut at a space. All of the text but headings and white space is in exactly one passage.
    """
    pieces = []
    for heading, spans in _sections(text):
        for first, last in _packed([part for span in spans for part in _bounded(text, *span, length)], length):
            pieces.append(Piece(first[0], last[1], heading))
    return pieces


def _sections(text: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """(heading, sentences) of each part between two headings."""
    heading, spans = "", []
    for start, end, following in _with_following(list(paragraphs(text))):
        found = _heading(text, start, end, following)
        if found:
            if spans:
                yield heading, spans
            heading, spans = found[0], []
            start = found[1]
        spans += [(start + first, start + last) for first, last in sentences(text[start:end])]
    if spans:
        yield heading, spans


def _with_following(blocks: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Each block, and whether another follows it."""
    for number, (start, end) in enumerate(blocks, 1):
        yield start, end, number < len(blocks)


def _heading(text: str, start: int, end: int, following: bool) -> tuple[str, int] | None:
    """(heading, where the text after it begins) if the paragraph begins with a heading that something follows."""
    for pattern in (_MARKDOWN, _UNDERLINED):
        match = pattern.match(text, start, end)
        if match and match["title"].strip() and (match.end() < end or following):
            return match["title"].strip()[:LONGEST_HEADING], match.end()
    newline = text.find("\n", start, end)
    line_end = end if newline < 0 else newline
    line = text[start:line_end].strip() if line_end - start <= LONGEST_HEADING else ""
    leads = following if newline < 0 else is_list_item(text, newline + 1)
    if line and leads and _looks_like_heading(text, start, line):
        return line, line_end
    return None


def _looks_like_heading(text: str, start: int, line: str) -> bool:
    """A short line that begins as a title does and has no sentence's end in it."""
    begins = not line[0].islower() and any(map(str.isalpha, line)) and not is_list_item(text, start)
    ends = re.search(r"[.!?…](?:\s|\Z)|[:;,]\Z|[。！？：]", line)
    return begins and not ends and len(line.split()) <= 14


def _packed(spans: list[tuple[int, int]], length: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """(first, last) sentence of each passage: as few passages as `length` allows, of about the same length."""
    if not spans:
        return
    total = spans[-1][1] - spans[0][0]
    target = total / math.ceil(total / length)
    first = 0
    for number, (_, end) in enumerate(spans):
        following = spans[number + 1][1] if number + 1 < len(spans) else None
        begin = spans[first][0]
        # Stop where the passage comes nearest to its share, and in any case before it grows beyond the length.
        if following is None or following - begin > length or (following + end) / 2 - begin > target:
            yield spans[first], spans[number]
            first = number + 1


def _bounded(text: str, start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    """A sentence as it is, or cut at spaces where it is longer than a passage may be."""
    while end - start > length:
        space = max(text.rfind(mark, start + length // 2, start + length) for mark in (" ", "\n"))
        cut = space if space > 0 else start + length
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end
