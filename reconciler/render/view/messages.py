"""Messages of the program: which parts of them are code."""

from __future__ import annotations

import re

_CODE = r"(?:(?<=^)|(?<=[\s(]))`([A-Za-z0-9_<>:./{}\[\], -]{1,80})`(?=$|[\s),.;:])"


def code_parts(text: str) -> list[str]:
    """Split a message at the keys, flags and commands in it: every second part is code.

    Backticks are removed from around those. A backtick of a name stays where it is, unless the name has a pair around
    something that could be a key as well, and looks at worst like one.
    """
    return re.split(_CODE, text) if "`" in text else [text]
