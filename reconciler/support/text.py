"""Make text from files and instances safe and short enough for a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

# Patterns are strings here: `re` compiles each on first use and caches it. Most runs need none of them.

_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))

# Blank or without a glyph, though their categories are those of letters and marks. U+FE0F is kept: it belongs to emoji.
_HIDDEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U0001d159\U000e0000-\U000e0fff]"

# Text without quotes that every YAML reader reads as the same text. Everything else is quoted.
_PLAIN = r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*"
_TYPED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))

# What starts a command to a CI runner, anywhere in a line of the log: GitHub (ActionCommand.cs, the older of its two
# forms), Azure and TeamCity.
_COMMAND = r"(?i:#(?=#(?:vso|teamcity)?\[))"

_USER_INFO = r"//[^/?#]*@"


def printable(text: str) -> str:
    r"""The text with everything that hides, reorders or breaks lines written as `\u{202e}`; all else is kept.

    Escaped are control characters (including ESC, tab and newline), format characters such as bidirectional marks and
    zero-width joiners, line separators, letters without a glyph, characters for private use or not assigned, which
    have another glyph in each font or none, and lone surrogates: the result is safe to print.
    Text that a CI runner would read as a command is also escaped, since most output goes to the log of a job.
    """
    if text.isascii() and text.isprintable() and "#" not in text:  # nearly every text
        return text
    if not is_fully_visible(text):
        text = "".join(f"\\u{{{ord(c):x}}}" if is_hidden(c) else c for c in text)
    return without_workflow_commands(text, r"\u{23}")


def is_fully_visible(text: str) -> bool:
    """Whether every character of a text is visible or a plain blank. Checks the whole text at once."""
    return text.isprintable() and (text.isascii() or _hidden().search(text) is None)


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(_HIDDEN)


def without_workflow_commands(text: str, number_sign: str) -> str:
    """The text with `#` replaced by `number_sign` where a CI runner would read a command."""
    return re.sub(_COMMAND, lambda _: number_sign, text) if "#" in text else text


def printable_line(text: str) -> str:
    """The same for a whole line of output: GitHub also takes `::` at its beginning for a command, after any blanks."""
    shown = printable(text)
    start = len(shown) - len(shown.lstrip())
    return rf"{shown[:start]}\u{{3a}}:{shown[start + 2 :]}" if shown.startswith("::", start) else shown


def is_hidden(character: str) -> bool:
    """Whether a character has no glyph that everybody sees, or breaks or reorders the text around it."""
    import unicodedata  # a separate library, which few texts need

    return unicodedata.category(character) in _HIDDEN_CATEGORIES or _hidden().match(character) is not None


def quoted(text: str, limit: int = 80) -> str:
    """The text in quotes for a message: printable, and cut after `limit` characters."""
    return f"'{printable(text)}'" if len(text) <= limit else f"'{printable(text[:limit])}…'"


def quoted_path(path: object) -> str:
    """The path of a file in quotes for a message: printable, and whole, since its end says which file it is."""
    return f"'{printable(str(path))}'"


def quoted_url(url: str, limit: int = 80) -> str:
    """A URL in quotes for a message, with anything before its host masked: that may be a password."""
    return quoted(re.sub(_USER_INFO, "//***@", url), limit)


def quoted_scalar(text: str) -> str:
    """A YAML scalar that every YAML reader reads as exactly this text."""
    return text if is_plain_scalar(text) else double_quoted(text)


def is_plain_scalar(text: str) -> bool:
    """Whether every YAML reader reads it as the same text without quotes."""
    return _plain().fullmatch(text) is not None and text.lower() not in _TYPED


@cache
def _plain() -> re.Pattern[str]:
    return re.compile(_PLAIN)


def double_quoted(text: str) -> str:
    """A YAML scalar in double quotes; also valid JSON, unless the text has hidden characters above U+FFFF."""
    needs_escapes = '"' in text or "\\" in text or not is_fully_visible(text)
    return f'"{"".join(map(_escaped, text)) if needs_escapes else text}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if is_fully_visible(character):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def enumeration(texts: Iterable[str], last: str = "and") -> str:
    """The texts as an enumeration: `a`, `a and b`, `a, b and c`."""
    *head, tail = texts
    return f"{', '.join(head)} {last} {tail}" if head else tail


def first_few(texts: Sequence[str], most: int, last: str = "and") -> str:
    """The first texts as an enumeration, with the number of the others: `a, b and 7 more`."""
    more = [f"{len(texts) - most} more"] if len(texts) > most else []
    return enumeration([*texts[:most], *more], last)


def some(texts: Sequence[str], most: int = 12) -> str:
    """The first of the texts as an enumeration, and how many more there are: `a, b and 3 more`."""
    return enumeration([*texts[:most], f"{len(texts) - most} more"] if len(texts) > most else texts)


MIN_PREFIX = 3
"""Minimum number of characters to recognise a word by its beginning."""


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant by a misspelt or shortened word, or None if none is close."""
    import difflib  # only needed after a mistake

    folded = {choice.casefold(): choice for choice in choices}
    longer = [choice for choice in folded if len(word) >= MIN_PREFIX and choice.startswith(word.casefold())]
    found = longer if len(longer) == 1 else difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """A hint that names the choice which was probably meant, or None."""
    choice = closest(word, choices)
    return f"did you mean {quoted(choice)}?" if choice is not None else None
