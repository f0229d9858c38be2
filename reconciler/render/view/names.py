"""Names in the order that people expect: `pm-2` before `pm-10`."""

from __future__ import annotations

import re


def natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """The sort key of a name: the numbers in it are compared as numbers, and case matters last."""
    parts = re.findall(r"(\D*)(\d*)", name)
    # A number can have thousands of digits, which int() refuses: more than 18 are compared by their text.
    return tuple((text.casefold(), int(digits[:18] or -1), text + digits) for text, digits in parts)
