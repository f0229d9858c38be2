"""Substitute variables in common redirect URLs, and parse these URLs, in one step each.

Other URLs use `variables.substitute` and `redirect_url.parse_any_url`. For 10,000 clients, without the fast
substitution `validate` takes 18 % longer and `plan` 10 %; without the fast parsing, 11 % and 5 %.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from reconciler.declared.clients.redirect_url import Url, parse_any_url

# Of a URL without `..` and with a host of two characters or more, one match proves that it has no fault, and splits it.
# A last label that starts with a digit may be a number.
_PLAIN = re.compile(r"(https?)://((?:[a-z0-9][a-z0-9._-]*\.)?[a-z](?:[a-z0-9_-]*[a-z0-9])?)((?:/[A-Za-z0-9._~/-]*)?)")


@lru_cache(maxsize=16_384)
def parse_url(text: str) -> Url:
    """Parse any text as a URL. Never raises: the result says what is wrong."""
    plain = _PLAIN.fullmatch(text)
    if plain and ".." not in text and plain[2][1:]:
        return Url(text, plain[1], plain[2], plain[3])
    return parse_any_url(text)


def substitute_defined(text: str, variables: Mapping[str, str]) -> str | None:
    """The text with its variables substituted; None if it has any other `${` than references to defined variables.

    Splitting and joining the text takes a fifth of the time of searching it three times.
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
