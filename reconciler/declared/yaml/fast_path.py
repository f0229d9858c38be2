"""Read common YAML line by line, without a YAML parser.

Declaration files are block mappings and lists of plain scalars, with an occasional quoted scalar or flow collection.
If a text has nothing else, a regular expression parses its lines in less than half of the time that libyaml and PyYAML
take together, and PyYAML need not be imported. Anything that is not clearly supported (an anchor, a tag, a multi-line
scalar, a tab, a key without a value, a duplicate key, any mistake) is left to the parser: this reader returns None and
never reports an error. Tests check that its results equal the parser's.

Without it, `plan` takes 22 % longer for 10,000 clients, and 9 % longer for 10 clients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableSequence
from sys import intern
from typing import Any

from reconciler.declared.yaml.document import LineIndex, YamlMapping, YamlSequence
from reconciler.declared.yaml.fast_path_flow import COMMENT, FIRST, KEY, NotSupported, plain_value, read_value
from reconciler.declared.yaml.scalars import FIRST_CHARACTERS

MAX_OPEN = 40
"""Maximum nesting of collections here; the parser handles deeper ones."""

# Repeated character classes are possessive (`*+`), so that a line that does not match causes no backtracking. Repeated
# groups are not possessive: Python before 3.11.5 matches those wrongly (gh-106052).
_LINE = re.compile(
    rf"""
    (?!\Z)(\ *+)(-\ ++)?                        # how far it is indented, and whether an item begins
    (?:({KEY}):(?:\ ++|(?=\n)|\Z))?             # its key
    (?:
        ({FIRST}[^\x00-\x1f\x7f:\#]*+(?:(?::(?=[^ \n])|(?<!\ )\#)[^\x00-\x1f\x7f:\#]*+)*)  # a value in plain letters
        |(["'\[{{][^\n]*+)                      # or one in quotes or brackets
    )?
    {COMMENT}(?:\n|\Z)
    |([^\n]++\n?+)                              # anything else
    """,
    re.VERBOSE,
)
# YAML reads the first three as blanks or line breaks, and does not allow the others.
_ODD = "[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]"  # compiled when a text is not ASCII


def read_fast(text: str, lines: LineIndex) -> tuple[int, object] | None:
    """The offset and value of a text's only document, as the parser would return them; None if it needs the parser.

    The offsets of keys and values are added to `lines`, which is unchanged if the result is None.
    """
    if not text.isascii() and re.search(_ODD, text):
        return None
    kept = len(lines.places)
    try:
        return _read(text, lines)
    except NotSupported:
        del lines.places[kept:]
        return None


_Places = list[int]
"""Offsets of key, value, key, value, … of a mapping, or of the items of a list."""
_Open = tuple[int, Any, _Places]
"""A collection that has not ended yet: its level, values and offsets."""


def _read(text: str, lines: LineIndex) -> tuple[int, object]:  # noqa: C901, PLR0912  (one call per line costs 6 %)
    """Walk over the lines once, with a stack of the open collections, each with its level and offsets.

    Keys in column c form a mapping of level 2c, dashes a list of level 2c + 1: deeper than a mapping whose keys are in
    the same column, as YAML defines it. So the level of a line shows which collections have ended.
    """
    outer: list[_Open] = []
    # The document is stored as the value of an empty key, to the left of all others.
    whole = YamlMapping()
    values: Any = whole
    places: _Places = []
    awaiting: str | None = ""  # the key whose value starts on a later line
    level, awaiting_at, is_marked = -1, 0, False
    matches = _LINE.finditer(text)
    for line in matches:
        indent, dash, key, word, special, other = line.groups()
        if not (key or dash):
            is_marked = (
                _is_document_marker(word or special, other, can_start=not is_marked and awaiting == "") or is_marked
            )
            continue
        here = 2 * len(indent) + (dash is not None)
        if awaiting is not None:
            if here <= level or awaiting in values or len(outer) > MAX_OPEN:
                raise NotSupported
            start, inner = line.start(2 if dash else 3), YamlSequence() if dash else YamlMapping()
            values[awaiting] = inner
            places += (awaiting_at, start)
            outer.append((level, values, places))
            level, values, places, awaiting = here, inner, [], None
        elif here != level:
            level, values, places = _end((level, values, places), here, outer, lines.places)
        if dash and key:
            # An item of the open list that is itself a mapping.
            inner = YamlMapping()
            values.append(inner)
            places.append(line.start(3))
            outer.append((level, values, places))
            level, values, places = 2 * (len(indent) + len(dash)), inner, []
        if word:
            # Almost always the text itself: avoid a function call.
            value = plain_value(word) if word[0] in FIRST_CHARACTERS or word[-1] == " " else word
            place = line.start(4)
        elif special:
            value, place = _read_special(line, matches, text, lines), line.start(5)
        elif key:
            awaiting, awaiting_at = intern(key), line.start(3)
            continue
        else:
            raise NotSupported  # an item without a value
        if key is None:
            values.append(value)
            places.append(place)
        elif key in values:
            raise NotSupported
        else:
            values[intern(key)] = value  # equal keys in all files share one object
            places += (line.start(3), place)
    if awaiting is not None:
        raise NotSupported
    _, _, places = _end((level, values, places), -1, outer, lines.places)
    return places[1], whole[""]


def _is_document_marker(content: str | None, other: str | None, *, can_start: bool) -> bool:
    """Whether a line without key and dash is `---` (only allowed first), not blank. Raises `NotSupported`."""
    if content or (other and (not can_start or other.rstrip(" \n") != "---")):
        raise NotSupported
    return other is not None


def _end(innermost: _Open, level: int, outer: list[_Open], kept: MutableSequence[int]) -> _Open:
    """End all collections deeper than this level and store their offsets; return the collection of this level."""
    here, values, places = innermost
    while here > level:
        values.first = len(kept)
        kept.extend(places)
        here, values, places = outer.pop()
    if here != level:
        raise NotSupported
    return here, values, places


def _read_special(line: re.Match[str], matches: Iterator[re.Match[str]], text: str, lines: LineIndex) -> object:
    """A value in quotes or brackets. If it has several lines, they are taken from `matches`."""
    value, end = read_value(line[5], text, line.start(5), lines)
    while end > line.end():
        line = next(matches)
    return value
