"""Bound the time of matching a regular expression, before anything is matched.

`re` tries one way to match after another; patterns such as `(a|a)*b` have exponentially many. This counts an upper
bound: each quantifier multiplies the ways of what stands beside it by the lengths that it allows, and each alternative
adds its own. A quantifier that repeats something which can itself match in several ways has no useful bound.
"""

from __future__ import annotations

import re

UNBOUNDED = 256
"""The ways of `*`, `+` and `{n,}`: the lengths of what they can match in a name of at most 255 characters."""

MOST_WAYS = 100 * UNBOUNDED**2
"""More take noticeably long for a single name: two unbounded quantifiers, and a few choices beside them."""

_HIGHEST_REPEAT = 1000

# What starts a group; behind `(?(` stands the group that the choice depends on.
_OPENING = re.compile(r"\((?:\?(?:P<[^>]*>|<?[=!]|[:>]|\([^)]*\)|[A-Za-z-]*:))?")
_WITHOUT_CONTENT = re.compile(r"\(\?(?:#[^)]*|P=[^)]*|[A-Za-z]+)\)")
_VERBOSE = re.compile(r"\(\?[A-Za-wyz]*x")
_SET = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(?!\})([0-9]*)(?:(,)([0-9]*))?\})[?+]?")


def cost_fault(pattern: str, most_ways: int = MOST_WAYS) -> str | None:
    """Why matching a short text can take too long, as the rest of a sentence after the pattern; None if it cannot.

    Takes a pattern that `re` compiles.
    """
    scanner = _Scanner(pattern)
    try:
        ways = scanner.alternatives()
    except RecursionError:
        return "has too many groups inside each other"
    return scanner.fault or ("can match in too many ways" if ways > most_ways else None)


class _Scanner:
    """Reads a valid pattern from left to right, and multiplies the ways to match."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self.fault: str | None = None

    def alternatives(self) -> int:
        """The ways of everything up to the end of the group, or of the pattern."""
        ways = self._sequence()
        while self._skip("|"):
            ways += self._sequence()
        return ways

    def _sequence(self) -> int:
        ways = 1
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            ways *= self._repeated(self._item())
        return ways

    def _item(self) -> int:
        """The ways of one character, set or group."""
        if _VERBOSE.match(self._pattern, self._at):
            self.fault = self.fault or "has the flag x, with which its cost is not known"
        if self._take(_WITHOUT_CONTENT) or self._take(_SET):
            return 1
        if self._take(_OPENING):
            ways = self.alternatives()
            self._skip(")")
            return ways
        self._at += 2 if self._pattern[self._at] == "\\" else 1
        return 1

    def _repeated(self, ways: int) -> int:
        quantifier = self._quantifier()
        if quantifier is None:
            return ways
        least, most = quantifier
        if max(least, most or 0) > _HIGHEST_REPEAT:
            self.fault = self.fault or f"repeats something more than {_HIGHEST_REPEAT:,} times"
        if most == 1 or (most is not None and least == most and ways == 1):
            return ways if least else ways + 1
        if ways > 1:
            self.fault = self.fault or "repeats a group that has a quantifier or a `|` in it"
        return UNBOUNDED if most is None else most - least + 1

    def _quantifier(self) -> tuple[int, int | None] | None:
        found = self._take(_QUANTIFIER)
        if found is None:
            return None
        sign, least, comma, most = found.groups()
        if sign:
            return int(sign == "+"), 1 if sign == "?" else None
        return int(least or 0), int(most) if most else None if comma else int(least)

    def _skip(self, character: str) -> bool:
        found = self._pattern.startswith(character, self._at)
        self._at += found
        return found

    def _take(self, kind: re.Pattern[str]) -> re.Match[str] | None:
        found = kind.match(self._pattern, self._at)
        self._at = found.end() if found else self._at
        return found
