"""Escape text from files and instances for Markdown on GitHub and GitLab.

None of it may become markup, a link, a mention of a user or a reference to an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.support.text import printable

_MARKUP = {ord(c): f"&#{ord(c)};" for c in "\\`*_[]<>&~|$"}
_BREAK = "<!-- -->"
"""An invisible separator: the text around it is no longer one word, so that nobody is mentioned by it."""

# References to users and things: @name, #1, !1, ~label, %milestone, $snippet, ^alert and GH-1 of GitHub and GitLab.
_REFERENCE = re.compile(r"(?<=[@#!%^~$])(?=\w)|(?<=GH-)(?=\d)|(?<=/)(?=/)|(?<=www)(?=\.)", re.IGNORECASE)
_BACKTICKS = re.compile("`+")


def prose(text: str) -> str:
    """Escape any text for the middle of a line."""
    return _REFERENCE.sub("\0", printable(text)).translate(_MARKUP).replace("\0", _BREAK)


def code(text: str) -> str:
    """Format any text as code for the middle of a line: shown as it is, and never linked."""
    shown = printable(text).replace("|", r"\u{7c}")  # it would end a table cell, even inside code
    if not shown.strip():
        return f"`'{shown}'`"
    mark = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{mark}{pad}{shown}{pad}{mark}"


def html_code(text: str) -> str:
    """Format any text as code for a line of HTML."""
    return f"<code>{html(text)}</code>"


def html(text: str) -> str:
    """Escape any text for a line of HTML."""
    shown = printable(text)
    return _REFERENCE.sub("\0", shown).translate(_MARKUP | {34: "&#34;", 39: "&#39;"}).replace("\0", _BREAK)


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Format printable lines as a code block, ending in a line feed."""
    text = "".join(f"{line}\n" for line in lines)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}{fence}\n"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
