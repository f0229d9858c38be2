"""Read values in quotes, or in brackets on one or several lines: the part of common YAML not based on indentation.

Part of `fast_path`, and included in its figures.
"""

from __future__ import annotations

import re
from typing import cast

from reconciler.declared.yaml.document import LineIndex, YamlMapping, YamlSequence
from reconciler.declared.yaml.scalars import FIRST_CHARACTERS, Scalar, plain_scalar

MAX_BRACKETS = 10
"""Maximum nesting of brackets here; the parser handles deeper ones."""

FIRST = r"[^\x00-\x20\x7f\-?:,\[\]{}\#&*!|>'\"%@`]"
"""The first character of a plain scalar."""
KEY = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}+"
COMMENT = r"\ *+(?:(?<![^ \n])\#[^\x00-\x08\x0a-\x1f\x7f]*+)?"

_VALUE = re.compile(
    rf"""
    (?P<quoted>"[^"\\\x00-\x1f\x7f]*+"|'[^'\x00-\x1f\x7f]*+(?:''[^'\x00-\x1f\x7f]*+)*')
    |(?P<list>\[)|(?P<mapping>{{)
    |(?P<plain>{FIRST}[^\x00-\x1f\x7f:\#?,\[\]{{}}]*+)
    """,
    re.VERBOSE,
)
_PAIR = re.compile(rf"({KEY}):\ ++")
_END = re.compile(rf"{COMMENT}(?:\n|\Z)")
_GAP = re.compile(rf"(?:{COMMENT}\n)*\ *+")


class NotSupported(Exception):
    """The fast path does not support this text: it needs the parser."""


def plain_value(text: str) -> Scalar:
    """The value of a text without quotes and without its trailing blanks."""
    if text[-1] == " ":
        text = text.rstrip(" ")
    return plain_scalar(text) if text[0] in FIRST_CHARACTERS else text


def read_value(written: str, text: str, place: int, lines: LineIndex) -> tuple[object, int]:
    """The value that starts with a quote or bracket at `place`, and an offset on its last line or right after it.

    `written` is the rest of its first line; only a comment may follow the value. The offsets of values in brackets are
    added to `lines`. Raises `NotSupported`.
    """
    if len(written) > 1 and written[0] == written[-1] in ("'", '"'):
        inner = written[1:-1]
        if inner.isprintable() and written[0] not in inner and "\\" not in inner:
            return inner, place  # the usual case
    value, end = _read(text, place, lines, 0)
    line = _END.match(text, end)
    if line is None:
        raise NotSupported
    return value, line.end()


def _read(text: str, place: int, lines: LineIndex, depth: int) -> tuple[object, int]:
    """A value, and the offset after it."""
    found = _VALUE.match(text, place)
    if found is None or depth > MAX_BRACKETS:
        raise NotSupported
    match found.lastgroup:
        case "list":
            return _read_list(text, found.end(), lines, depth + 1)
        case "mapping":
            return _read_mapping(text, found.end(), lines, depth + 1)
        case "plain":
            return plain_value(found["plain"]), found.end()
        case _:
            text = found[0]
            return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1], found.end()


def _read_list(text: str, at: int, lines: LineIndex, depth: int) -> tuple[object, int]:
    values = YamlSequence()
    places: list[int] = []
    at = _skip_blanks(text, at)
    while not text.startswith("]", at):
        value, end = _read(text, at, lines, depth)
        values.append(value)
        places.append(at)
        at = _next(text, end, "]")
    values.first = lines.keep(places)
    return values, at + 1


def _read_mapping(text: str, at: int, lines: LineIndex, depth: int) -> tuple[object, int]:
    values = YamlMapping()
    places: list[int] = []
    at = _skip_blanks(text, at)
    while not text.startswith("}", at):
        pair = _PAIR.match(text, at)
        if pair is None or pair[1] in values:
            raise NotSupported
        value, end = _read(text, pair.end(), lines, depth)
        values[pair[1]] = value
        places += at, pair.end()
        at = _next(text, end, "}")
    values.first = lines.keep(places)
    return values, at + 1


def _next(text: str, at: int, closing: str) -> int:
    """The offset of the next item or of the closing bracket."""
    at = _skip_blanks(text, at)
    if text.startswith(closing, at):
        return at
    if not text.startswith(",", at):
        raise NotSupported
    at = _skip_blanks(text, at + 1)
    if text.startswith(closing, at):
        raise NotSupported  # a trailing comma
    return at


def _skip_blanks(text: str, at: int) -> int:
    """The offset of the next content, after blanks, comments and line breaks."""
    if text.startswith((" ", "\n"), at):
        at = cast(re.Match[str], _GAP.match(text, at)).end()
        if text.startswith("\n.", at - 1):
            raise NotSupported  # perhaps the `...` that ends a document
    return at
