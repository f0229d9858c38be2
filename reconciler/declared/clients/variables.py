"""`${name}` in redirect URLs: substitution and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.support.frozen import frozen
from reconciler.support.text import quoted

# In the order of matching: an escaped `${`, a reference, and an unterminated one.
_REFERENCE = re.compile(r"(?P<literal>\$\$\{)|\$\{(?P<name>[^{}]*)\}|(?P<unfinished>\$\{)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen
class Substituted:
    """A text with its variables substituted. References that could not be substituted stay as written."""

    text: str
    undefined: tuple[str, ...] = ()
    """Undefined names, each once, in order."""
    faults: tuple[str, ...] = ()
    """Syntax errors of references, worded for users."""

    @property
    def complete(self) -> bool:
        """Whether every reference was substituted."""
        return not self.undefined and not self.faults


def substitute(text: str, variables: Mapping[str, str]) -> Substituted:
    """Substitute every `${name}`; `$${` becomes a literal `${`. References inside values are not substituted."""
    names = names_in(text)
    undefined = tuple(dict.fromkeys(name for name in names if name not in variables))
    return Substituted(_filled(text, variables), undefined, _faults(text))


def names_in(text: str) -> list[str]:
    """The variables that a text refers to, in order; invalid names are left out."""
    if "${" not in text:
        return []
    return [name for _, name, _ in _REFERENCE.findall(text) if _NAME.fullmatch(name)]


class References:
    """A text with its variables substituted, and the place of each value in it: start, end and name, in order."""

    __slots__ = ("places", "text")

    def __init__(self, written: str, variables: Mapping[str, str]) -> None:
        self.places: list[tuple[int, int, str]] = []
        parts, length, position = [], 0, 0
        for match in _REFERENCE.finditer(written):
            before, name = written[position : match.start()], match["name"]
            value = "${" if match["literal"] else variables.get(name, match[0])
            length += len(before)
            if name in variables:
                self.places.append((length, length + len(value), name))
            parts += [before, value]
            length += len(value)
            position = match.end()
        self.text = "".join([*parts, written[position:]])


def _filled(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return "${" if match["literal"] else variables.get(match["name"], match[0])

    return _REFERENCE.sub(value, text)


def _faults(text: str) -> tuple[str, ...]:
    found = (_fault(match) for match in _REFERENCE.finditer(text))
    return tuple(dict.fromkeys(fault for fault in found if fault is not None))


def _fault(match: re.Match[str]) -> str | None:
    if match["unfinished"]:
        return "has a '${' without its '}'"
    name = match["name"]
    if name is None or _NAME.fullmatch(name):
        return None
    return f"has {quoted(match[0])}, which is not a variable name" if name else "has '${}', which names no variable"
