"""The readable text of PDF and Word files, by pypdf and python-docx. Knows nothing of what becomes of it.

Whatever those packages raise about a file becomes a ValueError: files come from anywhere, and there is no list of it.
"""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from slm.errors import import_extra

LARGEST_UNPACKED = 1 << 28  # bytes of a Word file's parts together: a small file can unpack to any size
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")
_ENDED = (".", "!", "?", ":", "…", "。", "！", "？")


def pdf_text(file: BinaryIO, skip: Callable[[int, str], None]) -> tuple[str, str]:
    """(text, title) of a PDF file; '' for a title that it does not say. `skip` is told of pages that cannot be read.

    Raises ValueError for one that is damaged, locked by a password, or has pictures of pages alone.
    """
    pypdf = import_extra("pypdf", "rag", "reading .pdf files")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would tell of every oddity that it reads past
    try:
        reader = pypdf.PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it is locked by a password")
        pages = [_page_text(page, number, skip) for number, page in enumerate(reader.pages, 1)]
        title = reader.metadata.title if reader.metadata else ""
    except (OSError, ValueError):
        raise
    except Exception as error:
        raise ValueError(f"not a PDF file that can be read: {error}") from None
    text = _joined(pages)
    if not text:
        raise ValueError(f"no text on its {len(pages)} pages; scanned pages need text recognition (OCR) first")
    return text, title if isinstance(title, str) else ""


def _page_text(page: Any, number: int, skip: Callable[[int, str], None]) -> str:
    try:
        text = page.extract_text()
    except Exception as error:
        skip(number, f"the page cannot be read ({error or type(error).__name__})")
        return ""
    return _HYPHENATED.sub("", "\n".join(line.rstrip() for line in text.replace("\r", "\n").split("\n"))).strip()


def _joined(pages: list[str]) -> str:
    """The pages as one text: a sentence may go on from one to the next."""
    text = ""
    for page in filter(None, pages):
        text += ("\n\n" if text.endswith(_ENDED) else "\n" if text else "") + page
    return _HYPHENATED.sub("", text)


def docx_text(file: BinaryIO) -> tuple[str, str]:
    """(text, title) of a Word file: paragraphs and tables in order, a blank line between. Raises ValueError."""
    docx = import_extra("docx", "rag", "reading .docx files")
    try:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST_UNPACKED:
                raise ValueError(f"it unpacks to more than {LARGEST_UNPACKED >> 20} MB")
        document = docx.Document(file)
        text = "\n\n".join(filter(None, _blocks(document)))
        return text, document.core_properties.title or ""
    except (OSError, ValueError):
        raise
    except Exception as error:
        raise ValueError(f"not a Word file that can be read: {error}") from None


def _blocks(document: Any) -> Iterator[str]:
    """The text of each paragraph, list (its items on lines) and table (its rows on lines)."""
    items: list[str] = []
    for block in document.iter_inner_content():
        rows = getattr(block, "rows", None)
        text = block.text.strip() if rows is None else "\n".join(filter(None, map(_row, rows)))
        if rows is None and block.style is not None and (block.style.name or "").startswith("List"):
            items += [f"- {text}"] * bool(text)
            continue
        yield "\n".join(items)
        items = []
        yield text
    yield "\n".join(items)


def _row(row: Any) -> str:
    """The cells of a table's row; one that spans several stands there once."""
    texts = {cell._tc: " ".join(cell.text.split()) for cell in row.cells}.values()
    return " | ".join(filter(None, texts))
