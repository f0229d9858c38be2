"""Bound the time of matching a regular expression, before anything is matched.

`re` tries one way to match after another; patterns such as `(a|a)*b` have exponentially many. This counts an upper
bound: each quantifier multiplies the ways of what stands beside it by the lengths that it allows, and each alternative
adds its own. A quantifier that repeats something which can itself match in several ways has no useful bound.
"""

from __future__ import annotations

import re

from reconciler.support.frozen import frozen

UNBOUNDED = 256
"""The ways of `*`, `+` and `{n,}`: the lengths of what they can match in a name of at most 255 characters."""

MOST_WAYS = 100 * UNBOUNDED**2
"""More take noticeably long for a single name: two unbounded quantifiers, and a few choices beside them."""

_HIGHEST_REPEAT = 1000
_MOST_STEPS = 10 * _HIGHEST_REPEAT
"""Of a repeated group, with the repetitions in it multiplied: each takes time, and memory to go back to."""

# What starts a group; behind `(?(` stands the group that the choice depends on.
_OPENING = re.compile(r"\((?:\?(?:P<[^>]*>|<?[=!]|[:>]|\([^)]*\)|[A-Za-z-]*:))?")
_WITHOUT_CONTENT = re.compile(r"\(\?(?:#[^)]*|P=[^)]*|[A-Za-z]+)\)")
_WITHOUT_LENGTH = re.compile(r"[$^]|\\[AbBZ]")
_VERBOSE = re.compile(r"\(\?[A-Za-wyz]*x")
_SET = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(?!\})([0-9]*)(?:(,)([0-9]*))?\})[?+]?")


def cost_fault(pattern: str, most_ways: int = MOST_WAYS) -> str | None:
    """Why matching a short text can take too long, as the rest of a sentence after the pattern; None if it cannot.

    Takes a pattern that `re` compiles.
    """
    scanner = _Scanner(pattern)
    try:
        ways = scanner.alternatives().ways
    except RecursionError:
        return "has too many groups inside each other"
    return scanner.fault or ("can match in too many ways" if ways > most_ways else None)


@frozen
class _Cost:
    """What it takes to match a part of a pattern."""

    ways: int = 1
    """Upper bound of the ways to match it."""
    steps: int = 1
    """Upper bound of the characters, sets and groups that one way goes through, with fixed repetitions written out."""
    may_be_empty: bool = False


class _Scanner:
    """Reads a valid pattern from left to right, and multiplies the ways to match."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self.fault: str | None = None

    def alternatives(self) -> _Cost:
        """The cost of everything up to the end of the group, or of the pattern."""
        cost = self._sequence()
        while self._skip("|"):
            other = self._sequence()
            cost = _Cost(cost.ways + other.ways, cost.steps + other.steps, cost.may_be_empty or other.may_be_empty)
        return cost

    def _sequence(self) -> _Cost:
        ways, steps, may_be_empty = 1, 1, True
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            part = self._repeated(self._item())
            ways, steps, may_be_empty = ways * part.ways, steps + part.steps, may_be_empty and part.may_be_empty
        return _Cost(ways, steps, may_be_empty)

    def _item(self) -> _Cost:
        """The cost of one character, set or group."""
        if _VERBOSE.match(self._pattern, self._at):
            self._refuse("has the flag x, with which its cost is not known")
        if found := self._take(_WITHOUT_CONTENT):
            return _Cost(may_be_empty=not found[0].startswith("(?P="))
        if self._take(_WITHOUT_LENGTH):
            return _Cost(may_be_empty=True)
        if self._take(_SET):
            return _Cost()
        if opening := self._take(_OPENING):
            cost = self.alternatives()
            self._skip(")")
            return _Cost(cost.ways, cost.steps, cost.may_be_empty or opening[0].endswith(("=", "!")))
        self._at += 2 if self._pattern[self._at] == "\\" else 1
        return _Cost()

    def _repeated(self, once: _Cost) -> _Cost:
        quantifier = self._quantifier()
        if quantifier is None:
            return once
        least, most = quantifier
        times = max(least, most or 0)
        if times > _HIGHEST_REPEAT or times * once.steps > _MOST_STEPS:
            self._refuse(f"repeats something more than {_HIGHEST_REPEAT:,} times")
        steps = once.steps * max(times, 1)
        if most != 1 and once.ways == 1 and once.may_be_empty:
            self._refuse("repeats something that can match nothing")
        if most == 1 or (most is not None and least == most and once.ways == 1):
            return _Cost(once.ways if least else once.ways + 1, steps, once.may_be_empty or not least)
        if once.ways > 1:
            self._refuse("repeats a group that has a quantifier or a `|` in it")
        return _Cost(UNBOUNDED if most is None else most - least + 1, steps, once.may_be_empty or not least)

    def _refuse(self, fault: str) -> None:
        self.fault = self.fault or fault

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
