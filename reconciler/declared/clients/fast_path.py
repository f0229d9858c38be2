"""Variables filled in where all of them are defined, as in nearly every redirect URL: the others take `variables`."""

from __future__ import annotations

from collections.abc import Mapping


def substitute_defined(text: str, variables: Mapping[str, str]) -> str | None:
    """The text if all it has are references to what is defined, as almost every text; None if it takes a closer look.

    What holds a text together here is only cut and joined, which takes a fifth of the time of searching it thrice.
    """
    filled = ""
    while True:
        before, opening, rest = text.partition("${")
        if not opening:
            return filled + text
        name, end, text = rest.partition("}")
        if not end or name not in variables or before.endswith("$"):
            return None
        filled += before + variables[name]
