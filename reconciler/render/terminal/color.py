"""Colour for terminals, as a function: `coloured`, or `plain` for none."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Style(StrEnum):
    """The role of a piece of text; the value is its ANSI SGR parameter."""

    ADDED = "32"
    CHANGED = "33"
    REMOVED = "31"
    WARNED = "35"
    STRONG = "1"
    FAINT = "2"


Paint = Callable[[str, Style], str]


def plain(text: str, style: Style) -> str:
    """Return the text unchanged."""
    del style
    return text


def coloured(text: str, style: Style) -> str:
    """Put the text between the escape sequences that turn a style on and off."""
    return f"\x1b[{style}m{text}\x1b[0m"
