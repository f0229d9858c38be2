"""Plain scalars that are not text. Fewer than in any YAML schema: `no`, `012`, `~` and dates stay text."""

from __future__ import annotations

import re

Scalar = str | int | bool | None

FIRST_CHARACTERS = "-0123456789tfn"
"""A plain scalar that starts with another character is text; an empty one is null."""

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_INTEGER = re.compile("0|-?[1-9][0-9]{0,17}")


def plain_scalar(text: str) -> Scalar:
    """The value of a scalar without quotes: `true`, `false`, `null` or empty, a decimal integer, or text.

    Integers have at most 18 digits, so that they fit 64 bits everywhere.
    """
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
