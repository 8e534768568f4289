"""The readable text of an HTML page. Knows nothing of files."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

HIDDEN = frozenset(
    ("head", "script", "style", "nav", "template", "noscript", "svg", "math", "iframe", "button", "select")
)
PARAGRAPHS = frozenset(
    ("p", "div", "section", "article", "main", "header", "footer", "aside", "h1", "h2", "h3", "h4", "h5", "h6")
) | frozenset(("ul", "ol", "dl", "table", "blockquote", "pre", "figure", "hr", "form", "fieldset", "address"))
LINES = frozenset(("br", "li", "dt", "dd", "tr", "caption", "figcaption"))
SEARCHED_FOR_TITLE = 100_000  # characters of a page
LONGEST_TITLE = 1000
CELLS = frozenset(("td", "th"))


def html_to_text(page: str) -> str:
    """What a reader of the page would read: no scripts, styles or navigation, a blank line between paragraphs."""
    extractor = _TextExtractor()
    extractor.feed(page)
    extractor.close()
    paragraphs = ("".join(pieces).strip("\n").rstrip() for pieces in extractor.paragraphs)
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def html_title(page: str) -> str:
    """What stands between <title> and </title>, '' where there is none."""
    start = re.search(r"<title\b[^<>]{0,200}>", page[:SEARCHED_FOR_TITLE], re.IGNORECASE)
    if not start:
        return ""
    end = page.find("</", start.end(), start.end() + LONGEST_TITLE)
    return " ".join(html.unescape(page[start.end() : end]).split()) if end >= 0 else ""


class _TextExtractor(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[list[str]] = [[]]
        self._hidden: list[str] = []  # the open elements that hide what is in them
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._hidden.clear()  # </head> may be left out
        elif tag in HIDDEN:
            self._hidden.append(tag)
        elif tag in PARAGRAPHS:
            self.paragraphs.append([])
        elif tag in LINES:
            self.paragraphs[-1].append("\n")
        elif tag in CELLS:
            self._add(" ")
        self._preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in PARAGRAPHS:
            self.paragraphs.append([])
        self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._preformatted:
            self.paragraphs[-1].append(data)
        else:  # line ends mean no more than spaces
            self._add(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _add(self, text: str) -> None:
        """Append `text`, with one space where two would meet and none where a line begins."""
        paragraph = self.paragraphs[-1]
        if not paragraph or paragraph[-1].endswith((" ", "\n")):
            text = text.lstrip(" ")
        if text:
            paragraph.append(text)
