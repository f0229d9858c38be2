"""The YAML that nearly everybody writes, read line by line without a YAML parser.

Files of declarations are block mappings and lists of plain words, now and then a quoted text or something in brackets.
Where a text is all that and nothing else, a regular expression takes its lines apart in less than half of the time that
libyaml and PyYAML take together, and PyYAML need not be imported at all. Whatever is not surely understood (an anchor,
a tag, a text over several lines, a tab, a key without a value, a key twice, any mistake) is left to the parser: this
reader says None, never what is wrong. What it gives, the tests hold to what the parser gives.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any

from reconciler.declared.yaml.document import LineIndex, YamlMapping, YamlSequence
from reconciler.declared.yaml.fast_path_flow import COMMENT, FIRST, KEY, NotSupported, plain_value, read_value
from reconciler.declared.yaml.scalars import FIRST_CHARACTERS

MAX_OPEN = 40
"""How many collections may stand inside of each other here; the parser judges what is deeper."""

# Possessive (`*+`) is what repeats a class of characters: a line that does not fit must not be tried again for each of
# its letters. What repeats a group is not: Python misreads that before 3.11.5 (gh-106052).
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
# The first three are blanks or line breaks for YAML, and the others may not be there at all.
_ODD = "[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]"  # compiled when a text is not ASCII


def read_fast(text: str, lines: LineIndex) -> tuple[int, object] | None:
    """The offset and the value of a text's only document, as the parser would give them; None if it has to look.

    The places of keys and values are added to `lines`, which stay as they were if the answer is None.
    """
    if not text.isascii() and re.search(_ODD, text):
        return None
    kept = len(lines.places)
    try:
        return _read(text, lines)
    except NotSupported:
        del lines.places[kept:]
        return None


def _read(text: str, lines: LineIndex) -> tuple[int, object]:  # noqa: C901, PLR0912, PLR0915  (calls double the time)
    """One walk over the lines. What is open is a stack of collections, each with its level and the places in it.

    Keys in column c make a mapping of level 2c, dashes a list of level 2c + 1: deeper than the mapping whose keys stand
    in the same column, as YAML has it. So a line tells by its level which collections have ended.
    """
    kept = lines.places
    outer: list[tuple[int, Any, list[int]]] = []
    # The document is the value of a key of nothing, further left than all others.
    whole = YamlMapping()
    places: list[int] = []
    values: Any = whole
    level = -1
    awaiting: str | None = ""  # the key whose value begins on a line to come
    awaiting_at, is_marked = 0, False
    matches = _LINE.finditer(text)
    for line in matches:
        indent, dash, key, word, special, other = line.groups()
        if not (key or dash):
            if word or special or (other and (is_marked or awaiting != "" or other.rstrip(" \n") != "---")):
                raise NotSupported
            is_marked = is_marked or other is not None
            continue
        here = 2 * len(indent) + (dash is not None)
        if awaiting is not None:
            # A collection begins.
            if here <= level or awaiting in values or len(outer) > MAX_OPEN:
                raise NotSupported
            place = line.start(2 if dash else 3)
            inner = YamlSequence() if dash else YamlMapping()
            values[awaiting] = inner
            places += (awaiting_at, place)
            outer.append((level, values, places))
            level, values, places, awaiting = here, inner, [], None
        elif here != level:
            # Others have ended.
            while here < level:
                values.first = len(kept)
                kept.extend(places)
                level, values, places = outer.pop()
            if here != level:
                raise NotSupported
        if dash and key:
            # An item of the list that is open by now, and a mapping in itself.
            inner = YamlMapping()
            values.append(inner)
            places.append(line.start(3))
            outer.append((level, values, places))
            level, values, places = 2 * (len(indent) + len(dash)), inner, []
        if word:
            # Almost always the text itself: that is not worth a call.
            value = plain_value(word) if word[0] in FIRST_CHARACTERS or word[-1] == " " else word
            place = line.start(4)
        elif special:
            place = line.start(5)
            value, end = read_value(special, text, place, lines)
            last = line
            while end > last.end():  # brackets that close further down
                last = next(matches)
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
            values[intern(key)] = value  # equal keys of all files are one object
            places += (line.start(3), place)
    if awaiting is not None:
        raise NotSupported
    while outer:
        values.first = len(kept)
        kept.extend(places)
        level, values, places = outer.pop()
    return places[1], whole[""]
