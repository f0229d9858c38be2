"""Colour for terminals, as a function that can be left out."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Style(StrEnum):
    """What a piece of text is; the value is its ANSI SGR parameter."""

    ADDED = "32"
    CHANGED = "33"
    REMOVED = "31"
    WARNED = "35"
    STRONG = "1"
    FAINT = "2"


Paint = Callable[[str, Style], str]


def plain(text: str, style: Style) -> str:
    """The text as it is."""
    del style
    return text


def coloured(text: str, style: Style) -> str:
    """The text between the escape sequences that turn a style on and off."""
    return f"\x1b[{style}m{text}\x1b[0m"
