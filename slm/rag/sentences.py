"""Where the sentences of a text begin and end, by rules that hold in most languages. Knows nothing of passages.

A sentence ends at a blank line, before a list item, at a full stop that no abbreviation explains, and at the marks of
scripts that have no spaces. Lines that were only wrapped go on. Every pattern takes time linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATIONS = """
    dr mr mrs ms prof st sr jr rev gen sen rep gov vs cf al fig figs eq no nos vol pp ed eds approx ca resp incl
    est inc ltd co corp dept univ jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e eg ie a.m p.m am pm
    u.s u.k u.n z.b d.h u.a bzw vgl nr bd str hr fr abs art usw evtl ggf sog p.ex av env m mm mme mlle sra dra ud
    uds p.ej pág núm sig dott ecc tab spp ssp var i.v i.m s.c b.i.d t.i.d q.i.d ph.d m.d b.sc m.sc
"""
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
"""Words that a full stop follows in the middle of a sentence, in lower case, without that stop."""

LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•‣◦·–—]|\d{1,3}[.)]|[a-zA-Z][.)])[ \t]+(?=\S)")
PARAGRAPH = re.compile(r"\S[^\n]*(?:\n(?![ \t\r\f\v]*(?:\n|$))[^\n]*)*")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?:\[[\d,–-]{1,20}\])?(?=\s)|[。！？｡؟।]++[”’」』）]*+")
"""A mark, what closes behind it, perhaps the number of a reference; each part takes all it can, with no retries."""
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+\Z")
SHORT_LINE = 45  # characters: a shorter line was ended on purpose, since wrapped lines are filled


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in order, without white space at its ends; all else of `text` is white space."""
    return [span for start, end in paragraphs(text) for span in _sentences_between(text, start, end)]


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what stands between blank lines."""
    for match in PARAGRAPH.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip())


def is_list_item(text: str, start: int) -> bool:
    """Whether the line that begins at `start` is an item of a list."""
    return LIST_ITEM.match(text, start) is not None


def _sentences_between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for piece_start, piece_end in _whole_lines(text, start, end):
        begin = piece_start
        for match in _END.finditer(text, piece_start, piece_end):
            if _ends_sentence(text, begin, match, piece_end):
                yield begin, match.end()
                begin = match.end() + _spaces(text, match.end(), piece_end)
        if begin < piece_end:
            yield begin, piece_end


def _whole_lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraph cut where a line was ended on purpose, not wrapped; without white space at either end."""
    begin, line_start = start, start
    while line_start < end:
        newline = text.find("\n", line_start, end)
        if newline < 0:
            break
        following = newline + 1 + _spaces(text, newline + 1, end)
        if _is_ended(text, line_start, newline, following):
            yield begin, begin + len(text[begin:newline].rstrip())
            begin = following
        line_start = following
    if begin < end:
        yield begin, end


def _is_ended(text: str, line_start: int, newline: int, following: int) -> bool:
    """Whether a sentence cannot go on from the line before `newline` to the one at `following`."""
    line = text[line_start:newline].rstrip()
    if is_list_item(text, following) or line.endswith((":", ".", "!", "?", "…", "。", "！", "？")):
        return True
    return len(line) < SHORT_LINE and not text[following].islower() and not line.endswith((",", ";", "-", "("))


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Whether the mark that was found ends the sentence that began at `begin`."""
    if match[0][0] in "。！？｡؟।":
        return True
    following = match.end() + _spaces(text, match.end(), end)
    if following >= end:
        return False  # the end of the piece is a sentence's end anyway
    if text[following].islower():
        return False
    if match[0] != ".":
        return True
    word = _LAST_WORD.search(text, max(begin, match.start() - 20), match.start())
    last = word[0].lower() if word else ""
    if begin + len(last) == match.start() and (last.isdigit() or len(last) == 1):
        return False  # the number of a list item
    return last not in ABBREVIATIONS and not (len(last) == 1 and word[0].isupper())


def _spaces(text: str, start: int, end: int) -> int:
    """How many characters of white space stand at `start`."""
    place = start
    while place < end and text[place].isspace():
        place += 1
    return place - start
