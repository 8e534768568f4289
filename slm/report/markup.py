"""HTML and SVG elements that escape by construction: a child that is not `Markup` is text, whatever is in it.

The only place where text becomes markup. Knows nothing about pages.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

# Control characters and lone surrogates have no place in HTML (and the latter none in UTF-8).
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = {"meta", "br", "link", "input", "hr", "img"}


class Markup(str):
    """Text that is already HTML; only this module and the page's own files make it."""

    __slots__ = ()


def escaped(text: Any) -> Markup:
    """Any value as HTML text, safe between tags and in quoted attributes."""
    return Markup(html.escape(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", str(text)), quote=True))


def group(*children: Any) -> Markup:
    """The children one after another: `Markup` as it is, None left out, lists unfolded, all else escaped."""
    return Markup("".join(_rendered(children)))


def el(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """The element `name` around its children.

    Attributes: `class_` stands for class, `_` for `-`; None and False leave one out, True sets it bare.
    """
    pairs = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{group(*children)}</{name}>")


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escaped(value)}"'


def _rendered(children: Iterable[Any]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield escaped(child)
        elif isinstance(child, Iterable):
            yield from _rendered(child)
        elif child is not None:
            yield escaped(child)
